import Autograd
import Tensor

extension OpCase {
  static let scans: [OpCase] = [0, 1, -1].flatMap {
    [cumulativeSum(along: $0), cumulativeProduct(along: $0)]
  }

  /// The shapes on which an operation along one axis is tested.
  static func shapes(for axis: Int) -> [Shape] {
    (axis == 1 ? [] : [[1], [6], [0], [4, 2]]) + [[2, 7], [2, 3, 2], [3, 1], [2, 0]]
  }

  private static func cumulativeSum(along axis: Int) -> OpCase {
    OpCase(
      name: "cumulativeSum along \(axis)", operations: ["cumulativeSum(along: Int)"],
      apply: { $0[0].cumulativeSum(along: axis) },
      reference: {
        $0[0].mapRuns(along: axis) { run in
          run.indices.map { run[...$0].reduce(0, +) }
        }
      },
      samples: shapes(for: axis).map { [Input($0)] }, large: [Input(largeShape)]
    ).with {
      $0.exactness = Bound(relative: 1e-13, absolute: 1e-12)
      $0.errors = [
        OpError("cumulativeSum: axis 1 is out of range for shape [3] of rank 1") {
          _ = Tensor([1, 2, 3]).cumulativeSum(along: 1)
        },
        OpError("cumulativeSum: not defined for bool") {
          _ = Tensor([true]).cumulativeSum(along: 0)
        },
      ]
    }
  }

  private static func cumulativeProduct(along axis: Int) -> OpCase {
    OpCase(
      name: "cumulativeProduct along \(axis)", operations: ["cumulativeProduct(along: Int)"],
      apply: { $0[0].cumulativeProduct(along: axis) },
      reference: {
        $0[0].mapRuns(along: axis) { run in
          run.indices.map { run[...$0].reduce(1, *) }
        }
      },
      // Near 1, so that products of 300 elements neither underflow nor overflow.
      samples: shapes(for: axis).map { [Input($0)] }, large: [Input(largeShape, .range(0.9, 1.1))]
    ).with {
      $0.exactness = Bound(relative: 1e-13, absolute: 0)
      $0.gradientBound = Bound(relative: 4e-6, absolute: 4e-6)
      $0.errors = [
        OpError("cumulativeProduct: axis 1 is out of range for shape [3] of rank 1") {
          _ = Tensor([1, 2, 3]).cumulativeProduct(along: 1)
        }
      ]
    }
  }
}
