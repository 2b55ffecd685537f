import CKernels
import CLibrary

/// The step of a recurrent layer from one position to the next.
package enum RecurrentUnit: Sendable {
  case rnn, reluRNN, gru, lstm

  /// The number of gates that have rows in the weights.
  package var gates: Int {
    switch self {
    case .rnn, .reluRNN: 1
    case .gru: 3
    case .lstm: 4
    }
  }

  var code: ck_recurrent_unit {
    switch self {
    case .rnn: CK_RECURRENT_TANH
    case .reluRNN: CK_RECURRENT_RELU
    case .gru: CK_RECURRENT_GRU
    case .lstm: CK_RECURRENT_LSTM
    }
  }
}

/// One recurrent layer in one direction over whole sequences.
///
/// The products of the input at all positions are one product, and so is the gradient of each
/// weight. In between, the sequences of a batch do not depend on each other: a thread takes some of
/// them through all steps, so that steps need no synchronization. What is computed for a sequence
/// does not depend on the others, so results are the same for any number of threads.
package struct RecurrentKernels: Sendable {
  /// What a layer reads: tensors of one dtype.
  package struct Operands: Sendable {
    /// The input, [n, t, in], or [n, in] for a single step.
    package let input: Tensor
    /// The initial h, [n, hidden].
    package let hidden: Tensor
    /// The initial c of an LSTM, [n, hidden].
    package let cell: Tensor?
    /// W_ih, [gates · hidden, in].
    package let inputWeight: Tensor
    /// W_hh, [gates · hidden, hidden].
    package let hiddenWeight: Tensor
    /// b_ih and b_hh, [gates · hidden].
    package let biases: (input: Tensor, hidden: Tensor)?

    /// Creates operands of tensors of one dtype.
    package init(
      input: Tensor, hidden: Tensor, cell: Tensor?, inputWeight: Tensor, hiddenWeight: Tensor,
      biases: (input: Tensor, hidden: Tensor)?
    ) {
      (self.input, self.hidden, self.cell) = (input, hidden, cell)
      (self.inputWeight, self.hiddenWeight, self.biases) = (inputWeight, hiddenWeight, biases)
    }

    fileprivate var contiguous: Operands {
      Operands(
        input: input.contiguous, hidden: hidden.contiguous, cell: cell?.contiguous,
        inputWeight: inputWeight.contiguous, hiddenWeight: hiddenWeight.contiguous, biases: biases)
    }
  }

  let unit: RecurrentUnit
  let x: Operands
  let isReversed: Bool
  let dtype: DType
  let batch: Int
  let length: Int
  let inputs: Int
  let hidden: Int
  private let lengths: [Int]?
  /// The sequences with the longest first, so that those which have not ended come first.
  private let order: [Int]

  /// Creates a layer that reads the sequences forward or in reverse, up to their lengths.
  package init(_ unit: RecurrentUnit, of x: Operands, lengths: [Int]?, isReversed: Bool) {
    self.unit = unit
    self.x = x.contiguous
    self.isReversed = isReversed
    dtype = x.input.dtype
    let shape = x.input.shape
    (batch, length, inputs) = (shape[0], shape.rank == 2 ? 1 : shape[1], shape[shape.rank - 1])
    hidden = x.hiddenWeight.shape[1]
    self.lengths = lengths
    order =
      lengths.map { lengths in
        lengths.indices.sorted { (lengths[$1], $0) < (lengths[$0], $1) }
      } ?? Array(0..<batch)
  }

  // MARK: Layout

  /// The bytes of an element.
  var size: Int { dtype.byteCount }
  /// The rows of the weights.
  var rows: Int { unit.gates * hidden }
  /// The elements of all gates at a position; those of a GRU begin with q, see `ck_recurrent_step`.
  var width: Int { unit == .gru ? 4 * hidden : rows }
  /// The first of the elements that are products with the input.
  var firstOfInput: Int { width - rows }
  var hasCell: Bool { unit == .lstm }

  func length(of sequence: Int) -> Int { lengths?[sequence] ?? length }

  /// Whether there is but one step, which is faster for all sequences at once.
  var isSingleStep: Bool { length == 1 && lengths?.contains(0) != true }

  /// The row at a position, before the step there: of the initial states at the start of a
  /// sequence, else of those after the step before.
  func before(
    _ position: Int, of sequence: Int, in states: UnsafeRawPointer, from initial: UnsafeRawPointer
  ) -> UnsafeRawPointer {
    let last = isReversed ? position + 1 : position - 1
    return last < 0 || last >= length(of: sequence)
      ? initial + sequence * hidden * size : states + (sequence * length + last) * hidden * size
  }

  /// Packs the right operand of the products of all steps.
  func packed(_ matrix: MatrixProduct.Operand, k: Int, n: Int) -> MatrixProduct.PackedOperand {
    let kernels = MatrixProduct.kernels(dtype, inPairs: true)
    return batch == 1
      ? MatrixProduct.PackedOperand(inRowOrder: matrix, k: k, n: n, size: size, kernels: kernels)
      : MatrixProduct.PackedOperand(matrix, k: k, n: n, size: size, kernels: kernels)
  }

  // MARK: Order of computation

  /// Calls `body` with the sequences of each task, the longest first.
  func forEachTask(_ body: ([Int]) -> Void) {
    // Tiles of few rows are slow. Which sequences share a task does not change results.
    let least = Swift.max(4, Grain.items(Grain.multiplyAdds, each: length * rows * hidden))
    let tasks = Swift.max(1, Swift.min(Execution.current.threads, batch / least))
    ThreadPool.run(tasks: tasks) { task in
      body(stride(from: task, to: batch, by: tasks).map { order[$0] })
    }
  }

  /// Calls `body` for each step of a task, in order or from the last to the first, with the
  /// position and the number of sequences that reach it.
  func forEachStep(of sequences: [Int], isBackward: Bool, _ body: (Int, Int) -> Void) {
    let steps = sequences.first.map(length(of:)) ?? 0
    let descends = isBackward != isReversed
    var active = descends ? 0 : sequences.count
    for step in 0..<steps {
      let position = descends ? steps - 1 - step : step
      if descends {
        while active < sequences.count && length(of: sequences[active]) > position { active += 1 }
      } else {
        while length(of: sequences[active - 1]) <= position { active -= 1 }
      }
      body(position, active)
    }
  }

  /// Sets the elements after the end of a sequence to 0.
  func clearPadding(_ sequence: Int, of rows: UnsafeMutableRawPointer, width: Int) {
    let end = length(of: sequence)
    memset(
      rows + (sequence * length + end) * width * size, 0, (length - end) * width * size)
  }
}
