/// Sums elements cumulatively along an axis.
package enum CumulativeSum {
  /// Returns, for each element, the sum of the elements up to and including it along `axis`.
  ///
  /// Sums of float32 are kept in double, so that each is rounded once.
  package static func forward(_ x: Tensor, along axis: Int) -> Tensor {
    let axis = x.shape.axis(axis, in: "cumulativeSum")
    let result = Elementwise.copy(x)
    switch x.dtype {
    case .float32:
      accumulate(result, axis, zero: 0.0) { (sum: inout Double, x: Float) in
        sum += Double(x)
        return Float(sum)
      }
    case .float64:
      accumulate(result, axis, zero: 0.0) { (sum: inout Double, x: Double) in
        sum += x
        return sum
      }
    case .int32:
      accumulate(result, axis, zero: Int32(0)) { (sum: inout Int32, x: Int32) in
        sum &+= x
        return sum
      }
    case .bool: fail("cumulativeSum: not defined for bool")
    }
    return result
  }

  /// The number of columns that are summed together.
  private static let columnsOfStrip = 256

  /// Replaces each element by what `add` returns for the sum of its column and the element.
  @inline(__always)
  private static func accumulate<Scalar: TensorScalar, Sum>(
    _ x: Tensor, _ axis: Int, zero: Sum, _ add: (inout Sum, Scalar) -> Scalar
  ) {
    let (outer, length, inner) = x.shape.around(axis)
    let elements = x.pointer.assumingMemoryBound(to: Scalar.self)
    if inner == 1 {
      for block in 0..<outer {
        let run = elements + block * length
        var sum = zero
        for i in 0..<length { run[i] = add(&sum, run[i]) }
      }
      return
    }
    withUnsafeTemporaryAllocation(of: Sum.self, capacity: columnsOfStrip) { sums in
      for block in 0..<outer {
        for first in stride(from: 0, to: inner, by: columnsOfStrip) {
          let count = Swift.min(columnsOfStrip, inner - first)
          sums.initialize(repeating: zero)
          for i in 0..<length {
            let row = elements + (block * length + i) * inner + first
            for column in 0..<count { row[column] = add(&sums[column], row[column]) }
          }
        }
      }
    }
  }
}
