import Autograd
import CLibrary
import Tensor

extension OpCase {
  package static let specialFunctions: [OpCase] = table {
    unary("logGamma(Tensor)", on: .range(0.1, 6)) {
      logGamma($0)
    } reference: {
      plainLogGamma($0)
    }.with {
      moderate(&$0)
      $0.errors = [
        OpError("logGamma: not defined for int32") { _ = logGamma(Tensor([1], dtype: .int32)) }
      ]
    }
    unary("digamma(Tensor)", on: .range(0.2, 6)) {
      digamma($0)
    } reference: {
      plainPolygamma(0, $0)
    }.with(moderate)
    unary("digamma(Tensor)", named: "digamma below 0", on: .range(-1.8, -1.2)) {
      digamma($0)
    } reference: {
      plainPolygamma(0, $0)
    }.with(moderate)
    unary("polygamma(Int, Tensor)", on: .range(0.5, 6)) {
      polygamma(2, $0)
    } reference: {
      plainPolygamma(2, $0)
    }.with {
      moderate(&$0)
      $0.errors = [
        OpError("polygamma: the order must be at least 0, got -1") {
          _ = polygamma(-1, Tensor([1]))
        }
      ]
    }
    unary("inverseErf(Tensor)", on: .range(-0.95, 0.95)) {
      inverseErf($0)
    } reference: {
      plainInverseErf($0)
    }.with(moderate)
    binary("logAddExp(Tensor, Tensor)") {
      logAddExp($0, $1)
    } reference: {
      CLibrary.log(CLibrary.exp($0) + CLibrary.exp($1))
    }.with {
      moderate(&$0)
      $0.errors = [
        OpError("logAddExp: shapes [2] and [3] do not broadcast") {
          _ = logAddExp(Tensor.ones([2]), Tensor.ones([3]))
        }
      ]
    }
  }

  private static func moderate(_ op: inout OpCase) {
    op.bound = Bound(relative: 2e-6, absolute: 1e-6)
    op.exactness = Bound(relative: 1e-11, absolute: 1e-11)
    op.gradientBound = Bound(relative: 1e-5, absolute: 1e-5)
  }

  /// Whether the recurrences below take few steps.
  private static func isNear(_ x: Double) -> Bool { x > -2000 }

  /// By the recurrence far to the right, where few terms of the series are enough.
  private static func plainPolygamma(_ order: Int, _ x: Double) -> Double {
    guard isNear(x) else { return .nan }
    var (sum, y) = (0.0, x)
    while y < 200 {
      sum += order == 0 ? -1 / y : -2 / (y * y * y)
      y += 1
    }
    let square = y * y
    if order == 0 {
      return sum + CLibrary.log(y) - 1 / (2 * y) - 1 / (12 * square) + 1 / (120 * square * square)
    }
    return sum - 1 / square - 1 / (square * y) - 1 / (2 * square * square)
      + 1 / (6 * square * square * square)
  }

  /// By Stirling's series far to the right.
  private static func plainLogGamma(_ x: Double) -> Double {
    guard isNear(x) else { return .nan }
    var (sum, y) = (0.0, x)
    while y < 100 {
      sum -= CLibrary.log(abs(y))
      y += 1
    }
    let series = 1 / (12 * y) - 1 / (360 * y * y * y)
    return sum + (y - 0.5) * CLibrary.log(y) - y + 0.5 * CLibrary.log(2 * Double.pi) + series
  }

  /// By the series near 0, and by bisection.
  private static func plainInverseErf(_ x: Double) -> Double {
    let size = abs(x)
    if size >= 1 { return size == 1 ? x * .infinity : .nan }
    if size < 1e-3 {
      let square = Double.pi * x * x
      return x * (Double.pi.squareRoot() / 2) * (1 + square / 12 + 7 * square * square / 480)
    }
    var (low, high) = (0.0, 7.0)
    for _ in 0..<100 {
      let middle = (low + high) / 2
      let isBelow =
        size < 0.5 ? CLibrary.erf(middle) < size : CLibrary.erfc(middle) > 1 - size
      if isBelow { low = middle } else { high = middle }
    }
    return x < 0 ? -low : low
  }
}
