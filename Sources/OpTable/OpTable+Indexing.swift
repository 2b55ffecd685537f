import Autograd
import Tensor

extension OpCase {
  private static let separate = "subscript(A, B, C, D, E, F, G, H)"
  private static let list = "subscript([TensorIndex])"

  static let indexing: [OpCase] = readings + writings + pickings + replacements + slices + labels

  /// A subscript by its meaning: the sizes of the result, and which element stands where.
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
      errors: [OpError("subscript: a step of 0") { _ = Tensor.ones([3])[.every(0)] }]
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

  /// An assignment of the second input to elements of the first.
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

  private static func picking(_ axis: Int, _ samples: [(Shape, Shape)], large: (Shape, Shape))
    -> OpCase
  {
    let all = samples + [large]
    return OpCase(
      name: "gathered along \(axis)", operations: ["gathered(at: Tensor, along: Int)"],
      apply: { $0[0].gathered(at: $0[1], along: axis) },
      reference: { inputs in
        PlainArray(shape: inputs[1].shape) { index in
          var source = index
          source[axis < 0 ? index.count + axis : axis] = Int(inputs[1][index])
          return inputs[0][source]
        }
      },
      samples: all.dropLast().map { inputs($0.0, $0.1, axis) },
      large: inputs(large.0, large.1, axis), bound: .none, exactness: .none,
      errors: [
        OpError("gathered: index 3 is out of range for axis 0 of size 3") {
          _ = Tensor.ones([3]).gathered(at: Tensor([3], dtype: .int32), along: 0)
        },
        OpError("gathered: index -1 is out of range for axis 0 of size 3") {
          _ = Tensor.ones([3]).gathered(at: Tensor([-1], dtype: .int32), along: 0)
        },
        OpError("gathered: the indices are float32, not int32") {
          _ = Tensor.ones([3]).gathered(at: Tensor([0]), along: 0)
        },
        OpError(
          "gathered: shapes [2, 3] and [3, 1] differ along an axis other than 1"
        ) {
          _ = Tensor.ones([2, 3]).gathered(at: Tensor.zeros([3, 1], dtype: .int32), along: 1)
        },
      ])
  }

  private static func inputs(_ values: Shape, _ indices: Shape, _ axis: Int) -> [Input] {
    let size = values[axis < 0 ? values.rank + axis : axis]
    return [Input(values), Input(indices, .whole(0..<size))]
  }

  private static let pickings: [OpCase] = [
    picking(
      0, [([4], [6]), ([4, 3], [2, 3]), ([2, 3], [0, 3])], large: ([50, 300], [270, 300])),
    picking(
      -1, [([4], [1]), ([4, 3], [4, 2]), ([2, 3, 5], [2, 3, 1])], large: ([300, 50], [300, 270])),
    OpCase(
      name: "scattered", operations: ["scattered(at: Tensor, along: Int, into: Shape)"],
      apply: { $0[0].scattered(at: $0[1], along: 1, into: [3, 4]) },
      reference: { inputs in
        var result = PlainArray(shape: [3, 4]) { _ in 0 }
        PlainArray.forEachIndex(of: inputs[0].shape) {
          result[[$0[0], Int(inputs[1][$0])]] += inputs[0][$0]
        }
        return result
      },
      samples: [
        [Input([3, 2]), Input([3, 2], .whole(0..<4))],
        [Input([3, 9]), Input([3, 9], .whole(0..<2))],
        [Input([3, 0]), Input([3, 0], .whole(0..<4))],
      ], large: [Input([3, 30000]), Input([3, 30000], .whole(0..<4))], bound: .sums,
      largeBound: Bound(relative: 1e-4, absolute: 1e-3),
      exactness: Bound(relative: 1e-13, absolute: 1e-11),
      errors: [
        OpError("scattered: index 4 is out of range for axis 1 of size 4") {
          _ = Tensor.ones([3, 1]).scattered(
            at: Tensor.full([3, 1], 4, dtype: .int32), along: 1, into: [3, 4])
        },
        OpError("scattered: shapes [3, 2] of the values and [3, 1] of the indices differ") {
          _ = Tensor.ones([3, 2]).scattered(
            at: Tensor.zeros([3, 1], dtype: .int32), along: 1, into: [3, 4])
        },
      ]),
  ]

