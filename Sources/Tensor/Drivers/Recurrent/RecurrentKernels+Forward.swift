import CKernels
import CLibrary

extension RecurrentKernels {
  /// What the forward pass leaves to the gradient.
  package struct Activations: Sendable {
    /// The outputs [n, t, hidden], the final h [n, hidden] and for an LSTM the final c, one after
    /// another in a vector.
    package let value: Tensor
    /// The gates at all positions, [n · t, width]; a single gate is the output.
    let gates: Tensor
    /// The cell states of an LSTM after each position, [n · t, hidden], if they are kept.
    let cells: Tensor?
  }

  /// Computes the layer; the gradient needs cell states that are kept.
  package func forward(keepingCells: Bool) -> Activations {
    let states = hasCell ? 2 : 1
    let value = Tensor(uninitialized: [batch * (length + states) * hidden], dtype: dtype)
    let gates =
      unit.gates == 1 ? value : Tensor(uninitialized: [batch * length * width], dtype: dtype)
    let cells =
      hasCell && keepingCells
      ? Tensor(uninitialized: [batch * length * hidden], dtype: dtype) : nil
    MatrixProduct.multiply(
      dtype: dtype, m: batch * length, n: rows, k: inputs, a: x.input.pointer, aRow: inputs,
      aColumn: 1, b: x.inputWeight.pointer, bRow: 1, bColumn: inputs,
      c: gates.pointer + firstOfInput * size, cRow: width)
    let activations = Activations(value: value, gates: gates, cells: cells)
    let bias = bias()
    if isSingleStep {
      let sums = Storage(byteCount: batch * rows * size)
      MatrixProduct.multiply(
        dtype: dtype, m: batch, n: rows, k: hidden, a: x.hidden.pointer, aRow: hidden, aColumn: 1,
        b: x.hiddenWeight.pointer, bRow: 1, bColumn: hidden, c: sums.pointer, cRow: rows)
      forEachTask { run($0, into: activations, bias, sums, weight: nil) }
    } else {
      let weight = packed(
        MatrixProduct.Operand(start: x.hiddenWeight.pointer, row: 1, column: hidden), k: hidden,
        n: rows)
      forEachTask { sequences in
        let sums = Storage(byteCount: sequences.count * rows * size)
        run(sequences, into: activations, bias, sums, weight: weight)
      }
    }
    return activations
  }

  /// Computes all steps of some sequences; the sums are products of the states with W_hh, or are
  /// computed by `weight`.
  private func run(
    _ sequences: [Int], into activations: Activations, _ bias: Tensor, _ sums: Storage,
    weight: MatrixProduct.PackedOperand?
  ) {
    guard let kernel = ck_recurrent(Execution.current.kernels, unit.code, dtype.code) else {
      fail("recurrent layer: \(dtype.isUndefined)")
    }
    let bytes = hidden * size
    let output = activations.value.pointer
    let (gates, cells) = (activations.gates.pointer, activations.cells?.pointer)
    let (bias, sums) = (bias.pointer, sums.pointer)
    // The states of the sequences, [sequences.count, hidden].
    let memory = Storage(byteCount: (hasCell ? 2 : 1) * sequences.count * bytes)
    let (state, cell) = (memory.pointer, memory.pointer + sequences.count * bytes)
    for (i, sequence) in sequences.enumerated() {
      memcpy(state + i * bytes, x.hidden.pointer + sequence * bytes, bytes)
      if let c = x.cell { memcpy(cell + i * bytes, c.pointer + sequence * bytes, bytes) }
      clearPadding(sequence, of: output, width: hidden)
    }
    forEachStep(of: sequences, isBackward: false) { position, active in
      weight?.multiply(
        active, 0..<rows, MatrixProduct.Operand(start: state, row: hidden, column: 1), into: sums,
        row: rows, accumulate: 0)
      for i in 0..<active {
        let sequence = sequences[i]
        let row = sequence * length + position
        var step = ck_recurrent_step(
          gates: gates + row * width * size,
          sums: sums + (weight == nil ? sequence : i) * rows * size, bias: bias,
          cell: cell + i * bytes, kept_cell: cells.map { $0 + row * bytes },
          state: state + i * bytes,
          output: output + row * bytes)
        kernel(&step, hidden)
      }
    }
    let final = output + batch * length * bytes
    for (i, sequence) in sequences.enumerated() {
      memcpy(final + sequence * bytes, state + i * bytes, bytes)
      if hasCell { memcpy(final + (batch + sequence) * bytes, cell + i * bytes, bytes) }
    }
    withExtendedLifetime(memory) {}
  }

  /// The biases of all gates in their order.
  private func bias() -> Tensor {
    guard let biases = x.biases else {
      return Elementwise.copy(Tensor.zeros([width], dtype: dtype))
    }
    let sum = Elementwise.binary(CK_BINARY_ADD, biases.input, biases.hidden)
    if unit != .gru { return sum.contiguous }
    return Concatenation.forward(
      [
        Views.slice(biases.hidden, axis: 0, start: 2 * hidden, count: hidden),
        Views.slice(sum, axis: 0, start: 0, count: 2 * hidden),
        Views.slice(biases.input, axis: 0, start: 2 * hidden, count: hidden),
      ], along: 0)
  }
}
