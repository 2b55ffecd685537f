import Autograd
import Tensor

extension OpCase {
  private static let separate = "subscript(any TensorIndexing...)"
  private static let list = "subscript([TensorIndex])"
  private static let ellipsis = "subscript(UnboundedRange, any TensorIndexing...)"
  private static let innerEllipsis =
    "subscript(any TensorIndexing, UnboundedRange, any TensorIndexing...)"

  static let indexing: [OpCase] = readings + writings + picks + replacements + additions

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
        OpError("subscript: position 2 is out of range for axis 0 of size 2 of shape [2, 3]") {
          _ = Tensor.ones([2, 3])[2]
        },
        OpError("subscript: position -4 is out of range for axis 1 of size 3 of shape [2, 3]") {
          _ = Tensor.ones([2, 3])[0, -4]
        },
        OpError("subscript: 1 index for shape [] of rank 0") { _ = Tensor(1)[0] },
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
        OpError("subscript: the range from 1 to 4 is not within axis 0 of size 3 of shape [3]") {
          _ = Tensor.ones([3])[1..<4]
        },
        OpError("subscript: the range from 2 to 1 is not within axis 0 of size 3 of shape [3]") {
          _ = Tensor.ones([3])[.range(start: 2, end: 1)]
        },
        OpError(
          "subscript: the range from -4 to the end is not within axis 0 of size 3 of shape [3]"
        ) {
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
    reading(
      "[stride(from: 3, through: 0, by: -2)]", on: [[4], [5, 2]],
      errors: [
        OpError("subscript: the stride from 1 to -2 counts from both ends of the axis") {
          _ = Tensor.ones([5])[stride(from: 1, through: -2, by: -1)]
        },
        OpError("subscript: the range from 0 to 5 is not within axis 0 of size 4 of shape [4]") {
          _ = Tensor.ones([4])[stride(from: 0, to: 5, by: 2)]
        },
      ]
    ) {
      $0[stride(from: 3, through: 0, by: -2)]
    } shape: {
      [2] + $0.dropFirst()
    } source: { index, _ in
      [3 - 2 * index[0]] + index.dropFirst()
    },
    reading(
      "[..., 1]", by: ellipsis, on: [[2], [3, 4], [2, 3, 2]],
      errors: [
        OpError("subscript: 2 ellipses for shape [2, 3], at most 1 is allowed") {
          _ = Tensor.ones([2, 3])[..., 0, .ellipsis]
        }
      ]
    ) {
      $0[..., 1]
    } shape: {
      $0.dropLast()
    } source: { index, _ in
      index + [1]
    },
    reading("[...]", by: ellipsis, on: [[], [0], [3, 4]]) {
      $0[...]
    } shape: {
      $0
    } source: { index, _ in
      index
    },
    reading("[1, ..., .newAxis, -1]", by: innerEllipsis, on: [[2, 3], [2, 4, 3], [3, 2, 2, 2]]) {
      $0[1, ..., .newAxis, -1]
    } shape: {
      $0.dropFirst().dropLast() + [1]
    } source: { index, shape in
      [1] + index.dropLast() + [shape[shape.count - 1] - 1]
    },
    reading("[.all, .ellipsis, 0]", on: [[2, 3], [2, 4, 3]]) {
      $0[.all, .ellipsis, 0]
    } shape: {
      $0.dropLast()
    } source: { index, _ in
      index + [0]
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

  // MARK: Tensors as indices

  /// A position counted from the start.
  private static func counted(_ position: Double, _ size: Int) -> Int {
    position < 0 ? Int(position) + size : Int(position)
  }

  /// The positions at which a mask is true.
  private static func trueIndices(_ mask: PlainArray) -> [[Int]] {
    var result = [[Int]]()
    PlainArray.forEachIndex(of: mask.shape) { if mask[$0] != 0 { result.append($0) } }
    return result
  }

  private static func pick(_ shape: Shape, _ positions: Shape, along axis: Int = 0) -> [Input] {
    [Input(shape), Input(positions, .whole(-shape[axis]..<shape[axis]))]
  }

  private static let picks: [OpCase] = [
    OpCase(
      name: "subscript [ids]", operations: [separate], apply: { $0[0][$0[1]] },
      reference: { inputs in
        let (x, ids) = (inputs[0], inputs[1])
        return PlainArray(shape: ids.shape + x.shape.dropFirst()) { index in
          let position = ids[Array(index.prefix(ids.rank))]
          return x[[counted(position, x.shape[0])] + index.dropFirst(ids.rank)]
        }
      },
      samples: [
        pick([5], [3]), pick([4, 3], [2, 2]), pick([4, 3], []), pick([3, 2, 2], [0]),
        pick([2, 0], [3]),
      ], large: pick([300, 257], [400]), bound: .none, exactness: .none,
      errors: [
        OpError("subscript: position 4 is out of range for axis 1 of size 4 of shape [3, 4]") {
          _ = Tensor.ones([3, 4])[0, Tensor([[1, 4]], dtype: .int32)]
        },
        OpError("subscript: position -4 is out of range for axis 0 of size 3 of shape [3, 4]") {
          _ = Tensor.ones([3, 4])[[0, -4]]
        },
        OpError("subscript: a float32 tensor cannot be an index; convert it to int32") {
          _ = Tensor.ones([3, 4])[Tensor([1])]
        },
        OpError("subscript: 3 indices for shape [3, 4] of rank 2") {
          let ids = Tensor([1], dtype: .int32)
          _ = Tensor.ones([3, 4])[ids, ids, ids]
        },
      ]),
    OpCase(
      name: "subscript [.all, ids, 1...]", operations: [separate],
      apply: { $0[0][.all, $0[1], 1...] },
      reference: { inputs in
        let (x, ids) = (inputs[0], inputs[1])
        return PlainArray(shape: [x.shape[0]] + ids.shape + [x.shape[2] - 1]) { index in
          let position = ids[Array(index[1..<1 + ids.rank])]
          return x[[index[0], counted(position, x.shape[1]), index[1 + ids.rank] + 1]]
        }
      },
      samples: [
        pick([2, 5, 3], [3], along: 1), pick([3, 2, 2], [2, 2], along: 1),
        pick([2, 3, 1], [2], along: 1),
      ], large: pick([20, 50, 60], [40], along: 1), bound: .none, exactness: .none),
    OpCase(
      name: "subscript [rows, columns]", operations: [separate],
      apply: { $0[0][$0[1], $0[2]] },
      reference: { inputs in
        let (x, rows, columns) = (inputs[0], inputs[1], inputs[2])
        let shape = PlainArray.broadcast(rows.shape, columns.shape)
        let (all, others) = (rows.broadcast(to: shape), columns.broadcast(to: shape))
        return PlainArray(shape: shape + x.shape.dropFirst(2)) { index in
          let place = Array(index.prefix(shape.count))
          let row = counted(all[place], x.shape[0])
          return x[[row, counted(others[place], x.shape[1])] + index.dropFirst(shape.count)]
        }
      },
      samples: [
        pick([4, 3], [5]) + [Input([5], .whole(-3..<3))],
        pick([4, 3, 2], [2, 1]) + [Input([3], .whole(-3..<3))],
        pick([4, 3, 2], [2]) + [Input([], .whole(-3..<3))],
      ], large: pick([300, 257], [400]) + [Input([400], .whole(-257..<257))], bound: .none,
      exactness: .none,
      errors: [
        OpError("subscript: shapes [2] and [3] of two indices do not broadcast") {
          _ = Tensor.ones([3, 4])[[0, 1], [0, 1, 2]]
        }
      ]),
    OpCase(
      name: "subscript [ids, .all, columns]", operations: [separate],
      apply: { $0[0][$0[1], .all, $0[2]] },
      reference: { inputs in
        let (x, rows, columns) = (inputs[0], inputs[1], inputs[2])
        return PlainArray(shape: rows.shape + [x.shape[1]]) { index in
          let row = counted(rows[[index[0]]], x.shape[0])
          return x[[row, index[1], counted(columns[[index[0]]], x.shape[2])]]
        }
      },
      samples: [
        pick([4, 3, 2], [5]) + [Input([5], .whole(-2..<2))],
        pick([2, 2, 3], [1]) + [Input([1], .whole(-3..<3))],
      ], large: nil, bound: .none, exactness: .none),
    OpCase(
      name: "subscript [mask]", operations: [separate], apply: { $0[0][$0[1]] },
      reference: { inputs in
        let (x, places) = (inputs[0], trueIndices(inputs[1]))
        return PlainArray(shape: [places.count] + x.shape.dropFirst(inputs[1].rank)) { index in
          x[places[index[0]] + index.dropFirst()]
        }
      },
      samples: [
        [Input([6]), Input([6], .truth)], [Input([4, 3]), Input([4, 3], .truth)],
        [Input([5, 3]), Input([5], .truth)], [Input([2, 3, 2]), Input([2, 3], .truth)],
        [Input([0, 2]), Input([0, 2], .truth)],
      ], large: [Input(largeShape), Input(largeShape, .truth)], bound: .none, exactness: .none,
      errors: [
        OpError(
          "subscript: a mask of shape [2] for axis 0 of shape [3, 4] does not have shape [3]"
        ) { _ = Tensor.ones([3, 4])[Tensor([true, false])] },
        OpError(
          """
          subscript: a mask of shape [4, 3] for axes 0 to 1 of shape [3, 4] does not have shape \
          [3, 4]
          """
        ) { _ = Tensor.ones([3, 4])[Tensor.ones([4, 3], dtype: .bool)] },
        OpError("subscript: a bool scalar is not a mask of an axis") {
          _ = Tensor.ones([3, 4])[Tensor(true)]
        },
      ]),
    OpCase(
      name: "filled", operations: ["filled(with: Double, where: Tensor)"],
      apply: { $0[0].filled(with: 0.5, where: $0[1]) },
      reference: { inputs in
        PlainArray.map(inputs[0], inputs[1]) { $1 == 0 ? $0 : 0.5 }
      },
      samples: [
        [Input([6]), Input([6], .truth)], [Input([4, 3]), Input([3], .truth)],
        [Input([4, 3]), Input([4, 1], .truth)], [Input([2]), Input([], .truth)],
      ], large: [Input(largeShape), Input(largeShape, .truth)], bound: .none, exactness: .none,
      errors: [
        OpError("filled: the mask is float32, not bool") {
          _ = Tensor([1, 2]).filled(with: 0, where: Tensor([0, 1]))
        },
        OpError("filled: a mask of shape [3] does not broadcast to [2]") {
          _ = Tensor([1, 2]).filled(with: 0, where: Tensor([true, false, true]))
        },
      ]),
  ]

  private static let replacements: [OpCase] = [
    OpCase(
      name: "assignment to [ids]", operations: [separate],
      apply: {
        var result = $0[0]
        result[$0[1]] = $0[2]
        return result
      },
      // Where positions repeat, the last value stays.
      reference: { inputs in
        var result = inputs[0]
        let ids = inputs[1]
        let values = inputs[2].broadcast(to: ids.shape + result.shape.dropFirst())
        PlainArray.forEachIndex(of: values.shape) { index in
          let row = counted(ids[Array(index.prefix(ids.rank))], inputs[0].shape[0])
          result[[row] + index.dropFirst(ids.rank)] = values[index]
        }
        return result
      },
      samples: [
        pick([5], [3]) + [Input([3])], pick([2, 3], [4]) + [Input([4, 3])],
        pick([4, 3], [2, 2]) + [Input([3])], pick([4, 3], []) + [Input([])],
        pick([3, 2], [0]) + [Input([2])],
      ], large: pick([300, 257], [400]) + [Input([400, 257])], bound: .none, exactness: .none,
      errors: [
        OpError("assignment: shape [3] does not broadcast to [2]") {
          var x = Tensor.ones([4])
          x[[0, 1]] = Tensor([1, 2, 3])
        },
        OpError("assignment: dtypes int32 and float32 differ") {
          var x = Tensor.ones([4])
          x[[0, 1]] = Tensor([1, 2], dtype: .int32)
        },
        OpError("assignment: int32 cannot hold 0.5") {
          var x = Tensor.ones([4], dtype: .int32)
          x[1] = 0.5
        },
      ]),
    OpCase(
      name: "assignment to [mask]", operations: [separate],
      apply: {
        var result = $0[0]
        result[$0[1]] = $0[2]
        return result
      },
      reference: { inputs in
        var result = inputs[0]
        let places = trueIndices(inputs[1])
        let shape = [places.count] + result.shape.dropFirst(inputs[1].rank)
        let values = inputs[2].broadcast(to: shape)
        PlainArray.forEachIndex(of: shape) { index in
          result[places[index[0]] + index.dropFirst()] = values[index]
        }
        return result
      },
      samples: [
        [Input([6]), Input([6], .truth), Input([])],
        [Input([4, 3]), Input([4, 3], .truth), Input([1])],
        [Input([5, 3]), Input([5], .truth), Input([3])],
        [Input([0]), Input([0], .truth), Input([0])],
      ], large: [Input(largeShape), Input(largeShape, .truth), Input([])], bound: .none,
      exactness: .none),
    OpCase(
      name: "assignment of numbers", operations: [separate, ellipsis, innerEllipsis, list],
      apply: {
        var result = $0[0]
        result[0] = 1.5
        result[..., 1] = 2
        result[1, .ellipsis, 0] = -3
        result[[.position(-1), .range(start: 2, end: nil)]] = Tensor(4, dtype: result.dtype)
        result[$0[1]] = 0
        return result
      },
      reference: { inputs in
        PlainArray(shape: inputs[0].shape) { index in
          let (row, column) = (index[0], index[1])
          if inputs[1][index] != 0 { return 0 }
          if row == inputs[0].shape[0] - 1 && column >= 2 { return 4 }
          if row == 1 && column == 0 { return -3 }
          if column == 1 { return 2 }
          return row == 0 ? 1.5 : inputs[0][index]
        }
      },
      samples: [
        [Input([3, 4]), Input([3, 4], .truth)], [Input([2, 2]), Input([2, 2], .truth)],
      ], large: nil, bound: .none, exactness: .none),
  ]

  private static let adding = "adding(Tensor, at: repeat each Index)"

  private static let additions: [OpCase] = [
    OpCase(
      name: "adding at [ids]", operations: [adding],
      apply: { $0[0].adding($0[2], at: $0[1]) },
      reference: { inputs in
        let (x, ids) = (inputs[0], inputs[1])
        var sums = PlainArray(shape: x.shape) { _ in 0 }
        let values = inputs[2].broadcast(to: ids.shape + x.shape.dropFirst())
        PlainArray.forEachIndex(of: values.shape) { index in
          let row = counted(ids[Array(index.prefix(ids.rank))], x.shape[0])
          sums[[row] + index.dropFirst(ids.rank)] += values[index]
        }
        return PlainArray.map(x, sums, +)
      },
      samples: [
        pick([5], [3]) + [Input([3])], pick([2, 3], [4]) + [Input([4, 3])],
        pick([4, 3], [2, 2]) + [Input([3])], pick([4, 3], []) + [Input([])],
        pick([3, 2], [0]) + [Input([2])],
      ], large: pick([300, 257], [400]) + [Input([400, 257])], bound: .sums,
      errors: [
        OpError("adding: shape [3] does not broadcast to [2]") {
          _ = Tensor.ones([4]).adding(Tensor([1, 2, 3]), at: [0, 1])
        },
        OpError("adding: dtypes float32 and int32 differ") {
          _ = Tensor.ones([4]).adding(Tensor([1], dtype: .int32), at: [0])
        },
        OpError("adding: position 4 is out of range for axis 0 of size 4 of shape [4]") {
          _ = Tensor.ones([4]).adding(Tensor(1), at: 4)
        },
        OpError("adding: position -5 is out of range for axis 0 of size 4 of shape [4]") {
          _ = Tensor.ones([4]).adding(Tensor(1), at: [0, -5])
        },
        OpError("adding: not defined for bool") {
          _ = Tensor([true]).adding(Tensor([true]), at: [0])
        },
      ]),
    OpCase(
      name: "adding at [.all, 1...]", operations: [adding],
      apply: { $0[0].adding($0[1], at: .all, 1...) },
      reference: { inputs in
        let values = inputs[1].broadcast(to: [inputs[0].shape[0], inputs[0].shape[1] - 1])
        return PlainArray(shape: inputs[0].shape) { index in
          inputs[0][index] + (index[1] == 0 ? 0 : values[[index[0], index[1] - 1]])
        }
      },
      samples: [[Input([3, 4]), Input([3])], [Input([2, 2]), Input([2, 1])]], large: nil),
  ]
}
