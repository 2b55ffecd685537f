import Autograd
import Tensor

extension OpCase {
  static let selections = table {
    OpCase(
      name: "select", operations: ["select(Tensor, Tensor, Tensor)"],
      apply: { select($0[0], $0[1], $0[2]) },
      reference: { inputs in
        let shape = PlainArray.broadcast(
          PlainArray.broadcast(inputs[0].shape, inputs[1].shape), inputs[2].shape)
        let (c, a, b) = (
          inputs[0].broadcast(to: shape), inputs[1].broadcast(to: shape),
          inputs[2].broadcast(to: shape)
        )
        return PlainArray(
          shape: shape,
          values: c.values.indices.map { c.values[$0] != 0 ? a.values[$0] : b.values[$0] })
      },
      samples: ([
        ([], [], []), ([5], [5], [5]), ([3, 4], [3, 4], [3, 4]), ([4], [3, 1], []),
        ([3, 1], [], [4]), ([1], [2, 3], [3]), ([0], [0], [1]),
      ] as [(Shape, Shape, Shape)]).map { [Input($0.0, .truth), Input($0.1), Input($0.2)] },
      large: [Input(largeShape, .truth), Input([257]), Input(largeShape)]
    ).with {
      exact(&$0)
      $0.errors = [
        OpError("select: the condition is float32, not bool") {
          _ = select(Tensor([1]), Tensor([1]), Tensor([2]))
        },
        OpError("select: shapes [2], [3] and [1] do not broadcast") {
          _ = select(Tensor([true, false]), Tensor([1, 2, 3]), Tensor([1]))
        },
        OpError("select: dtypes float32 and int32 differ") {
          _ = select(Tensor([true]), Tensor([1]), Tensor([1], dtype: .int32))
        },
      ]
    }
    binary(
      "maximum(Tensor, Tensor)", named: "maximum", on: .lattice(offset: 0),
      and: .lattice(offset: 0.125)
    ) {
      maximum($0, $1)
    } reference: {
      Swift.max($0, $1)
    }.with {
      exact(&$0)
      $0.errors = [
        OpError("maximum: shapes [2] and [3] do not broadcast") {
          _ = maximum(Tensor([1, 2]), Tensor([1, 2, 3]))
        }
      ]
    }
    binary(
      "minimum(Tensor, Tensor)", named: "minimum", on: .lattice(offset: 0),
      and: .lattice(offset: 0.125)
    ) {
      minimum($0, $1)
    } reference: {
      Swift.min($0, $1)
    }.with(exact)
    unary("clamp(Tensor, from: Double, to: Double)", named: "clamp", on: .avoiding([-0.5, 1])) {
      clamp($0, from: -0.5, to: 1)
    } reference: {
      Swift.min(Swift.max($0, -0.5), 1)
    }.with {
      exact(&$0)
      $0.errors = [
        OpError("clamp: the range from 2 to 1 is empty") {
          _ = clamp(Tensor([1]), from: 2, to: 1)
        }
      ]
    }
  }
}
