import Autograd
import CLibrary
import Tensor

extension OpCase {
  static let scans: [OpCase] = [0, 1, -1].flatMap {
    [
      cumulativeSum(along: $0), cumulativeProduct(along: $0), logCumulativeSumExp(along: $0),
      cumulativeExtreme("cumulativeMax", along: $0, { $0 >= $1 }) { $0.cumulativeMax(along: $1) },
      cumulativeExtreme("cumulativeMin", along: $0, { $0 <= $1 }) { $0.cumulativeMin(along: $1) },
      cumulativePosition("cumulativeMax", along: $0, { $0 >= $1 }) { $0.cumulativeMax(along: $1) },
      cumulativePosition("cumulativeMin", along: $0, { $0 <= $1 }) { $0.cumulativeMin(along: $1) },
    ]
  }

  private typealias Extremes = @Sendable (Tensor, Int) -> (values: Tensor, indices: Tensor)
  private typealias Comparison = @Sendable (Double, Double) -> Bool

  /// The positions of the extremes of the starts of a run.
  private static func extremes(_ run: [Double], _ isTaken: Comparison) -> [Int] {
    var place = 0
    return run.indices.map { i in
      if run[i].isNaN || isTaken(run[i], run[place]) { place = i }
      return place
    }
  }

  private static func cumulativeExtreme(
    _ name: String, along axis: Int, _ isTaken: @escaping Comparison, _ apply: @escaping Extremes
  ) -> OpCase {
    OpCase(
      name: "\(name) along \(axis), values", operations: ["\(name)(along: Int)"],
      apply: { apply($0[0], axis).values },
      reference: {
        $0[0].mapRuns(along: axis) { run in extremes(run, isTaken).map { run[$0] } }
      },
      samples: shapes(for: axis).map { [Input($0, .distinct)] },
      large: [Input([100, 90], .distinct)]
    ).with {
      $0.exactness = Bound(relative: 0, absolute: 0)
      $0.errors = [
        OpError("\(name): axis 1 is out of range for shape [3] of rank 1") {
          _ = apply(Tensor([1, 2, 3]), 1)
        }
      ]
    }
  }

  private static func cumulativePosition(
    _ name: String, along axis: Int, _ isTaken: @escaping Comparison, _ apply: @escaping Extremes
  ) -> OpCase {
    OpCase(
      name: "\(name) along \(axis), indices", operations: ["\(name)(along: Int)"],
      apply: { apply($0[0], axis).indices },
      reference: { $0[0].mapRuns(along: axis) { extremes($0, isTaken).map(Double.init) } },
      samples: shapes(for: axis).map { [Input($0, .choice([-1, -0.0, 0, 1, 2, .nan]))] },
      large: [Input([100, 90], .distinct)]
    ).with {
      givesPositions(&$0)
    }
  }

  private static func logCumulativeSumExp(along axis: Int) -> OpCase {
    OpCase(
      name: "logCumulativeSumExp along \(axis)",
      operations: ["logCumulativeSumExp(along: Int)"],
      apply: { $0[0].logCumulativeSumExp(along: axis) },
      reference: {
        $0[0].mapRuns(along: axis) { run in
          run.indices.map { i in
            let greatest = run[...i].max() ?? 0
            return greatest + log(run[...i].reduce(0) { $0 + exp($1 - greatest) })
          }
        }
      },
      samples: shapes(for: axis).map { [Input($0)] }, large: [Input(largeShape)]
    ).with {
      $0.exactness = Bound(relative: 1e-13, absolute: 1e-12)
      $0.errors = [
        OpError("logCumulativeSumExp: not defined for int32") {
          _ = Tensor([1], dtype: .int32).logCumulativeSumExp(along: 0)
        }
      ]
    }
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
