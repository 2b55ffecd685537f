import CKernels

/// The elements of a window along one axis: their places in the kernel, and in a plane relative to
/// the window.
struct WindowElements {
  /// The first element in the kernel, the distance to the next, and the number of elements.
  var first: Int
  var step: Int
  var count: Int
  /// The pixel of the first element relative to the first pixel of a window, and the distance to
  /// the next.
  var pixel: Int
  var pixelStep: Int

  /// The lowest and the highest pixel.
  var bounds: (Int, Int) {
    let last = pixel + (count - 1) * pixelStep
    return (Swift.min(pixel, last), Swift.max(pixel, last))
  }
}

/// Windows that have the same elements: `count` of them along each axis, whose results are
/// `targetStep` apart from `target` on.
struct WindowPart {
  var rows: WindowElements
  var columns: WindowElements
  var count: (Int, Int)
  var target: (Int, Int)
  var targetStep: (Int, Int)

  var isEmpty: Bool { rows.count == 0 || columns.count == 0 }
}

/// The windows of a convolution or of its transpose: the distance of windows in the source, and the
/// parts of the result.
struct PlacedWindowParts {
  var step: (Int, Int)
  var parts: [WindowPart]
}

extension WindowGeometry {
  /// The windows over images [n, channels, height, width].
  func windows(over images: Shape) -> PlacedWindowParts {
    func elements(_ size: Int, _ dilation: Int, _ padding: Int) -> WindowElements {
      WindowElements(first: 0, step: 1, count: size, pixel: -padding, pixelStep: dilation)
    }
    return PlacedWindowParts(
      step: stride,
      parts: [
        WindowPart(
          rows: elements(size.0, dilation.0, padding.0),
          columns: elements(size.1, dilation.1, padding.1), count: count, target: (0, 0),
          targetStep: (1, 1))
      ])
  }

  /// The windows over the results of a convolution whose elements belong to a pixel of the images.
  ///
  /// Pixels whose positions agree modulo the stride have the same elements.
  func transposedWindows(into images: Shape) -> PlacedWindowParts {
    func phases(
      _ size: Int, _ stride: Int, _ dilation: Int, _ padding: Int, over length: Int
    ) -> [(elements: WindowElements, count: Int)] {
      (0..<Swift.min(stride, Swift.max(length, 1))).map { phase in
        let valid = (0..<size).filter { (phase + padding - $0 * dilation) % stride == 0 }
        let pixels = valid.map { (phase + padding - $0 * dilation) / stride }
        let elements = WindowElements(
          first: valid.first ?? 0, step: valid.count > 1 ? valid[1] - valid[0] : 1,
          count: valid.count, pixel: pixels.first ?? 0,
          pixelStep: pixels.count > 1 ? pixels[1] - pixels[0] : -1)
        return (elements, (length - phase + stride - 1) / stride)
      }
    }
    let down = phases(size.0, stride.0, dilation.0, padding.0, over: images[2])
    let across = phases(size.1, stride.1, dilation.1, padding.1, over: images[3])
    return PlacedWindowParts(
      step: (1, 1),
      parts: down.indices.flatMap { i in
        across.indices.map { j in
          WindowPart(
            rows: down[i].elements, columns: across[j].elements,
            count: (down[i].count, across[j].count), target: (i, j), targetStep: stride)
        }
      })
  }
}
