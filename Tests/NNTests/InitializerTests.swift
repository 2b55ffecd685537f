import TestSupport
import Testing

struct InitializerTests {
  private static let count = 40_000

  /// How numbers should be spread.
  private enum Spread {
    case uniform(bound: Double)
    case normal(deviation: Double)
  }

  /// Expects the numbers of a tensor to be spread as they should be, with 5 standard deviations of slack.
  private func expect(
    _ weight: Tensor, _ spread: Spread, _ text: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let numbers = weight.scalars(as: Double.self)
    let count = Double(numbers.count)
    let mean = numbers.reduce(0, +) / count
    let variance = numbers.reduce(0) { $0 + $1 * $1 } / count
    let expected: Double
    let slack: Double
    switch spread {
    case .uniform(let bound):
      expected = bound * bound / 3
      // The variance of x² is 4/45 of the bound's fourth power.
      slack = 5 * (4.0 / 45).squareRoot() * bound * bound / count.squareRoot()
      #expect(
        numbers.allSatisfy { abs($0) <= bound * 1.000001 }, "\(text)",
        sourceLocation: sourceLocation)
      // Of many numbers some come close to the bound.
      if count > 1000 {
        #expect(
          numbers.contains { abs($0) > bound * 0.99 }, "\(text)", sourceLocation: sourceLocation)
      }
    case .normal(let deviation):
      expected = deviation * deviation
      slack = 5 * 2.0.squareRoot() * expected / count.squareRoot()
      if count > 1000 {
        let beyond = numbers.filter { abs($0) > 2 * deviation }.count
        expectClose(
          Double(beyond) / count, 0.0455, relative: 0, absolute: 0.04, text,
          sourceLocation: sourceLocation)
      }
    }
    expectClose(
      mean, 0, relative: 0, absolute: 5 * (expected / count).squareRoot(), text,
      sourceLocation: sourceLocation)
    expectClose(
      variance, expected, relative: 0, absolute: slack, text, sourceLocation: sourceLocation)
  }

  @Test func linearLayersStartAsPyTorchs() throws {
    for json in try JSON.fixture("linear_init.json")["linear"].list {
      let (inputs, outputs) = (try json["inputs"].integer, try json["outputs"].integer)
      let bound = try json["weightBound"].number
      #expect(try json["biasBound"].number.isApproximately(bound))
      // Many layers, so that small ones have enough numbers.
      let layers = withRandomSeed(3) {
        (0..<max(1, 2000 / outputs)).map { _ in Linear(inputs, outputs, dtype: .float64) }
      }
      let weights = concatenated(layers.map { $0.weight.value })
      expect(weights, .uniform(bound: bound), "weight \(inputs) → \(outputs)")
      let biases = concatenated(layers.compactMap { $0.bias?.value })
      expect(biases, .uniform(bound: bound), "bias \(inputs) → \(outputs)")
    }
  }

  @Test func xavierAndKaimingAreAsPyTorchs() throws {
    let golden = try JSON.fixture("linear_init.json")
    let cases = try golden["xavier"].list + golden["kaiming"].list
    #expect(cases.count == 72)
    for json in cases {
      let shape = Shape([try json["outputs"].integer, try json["inputs"].integer])
      let gain = try json["gain"].number
      let uniform: Initializer
      let normal: Initializer
      var text = "\(shape), gain \(gain)"
      if json["mode"] == .null {
        (uniform, normal) = (.xavierUniform(gain: gain), .xavierNormal(gain: gain))
      } else {
        let fan: Initializer.Fan = try json["mode"].text == "fan_in" ? .input : .output
        (uniform, normal) = (
          .kaimingUniform(fan: fan, gain: gain), .kaimingNormal(fan: fan, gain: gain)
        )
        text += ", \(fan)"
      }
      let repeats = max(1, 2000 / shape.elementCount)
      func draw(_ initializer: Initializer) -> Tensor {
        withRandomSeed(4) {
          stacked((0..<repeats).map { _ in initializer(shape, dtype: .float64) })
        }
      }
      expect(draw(uniform), .uniform(bound: try json["uniformBound"].number), text)
      expect(draw(normal), .normal(deviation: try json["normalDeviation"].number), text)
    }
  }

  @Test func windowsOfConvolutionsCountIntoTheFans() {
    let weight = withRandomSeed(1) { Initializer.kaimingUniform(gain: 1)([16, 8, 3, 5]) }
    expect(weight, .uniform(bound: (3.0 / 120).squareRoot()), "fan-in 8 · 3 · 5")
    let outward = withRandomSeed(1) {
      Initializer.kaimingUniform(fan: .output, gain: 1)([16, 8, 3, 5])
    }
    expect(outward, .uniform(bound: (3.0 / 240).squareRoot()), "fan-out 16 · 3 · 5")
  }

  @Test func theGainOfKaimingIsThatOfReLUByDefault() {
    let weight = withRandomSeed(1) { Initializer.kaimingNormal()([200, 50]) }
    expect(weight, .normal(deviation: 0.2), "√(2 / 50)")
  }

  @Test func plainInitializers() {
    expectIdentical(Initializer.zeros([2, 3]), Tensor.zeros([2, 3]))
    expectIdentical(Initializer.ones([2], dtype: .float64), Tensor.ones([2], dtype: .float64))
    expectIdentical(Initializer.constant(0.25)([1]), Tensor([0.25]))
    let uniform = withRandomSeed(1) { Initializer.uniform(bound: 0.3)([100, 100]) }
    expect(uniform, .uniform(bound: 0.3), "uniform")
    let normal = withRandomSeed(1) {
      Initializer.normal(mean: 3, standardDeviation: 0.3)([100, 100])
    }
    expect(normal - 3, .normal(deviation: 0.3), "normal")
  }

  @Test func theScopesSeedAndAGivenGeneratorDrawTheSame() {
    let initializer = Initializer.xavierNormal()
    var generator = RandomGenerator(seed: 7)
    let drawn = initializer([3, 4], using: &generator)
    expectIdentical(withRandomSeed(7) { initializer([3, 4]) }, drawn)
  }

  @Test func aVectorHasNoFans() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Initializer.xavierUniform()([3])
    }
    expectMessage("initializer: shape [3] has no fans", of: result)
  }
}

extension Double {
  fileprivate func isApproximately(_ other: Double) -> Bool { abs(self - other) < 1e-12 }
}
