/// Sorts elements along an axis.
package enum Sorting {
  /// Returns the int32 indices that sort the elements along `axis`.
  ///
  /// The sort is stable, and NaN counts as greater than every number.
  package static func argsort(_ x: Tensor, along axis: Int, descending: Bool) -> Tensor {
    let axis = x.shape.axis(axis, in: "argsort")
    let result = Tensor(uninitialized: x.shape, dtype: .int32)
    let source = x.contiguous
    switch x.dtype {
    case .float32: order(Float.self, source, axis, result) { isLess($0, $1, descending) }
    case .float64: order(Double.self, source, axis, result) { isLess($0, $1, descending) }
    case .int32: order(Int32.self, source, axis, result) { descending ? $0 > $1 : $0 < $1 }
    case .bool: order(UInt8.self, source, axis, result) { descending ? $0 > $1 : $0 < $1 }
    }
    return result
  }

  private static func isLess<Scalar: FloatingPoint>(
    _ a: Scalar, _ b: Scalar, _ descending: Bool
  ) -> Bool {
    if descending { return a > b || a.isNaN && !b.isNaN }
    return a < b || !a.isNaN && b.isNaN
  }

  private static func order<Element: BitwiseCopyable>(
    _ type: Element.Type, _ x: Tensor, _ axis: Int, _ result: Tensor,
    _ precedes: (Element, Element) -> Bool
  ) {
    let (outer, length, inner) = x.shape.around(axis)
    let elements = x.pointer.assumingMemoryBound(to: type)
    let positions = result.pointer.assumingMemoryBound(to: Int32.self)
    for block in 0..<outer {
      for column in 0..<inner {
        let start = block * length * inner + column
        // The standard library's sort is stable.
        let order = (0..<length).sorted {
          precedes(elements[start + $0 * inner], elements[start + $1 * inner])
        }
        for (i, position) in order.enumerated() { positions[start + i * inner] = Int32(position) }
      }
    }
  }
}
