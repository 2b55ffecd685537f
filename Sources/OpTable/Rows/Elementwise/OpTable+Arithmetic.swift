import Autograd
import Tensor

extension OpCase {
  /// Requires results that are rounded once, as by IEEE 754: to half a unit in the last place.
  static func roundedOnce(_ op: inout OpCase) {
    op.bound = Bound(relative: 6e-8, absolute: 0)
    op.exactness = .none
  }

  static let arithmetic = table {
    sums
    differences
    products
    quotients
    assignments
    remainders
    interpolations
    unary("prefix -(Tensor)", named: "negative") {
      -$0
    } reference: {
      -$0
    }.with {
      roundedOnce(&$0)
      $0.errors = [OpError("-: not defined for bool") { _ = -Tensor([true]) }]
    }
  }

  private static let sums = table {
    binary("+(Tensor, Tensor)", named: "sum of two tensors") {
      $0 + $1
    } reference: {
      $0 + $1
    }.with {
      roundedOnce(&$0)
      $0.errors = [
        OpError("+: shapes [2, 3] and [2] do not broadcast") {
          _ = Tensor.ones([2, 3]) + Tensor.ones([2])
        },
        OpError("+: dtypes float32 and float64 differ") {
          _ = Tensor([1]) + Tensor([1], dtype: .float64)
        },
        OpError("+: not defined for bool") { _ = Tensor([true]) + Tensor([false]) },
      ]
    }
    unary("+(Tensor, Double)", named: "sum with a number") {
      $0 + 0.75
    } reference: {
      $0 + 0.75
    }.with(roundedOnce)
    unary("+(Double, Tensor)", named: "sum of a number") {
      0.75 + $0
    } reference: {
      0.75 + $0
    }.with(roundedOnce)
  }

  private static let differences = table {
    binary("-(Tensor, Tensor)", named: "difference of two tensors") {
      $0 - $1
    } reference: {
      $0 - $1
    }.with {
      roundedOnce(&$0)
      $0.errors = [
        OpError("-: shapes [3, 2] and [3] do not broadcast") {
          _ = Tensor.ones([3, 2]) - Tensor.ones([3])
        }
      ]
    }
    unary("-(Tensor, Double)", named: "difference from a number") {
      $0 - 0.75
    } reference: {
      $0 - 0.75
    }.with(roundedOnce)
    unary("-(Double, Tensor)", named: "difference of a number") {
      0.75 - $0
    } reference: {
      0.75 - $0
    }.with(roundedOnce)
  }

  private static let products = table {
    binary("*(Tensor, Tensor)", named: "product of two tensors") {
      $0 * $1
    } reference: {
      $0 * $1
    }.with {
      roundedOnce(&$0)
      $0.errors = [
        OpError("*: shapes [3, 2] and [3] do not broadcast") {
          _ = Tensor.ones([3, 2]) * Tensor.ones([3])
        }
      ]
    }
    unary("*(Tensor, Double)", named: "product with a number") {
      $0 * -1.5
    } reference: {
      $0 * -1.5
    }.with(roundedOnce)
    unary("*(Double, Tensor)", named: "product of a number") {
      -1.5 * $0
    } reference: {
      -1.5 * $0
    }.with(roundedOnce)
  }

  private static let quotients = table {
    binary(
      "/(Tensor, Tensor)", named: "quotient of two tensors", on: .range(-2, 2), and: .range(0.5, 2)
    ) {
      $0 / $1
    } reference: {
      $0 / $1
    }.with {
      roundedOnce(&$0)
      $0.errors = [
        OpError("/: shapes [3, 2] and [3] do not broadcast") {
          _ = Tensor.ones([3, 2]) / Tensor.ones([3])
        }
      ]
    }
    unary("/(Tensor, Double)", named: "quotient by a number") {
      $0 / 3
    } reference: {
      $0 / 3
    }.with(roundedOnce)
    unary("/(Double, Tensor)", named: "quotient of a number", on: .range(0.5, 2)) {
      3 / $0
    } reference: {
      3 / $0
    }.with(roundedOnce)
  }

