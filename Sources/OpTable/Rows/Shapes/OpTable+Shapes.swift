import Autograd
import Tensor

extension OpCase {
  static let movements: [OpCase] = shapeRows + axisRows + joins

  /// A row of an operation that moves the elements of one tensor.
  private static func movement(
    _ name: String, _ operation: String, _ shapes: [Shape], large: Shape? = nil,
    errors: [OpError] = [],
    _ apply: @escaping @Sendable (Tensor) -> Tensor,
    reference: @escaping @Sendable (PlainArray) -> PlainArray
  ) -> OpCase {
    OpCase(
      name: name, operations: [operation], apply: { apply($0[0]) },
      reference: { reference($0[0]) }, samples: shapes.map { [Input($0)] },
      large: large.map { [Input($0)] }, bound: .none, exactness: .none, errors: errors)
  }

  private static let shapeRows: [OpCase] = [
    movement(
      "reshaped to [-1, 2]", "reshaped(to: Shape)", [[2], [0, 5], [4, 3], [2, 3, 4]],
      large: [256, 300],
      errors: [
        OpError("reshaped: shape [4, -1] does not fit the 6 elements of shape [2, 3]") {
          _ = Tensor.ones([2, 3]).reshaped(to: [4, -1])
        },
        OpError("reshaped: shape [2, 2] does not fit the 6 elements of shape [2, 3]") {
          _ = Tensor.ones([2, 3]).reshaped(to: [2, 2])
        },
        OpError("reshaped: shape [-1, -1] does not fit the 6 elements of shape [2, 3]") {
          _ = Tensor.ones([2, 3]).reshaped(to: [-1, -1])
        },
        OpError("reshaped: shape [2] does not fit the 1 element of shape [1]") {
          _ = Tensor.ones([1]).reshaped(to: [2])
        },
        OpError("reshaped: shape [0, -1] does not fit the 0 elements of shape [0]") {
          _ = Tensor.ones([0]).reshaped(to: [0, -1])
        },
      ]
    ) {
      $0.reshaped(to: [-1, 2])
    } reference: {
      $0.reshaped([$0.values.count / 2, 2])
    },
    movement("reshaped to [3, 1, 4]", "reshaped(to: Shape)", [[12], [3, 4], [2, 3, 2], [4, 3]]) {
      $0.reshaped(to: [3, 1, 4])
    } reference: {
      $0.reshaped([3, 1, 4])
    }.with { $0.growth = .fixed },
    movement("reshaped to a scalar", "reshaped(to: Shape)", [[], [1], [1, 1, 1]]) {
      $0.reshaped(to: [])
    } reference: {
      $0.reshaped([])
    }.with { $0.growth = .fixed },
    movement("flattened", "flattened(from: Int)", [[], [3], [0, 2], [2, 3, 4]]) {
      $0.flattened()
    } reference: {
      $0.reshaped([$0.values.count])
    },
    movement(
      "flattened from 1", "flattened(from: Int)", [[3, 2], [2, 3, 4], [2, 0, 3]],
      errors: [
        OpError("flattened: axis 2 is out of range for shape [2, 3] of rank 2") {
          _ = Tensor.ones([2, 3]).flattened(from: 2)
        }
      ]
    ) {
      $0.flattened(from: 1)
    } reference: {
      $0.reshaped([$0.shape[0], $0.shape.dropFirst().reduce(1, *)])
    },
    movement(
      "broadcast", "broadcast(to: Shape)",
      [[], [1], [4], [3, 1], [3, 4], [2, 1, 4], [1, 1, 1]],
      errors: [
        OpError("broadcast: shape [3] does not broadcast to [2, 4]") {
          _ = Tensor.ones([3]).broadcast(to: [2, 4])
        },
        OpError("broadcast: shape [2, 3] does not broadcast to [3]") {
          _ = Tensor.ones([2, 3]).broadcast(to: [3])
        },
      ]
    ) {
      $0.broadcast(to: [2, 3, 4])
    } reference: {
      $0.broadcast(to: [2, 3, 4])
    }.with { $0.growth = .fixed },
    movement(
      "expanded 0", "expanded(along: Int)", [[], [3], [2, 3], [0]],
      errors: [
        OpError("expanded: axis 3 is out of range") {
          _ = Tensor.ones([2, 3]).expanded(along: 3)
        }
      ]
    ) {
      $0.expanded(along: 0)
    } reference: {
      $0.reshaped([1] + $0.shape)
    },
    movement("expanded -1", "expanded(along: Int)", [[], [3], [2, 3], [0]]) {
      $0.expanded(along: -1)
    } reference: {
      $0.reshaped($0.shape + [1])
    },
    movement("expanded -2", "expanded(along: Int)", [[3], [2, 3], [2, 3, 4]]) {
      $0.expanded(along: -2)
    } reference: {
      $0.reshaped($0.shape.dropLast() + [1, $0.shape[$0.rank - 1]])
    },
    movement(
      "squeezed 1", "squeezed(along: Int)", [[3, 1], [2, 1, 4], [0, 1]],
      errors: [
        OpError("squeezed: axis 1 of shape [2, 3] has size 3") {
          _ = Tensor.ones([2, 3]).squeezed(along: 1)
        }
      ]
    ) {
      $0.squeezed(along: 1)
    } reference: {
      $0.reshaped([$0.shape[0]] + $0.shape.dropFirst(2))
    },
  ]

