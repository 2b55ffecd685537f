import Tensor
import Training

extension SweepPlan {
  /// The most configurations of a sweep.
  private static let largestTrialCount = 10_000
  /// The jobs in flight of a search that decides while it goes on, unless more run at once.
  ///
  /// So many that a usual machine has enough to do, and so few that the first decisions know
  /// something.
  private static let standardWidth = 8

  /// Creates the plan that arguments ask for, and the data of its runs.
  ///
  /// Every value of a list, both ends of every range and every configuration that will be tried
  /// have been resolved with the data when it returns.
  ///
  /// - Throws: ``UsageError`` or ``TrainingError``.
  static func plan(_ arguments: Arguments) throws -> (plan: SweepPlan, data: SweepData) {
    guard let space = arguments[SweepOptions.over] else {
      throw UsageError("sweep needs --over, such as --over \"learning-rate=log(1e-4,1e-1)\"")
    }
    let method = arguments[SweepOptions.method]
    try checkMethod(method, arguments)
    var assignment = try SweepAssignment(arguments, space)
    try assignment.checkValues()
    let values = try Self.values(space, method, arguments, seed: assignment.seeds[0])
    let candidates = try values.map {
      Candidate(values: $0, configuration: try assignment.configuration($0))
    }
    var plan = SweepPlan(
      settings: space.names, method: method, candidates: candidates, seeds: assignment.seeds,
      folds: assignment.folds, reduction: arguments[SweepOptions.reduction], rungs: 1,
      width: method == .asha ? max(standardWidth, arguments[SweepOptions.parallel] ?? 1) : .max)
    if method == .asha { try plan.setRungs(leastSteps: arguments[SweepOptions.minSteps]) }
    var data = assignment.data
    try data.load(plan)
    try plan.check(on: data)
    return (plan, data)
  }

  /// Checks every run before the first begins.
  private func check(on data: SweepData) throws {
    for trial in candidates.indices {
      for member in 0..<members {
        try configuration(trial, member: member).check(on: data.data(of: trial, member, in: self))
      }
      // Only with the weights in hand is it known whether these options suit them.
      let configuration = candidates[trial].configuration
      if configuration[FitOptions.from] != nil || configuration[FitOptions.freeze] != nil
        || configuration[FitOptions.rateScales] != nil
      {
        _ = try Experiment(starting: configuration, on: data.data(of: trial, 0, in: self))
      }
    }
  }

  /// Sets as many rungs as there are powers of η between the least steps of a trial and all.
  private mutating func setRungs(leastSteps: Int?) throws {
    let steps = candidates.map { $0.configuration[FitOptions.steps] }.max() ?? 1
    let least = leastSteps ?? max(1, steps / 16)
    var share = reduction
    while share <= steps / least {
      rungs += 1
      let (product, overflows) = share.multipliedReportingOverflow(by: reduction)
      if overflows { break }
      share = product
    }
    guard rungs > 1 else {
      throw UsageError(
        "--method asha: from \(counted(least, "step")) to \(steps) there is no rung with"
          + " --reduction \(reduction); --method random trains in full")
    }
  }

  private static func checkMethod(_ method: SearchMethod, _ arguments: Arguments) throws {
    let owners: [(option: any AnyOption, method: SearchMethod)] = [
      (SweepOptions.gridPoints, .grid), (SweepOptions.reduction, .asha),
      (SweepOptions.minSteps, .asha),
    ]
    for (option, owner) in owners where arguments.values.contains(option) && method != owner {
      throw UsageError("--\(option.name) is for --method \(owner.rawValue)")
    }
    if method == .grid, arguments.values.contains(SweepOptions.trials) {
      throw UsageError("--trials is not for --method grid, which tries all combinations")
    }
  }

  /// The values of each candidate.
  private static func values(
    _ space: SearchSpace, _ method: SearchMethod, _ arguments: Arguments, seed: UInt64
  ) throws -> [[String]] {
    if method == .grid {
      return try grid(space.settings.map { $0.range.grid(arguments[SweepOptions.gridPoints]) })
    }
    let count = arguments[SweepOptions.trials] ?? (method == .asha ? 64 : 32)
    let lists = space.settings.compactMap(\.range.list)
    let isFinite = lists.count == space.settings.count
    let total = isFinite ? lists.reduce(1.0) { $0 * Double($1.count) } : .infinity
    var generator = RandomStream.search.generator(seed: seed)
    if Double(count) >= total {
      // All of them, in a random order.
      let all = try grid(lists)
      return generator.permutation(of: all.count).map { all[$0] }
    }
    let sequence = SobolSequence(dimensions: space.settings.count, scrambledBy: generator)
    var points: [[String]] = []
    var known: Set<[String]> = []
    // Where few values are left, most points are repetitions.
    for index in 0..<max(1000, 100 * count) where points.count < count {
      let point = zip(space.settings, sequence[index]).map { $0.range.value(at: $1) }
      if known.insert(point).inserted { points.append(point) }
    }
    return points
  }

  /// All combinations of some values; the last list varies fastest.
  private static func grid(_ lists: [[String]]) throws -> [[String]] {
    let total = lists.reduce(1.0) { $0 * Double($1.count) }
    guard total <= Double(largestTrialCount) else {
      throw UsageError(
        "--over: the grid has \(Format.count(total)) points; at most \(largestTrialCount) can be"
          + " tried"
      )
    }
    return lists.reduce([[]]) { points, values in
      points.flatMap { point in values.map { point + [$0] } }
    }
  }
}
