import TestSupport
import Testing

/// The schedules as text, up to the learning rate of each step.
struct ScheduleExpressionTests {
  /// The learning rates of the steps; for a plateau those after validation losses that fall slowly,
  /// and then not at all.
  private func rates(
    _ text: String, steps: Int = 200, warmup: Int? = nil, peak: Double = 0.01
  ) throws -> [Double] {
    let expression = try ScheduleExpression(text)
    switch try expression.resolved(peak: peak, steps: steps, warmup: warmup).learningRate {
    case .schedule(let schedule): return (0..<steps).map { schedule($0) }
    case .plateau(var plateau):
      // An evaluation gains 1/3200 of the loss.
      let losses = (0..<40).map { 1 - Double($0) / 3200 } + Array(repeating: 0.5, count: 60)
      return losses.map { plateau.observe($0) }
    }
  }

  /// Expressions of each schedule, and for each of its settings a value that is not the standard
  /// one.
  private static let samples: [(text: String, others: [String: String])] = [
    ("constant", [:]),
    ("linear", ["final": "0.1"]),
    ("cosine", ["final": "0.1"]),
    ("cosine-restarts", ["final": "0.1", "cycle-steps": "30", "cycle-multiplier": "2"]),
    ("step", ["every": "11", "gamma": "0.5"]),
    ("multi-step", ["milestones": "60-80-150", "gamma": "0.5"]),
    ("exponential", ["gamma": "0.99"]),
    ("polynomial", ["final": "0.1", "power": "3"]),
    ("one-cycle", ["final-divisor": "4", "divisor": "5", "shape": "linear"]),
    ("cyclic", ["divisor": "10", "cycle-steps": "30", "shape": "triangular2"]),
    ("cyclic(shape=exp-range)", ["gamma": "0.9"]),
    ("inverse-sqrt", ["timescale": "100"]),
    ("noam", [:]),
    ("wsd", ["final": "0.1", "decay-steps": "70", "shape": "1-sqrt"]),
    ("piecewise(points=0:0-50:1-150:0.5)", ["points": "0:0-50:1-150:0.25"]),
    (
      "plateau",
      ["final": "0.1", "gamma": "0.5", "patience": "5", "threshold": "0.5", "cooldown": "7"]
    ),
  ]

  @Test func everySettingOfEveryScheduleIsTried() throws {
    for entry in ScheduleCatalog.entries {
      let tried = try Self.samples.filter { try ScheduleExpression($0.text).name == entry.name }
      // The momentum has a test of its own.
      let names = Set(entry.settings.map(\.name)).subtracting(["cycle-momentum"])
      #expect(Set(tried.flatMap(\.others.keys)) == names, "\(entry.name)")
    }
  }

  @Test(arguments: samples.indices)
  func everySettingHasAnEffect(_ index: Int) throws {
    let (text, others) = Self.samples[index]
    let standard = try rates(text)
    #expect(standard.allSatisfy { $0 >= 0 && $0 <= 0.01 * (1 + 1e-15) })
    // All but the triangles that shrink from the first step on reach the full rate.
    #expect(standard.max() ?? 0 > (text.contains("exp-range") ? 0.0066 : 0.0099))
    // Twice the peak is twice the rate of each step; a plateau's epsilon is not scaled.
    for (rate, half) in zip(try rates(text, peak: 0.02), standard) {
      #expect(abs(rate - 2 * half) <= 2e-8)
    }
    let expression = try ScheduleExpression(text)
    if expression.takesWarmup {
      #expect(try rates(text, warmup: 50) != standard, "\(text), warm-up")
    }
    for (name, value) in others {
      var changed = expression
      changed.set(name, to: value)
      #expect(try rates(changed.description) != standard, "\(text), \(name)=\(value)")
    }
  }

  @Test(arguments: ["one-cycle", "cyclic"])
  func theMomentumGoesTheOtherWayIfAsked(_ name: String) throws {
    let plain = try ScheduleExpression(name)
    #expect(!plain.cyclesMomentum)
    #expect(try plain.resolved(peak: 0.01, steps: 200).momentum == nil)
    let cycled = try ScheduleExpression("\(name)(cycle-momentum=true)")
    #expect(cycled.cyclesMomentum)
    let (control, schedule) = try cycled.resolved(peak: 0.01, steps: 200)
    let momentum = try #require(schedule)
    guard case .schedule(let rates) = control else {
      Issue.record("\(name) is not a schedule")
      return
    }
    let peak = (0..<200).max { rates($0) < rates($1) } ?? 0
    #expect(abs(momentum(peak) - 0.85) < 1e-12 || abs(momentum(peak) - 0.8) < 1e-12)
    #expect(momentum(0) > momentum(peak))
  }

  @Test(arguments: ScheduleCatalog.entries.map(\.example), [1, 2, 3, 5])
  func shortRunsHaveSchedulesToo(_ text: String, _ steps: Int) throws {
    if text == "one-cycle", steps < 3 {
      let error = #expect(throws: ExpressionError.self) { try rates(text, steps: steps) }
      #expect(error?.description == "one-cycle needs at least 3 steps, not \(steps)")
    } else {
      #expect(try rates(text, steps: steps).allSatisfy { $0 >= 0 && $0 <= 0.01 })
    }
  }

