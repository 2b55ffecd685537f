import Foundation
import TestSupport
import Testing
import Training

@testable import Train

/// A command line of `train sweep`, as the tests write it: words are separated by spaces outside of
/// quotes.
struct SweepLine {
  let arguments: Arguments

  init(_ line: String) throws {
    let parts = line.split(separator: "\"", omittingEmptySubsequences: false)
    let words = parts.enumerated().flatMap { index, part in
      index % 2 == 1 ? [String(part)] : part.split(separator: " ").map(String.init)
    }
    arguments = try Arguments.reading(
      words, options: SweepOptions.groups.flatMap(\.options), ignoring: SweepOptions.ignored)
  }

  func plan() throws -> (plan: SweepPlan, data: SweepData) { try SweepPlan.plan(arguments) }
}

/// Which configurations a sweep tries, and what it refuses before any is trained.
struct SweepPlanTests {
  private func plan(_ line: String) throws -> SweepPlan { try SweepLine(line).plan().plan }

  @Test func aGridHasAllCombinations() throws {
    let plan = try plan(
      "xor --seed 3 --seeds 2 --method grid --grid-points 3 --over \"learning-rate=log(1e-3,1e-1)"
        + " hidden=choice(4,8-8) optimizer=choice(adamw,lookahead(adamw, sync-period=6))\"")
    #expect(plan.candidates.count == 12 && plan.rungs == 1 && plan.seeds == [3, 4])
    #expect(plan.candidates[1].values == ["0.001", "4", "lookahead(adamw, sync-period=6)"])
    let last = plan.candidates[11].configuration
    #expect(last[FitOptions.learningRate] == 0.1 && last[FitOptions.seed] == 3)
    #expect(last[FitOptions.model].value(of: "hidden") == "8-8")
    #expect(last[FitOptions.optimizer].outline == "lookahead(adamw)")
    #expect(last[FitOptions.optimizer].value(of: "sync-period") == "6")
  }

