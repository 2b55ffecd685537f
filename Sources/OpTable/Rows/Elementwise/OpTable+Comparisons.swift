import Autograd
import Tensor

extension OpCase {
  static let comparisons = table {
    orders
    ordersWithNumbers
    truths
    unary("finiteElements", on: .choice([1, -2, 0, .infinity, -.infinity, .nan])) {
      $0.finiteElements
    } reference: {
      $0.isFinite ? 1 : 0
    }.with(givesTruths)
    OpCase(
      name: "isFinite", operations: ["isFinite"],
      apply: { Tensor([$0[0].isFinite], shape: []) },
      reference: { PlainArray(shape: [], values: [$0[0].values.allSatisfy(\.isFinite) ? 1 : 0]) },
      samples: ([.range(-2, 2), .choice([1, .infinity]), .choice([1, .nan])] as [Input.Domain])
        .flatMap { domain in shapes.map { [Input($0, domain)] } },
      large: [Input(largeShape)]
    ).with(givesTruths)
  }

  /// Requires bools, which carry no gradient.
  static func givesTruths(_ op: inout OpCase) {
    op.resultType = .bool
    op.isDifferentiable = false
    op.bound = .none
    op.exactness = .none
  }

  private static func order(
    _ name: String, _ apply: @escaping @Sendable (Tensor, Tensor) -> Tensor,
    _ reference: @escaping @Sendable (Double, Double) -> Bool
  ) -> OpCase {
    let values = Input.Domain.choice([-1, -0.5, -0.0, 0, 0.5, .infinity, .nan])
    return binary(
      "\(name)(Tensor, Tensor)", named: "\(name) of two tensors", on: values, and: values, apply
    ) {
      reference($0, $1) ? 1 : 0
    }.with(givesTruths)
  }

  private static let orders = table {
    order(".==", { $0 .== $1 }, { $0 == $1 }).with {
      $0.errors = [
        OpError(".==: shapes [2] and [3] do not broadcast") {
          _ = Tensor([1, 2]) .== Tensor([1, 2, 3])
        },
        OpError(".==: dtypes float32 and int32 differ") {
          _ = Tensor([1, 2]) .== Tensor([1, 2], dtype: .int32)
        },
      ]
    }
    order(".!=", { $0 .!= $1 }, { $0 != $1 })
    order(".<", { $0 .< $1 }, { $0 < $1 })
    order(".<=", { $0 .<= $1 }, { $0 <= $1 })
    order(".>", { $0 .> $1 }, { $0 > $1 })
    order(".>=", { $0 .>= $1 }, { $0 >= $1 })
  }

  private static func orderWithNumber(
    _ name: String, _ apply: @escaping @Sendable (Tensor) -> Tensor,
    _ reference: @escaping @Sendable (Double) -> Bool
  ) -> OpCase {
    let values = Input.Domain.choice([-1, 0, 0.5, 1, .infinity, .nan])
    return unary("\(name)(Tensor, Double)", named: "\(name) with a number", on: values, apply) {
      reference($0) ? 1 : 0
    }.with(givesTruths)
  }

  private static let ordersWithNumbers = table {
    orderWithNumber(".==", { $0 .== 0.5 }, { $0 == 0.5 })
    orderWithNumber(".!=", { $0 .!= 0.5 }, { $0 != 0.5 })
    orderWithNumber(".<", { $0 .< 0.5 }, { $0 < 0.5 })
    orderWithNumber(".<=", { $0 .<= 0.5 }, { $0 <= 0.5 })
    orderWithNumber(".>", { $0 .> 0.5 }, { $0 > 0.5 })
    orderWithNumber(".>=", { $0 .>= 0.5 }, { $0 >= 0.5 })
  }

  private static let truths = table {
    binary(".&(Tensor, Tensor)", named: "both true", on: .truth, and: .truth) {
      $0 .& $1
    } reference: {
      $0 * $1
    }.with {
      givesTruths(&$0)
      $0.errors = [OpError(".&: not defined for float32") { _ = Tensor([1]) .& Tensor([1]) }]
    }
    binary(".|(Tensor, Tensor)", named: "one true", on: .truth, and: .truth) {
      $0 .| $1
    } reference: {
      Swift.max($0, $1)
    }.with(givesTruths)
    binary(".^(Tensor, Tensor)", named: "one of two true", on: .truth, and: .truth) {
      $0 .^ $1
    } reference: {
      $0 == $1 ? 0 : 1
    }.with(givesTruths)
    unary("prefix .!(Tensor)", named: "not true", on: .truth) {
      .!$0
    } reference: {
      1 - $0
    }.with {
      givesTruths(&$0)
      $0.errors = [OpError(".!: not defined for int32") { _ = .!Tensor([1], dtype: .int32) }]
    }
  }
}
