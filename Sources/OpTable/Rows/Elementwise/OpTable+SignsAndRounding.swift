import Autograd
import Tensor

extension OpCase {
  static let signsAndRounding = table {
    unary("abs(Tensor)", on: .avoiding([0])) {
      abs($0)
    } reference: {
      Swift.abs($0)
    }.with(roundedOnce)
    unary("sign(Tensor)", on: .choice([-3, -0.5, 0, 0.25, 2])) {
      sign($0)
    } reference: {
      $0 > 0 ? 1 : $0 < 0 ? -1 : 0
    }.with {
      roundedOnce(&$0)
      $0.isDifferentiable = false
    }
    rounding("floor", .down) { floor($0) }
    rounding("ceil", .up) { ceil($0) }
    rounding("round", .toNearestOrEven) { round($0) }
  }

  private static func rounding(
    _ name: String, _ rule: FloatingPointRoundingRule,
    _ apply: @escaping @Sendable (Tensor) -> Tensor
  ) -> OpCase {
    let values = Input.Domain.choice([-2.5, -1.75, -1, -0.5, -0.25, 0, 0.5, 1.5, 2, 2.25, 3.5, 1e9])
    return unary("\(name)(Tensor)", on: values, apply) {
      $0.rounded(rule)
    }.with {
      roundedOnce(&$0)
      $0.isDifferentiable = false
      $0.errors = [
        OpError("\(name): not defined for int32") { _ = apply(Tensor([1], dtype: .int32)) }
      ]
    }
  }
}
