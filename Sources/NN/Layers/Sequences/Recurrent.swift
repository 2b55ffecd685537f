import Autograd
import Tensor

/// A stack of recurrent layers over sequences [n, t, in].
///
/// Each layer of the stack reads the outputs of the one before. A bidirectional layer also reads
/// the sequences in reverse and joins the outputs of both directions. Names and layouts are those
/// of PyTorch: `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0` and, for a projection,
/// `weight_hr_l0`, with `_reverse` for the second direction.
public struct Recurrent: RecomputingModel {
  /// The step from one position to the next, with x = W_ih · input + b_ih and h' = W_hh · h + b_hh.
  public enum Kind: Sendable {
    /// h ← tanh(x + h'). (Elman, 1990)
    case rnn
    /// h ← max(x + h', 0), PyTorch's `nonlinearity='relu'`. (Le et al., 2015, 1504.00941)
    case reluRNN
    /// r, z = sigmoid(x + h'), n = tanh(x_n + r · h'_n), h ← (1 − z) n + z h.
    /// (Cho et al., 2014, 1406.1078)
    case gru
    /// i, f, o = sigmoid(x + h'), g = tanh(x + h'), c ← f c + i g, h ← o tanh c.
    /// (Hochreiter and Schmidhuber, 1997)
    case lstm

    var unit: RecurrentUnit {
      switch self {
      case .rnn: .rnn
      case .reluRNN: .reluRNN
      case .gru: .gru
      case .lstm: .lstm
      }
    }
  }

  /// The state between positions: h, [layers · directions, n, output], and for an LSTM c,
  /// [layers · directions, n, hidden]; without the first axis for a ``RecurrentCell``.
  ///
  /// `output` is the size of the projection or, without one, of the hidden state.
  public struct State: Sendable {
    /// The hidden state h.
    public var hidden: Tensor
    /// The cell state c of an LSTM.
    public var cell: Tensor?

    /// Creates a state.
    public init(hidden: Tensor, cell: Tensor? = nil) {
      self.hidden = hidden
      self.cell = cell
    }

    /// Requires an h of shape [leading…, outputs] and a c of shape [leading…, hidden].
    func requireShapes(_ leading: [Int], outputs: Int, hidden: Int, of name: String) {
      let shapes = (hidden: Shape(leading + [outputs]), cell: Shape(leading + [hidden]))
      require(
        self.hidden.shape == shapes.hidden && cell.map { $0.shape == shapes.cell } ?? true,
        """
        \(name): a state of shapes \(self.hidden.shape) and \(cell?.shape ?? []), not \
        \(shapes.hidden)\(outputs == hidden ? "" : " and \(shapes.cell)")
        """
      )
    }
  }

  /// The forward cells, one for each layer.
  public let cells: [RecurrentCell]
  /// The cells that read the sequences in reverse, one for each layer; empty if the stack is not
  /// bidirectional.
  public let reverseCells: [RecurrentCell]
  /// How many layers compute their gates again for the gradient; see ``RecomputingModel``.
  public var recomputedBlocks: Int?
  private let kind: Kind
  private let inputs: Int
  private let hidden: Int
  private let outputs: Int
  private let dropout: Dropout

  /// PyTorch's names.
  public static let storedNames: [String: String] = {
    var names = [String: String]()
    for (cells, suffix) in [("cells", ""), ("reverseCells", "_reverse")] {
      names[cells] = ""
      names[cells + ".*"] = ""
      names[cells + ".*.inputWeight"] = "weight_ih_l*" + suffix
      names[cells + ".*.hiddenWeight"] = "weight_hh_l*" + suffix
      names[cells + ".*.inputBias"] = "bias_ih_l*" + suffix
      names[cells + ".*.hiddenBias"] = "bias_hh_l*" + suffix
      names[cells + ".*.projectionWeight"] = "weight_hr_l*" + suffix
    }
    return names
  }()

