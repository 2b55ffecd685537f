import Autograd
import Tensor

extension OpCase {
  static let searching: [OpCase] = positions + uniqueElements + bins + insertions

  private static let positions: [OpCase] = [
    OpCase(
      name: "nonzero", operations: ["nonzero()"], apply: { $0[0].nonzero() },
      reference: { inputs in
        var rows = [[Int]]()
        PlainArray.forEachIndex(of: inputs[0].shape) { index in
          if inputs[0][index] != 0 { rows.append(index) }
        }
        return PlainArray(
          shape: [rows.count, inputs[0].rank], values: rows.flatMap { $0.map(Double.init) })
      },
      samples: shapes.map { [Input($0, .choice([0, -0.0, 1, -2, .nan]))] },
      large: [Input(largeShape, .choice([0, 1]))], bound: .none, exactness: .none,
      isDifferentiable: false, resultType: .int32)
  ]

  // MARK: Different elements

  /// The different elements in ascending order, each NaN by itself.
  private static func unique(_ x: PlainArray) -> [Double] {
    let numbers = x.values.filter { !$0.isNaN }.sorted()
    let different = numbers.indices.filter { $0 == 0 || numbers[$0 - 1] != numbers[$0] }
    return different.map { numbers[$0] } + x.values.filter(\.isNaN)
  }

  private static let repeating = Input.Domain.choice([-1, 0.5, 2, 3.25, .infinity])

  private static let uniqueElements: [OpCase] = [
    OpCase(
      name: "unique", operations: ["unique()"], apply: { $0[0].unique() },
      reference: { inputs in
        let values = unique(inputs[0])
        return PlainArray(shape: [values.count], values: values)
      },
      samples: shapes.map { [Input($0, .choice([-1, 0.5, 2, .nan]))] },
      large: [Input(largeShape, repeating)], bound: .none, exactness: .none,
      isDifferentiable: false),
    OpCase(
      name: "uniqueCounts, counts", operations: ["uniqueCounts()"],
      apply: { $0[0].uniqueCounts().counts },
      reference: { inputs in
        let values = unique(inputs[0])
        return PlainArray(
          shape: [values.count],
          values: values.map { value in Double(inputs[0].values.count { $0 == value }) })
      },
      samples: shapes.map { [Input($0, repeating)] }, large: [Input(largeShape, repeating)],
      bound: .none, exactness: .none, isDifferentiable: false, resultType: .int32),
    OpCase(
      name: "uniqueCounts, inverse", operations: ["uniqueCounts()"],
      apply: { $0[0].uniqueCounts().inverse },
      reference: { inputs in
        let values = unique(inputs[0])
        return inputs[0].map { Double(values.firstIndex(of: $0) ?? -1) }
      },
      samples: shapes.map { [Input($0, repeating)] }, large: [Input(largeShape, repeating)],
      bound: .none, exactness: .none, isDifferentiable: false, resultType: .int32),
  ]

  // MARK: Counting

  private static let bins: [OpCase] = [
    OpCase(
      name: "binCounts", operations: ["binCounts(minimumCount: Int)"],
      apply: { $0[0].binCounts(minimumCount: 3) },
      reference: { inputs in
        let greatest = inputs[0].values.max() ?? -1
        let count = Swift.max(3, Int(greatest) + 1)
        return PlainArray(shape: [count]) { bin in
          Double(inputs[0].values.count { $0 == Double(bin[0]) })
        }
      },
      samples: shapes.map { [Input($0, .whole(0..<6))] },
      large: [Input(largeShape, .whole(0..<1000))], bound: .none, exactness: .none,
      isDifferentiable: false, resultType: .int32,
      errors: [
        OpError("binCounts: the elements are float32, not int32") {
          _ = Tensor([1]).binCounts()
        },
        OpError("binCounts: the element -2 is negative") {
          _ = Tensor([1, -2], dtype: .int32).binCounts()
        },
        OpError("binCounts: the number of counts must be at least 0, got -1") {
          _ = Tensor([1], dtype: .int32).binCounts(minimumCount: -1)
        },
      ]),
    OpCase(
      name: "binCounts with weights",
      operations: ["binCounts(weights: Tensor, minimumCount: Int)"],
      apply: { $0[0].binCounts(weights: $0[1], minimumCount: 4) },
      reference: { inputs in
        var sums = PlainArray(shape: [4]) { _ in 0 }
        for (bin, weight) in zip(inputs[0].values, inputs[1].values) { sums[[Int(bin)]] += weight }
        return sums
      },
      samples: shapes.map { [Input($0, .whole(0..<4)), Input($0)] },
      large: [Input([3000], .whole(0..<4)), Input([3000])], bound: .sums,
      largeBound: Bound(relative: 1e-4, absolute: 1e-3),
      exactness: Bound(relative: 1e-13, absolute: 1e-11),
      errors: [
        OpError("binCounts: shapes [2] and [3] of the weights differ") {
          _ = Tensor([1, 2], dtype: .int32).binCounts(weights: Tensor([1, 2, 3]))
        },
        OpError("binCounts: not defined for weights of bool") {
          _ = Tensor([1], dtype: .int32).binCounts(weights: Tensor([true]))
        },
      ]),
  ]

  private static let insertions: [OpCase] = [false, true].map { afterEqual in
    OpCase(
      name: "searchSorted\(afterEqual ? " after equal elements" : "")",
      operations: ["searchSorted(Tensor, afterEqual: Bool)"],
      apply: {
        let sorted = $0[0].sorted(along: 0)
        return afterEqual
          ? sorted.searchSorted($0[1], afterEqual: true) : sorted.searchSorted($0[1])
      },
      reference: { inputs in
        // NaN is greater than every number and equal to itself.
        inputs[1].map { value in
          Double(
            inputs[0].values.count { element in
              let isLess = element < value || !element.isNaN && value.isNaN
              let isEqual = element == value || element.isNaN && value.isNaN
              return isLess || afterEqual && isEqual
            })
        }
      },
      samples: [([], 3), ([4], 0), ([5], 1), ([2, 3], 6)].map { (shape: Shape, count: Int) in
        [
          Input([count], .choice([-1, 0, 1, 2.5, .nan])),
          Input(shape, .choice([-2, 0, 1, 3, .nan])),
        ]
      },
      large: [Input([300], .distinct), Input([200, 90], .distinct)], bound: .none,
      exactness: .none, isDifferentiable: false, resultType: .int32,
      errors: [
        OpError("searchSorted: a tensor of shape [1, 2] is not a sorted vector") {
          _ = Tensor([[1, 2]]).searchSorted(Tensor(1))
        },
        OpError("searchSorted: dtypes float32 and int32 differ") {
          _ = Tensor([1, 2]).searchSorted(Tensor(1, dtype: .int32))
        },
      ])
  }
}
