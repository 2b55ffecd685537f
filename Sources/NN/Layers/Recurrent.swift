import Autograd
import Tensor

/// A stack of recurrent layers over sequences [n, t, in].
///
/// Each layer of the stack reads the outputs of the one before. A bidirectional layer also reads
/// the sequences in reverse and joins the outputs of both directions. Names and layouts are those
/// of PyTorch: `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`, with `_reverse` for the
/// second direction.
public struct Recurrent: Module {
  /// The step from one position to the next, with x = W_ih · input + b_ih and h' = W_hh · h + b_hh.
  public enum Kind: Sendable {
    /// h ← tanh(x + h'). (Elman, 1990)
    case rnn
    /// r, z = sigmoid(x + h'), n = tanh(x_n + r · h'_n), h ← (1 − z) n + z h.
    /// (Cho et al., 2014, 1406.1078)
    case gru
    /// i, f, o = sigmoid(x + h'), g = tanh(x + h'), c ← f c + i g, h ← o tanh c.
    /// (Hochreiter and Schmidhuber, 1997)
    case lstm

    var gates: Int {
      switch self {
      case .rnn: 1
      case .gru: 3
      case .lstm: 4
      }
    }
  }

  /// The state between positions: h, and c for an LSTM, each [layers · directions, n, hidden].
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
  }

  /// The parameters of one layer in one direction.
  ///
  /// The rows are those of the gates in PyTorch's order: r, z, n for a GRU, i, f, g, o for an LSTM.
  public struct Cell: Module {
    /// The weight of the input, W_ih, [gates · hidden, in].
    public let inputWeight: Parameter
    /// The weight of the hidden state, W_hh, [gates · hidden, hidden].
    public let hiddenWeight: Parameter
    /// The bias of the input, b_ih, [gates · hidden].
    public let inputBias: Parameter
    /// The bias of the hidden state, b_hh, [gates · hidden].
    public let hiddenBias: Parameter
  }

  /// The forward cells, one for each layer.
  public let cells: [Cell]
  /// The cells that read the sequences in reverse, one for each layer; empty if the stack is not
  /// bidirectional.
  public let reverseCells: [Cell]
  private let kind: Kind
  private let inputs: Int
  private let hidden: Int
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
  ///   - dropout: The dropout rate between layers.
  ///   - weightInitializer: The initializer of the weights; by default uniform between ±1/√hidden,
  ///     as in PyTorch.
  ///   - biasInitializer: The initializer of the biases; by default the same.
  ///   - dtype: The dtype of the parameters.
  public init(
    _ kind: Kind, _ inputs: Int, _ hidden: Int, layers: Int = 1, isBidirectional: Bool = false,
    dropout: Double = 0, weightInitializer: Initializer? = nil,
    biasInitializer: Initializer? = nil, dtype: DType = .float32
  ) {
    require(
      inputs > 0 && hidden > 0 && layers > 0,
      "Recurrent: the sizes must be positive, got \(inputs) inputs, \(hidden) hidden, \(layers) layers"
    )
    let standard = Initializer.uniform(bound: 1 / Double(hidden).squareRoot())
    let (weight, bias) = (weightInitializer ?? standard, biasInitializer ?? standard)
    let rows = kind.gates * hidden
    func cell(inputs: Int) -> Cell {
      Cell(
        inputWeight: Parameter(weight([rows, inputs], dtype: dtype)),
        hiddenWeight: Parameter(weight([rows, hidden], dtype: dtype)),
        inputBias: Parameter(bias([rows], dtype: dtype)),
        hiddenBias: Parameter(bias([rows], dtype: dtype)))
    }
    var (cells, reverseCells) = ([Cell](), [Cell]())
    for layer in 0..<layers {
      let inputs = layer == 0 ? inputs : isBidirectional ? 2 * hidden : hidden
      cells.append(cell(inputs: inputs))
      if isBidirectional { reverseCells.append(cell(inputs: inputs)) }
    }
    self.cells = cells
    self.reverseCells = reverseCells
    self.kind = kind
    self.inputs = inputs
    self.hidden = hidden
    self.dropout = Dropout(dropout)
  }

  /// Runs the stack over sequences.
  ///
  /// - Parameters:
  ///   - input: The sequences, [n, t, in].
  ///   - state: The initial state; `nil` for zeros.
  ///   - lengths: The true length of each sequence; `nil` if all have length t. After the end of a
  ///     sequence its output is 0 and its state no longer changes.
  /// - Returns: The outputs of the last layer at all positions, [n, t, hidden · directions], and
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
    let states = Shape([cells.count + reverseCells.count, n, hidden])
    require(
      state.map { $0.hidden.shape == states && $0.cell.map { $0.shape == states } ?? true } ?? true,
      "Recurrent: a state of shapes \(state?.hidden.shape ?? []) and \(state?.cell?.shape ?? []), not \(states)"
    )
    // For each position, a mask of the sequences that have not ended, [n, 1].
    let masks = lengths.map { lengths in
      (0..<length).map { t in Tensor(lengths.map { t < $0 }, shape: [n, 1]) }
    }
    let zeros = Tensor.zeros([n, hidden], dtype: input.dtype)
    var x = input
    var hiddenStates = [Tensor]()
    var cellStates = [Tensor]()
    func run(_ cell: Cell, isReversed: Bool) -> Tensor {
      let index = hiddenStates.count
      let pass = self.run(
        cell, over: x, isReversed: isReversed, hidden: state?.hidden[index] ?? zeros,
        cellState: state?.cell?[index] ?? zeros, masks)
      hiddenStates.append(pass.hidden)
      cellStates.append(pass.cellState)
      return pass.output
    }
    for (layer, cell) in cells.enumerated() {
      if layer > 0 { x = dropout(x) }
      let forward = run(cell, isReversed: false)
      x =
        reverseCells.isEmpty
        ? forward
        : concatenated([forward, run(reverseCells[layer], isReversed: true)], along: -1)
    }
    let final = State(
      hidden: stacked(hiddenStates), cell: kind == .lstm ? stacked(cellStates) : nil)
    return (observed(x), final)
  }

  /// Runs one layer in one direction.
  private func run(
    _ cell: Cell, over x: Tensor, isReversed: Bool, hidden first: Tensor, cellState: Tensor,
    _ masks: [Tensor]?
  ) -> (output: Tensor, hidden: Tensor, cellState: Tensor) {
    let (hiddenWeight, hiddenBias) = (cell.hiddenWeight.value, cell.hiddenBias.value)
    // The contribution of the input is one product for all positions, [n, t, gates · hidden].
    let projected = linear(x, cell.inputWeight.value, cell.inputBias.value)
    let length = x.shape[1]
    var (hidden, cellState) = (first, cellState)
    var outputs = [Tensor](repeating: hidden, count: length)
    for i in 0..<length {
      let t = isReversed ? length - 1 - i : i
      var (nextHidden, nextCellState) = step(
        projected[.all, t], linear(hidden, hiddenWeight, hiddenBias), hidden, cellState)
      if let mask = masks?[t] {
        outputs[t] = select(mask, nextHidden, Tensor(0, dtype: x.dtype))
        nextHidden = select(mask, nextHidden, hidden)
        nextCellState = select(mask, nextCellState, cellState)
      } else {
        outputs[t] = nextHidden
      }
      (hidden, cellState) = (nextHidden, nextCellState)
    }
    let output =
      outputs.isEmpty
      ? Tensor.zeros([x.shape[0], 0, self.hidden], dtype: x.dtype) : stacked(outputs, along: 1)
    return (output, hidden, cellState)
  }

  /// The hidden state and the cell state after a step.
  private func step(
    _ x: Tensor, _ fromHidden: Tensor, _ hidden: Tensor, _ cellState: Tensor
  ) -> (hidden: Tensor, cellState: Tensor) {
    switch kind {
    case .rnn: return (tanh(x + fromHidden), cellState)
    case .gru:
      let (a, b) = (x.split(into: 3, along: -1), fromHidden.split(into: 3, along: -1))
      let reset = sigmoid(a[0] + b[0])
      let update = sigmoid(a[1] + b[1])
      let candidate = tanh(a[2] + reset * b[2])
      return (candidate + update * (hidden - candidate), cellState)
    case .lstm:
      let gates = (x + fromHidden).split(into: 4, along: -1)
      let next = sigmoid(gates[1]) * cellState + sigmoid(gates[0]) * tanh(gates[2])
      return (sigmoid(gates[3]) * tanh(next), next)
    }
  }
}
