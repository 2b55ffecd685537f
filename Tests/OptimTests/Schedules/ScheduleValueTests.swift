import TestSupport
import Testing

/// Every rate and factor of a schedule must be a finite number of at least 0.
struct ScheduleValueTests {
  private static let cases: [(name: String, make: @Sendable (Double) -> Void)] = [
    ("LinearRamp: the start", { _ = LinearRamp(from: $0, to: 1, over: 5) }),
    ("LinearRamp: the end", { _ = LinearRamp(from: 1, to: $0, over: 5) }),
    ("CosineDecay: the peak", { _ = CosineDecay(peak: $0, total: 5) }),
    ("PolynomialDecay: the peak", { _ = PolynomialDecay(peak: $0, total: 5) }),
    ("PolynomialDecay: the floor", { _ = PolynomialDecay(peak: 1, total: 5, floor: $0) }),
    ("StepDecay: the peak", { _ = StepDecay(peak: $0, every: 2) }),
    ("MultiStepDecay: the peak", { _ = MultiStepDecay(peak: $0, milestones: [2]) }),
    ("MultiStepDecay: gamma", { _ = MultiStepDecay(peak: 1, milestones: [2], gamma: $0) }),
    ("ExponentialDecay: the peak", { _ = ExponentialDecay(peak: $0, gamma: 0.5) }),
    ("InverseSquareRootDecay: the peak", { _ = InverseSquareRootDecay(peak: $0) }),
    ("Noam: the peak", { _ = Noam(peak: $0, warmup: 5) }),
    ("CosineRestarts: the peak", { _ = CosineRestarts(peak: $0, period: 5) }),
    ("CosineRestarts: the floor", { _ = CosineRestarts(peak: 1, period: 5, floor: $0) }),
    ("OneCycle: the peak", { _ = OneCycle(peak: $0, total: 5, initial: 0.1) }),
    ("OneCycle: the initial rate", { _ = OneCycle(peak: 1, total: 5, initial: $0, floor: 0) }),
    ("OneCycle: the floor", { _ = OneCycle(peak: 1, total: 5, floor: $0) }),
    ("CyclicRate: the low rate", { _ = CyclicRate(low: $0, high: 1) }),
    ("CyclicRate: the high rate", { _ = CyclicRate(low: 0.1, high: $0) }),
    ("ReduceOnPlateau: the rate", { _ = ReduceOnPlateau(rate: $0) }),
    ("ReduceOnPlateau: the floor", { _ = ReduceOnPlateau(rate: 1, floor: $0) }),
    ("ReduceOnPlateau: epsilon", { _ = ReduceOnPlateau(rate: 1, epsilon: $0) }),
    ("ConstantRate: the factor", { _ = ConstantRate(1, factor: $0, over: 5) }),
  ]

  @Test(arguments: cases.indices)
  func aNegativeOrInfiniteValueStops(_ index: Int) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      [index = index as Int] in
      ScheduleValueTests.cases[index].make(-1)
    }
    let name = Self.cases[index].name
    expectMessage("\(name) must be a finite number of at least 0, got -1.0", of: result)
  }
}
