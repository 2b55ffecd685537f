import Optim
import Testing
import Training

/// The options of the schedules, from the command line to the learning rate of each step.
struct ScheduleOptionTests {
  private func configuration(_ line: String) throws -> TrainingConfiguration {
    let read = try Arguments(
      line.split(separator: " ").map(String.init), options: FitOptions.groups.flatMap(\.options))
    let source = try DataSource(task: read.words[0], arguments: read)
    let data = try source.data(seed: 1)
    return try TrainingConfiguration(arguments: read, source: source, data: data, seed: 1)
  }

  /// The learning rates of the steps; for a plateau those after evaluations that fall slowly, and then not at all.
  private func rates(_ line: String) throws -> [Double] {
    let plan = try configuration(line).plan
    switch plan.learningRate {
    case .schedule(let schedule): return (0..<plan.steps).map { schedule($0) }
    case .plateau(var plateau):
      let losses = (0..<40).map { pow2(-5, $0) } + Array(repeating: 0.5, count: 60)
      return losses.map { plateau.observe($0) }
    }
  }

  /// 1 − epoch/2^n: an epoch gains that part of the loss.
  private func pow2(_ exponent: Int, _ epoch: Int) -> Double {
    1 - Double(epoch) / Double(1 << -exponent) / 100
  }

  /// A line of options for each schedule, and the value of each of its options that is not the default.
  private static let lines: [(choice: ScheduleChoice, line: String, others: [String: String])] = [
    (.constant, "", ["warmup": "50"]),
    (.linear, "", ["warmup": "50", "final-learning-rate": "0.001"]),
    (.cosine, "", ["warmup": "50", "final-learning-rate": "0.001"]),
    (
      .cosineRestarts, "",
      [
        "warmup": "50", "final-learning-rate": "0.001", "cycle-steps": "30",
        "cycle-multiplier": "2",
      ]
    ),
    (.step, "", ["warmup": "50", "step-size": "11", "gamma": "0.5"]),
    (.multiStep, "", ["warmup": "50", "milestones": "60,80,150", "gamma": "0.5"]),
    (.exponential, "", ["warmup": "50", "gamma": "0.99"]),
    (.polynomial, "", ["warmup": "50", "final-learning-rate": "0.001", "power": "3"]),
    (
      .oneCycle, "",
      [
        "warmup": "50", "final-learning-rate": "0.001", "initial-learning-rate": "0.002",
        "decay-shape": "linear",
      ]
    ),
    (
      .cyclic, "",
      ["initial-learning-rate": "0.001", "cycle-steps": "30", "cycle-shape": "triangular2"]
    ),
    (.cyclic, " --cycle-shape exp-range", ["gamma": "0.9"]),
    (.inverseSquareRoot, "", ["warmup": "50", "timescale": "100"]),
    (.noam, "", ["warmup": "50"]),
    (
      .warmupStableDecay, "",
      [
        "warmup": "50", "final-learning-rate": "0.001", "decay-steps": "70",
        "decay-shape": "1-sqrt",
      ]
    ),
    (.piecewise, " --points 0:0,50:1,150:0.5", ["points": "0:0,50:1,150:0.25"]),
    (
      .plateau, "",
      [
        "final-learning-rate": "0.001", "gamma": "0.5", "plateau-patience": "5",
        "plateau-threshold": "0.5", "plateau-cooldown": "7",
      ]
    ),
  ]

  @Test func everyOptionOfEveryScheduleIsTried() {
    for choice in ScheduleChoice.allCases {
      let tried = Set(Self.lines.filter { $0.choice == choice }.flatMap(\.others.keys))
      // The momentum's option has a test of its own.
      let options = Set(choice.options.map(\.name)).subtracting(["cycle-momentum"])
      #expect(tried == options, "\(choice)")
    }
    let all = Set(ScheduleChoice.allCases.flatMap(\.options).map(\.name))
    #expect(all == Set(FitOptions.scheduleOptions.map(\.name)))
  }

