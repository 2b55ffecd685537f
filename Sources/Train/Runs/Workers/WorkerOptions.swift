import Optim
import Tensor
import Training

/// The options of a run on several workers.
enum WorkerOptions {
  static let shards = Option<Int?>(
    "shards", .integer(1...65536), "parts of a batch",
    unset: "one per worker, reproducible 16")
  static let reproducible = Option(
    "reproducible", .flag, "the same bits for any number of workers", default: false)
  static let simulated = Option<Int?>(
    "simulated-workers", .integer(1...1024), "workers in this process, in turn, without mpirun",
    unset: "none")
  static let split = Option<WorkerSplit?>(
    "split", .workerSplit, "their examples in outer loops, or classes(alpha=X)",
    unset: "even")

  /// All of them.
  static let all: [any AnyOption] = [shards, reproducible, simulated, split]
}

/// How the training examples are dealt to workers that take steps alone.
enum WorkerSplit: Sendable, Equatable {
  /// At random, in parts of one size.
  case even
  /// Each class in parts that are drawn from a Dirichlet distribution.
  case classes(alpha: Double)

  /// The parameter of the distribution where none is given.
  static let standardAlpha = 0.3
}

extension ValueKind<WorkerSplit> {
  /// `even`, `classes` or `classes(alpha=0.3)`.
  static var workerSplit: Self {
    Self(
      "NAME(...)", "even or classes(alpha=X) with a number above 0",
      json: { split in
        switch split {
        case .even: .string("even")
        case .classes(let alpha): .string("classes(alpha=\(alpha))")
        }
      }
    ) { text in
      switch text {
      case "even": return .even
      case "classes": return .classes(alpha: WorkerSplit.standardAlpha)
      default:
        let (head, tail) = ("classes(alpha=", ")")
        guard text.hasPrefix(head), text.hasSuffix(tail),
          let alpha = Double(decimal: text.dropFirst(head.count).dropLast(tail.count)),
          alpha > 0, alpha.isFinite
        else { return nil }
        return .classes(alpha: alpha)
      }
    }
  }
}

extension TrainingConfiguration {
  /// Whether workers take their steps alone, and an outer optimizer connects them.
  var hasOuterLoop: Bool { self[FitOptions.optimizer].outerPeriod != nil }

  /// How workers cut batches into shards, or nil for whole batches.
  func sharding(on workers: Int = 1) -> BatchSharding? {
    let shards = self[WorkerOptions.shards]
    guard shards != nil || workers > 1 else { return nil }
    return BatchSharding(count: shards, isReproducible: self[WorkerOptions.reproducible])
  }

  /// Checks the options of workers, and decides the number of shards where it must not depend on
  /// that of the workers.
  ///
  /// - Parameter count: The number of workers.
  /// - Throws: ``UsageError`` for options that do not go together.
  mutating func resolveWorkers(_ count: Int) throws {
    if self[FitOptions.memoryLimit] != nil, self[WorkerOptions.simulated] != nil {
      throw UsageError("--memory-limit: it is that of a process, which simulated workers share")
    }
    let shards = self[WorkerOptions.shards]
    if hasOuterLoop { return try checkOuterLoop(count) }
    if self[WorkerOptions.split] != nil {
      throw UsageError(
        "--split: workers that take each step together share every batch; an optimizer such as"
          + " diloco(adamw) lets each train on its own examples")
    }
    let batchSize = self[FitOptions.batchSize]
    if let shards, shards > batchSize {
      throw UsageError("--shards: \(shards) is more than the \(batchSize) rows of a batch")
    }
    if self[WorkerOptions.reproducible] {
      let sharding = BatchSharding(count: shards, isReproducible: true)
      self[WorkerOptions.shards] = sharding.count(batchSize: batchSize, workers: count)
    }
  }

  private func checkOuterLoop(_ count: Int) throws {
    let optimizer = self[FitOptions.optimizer]
    let given: [(Bool, any AnyOption)] = [
      (self[WorkerOptions.shards] != nil, WorkerOptions.shards),
      (self[WorkerOptions.reproducible], WorkerOptions.reproducible),
    ]
    if let option = given.first(where: \.0)?.1 {
      throw UsageError(
        "--\(option.name): the workers of \(optimizer.outline) train alone, each on batches of its"
          + " own")
    }
    guard count > 1 else { return }
    guard optimizer.isOuterLoop else {
      throw UsageError(
        "--optimizer: on several workers the outer loop must be the outermost, as in"
          + " diloco(adamw), not \(optimizer.outline)")
    }
    if self[FitOptions.nonFinite] == .skip {
      throw UsageError(
        "--non-finite: skip would let workers of \(optimizer.outline) take different numbers of"
          + " steps")
    }
  }

  /// Deals the training examples to the workers of an outer loop.
  ///
  /// - Returns: The numbers of the examples of each worker, or `nil` where all share every batch.
  /// - Throws: ``UsageError`` for data without classes, or workers without examples.
  func parts(of data: TaskData, workers count: Int) throws -> [[Int]]? {
    guard hasOuterLoop, count > 1 else { return nil }
    guard count <= data.exampleCount else {
      throw UsageError(
        "--optimizer: each worker of \(self[FitOptions.optimizer].outline) trains on examples of"
          + " its own, and \(count) workers are more than the \(data.exampleCount) examples")
    }
    var generator = RandomStream.workers.generator(seed: self[FitOptions.seed])
    switch self[WorkerOptions.split] ?? .even {
    case .even:
      return WorkerData.even(data.exampleCount, workers: count, using: &generator)
    case .classes(let alpha):
      guard case .examples(let data) = data, case .classes = data.training.targets
      else { throw UsageError("--split: the rows of the task \(taskName) have no classes") }
      let parts = WorkerData.byClass(
        data.training.targetTensor, workers: count, alpha: alpha, using: &generator)
      if let empty = parts.firstIndex(where: \.isEmpty) {
        throw UsageError(
          "--split: worker \(empty) of \(count) has no examples; a larger alpha is more even")
      }
      return parts
    }
  }
}