  private static let axisRows: [OpCase] = [
    movement(
      "transposed", "transposed(Int, Int)", [[1, 1], [3, 4], [2, 3, 4], [0, 2]],
      large: [300, 257],
      errors: [
        OpError("transposed: axis -2 is out of range for shape [3] of rank 1") {
          _ = Tensor.ones([3]).transposed()
        }
      ]
    ) {
      $0.transposed()
    } reference: {
      $0.permuted(Array(0..<$0.rank - 2) + [-1, -2])
    },
    movement(
      "transposed 0, 2", "transposed(Int, Int)", [[2, 3, 4], [2, 1, 3, 2]], large: [30, 40, 70]
    ) {
      $0.transposed(0, 2)
    } reference: {
      $0.permuted([2, 1, 0] + Array(3..<$0.rank))
    },
    movement(
      "permuted by a list", "permuted([Int])", [[2, 3, 4], [1, 5, 1], [2, 0, 3]],
      large: [30, 40, 70],
      errors: [
        OpError("permuted: [0, 1] does not name each axis of shape [2, 3, 4] once") {
          _ = Tensor.ones([2, 3, 4]).permuted([0, 1])
        },
        OpError("permuted: axis -1 is named twice") {
          _ = Tensor.ones([2, 3, 4]).permuted([0, 2, -1])
        },
      ]
    ) {
      $0.permuted([2, 0, -2])
    } reference: {
      $0.permuted([2, 0, 1])
    },
    movement(
      "movingAxis 1, -1", "movingAxis(Int, to: Int)", [[2, 3], [2, 3, 4], [2, 3, 1, 2]],
      large: [30, 40, 70],
      errors: [
        OpError("movingAxis: axis 2 is out of range for shape [2, 3] of rank 2") {
          _ = Tensor.ones([2, 3]).movingAxis(0, to: 2)
        },
        OpError("movingAxis: axis -3 is out of range for shape [2, 3] of rank 2") {
          _ = Tensor.ones([2, 3]).movingAxis(-3, to: 0)
        },
      ]
    ) {
      $0.movingAxis(1, to: -1)
    } reference: {
      $0.permuted([0] + Array(2..<$0.rank) + [1])
    },
    movement("movingAxis -1, 0", "movingAxis(Int, to: Int)", [[2], [2, 3], [2, 3, 4]]) {
      $0.movingAxis(-1, to: 0)
    } reference: {
      $0.permuted([-1] + Array(0..<$0.rank - 1))
    },
    movement("permuted", "permuted(Int...)", [[2, 3, 4], [1, 5, 1]], large: [30, 40, 70]) {
      $0.permuted(1, -1, 0)
    } reference: {
      $0.permuted([1, 2, 0])
    },
  ]

  private static func join(
    _ name: String, _ operation: String, _ samples: [[Shape]], large: [Shape],
    errors: [OpError] = [], _ apply: @escaping @Sendable ([Tensor]) -> Tensor,
    reference: @escaping @Sendable ([PlainArray]) -> PlainArray
  ) -> OpCase {
    OpCase(
      name: name, operations: [operation], apply: apply, reference: reference,
      samples: samples.map { $0.map { Input($0) } }, large: large.map { Input($0) },
      bound: .none, exactness: .none, errors: errors)
  }

