import Autograd
import NN
import Optim
import Tensor
import Training

/// How a run stays below its `--memory-limit`: the number of blocks of its model that are
/// recomputed for the gradient.
///
/// It is found by trials that take steps as the run does, on batches that grow from one row, so
/// that what does not fit is noticed before it is computed. What is accepted has been measured
/// whole.
struct MemoryPlan: Sendable {
  /// The number of blocks that are recomputed, from the first on.
  let recomputedBlocks: Int
  /// What the user should know about it, or nil.
  let note: String?

  /// The plan of a run that keeps everything.
  static let unlimited = recomputing(0)

  /// The plan to recompute so many blocks.
  fileprivate static func recomputing(_ blocks: Int) -> MemoryPlan {
    MemoryPlan(recomputedBlocks: blocks, note: nil)
  }

  private init(recomputedBlocks: Int, note: String?) {
    (self.recomputedBlocks, self.note) = (recomputedBlocks, note)
  }

  /// Finds the fewest blocks to recompute, and has the process keep freed memory only as far as the
  /// limit allows.
  ///
  /// - Throws: ``UsageError`` with what would fit, if not even all blocks recomputed are enough,
  ///   and for patterns that match no weight.
  init(_ configuration: TrainingConfiguration, on data: TaskData) throws {
    guard let limit = configuration[FitOptions.memoryLimit] else {
      self = .unlimited
      return
    }
    TensorMemory.combinedLimit = min(TensorMemory.combinedLimit, limit.bytes)
    defer { TensorMemory.releaseCache() }
    self = try configuration.inItsExecution {
      try MemoryTrials(configuration: configuration, data: data, limit: limit).plan()
    }
  }

  /// The plan for which `blocks` of a model are recomputed and a step takes `bytes`.
  fileprivate init(recomputing blocks: Int, of count: Int, _ bytes: Int) {
    self.init(
      recomputedBlocks: blocks,
      note: """
        \(counted(blocks, "block")) of \(count) \(blocks == 1 ? "is" : "are") recomputed for the \
        gradient, with which steps take \(memoryText(bytes))
        """)
  }
}

/// The trials of a run with a memory limit.
private struct MemoryTrials {
  let configuration: TrainingConfiguration
  let data: TaskData
  let limit: ByteCount

  /// What steps take with some blocks recomputed.
  private struct Growth {
    /// The bytes of steps with the batches of the run, measured or, if they exceed the limit, a
    /// bound from smaller ones.
    let bytes: Int
    /// The most rows in a batch that were measured to fit.
    let largestBatch: Int
  }

  func plan() throws -> MemoryPlan {
    let model = Experiment(configuration, on: data).model
    try configuration.checkPatterns(model.parameters)
    let count = (model as? any RecomputingModel)?.recomputableBlocks ?? 0
    // The evaluation does not depend on the batches.
    let least = try peak(rows: leastRows, recomputing: count, evaluates: true)
    guard least <= limit.bytes else {
      throw UsageError(
        """
        --memory-limit: \(limit.text) is less than the \(memoryText(least)) that training and \
        evaluation take\(clause(count)), even with --batch-size \(leastRows)
        """)
    }
    let plain = try growth(recomputing: 0, from: leastRows)
    if plain.bytes <= limit.bytes { return .unlimited }
    // What fits with nothing recomputed fits with some blocks too.
    let start = max(plain.largestBatch, leastRows)
    let whole = count > 0 ? try growth(recomputing: count, from: start) : plain
    guard whole.bytes <= limit.bytes else { throw try refusal(whole, recomputing: count) }
    var (few, enough) = ((blocks: 0, bytes: plain.bytes), (blocks: count, bytes: whole.bytes))
    while enough.blocks - few.blocks > 1 {
      // All blocks save about the same.
      let share = Double(few.bytes - limit.bytes) / Double(few.bytes - enough.bytes)
      let guess = few.blocks + Int((share * Double(enough.blocks - few.blocks)).rounded(.up))
      let blocks = min(max(guess, few.blocks + 1), enough.blocks - 1)
      let bytes = try growth(recomputing: blocks, from: start).bytes
      if bytes <= limit.bytes { enough = (blocks, bytes) } else { few = (blocks, bytes) }
    }
    return MemoryPlan(recomputing: enough.blocks, of: count, enough.bytes)
  }

