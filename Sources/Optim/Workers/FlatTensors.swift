import Autograd
import Tensor

/// Tensors of float32 and float64 in few vectors, to be sent and added as a whole: large ones by
/// themselves, the others one behind the other, in one vector for each dtype.
package struct FlatTensors: Sendable {
  /// The vectors, none of which is empty.
  package var vectors: [Tensor]
  private let shapes: [Shape]
  /// The positions of the tensors that each vector holds.
  private let positions: [[Int]]

  /// The elements of a tensor that is large: what a vector of its own costs in latency, it saves in
  /// copies.
  private static let largeCount = 1 << 18

  /// Lays tensors behind each other.
  package init(_ tensors: [Tensor]) { self.init(tensors.map { ($0, 1) }) }

  /// Lays tensors behind each other, each times a factor, in one pass.
  ///
  /// A large tensor that is contiguous is not copied if its factor is 1.
  package init(_ terms: [(tensor: Tensor, factor: Double)]) {
    shapes = terms.map(\.tensor.shape)
    let isLarge = terms.map { $0.tensor.elementCount >= Self.largeCount }
    let large = terms.indices.filter { isLarge[$0] }.map { [$0] }
    let small = [DType.float32, .float64].map { dtype in
      terms.indices.filter { terms[$0].tensor.dtype == dtype && !isLarge[$0] }
    }.filter { !$0.isEmpty }
    positions = large + small
    vectors =
      large.map { positions in
        let (tensor, factor) = terms[positions[0]]
        return (factor == 1 ? tensor : tensor * factor).reshaped(to: [-1])
      }
      + small.map { positions in
        let terms = positions.map { terms[$0] }
        return terms[0].tensor.dtype == .float32
          ? Self.vector(terms, of: Float.self) : Self.vector(terms, of: Double.self)
      }
  }

  private static func vector<Scalar: TensorScalar & BinaryFloatingPoint>(
    _ terms: [(tensor: Tensor, factor: Double)], of _: Scalar.Type
  ) -> Tensor {
    let count = terms.reduce(0) { $0 + $1.tensor.elementCount }
    var vector = Tensor(uninitialized: [count], dtype: Scalar.dtype)
    vector.withUnsafeMutableScalars(as: Scalar.self) { target in
      var start = 0
      for (tensor, factor) in terms {
        let end = start + tensor.elementCount
        // A part that begins at 0 lets the compiler use vectors.
        let part = UnsafeMutableBufferPointer(rebasing: target[start..<end])
        tensor.withUnsafeScalars(as: Scalar.self) { source in
          let factor = Scalar(factor)
          for i in 0..<part.count { part[i] = source[i] * factor }
        }
        start = end
      }
    }
    return vector
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

  /// Adds tensors of the same shapes.
  package static func += (a: inout FlatTensors, b: FlatTensors) {
    for position in a.vectors.indices { a.vectors[position] += b.vectors[position] }
  }
}
