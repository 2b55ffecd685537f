import Autograd
import Tensor

extension OpCase {
  static let sorting: [OpCase] = sortingOrders + sortingSelections + sortingOfAll

  private static let sortingOrders: [OpCase] = [
    argsort(0, false), sorted(0, false), argsort(1, true), sorted(1, true), argsort(-1, false),
    sorted(-1, false), argsort(-1, true), sorted(-1, true),
  ]

  private static let sortingSelections: [OpCase] = [0, -1].flatMap { (axis: Int) -> [OpCase] in
    [
      topKValues(along: axis), topKIndices(along: axis), median(along: axis),
      medianIndex(along: axis), quantile(0.3, along: axis), quantile(1, along: axis),
    ]
  }

  private static let sortingOfAll: [OpCase] = [
    ofAll("median of all", "median()") {
      $0.median()
    } reference: {
      $0.sorted()[($0.count - 1) / 2]
    },
    ofAll("quantile 0.6 of all", "quantile(Double)") {
      $0.quantile(0.6)
    } reference: {
      quantile($0, 0.6)
    },
  ]

  /// The quantile of a run, which is NaN if an element is.
  private static func quantile(_ run: [Double], _ probability: Double) -> Double {
    if run.contains(where: \.isNaN) { return .nan }
    let (sorted, position) = (run.sorted(), probability * Double(run.count - 1))
    let lower = Int(position)
    let upper = sorted[min(lower + 1, run.count - 1)]
    return sorted[lower] + (position - Double(lower)) * (upper - sorted[lower])
  }

  private static func ofAll(
    _ name: String, _ operation: String, _ apply: @escaping @Sendable (Tensor) -> Tensor,
    reference: @escaping @Sendable ([Double]) -> Double
  ) -> OpCase {
    OpCase(
      name: name, operations: [operation], apply: { apply($0[0]) },
      reference: { $0[0].reduced(along: Array($0[0].shape.indices), reference) },
      samples: topShapes.map { [Input($0, .distinct)] }, large: [Input([100, 90], .distinct)]
    ).with {
      $0.exactness = Bound(relative: 1e-14, absolute: 1e-14)
      $0.bound = Bound(relative: 1e-6, absolute: 1e-6)
    }
  }

  private static func quantile(_ probability: Double, along axis: Int) -> OpCase {
    OpCase(
      name: "quantile \(probability) along \(axis)",
      operations: ["quantile(Double, along: Int, keepingAxes: Bool)"],
      apply: { $0[0].quantile(probability, along: axis) },
      reference: { $0[0].reduced(along: [axis]) { quantile($0, probability) } },
      samples: topShapes.map { [Input($0, .distinct)] }, large: [Input([100, 90], .distinct)]
    ).with {
      $0.exactness = Bound(relative: 1e-14, absolute: 1e-14)
      // The elements on both sides may have different signs.
      $0.bound = Bound(relative: 1e-6, absolute: 1e-6)
      $0.errors = [
        OpError("quantile: the probability must be from 0 to 1, got 1.5") {
          _ = Tensor([1, 2, 3]).quantile(1.5, along: 0)
        },
        OpError("quantile: no elements along axis 0 of shape [0]") {
          _ = Tensor.zeros([0]).quantile(0.5, along: 0)
        },
        OpError("quantile: not defined for int32") {
          _ = Tensor([1], dtype: .int32).quantile(0.5, along: 0)
        },
      ]
    }
  }

  private static func median(along axis: Int) -> OpCase {
    OpCase(
      name: "median along \(axis), values",
      operations: ["median(along: Int, keepingAxes: Bool)"],
      apply: { $0[0].median(along: axis).values },
      reference: { $0[0].reduced(along: [axis]) { $0.sorted()[($0.count - 1) / 2] } },
      samples: topShapes.map { [Input($0, .distinct)] }, large: [Input([100, 90], .distinct)]
    ).with {
      exact(&$0)
      $0.errors = [
        OpError("median: no elements along axis 0 of shape [0]") {
          _ = Tensor.zeros([0]).median(along: 0)
        }
      ]
    }
  }

  private static func medianIndex(along axis: Int) -> OpCase {
    OpCase(
      name: "median along \(axis), indices",
      operations: ["median(along: Int, keepingAxes: Bool)"],
      apply: { $0[0].median(along: axis, keepingAxes: true).indices },
      reference: {
        $0[0].reduced(along: [axis], keepingAxes: true) { run in
          let order = order(run, descending: false)
          let hasNaN = run.contains(where: \.isNaN)
          return order[hasNaN ? run.count - 1 : (run.count - 1) / 2]
        }
      },
      samples: topShapes.map { [Input($0, .choice([-1, 0, 1, 2, .nan]))] },
      large: [Input([100, 90], .distinct)]
    ).with {
      givesPositions(&$0)
    }
  }

  /// The rank of each element of a run: the number of elements that are sorted before it.
  private static func places(_ run: [Double], descending: Bool) -> [Int] {
    /// Whether `a` is less than `b`, where NaN is the greatest.
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
      givesPositions(&$0)
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

  /// The results of a function of each run and the positions of its two greatest elements.
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
        OpError("topK: cannot take 4 elements along axis 0 of size 3 of shape [3]") {
          _ = Tensor([1, 2, 3]).topK(4, along: 0)
        },
        OpError("topK: cannot take -1 elements along axis -1 of size 3 of shape [3]") {
          _ = Tensor([1, 2, 3]).topK(-1)
        },
        OpError("topK: cannot take 1 element along axis 1 of size 0 of shape [2, 0]") {
          _ = Tensor.zeros([2, 0]).topK(1, along: 1)
        },
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
      givesPositions(&$0)
    }
  }
}
