import TestSupport
import Testing

/// The first operation that is not finite is found and named.
struct AnomalyTests {
  private let x = Tensor([0.5, -1.25, 2], dtype: .float64)

  @Test func theFirstOperationThatIsNotFiniteIsNamed() throws {
    let anomaly = try #require(
      detectAnomaly {
        let y = log(Tensor([[1, -1]]))
        _ = exp(y * 2) + 1
      })
    #expect(anomaly.operation == "log" && anomaly.part == .value && anomaly.shape == [1, 2])
    #expect(anomaly.description == "log: the value of shape [1, 2] has a NaN or an infinity")
    let overflow = detectAnomaly { _ = square(Tensor([1e30])) }
    #expect(overflow?.operation == "square" && overflow?.part == .value)
  }

  @Test func aPullbackThatIsNotFiniteIsNamed() throws {
    // √0 is 0; its derivative is infinite.
    let anomaly = try #require(
      detectAnomaly {
        _ = gradient(at: Tensor([4, 0, 1])) { sin(sqrt($0) * 3).sum() }
      })
    #expect(anomaly.operation == "sqrt" && anomaly.part == .pullback && anomaly.shape == [3])
    #expect(anomaly.description == "sqrt: a gradient of shape [3] has a NaN or an infinity")
  }

  @Test func finiteNumbersAreNoAnomaly() {
    #expect(detectAnomaly { _ = gradient(at: x) { exp(sin($0)).sum() } } == nil)
    // Nothing is checked outside of the closure, and scopes do not leak.
    _ = log(Tensor([-1]))
    #expect(detectAnomaly {} == nil)
    #expect(detectAnomaly { _ = Tensor([true, false]).any() } == nil)
  }

  @Test func anInnerScopeHasItsOwnAnomaly() {
    var inner: Anomaly?
    let outer = detectAnomaly {
      inner = detectAnomaly { _ = log(Tensor([-1])) }
      _ = sqrt(Tensor([-1]))
    }
    #expect(inner?.operation == "log" && outer?.operation == "sqrt")
    struct Interruption: Error {}
    #expect(throws: Interruption.self) {
      _ = try detectAnomaly {
        throw Interruption()
      }
    }
  }
}
