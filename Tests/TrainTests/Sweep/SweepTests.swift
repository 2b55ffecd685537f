import Foundation
import Optim
import Synchronization
import Tensor
import TestSupport
import Testing
import Training

@testable import Train

/// What a sweep trains, alone and several at once, in one go and with interruptions.
struct SweepTests {
  /// The results without what depends on the clock, in one order.
  private func results(_ sweep: Sweep) -> [SweepRecord] {
    sweep.records.map { record in
      var record = record
      record.seconds = 0
      return record
    }.sorted {
      ($0.item.job.trial, $0.item.job.rung, $0.item.member)
        < ($1.item.job.trial, $1.item.job.rung, $1.item.member)
    }
  }

  /// Counts calls, and says stop at each multiple of a number.
  private final class Interruptions: Sendable {
    private let calls = Atomic(0)
    private let period: Int
    init(every period: Int) { self.period = period }
    var isDue: Bool { calls.add(1, ordering: .relaxed).newValue % period == 0 }
  }

  private func run(
    _ line: String, parallel: Int, in path: String, interruptedEvery period: Int = .max
  ) throws -> (sweep: Sweep, rounds: Int) {
    let (plan, data) = try SweepLine(line).plan()
    let folder = try SweepFolder(creating: path, task: "xor", replacing: false)
    var sweep = Sweep(plan, data)
    try folder.save(sweep)
    let interruptions = Interruptions(every: period)
    var rounds = 1
    while try !sweep.run(
      in: folder, on: data, parallel: parallel, isInterrupted: { interruptions.isDue },
      afterJob: { _, _ in })
    {
      rounds += 1
      sweep = try folder.sweep()
    }
    #expect(try folder.sweep() == sweep)
    return (sweep, rounds)
  }

  private static let over =
    "--over \"learning-rate=log(1e-3,1) hidden=choice(4,6)"
    + " optimizer=choice(adamw,lookahead(adamw))\""

  /// The same results with one at a time, with three, and with any interruptions.
  @Test(arguments: [
    "--method grid --grid-points 2", "--method random --trials 5 --seeds 2",
    "--method asha --trials 9 --reduction 2",
  ])
  func resultsDependNeitherOnThreadsNorOnInterruptions(_ method: String) throws {
    let line = "xor --seed 1 --steps 32 \(Self.over) \(method)"
    try withTemporaryFolder { folder in
      let alone = try run(line, parallel: 1, in: folder + "/a")
      #expect(alone.rounds == 1)
      let together = try run(line, parallel: 3, in: folder + "/b")
      #expect(results(together.sweep) == results(alone.sweep))
      let interrupted = try run(line, parallel: 2, in: folder + "/c", interruptedEvery: 23)
      #expect(interrupted.rounds > 2)
      #expect(results(interrupted.sweep) == results(alone.sweep))
      // No state is left behind.
      #expect(FileAccess.names(in: folder + "/c") == ["sweep.json", "trials.jsonl"])
      let ends = SweepResults(alone.sweep)
      #expect(ends.best != nil && ends == SweepResults(interrupted.sweep))
    }
  }

  /// The same results on several processes, each with its threads, and from one number of them to
  /// another.
  @Test(arguments: [
    "--method random --trials 5 --seeds 2", "--method asha --trials 9 --reduction 2",
  ])
  func resultsDoNotDependOnTheNumberOfProcesses(_ method: String) throws {
    let line = "xor --seed 1 --steps 32 \(Self.over) \(method)"
    try withTemporaryFolder { path in
      let alone = try run(line, parallel: 1, in: path + "/alone").sweep
      let (plan, data) = try SweepLine(line).plan()
      let folder = try SweepFolder(creating: path + "/s", task: "xor", replacing: false)
      try folder.save(Sweep(plan, data))
      let interruptions = Interruptions(every: 60)
      for count in [3, 2, 1, 4, 3, 2, 1, 5] + Array(repeating: 2, count: 20) {
        let ends = try SimulatedWorkers.run(count) { workers in
          var sweep = try folder.sweep()
          workers.barrier()
          if workers.rank == 0 { try folder.removeRemains() }
          let isDone = try sweep.run(
            in: folder, on: data, workers: workers, parallel: 1 + workers.rank % 3,
            isInterrupted: { interruptions.isDue }, afterJob: { _, _ in })
          return (sweep, isDone)
        }
        #expect(ends.allSatisfy { $0.0.records == ends[0].0.records && $0.1 == ends[0].1 })
        #expect(try folder.sweep() == ends[0].0)
        if ends[0].1 { break }
      }
      #expect(try results(folder.sweep()) == results(alone))
      #expect(FileAccess.names(in: folder.path) == ["sweep.json", "trials.jsonl"])
    }
  }

