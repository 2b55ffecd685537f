import Foundation
import Optim
import Synchronization
import TestSupport
import Testing
import Training

@testable import Train

/// What `train compare` plans, trains and concludes.
struct ComparisonTests {
  private static func arguments(_ line: String) throws -> Arguments {
    try Arguments.reading(
      line.split(separator: " ").map(String.init),
      options: CompareOptions.groups.flatMap(\.options),
      ignoring: CompareOptions.ignored)
  }

  private static func plan(_ line: String) throws -> ComparisonPlan {
    let arguments = try arguments(line)
    return try ComparisonPlan(arguments, Assignment(arguments, command: CompareCommand.name))
  }

  /// A trial that ended with a loss, or diverged.
  private func trial(_ identity: Trial.Identity, _ loss: Double?) -> Trial {
    Trial(
      identity: identity,
      points: [
        .init(step: 0, trainLoss: nil, Evaluation(loss: 2)),
        .init(step: 10, trainLoss: 1, Evaluation(loss: loss ?? 3)),
      ], isDiverged: loss == nil, secondsPerStep: 1, parameterCount: 5)
  }

  /// The rates that a candidate tries when the loss is a function of the rate.
  private func search(_ loss: (Double) -> Double?, budget: Int) throws -> [Double] {
    let plan = try Self.plan(
      "xor --optimizers adamw(learning-rate=0.01) --seed 1 --seeds 1 --search-budget \(budget)")
    var trials: [Trial] = []
    while let next = plan.next(after: trials) {
      trials.append(trial(next, loss(next.learningRate)))
    }
    return trials.map(\.identity.learningRate)
  }

  @Test func theSearchStartsAroundTheStandardRate() throws {
    let tried = try search({ abs(log10($0 / 0.01)) }, budget: 5)
    #expect(tried == [0.01, 0.032, 0.0032, 0.1, 0.001])
  }

