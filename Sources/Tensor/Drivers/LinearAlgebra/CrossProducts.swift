import CKernels

/// Cross products of vectors of three elements.
package enum CrossProducts {
  /// Returns a × b for the vectors along the last axis, broadcast.
  package static func forward(_ a: Tensor, _ b: Tensor) -> Tensor {
    guard let shape = a.shape.broadcast(with: b.shape),
      let kernel = ck_cross(Execution.current.kernels, a.dtype.code)
    else { fail("cross: \(a.dtype.isUndefined)") }
    let result = Tensor(uninitialized: shape, dtype: a.dtype)
    let x = Views.broadcast(a, to: shape).contiguous
    let y = Views.broadcast(b, to: shape).contiguous
    let (first, second, target) = (x.pointer, y.pointer, result.pointer)
    let size = 3 * a.dtype.byteCount
    forEachChunk(of: result.elementCount / 3, each: 3, grain: Grain.elements) {
      let start = $0.lowerBound * size
      kernel(first + start, second + start, target + start, $0.count)
    }
    withExtendedLifetime((x, y)) {}
    return result
  }
}