  @Test func trialsAreDrawnByTheSeed() throws {
    let over = "--over \"learning-rate=log(1e-4,1e-1) beta2=linear(0.9,0.999)\""
    let plans = try ["1", "1", "2"].map {
      try plan("xor --seed \($0) --method random --trials 16 \(over)").candidates.map(\.values)
    }
    #expect(plans[0] == plans[1] && plans[0] != plans[2] && Set(plans[0]).count == 16)
    // One in each sixteenth of the range.
    let rates = try plans[0].map { try #require(Double($0[0])) }.sorted()
    for (index, rate) in rates.enumerated() {
      #expect(rate > 0.9999e-4 * pow(1000, Double(index) / 16))
      #expect(rate < 1.0001e-4 * pow(1000, Double(index + 1) / 16))
    }
  }

  /// Few values are each tried once, also when fewer trials than combinations are asked for.
  @Test func listsAreDrawnWithoutRepetition() throws {
    let over = "--over \"learning-rate=log(1e-4,1e-1,5) hidden=choice(2,4,8)\""
    for (trials, expected) in [(10, 10), (15, 15), (64, 15)] {
      let values = try plan("xor --seed 1 --method random --trials \(trials) \(over)").candidates
        .map(\.values)
      #expect(values.count == expected && Set(values).count == expected)
    }
  }

  @Test func theRungsAreSharesOfTheSteps() throws {
    let over = "--over \"learning-rate=log(1e-4,1e-1)\" --seed 1"
    func rungs(_ line: String) throws -> [Int] {
      let plan = try plan("xor \(over) \(line)")
      return (0..<plan.rungs).map { plan.steps(0, rung: $0) }
    }
    #expect(try rungs("--steps 1600") == [100, 400, 1600])
    #expect(try rungs("--steps 1000 --reduction 3") == [112, 334, 1000])
    #expect(try rungs("--steps 1600 --reduction 2 --min-steps 300") == [400, 800, 1600])
    #expect(try rungs("--steps 1600 --method random") == [1600])
  }

  @Test(arguments: [
    (
      "learnin-rate=log(1,2)",
      "--over: 'learnin-rate' is not an option; did you mean 'learning-rate'?"
    ),
    ("learning-rate=choice(0.1,-1)", "--over: learning-rate=-1: '-1' is not a number above 0"),
    ("learning-rate=linear(-1,1)", "--over: learning-rate=-1: '-1' is not a number above 0"),
    ("beta2=linear(0.9,1)", "--over: beta2=1: '1' is not a number of at least 0 and below 1"),
    (
      "optimizer=choice(adamw,admw)",
      "--over: optimizer=admw: column 1: 'admw' is not an optimizer; did you mean 'adamw'?"
    ),
    (
      "batch-size=log(8,64)",
      "--over: batch-size=19.56: '19.56' is not a whole number of at least 1; int(a,b) and"
        + " log-int(a,b) are ranges of whole numbers"
    ),
    (
      "batch-size=int(8,2000)",
      "--over: batch-size=2000: 2000 is more than the 1000 training rows"
    ),
    (
      "beta2=linear(0.9,0.99) optimizer=choice(adamw,sgd)",
      "--over: beta2=0.9 optimizer=sgd: --beta2 is not an option of sgd"
    ),
    (
      "clip-norm=linear(0,1) schedule=choice(cosine,one-cycle) beta1=linear(0.5,0.9)"
        + " warmup=int(0,20)",
      "--over: schedule=one-cycle warmup=0: --schedule: one-cycle needs a warm-up of 1 to 3998"
        + " steps, not 0"
    ),
    ("momentum=linear(0.5,0.9)", "--over: momentum=0.5: --momentum is not an option of adamw"),
    (
      "hidden=choice(32,x)",
      "--over: hidden=x: 'x' is not a list, joined by '-', of whole numbers from 1 to 65536"
    ),
    ("context=int(8,16)", "--over: context is not an option of the task xor"),
    ("seed=int(1,5)", "--over: seed cannot be varied: --seeds tries several"),
    (
      "loss=choice(hinge,cross-entropy)",
      "--over: loss cannot be varied: it decides what the score is measured by"
    ),
    ("threads=choice(1,2)", "--over: threads cannot be varied: it does not change what is learned"),
    ("keep=choice(1,2)", "--over: keep cannot be varied: it does not change what is learned"),
    ("steps=int(10,20) epochs=int(1,2)", "--over: steps and epochs exclude each other"),
    (
      "freeze=choice(nothing.*)",
      "--freeze: no parameter matches 'nothing.*'; the nearest names are 'layers.0.weight',"
        + " 'layers.1.weight', 'layers.2.weight'"
    ),
    ("lookahead=choice(true,maybe)", "--over: lookahead=maybe: 'maybe' is not true or false"),
  ])
  func refusesValues(_ over: String, _ message: String) {
    #expect(throws: UsageError(message)) { try plan("xor --seed 1 --over \"\(over)\"") }
  }

  @Test(arguments: [
    ("--over \"hidden=choice(4,8)\" --hidden 4", "--over: hidden is varied; leave out --hidden"),
    ("--over \"steps=int(10,20)\" --epochs 4", "--over: steps is varied; leave out --epochs"),
    ("", "sweep needs --over, such as --over \"learning-rate=log(1e-4,1e-1)\""),
    (
      "--over \"hidden=choice(4,8)\" --batch-size 5000",
      "--batch-size: 5000 is more than the 1000 training rows"
    ),
    ("--over \"hidden=choice(4,8)\" --folds 3", "--folds is for the task csv, not xor"),
    (
      "--over \"hidden=choice(4,8)\" --method grid --trials 3",
      "--trials is not for --method grid, which tries all combinations"
    ),
    (
      "--over \"hidden=choice(4,8)\" --reduction 3 --method random",
      "--reduction is for --method asha"
    ),
    (
      "--over \"hidden=choice(4,8)\" --method grd",
      "--method: 'grd' is not one of grid, random, asha; did you mean 'grid'?"
    ),
    (
      "--over \"hidden=choice(4,8)\" --steps 3",
      "--method asha: from 1 step to 3 there is no rung with --reduction 4; --method random trains"
        + " in full"
    ),
    (
      "--over \"learning-rate=log(1,2) beta1=linear(0.1,0.2) beta2=linear(0.1,0.2)\" --method grid"
        + " --grid-points 100",
      "--over: the grid has 1M points; at most 10000 can be tried"
    ),
  ])
  func refusesOptions(_ line: String, _ message: String) {
    #expect(throws: UsageError(message)) { try plan("xor --seed 1 \(line)") }
  }

  /// What a file holds is replaced by what is varied.
  @Test func aFileMayHoldWhatIsVaried() throws {
    try withTemporaryFolder { folder in
      let file = folder + "/c.json"
      try FileAccess.write(
        "{\"task\": \"xor\", \"learning-rate\": 0.5, \"epochs\": 3,"
          + " \"model\": \"mlp(hidden=4, activation=relu)\"}",
        to: file)
      let plan = try plan(
        "--config \(file) --seed 1 --method grid"
          + " --over \"learning-rate=choice(0.1) hidden=choice(8) steps=choice(7)\""
      )
      let configuration = plan.candidates[0].configuration
      #expect(configuration[FitOptions.learningRate] == 0.1 && configuration[FitOptions.steps] == 7)
      #expect(configuration[FitOptions.model].value(of: "activation") == "relu")
      #expect(configuration[FitOptions.model].value(of: "hidden") == "8")
    }
  }
}
