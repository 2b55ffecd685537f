import TestSupport
import Testing

struct ScheduleTests {
  @Test func warmupRisesFromItsFirstStepToItsPeak() {
    let schedule = LinearWarmup(peak: 1, warmup: 4)
    expectClose((0..<6).map { schedule($0) }, [0.2, 0.4, 0.6, 0.8, 1, 1], relative: 1e-15)
    #expect(LinearWarmup(peak: 0.5, warmup: 0)(0) == 0.5)
  }

  @Test func cosineFallsFromItsPeakToItsFloorAndStays() {
    let schedule = CosineDecay(peak: 1, total: 4, floor: 0.2)
    #expect(schedule(0) == 1)
    expectClose(schedule(2), 0.6, relative: 1e-15)
    #expect([4, 5, 8, 1_000_000].map { schedule($0) } == [0.2, 0.2, 0.2, 0.2])
    #expect(schedule(-3) == 1)
  }

  @Test func warmupCosineMeetsAtThePeak() {
    let schedule = WarmupCosine(peak: 2, warmup: 3, total: 13, floor: 0.5)
    let rates = (0..<20).map { schedule($0) }
    expectClose(Array(rates[0..<4]), [0.5, 1, 1.5, 2], relative: 1e-15)
    #expect(rates.max() == 2)
    expectClose(rates[8], 1.25, relative: 1e-14)
    #expect(zip(rates[3...], rates[4...]).allSatisfy { $0 >= $1 })
    #expect(rates[13...].allSatisfy { $0 == 0.5 })
  }

  static let misuses: [(message: String, body: @Sendable () -> Void)] = [
    ("LinearWarmup: -1 steps", { _ = LinearWarmup(peak: 1, warmup: -1) }),
    ("CosineDecay: 0 steps", { _ = CosineDecay(peak: 1, total: 0) }),
    (
      "WarmupCosine: a warm-up of 5 steps does not fit 5 steps",
      { _ = WarmupCosine(peak: 1, warmup: 5, total: 5) }
    ),
    (
      "WarmupCosine: a warm-up of -1 steps does not fit 5 steps",
      { _ = WarmupCosine(peak: 1, warmup: -1, total: 5) }
    ),
  ]

  @Test(arguments: misuses.indices)
  func misuseStopsWithAMessage(_ index: Int) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      [index = index as Int] in
      ScheduleTests.misuses[index].body()
    }
    expectMessage(Self.misuses[index].message, of: result)
  }
}
