import CKernels
import Tensor

/// Adds vectors in the order of a binary tree over them: neighbors, then sums of neighbors.
///
/// It is the order in which a group of workers adds, whatever connects them.
package enum TreeSum {
  /// Writes the sum of some vectors to a place, which may be that of one of them.
  ///
  /// - Parameters:
  ///   - terms: At least two vectors, which may be overwritten.
  ///   - count: The number of elements of each.
  ///   - sum: Where the sum goes.
  package static func add<Scalar: TensorScalar>(
    _ terms: [UnsafeMutablePointer<Scalar>], count: Int, to sum: UnsafeMutablePointer<Scalar>
  ) {
    guard let add = ck_binary(Execution.current.kernels, CK_BINARY_ADD, Scalar.dtype.code) else {
      fail("TreeSum: there is no sum of \(Scalar.dtype)")
    }
    var stride = 1
    while 2 * stride < terms.count {
      for to in Swift.stride(from: 0, to: terms.count - stride, by: 2 * stride) {
        add(terms[to], 1, terms[to + stride], 1, terms[to], count)
      }
      stride *= 2
    }
    add(terms[0], 1, terms[stride], 1, sum, count)
  }
}
