import CKernels
import CLibrary

/// Copies of matrices with zeros on one side of a diagonal.
package enum Triangles {
  /// Returns the matrices of the last two axes with zeros on one side of a diagonal.
  ///
  /// - Parameters:
  ///   - x: The matrices.
  ///   - isUpper: Whether the elements above the diagonal are kept, not those below it.
  ///   - offset: The place of the diagonal, which is kept, above the main one.
  /// - Returns: The triangles.
  package static func forward(_ x: Tensor, isUpper: Bool, offset: Int) -> Tensor {
    let result = Tensor(uninitialized: x.shape, dtype: x.dtype)
    let kernels = Execution.current.kernels
    guard result.elementCount > 0, let kernel = ck_move(kernels, x.dtype.byteCount) else {
      return result
    }
    let (rows, columns) = (x.shape[x.rank - 2], x.shape[x.rank - 1])
    // Rows are read in order, or are one element.
    let source = x.strides[x.rank - 1] > 1 ? x.contiguous : x
    let step = source.strides[x.rank - 1]
    let (to, size) = (result.pointer, x.dtype.byteCount)
    forEachChunk(
      of: result.elementCount / columns, grain: Grain.items(Grain.elements, each: columns)
    ) { range in
      for row in range {
        let bound = row % rows + offset + (isUpper ? 0 : 1)
        let place = Swift.min(Swift.max(bound, 0), columns)
        let kept = isUpper ? place..<columns : 0..<place
        let zeros = isUpper ? 0..<place : place..<columns
        let target = to + row * columns * size
        if !kept.isEmpty {
          let from = source.pointer + source.offset(ofRow: row) * size
          Move(ck_level(size: kept.count, from: step, to: 1)).run(
            from + kept.lowerBound * step * size, target + kept.lowerBound * size, kernel,
            size: size)
        }
        memset(target + zeros.lowerBound * size, 0, zeros.count * size)
      }
    }
    withExtendedLifetime(source) {}
    return result
  }
}

extension Tensor {
  /// The offset of a row along the last axis from the first element.
  fileprivate func offset(ofRow row: Int) -> Int {
    var (rest, offset) = (row, 0)
    for axis in stride(from: rank - 2, through: 0, by: -1) {
      offset += rest % shape.size(axis) * strides[axis]
      rest /= shape.size(axis)
    }
    return offset
  }
}
