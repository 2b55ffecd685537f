import CKernels
import CLibrary

extension RecurrentKernels {
  /// The gradients of the operands, of the biases only if there are any.
  package struct Gradients {
    package var input: Tensor?
    package var hidden: Tensor
    package var cell: Tensor?
    package var inputWeight: Tensor
    package var hiddenWeight: Tensor
    package var biases: (input: Tensor, hidden: Tensor)?
  }

  /// Returns the gradients from those of the value.
  package func backward(
    _ dy: Tensor, _ activations: Activations, needsInput: Bool
  ) -> Gradients {
    let slopes = Storage(byteCount: batch * length * pitch * size)
    let first = Tensor(uninitialized: [batch, hidden], dtype: dtype)
    let firstCell = hasCell ? Tensor(uninitialized: [batch, hidden], dtype: dtype) : nil
    let previous =
      isSingleStep ? x.hidden : Tensor(uninitialized: [batch * length, hidden], dtype: dtype)
    let pass = BackwardPass(
      dy: dy.contiguous, activations: activations, slopes: slopes, first: first,
      firstCell: firstCell, previous: previous)
    let factor = factorOfHidden()
    let weight =
      isSingleStep
      ? nil
      : packed(
        MatrixProduct.Operand(start: factor.pointer, row: hidden, column: 1), k: rows, n: hidden)
    forEachTask { run($0, pass, weight) }
    if isSingleStep {
      multiply(
        batch, hidden, rows, slopes.pointer, row: pitch, column: 1, factor, into: first.pointer,
        accumulate: unit == .gru)
    }
    var gradients = Gradients(
      hidden: first, cell: firstCell,
      inputWeight: Tensor(uninitialized: x.inputWeight.shape, dtype: dtype),
      hiddenWeight: Tensor(uninitialized: x.hiddenWeight.shape, dtype: dtype))
    let positions = batch * length
    let ofInput = slopes.pointer + firstOfInput * size
    multiply(
      rows, inputs, positions, ofInput, row: 1, column: pitch, x.input,
      into: gradients.inputWeight.pointer)
    for part in partsOfHidden {
      multiply(
        part.count, hidden, positions, slopes.pointer + part.column * size, row: 1, column: pitch,
        previous, into: gradients.hiddenWeight.pointer + part.row * hidden * size)
    }
    if needsInput {
      let input = Tensor(uninitialized: x.input.shape, dtype: dtype)
      multiply(
        positions, inputs, rows, ofInput, row: pitch, column: 1, x.inputWeight, into: input.pointer)
      gradients.input = input
    }
    if x.biases != nil {
      let sums = Tensor(uninitialized: [width], dtype: dtype)
      let one = Tensor.ones([1], dtype: dtype).contiguous
      // Sums, whose terms are not rounded.
      MatrixProduct.multiply(
        dtype: dtype, m: 1, n: width, k: positions, a: one.pointer, aRow: 0, aColumn: 0,
        b: slopes.pointer, bRow: pitch, bColumn: 1, c: sums.pointer, cRow: width,
        kernels: MatrixProduct.kernels(dtype, .float32))
      withExtendedLifetime(one) {}
      func part(_ start: Int, _ count: Int) -> Tensor {
        Views.slice(sums, axis: 0, start: start, count: count)
      }
      gradients.biases = (
        part(firstOfInput, rows),
        Concatenation.forward(partsOfHidden.map { part($0.column, $0.count) }, along: 0)
      )
    }
    withExtendedLifetime((slopes, factor)) {}
    return gradients
  }

  /// The tensors that the steps of the backward pass read and write.
  private struct BackwardPass {
    /// The gradient of the value.
    let dy: Tensor
    let activations: Activations
    /// The gradients of the sums of all gates, [n · t, width] in rows of `pitch` elements.
    let slopes: Storage
    /// The gradients of the initial states.
    let first: Tensor
    let firstCell: Tensor?
    /// The states before all positions, [n · t, hidden].
    let previous: Tensor
  }

