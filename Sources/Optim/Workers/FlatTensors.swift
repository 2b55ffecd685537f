import Autograd
import Tensor

/// Tensors in few vectors, to be sent and added as a whole: large ones by themselves, the others
/// one behind the other, in one vector for each dtype.
package struct FlatTensors: Sendable {
  /// The vectors.
  package var vectors: [Tensor]
  /// Where each tensor is.
  private let places: [Place]

  private struct Place {
    let vector: Int
    let range: Range<Int>
    let shape: Shape
  }

  /// Lays tensors behind each other, times a factor, for sums over some workers.
  ///
  /// What another sum costs in latency, it saves in copies: over a network, tensors of 2¹⁸ elements
  /// and more are summed by themselves.
  package init(_ tensors: [Tensor], factor: Double = 1, on workers: any Communicator) {
    let separateCount = (workers as? any DirectSums)?.separateCount ?? 1 << 18
    self.init(tensors, factor: factor, separateCount: separateCount)
  }

  /// Lays tensors behind each other, times a factor.
  ///
  /// A large tensor, of at least `separateCount` elements, is not copied if it is contiguous and
  /// the factor is 1.
  package init(_ tensors: [Tensor], factor: Double = 1, separateCount: Int) {
    var parts: [[Tensor]] = []
    var counts: [Int] = []
    var places: [Place] = []
    var open: [DType: Int] = [:]
    for tensor in tensors {
      let count = tensor.elementCount
      let isLarge = count >= separateCount
      let vector = (isLarge ? nil : open[tensor.dtype]) ?? parts.count
      if vector == parts.count {
        parts.append([])
        counts.append(0)
        if !isLarge { open[tensor.dtype] = vector }
      }
      places.append(
        Place(vector: vector, range: counts[vector]..<counts[vector] + count, shape: tensor.shape))
      counts[vector] += count
      parts[vector].append((factor == 1 ? tensor : tensor * factor).reshaped(to: [-1]))
    }
    self.places = places
    vectors = parts.map { $0.count == 1 ? $0[0] : concatenated($0) }
  }

  /// The tensors.
  package var tensors: [Tensor] {
    places.map { vectors[$0.vector][$0.range].reshaped(to: $0.shape) }
  }

  /// Adds tensors of the same shapes.
  package static func += (a: inout FlatTensors, b: FlatTensors) {
    for position in a.vectors.indices { a.vectors[position] += b.vectors[position] }
  }
}

/// Workers whose sums cost less to begin than those over a network.
package protocol DirectSums: Communicator {
  /// The number of elements from which on a tensor is better summed by itself, or `nil` if sums go
  /// over a network after all.
  var separateCount: Int? { get }
}