  @Test func theSearchGoesOnBeyondAnEdgeAndBetweenTheBest() throws {
    #expect(try search({ -$0 }, budget: 7).suffix(2) == [0.32, 1])
    #expect(try search({ $0 }, budget: 7).suffix(2) == [0.00032, 0.0001])
    #expect(try search({ abs(log10($0 / 0.02)) }, budget: 7).suffix(2).contains(0.018))
    // Too high from the start: lower and lower.
    #expect(
      try search({ $0 > 1e-4 ? nil : $0 }, budget: 8).suffix(3) == [0.00032, 0.0001, 3.2e-05])
  }

  @Test func everyCandidateHasTheSameBudgetAndAllSeeds() throws {
    let plan = try Self.plan(
      "moons --optimizers sgd,adamw,lookahead(adamw) --seed 5 --seeds 3 --rates 0.1,0.01")
    var trials: [Trial] = []
    while let next = plan.next(after: trials) {
      trials.append(trial(next, next.learningRate == 0.1 ? 1 : 0.5))
    }
    #expect(trials.count == plan.trialCount && trials.count == 3 * (2 + 2))
    #expect(plan.seeds == [5, 6, 7])
    for candidate in 0..<3 {
      let own = trials.filter { $0.identity.candidate == candidate }
      #expect(own.count == 4)
      #expect(own.filter { $0.identity.seed > 0 }.allSatisfy { $0.identity.learningRate == 0.01 })
    }
  }

  @Test func oneWhoseEveryTrialDivergesIsLeftAtThat() throws {
    let plan = try Self.plan("moons --optimizers sgd,adamw --seed 1 --seeds 2 --rates 0.1,0.01")
    var comparison = Comparison(plan)
    while let next = plan.next(after: comparison.trials) {
      comparison.trials.append(trial(next, next.candidate == 0 ? nil : 0.5))
    }
    let results = ComparisonResults(comparison)
    #expect(results.results[0].learningRate == nil && results.results[0].bestLoss == nil)
    #expect(results.results[0].rates.allSatisfy { $0.validationLoss == nil })
    #expect(results.results[1].bestLoss?.mean == 0.5)
    #expect(results.results[1].bestLoss?.deviation == 0)
    // A twentieth of the way from 0.5 back to 2.
    #expect(abs(results.targetLoss - 0.575) < 1e-12)
    #expect(results.results[1].stepsToTarget?.mean == 10)
    #expect(results.results[1].goodRates == 0.01...0.1)
  }

  @Test(arguments: [
    (#""seeds" : \[[^\]]*\]"#, #""seeds" : []"#), (#""rates" : \[[^\]]*\]"#, #""rates" : []"#),
    (#""evaluations" : \d+"#, #""evaluations" : 0"#),
    (#""searchBudget" : \d+"#, #""searchBudget" : 9223372036854775807"#),
  ])
  func aPlanThatIsNoneIsAnError(_ part: String, _ replacement: String) throws {
    try withTemporaryFolder { path in
      let folder = try ComparisonFolder(creating: path + "/c", task: "xor", replacing: false)
      let comparison = Comparison(try Self.plan("xor --optimizers sgd --seed 1 --rates 0.1"))
      try folder.save(comparison)
      // Reading changes nothing of what another process may be writing.
      try FileAccess.write("", to: folder.record + ".1-2.partial")
      #expect(try folder.comparison() == comparison)
      #expect(FileAccess.exists(folder.record + ".1-2.partial"))
      let text = try FileAccess.readText(folder.record)
        .replacing(/,\s*"checksum" : "[0-9a-f]+"/, with: "")
      let edited = text.replacing(try Regex(part), with: replacement)
      #expect(edited != text)
      try FileAccess.write(edited, to: folder.record)
      #expect(throws: TrainingError.self) { try folder.comparison() }
    }
  }

  @Test(arguments: ["[]", "[0.1]", "[0.5, 0.1]", #"["a", "b"]"#])
  func goodRatesThatAreNoRangeAreAnError(_ rates: String) throws {
    try withTemporaryFolder { path in
      let folder = try ComparisonFolder(creating: path + "/c", task: "xor", replacing: false)
      var comparison = Comparison(
        try Self.plan("xor --optimizers sgd --seed 1 --rates 0.1,1 --steps 300"))
      _ = try comparison.run(isInterrupted: { false }) { _, _ in }
      #expect(comparison.results?.results[0].goodRates != nil)
      try folder.save(comparison)
      #expect(try folder.comparison() == comparison)
      let text = try FileAccess.readText(folder.record)
        .replacing(/,\s*"checksum" : "[0-9a-f]+"/, with: "")
      let edited = text.replacing(/"goodRates" : \[[^\]]*\]/, with: "\"goodRates\" : \(rates)")
      #expect(edited != text)
      try FileAccess.write(edited, to: folder.record)
      #expect(throws: TrainingError.self) { try folder.comparison() }
    }
  }

  @Test func equalSeedsStartAlikeAndCandidatesDiffer() throws {
    let plan = try Self.plan(
      "moons --optimizers sgd,adamw --seed 3 --seeds 2 --rates 0.01 --steps 40 --hidden 8")
    var comparison = Comparison(plan)
    let isDone = try comparison.run(isInterrupted: { false }) { _, _ in }
    #expect(isDone)
    let starts = comparison.trials.map { $0.points[0].validationLoss }
    // sgd and adamw with seed 3, then with seed 4.
    #expect(starts[0] == starts[1] && starts[2] == starts[3] && starts[0] != starts[2])
    let ends = comparison.trials.compactMap(\.points.last?.validationLoss)
    #expect(Set(ends).count == 4)
    #expect(comparison.trials.allSatisfy { $0.points.last?.step == 40 })
    #expect(comparison.results?.parameters == 8 * 3 + 9 * 2)
    #expect(comparison.results?.results[0].stateBytes == 0)
    #expect(comparison.results?.results[1].stateBytes == 2 * 4 * 42)
  }

  /// The trials without what depends on the machine.
  private static func timeless(_ comparison: Comparison) -> [Trial] {
    comparison.trials.map {
      var trial = $0
      (trial.secondsPerStep, trial.liveBytes) = (0, 0)
      return trial
    }
  }

  /// Several workers have the same trials in the same order, also from one number to another.
  @Test(arguments: ["--search-budget 6", "--rates 0.001,0.01,0.1", "--search-budget 5 --seeds 1"])
  func theTrialsDoNotDependOnTheNumberOfWorkers(_ options: String) throws {
    let plan = try Self.plan(
      "xor --optimizers sgd,adamw,lookahead(adamw) --seed 2 --seeds 3 --steps 20 --hidden 4 "
        + options)
    var alone = Comparison(plan)
    _ = try alone.run(isInterrupted: { false }) { _, _ in }
    let whole = Self.timeless(alone)
    for count in [2, 3, 5] {
      let all = try SimulatedWorkers.run(count) { workers in
        var comparison = Comparison(plan)
        let isDone = try comparison.run(on: workers, isInterrupted: { false }) { _, _ in }
        #expect(isDone)
        return comparison
      }
      for comparison in all { #expect(Self.timeless(comparison) == whole) }
    }
    // Interrupted on three workers after some steps, and continued on two and on one.
    let steps = Atomic(0)
    let part = try SimulatedWorkers.run(3) { workers in
      var comparison = Comparison(plan)
      let isDone = try comparison.run(
        on: workers, isInterrupted: { steps.add(1, ordering: .relaxed).newValue % 90 == 0 }
      ) { _, _ in }
      #expect(!isDone && comparison.results == nil)
      return comparison
    }
    #expect(part.allSatisfy { $0 == part[0] })
    #expect(part[0].trials.count < whole.count)
    for count in [1, 2] {
      let ends = try SimulatedWorkers.run(count) { workers in
        var comparison = part[0]
        _ = try comparison.run(on: workers, isInterrupted: { false }) { _, _ in }
        return comparison
      }
      for comparison in ends {
        #expect(Self.timeless(comparison) == whole)
      }
    }
  }

  /// Stopped after any trial and written down, it goes on and ends in the same results.
  @Test func anInterruptedComparisonGoesOn() throws {
    let plan = try Self.plan(
      "xor --optimizers momentum,lookahead(adamw) --seed 2 --seeds 2 --search-budget 5 --steps 20 --hidden 4"
    )
    var whole = Comparison(plan)
    _ = try whole.run(isInterrupted: { false }) { _, _ in }
    try withTemporaryFolder { path in
      let folder = try ComparisonFolder(creating: path + "/c", task: "xor", replacing: false)
      var comparison = Comparison(plan)
      let steps = Atomic(0)
      var rounds = 0
      while true {
        rounds += 1
        let isDone = try comparison.run(
          isInterrupted: { steps.add(1, ordering: .relaxed).newValue % 70 == 0 },
          afterTrial: { comparison, _ in try folder.save(comparison) })
        comparison = try folder.comparison()
        if isDone { break }
      }
      #expect(rounds > 2)
      #expect(Self.timeless(comparison) == Self.timeless(whole))
      #expect(try ComparisonFolder(existing: path + "/c") != nil)
      #expect(try ComparisonFolder(existing: path) == nil)
    }
  }

  /// Trials on old and on new data must not be mixed.
  @Test func changedDataIsNoticed() throws {
    try withTemporaryFolder { folder in
      let table = folder + "/t.csv"
      func write(_ sign: Int) throws {
        let rows = (0..<40).map { "\(sign * $0),\($0 % 2)" }
        try FileAccess.write("x,y\n" + rows.joined(separator: "\n"), to: table)
      }
      try write(1)
      let plan = try Self.plan(
        "csv --data \(table) --target y --optimizers sgd --seed 1 --seeds 1 --rates 0.1,0.01 --steps 20"
      )
      var comparison = Comparison(plan)
      let steps = Atomic(0)
      let isDone = try comparison.run(
        isInterrupted: { steps.add(1, ordering: .relaxed).newValue == 30 }, afterTrial: { _, _ in })
      #expect(!isDone && comparison.trials.count == 1)
      try write(-1)
      #expect(
        throws: TrainingError.data("\(table): the data has changed since the comparison began")
      ) { try comparison.run(isInterrupted: { false }) { _, _ in } }
    }
  }

  @Test(arguments: [
    ("xor --optimizers sgd,sgd", "--optimizers: sgd is given twice"),
    (
      "xor --optimizers sgd,admw",
      "--optimizers: column 5: 'admw' is not an optimizer; did you mean 'adamw'?"
    ),
    ("xor --rates 0.1,x", "--rates: '0.1,x' is not auto or a list of different numbers above 0"),
    (
      "xor --rates 0.1,0.1", "--rates: '0.1,0.1' is not auto or a list of different numbers above 0"
    ),
    ("xor --rates 0.1 --search-budget 6", "--search-budget is for --rates auto"),
    (
      "xor --learning-rate 0.1",
      "--learning-rate is an option of train fit that this command does not take"
    ),
    (
      "zzz",
      "unknown task 'zzz'; there are: \(Tasks.names)"
    ),
  ])
  func rejects(_ line: String, _ message: String) {
    #expect(throws: UsageError(message)) { try Self.plan(line) }
  }
}
