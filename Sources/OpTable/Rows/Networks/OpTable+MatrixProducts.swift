import Autograd
import Tensor

extension OpCase {
  private static func product(_ op: inout OpCase) {
    op.bound = .sums
    op.largeBound = Bound(relative: 1e-6, absolute: 1e-4)
    op.gradientBound = Bound(relative: 1e-5, absolute: 1e-4)
    op.exactness = Bound(relative: 1e-13, absolute: 1e-12)
    op.isLayoutExact = false
    op.multiplyAdds = { inputs, result in result.elementCount * (inputs[0].last ?? 1) }
  }

  static let matrixProducts: [OpCase] = [
    OpCase(
      name: "matmul", operations: ["matmul(Tensor, Tensor)"],
      apply: { matmul($0[0], $0[1]) },
      reference: { inputs in
        var (a, b) = (inputs[0], inputs[1])
        let (isRow, isColumn) = (a.rank == 1, b.rank == 1)
        if isRow { a = a.reshaped([1] + a.shape) }
        if isColumn { b = b.reshaped(b.shape + [1]) }
        var result = PlainArray.product(a, b)
        if isColumn { result.shape.removeLast() }
        if isRow { result.shape.remove(at: result.rank - (isColumn ? 1 : 2)) }
        return result
      },
      samples: ([
        ([1, 1], [1, 1]), ([3, 4], [4, 2]), ([1, 5], [5, 1]), ([5, 1], [1, 3]), ([4], [4]),
        ([4], [4, 3]), ([3, 4], [4]), ([2, 3, 4], [4]), ([3], [2, 3, 2]),
        ([2, 3, 4], [2, 4, 5]), ([2, 3, 4], [4, 5]), ([3, 4], [2, 4, 5]),
        ([2, 1, 3, 4], [5, 4, 2]), ([0, 4], [4, 2]), ([3, 0], [0, 2]), ([3, 4], [4, 0]),
        ([0, 3, 4], [4, 2]), ([17, 19], [19, 33]), ([1, 4, 2], [3, 2, 1]),
      ] as [(Shape, Shape)]).map { [Input($0.0), Input($0.1)] },
      large: [Input([200, 150]), Input([150, 170])]
    ).with {
      product(&$0)
      $0.errors = [
        OpError("matmul: inner dimensions differ: [2, 3] x [4, 5], 3 != 4") {
          _ = matmul(Tensor.ones([2, 3]), Tensor.ones([4, 5]))
        },
        OpError("matmul: dtypes float32 and float64 differ") {
          _ = matmul(Tensor.ones([2, 2]), Tensor.ones([2, 2], dtype: .float64))
        },
        OpError("matmul: not defined for int32") {
          _ = matmul(Tensor.ones([2, 2], dtype: .int32), Tensor.ones([2, 2], dtype: .int32))
        },
        OpError("matmul: shapes [] and [2]: a scalar has no matrix product") {
          _ = matmul(Tensor(1), Tensor([1, 2]))
        },
        OpError("matmul: the axes before the last two do not broadcast") {
          _ = matmul(Tensor.ones([2, 3, 4]), Tensor.ones([3, 4, 5]))
        },
      ]
    },
    OpCase(
      name: "matmul of batches", operations: ["matmul(Tensor, Tensor)"],
      apply: { matmul($0[0], $0[1]) }, reference: { PlainArray.product($0[0], $0[1]) },
      samples: [[Input([3, 1, 2, 5]), Input([4, 5, 3])]],
      large: [Input([24, 40, 30]), Input([24, 30, 50])]
    ).with(product),
    OpCase(
      name: "linear", operations: ["linear(Tensor, Tensor, Tensor)"],
      apply: { linear($0[0], $0[1], $0[2]) },
      reference: { inputs in
        let product = affine(inputs[0], inputs[1])
        return PlainArray.map(product, inputs[2], +)
      },
      samples: ([
        ([3, 4], [2, 4]), ([4], [2, 4]), ([2, 3, 4], [5, 4]), ([1, 1], [1, 1]), ([0, 4], [2, 4]),
      ] as [(Shape, Shape)]).map { [Input($0.0), Input($0.1), Input([$0.1[0]])] },
      large: [Input([200, 150]), Input([170, 150]), Input([170])]
    ).with {
      product(&$0)
      $0.errors = [
        OpError("linear: an input of shape [2, 3] does not fit a weight of shape [5, 4]") {
          _ = linear(Tensor.ones([2, 3]), Tensor.ones([5, 4]), Tensor.ones([5]))
        },
        OpError("linear: a bias of shape [4] does not fit a weight of shape [5, 4]") {
          _ = linear(Tensor.ones([2, 4]), Tensor.ones([5, 4]), Tensor.ones([4]))
        },
      ]
    },
    OpCase(
      name: "linear without bias", operations: ["linear(Tensor, Tensor)"],
      apply: { linear($0[0], $0[1]) }, reference: { affine($0[0], $0[1]) },
      samples: ([
        ([3, 4], [2, 4]), ([4], [2, 4]), ([2, 3, 4], [5, 4]), ([1, 1], [1, 1]), ([0, 4], [2, 4]),
      ] as [(Shape, Shape)]).map { [Input($0.0), Input($0.1)] },
      large: [Input([200, 150]), Input([170, 150])]
    ).with {
      product(&$0)
      $0.errors = [
        OpError("linear: an input of shape [] does not fit a weight of shape [5, 4]") {
          _ = linear(Tensor(1), Tensor.ones([5, 4]))
        }
      ]
    },
  ]

  /// The product x · Wᵀ over the last axis.
  private static func affine(_ x: PlainArray, _ weight: PlainArray) -> PlainArray {
    let transposed = weight.permuted([1, 0])
    if x.rank > 1 { return PlainArray.product(x, transposed) }
    return PlainArray.product(x.reshaped([1] + x.shape), transposed).reshaped([weight.shape[0]])
  }
}
