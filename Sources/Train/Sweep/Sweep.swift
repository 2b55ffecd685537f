import Optim
import Tensor
import Training

/// A search for the best values of some options: the plan, and the results of the runs.
struct Sweep: Sendable, Equatable {
  /// The command line that asked for it, if it is known.
  var command: String?
  /// What is tried.
  let plan: SweepPlan
  /// A hash of the data.
  let fingerprint: String
  /// The results, in the order in which they came.
  private(set) var records: [SweepRecord] = []
  /// How far the file of the results was written when the last session ended, so that none goes
  /// missing; nil before.
  private(set) var extent: JSONLinesFile.Extent?
  private var positions: [SweepRecord.Item: Int] = [:]

  /// Creates a sweep without results.
  init(_ plan: SweepPlan, _ data: SweepData) {
    self.plan = plan
    fingerprint = data.fingerprint
  }

  /// The result of a run at a rung; nil if it has not been trained so far.
  func record(of item: SweepRecord.Item) -> SweepRecord? { positions[item].map { records[$0] } }

  /// The results of all runs of a trial at a rung; nil if one is missing.
  func records(of job: SuccessiveHalving.Job) -> [SweepRecord]? {
    let all = (0..<plan.members).compactMap { record(of: .init(job: job, member: $0)) }
    return all.count == plan.members ? all : nil
  }

  /// The mean of the lowest validation losses of a trial's runs, infinity if one diverged; nil if
  /// one is missing.
  func score(of job: SuccessiveHalving.Job) -> Double? {
    records(of: job).map { records in
      records.reduce(0) { $0 + ($1.loss ?? .infinity) } / Double(records.count)
    }
  }

  /// Adds a result that a file holds.
  ///
  /// - Throws: ``TrainingError`` for one that does not belong to the plan.
  mutating func add(_ record: SweepRecord, from file: String) throws {
    let item = record.item
    guard plan.candidates.indices.contains(item.job.trial),
      (0..<plan.rungs).contains(item.job.rung), (0..<plan.members).contains(item.member),
      Trial.counts.contains(record.step)
    else { throw TrainingError.data("\(file): is of another sweep") }
    add(record)
  }

  private mutating func add(_ record: SweepRecord) {
    guard positions[record.item] == nil else { return }
    positions[record.item] = records.count
    records.append(record)
  }

  /// Runs what is left, several runs at a time.
  ///
  /// What is run, and with which result, depends neither on how many run at once nor on
  /// interruptions.
  ///
  /// - Parameters:
  ///   - folder: The folder of the checkpoints and of the results, which worker 0 writes.
  ///   - data: The data of all runs.
  ///   - workers: The processes that share the runs; all of them call the method.
  ///   - parallel: The number of runs at a time in each process.
  ///   - isInterrupted: Returns whether to stop; called after each step, by several threads.
  ///   - afterJob: Called when all runs of a trial have reached a rung.
  /// - Returns: Whether nothing is left.
  /// - Throws: ``TrainingError`` for data or files that cannot be used, and what `afterJob` throws.
  mutating func run(
    in folder: SweepFolder, on data: SweepData, workers: any Communicator = OneWorker(),
    parallel: Int,
    isInterrupted: @escaping @Sendable () -> Bool = { Interrupt.isRaised },
    afterJob: (Sweep, SuccessiveHalving.Job) throws -> Void
  ) throws -> Bool {
    let isFirst = workers.rank == 0
    // Results that were deleted are begun anew, also if this session is killed.
    if isFirst, extent != nil, !FileAccess.exists(folder.trials) {
      extent = nil
      try folder.save(self)
    }
    let file = isFirst ? try JSONLinesFile(appendingTo: folder.trials) : nil
    let threads = max(
      1,
      (plan.candidates[0].configuration[FitOptions.threads] ?? Execution.standard.threads)
        / parallel)
    let team = try TrialTeam<SweepRecord.Item, SweepRecord>(
      of: workers, count: parallel, threads: threads
    ) { [plan] item, isStopped in
      let configuration = plan.configuration(item.job.trial, member: item.member)
      return try configuration.inItsPrecision {
        try SweepRecord.train(
          item, of: plan, on: data.data(of: item.job.trial, item.member, in: plan),
          checkpoint: folder.checkpoint(of: item),
          isInterrupted: { isStopped() || isInterrupted() })
      }
    }
    defer { team.end() }
    var search = plan.search
    var waiting: [SweepRecord.Item] = []
    while search.awaited != nil {
      while let job = search.awaited, let score = score(of: job) {
        search.finishAwaited(score: score)
      }
      for job in search.takeStarted() {
        let items = (0..<plan.members).map { SweepRecord.Item(job: job, member: $0) }
        waiting += items.filter { record(of: $0) == nil }
      }
      while team.hasRoom, !waiting.isEmpty { team.begin(waiting.removeFirst()) }
      guard search.awaited != nil else { break }
      guard let record = try team.next() else {
        for record in try team.stop() {
          try file?.append(record)
          add(record)
        }
        try close(file, in: folder)
        return false
      }
      try file?.append(record)
      add(record)
      if isFirst, record.item.job.rung == plan.rungs - 1 {
        folder.removeCheckpoint(of: record.item)
      }
      if records(of: record.item.job) != nil { try afterJob(self, record.item.job) }
    }
    try close(file, in: folder)
    if isFirst { folder.removeCheckpoints() }
    return true
  }

  /// Closes the file of the results, and records how far it was written.
  private mutating func close(_ file: JSONLinesFile?, in folder: SweepFolder) throws {
    guard let file else { return }
    try file.close()
    extent = file.extent
    try folder.save(self)
  }
}

extension Sweep: Codable {
  private enum CodingKeys: String, CodingKey { case command, plan, fingerprint, extent }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    command = try container.decodeIfPresent(String.self, forKey: .command)
    plan = try container.decode(SweepPlan.self, forKey: .plan)
    fingerprint = try container.decode(String.self, forKey: .fingerprint)
    extent = try container.decodeIfPresent(JSONLinesFile.Extent.self, forKey: .extent)
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encodeIfPresent(command, forKey: .command)
    try container.encode(plan, forKey: .plan)
    try container.encode(fingerprint, forKey: .fingerprint)
    try container.encodeIfPresent(extent, forKey: .extent)
  }
}
