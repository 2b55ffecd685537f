import TestSupport
import Testing

struct PlotAxisTests {
  struct Case: Sendable {
    let values: [Double]
    let isLogarithmic: Bool
    let ticks: [Double]
  }

  @Test(arguments: [
    Case(values: [0, 10], isLogarithmic: false, ticks: [0, 2, 4, 6, 8, 10]),
    Case(values: [0.01, 1], isLogarithmic: true, ticks: [0.01, 0.1, 1]),
    Case(values: [1e-6, 1], isLogarithmic: true, ticks: [1e-6, 1e-4, 1e-2, 1]),
    Case(values: [-1, 100], isLogarithmic: false, ticks: [0, 50, 100]),
    Case(values: [3, 3], isLogarithmic: false, ticks: [2, 3, 4]),
    Case(values: [0, 0], isLogarithmic: false, ticks: [-1, -0.5, 0, 0.5, 1]),
    Case(values: [], isLogarithmic: false, ticks: [0, 0.2, 0.4, 0.6, 0.8, 1]),
  ])
  func ticksAreRound(_ sample: Case) {
    let axis = PlotAxis(showing: sample.values, tickCount: 5, logarithmic: true)
    #expect(axis.isLogarithmic == sample.isLogarithmic)
    #expect(axis.ticks.map { Format.number($0) } == sample.ticks.map { Format.number($0) })
    #expect(axis.position(of: axis.range.lowerBound) == 0)
    #expect(abs(axis.position(of: axis.range.upperBound) - 1) < 1e-12)
  }

  /// Values at the ends of the range of numbers have an axis too.
  @Test(
    arguments: [
      [1e-5, .greatestFiniteMagnitude], [-.greatestFiniteMagnitude, .greatestFiniteMagnitude],
      [.leastNonzeroMagnitude, 1], [0, .leastNonzeroMagnitude], [1, 1.0.nextUp], [1e17, 1e17 + 16],
      [.greatestFiniteMagnitude, .greatestFiniteMagnitude], [.infinity, .nan],
    ] as [[Double]])
  func extremeValuesHaveAnAxis(_ values: [Double]) {
    for isLogarithmic in [false, true] {
      let axis = PlotAxis(showing: values, tickCount: 5, logarithmic: isLogarithmic)
      #expect(axis.range.lowerBound < axis.range.upperBound && !axis.ticks.isEmpty)
      #expect(axis.ticks.allSatisfy(axis.range.contains))
      for value in values where value.isFinite {
        #expect((0...1).contains(axis.position(of: value)))
      }
    }
  }
}
