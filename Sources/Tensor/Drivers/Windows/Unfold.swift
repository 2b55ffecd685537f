import CKernels

/// Unfolds images into the matrix of their sliding windows (im2col), and folds it back (col2im).
package enum Unfold {
  /// Returns the windows of images, [n, c, h, w] → [n, c · kh · kw, windows], with zeros for the
  /// padding.
  package static func unfold(_ x: Tensor, _ geometry: WindowGeometry) -> Tensor {
    let rows = x.shape[1] * geometry.elements
    let result = Tensor(uninitialized: [x.shape[0], rows, geometry.windows], dtype: x.dtype)
    let source = x.contiguous
    unfold(
      source.pointer, into: result.pointer, dtype: x.dtype,
      geometry.over(height: x.shape[2], width: x.shape[3]), channels: x.shape[0] * x.shape[1])
    withExtendedLifetime(source) {}
    return result
  }

  /// Returns images from their windows, [n, c · kh · kw, windows] → [n, c, h, w], summing where
  /// windows overlap.
  package static func fold(
    _ columns: Tensor, _ geometry: WindowGeometry, into shape: Shape
  ) -> Tensor {
    let result = Tensor(uninitialized: shape, dtype: columns.dtype)
    let source = columns.contiguous
    fold(
      source.pointer, into: result.pointer, dtype: columns.dtype,
      geometry.over(height: shape[2], width: shape[3]), channels: shape[0] * shape[1])
    withExtendedLifetime(source) {}
    return result
  }

  /// Unfolds in memory, [channels, h, w] → [channels, kh · kw, windows].
  static func unfold(
    _ images: UnsafeRawPointer, into columns: UnsafeMutableRawPointer, dtype: DType,
    _ windows: ck_windows, channels: Int
  ) {
    let kernel = ck_unfold(Execution.current.kernels, dtype.code)
    windows.forEachChannels(channels, kernel, dtype, name: "unfold") {
      kernel, windows, first, count in
      kernel(
        images + first * windows.pixels * dtype.byteCount,
        columns + first * windows.windowElements * dtype.byteCount, &windows, count)
    }
  }

  /// Folds in memory, [channels, kh · kw, windows] → [channels, h, w].
  static func fold(
    _ columns: UnsafeRawPointer, into images: UnsafeMutableRawPointer, dtype: DType,
    _ windows: ck_windows, channels: Int
  ) {
    let kernel = ck_fold(Execution.current.kernels, dtype.code)
    windows.forEachChannels(channels, kernel, dtype, name: "fold") {
      kernel, windows, first, count in
      kernel(
        columns + first * windows.windowElements * dtype.byteCount,
        images + first * windows.pixels * dtype.byteCount, &windows, count)
    }
  }
}
