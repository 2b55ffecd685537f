import Autograd
import Tensor

/// Recurrent layers over sequences [n, t, in].
///
/// The layers of a stack feed each other; with two directions a second one reads each sequence backwards and the
/// outputs are joined.  Names and layouts are PyTorch's: `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`,
/// with `_reverse` for the second direction.
public struct Recurrent: Module {
  /// What happens from one position to the next, with x = W_ih·input + b_ih and h' = W_hh·h + b_hh.
  public enum Cell: Sendable {
    /// h ← tanh(x + h').  (Elman, 1990)
    case rnn
    /// r, z = sigmoid(x + h'), n = tanh(x_n + r · h'_n), h ← (1 − z) n + z h.  (Cho et al., 2014, 1406.1078)
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

    /// A state.
    public init(hidden: Tensor, cell: Tensor? = nil) {
      self.hidden = hidden
      self.cell = cell
    }
  }

  /// The parameters by PyTorch's names.
  public let weights: [String: Parameter]
  private let kind: Cell
  private let layers: Int
  private let directions: Int
  private let hidden: Int
  private let inputs: Int
  private let dropout: Dropout

  /// The names of the dictionary are the names.
  public static var storedNames: [String: String] { ["weights": ""] }

  /// A stack of recurrent layers; all parameters start evenly spread between ±1/√hidden, as PyTorch's.
  ///
  /// - Parameters:
  ///   - kind: What happens from one position to the next.
  ///   - inputs: The size of the input vectors.
  ///   - hidden: The size of the state.
  ///   - layers: The number of layers.
  ///   - isBidirectional: Whether a second direction reads each sequence backwards.
  ///   - dropout: The rate at which elements between layers are dropped in training.
  ///   - dtype: The dtype of the parameters.
  public init(
    _ kind: Cell, _ inputs: Int, _ hidden: Int, layers: Int = 1, isBidirectional: Bool = false,
    dropout: Double = 0, dtype: DType = .float32
  ) {
    require(
      inputs > 0 && hidden > 0 && layers > 0,
      "Recurrent: \(inputs) inputs, \(hidden) hidden numbers, \(layers) layers")
    self.kind = kind
    self.layers = layers
    self.hidden = hidden
    self.inputs = inputs
    directions = isBidirectional ? 2 : 1
    self.dropout = Dropout(dropout)
    let standard = Initializer.uniform(bound: 1 / Double(hidden).squareRoot())
    var weights = [String: Parameter]()
    for layer in 0..<layers {
      for direction in 0..<directions {
        let suffix = Recurrent.suffix(layer, direction)
        let size = layer == 0 ? inputs : hidden * directions
        let rows = kind.gates * hidden
        weights["weight_ih" + suffix] = Parameter(standard([rows, size], dtype: dtype))
        weights["weight_hh" + suffix] = Parameter(standard([rows, hidden], dtype: dtype))
        weights["bias_ih" + suffix] = Parameter(standard([rows], dtype: dtype))
        weights["bias_hh" + suffix] = Parameter(standard([rows], dtype: dtype))
      }
    }
    self.weights = weights
  }

  private static func suffix(_ layer: Int, _ direction: Int) -> String {
    "_l\(layer)" + (direction == 1 ? "_reverse" : "")
  }

  /// The outputs at all positions, [n, t, hidden · directions], and the state at the end.
  ///
  /// - Parameters:
  ///   - input: The sequences, [n, t, in].
  ///   - state: The state to start from; nil for zeros.
  ///   - lengths: How long each sequence really is; nil for all of it.  Behind its end a sequence's output
  ///     is 0 and its state stays.
  /// - Returns: The outputs of the last layer, and the state of all layers.
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
    let states = Shape([layers * directions, n, hidden])
    require(
      state.map { $0.hidden.shape == states && $0.cell.map { $0.shape == states } ?? true } ?? true,
      "Recurrent: a state of shapes \(state?.hidden.shape ?? []) and \(state?.cell?.shape ?? []), not \(states)"
    )
    // For each position, which sequences still go on, [n, 1].
    let going = lengths.map { lengths in
      (0..<length).map { t in Tensor(lengths.map { t < $0 }, shape: [n, 1]) }
    }
    var x = input
    var hiddens = [Tensor]()
    var cells = [Tensor]()
    for layer in 0..<layers {
      if layer > 0 { x = dropout(x) }
      var outputs = [Tensor]()
      for direction in 0..<directions {
        let index = layer * directions + direction
        let zeros = Tensor.zeros([n, hidden], dtype: input.dtype)
        let pass = run(
          x, Recurrent.suffix(layer, direction), isReversed: direction == 1,
          hidden: state?.hidden[index] ?? zeros, cell: state?.cell?[index] ?? zeros, going)
        outputs.append(pass.output)
        hiddens.append(pass.hidden)
        cells.append(pass.cell)
      }
      x = outputs.count == 1 ? outputs[0] : concatenated(outputs, along: -1)
    }
    return (
      observed(x), State(hidden: stacked(hiddens), cell: kind == .lstm ? stacked(cells) : nil)
    )
  }

  /// One layer in one direction.
  private func run(
    _ x: Tensor, _ suffix: String, isReversed: Bool, hidden first: Tensor, cell: Tensor,
    _ going: [Tensor]?
  ) -> (output: Tensor, hidden: Tensor, cell: Tensor) {
    guard let inputWeight = weights["weight_ih" + suffix]?.value,
      let inputBias = weights["bias_ih" + suffix]?.value,
      let weight = weights["weight_hh" + suffix]?.value,
      let bias = weights["bias_hh" + suffix]?.value
    else { fail("Recurrent: no weights of \(suffix)") }
    // What comes from the input is one product for all positions.
    let projected = linear(x, inputWeight, inputBias)  // [n, t, gates · hidden]
    let length = x.shape[1]
    var (hidden, cell) = (first, cell)
    var outputs = [Tensor](repeating: hidden, count: length)
    for t in isReversed ? Array((0..<length).reversed()) : Array(0..<length) {
      var (nextHidden, nextCell) = step(
        projected[.all, t], linear(hidden, weight, bias), hidden, cell)
      if let mask = going?[t] {
        outputs[t] = select(mask, nextHidden, Tensor(0, dtype: x.dtype))
        nextHidden = select(mask, nextHidden, hidden)
        nextCell = select(mask, nextCell, cell)
      } else {
        outputs[t] = nextHidden
      }
      (hidden, cell) = (nextHidden, nextCell)
    }
    let output =
      outputs.isEmpty
      ? Tensor.zeros([x.shape[0], 0, self.hidden], dtype: x.dtype) : stacked(outputs, along: 1)
    return (output, hidden, cell)
  }

  private func step(
    _ x: Tensor, _ fromHidden: Tensor, _ hidden: Tensor, _ cell: Tensor
  ) -> (hidden: Tensor, cell: Tensor) {
    switch kind {
    case .rnn: return (tanh(x + fromHidden), cell)
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
