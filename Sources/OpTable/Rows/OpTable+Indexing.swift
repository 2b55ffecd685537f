import Autograd
import Tensor

extension OpCase {
  private static let separate = "subscript(A, B, C, D, E, F, G, H)"
  private static let list = "subscript([TensorIndex])"

  static let indexing: [OpCase] = readings + writings

  /// A row of a subscript, given the shape of the result and the source of each of its elements.
  private static func reading(
    _ name: String, by operation: String = separate, on shapes: [Shape], errors: [OpError] = [],
    _ apply: @escaping @Sendable (Tensor) -> Tensor,
    shape: @escaping @Sendable ([Int]) -> [Int],
    source: @escaping @Sendable (_ index: [Int], _ shape: [Int]) -> [Int]
  ) -> OpCase {
    OpCase(
      name: "subscript \(name)", operations: [operation], apply: { apply($0[0]) },
      reference: { inputs in
        let x = inputs[0]
        return PlainArray(shape: shape(x.shape)) { x[source($0, x.shape)] }
      },
      samples: shapes.map { [Input($0)] }, large: nil, bound: .none, exactness: .none,
      errors: errors)
  }

  private static let readings: [OpCase] = [
    reading(
      "[1]", on: [[2], [3, 4], [2, 3, 2]],
      errors: [
        OpError("subscript: position 2 is out of range for axis 0 of shape [2, 3]") {
          _ = Tensor.ones([2, 3])[2]
        },
        OpError("subscript: position -4 is out of range for axis 1 of shape [2, 3]") {
          _ = Tensor.ones([2, 3])[.all, -4]
        },
        OpError("subscript: 3 indices for shape [2, 3] of rank 2") {
          _ = Tensor.ones([2, 3])[0..<1, 0..<1, 0..<1]
        },
      ]
    ) {
      $0[1]
    } shape: {
      Array($0.dropFirst())
    } source: { index, _ in
      [1] + index
    },
    reading("[-1, -2]", on: [[3, 4], [2, 3, 2]]) {
      $0[-1, -2]
    } shape: {
      Array($0.dropFirst(2))
    } source: { index, shape in
      [shape[0] - 1, shape[1] - 2] + index
    },
    reading(
      "[1..<3, ...(-2)]", on: [[3, 4], [4, 2, 3]],
      errors: [
        OpError("subscript: the range from 1 to 4 is not within an axis of size 3") {
          _ = Tensor.ones([3])[1..<4]
        },
        OpError("subscript: the range from 2 to 1 is not within an axis of size 3") {
          _ = Tensor.ones([3])[.range(start: 2, end: 1)]
        },
        OpError("subscript: the range from -4 to the end is not within an axis of size 3") {
          _ = Tensor.ones([3])[(-4)...]
        },
      ]
    ) {
      $0[1..<3, ...(-2)]
    } shape: {
      [2, $0[1] - 1] + $0.dropFirst(2)
    } source: { index, _ in
      [index[0] + 1] + index.dropFirst()
    },
    reading("[.all, 1...1, ..<1]", on: [[3, 4, 2], [2, 2, 5]]) {
      $0[.all, 1...1, ..<1]
    } shape: {
      [$0[0], 1, 1]
    } source: { index, _ in
      [index[0], 1, 0]
    },
    reading(
      "[.every(-2)]", on: [[1], [5], [6, 2]],
      errors: [OpError("subscript: the step must not be 0") { _ = Tensor.ones([3])[.every(0)] }]
    ) {
      $0[.every(-2)]
    } shape: {
      [($0[0] + 1) / 2] + $0.dropFirst()
    } source: { index, shape in
      [shape[0] - 1 - 2 * index[0]] + index.dropFirst()
    },
    reading("[.newAxis, .every(3), .newAxis]", on: [[7], [4, 2]]) {
      $0[.newAxis, .every(3), .newAxis]
    } shape: {
      [1, ($0[0] + 2) / 3, 1] + $0.dropFirst()
    } source: { index, _ in
      [3 * index[1]] + index.dropFirst(3)
    },
    reading("[1...] of nothing", on: [[1, 3]]) {
      $0[1...]
    } shape: { _ in
      [0, 3]
    } source: { index, _ in
      index
    },
    reading("by a list", by: list, on: [[4, 3], [5, 2, 2]]) {
      $0[[.range(start: -2, end: nil, step: -1), .position(1)]]
    } shape: {
      [$0[0] - 1] + $0.dropFirst(2)
    } source: { index, shape in
      [shape[0] - 2 - index[0], 1] + index.dropFirst()
    },
    reading("by an empty list", by: list, on: [[], [2, 3]]) {
      $0[[]]
    } shape: {
      $0
    } source: { index, _ in
      index
    },
  ]

  /// A row of an assignment of the second input to elements of the first, given the shape that is
  /// assigned and the place of each of its elements.
  private static func writing(
    _ name: String, by operation: String = separate, on samples: [(Shape, Shape)],
    errors: [OpError] = [], _ apply: @escaping @Sendable (inout Tensor, Tensor) -> Void,
    target: @escaping @Sendable (_ shape: [Int]) -> [Int],
    place: @escaping @Sendable (_ index: [Int], _ shape: [Int]) -> [Int]
  ) -> OpCase {
    OpCase(
      name: "assignment to \(name)", operations: [operation],
      apply: {
        var result = $0[0]
        apply(&result, $0[1])
        return result
      },
      reference: { inputs in
        var result = inputs[0]
        let shape = target(result.shape)
        let values = inputs[1].broadcast(to: shape)
        PlainArray.forEachIndex(of: shape) { result[place($0, inputs[0].shape)] = values[$0] }
        return result
      },
      samples: samples.map { [Input($0.0), Input($0.1)] }, large: nil, bound: .none,
      exactness: .none, errors: errors)
  }

  private static let writings: [OpCase] = [
    writing(
      "[1]", on: [([2], []), ([3, 4], [4]), ([3, 4], []), ([2, 3, 2], [3, 1])],
      errors: [
        OpError("assignment: shape [2] does not broadcast to [3]") {
          var x = Tensor.ones([2, 3])
          x[0] = Tensor.ones([2])
        },
        OpError("assignment: dtypes int32 and float32 differ") {
          var x = Tensor.ones([2, 3])
          x[0] = Tensor.ones([3], dtype: .int32)
        },
      ]
    ) {
      $0[1] = $1
    } target: {
      Array($0.dropFirst())
    } place: { index, _ in
      [1] + index
    },
    writing("[.every(-2), 1...]", on: [([5, 3], [3, 2]), ([4, 2], [1]), ([1, 4], [3])]) {
      $0[.every(-2), 1...] = $1
    } target: {
      [($0[0] + 1) / 2, $0[1] - 1]
    } place: { index, shape in
      [shape[0] - 1 - 2 * index[0], index[1] + 1]
    },
    writing("a list", by: list, on: [([4, 3], [4]), ([4, 3], [])]) {
      $0[[.range(start: nil, end: nil), .position(-1)]] = $1
    } target: {
      [$0[0]]
    } place: { index, shape in
      [index[0], shape[1] - 1]
    },
  ]
}
