import Training

/// The data of the runs of a sweep.
///
/// Runs with the same seed and fold share it, unless an option of the task that shapes the data is
/// varied.
struct SweepData: Sendable {
  /// What the data depends on.
  private struct Key: Hashable {
    var values: [String]
    var seed: UInt64
  }

  private let folds: Int?
  /// The data of each fold, or one without a cross-validation.
  private var data: [Key: [TaskData]] = [:]

  /// Creates it without any data.
  init(folds: Int?) { self.folds = folds }

  /// The values among some that belong to options of the task.
  static func key(of values: [String], _ names: [String], _ task: any TrainingTask) -> [String] {
    zip(names, values).filter { name, _ in
      type(of: task).options.contains { $0.name == name }
    }.map(\.1)
  }

  /// Loads the data of a task with a seed, and returns that of each fold.
  @discardableResult
  mutating func load(_ task: any TrainingTask, key: [String], seed: UInt64) throws -> [TaskData] {
    let key = Key(values: key, seed: seed)
    if let known = data[key] { return known }
    let loaded = try folds.map { try task.folds($0, seed: seed) } ?? [task.data(seed: seed)]
    data[key] = loaded
    return loaded
  }

  /// Loads all data of a plan that has not been loaded, and forgets what it does not need.
  mutating func load(_ plan: SweepPlan) throws {
    var needed: Set<Key> = []
    for trial in plan.candidates.indices {
      for seed in plan.seeds {
        let values = plan.dataKey(trial)
        try load(plan.candidates[trial].configuration.task, key: values, seed: seed)
        needed.insert(Key(values: values, seed: seed))
      }
    }
    data = data.filter { needed.contains($0.key) }
  }

  /// The data of a run, which must have been loaded.
  func data(of trial: Int, _ member: Int, in plan: SweepPlan) -> TaskData {
    let key = Key(values: plan.dataKey(trial), seed: plan.seed(of: member))
    guard let data = data[key] else { preconditionFailure("the data has not been loaded") }
    return data[plan.fold(of: member) ?? 0]
  }

  /// A hash of all data.
  var fingerprint: String {
    let keys = data.keys.sorted {
      $0.values != $1.values
        ? $0.values.lexicographicallyPrecedes($1.values) : $0.seed < $1.seed
    }
    var hash = Fingerprint()
    for text in keys.flatMap({ data[$0] ?? [] }).map(\.fingerprint) {
      for byte in text.utf8 { hash.add(UInt32(byte)) }
    }
    return hash.text
  }
}

extension SweepPlan {
  /// The values of a candidate that shape its data.
  func dataKey(_ trial: Int) -> [String] {
    SweepData.key(
      of: candidates[trial].values, settings, candidates[trial].configuration.task)
  }
}
