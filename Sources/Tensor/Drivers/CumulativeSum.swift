/// What goes along one axis from element to element.
package enum Scan {
  /// The sums of the elements up to each along an axis.
  package static func cumulativeSum(_ x: Tensor, along axis: Int) -> Tensor {
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

  /// The positions that sort the elements along an axis; equal ones keep their order, NaN is the greatest.
  package static func sortOrder(_ x: Tensor, along axis: Int, descending: Bool) -> Tensor {
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
        // The library's sort is stable.
        let order = (0..<length).sorted {
          precedes(elements[start + $0 * inner], elements[start + $1 * inner])
        }
        for (i, position) in order.enumerated() { positions[start + i * inner] = Int32(position) }
      }
    }
  }
}

extension Shape {
  /// The number of elements before an axis, its size, and the number of elements behind it.
  package func around(_ axis: Int) -> (outer: Int, length: Int, inner: Int) {
    (self[..<axis].reduce(1, *), self[axis], self[(axis + 1)...].reduce(1, *))
  }
}
