import Tensor

/// A recurrent layer in one direction: its weights in PyTorch's layout and the order in which it
/// reads sequences.
///
/// One operation computes all steps. Derivatives of higher order, traces and layers with a
/// projection go through the operations of each step.
package struct Recurrence: Sendable {
  /// The output and the final states.
  package struct Result {
    /// h after all positions, [n, t, output]; after a single step, [n, output].
    ///
    /// `output` is the size of the projection or, without one, of the hidden state.
    package let output: Tensor
    /// h after the last position, [n, output].
    package let hidden: Tensor
    /// c of an LSTM after the last position, [n, hidden].
    package let cell: Tensor?
  }

  private let unit: RecurrentUnit
  private let lengths: [Int]?
  private let isReversed: Bool
  private let isRecomputed: Bool

  /// Creates a layer.
  ///
  /// - Parameters:
  ///   - unit: The step.
  ///   - lengths: The lengths of the sequences, `nil` if all have as many positions as the input;
  ///     beyond its length the output of a sequence is 0 and its states do not change.
  ///   - isReversed: Whether sequences are read from their end.
  ///   - isRecomputed: Whether the gradient computes the gates again instead of keeping them.
  package init(
    _ unit: RecurrentUnit, lengths: [Int]? = nil, isReversed: Bool = false,
    isRecomputed: Bool = false
  ) {
    self.unit = unit
    self.lengths = lengths
    self.isReversed = isReversed
    self.isRecomputed = isRecomputed
  }

  /// Runs the layer.
  ///
  /// - Parameters:
  ///   - input: The sequences, [n, t, in], or [n, in] for a single step.
  ///   - hidden: The initial h, [n, output].
  ///   - cell: The initial c of an LSTM, [n, hidden].
  ///   - weights: W_ih, W_hh and, if there are biases, b_ih and b_hh.
  ///   - projection: W_hr of an LSTM, [output, hidden], with h ← W_hr (o tanh c); `nil` for none.
  /// - Returns: The output and the final states.
  package func callAsFunction(
    _ input: Tensor, hidden: Tensor, cell: Tensor?, weights: [Tensor], projection: Tensor? = nil
  ) -> Result {
    let operands = [input, hidden] + (cell.map { [$0] } ?? []) + weights
    let areAlike = operands.allSatisfy { $0.dtype == input.dtype }
    let isFused =
      projection == nil && !Trace.isRunning && areAlike && input.dtype.isFloatingPoint
      && input.elementCount > 0
    if !isFused { return composed(operands, projection: projection) }
    let kernels = RecurrentKernels(
      unit, of: layout(operands), lengths: lengths, isReversed: isReversed)
    let isRecorded = operands.contains { $0.node != nil }
    let keepsGates = isRecorded && !isRecomputed
    let needsInput = input.node != nil
    // Written by the forward pass, before there is a pullback that could read it.
    nonisolated(unsafe) var activations: RecurrentKernels.Activations?
    let value = record("recurrence", operands) { _ in
      let result = kernels.forward(keepingCells: keepsGates)
      if keepsGates { activations = result }
      return result.value
    } jointPullback: { [self] dy, saved in
      let operands = operands.indices.map { saved[$0] }
      if operands.allSatisfy({ mayUseFusedKernel(dy, $0) }) {
        let activations = activations ?? kernels.forward(keepingCells: true)
        return gradients(kernels.backward(dy, activations, needsInput: needsInput))
      }
      return vectorJacobianProduct(at: operands, dy) { joined(composed($0)) }.products
    }
    return parts(of: value, hidden: hidden.shape, output: Shape(input.shape.dropLast()))
  }

  // MARK: Operands

  private var states: Int { unit == .lstm ? 2 : 1 }

  /// Operands in the order of the operation: the input, h, c of an LSTM, the weights.
  private func layout(_ operands: [Tensor]) -> RecurrentKernels.Operands {
    let weights = operands[(1 + states)...]
    let first = weights.startIndex
    return RecurrentKernels.Operands(
      input: operands[0], hidden: operands[1], cell: states == 2 ? operands[2] : nil,
      inputWeight: weights[first], hiddenWeight: weights[first + 1],
      biases: weights.count == 4 ? (weights[first + 2], weights[first + 3]) : nil)
  }

  private func gradients(_ found: RecurrentKernels.Gradients) -> [Tensor?] {
    let states = [found.hidden] + (found.cell.map { [$0] } ?? [])
    let biases = found.biases.map { [$0.input, $0.hidden] } ?? []
    return [found.input] + states + [found.inputWeight, found.hiddenWeight] + biases
  }

  /// The output and the final states, one after another in a vector.
  private func joined(_ result: Result) -> Tensor {
    let parts = [result.output, result.hidden] + (result.cell.map { [$0] } ?? [])
    return concatenated(parts.map { $0.reshaped(to: [$0.elementCount]) })
  }

  /// The output and the final states, given a vector of them.
  private func parts(of value: Tensor, hidden: Shape, output: Shape) -> Result {
    let count = value.elementCount - states * hidden.elementCount
    var shape = output
    shape.append(hidden[1])
    // A gradient of the output costs a copy, less than its sum with zeros.
    let output = record("recurrenceOutput", value) {
      Views.reshape(Views.slice($0, axis: 0, start: 0, count: count), to: shape)
    } pullback: { dy, _ in
      concatenated([
        dy.reshaped(to: [count]), Tensor.zeros([value.elementCount - count], dtype: dy.dtype),
      ])
    }
    func state(_ index: Int) -> Tensor {
      let size = hidden.elementCount
      return value.slice(along: 0, start: count + index * size, count: size).reshaped(to: hidden)
    }
    return Result(output: output, hidden: state(0), cell: states == 2 ? state(1) : nil)
  }

  // MARK: Composed

  /// The layer as operations of each step.
  private func composed(_ operands: [Tensor], projection: Tensor? = nil) -> Result {
    let x = layout(operands)
    // The contribution of the input is one product for all positions, [n, t, gates · hidden].
    let projected = linear(x.input, x.inputWeight, bias: x.biases?.input)
    // Units other than an LSTM pass any tensor on.
    var (hidden, cell) = (x.hidden, x.cell ?? x.hidden)
    func step(_ projected: Tensor) -> (hidden: Tensor, cell: Tensor) {
      let next = unit.step(
        projected, linear(hidden, x.hiddenWeight, bias: x.biases?.hidden), hidden, cell)
      return (projection.map { linear(next.hidden, $0) } ?? next.hidden, next.cell)
    }
    func result(_ output: Tensor) -> Result {
      Result(output: output, hidden: hidden, cell: unit == .lstm ? cell : nil)
    }
    if x.input.rank == 2 {
      (hidden, cell) = step(projected)
      return result(hidden)
    }
    let (n, length) = (x.input.shape[0], x.input.shape[1])
    var outputs = [Tensor](repeating: hidden, count: length)
    for i in 0..<length {
      let t = isReversed ? length - 1 - i : i
      var next = step(projected[.all, t])
      outputs[t] = next.hidden
      if let lengths {
        let isInside = Tensor(lengths.map { t < $0 }, shape: [n, 1])
        outputs[t] = select(isInside, next.hidden, Tensor(0, dtype: hidden.dtype))
        next = (select(isInside, next.hidden, hidden), select(isInside, next.cell, cell))
      }
      (hidden, cell) = next
    }
    return result(
      outputs.isEmpty
        ? Tensor.zeros([n, 0, hidden.shape[1]], dtype: x.input.dtype) : stacked(outputs, along: 1))
  }
}

extension RecurrentUnit {
  /// h and c after a step, from the contributions of the input and of h, [n, gates · hidden].
  fileprivate func step(
    _ x: Tensor, _ fromHidden: Tensor, _ hidden: Tensor, _ cell: Tensor
  ) -> (hidden: Tensor, cell: Tensor) {
    switch self {
    case .rnn: return (tanh(x + fromHidden), cell)
    case .reluRNN: return (relu(x + fromHidden), cell)
    case .gru:
      let (a, b) = (x.split(into: 3, along: -1), fromHidden.split(into: 3, along: -1))
      let reset = sigmoid(a[0] + b[0])
      let update = sigmoid(a[1] + b[1])
      let candidate = tanh(a[2] + reset * b[2])
      return (candidate + update * (hidden - candidate), cell)
    case .lstm:
      let gates = (x + fromHidden).split(into: 4, along: -1)
      let next = sigmoid(gates[1]) * cell + sigmoid(gates[0]) * tanh(gates[2])
      return (sigmoid(gates[3]) * tanh(next), next)
    }
  }
}
