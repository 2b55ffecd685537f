import CKernels

/// The geometry of the windows that slide over an image, along height and width.
package struct WindowGeometry: Sendable {
  package var size: (Int, Int)
  package var stride: (Int, Int)
  package var padding: (Int, Int)
  package var dilation: (Int, Int)
  /// The number of windows along each axis.
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

  /// The number of elements of a window.
  var elements: Int { size.0 * size.1 }

  /// The number of windows over an image.
  var windows: Int { count.0 * count.1 }

  /// Returns whether the windows over an image of `height` × `width` are its pixels.
  func isIdentity(height: Int, width: Int) -> Bool {
    size == (1, 1) && stride == (1, 1) && padding == (0, 0) && count == (height, width)
  }

  /// Returns the description that the kernels take of the windows over an image of `height` ×
  /// `width`.
  func over(height: Int, width: Int) -> ck_windows {
    ck_windows(
      image: (height, width), size: size, stride: stride, padding: padding, dilation: dilation,
      count: count)
  }
}

extension ck_windows {
  /// The number of elements of an image.
  var pixels: Int { image.0 * image.1 }

  /// The number of elements of all windows over an image.
  var windowElements: Int { size.0 * size.1 * count.0 * count.1 }

  /// Calls `body` with a kernel and ranges of channels, spread over threads.
  func forEachChannels<Kernel>(
    _ channels: Int, _ kernel: Kernel?, _ dtype: DType, name: StaticString,
    _ body: (Kernel, inout ck_windows, _ first: Int, _ count: Int) -> Void
  ) {
    guard let kernel else { fail("\(name): \(dtype.isUndefined)") }
    let grain = Grain.items(Grain.elements, each: windowElements)
    forEachChunk(of: channels, grain: grain) { range in
      var windows = self
      body(kernel, &windows, range.lowerBound, range.count)
    }
  }
}