  // MARK: Replacing

  /// The positions start, start + 1, … modulo the size, so that none stands twice.
  private static func replacement(
    along axis: Int, count: Int, _ shapes: [Shape], large: Shape
  ) -> OpCase {
    func inputs(_ shape: Shape) -> [Input] {
      var (values, starts) = (shape, shape)
      values[axis] = count
      starts[axis] = 1
      return [Input(shape), Input(values), Input(starts, .whole(0..<shape[axis]))]
    }
    return OpCase(
      name: "scattering \(count) along \(axis)",
      operations: ["scattering(Tensor, at: Tensor, along: Int)"],
      apply: { inputs in
        var steps = Shape(repeating: 1, rank: inputs[0].rank)
        steps[axis] = count
        let numbers = Tensor.arange(to: Double(count), dtype: .int32).reshaped(to: steps)
        let positions = (inputs[2] + numbers) % Double(inputs[0].shape[axis])
        return inputs[0].scattering(inputs[1], at: positions, along: axis)
      },
      reference: { inputs in
        var result = inputs[0]
        PlainArray.forEachIndex(of: inputs[1].shape) { index in
          var start = index
          start[axis] = 0
          var target = index
          target[axis] = (Int(inputs[2][start]) + index[axis]) % result.shape[axis]
          result[target] = inputs[1][index]
        }
        return result
      },
      samples: shapes.map(inputs), large: inputs(large), bound: .none, exactness: .none,
      errors: [
        OpError("scattering: index 4 is out of range for axis 1 of size 4") {
          _ = Tensor.ones([3, 4]).scattering(
            Tensor.ones([3, 1]), at: Tensor.full([3, 1], 4, dtype: .int32), along: 1)
        },
        OpError("scattering: the indices are float32, not int32") {
          _ = Tensor.ones([3]).scattering(Tensor([1]), at: Tensor([0]), along: 0)
        },
        OpError(
          "scattering: values of float32 [3, 2] for indices of shape [3, 1] and a tensor of float32"
        ) {
          _ = Tensor.ones([3, 4]).scattering(
            Tensor.ones([3, 2]), at: Tensor.zeros([3, 1], dtype: .int32), along: 1)
        },
      ])
  }

  private static let replacements: [OpCase] = [
    replacement(along: 0, count: 1, [[1], [5], [3, 4]], large: [50, 300]),
    replacement(along: 0, count: 3, [[3], [5], [4, 2]], large: [50, 300]),
    replacement(along: 1, count: 2, [[3, 4], [2, 2], [2, 3, 2], [0, 2]], large: [300, 257]),
  ]

  // MARK: Slices

  private static func slices(along axis: Int, _ samples: [(Shape, Int)], large: (Shape, Int))
    -> OpCase
  {
    func inputs(_ shape: Shape, _ count: Int) -> [Input] {
      [Input(shape), Input([count], .whole(0..<shape[axis < 0 ? axis + shape.rank : axis]))]
    }
    return OpCase(
      name: "selected along \(axis)", operations: ["selected(at: Tensor, along: Int)"],
      apply: { $0[0].selected(at: $0[1], along: axis) },
      reference: { inputs in
        let x = inputs[0]
        let place = axis < 0 ? axis + x.rank : axis
        var shape = x.shape
        shape[place] = inputs[1].values.count
        return PlainArray(shape: shape) { index in
          var source = index
          source[place] = Int(inputs[1].values[index[place]])
          return x[source]
        }
      },
      samples: samples.map { inputs($0.0, $0.1) }, large: inputs(large.0, large.1), bound: .none,
      exactness: .none,
      errors: [
        OpError("selected: position 3 is out of range for axis 0 of size 3") {
          _ = Tensor.ones([3]).selected(at: Tensor([3], dtype: .int32), along: 0)
        },
        OpError("selected: the positions must be an int32 vector, got float32 [1]") {
          _ = Tensor.ones([3]).selected(at: Tensor([1]), along: 0)
        },
        OpError("selected: the positions must be an int32 vector, got int32 [1, 1]") {
          _ = Tensor.ones([3]).selected(at: Tensor.zeros([1, 1], dtype: .int32), along: 0)
        },
        OpError("selected: axis 1 is out of range for shape [3] of rank 1") {
          _ = Tensor.ones([3]).selected(at: Tensor([1], dtype: .int32), along: 1)
        },
      ])
  }

