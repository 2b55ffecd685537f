import CKernels

/// Finds the maxima of the windows of images.
package enum MaxPooling {
  /// Returns the maximum of each window and its position in the image, both [n, c, windows].
  ///
  /// Of equal elements the first counts, and NaN takes precedence over every number.
  package static func forward(
    _ x: Tensor, _ geometry: WindowGeometry, name: StaticString
  ) -> (values: Tensor, positions: Tensor) {
    let shape: Shape = [x.shape[0], x.shape[1], geometry.windows]
    let values = Tensor(uninitialized: shape, dtype: x.dtype)
    let positions = Tensor(uninitialized: shape, dtype: .int32)
    let source = x.contiguous
    let (images, maxima) = (source.pointer, values.pointer)
    let places = positions.pointer.assumingMemoryBound(to: Int32.self)
    let kernel = ck_maxima(Execution.current.kernels, x.dtype.code)
    let windows = geometry.over(height: x.shape[2], width: x.shape[3])
    windows.forEachChannels(x.shape[0] * x.shape[1], kernel, x.dtype, name: name) {
      kernel, windows, first, count in
      let everywhere = kernel(
        images + first * windows.pixels * x.dtype.byteCount,
        maxima + first * geometry.windows * x.dtype.byteCount,
        places + first * geometry.windows, &windows, count)
      require(everywhere != 0, "\(name): a window covers nothing but padding")
    }
    withExtendedLifetime(source) {}
    return (values, positions)
  }
}
