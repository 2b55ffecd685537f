import Autograd
import Tensor

extension OpCase {
  static let scans: [OpCase] =
    [0, 1, -1].flatMap { [cumulativeSum(along: $0), cumulativeProduct(along: $0)] }
    + [(0, false), (1, true), (-1, false), (-1, true)].flatMap {
      (axis: Int, descending: Bool) in
      [argsort(axis, descending), sorted(axis, descending)]
    }
    + [0, -1].flatMap { [topKValues(along: $0), topKIndices(along: $0)] }

  private static func shapes(for axis: Int) -> [Shape] {
    (axis == 1 ? [] : [[1], [6], [0], [4, 2]]) + [[2, 7], [2, 3, 2], [3, 1], [2, 0]]
  }

  private static func exact(_ op: inout OpCase) {
    op.bound = .none
    op.exactness = .none
  }

  // MARK: Cumulative

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
      $0.bound = .sums
      $0.largeBound = Bound(relative: 1e-6, absolute: 1e-4)
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
      // Near 1, so that 300 factors neither vanish nor overflow.
      samples: shapes(for: axis).map { [Input($0)] }, large: [Input(largeShape, .range(0.9, 1.1))]
    ).with {
      $0.bound = Bound(relative: 1e-6, absolute: 0)
      $0.largeBound = Bound(relative: 1e-5, absolute: 0)
      $0.exactness = Bound(relative: 1e-13, absolute: 0)
      $0.gradientBound = Bound(relative: 4e-6, absolute: 4e-6)
      $0.errors = [
        OpError("cumulativeProduct: axis 1 is out of range for shape [3] of rank 1") {
          _ = Tensor([1, 2, 3]).cumulativeProduct(along: 1)
        }
      ]
    }
  }

  // MARK: Order

  /// For each element of a run its place in the order: how many stand before it.
  private static func places(_ run: [Double], descending: Bool) -> [Int] {
    /// NaN counts as the greatest.
    func isLess(_ a: Double, _ b: Double) -> Bool { a < b || !a.isNaN && b.isNaN }
    return run.indices.map { i in
      run.indices.count { j in
        let (before, after) =
          descending
          ? (isLess(run[i], run[j]), isLess(run[j], run[i]))
          : (isLess(run[j], run[i]), isLess(run[i], run[j]))
        // Equal elements keep their order.
        return before || !after && j < i
      }
    }
  }

  private static func order(_ run: [Double], descending: Bool) -> [Double] {
    let places = places(run, descending: descending)
    return run.indices.map { place in Double(places.firstIndex(of: place) ?? -1) }
  }

  private static func argsort(_ axis: Int, _ descending: Bool) -> OpCase {
    OpCase(
      name: "argsort along \(axis)\(descending ? ", descending" : "")",
      operations: ["argsort(along: Int, descending: Bool)"],
      apply: {
        axis == -1 && !descending
          ? $0[0].argsort() : $0[0].argsort(along: axis, descending: descending)
      },
      reference: { $0[0].mapRuns(along: axis) { order($0, descending: descending) } },
      samples: shapes(for: axis).map { [Input($0, .choice([-1, -0.0, 0, 1, 2, .nan]))] },
      large: [Input([100, 90], .distinct)]
    ).with {
      exact(&$0)
      $0.isDifferentiable = false
      $0.resultType = .int32
      $0.errors = [
        OpError("argsort: axis 1 is out of range for shape [3] of rank 1") {
          _ = Tensor([1, 2, 3]).argsort(along: 1)
        }
      ]
    }
  }

  private static func sorted(_ axis: Int, _ descending: Bool) -> OpCase {
    OpCase(
      name: "sorted along \(axis)\(descending ? ", descending" : "")",
      operations: ["sorted(along: Int, descending: Bool)"],
      apply: {
        axis == -1 && !descending
          ? $0[0].sorted() : $0[0].sorted(along: axis, descending: descending)
      },
      reference: {
        $0[0].mapRuns(along: axis) { descending ? $0.sorted(by: >) : $0.sorted(by: <) }
      },
      samples: shapes(for: axis).map { [Input($0, .distinct)] },
      large: [Input([100, 90], .distinct)]
    ).with {
      exact(&$0)
      $0.errors = [
        OpError("sorted: axis -2 is out of range for shape [3] of rank 1") {
          _ = Tensor([1, 2, 3]).sorted(along: -2)
        }
      ]
    }
  }

  /// The two greatest of each run, by a function of the run and their positions.
  private static func topTwo(
    _ x: PlainArray, _ axis: Int, _ element: @escaping ([Double], Int) -> Double
  ) -> PlainArray {
    let all = x.mapRuns(along: axis) { run in
      order(run, descending: true).map { element(run, Int($0)) }
    }
    var shape = x.shape
    shape[axis < 0 ? axis + x.rank : axis] = 2
    return PlainArray(shape: shape) { all[$0] }
  }

  private static let topShapes: [Shape] = [[2], [5], [3, 4], [2, 3, 4], [4, 2], [3, 2, 2]]

  private static func topKValues(along axis: Int) -> OpCase {
    OpCase(
      name: "topK along \(axis), values", operations: ["topK(Int, along: Int)"],
      apply: { axis == -1 ? $0[0].topK(2).values : $0[0].topK(2, along: axis).values },
      reference: { topTwo($0[0], axis) { run, position in run[position] } },
      samples: topShapes.map { [Input($0, .distinct)] }, large: [Input([100, 90], .distinct)]
    ).with {
      exact(&$0)
      $0.errors = [
        OpError("topK: 4 elements of axis 0 of shape [3]") {
          _ = Tensor([1, 2, 3]).topK(4, along: 0)
        },
        OpError("topK: -1 elements of axis -1 of shape [3]") { _ = Tensor([1, 2, 3]).topK(-1) },
        OpError("topK: axis 1 is out of range for shape [3] of rank 1") {
          _ = Tensor([1, 2, 3]).topK(1, along: 1)
        },
      ]
    }
  }

  private static func topKIndices(along axis: Int) -> OpCase {
    OpCase(
      name: "topK along \(axis), indices", operations: ["topK(Int, along: Int)"],
      apply: { $0[0].topK(2, along: axis).indices },
      reference: { topTwo($0[0], axis) { _, position in Double(position) } },
      samples: topShapes.map { [Input($0, .choice([-1, 0, 1, 2, .nan]))] },
      large: [Input([100, 90], .distinct)]
    ).with {
      exact(&$0)
      $0.isDifferentiable = false
      $0.resultType = .int32
    }
  }
}