  @Test func theMomentumGoesTheOtherWayIfAsked() throws {
    for choice in ["one-cycle", "cyclic"] {
      let line = "xor --steps 200 --schedule \(choice)"
      #expect(try configuration(line).plan.momentum == nil)
      let plan = try configuration(line + " --cycle-momentum").plan
      guard let momentum = plan.momentum, case .schedule(let rates) = plan.learningRate else {
        Issue.record("no schedule")
        continue
      }
      let peak = (0..<200).max { rates($0) < rates($1) } ?? 0
      #expect(abs(momentum(peak) - 0.85) < 1e-12 || abs(momentum(peak) - 0.8) < 1e-12)
      #expect(momentum(0) > momentum(peak))
      #expect(throws: TrainingError.self) {
        try configuration(line + " --cycle-momentum --optimizer sgd")
      }
    }
  }

  @Test(arguments: lines.indices)
  func everyOptionHasAnEffect(_ index: Int) throws {
    let (choice, line, others) = Self.lines[index]
    let start = "xor --steps 200 --schedule \(choice.rawValue)" + line
    let standard = try rates(start)
    #expect(standard.allSatisfy { $0 >= 0 && $0 <= 0.01 * (1 + 1e-15) })
    // All but the triangles that shrink from the first step on reach the full rate.
    #expect(standard.max() ?? 0 > (line.contains("exp-range") ? 0.0066 : 0.0099))
    expectScaled(try rates(start + " --learning-rate 0.02"), standard)
    for (name, value) in others {
      // The last of two equal options wins.
      let changed = try rates(start + " --\(name) \(value)")
      #expect(changed != standard, "\(choice) --\(name)")
    }
  }

  /// Twice the learning rate is twice the rate of each step; a plateau's epsilon is not scaled.
  private func expectScaled(_ rates: [Double], _ standard: [Double]) {
    for (rate, half) in zip(rates, standard) {
      #expect(abs(rate - 2 * half) <= 2e-8)
    }
  }

  @Test(arguments: ScheduleChoice.allCases)
  func theConfigurationOfARunGivesTheSameRunAgain(_ choice: ScheduleChoice) throws {
    try withTemporaryFolder { folder in
      let path = folder + "/config.json"
      for line in Self.lines where line.choice == choice {
        let start = "moons --steps 77 --schedule \(choice.rawValue)"
        let points = choice == .piecewise ? " --points 0:0.125,50:1,60:1e-3" : ""
        let made = try configuration(start + line.line + points)
        let input = ConfigurationFile.Input(try DataSource.toy(.moons).data(seed: 1))
        try writeJSON(ConfigurationFile(configuration: made, input: input), to: path)
        #expect(try ConfigurationFile(contentsOf: path).configuration == made)
        #expect(try configuration("moons --config \(path)") == made)
      }
    }
  }

  @Test(arguments: ScheduleChoice.allCases, [1, 2, 3, 5])
  func shortRunsHaveSchedulesToo(_ choice: ScheduleChoice, _ steps: Int) throws {
    let points = choice == .piecewise ? " --points 7:1" : ""
    let line = "xor --steps \(steps) --schedule \(choice.rawValue)\(points)"
    if choice == .oneCycle, steps < 3 {
      #expect(
        throws: TrainingError.usage("--schedule: one-cycle needs 3 steps at least, not \(steps)")
      ) { try rates(line) }
    } else {
      #expect(try rates(line).allSatisfy { $0 >= 0 && $0 <= 0.01 })
    }
  }

  @Test func theRatesAreThoseThatTheOptionsDescribe() throws {
    let multi = try rates("xor --steps 100 --schedule multi-step --warmup 10 --milestones 20,50,50")
    expectRates(multi, [9: 0.01 * 10 / 11, 10: 0.01, 19: 0.01, 20: 1e-3, 49: 1e-3, 50: 1e-5])
    let cycle = try rates("xor --steps 100 --schedule one-cycle --warmup 40")
    expectRates(cycle, [0: 4e-4, 40: 0.01, 99: 4e-8])
    let cyclic = try rates("xor --steps 100 --schedule cyclic --cycle-steps 21")
    expectRates(cyclic, [0: 0.0025, 11: 0.01, 21: 0.0025, 32: 0.01])
    let points = try rates("xor --steps 100 --schedule piecewise --points 10:0,20:1,60:0.5")
    expectRates(points, [0: 0, 10: 0, 15: 0.005, 20: 0.01, 40: 0.0075, 60: 0.005, 99: 0.005])
    let slow = try rates("xor --steps 100 --schedule exponential --warmup 0")
    expectRates(slow, [0: 0.01, 50: 1e-3])
  }

  private func expectRates(_ rates: [Double], _ expected: [Int: Double]) {
    for (step, rate) in expected {
      #expect(abs(rates[step] - rate) <= 1e-12 * rate, "step \(step): \(rates[step]), not \(rate)")
    }
  }

  @Test(arguments: [
    ("--schedule plateau --warmup 5", "--warmup is not an option of plateau"),
    ("--schedule cosine --gamma 0.5", "--gamma is not an option of cosine"),
    ("--schedule step --plateau-patience 3", "--plateau-patience is not an option of step"),
    ("--schedule cyclic --warmup 3", "--warmup is not an option of cyclic"),
    ("--schedule constant --points 0:1", "--points is not an option of constant"),
    ("--schedule cyclic --gamma 0.5", "--gamma needs --cycle-shape exp-range"),
    ("--schedule piecewise", "the schedule piecewise needs --points STEP:FACTOR,..."),
    (
      "--schedule multi-step --milestones 5,200",
      "--milestones: 200 is not below the 100 steps of the run"
    ),
    (
      "--schedule multi-step --milestones 5 --warmup 8",
      "--milestones: 5 is within the warm-up of 8 steps"
    ),
    (
      "--schedule wsd --decay-steps 91 --warmup 10",
      "--decay-steps: 91 is more than the 90 steps after the warm-up"
    ),
    ("--schedule noam --warmup 0", "--warmup: noam needs 1 to 100 steps, not 0"),
    ("--schedule one-cycle --warmup 0", "--warmup: one-cycle needs 1 to 98 steps, not 0"),
    ("--schedule one-cycle --warmup 99", "--warmup: one-cycle needs 1 to 98 steps, not 99"),
    (
      "--schedule cyclic --initial-learning-rate 1",
      "--initial-learning-rate: 1 is above the learning rate of 0.01"
    ),
    (
      "--schedule plateau --final-learning-rate 1",
      "--final-learning-rate: 1 is above the learning rate of 0.01"
    ),
    ("--gamma 1", "--gamma: '1' is not a number above 0 and below 1"),
    ("--milestones 5,x", "--milestones: '5,x' is not a list of whole numbers of at least 0"),
    (
      "--points 5:1,5:2",
      "--points: '5:1,5:2' is not a list of STEP:FACTOR with ascending steps, such as 0:1,500:0.1"
    ),
    (
      "--points 5",
      "--points: '5' is not a list of STEP:FACTOR with ascending steps, such as 0:1,500:0.1"
    ),
    (
      "--decay-shape round",
      "--decay-shape: 'round' is not one of linear, cosine, 1-sqrt"
    ),
  ])
  func rejects(line: String, message: String) {
    #expect(throws: TrainingError.usage(message)) { try configuration("xor --steps 100 " + line) }
  }
}