  @Test func standardWarmupsArePartsOfTheRun() throws {
    func warmup(_ text: String, _ steps: Int) throws -> Int {
      try ScheduleExpression(text).standardWarmup(steps: steps)
    }
    #expect(try warmup("cosine", 1000) == 50 && warmup("cosine", 19) == 0)
    #expect(try warmup("noam", 1000) == 50 && warmup("noam", 19) == 1)
    #expect(try warmup("one-cycle", 1000) == 300 && warmup("one-cycle", 9) == 1)
    #expect(try warmup("plateau", 1000) == 0 && warmup("cyclic", 1000) == 0)
    for entry in ScheduleCatalog.entries {
      let expression = try ScheduleExpression(entry.example)
      let takesNone = ["cyclic", "piecewise", "plateau"].contains(entry.name)
      #expect(expression.takesWarmup == !takesNone)
      let standard = expression.standardWarmup(steps: 100)
      #expect(try rates(entry.example) == rates(entry.example, warmup: 2 * standard))
    }
  }

  private static let describedRates: [(String, Int?, [Int: Double])] = [
    ("multi-step(milestones=20-50-50)", 10, [9: 0.01 * 10 / 11, 10: 0.01, 19: 0.01, 20: 1e-3]),
    ("multi-step(milestones=20-50-50)", 10, [49: 1e-3, 50: 1e-5]),
    ("one-cycle", 40, [0: 4e-4, 40: 0.01, 99: 4e-8]),
    ("one-cycle(divisor=10, final-divisor=2)", 40, [0: 1e-3, 40: 0.01, 99: 5e-4]),
    ("cyclic(cycle-steps=21)", nil, [0: 0.0025, 11: 0.01, 21: 0.0025, 32: 0.01]),
    (
      "piecewise(points=10:0-20:1-60:0.5)", nil,
      [0: 0, 10: 0, 15: 0.005, 20: 0.01, 40: 0.0075, 60: 0.005, 99: 0.005]
    ),
    ("exponential", 0, [0: 0.01, 50: 1e-3]),
    ("linear(final=0.5)", 0, [0: 0.01, 50: 0.0075]),
    ("wsd(decay-steps=20, shape=linear)", 0, [0: 0.01, 80: 0.01, 90: 0.005]),
    ("step", 10, [10: 0.01, 39: 0.01, 40: 1e-3, 70: 1e-4]),
    ("inverse-sqrt", 20, [20: 0.01, 80: 0.005]),
  ]

  @Test(arguments: describedRates)
  func theRatesAreThoseThatTheSettingsDescribe(
    _ text: String, _ warmup: Int?, _ expected: [Int: Double]
  ) throws {
    let rates = try rates(text, steps: 100, warmup: warmup)
    for (step, rate) in expected {
      #expect(abs(rates[step] - rate) <= 1e-12 * rate, "step \(step): \(rates[step]), not \(rate)")
    }
  }

  private static let unsuitableRuns: [(String, Int?, String)] = [
    ("plateau", 5, "plateau takes no warm-up"),
    ("cyclic", 3, "cyclic takes no warm-up"),
    ("cosine", 100, "cosine: a warm-up of 100 steps is not below the 100 steps of the run"),
    (
      "multi-step(milestones=5-200)", nil,
      "multi-step: the milestone 200 is not below the 100 steps of the run"
    ),
    (
      "multi-step(milestones=5)", 8, "multi-step: the milestone 5 is within the warm-up of 8 steps"
    ),
    (
      "wsd(decay-steps=91)", 10, "wsd: decay-steps=91 is more than the 90 steps after the warm-up"
    ),
    ("noam", 0, "noam needs a warm-up of 1 to 100 steps, not 0"),
    ("one-cycle", 0, "one-cycle needs a warm-up of 1 to 98 steps, not 0"),
    ("one-cycle", 99, "one-cycle needs a warm-up of 1 to 98 steps, not 99"),
  ]

  @Test(arguments: unsuitableRuns)
  func runsThatDoNotSuitAreRejected(_ text: String, _ warmup: Int?, _ message: String) {
    let error = #expect(throws: ExpressionError.self) {
      try rates(text, steps: 100, warmup: warmup)
    }
    #expect(error?.description == message)
  }

  @Test(arguments: [
    ("cosine(gamma=0.5)", "column 8: 'gamma' is not a setting of cosine"),
    ("cosine(linear)", "column 8: 'linear' is not a setting of cosine"),
    ("cosine(final=2)", "column 14: final: '2' is not a number from 0 to 1"),
    ("cyclic(gamma=0.5)", "column 1: cyclic: gamma needs shape=exp-range"),
    (
      "piecewise",
      "column 1: piecewise needs the setting points, as in piecewise(points=0:1-500:0.1)"
    ),
    ("step(gamma=1)", "column 12: gamma: '1' is not a number above 0 and below 1"),
    ("cyclic(divisor=0.5)", "column 16: divisor: '0.5' is not a number of at least 1"),
    (
      "one-cycle(divisor=2, final-divisor=0.1)",
      "column 1: one-cycle: divisor times final-divisor is below 1, so the final rate would be above the peak"
    ),
    ("wsd(shape=round)", "column 11: shape: 'round' is not one of linear, cosine, 1-sqrt"),
    ("warmup", "column 1: 'warmup' is not a schedule"),
    ("cosine)", "column 7: ')' after the end of the schedule"),
  ])
  func textsThatAreNoSchedulesAreRejected(_ text: String, _ message: String) {
    let error = #expect(throws: ExpressionError.self) { try ScheduleExpression(text) }
    #expect(error?.description == message)
  }
}