  /// The pairs of shapes on which assignments are tested; the second broadcasts to the first.
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
    ).with(roundedOnce)
  }

  private static let assignments = table {
    assignment("+=(inout Tensor, Tensor)") {
      $0 += $1
    } reference: {
      $0 + $1
    }.with {
      $0.errors = [
        OpError("+=: shape [2] does not broadcast to shape [1] of the assigned tensor") {
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
    assignment("%=(inout Tensor, Tensor)", .choice([2.5, -2.5])) {
      $0 %= $1
    } reference: {
      remainder($0, $1)
    }.with { $0.bound = Bound(relative: 2.4e-7, absolute: 1.2e-7) }
  }

  /// The remainder of a division, with the sign of the divisor.
  static func remainder(_ a: Double, _ b: Double) -> Double {
    let rest = a.truncatingRemainder(dividingBy: b)
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest
  }

  private static let remainders = table {
    // No quotient is near an integer, where the remainder is discontinuous.
    binary(
      "%(Tensor, Tensor)", named: "remainder of two tensors", on: .lattice(offset: 0.1),
      and: .choice([1, -1, 0.5, -0.5])
    ) {
      $0 % $1
    } reference: {
      remainder($0, $1)
    }.with {
      $0.bound = Bound(relative: 2.4e-7, absolute: 1.2e-7)
      $0.errors = [
        OpError("%: shapes [2] and [3] do not broadcast") {
          _ = Tensor([1, 2]) % Tensor([1, 2, 3])
        },
        OpError("%: not defined for bool") { _ = Tensor([true]) % Tensor([true]) },
      ]
    }
    unary(
      "%(Tensor, Double)", named: "remainder by a number",
      on: .avoiding([-1.5, -0.75, 0, 0.75, 1.5])
    ) {
      $0 % 0.75
    } reference: {
      remainder($0, 0.75)
    }.with { $0.bound = Bound(relative: 2.4e-7, absolute: 1.2e-7) }
    unary(
      "%(Tensor, Double)", named: "remainder by a negative number",
      on: .avoiding([-1.5, -0.75, 0, 0.75, 1.5])
    ) {
      $0 % -0.75
    } reference: {
      remainder($0, -0.75)
    }.with { $0.bound = Bound(relative: 2.4e-7, absolute: 1.2e-7) }
  }

  private static let interpolations = table {
    binary("lerp(Tensor, Tensor, Double)", named: "lerp by a number") {
      lerp($0, $1, 0.375)
    } reference: {
      $0 + 0.375 * ($1 - $0)
    }.with {
      $0.bound = Bound(relative: 2.4e-7, absolute: 5e-7)
      $0.errors = [
        OpError("lerp: shapes [2] and [3] do not broadcast") {
          _ = lerp(Tensor([1, 2]), Tensor([1, 2, 3]), 0.5)
        }
      ]
    }
    OpCase(
      name: "lerp by a tensor", operations: ["lerp(Tensor, Tensor, Tensor)"],
      apply: { lerp($0[0], $0[1], $0[2]) },
      reference: { inputs in
        let steps = PlainArray.map(PlainArray.map(inputs[1], inputs[0], -), inputs[2], *)
        return PlainArray.map(inputs[0], steps, +)
      },
      samples: ([
        ([], [], []), ([0], [0], [1]), ([1], [1], [1]), ([5], [5], [5]), ([3, 4], [4], [3, 1]),
        ([4], [], [2, 1]), ([], [3], []),
      ] as [(Shape, Shape, Shape)]).map { [Input($0.0), Input($0.1), Input($0.2)] },
      large: [Input(largeShape), Input([257]), Input(largeShape)]
    ).with {
      $0.bound = Bound(relative: 2.4e-7, absolute: 2e-6)
      $0.errors = [
        OpError("lerp: dtypes float32 and float64 differ") {
          _ = lerp(Tensor([1]), Tensor([2]), Tensor([0.5], dtype: .float64))
        }
      ]
    }
  }
}
