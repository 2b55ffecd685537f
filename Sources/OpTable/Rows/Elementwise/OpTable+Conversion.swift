import Autograd
import Tensor

extension OpCase {
  static let conversions: [OpCase] = [
    OpCase(
      name: "converted to int32", operations: ["converted(to: DType)"],
      apply: { $0[0].converted(to: .int32) },
      reference: {
        $0[0].map {
          $0.isNaN ? 0 : Swift.max(-0x1p31, Swift.min(0x1p31 - 1, $0.rounded(.towardZero)))
        }
      },
      samples: shapes.map {
        [Input($0, .choice([-2.7, -0.5, 0, 1.9, 3e9, -3e9, .nan, .infinity]))]
      },
      large: [Input(largeShape, .range(-1000, 1000))], bound: .none, exactness: .none,
      isDifferentiable: false, resultType: .int32),
    OpCase(
      name: "converted to bool", operations: ["converted(to: DType)"],
      apply: { $0[0].converted(to: .bool) },
      reference: { $0[0].map { $0 != 0 ? 1 : 0 } },
      samples: shapes.map { [Input($0, .choice([-2.7, -0.0, 0, 1e-30, .nan, .infinity]))] },
      large: [Input(largeShape)], bound: .none, exactness: .none,
      isDifferentiable: false, resultType: .bool),
    OpCase(
      name: "converted from int32", operations: ["converted(to: DType)"],
      apply: { $0[0].converted(to: .float64) }, reference: { $0[0] },
      samples: shapes.map { [Input($0, .whole(-1000..<1000))] },
      large: [Input(largeShape, .whole(-1000..<1000))], bound: .none, exactness: .none,
      isDifferentiable: false, resultType: .float64),
    OpCase(
      name: "converted from bool", operations: ["converted(to: DType)"],
      apply: { $0[0].converted(to: .float32) }, reference: { $0[0] },
      samples: shapes.map { [Input($0, .truth)] }, large: [Input(largeShape, .truth)],
      bound: .none, exactness: .none, isDifferentiable: false, resultType: .float32),
  ]
}