  /// The fewest rows of a batch, one in each shard.
  private var leastRows: Int { configuration[WorkerOptions.shards] ?? 1 }

  /// Measures growing batches from `start` rows up to those of the run, or until those would exceed
  /// the limit, going by the last two.
  ///
  /// A batch becomes twice as large at most, and close to the limit by a fourth.
  private func growth(recomputing blocks: Int, from start: Int) throws -> Growth {
    let whole = configuration[FitOptions.batchSize]
    var (rows, largest, before) = (start, 0, (rows: 0, bytes: 0))
    while true {
      let bytes = try peak(rows: rows, recomputing: blocks)
      if bytes <= limit.bytes { largest = rows }
      if rows == whole { return Growth(bytes: bytes, largestBatch: largest) }
      // The slope grows with the rows, as activations come to exceed what does not depend on them.
      // With a single batch nothing is known but that more rows do not take less.
      let slope = max(Double(bytes - before.bytes) / Double(rows - before.rows), 0)
      let predicted = bytes + (before.rows > 0 ? Int(slope * Double(whole - rows)) : 0)
      if predicted > limit.bytes {
        return Growth(bytes: predicted, largestBatch: largest)
      }
      // Memory grows less than in proportion to the rows.
      let factor = min(max(Double(limit.bytes) / Double(bytes), 1.25), 2)
      before = (rows, bytes)
      rows = min(max(Int(factor * Double(rows)), rows + 1), whole)
    }
  }

  /// The error that says what would fit: the same rows in a step, from several batches.
  private func refusal(_ growth: Growth, recomputing blocks: Int) throws -> UsageError {
    let rows = configuration.stepSize
    var batch = growth.largestBatch
    while batch >= leastRows {
      if rows % batch == 0 {
        let bytes = try peak(rows: batch, recomputing: blocks, accumulates: true)
        if bytes <= limit.bytes { break }
      }
      batch -= 1
    }
    let advice =
      batch >= leastRows
      ? "--batch-size \(batch) --accumulate \(rows / batch) fits" : "a smaller model may fit"
    return UsageError(
      """
      --memory-limit: steps would take at least \(memoryText(growth.bytes))\(clause(blocks)), \
      more than \(limit.text); \(advice)
      """)
  }

  private func clause(_ blocks: Int) -> String {
    blocks == 0 ? "" : " with all \(counted(blocks, "block")) recomputed"
  }

  /// Returns the most bytes of tensors while a model of its own takes two steps as the run does.
  ///
  /// - Parameters:
  ///   - rows: The rows in a batch.
  ///   - blocks: The blocks that are recomputed.
  ///   - accumulates: Whether a step has several batches although those of the run have one.
  ///   - evaluates: Whether an evaluation follows.
  /// - Returns: The bytes.
  /// - Throws: ``UsageError`` for a schedule that does not suit the run, ``TrainingError`` for a
  ///   validation loss that is not finite.
  private func peak(
    rows: Int, recomputing blocks: Int, accumulates: Bool = false, evaluates: Bool = false
  ) throws -> Int {
    TensorMemory.resetPeak()
    let experiment = Experiment(configuration, on: data, within: .recomputing(blocks))
    var options = try configuration.trainerOptions()
    options.batchSize = rows
    // The sum of two batches takes as much as that of more.
    options.accumulationSteps = accumulates ? 2 : min(2, options.accumulationSteps)
    options.sharding = configuration.sharding()
    // The second step keeps the weights before it, as do those that are measured in the run.
    options.diagnostics = configuration[FitOptions.diagnostics] == .off ? .off : .full
    // The last step is evaluated.
    options.steps = evaluates ? 2 : 3
    options.evaluationPeriod = options.steps
    // Weights that stay as they are cannot diverge.
    options.learningRate = .constant(0)
    options.nonFinite = .skip
    let model = experiment.model
    // The best weights are kept beside those in training.
    let trainer = Trainer(
      experiment.objective, optimizer: configuration.optimizer(model.parameters), options: options,
      state: configuration.initialState, bestWeights: model.weights)
    try trainer.run(afterStep: { $0.state.step < 2 })
    return TensorMemory.statistics.peakLiveBytes
  }
}

/// An amount of memory for people: `36MB`.
private func memoryText(_ bytes: Int) -> String { Format.count(Double(bytes)) + "B" }
