import CKernels

/// Where the windows over an image stand, along height and width.
package struct WindowGeometry: Sendable {
  package var size: (Int, Int)
  package var stride: (Int, Int)
  package var padding: (Int, Int)
  package var dilation: (Int, Int)
  /// The number of windows.
  package var count: (Int, Int)

  package init(
    size: (Int, Int), stride: (Int, Int), padding: (Int, Int), dilation: (Int, Int),
    count: (Int, Int)
  ) {
    self.size = size
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
    self.count = count
  }

  /// The elements of a window.
  var elements: Int { size.0 * size.1 }

  /// The windows over an image.
  var windows: Int { count.0 * count.1 }

  /// Whether the windows over an image of `height` × `width` are its pixels.
  func isIdentity(height: Int, width: Int) -> Bool {
    size == (1, 1) && stride == (1, 1) && padding == (0, 0) && count == (height, width)
  }

  /// The windows over an image of `height` × `width`, as the kernels see them.
  func over(height: Int, width: Int) -> ck_windows {
    ck_windows(
      image: (height, width), size: size, stride: stride, padding: padding, dilation: dilation,
      count: count)
  }
}

/// Lays the windows of images side by side, adds them back up, and finds their greatest elements.
package enum Windows {
  /// [n, c, h, w] → [n, c · kh · kw, windows]; 0 where a window reaches into the padding.
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

  /// [n, c · kh · kw, windows] → [n, c, h, w], adding up what stands in several windows.
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

  /// [channels, h, w] → [channels, kh · kw, windows] in memory.
  static func unfold(
    _ images: UnsafeRawPointer, into columns: UnsafeMutableRawPointer, dtype: DType,
    _ windows: ck_windows, channels: Int
  ) {
    let kernel = ck_unfold(Execution.current.kernels, dtype.code)
    run(kernel, windows, dtype, channels: channels) { kernel, windows, first, count in
      kernel(
        images + first * windows.pixels * dtype.byteCount,
        columns + first * windows.spread * dtype.byteCount, &windows, count)
    }
  }

  /// [channels, kh · kw, windows] → [channels, h, w] in memory.
  static func fold(
    _ columns: UnsafeRawPointer, into images: UnsafeMutableRawPointer, dtype: DType,
    _ windows: ck_windows, channels: Int
  ) {
    let kernel = ck_fold(Execution.current.kernels, dtype.code)
    run(kernel, windows, dtype, channels: channels) { kernel, windows, first, count in
      kernel(
        columns + first * windows.spread * dtype.byteCount,
        images + first * windows.pixels * dtype.byteCount, &windows, count)
    }
  }

  /// The greatest element of each window and where in its image it stands, [n, c, windows]: the first of
  /// equals, and NaN where there is one.
  package static func maxima(
    _ x: Tensor, _ geometry: WindowGeometry
  ) -> (values: Tensor, positions: Tensor) {
    let shape: Shape = [x.shape[0], x.shape[1], geometry.windows]
    let values = Tensor(uninitialized: shape, dtype: x.dtype)
    let positions = Tensor(uninitialized: shape, dtype: .int32)
    let source = x.contiguous
    let (images, greatest) = (source.pointer, values.pointer)
    let places = positions.pointer.assumingMemoryBound(to: Int32.self)
    let kernel = ck_maxima(Execution.current.kernels, x.dtype.code)
    let windows = geometry.over(height: x.shape[2], width: x.shape[3])
    run(kernel, windows, x.dtype, channels: x.shape[0] * x.shape[1]) {
      kernel, windows, first, count in
      let everywhere = kernel(
        images + first * windows.pixels * x.dtype.byteCount,
        greatest + first * geometry.windows * x.dtype.byteCount,
        places + first * geometry.windows, &windows, count)
      require(everywhere != 0, "maxPool2d: a window sees nothing but padding")
    }
    withExtendedLifetime(source) {}
    return (values, positions)
  }

  /// Calls a kernel with runs of channels, spread over threads.
  private static func run<Kernel>(
    _ kernel: Kernel?, _ windows: ck_windows, _ dtype: DType, channels: Int,
    _ body: (Kernel, inout ck_windows, _ first: Int, _ count: Int) -> Void
  ) {
    guard let kernel else { fail("window: not defined for \(dtype)") }
    let grain = Swift.max(1, (1 << 15) / Swift.max(1, windows.spread))
    forEachChunk(of: channels, grain: grain) { range in
      var windows = windows
      body(kernel, &windows, range.lowerBound, range.count)
    }
  }
}

extension ck_windows {
  /// The elements of an image.
  fileprivate var pixels: Int { image.0 * image.1 }

  /// The elements of all windows over an image.
  fileprivate var spread: Int { size.0 * size.1 * count.0 * count.1 }
}
