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
/// `weight_ih`, `weight_hh`, `bias_ih`, `bias_hh`, and `weight_hr` for a projection.
public struct RecurrentCell: Module {
  /// The weight of the input, W_ih, [gates · hidden, in].
  public let inputWeight: Parameter
  /// The weight of the hidden state, W_hh, [gates · hidden, output], where `output` is the size of
  /// the projection or, without one, of the hidden state.
  public let hiddenWeight: Parameter
  /// The bias of the input, b_ih, [gates · hidden], or `nil`.
  public let inputBias: Parameter?
  /// The bias of the hidden state, b_hh, [gates · hidden], or `nil`.
  public let hiddenBias: Parameter?
  /// The weight of the projection of an LSTM, W_hr, [output, hidden], or `nil`.
  public let projectionWeight: Parameter?
  private let kind: Recurrent.Kind

  /// PyTorch's names.
  public static var storedNames: [String: String] {
    [
      "inputWeight": "weight_ih", "hiddenWeight": "weight_hh", "inputBias": "bias_ih",
      "hiddenBias": "bias_hh", "projectionWeight": "weight_hr",
    ]
  }

  /// Creates a cell.
  ///
  /// - Parameters:
  ///   - kind: The step.
  ///   - inputs: The size of the input vectors.
  ///   - hidden: The size of the hidden state.
  ///   - projection: The size to which an LSTM projects its hidden state, h ← W_hr (o tanh c),
  ///     which must be smaller than `hidden`; `nil` for no projection (Sak et al., 2014,
  ///     1402.1128).
  ///   - bias: Whether the cell has biases.
  ///   - weightInitializer: The initializer of the weights; by default uniform between ±1/√hidden,
  ///     as in PyTorch.
  ///   - hiddenInitializer: The initializer of the hidden state's weight; by default that of the
  ///     weights.
  ///   - biasInitializer: The initializer of the biases; by default uniform between ±1/√hidden.
  ///   - dtype: The dtype of the parameters.
  public init(
    _ kind: Recurrent.Kind, _ inputs: Int, _ hidden: Int, projection: Int? = nil,
    bias: Bool = true, weightInitializer: Initializer? = nil,
    hiddenInitializer: Initializer? = nil, biasInitializer: Initializer? = nil,
    dtype: DType = .float32
  ) {
    require(
      inputs > 0 && hidden > 0,
      "RecurrentCell: the sizes must be positive, got \(inputs) inputs and \(hidden) hidden")
    require(
      projection.map { kind == .lstm && (1..<hidden).contains($0) } ?? true,
      """
      RecurrentCell: a projection to \(projection ?? 0) of \(hidden) in a cell of kind \(kind); it \
      belongs to an LSTM and is smaller than its hidden state
      """
    )
    let standard = Initializer.uniform(bound: 1 / Double(hidden).squareRoot())
    let weight = weightInitializer ?? standard
    let shift = biasInitializer ?? standard
    let rows = kind.unit.gates * hidden
    inputWeight = Parameter(weight([rows, inputs], dtype: dtype))
    hiddenWeight = Parameter(
      (hiddenInitializer ?? weight)([rows, projection ?? hidden], dtype: dtype))
    inputBias = bias ? Parameter(shift([rows], dtype: dtype)) : nil
    hiddenBias = bias ? Parameter(shift([rows], dtype: dtype)) : nil
    projectionWeight = projection.map { Parameter(weight([$0, hidden], dtype: dtype)) }
    self.kind = kind
  }

  /// Returns the state after a step.
  ///
  /// - Parameters:
  ///   - input: The input vectors, [n, in].
  ///   - state: The state before, h of shape [n, output] and c of shape [n, hidden]; `nil` for
  ///     zeros.
  /// - Returns: The state after the step; `hidden` is also the output.
  public func callAsFunction(_ input: Tensor, state: Recurrent.State? = nil) -> Recurrent.State {
    let inputs = inputWeight.shape[1]
    require(
      input.rank == 2 && input.shape[1] == inputs,
      "RecurrentCell: an input of shape \(input.shape) for \(inputs) inputs")
    state?.requireShapes([input.shape[0]], outputs: outputs, hidden: size, of: "RecurrentCell")
    let next = run(Recurrence(kind.unit), input, hidden: state?.hidden, cell: state?.cell)
    return Recurrent.State(hidden: observed(next.output), cell: next.cell)
  }

  /// The size of the output: of the projection or, without one, of the hidden state.
  private var outputs: Int { hiddenWeight.shape[1] }

  /// The size of the hidden state before a projection, and of c.
  private var size: Int { hiddenWeight.shape[0] / kind.unit.gates }

  /// Runs the steps of `recurrence` from h and c, by default zeros.
  func run(
    _ recurrence: Recurrence, _ input: Tensor, hidden: Tensor?, cell: Tensor?
  ) -> Recurrence.Result {
    func zeros(_ size: Int) -> Tensor { .zeros([input.shape[0], size], dtype: input.dtype) }
    return recurrence(
      input, hidden: hidden ?? zeros(outputs), cell: kind == .lstm ? cell ?? zeros(size) : nil,
      weights: [inputWeight, hiddenWeight, inputBias, hiddenBias].compactMap { $0?.value },
      projection: projectionWeight?.value)
  }
}
