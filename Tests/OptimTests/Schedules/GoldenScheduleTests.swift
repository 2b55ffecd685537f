import Foundation
import TestSupport
import Testing

/// The schedules against PyTorch's values, and against formulas where PyTorch has none.
struct GoldenScheduleTests {
  private static let golden = (try? JSON.fixture("schedules.json")) ?? .null

  /// A case of `schedules.json`.
  struct Case: Sendable, CustomTestStringConvertible {
    let json: JSON

    var testDescription: String {
      "\((try? json["schedule"].text) ?? "plateau"): \((try? json["name"].text) ?? "?")"
    }

    static func all(_ key: String) -> [Case] {
      ((try? golden[key].list) ?? []).map { Case(json: $0) }
    }

    func number(_ key: String) throws -> Double { try json[key].number }
    func integer(_ key: String) throws -> Int { try json[key].integer }

    /// The steps and values of a list.
    func points(_ key: String) throws -> [(step: Int, value: Double)] {
      guard json[key] != .null else { return [] }
      return try json[key].list.map { (try $0.list[0].integer, try $0.list[1].number) }
    }

    /// The schedule of the case, and that of its momentum.
    func schedules() throws -> (rate: any Schedule, momentum: (any Schedule)?) {
      switch try json["schedule"].text {
      case "one-cycle":
        let cycle = OneCycle(
          peak: try number("peak"), total: try integer("total"), rise: try number("rise"),
          initial: try number("initial"), floor: try number("floor"),
          shape: try json["shape"].text == "cos" ? .cosine : .linear,
          symmetric: try json["symmetric"].truth, momentum: try number("low")...number("high"))
        return (cycle, cycle.momentum)
      case "cyclic":
        let shape: CycleShape =
          switch try json["mode"].text {
          case "triangular": .triangular
          case "triangular2": .triangular2
          default: .exponentialRange(gamma: try number("gamma"))
          }
        let cycles = CyclicRate(
          low: try number("low"), high: try number("high"), rise: try integer("rise"),
          fall: try integer("fall"), shape: shape)
        return (cycles, cycles.momentum)
      default: return (try schedule(), nil)
      }
    }

    private func schedule() throws -> any Schedule {
      switch try json["schedule"].text {
      case "step":
        return StepDecay(
          peak: try number("peak"), every: try integer("every"), gamma: try number("gamma"))
      case "multi-step":
        return MultiStepDecay(
          peak: try number("peak"), milestones: try json["milestones"].integers,
          gamma: try number("gamma"))
      case "exponential":
        return ExponentialDecay(peak: try number("peak"), gamma: try number("gamma"))
      case "constant":
        return ConstantRate(
          try number("rate"), factor: try number("factor"), over: try integer("over"))
      case "linear":
        return LinearRamp(
          from: try number("start"), to: try number("end"), over: try integer("total"))
      case "polynomial":
        return PolynomialDecay(
          peak: try number("peak"), total: try integer("total"), power: try number("power"))
      case "cosine":
        return CosineDecay(
          peak: try number("peak"), total: try integer("total"), floor: try number("floor"))
      case "warmup":
        return LinearWarmup(peak: try number("peak"), warmup: try integer("warmup"))
      case "warmup-cosine":
        return WarmupCosine(
          peak: try number("peak"), warmup: try integer("warmup"), total: try integer("total"),
          floor: try number("floor"))
      case "cosine-restarts":
        return CosineRestarts(
          peak: try number("peak"), period: try integer("period"),
          multiplier: try integer("multiplier"), floor: try number("floor"))
      case "inverse-sqrt":
        return InverseSquareRootDecay(
          peak: try number("peak"), timescale: try integer("timescale")
        ).warmedUp(over: try integer("warmup"))
      case "wsd":
        return WarmupStableDecay(
          peak: try number("peak"), warmup: try integer("warmup"), decay: try integer("decay"),
          total: try integer("total"),
          shape: try #require(DecayShape(rawValue: try json["shape"].text)),
          floor: try number("floor"))
      case "noam":
        return Noam(
          width: try integer("width"), warmup: try integer("warmup"), factor: try number("factor"))
      case "sequential": return try #require(Self.sequences[try json["name"].text])
      default: throw FixtureError(description: "an unknown schedule: \(json)")
      }
    }