  /// Creates a stack of recurrent layers.
  ///
  /// - Parameters:
  ///   - kind: The step from one position to the next.
  ///   - inputs: The size of the input vectors.
  ///   - hidden: The size of the hidden state.
  ///   - layers: The number of layers.
  ///   - isBidirectional: Whether each layer also reads the sequences in reverse.
  ///   - projection: The size to which an LSTM projects its hidden state, h ← W_hr (o tanh c), as
  ///     PyTorch's `proj_size`; it must be smaller than `hidden`. `nil` for no projection. Such a
  ///     layer computes step by step, without the fused operation of other layers.
  ///     (Sak et al., 2014, 1402.1128)
  ///   - dropout: The dropout rate between layers.
  ///   - bias: Whether the layers have biases.
  ///   - weightInitializer: The initializer of the weights; by default uniform between ±1/√hidden,
  ///     as in PyTorch.
  ///   - hiddenInitializer: The initializer of the hidden states' weights, often
  ///     `.orthogonal()`; by default that of the weights.
  ///   - biasInitializer: The initializer of the biases; by default uniform between ±1/√hidden.
  ///   - dtype: The dtype of the parameters.
  public init(
    _ kind: Kind, _ inputs: Int, _ hidden: Int, layers: Int = 1, isBidirectional: Bool = false,
    projection: Int? = nil, dropout: Double = 0, bias: Bool = true,
    weightInitializer: Initializer? = nil, hiddenInitializer: Initializer? = nil,
    biasInitializer: Initializer? = nil, dtype: DType = .float32
  ) {
    require(
      inputs > 0 && hidden > 0 && layers > 0,
      """
      Recurrent: the sizes must be positive, got \(inputs) inputs, \(hidden) hidden, \(layers) \
      layers
      """
    )
    func cell(inputs: Int) -> RecurrentCell {
      RecurrentCell(
        kind, inputs, hidden, projection: projection, bias: bias,
        weightInitializer: weightInitializer, hiddenInitializer: hiddenInitializer,
        biasInitializer: biasInitializer, dtype: dtype)
    }
    let outputs = projection ?? hidden
    var (cells, reverseCells) = ([RecurrentCell](), [RecurrentCell]())
    for layer in 0..<layers {
      let inputs = layer == 0 ? inputs : isBidirectional ? 2 * outputs : outputs
      cells.append(cell(inputs: inputs))
      if isBidirectional { reverseCells.append(cell(inputs: inputs)) }
    }
    self.cells = cells
    self.reverseCells = reverseCells
    self.kind = kind
    self.inputs = inputs
    self.hidden = hidden
    self.outputs = outputs
    self.dropout = Dropout(dropout)
  }

  /// The number of layers, if they have gates and no projection.
  public var recomputableBlocks: Int {
    kind.unit.gates > 1 && outputs == hidden ? cells.count : 0
  }

  /// Runs the stack over sequences.
  ///
  /// - Parameters:
  ///   - input: The sequences, [n, t, in].
  ///   - state: The initial state; `nil` for zeros.
  ///   - lengths: The true length of each sequence; `nil` if all have length t. After the end of a
  ///     sequence its output is 0 and its state no longer changes.
  /// - Returns: The outputs of the last layer at all positions, [n, t, output · directions], and
  ///   the final state of all layers.
  public func callAsFunction(
    _ input: Tensor, state: State? = nil, lengths: [Int]? = nil
  ) -> (output: Tensor, state: State) {
    require(
      input.rank == 3 && input.shape[2] == inputs,
      "Recurrent: an input of shape \(input.shape) for \(inputs) inputs")
    let (n, length) = (input.shape[0], input.shape[1])
    require(
      lengths.map { $0.count == n && $0.allSatisfy { (0...length).contains($0) } } ?? true,
      "Recurrent: lengths \(lengths ?? []) for an input of shape \(input.shape)")
    state?.requireShapes(
      [cells.count + reverseCells.count, n], outputs: outputs, hidden: hidden, of: "Recurrent")
    var x = input
    var hiddenStates = [Tensor]()
    var cellStates = [Tensor]()
    func run(_ cell: RecurrentCell, _ layer: Int, isReversed: Bool) -> Tensor {
      let index = hiddenStates.count
      let result = cell.run(
        Recurrence(
          kind.unit, lengths: lengths, isReversed: isReversed,
          isRecomputed: layer < recomputedBlocks ?? 0), x,
        hidden: state?.hidden[index], cell: state?.cell?[index])
      hiddenStates.append(result.hidden)
      if let cell = result.cell { cellStates.append(cell) }
      return result.output
    }
    for (layer, cell) in cells.enumerated() {
      if layer > 0 { x = dropout(x) }
      let forward = run(cell, layer, isReversed: false)
      x =
        reverseCells.isEmpty
        ? forward
        : concatenated([forward, run(reverseCells[layer], layer, isReversed: true)], along: -1)
    }
    let final = State(
      hidden: stacked(hiddenStates), cell: kind == .lstm ? stacked(cellStates) : nil)
    return (observed(x), final)
  }

  /// Runs the stack over sequences whose lengths are an int32 vector, [n], or `nil` for equal ones;
  /// see ``callAsFunction(_:state:lengths:)-(_,_,[Int]?)``.
  @_disfavoredOverload
  public func callAsFunction(
    _ input: Tensor, state: State? = nil, lengths: Tensor?
  ) -> (output: Tensor, state: State) {
    guard let lengths else { return self(input, state: state) }
    require(
      lengths.rank == 1 && lengths.dtype == .int32,
      "Recurrent: the lengths must be int32 [n], got \(lengths.dtype) \(lengths.shape)")
    return self(input, state: state, lengths: lengths.scalars(as: Int32.self).map { Int($0) })
  }
}
