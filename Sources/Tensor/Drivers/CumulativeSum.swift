/// Sums elements cumulatively along an axis.
package enum CumulativeSum {
  /// Returns, for each element, the sum of the elements up to and including it along `axis`.
  package static func forward(_ x: Tensor, along axis: Int) -> Tensor {
    let axis = x.shape.axis(axis, in: "cumulativeSum")
    let result = Elementwise.copy(x)
    switch x.dtype {
    case .float32: accumulate(Float.self, result, axis, +)
    case .float64: accumulate(Double.self, result, axis, +)
    case .int32: accumulate(Int32.self, result, axis, &+)
    case .bool: fail("cumulativeSum: not defined for bool")
    }
    return result
  }

  private static func accumulate<Scalar: TensorScalar>(
    _ type: Scalar.Type, _ x: Tensor, _ axis: Int, _ add: (Scalar, Scalar) -> Scalar
  ) {
    let (outer, length, inner) = x.shape.around(axis)
    let elements = x.pointer.assumingMemoryBound(to: type)
    for block in 0..<outer {
      for i in Swift.min(1, length)..<length {
        let row = elements + (block * length + i) * inner
        for column in 0..<inner { row[column] = add(row[column], row[column - inner]) }
      }
    }
  }
}
