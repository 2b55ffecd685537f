import Autograd
import Tensor

/// One step of a recurrent layer: an input [n, in] and a state → the next state.
///
/// ```swift
/// let cell = RecurrentCell(.lstm, 10, 20)
/// var state = cell(x)             // from zeros
/// for x in inputs { state = cell(x, state: state) }
/// let output = state.hidden       // [n, 20]
/// ```
/// The rows of the parameters are those of the gates in PyTorch's order: r, z, n for a GRU, i, f,
/// g, o for an LSTM. Names and layouts are those of PyTorch's `RNNCell`, `GRUCell` and `LSTMCell`:
/// `weight_ih`, `weight_hh`, `bias_ih`, `bias_hh`.
public struct RecurrentCell: Module {
  /// The weight of the input, W_ih, [gates · hidden, in].
  public let inputWeight: Parameter
  /// The weight of the hidden state, W_hh, [gates · hidden, hidden].
  public let hiddenWeight: Parameter
  /// The bias of the input, b_ih, [gates · hidden], or `nil`.
  public let inputBias: Parameter?
  /// The bias of the hidden state, b_hh, [gates · hidden], or `nil`.
  public let hiddenBias: Parameter?
  private let kind: Recurrent.Kind

  /// PyTorch's names.
  public static var storedNames: [String: String] {
    [
      "inputWeight": "weight_ih", "hiddenWeight": "weight_hh", "inputBias": "bias_ih",
      "hiddenBias": "bias_hh",
    ]
  }

  /// Creates a cell.
  ///
  /// - Parameters:
  ///   - kind: The step.
  ///   - inputs: The size of the input vectors.
  ///   - hidden: The size of the hidden state.
  ///   - bias: Whether the cell has biases.
  ///   - weightInitializer: The initializer of the weights; by default uniform between ±1/√hidden,
  ///     as in PyTorch.
  ///   - hiddenInitializer: The initializer of the hidden state's weight; by default that of the
  ///     weights.
  ///   - biasInitializer: The initializer of the biases; by default uniform between ±1/√hidden.
  ///   - dtype: The dtype of the parameters.
  public init(
    _ kind: Recurrent.Kind, _ inputs: Int, _ hidden: Int, bias: Bool = true,
    weightInitializer: Initializer? = nil, hiddenInitializer: Initializer? = nil,
    biasInitializer: Initializer? = nil, dtype: DType = .float32
  ) {
    require(
      inputs > 0 && hidden > 0,
      "RecurrentCell: the sizes must be positive, got \(inputs) inputs and \(hidden) hidden")
    let standard = Initializer.uniform(bound: 1 / Double(hidden).squareRoot())
    let weight = weightInitializer ?? standard
    let shift = biasInitializer ?? standard
    let rows = kind.unit.gates * hidden
    inputWeight = Parameter(weight([rows, inputs], dtype: dtype))
    hiddenWeight = Parameter((hiddenInitializer ?? weight)([rows, hidden], dtype: dtype))
    inputBias = bias ? Parameter(shift([rows], dtype: dtype)) : nil
    hiddenBias = bias ? Parameter(shift([rows], dtype: dtype)) : nil
    self.kind = kind
  }

  /// Returns the state after a step.
  ///
  /// - Parameters:
  ///   - input: The input vectors, [n, in].
  ///   - state: The state before, of shapes [n, hidden]; `nil` for zeros.
  /// - Returns: The state after the step; `hidden` is also the output.
  public func callAsFunction(_ input: Tensor, state: Recurrent.State? = nil) -> Recurrent.State {
    let (inputs, hidden) = (inputWeight.shape[1], hiddenWeight.shape[1])
    require(
      input.rank == 2 && input.shape[1] == inputs,
      "RecurrentCell: an input of shape \(input.shape) for \(inputs) inputs")
    let shape: Shape = [input.shape[0], hidden]
    require(
      state.map { $0.hidden.shape == shape && $0.cell.map { $0.shape == shape } ?? true } ?? true,
      """
      RecurrentCell: a state of shapes \(state?.hidden.shape ?? []) and \
      \(state?.cell?.shape ?? []), not \(shape)
      """
    )
    let zeros = Tensor.zeros(shape, dtype: input.dtype)
    let next = Recurrence(kind.unit)(
      input, hidden: state?.hidden ?? zeros, cell: kind == .lstm ? state?.cell ?? zeros : nil,
      weights: weightValues)
    return Recurrent.State(hidden: observed(next.output), cell: next.cell)
  }

  /// W_ih, W_hh and, if there are biases, b_ih and b_hh.
  var weightValues: [Tensor] {
    [inputWeight, hiddenWeight, inputBias, hiddenBias].compactMap { $0?.value }
  }
}
