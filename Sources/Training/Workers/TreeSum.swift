/// Adds vectors in the order of a binary tree over them: neighbors, then sums of neighbors.
///
/// It is the order in which a group of workers adds, whatever connects them.
enum TreeSum {
  /// Writes the sum of the terms to two places, which may be one, or that of a term.
  ///
  /// - Parameters:
  ///   - terms: At least two vectors, which are overwritten.
  ///   - count: The number of elements of each.
  ///   - first: Where the sum goes.
  ///   - second: Where it goes too.
  static func add<Scalar: SIMDScalar & BinaryFloatingPoint>(
    _ terms: [UnsafeMutablePointer<Scalar>], count: Int, to first: UnsafeMutablePointer<Scalar>,
    and second: UnsafeMutablePointer<Scalar>
  ) {
    var stride = 1
    while 2 * stride < terms.count {
      for to in Swift.stride(from: 0, to: terms.count - stride, by: 2 * stride) {
        add(terms[to], terms[to + stride], count, to: terms[to], and: terms[to])
      }
      stride *= 2
    }
    add(terms[0], terms[stride], count, to: first, and: second)
  }

  /// Adds two vectors, some elements at a time: places that are the same keep the compiler from
  /// doing so.
  private static func add<Scalar: SIMDScalar & BinaryFloatingPoint>(
    _ a: UnsafeMutablePointer<Scalar>, _ b: UnsafeMutablePointer<Scalar>, _ count: Int,
    to first: UnsafeMutablePointer<Scalar>, and second: UnsafeMutablePointer<Scalar>
  ) {
    let width = SIMD16<Scalar>.scalarCount
    var i = 0
    while i + width <= count {
      let sum =
        UnsafeRawPointer(a + i).loadUnaligned(as: SIMD16<Scalar>.self)
        + UnsafeRawPointer(b + i).loadUnaligned(as: SIMD16<Scalar>.self)
      UnsafeMutableRawPointer(first + i).storeBytes(of: sum, as: SIMD16<Scalar>.self)
      UnsafeMutableRawPointer(second + i).storeBytes(of: sum, as: SIMD16<Scalar>.self)
      i += width
    }
    while i < count {
      let sum = a[i] + b[i]
      (first[i], second[i]) = (sum, sum)
      i += 1
    }
  }
}