    /// The compositions of `sequential` in the script.
    private static let sequences: [String: any Schedule] = [
      "constant, exponential at 20":
        ConstantRate(0.03).then(ExponentialDecay(peak: 0.3, gamma: 0.9), at: 20),
      "linear, cosine at 5":
        LinearRamp(from: 0.03, to: 0.3, over: 5).then(CosineDecay(peak: 0.3, total: 10), at: 5),
      "linear, step at 4, polynomial at 12":
        LinearRamp(from: 0.075, to: 0.3, over: 4)
        .then(StepDecay(peak: 0.3, every: 3, gamma: 0.5), at: 4)
        .then(PolynomialDecay(peak: 0.3, total: 6, power: 2), at: 12),
      "constant, exponential at 0":
        ConstantRate(0.03).then(ExponentialDecay(peak: 0.3, gamma: 0.9), at: 0),
    ]
  }

  @Test func theCasesWereRead() {
    #expect(Case.all("schedules").count == 91 && Case.all("plateaus").count == 14)
  }

  @Test(arguments: Case.all("schedules"))
  func valuesAreAsTheReferences(_ test: Case) throws {
    let (rate, momentum) = try test.schedules()
    func check(_ schedule: any Schedule, _ key: String) throws {
      for point in try test.points(key) {
        // The absolute tolerance covers the cancellation of rates of 0.3.
        expectClose(
          schedule(point.step), point.value, relative: 1e-12, absolute: 1e-16,
          "\(key), step \(point.step)")
      }
    }
    try check(rate, "points")
    if let momentum {
      try check(momentum, "momentum")
      #expect(try !test.points("momentum").isEmpty)
    }
  }

  /// Past the end PyTorch's cosine climbs again and its one-cycle goes on along its last curve, to
  /// negative rates where that is a line; ours stay.
  @Test func theOnlyDifferencesArePastTheEndOfCosineAndOneCycle() throws {
    let differing = Case.all("schedules").filter { $0.json["torch"] != .null }
    #expect(
      try Set(differing.map { try $0.json["schedule"].text }) == ["cosine", "one-cycle"])
    var count = 0
    for test in differing {
      let total = try test.integer("total")
      let schedule = try test.schedules().rate
      for point in try test.points("torch") {
        count += 1
        #expect(point.step >= total && schedule(point.step) == schedule(total))
        #expect(abs(schedule(point.step) - point.value) > 1e-5, "\(test.testDescription)")
      }
    }
    #expect(count >= 18)
  }

  @Test(arguments: Case.all("plateaus"))
  func plateausAreAsPyTorchs(_ test: Case) throws {
    let isRelative = try test.json["thresholdMode"].text == "rel"
    let amount = try test.number("threshold")
    var plateau = ReduceOnPlateau(
      rate: try test.number("rate"), factor: try test.number("factor"),
      patience: try test.integer("patience"),
      threshold: isRelative ? .relative(amount) : .absolute(amount),
      cooldown: try test.integer("cooldown"), floor: try test.number("floor"),
      epsilon: try test.number("epsilon"),
      goal: try test.json["mode"].text == "min" ? .minimum : .maximum)
    let expected = try test.json["rates"].numbers
    var rates: [Double] = []
    for metric in try test.json["metrics"].numbers {
      rates.append(plateau.observe(metric))
      // Continues from a saved copy.
      plateau = try JSONDecoder().decode(
        ReduceOnPlateau.self, from: JSONEncoder().encode(plateau))
    }
    if try test.json["name"].text == "negative, relative" {
      // PyTorch takes worse metrics for better ones, and never reduces the rate.
      #expect(expected == Array(repeating: 0.3, count: 7))
      expectClose(rates, [0.3, 0.3, 0.03, 0.03, 0.003, 0.003, 0.0003], relative: 1e-12)
    } else {
      expectClose(rates, expected, relative: 1e-12)
    }
  }
}