  private static func lookup(_ table: Shape, _ positions: Shape) -> [Input] {
    [Input(table), Input(positions, .whole(0..<table[0]))]
  }

  private static let slices: [OpCase] = [
    slices(
      along: 0, [([1], 1), ([4], 6), ([4, 3], 2), ([3, 2, 2], 5), ([3, 2], 0)],
      large: ([300, 257], 400)),
    slices(along: -1, [([4], 3), ([3, 4], 6), ([2, 2, 3], 2)], large: ([257, 300], 400)),
    OpCase(
      name: "embedding", operations: ["embedding(Tensor, at: Tensor)"],
      apply: { embedding($0[0], at: $0[1]) },
      reference: { inputs in
        let (table, positions) = (inputs[0], inputs[1])
        return PlainArray(shape: positions.shape + table.shape.dropFirst()) { index in
          let row = Int(positions[Array(index.prefix(positions.rank))])
          return table[[row] + index.dropFirst(positions.rank)]
        }
      },
      samples: [
        lookup([5, 3], []), lookup([5, 3], [4]), lookup([4, 2], [2, 3]), lookup([5], [2]),
        lookup([3, 2, 2], [2, 2]), lookup([5, 3], [0]), lookup([1, 1], [1]),
      ],
      large: lookup([1000, 64], [20, 100]), bound: .none, exactness: .none,
      errors: [
        OpError("embedding: a scalar has no rows") {
          _ = embedding(Tensor(1), at: Tensor([0], dtype: .int32))
        },
        OpError("position 5 is out of range for axis 0 of size 5") {
          _ = embedding(Tensor.ones([5, 3]), at: Tensor([[0, 5]], dtype: .int32))
        },
        OpError("the positions must be an int32 vector, got float32 [1]") {
          _ = embedding(Tensor.ones([5, 3]), at: Tensor([0]))
        },
      ]),
  ]

  // MARK: Labels

  private static let labels: [OpCase] = [DType.float32, .float64, .bool].map { dtype in
    OpCase(
      name: "oneHot of \(dtype)", operations: ["oneHot(Tensor, classes: Int, dtype: DType)"],
      apply: {
        dtype == .float32
          ? oneHot($0[0], classes: 4) : oneHot($0[0], classes: 4, dtype: dtype)
      },
      reference: { inputs in
        PlainArray(shape: inputs[0].shape + [4]) { index in
          inputs[0][index.dropLast()] == Double(index[index.count - 1]) ? 1 : 0
        }
      },
      samples: shapes.map { [Input($0, .whole(0..<4))] },
      large: [Input([20_000], .whole(0..<4))], bound: .none, exactness: .none,
      isDifferentiable: false, resultType: dtype,
      errors: [
        OpError("oneHot: the labels are float32, not int32") {
          _ = oneHot(Tensor([1]), classes: 2)
        },
        OpError("oneHot: a label is outside of the 3 classes") {
          _ = oneHot(Tensor([0, 3], dtype: .int32), classes: 3)
        },
        OpError("oneHot: a label is outside of the 3 classes") {
          _ = oneHot(Tensor([-1], dtype: .int32), classes: 3)
        },
      ])
  }
}
