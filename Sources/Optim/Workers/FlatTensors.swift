import Autograd
import Tensor

/// Tensors of float32 and float64 one behind the other, in one vector for each of the two, to be
/// sent and added as a whole.
package struct FlatTensors: Sendable {
  /// The vectors that are not empty, float32 before float64.
  package var vectors: [Tensor]
  private let shapes: [Shape]
  /// The positions of the tensors that each vector holds.
  private let positions: [[Int]]

  /// Lays tensors behind each other.
  package init(_ tensors: [Tensor]) {
    shapes = tensors.map(\.shape)
    positions = [DType.float32, .float64].map { dtype in
      tensors.indices.filter { tensors[$0].dtype == dtype }
    }.filter { !$0.isEmpty }
    vectors = positions.map { positions in
      concatenated(positions.map { tensors[$0].reshaped(to: [-1]) })
    }
  }

  /// The tensors.
  package var tensors: [Tensor] {
    var tensors = [Tensor?](repeating: nil, count: shapes.count)
    for (vector, positions) in zip(vectors, positions) {
      var start = 0
      for position in positions {
        let end = start + shapes[position].elementCount
        tensors[position] = vector[start..<end].reshaped(to: shapes[position])
        start = end
      }
    }
    return tensors.map { tensor in
      guard let tensor else { fail("FlatTensors: a tensor is neither float32 nor float64") }
      return tensor
    }
  }

  /// Returns the sums of the elements of two lists of tensors of the same shapes.
  package static func + (a: FlatTensors, b: FlatTensors) -> FlatTensors {
    var sum = a
    sum.vectors = zip(a.vectors, b.vectors).map { $0 + $1 }
    return sum
  }
}
