import Autograd
import CLibrary
import Tensor

extension OpCase {
  /// Near a zero of the function, the error is that of the argument.
  private static let oscillating = Bound(relative: 2.4e-7, absolute: 2.4e-7)

  static let trigonometry = table {
    unary("sin(Tensor)") {
      sin($0)
    } reference: {
      CLibrary.sin($0)
    }.with { $0.bound = oscillating }
    unary("cos(Tensor)") {
      cos($0)
    } reference: {
      CLibrary.cos($0)
    }.with { $0.bound = oscillating }
    unary("tan(Tensor)", on: .range(-1.2, 1.2)) {
      tan($0)
    } reference: {
      CLibrary.tan($0)
    }.with {
      $0.gradientBound = Bound(relative: 4e-6, absolute: 4e-6)
      $0.errors = [OpError("tan: not defined for int32") { _ = tan(Tensor([1], dtype: .int32)) }]
    }
    unary("asin(Tensor)", on: .range(-0.9, 0.9)) {
      asin($0)
    } reference: {
      CLibrary.asin($0)
    }.with {
      $0.errors = [OpError("asin: not defined for bool") { _ = asin(Tensor([true])) }]
    }
    unary("acos(Tensor)", on: .range(-0.9, 0.9)) {
      acos($0)
    } reference: {
      CLibrary.acos($0)
    }.with {
      $0.errors = [OpError("acos: not defined for bool") { _ = acos(Tensor([true])) }]
    }
    unary("atan(Tensor)", on: .range(-3, 3)) {
      atan($0)
    } reference: {
      CLibrary.atan($0)
    }.with {
      $0.errors = [OpError("atan: not defined for int32") { _ = atan(Tensor([1], dtype: .int32)) }]
    }
    // All four quadrants, away from the cut along the negative half of the x axis.
    binary(
      "atan2(Tensor, Tensor)", on: .lattice(offset: 0.125), and: .range(-2, 2)
    ) {
      atan2($0, $1)
    } reference: {
      CLibrary.atan2($0, $1)
    }.with {
      $0.gradientBound = Bound(relative: 4e-6, absolute: 1e-5)
      $0.errors = [
        OpError("atan2: shapes [2] and [3] do not broadcast") {
          _ = atan2(Tensor([1, 2]), Tensor([1, 2, 3]))
        },
        OpError("atan2: dtypes float32 and float64 differ") {
          _ = atan2(Tensor([1]), Tensor([1], dtype: .float64))
        },
      ]
    }
    unary("sinh(Tensor)", on: .range(-3, 3)) {
      sinh($0)
    } reference: {
      CLibrary.sinh($0)
    }.with {
      $0.errors = [OpError("sinh: not defined for int32") { _ = sinh(Tensor([1], dtype: .int32)) }]
    }
    unary("cosh(Tensor)", on: .range(-3, 3)) {
      cosh($0)
    } reference: {
      CLibrary.cosh($0)
    }.with {
      $0.errors = [OpError("cosh: not defined for int32") { _ = cosh(Tensor([1], dtype: .int32)) }]
    }
    unary("asinh(Tensor)", on: .range(-3, 3)) {
      asinh($0)
    } reference: {
      CLibrary.asinh($0)
    }.with {
      $0.errors = [
        OpError("asinh: not defined for int32") { _ = asinh(Tensor([1], dtype: .int32)) }
      ]
    }
    unary("acosh(Tensor)", on: .range(1.25, 4)) {
      acosh($0)
    } reference: {
      CLibrary.acosh($0)
    }.with {
      $0.errors = [OpError("acosh: not defined for bool") { _ = acosh(Tensor([true])) }]
    }
    unary("atanh(Tensor)", on: .range(-0.9, 0.9)) {
      atanh($0)
    } reference: {
      CLibrary.atanh($0)
    }.with {
      $0.errors = [OpError("atanh: not defined for bool") { _ = atanh(Tensor([true])) }]
    }
  }
}
