import TestSupport
import Testing

/// Two auxiliary results, and replaced values, where no gradient is asked for.
struct AuxiliaryPairTests {
  private static let x = Tensor.seeded([3], seed: 1, in: 1..<2, dtype: .float64)

  @Test func bothResultsAreConstants() {
    let w = Parameter(Self.x)
    let (_, (first, second), gradients) = valueWithGradients(for: Parameters(["w": w])) {
      (square(w.value).sum(), exp(w.value), [w.value * 3, -w.value])
    }
    #expect(first.node == nil && second.allSatisfy { $0.node == nil })
    expectIdentical(first, exp(Self.x))
    expectIdentical(second[0], Self.x * 3)
    expectClose(gradients[0], Self.x * 2, relative: 1e-15)
  }

  /// No gradient of an outer scope flows through the inner scope's results by its parameters.
  @Test func theSecondResultIsConstantInAnOuterScope() {
    let w = Parameter(Self.x)
    let slope = gradient(at: Self.x) { x in
      let (_, (_, second), _) = valueWithGradients(for: Parameters(["w": w])) {
        ((w.value * x).sum(), 1, exp(w.value))
      }
      #expect(second.node == nil)
      return (second * x).sum()
    }
    expectIdentical(slope, exp(Self.x))
  }

  @Test func aTargetWithoutGradientReadsTheReplacedValue() {
    let w = Parameter(Self.x)
    let slope = gradient(at: Self.x) { x in
      w.withValue(x * 2) { (w.value * withoutGradient { w.value }).sum() }
    }
    expectClose(slope, Self.x * 4, relative: 1e-15)
  }
}