  /// A trial that fails ends the sweep in all processes, with one error.
  @Test func anErrorOfATrialEndsAllProcesses() throws {
    try withTemporaryFolder { path in
      let line = "xor --seed 1 --steps 32 --over learning-rate=log(1e-3,1) --method random"
      let (plan, data) = try SweepLine(line + " --trials 5").plan()
      let folder = try SweepFolder(creating: path + "/s", task: "xor", replacing: false)
      let damaged = folder.checkpoint(of: .init(job: .init(trial: 1, rung: 0), member: 0))
      try FileAccess.write("x", to: damaged)
      let errors = try SimulatedWorkers.run(3) { workers in
        var sweep = Sweep(plan, data)
        let error = #expect(throws: TrainingError.self) {
          try sweep.run(
            in: folder, on: data, workers: workers, parallel: 1, afterJob: { _, _ in })
        }
        return error
      }
      #expect(errors[0]?.message.hasPrefix(damaged) ?? false)
      #expect(errors.allSatisfy { $0 == errors[0] })
    }
  }

  /// A process that was killed leaves checkpoints and half a line.
  @Test func aKilledSweepGoesOn() throws {
    let line = "xor --seed 1 --steps 32 \(Self.over) --method asha --trials 6 --reduction 2"
    try withTemporaryFolder { path in
      let whole = try run(line, parallel: 2, in: path + "/a")
      let (plan, data) = try SweepLine(line).plan()
      let folder = try SweepFolder(creating: path + "/b", task: "xor", replacing: false)
      var sweep = Sweep(plan, data)
      try folder.save(sweep)
      let interruptions = Interruptions(every: 25)
      _ = try sweep.run(
        in: folder, on: data, parallel: 1, isInterrupted: { interruptions.isDue },
        afterJob: { _, _ in })
      // Each trial that may go on has its state.
      let names = FileAccess.names(in: folder.path)
      for record in sweep.records where record.item.job.rung < plan.rungs - 1 {
        #expect(names.contains("trial-\(record.item.job.trial)-0.safetensors"))
      }
      // Its session has not ended, so the record has no number of results.
      try folder.save(Sweep(plan, data))
      let text = try FileAccess.readText(folder.trials)
      try FileAccess.write(text.dropLast(text.count / 3).description, to: folder.trials)
      try FileAccess.write("x", to: folder.path + "/trial-0-0.safetensors.partial")
      #expect(try folder.sweep().records.count < whole.sweep.records.count)
      // Reading alone changes nothing of what another process may be writing.
      #expect(FileAccess.exists(folder.path + "/trial-0-0.safetensors.partial"))
      sweep = try folder.sweep()
      try folder.removeRemains()
      #expect(!FileAccess.exists(folder.path + "/trial-0-0.safetensors.partial"))
      #expect(sweep.records.count < whole.sweep.records.count)
      #expect(try sweep.run(in: folder, on: data, parallel: 2, afterJob: { _, _ in }))
      #expect(results(sweep) == results(whole.sweep))
      #expect(FileAccess.names(in: folder.path) == ["sweep.json", "trials.jsonl"])
    }
  }

  /// A sweep goes on, and is reported, from all of its results or not at all; those that a killed
  /// session wrote are not counted.
  @Test func missingResultsAreFound() throws {
    try withTemporaryFolder { path in
      let line = "xor --seed 1 --steps 8 --method grid --over \"hidden=choice(2,3,4)\""
      let (sweep, _) = try run(line, parallel: 1, in: path + "/s")
      let folder = try #require(try SweepFolder(existing: path + "/s"))
      #expect(sweep.records.count == 3)
      let lines = try FileAccess.readText(folder.trials).split(separator: "\n").map { $0 + "\n" }
      for lost in [0..<1, 1..<2, 2..<3, 1..<3, 0..<3] {
        var left = lines
        left.removeSubrange(lost)
        try FileAccess.write(left.joined(), to: folder.trials)
        #expect("without \(lost)") { try folder.sweep() } throws: { error in
          (error as? TrainingError)?.kind == .data && "\(error)".hasPrefix(folder.trials + ":")
        }
      }
      // Those of another sweep.
      let (other, _) = try run(
        line.replacing("seed 1", with: "seed 2"), parallel: 1, in: path + "/other")
      #expect(other.records.count == 3)
      try FileAccess.write(try FileAccess.read(path + "/other/trials.jsonl"), to: folder.trials)
      #expect(
        throws: TrainingError.data(
          "\(folder.trials):3: is not the line that was recorded"
            + " (delete the file to go on without its lines)")
      ) { try folder.sweep() }
      try FileManager.default.removeItem(atPath: folder.trials)
      // Results that were deleted on that advice are not missed, nor those of a session that ended
      // before it could say how many it has.
      var next = try folder.sweep()
      let data = try SweepLine(line).plan().data
      #expect(throws: CancellationError.self) {
        try next.run(in: folder, on: data, parallel: 1) { sweep, _ in
          if sweep.records.count == 2 { throw CancellationError() }
        }
      }
      #expect(try folder.sweep().records == next.records && next.records.count == 2)
      // A record of an earlier version, or of a session that has not ended.
      let text = try FileAccess.readText(folder.record)
        .replacing(/"extent" : {[^}]*},\s*/, with: "")
        .replacing(/,\s*"checksum" : "[^"]*"/, with: "")
      try FileAccess.write(text, to: folder.record)
      try FileAccess.write(lines[..<2].joined(), to: folder.trials)
      #expect(try folder.sweep().records.count == 2)
    }
  }

  /// The best configuration as a run of its own has the loss that the sweep found.
  @Test func theBestConfigurationCanBeTrained() throws {
    try withTemporaryFolder { path in
      let line = "xor --seed 5 --epochs 3 \(Self.over) --method asha --trials 8"
      let (sweep, _) = try run(line, parallel: 2, in: path + "/s")
      let best = try #require(SweepResults(sweep).best)
      #expect(best.isComplete && best.loss?.mean == best.score)
      let file = path + "/best.json"
      try FileAccess.writeJSON(sweep.plan.candidates[best.trial].configuration, to: file)
      let summary = try FitLine("--config \(file)").summary(in: path + "/run")
      #expect(summary.validationLoss == best.loss?.mean)
      #expect(summary.validationAccuracy == best.accuracy?.mean)
    }
  }

  /// A trial that was paused at its rungs has taken the steps of one that was not.
  @Test func promotedTrialsAreThoseTrainedInOneGo() throws {
    try withTemporaryFolder { path in
      let line = "xor --seed 2 --steps 48 --over \"learning-rate=choice(0.01,0.02,0.05,0.1)\""
      let asha = try run(line + " --method asha --reduction 2", parallel: 1, in: path + "/a").sweep
      let grid = try run(line + " --method grid", parallel: 1, in: path + "/b").sweep
      let rates = { (sweep: Sweep, record: SweepRecord) in
        sweep.plan.candidates[record.item.job.trial].values[0]
      }
      let full = asha.records.filter { $0.item.job.rung == asha.plan.rungs - 1 }
      #expect(!full.isEmpty)
      for record in full {
        let other = try #require(grid.records.first { rates(grid, $0) == rates(asha, record) })
        // Rungs are evaluated besides, so that a paused trial may only have seen a lower loss.
        #expect(record.step == other.step)
        #expect(record.loss == other.loss && record.accuracy == other.accuracy)
      }
    }
  }

  @Test(arguments: ["grid", "asha"]) func trialsThatDivergeAreTheWorst(_ method: String) throws {
    try withTemporaryFolder { path in
      let line =
        "sine --seed 1 --steps 64 --hidden 4 --method \(method)"
        + " --over \"learning-rate=log(1e-3,1e18,4) optimizer=choice(sgd,adamw)\""
      let results = SweepResults(try run(line, parallel: 2, in: path + "/s").sweep)
      #expect(results.trials.count == 8)
      let last = try #require(results.trials.last)
      #expect(last.loss == nil && last.values["learning-rate"] != "0.001")
      #expect(results.best?.values["learning-rate"] == "0.001")
    }
  }

  /// Each run of a cross-validation has the data of its fold, and their mean is the score.
  @Test func eachFoldAndSeedIsTrained() throws {
    try withTemporaryFolder { path in
      let table = path + "/t.csv"
      let rows = (0..<30).map { "\($0 * 7 % 30),\(($0 * 11 + $0 / 4) % 3)" }
      try FileAccess.write("x,y\n" + rows.joined(separator: "\n"), to: table)
      let line = "csv --data \(table) --target y --seed 1 --seeds 2 --folds 3 --steps 8"
      let over = " --hidden 4 --over \"learning-rate=choice(0.01,0.1)\""
      let sweep = try run(line + over + " --method grid", parallel: 2, in: path + "/s").sweep
      #expect(sweep.plan.members == 6 && sweep.records.count == 12)
      let row = try #require(SweepResults(sweep).best)
      let losses = sweep.records.filter { $0.item.job.trial == row.trial }.compactMap(\.loss)
      #expect(Set(losses).count == 6 && row.loss?.deviation != nil)
      #expect(abs(row.score - losses.reduce(0, +) / 6) < 1e-12)
      let seeds = (0..<6).map { sweep.plan.seed(of: $0) }
      #expect(seeds == [1, 1, 1, 2, 2, 2])
      #expect((0..<6).map { sweep.plan.fold(of: $0) } == [0, 1, 2, 0, 1, 2])
      // With equal weights and batches, folds differ in their data alone.
      let validation = try Set(
        (0..<3).map { member in
          guard
            case .examples(let data) = try SweepLine(line + over).plan().data.data(
              of: 0, member, in: sweep.plan)
          else { return [Float]() }
          return data.validation.features
        })
      #expect(validation.count == 3)
    }
  }

  /// An option that shapes the data can be varied; each trial has its own data, also when resumed.
  @Test func theContextOfATextCanBeVaried() throws {
    try withTemporaryFolder { path in
      let text = path + "/t.txt"
      try FileAccess.write(String(repeating: "the cat sat. ", count: 60), to: text)
      let (sweep, _) = try run(
        "text --data \(text) --seed 1 --steps 4 --layers 1 --width 8 --heads 1 --method random"
          + " --trials 3 --over \"context=int(4,40)\"", parallel: 2, in: path + "/s")
      #expect(Set(sweep.records.map(\.loss)).count == 3)
      let folder = try #require(try SweepFolder(existing: path + "/s"))
      let arguments = try Arguments([], options: ResumeCommand.options.flatMap(\.options))
      _ = try SweepSession(resuming: folder, arguments: arguments)
    }
  }

  @Test func changedDataAndForeignResultsAreNoticed() throws {
    try withTemporaryFolder { path in
      let table = path + "/t.csv"
      func write(_ sign: Int) throws {
        let rows = (0..<40).map { "\(sign * $0),\($0 % 2)" }
        try FileAccess.write("x,y\n" + rows.joined(separator: "\n"), to: table)
      }
      try write(1)
      let line = "csv --data \(table) --target y --seed 1 --steps 20 --method grid"
      let over = " --over \"hidden=choice(2,4)\""
      let (sweep, _) = try run(line + over, parallel: 1, in: path + "/s")
      let folder = try #require(try SweepFolder(existing: path + "/s"))
      let arguments = try Arguments([], options: ResumeCommand.options.flatMap(\.options))
      _ = try SweepSession(resuming: folder, arguments: arguments)
      try write(-1)
      #expect(throws: TrainingError.data("\(table): the data has changed since the sweep began")) {
        try SweepSession(resuming: folder, arguments: arguments)
      }
      var record = sweep.records[0]
      record.item.job.trial = 7
      let other = try JSONText.encode(record) + "\n"
      try FileAccess.write(other + other, to: folder.trials)
      #expect(throws: TrainingError.data("\(folder.trials): is of another sweep")) {
        try folder.sweep()
      }
      try FileAccess.write("{}", to: folder.record)
      let error = #expect(throws: TrainingError.self) { try folder.sweep() }
      let start = "\(folder.record): is not the record of a sweep: there is no '"
      #expect(error?.message.hasPrefix(start) == true)
    }
  }
}

