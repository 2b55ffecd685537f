import Autograd
import Tensor

extension OpCase {
  static let gathering: [OpCase] = pickings + replacements + slices + matrixSelections + labels

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
          """
          gathered: indices of shape [2] for shape [2, 3] lack an axis, which \
          'indices.expanded(along: 1)' gives them
          """
        ) {
          _ = Tensor.ones([2, 3]).gathered(at: Tensor.zeros([2], dtype: .int32), along: 1)
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
      name: "scatterAdded", operations: ["scatterAdded(at: Tensor, along: Int, into: Shape)"],
      apply: { $0[0].scatterAdded(at: $0[1], along: 1, into: [3, 4]) },
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
      exactness: Bound(relative: 1e-13, absolute: 1e-11), growth: .fixed,
      errors: [
        OpError("scatterAdded: index 4 is out of range for axis 1 of size 4") {
          _ = Tensor.ones([3, 1]).scatterAdded(
            at: Tensor.full([3, 1], 4, dtype: .int32), along: 1, into: [3, 4])
        },
        OpError("scatterAdded: shapes [3, 2] of the values and [3, 1] of the indices differ") {
          _ = Tensor.ones([3, 2]).scatterAdded(
            at: Tensor.zeros([3, 1], dtype: .int32), along: 1, into: [3, 4])
        },
      ]),
  ]

  /// A row of `scattered` at the positions start, start + 1, … modulo the size, none of which
  /// occurs twice.
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
      name: "scattered \(count) along \(axis)",
      operations: ["scattered(Tensor, at: Tensor, along: Int)"],
      apply: { inputs in
        var steps = Shape(repeating: 1, rank: inputs[0].rank)
        steps[axis] = count
        let numbers = Tensor.arange(to: Double(count), dtype: .int32).reshaped(to: steps)
        let positions = (inputs[2] + numbers) % Double(inputs[0].shape[axis])
        return inputs[0].scattered(inputs[1], at: positions, along: axis)
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
        OpError("scattered: index 4 is out of range for axis 1 of size 4") {
          _ = Tensor.ones([3, 4]).scattered(
            Tensor.ones([3, 1]), at: Tensor.full([3, 1], 4, dtype: .int32), along: 1)
        },
        OpError("scattered: the indices are float32, not int32") {
          _ = Tensor.ones([3]).scattered(Tensor([1]), at: Tensor([0]), along: 0)
        },
        OpError(
          "scattered: values of float32 [3, 2] for indices of shape [3, 1] and a tensor of float32"
        ) {
          _ = Tensor.ones([3, 4]).scattered(
            Tensor.ones([3, 2]), at: Tensor.zeros([3, 1], dtype: .int32), along: 1)
        },
      ])
  }

  private static let replacements: [OpCase] = [
    OpCase(
      name: "scattered at repeated positions",
      operations: ["scattered(Tensor, at: Tensor, along: Int)"],
      apply: { $0[0].scattered($0[1], at: $0[2], along: 1) },
      reference: { inputs in
        var result = inputs[0]
        PlainArray.forEachIndex(of: inputs[1].shape) { index in
          result[[index[0], Int(inputs[2][index])]] = inputs[1][index]
        }
        return result
      },
      samples: [
        [Input([3, 2]), Input([3, 5]), Input([3, 5], .whole(0..<2))],
        [Input([2, 1]), Input([2, 3]), Input([2, 3], .whole(0..<1))],
      ], large: [Input([300, 20]), Input([300, 90]), Input([300, 90], .whole(0..<20))],
      bound: .none, exactness: .none),
    replacement(along: 0, count: 1, [[1], [5], [3, 4]], large: [50, 300]),
    replacement(along: 0, count: 3, [[3], [5], [4, 2]], large: [50, 300]),
    replacement(along: 1, count: 2, [[3, 4], [2, 2], [2, 3, 2], [0, 2]], large: [300, 257]),
  ]

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
        OpError("selected: the positions are float32, not int32") {
          _ = Tensor.ones([3]).selected(at: Tensor([1]), along: 0)
        },
        OpError("selected: axis 1 is out of range for shape [3] of rank 1") {
          _ = Tensor.ones([3]).selected(at: Tensor([1], dtype: .int32), along: 1)
        },
      ])
  }

  private static let matrixSelections: [OpCase] = [
    OpCase(
      name: "selected at a matrix along 1", operations: ["selected(at: Tensor, along: Int)"],
      apply: { $0[0].selected(at: $0[1], along: 1) },
      reference: { inputs in
        let (x, positions) = (inputs[0], inputs[1])
        let shape = [x.shape[0]] + positions.shape + x.shape.dropFirst(2)
        return PlainArray(shape: shape) { index in
          let position = positions[Array(index[1..<1 + positions.rank])]
          return x[[index[0], Int(position)] + index.dropFirst(1 + positions.rank)]
        }
      },
      samples: [
        [Input([2, 3]), Input([2, 2], .whole(0..<3))],
        [Input([2, 3, 2]), Input([], .whole(0..<3))],
        [Input([2, 3, 2]), Input([0, 2], .whole(0..<3))],
      ], large: nil, bound: .none, exactness: .none)
  ]

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
        OpError("embedding: position 5 is out of range for axis 0 of size 5") {
          _ = embedding(Tensor.ones([5, 3]), at: Tensor([[0, 5]], dtype: .int32))
        },
        OpError("embedding: the positions are float32, not int32") {
          _ = embedding(Tensor.ones([5, 3]), at: Tensor([0]))
        },
      ]),
  ]

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
        OpError("oneHot: label 3 is out of range for 3 classes") {
          _ = oneHot(Tensor([0, 3], dtype: .int32), classes: 3)
        },
        OpError("oneHot: label -1 is out of range for 1 class") {
          _ = oneHot(Tensor([0, -1], dtype: .int32), classes: 1)
        },
      ])
  }
}
