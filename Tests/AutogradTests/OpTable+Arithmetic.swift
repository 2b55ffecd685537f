import Foundation
import TestSupport

extension OpCase {
  /// Half a unit in the last place: IEEE 754 rounds these once.
  private static let rounded = Bound(relative: 6e-8, absolute: 0)

  private static func exact(_ op: inout OpCase) {
    op.bound = rounded
    op.exactness = .none
  }

  static let arithmetic = table {
    sums
    differences
    products
    quotients
    assignments
    powers
    unary("prefix -(Tensor)", named: "negative") {
      -$0
    } reference: {
      -$0
    }.with {
      exact(&$0)
      $0.errors = [OpError("neg: not defined for bool") { _ = -Tensor([true]) }]
    }
    unary("abs(Tensor)", on: .avoiding([0])) {
      abs($0)
    } reference: {
      Swift.abs($0)
    }.with(exact)
    unary("sign(Tensor)", on: .choice([-3, -0.5, 0, 0.25, 2])) {
      sign($0)
    } reference: {
      $0 > 0 ? 1 : $0 < 0 ? -1 : 0
    }.with {
      exact(&$0)
      $0.isDifferentiable = false
    }
  }

  private static let sums = table {
    binary("+(Tensor, Tensor)", named: "sum of two tensors") {
      $0 + $1
    } reference: {
      $0 + $1
    }.with {
      exact(&$0)
      $0.errors = [
        OpError("add: shapes [2, 3] and [2] do not broadcast") {
          _ = Tensor.ones([2, 3]) + Tensor.ones([2])
        },
        OpError("add: dtypes float32 and float64 differ") {
          _ = Tensor([1]) + Tensor([1], dtype: .float64)
        },
        OpError("add: not defined for bool") { _ = Tensor([true]) + Tensor([false]) },
      ]
    }
    unary("+(Tensor, Double)", named: "sum with a number") {
      $0 + 0.75
    } reference: {
      $0 + 0.75
    }.with(exact)
    unary("+(Double, Tensor)", named: "sum of a number") {
      0.75 + $0
    } reference: {
      0.75 + $0
    }.with(exact)
  }

  private static let differences = table {
    binary("-(Tensor, Tensor)", named: "difference of two tensors") {
      $0 - $1
    } reference: {
      $0 - $1
    }.with {
      exact(&$0)
      $0.errors = [
        OpError("sub: shapes [3, 2] and [3] do not broadcast") {
          _ = Tensor.ones([3, 2]) - Tensor.ones([3])
        }
      ]
    }
    unary("-(Tensor, Double)", named: "difference from a number") {
      $0 - 0.75
    } reference: {
      $0 - 0.75
    }.with(exact)
    unary("-(Double, Tensor)", named: "difference of a number") {
      0.75 - $0
    } reference: {
      0.75 - $0
    }.with(exact)
  }

  private static let products = table {
    binary("*(Tensor, Tensor)", named: "product of two tensors") {
      $0 * $1
    } reference: {
      $0 * $1
    }.with {
      exact(&$0)
      $0.errors = [
        OpError("mul: shapes [3, 2] and [3] do not broadcast") {
          _ = Tensor.ones([3, 2]) * Tensor.ones([3])
        }
      ]
    }
    unary("*(Tensor, Double)", named: "product with a number") {
      $0 * -1.5
    } reference: {
      $0 * -1.5
    }.with(exact)
    unary("*(Double, Tensor)", named: "product of a number") {
      -1.5 * $0
    } reference: {
      -1.5 * $0
    }.with(exact)
  }

  private static let quotients = table {
    binary(
      "/(Tensor, Tensor)", named: "quotient of two tensors", on: .range(-2, 2), and: .range(0.5, 2)
    ) {
      $0 / $1
    } reference: {
      $0 / $1
    }.with {
      exact(&$0)
      $0.errors = [
        OpError("div: shapes [3, 2] and [3] do not broadcast") {
          _ = Tensor.ones([3, 2]) / Tensor.ones([3])
        }
      ]
    }
    unary("/(Tensor, Double)", named: "quotient by a number") {
      $0 / 3
    } reference: {
      $0 / 3
    }.with(exact)
    unary("/(Double, Tensor)", named: "quotient of a number", on: .range(0.5, 2)) {
      3 / $0
    } reference: {
      3 / $0
    }.with(exact)
  }

  /// The second operand is broadcast to the first, which keeps its shape.
  private static let assignmentShapes: [(Shape, Shape)] = [
    ([], []), ([0], [1]), ([5], [5]), ([5], []), ([3, 4], [3, 4]), ([3, 4], [4]),
    ([2, 3, 4], [3, 1]),
  ]

  private static func assignment(
    _ operation: String, _ second: Input.Domain = .range(-2, 2),
    _ apply: @escaping @Sendable (inout Tensor, Tensor) -> Void,
    reference: @escaping @Sendable (Double, Double) -> Double
  ) -> OpCase {
    OpCase(
      name: "assignment \(operation.prefix(2))", operations: [operation],
      apply: {
        var result = $0[0]
        apply(&result, $0[1])
        return result
      },
      reference: { PlainArray.map($0[0], $0[1], reference) },
      samples: assignmentShapes.map { [Input($0.0), Input($0.1, second)] },
      large: [Input(largeShape), Input([257], second)]
    ).with(exact)
  }

  private static let assignments = table {
    assignment("+=(inout Tensor, Tensor)") {
      $0 += $1
    } reference: {
      $0 + $1
    }.with {
      $0.errors = [
        OpError("add: shape [2] does not broadcast to [1], which is assigned to") {
          var narrow = Tensor([1])
          narrow += Tensor([1, 2])
        }
      ]
    }
    assignment("-=(inout Tensor, Tensor)") {
      $0 -= $1
    } reference: {
      $0 - $1
    }
    assignment("*=(inout Tensor, Tensor)") {
      $0 *= $1
    } reference: {
      $0 * $1
    }
    assignment("/=(inout Tensor, Tensor)", .range(0.5, 2)) {
      $0 /= $1
    } reference: {
      $0 / $1
    }
  }

  private static let powers = table {
    for exponent in [-1, 0, 0.5, 1, 2, 2.5, 3] {
      unary("pow(Tensor, Double)", named: "power \(exponent)", on: .range(0.5, 2)) {
        pow($0, exponent)
      } reference: {
        Foundation.pow($0, exponent)
      }
    }
    binary("pow(Tensor, Tensor)", named: "power", on: .range(0.5, 2), and: .range(-2, 2)) {
      pow($0, $1)
    } reference: {
      Foundation.pow($0, $1)
    }.with {
      $0.errors = [
        OpError("pow: shapes [3, 2] and [3] do not broadcast") {
          _ = pow(Tensor.ones([3, 2]), Tensor.ones([3]))
        }
      ]
    }
    unary("square(Tensor)") {
      square($0)
    } reference: {
      $0 * $0
    }.with(exact)
  }
}