  /// Runs all steps of some sequences from the last to the first.
  private func run(
    _ sequences: [Int], _ pass: BackwardPass, _ weight: MatrixProduct.PackedOperand?
  ) {
    guard let kernel = ck_recurrent_gradient(Execution.current.kernels, unit.code, dtype.code)
    else { fail("recurrent layer: \(dtype.isUndefined)") }
    let bytes = hidden * size
    let (output, gates) = (pass.activations.value.pointer, pass.activations.gates.pointer)
    let cells = pass.activations.cells?.pointer ?? output
    let (dy, slopes) = (pass.dy.pointer, pass.slopes.pointer)
    // What is before a step: c of an LSTM, otherwise h.
    let (states, initial) = hasCell ? (cells, x.cell) : (output, x.hidden)
    let start = (initial ?? x.hidden).pointer
    // The gradients of the states and the slopes of a step, [sequences.count, …].
    let count = sequences.count
    let memory = Storage(byteCount: count * (2 * hidden + rows) * size)
    let (dh, dc) = (memory.pointer, memory.pointer + count * bytes)
    let factor = dc + count * bytes
    let final = dy + batch * length * bytes
    for (i, sequence) in sequences.enumerated() {
      memcpy(dh + i * bytes, final + sequence * bytes, bytes)
      if hasCell { memcpy(dc + i * bytes, final + (batch + sequence) * bytes, bytes) }
      clearPadding(sequence, of: slopes, width: pitch)
      if !isSingleStep { layPrevious(sequence, from: output, in: pass.previous.pointer) }
    }
    forEachStep(of: sequences, isBackward: true) { position, active in
      for i in 0..<active {
        let row = sequences[i] * length + position
        var step = ck_recurrent_grad(
          gates: gates + row * width * size, cell: cells + row * bytes,
          before: before(position, of: sequences[i], in: states, from: start),
          dy: dy + row * bytes, dh: dh + i * bytes, dc: dc + i * bytes,
          slopes: slopes + row * pitch * size, factor: factor + i * rows * size)
        kernel(&step, hidden)
      }
      weight?.multiply(
        active, 0..<hidden, MatrixProduct.Operand(start: factor, row: rows, column: 1), into: dh,
        row: hidden, accumulate: unit == .gru ? 1 : 0)
    }
    for (i, sequence) in sequences.enumerated() {
      memcpy(pass.first.pointer + sequence * bytes, dh + i * bytes, bytes)
      if let cell = pass.firstCell {
        memcpy(cell.pointer + sequence * bytes, dc + i * bytes, bytes)
      }
    }
  }

  /// Copies the states before all positions of a sequence.
  private func layPrevious(
    _ sequence: Int, from output: UnsafeRawPointer, in previous: UnsafeMutableRawPointer
  ) {
    let bytes = hidden * size
    let (from, to) = (output + sequence * length * bytes, previous + sequence * length * bytes)
    let (start, others) = (x.hidden.pointer + sequence * bytes, (length - 1) * bytes)
    if isReversed {
      memcpy(to, from + bytes, others)
      memcpy(to + others, start, bytes)
      memcpy(to + max(0, length(of: sequence) - 1) * bytes, start, bytes)
    } else {
      memcpy(to + bytes, from, others)
      memcpy(to, start, bytes)
    }
  }

  // MARK: Gates

  /// The distance of the rows of slopes.
  ///
  /// If it were a power of 2, the rows that a gradient of weights reads by columns would fall into
  /// few sets of the caches.
  private var pitch: Int { width + 16 }

  /// The columns of slopes for the rows of W_hh; those of a GRU are q, r and z for n, r and z.
  private var partsOfHidden: [(row: Int, column: Int, count: Int)] {
    unit == .gru
      ? [(0, hidden, 2 * hidden), (2 * hidden, 0, hidden)] : [(0, 0, rows)]
  }

  /// W_hh with its rows in the order of the slopes.
  private func factorOfHidden() -> Tensor {
    if unit != .gru { return x.hiddenWeight }
    return Concatenation.forward(
      [
        Views.slice(x.hiddenWeight, axis: 0, start: 2 * hidden, count: hidden),
        Views.slice(x.hiddenWeight, axis: 0, start: 0, count: 2 * hidden),
      ], along: 0)
  }

  /// Computes C = A B or C += A B for a contiguous B and C.
  private func multiply(
    _ m: Int, _ n: Int, _ k: Int, _ a: UnsafeRawPointer, row: Int, column: Int, _ b: Tensor,
    into c: UnsafeMutableRawPointer, accumulate: Bool = false
  ) {
    MatrixProduct.multiply(
      dtype: dtype, m: m, n: n, k: k, a: a, aRow: row, aColumn: column, b: b.pointer, bRow: n,
      bColumn: 1, c: c, cRow: n, update: accumulate ? .add : .set)
  }
}
