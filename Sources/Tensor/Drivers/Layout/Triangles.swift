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
    if result.elementCount == 0 { return result }
    let (rows, columns) = (x.shape[x.rank - 2], x.shape[x.rank - 1])
    // Rows are copied as they are.
    let source = x.strides[x.rank - 1] == 1 || x.isContiguous ? x : x.contiguous
    let (from, to, size) = (source.pointer, result.pointer, x.dtype.byteCount)
    let offsets = RowOffsets(source)
    forEachChunk(of: result.elementCount / columns, each: columns, grain: Grain.elements) { range in
      for row in range {
        let bound = row % rows + offset + (isUpper ? 0 : 1)
        let place = Swift.min(Swift.max(bound, 0), columns)
        let kept = isUpper ? place..<columns : 0..<place
        let zeros = isUpper ? 0..<place : place..<columns
        let target = to + row * columns * size
        memcpy(
          target + kept.lowerBound * size, from + (offsets[row] + kept.lowerBound) * size,
          kept.count * size)
        memset(target + zeros.lowerBound * size, 0, zeros.count * size)
      }
    }
    withExtendedLifetime(source) {}
    return result
  }
}

/// The offsets of the rows along the last axis from the first element of a tensor, to which tasks
/// would take turns to count references.
private struct RowOffsets {
  private let shape: Shape
  private let strides: Strides

  init(_ x: Tensor) {
    shape = x.shape
    strides = x.strides
  }

  subscript(row: Int) -> Int {
    var (rest, offset) = (row, 0)
    for axis in stride(from: shape.rank - 2, through: 0, by: -1) {
      offset += rest % shape.size(axis) * strides[axis]
      rest /= shape.size(axis)
    }
    return offset
  }
}