/// The folds of a table.
struct TaskFoldsTests {
  private func table(_ folder: String, extreme row: Int? = nil) throws -> String {
    let path = folder + "/t.csv"
    let rows = (0..<30).map { index in
      let (x, kind) = index == row ? (1e6, "rare") : (Double(index * 7 % 30), "usual")
      return "\(x),\(kind),\(index % 3)"
    }
    try FileAccess.write("x,kind,class\n" + rows.joined(separator: "\n"), to: path)
    return path
  }

  private func folds(_ path: String, _ options: String = "") throws -> [SupervisedData] {
    let arguments = try FitLine("csv --data \(path) --target class \(options)").arguments
    let task = try Tasks.task(named: "csv", arguments.values)
    return try task.folds(5, seed: 3).compactMap { data in
      if case .examples(let examples) = data { examples } else { nil }
    }
  }

  @Test func eachRowIsValidatedOnceAndClassesAreSpread() throws {
    try withTemporaryFolder { folder in
      let folds = try folds(table(folder))
      #expect(folds.count == 5)
      for fold in folds {
        #expect(fold.validation.rows == 6 && fold.training.rows == 24)
        guard case .classes(let classes) = fold.validation.targets else { continue }
        #expect(classes.sorted() == [0, 0, 1, 1, 2, 2])
      }
    }
  }

  @Test func rowsOfTheTestAreInNoFold() throws {
    try withTemporaryFolder { folder in
      let path = try table(folder)
      let folds = try folds(path, "--test 0.2")
      for fold in folds { #expect(fold.validation.rows + fold.training.rows == 24) }
    }
  }

  /// A value that only a validation row has leaves no trace in the encoding of the training rows.
  @Test func validationRowsDoNotLeakIntoTheEncoding() throws {
    try withTemporaryFolder { folder in
      let plain = try folds(table(folder))
      for row in [0, 13, 29] {
        let changed = try folds(table(folder, extreme: row))
        let same = zip(plain, changed).count { $0.training == $1.training }
        // The fold that validates on the row trains on the others, as before.
        #expect(same == 1)
      }
    }
  }
}