  /// The arrays joined along an axis.
  private static func concatenation(_ arrays: [PlainArray], axis: Int) -> PlainArray {
    var shape = arrays[0].shape
    shape[axis] = arrays.map { $0.shape[axis] }.reduce(0, +)
    return PlainArray(shape: shape) { index in
      var index = index
      var array = 0
      while index[axis] >= arrays[array].shape[axis] {
        index[axis] -= arrays[array].shape[axis]
        array += 1
      }
      return arrays[array][index]
    }
  }

  private static let joins: [OpCase] = [
    join(
      "concatenated", "concatenated([Tensor], along: Int)",
      [[[2], [3], [1]], [[2, 3], [1, 3]], [[0, 3], [2, 3]], [[2, 3, 2]]],
      large: [[100, 257], [200, 257]],
      errors: [
        OpError("concatenated: no tensors") { _ = concatenated([]) },
        OpError(
          "concatenated: shapes [2, 3] and [2, 4] differ along an axis other than 0"
        ) { _ = concatenated([Tensor.ones([2, 3]), Tensor.ones([2, 4])]) },
        OpError("concatenated: dtypes float32 and float64 differ") {
          _ = concatenated([Tensor([1]), Tensor([1], dtype: .float64)])
        },
        OpError("concatenated: axis 1 is out of range for shape [1] of rank 1") {
          _ = concatenated([Tensor([1]), Tensor([2])], along: 1)
        },
      ]
    ) {
      concatenated($0)
    } reference: {
      concatenation($0, axis: 0)
    },
    join(
      "concatenated along -1", "concatenated([Tensor], along: Int)",
      [[[2], [3]], [[2, 3], [2, 1], [2, 0]], [[2, 1, 3], [2, 1, 2]]],
      large: [[300, 100], [300, 157]]
    ) {
      concatenated($0, along: -1)
    } reference: {
      concatenation($0, axis: $0[0].rank - 1)
    },
    join(
      "stacked", "stacked([Tensor], along: Int)", [[[], []], [[2], [2], [2]], [[2, 3]]],
      large: [[200, 257], [200, 257]],
      errors: [
        OpError("stacked: shapes [2] and [3] differ") {
          _ = stacked([Tensor([1, 2]), Tensor([1, 2, 3])])
        },
        OpError("stacked: no tensors") { _ = stacked([]) },
        OpError("stacked: dtypes float32 and float64 differ") {
          _ = stacked([Tensor([1]), Tensor([1], dtype: .float64)])
        },
        OpError("stacked: axis 2 is out of range for tensors of shape [1]") {
          _ = stacked([Tensor([1]), Tensor([2])], along: 2)
        },
      ]
    ) {
      stacked($0)
    } reference: {
      concatenation($0.map { $0.reshaped([1] + $0.shape) }, axis: 0)
    },
    join(
      "stacked along -1", "stacked([Tensor], along: Int)",
      [[[], []], [[2], [2], [2]], [[2, 3], [2, 3]]], large: [[200, 257], [200, 257]]
    ) {
      stacked($0, along: -1)
    } reference: {
      concatenation($0.map { $0.reshaped($0.shape + [1]) }, axis: $0[0].rank)
    },
    join(
      "meshGrid, first", "meshGrid(Tensor...)", [[[2], [3]], [[1], [1]], [[0], [2]]],
      large: [[300], [257]],
      errors: [
        OpError("meshGrid: a tensor of shape [2, 1] is not a vector") {
          _ = meshGrid(Tensor([1]), Tensor.ones([2, 1]))
        }
      ]
    ) {
      meshGrid($0[0], $0[1])[0]
    } reference: { vectors in
      PlainArray(shape: vectors.map { $0.values.count }) { vectors[0].values[$0[0]] }
    },
    join(
      "meshGrid, last", "meshGrid(Tensor...)", [[[2], [3], [2]], [[1], [4], [3]]],
      large: [[30], [25], [70]]
    ) {
      meshGrid($0[0], $0[1], $0[2])[2]
    } reference: { vectors in
      PlainArray(shape: vectors.map { $0.values.count }) { vectors[2].values[$0[2]] }
    },
  ]
}
