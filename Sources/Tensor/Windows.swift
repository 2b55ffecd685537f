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
}

/// Lays the windows of images side by side, and adds them back up.
package enum Windows {
  /// [n, c, h, w] → [n, c · kh · kw, windows]; 0 where a window reaches into the padding.
  package static func unfold(_ x: Tensor, _ geometry: WindowGeometry) -> Tensor {
    let rows = x.shape[1] * geometry.size.0 * geometry.size.1
    let result = Tensor(
      uninitialized: [x.shape[0], rows, geometry.count.0 * geometry.count.1], dtype: x.dtype)
    let source = x.contiguous
    switch x.dtype {
    case .float32: unfold(Float.self, source, result, geometry)
    case .float64: unfold(Double.self, source, result, geometry)
    default: fail("window: not defined for \(x.dtype)")
    }
    return result
  }

  private static func unfold<Scalar: TensorScalar & FloatingPoint>(
    _ type: Scalar.Type, _ x: Tensor, _ result: Tensor, _ geometry: WindowGeometry
  ) {
    let image = x.pointer.assumingMemoryBound(to: type)
    let windows = result.pointer.assumingMemoryBound(to: type)
    let height = x.shape[2]
    let width = x.shape[3]
    forEachWindowRow(x.shape, geometry) { channel, line, inside, start, target in
      let out = windows + target
      guard line >= 0 && line < height else {
        out.update(repeating: 0, count: geometry.count.1)
        return
      }
      let source = image + (channel * height + line) * width
      out.update(repeating: 0, count: inside.lowerBound)
      if geometry.stride.1 == 1 {
        (out + inside.lowerBound).update(
          from: source + start + inside.lowerBound, count: inside.count)
      } else {
        for column in inside { out[column] = source[start + column * geometry.stride.1] }
      }
      (out + inside.upperBound).update(
        repeating: 0, count: geometry.count.1 - inside.upperBound)
    }
  }

  /// [n, c · kh · kw, windows] → [n, c, h, w], adding up what stands in several windows.
  package static func fold(
    _ windows: Tensor, _ geometry: WindowGeometry, into shape: Shape
  ) -> Tensor {
    let result = Elementwise.copy(Tensor.zeros(shape, dtype: windows.dtype))
    let source = windows.contiguous
    switch windows.dtype {
    case .float32: fold(Float.self, source, result, geometry)
    case .float64: fold(Double.self, source, result, geometry)
    default: fail("window: not defined for \(windows.dtype)")
    }
    return result
  }

  private static func fold<Scalar: TensorScalar & FloatingPoint>(
    _ type: Scalar.Type, _ windows: Tensor, _ result: Tensor, _ geometry: WindowGeometry
  ) {
    let image = result.pointer.assumingMemoryBound(to: type)
    let source = windows.pointer.assumingMemoryBound(to: type)
    let (height, width) = (result.shape[2], result.shape[3])
    let step = geometry.stride.1
    forEachWindowRow(result.shape, geometry) { channel, line, inside, first, start in
      guard line >= 0 && line < height else { return }
      let from = source + start
      let to = image + (channel * height + line) * width + first
      if step == 1 {
        for column in inside { to[column] += from[column] }
      } else {
        for column in inside { to[column * step] += from[column] }
      }
    }
  }

  /// Calls `body` for every row of windows and every element of a window.
  ///
  /// It gets the image and channel, the line of the image that the element meets there, which windows
  /// of the row meet the image, the column that the element of window 0 meets, and where the row stands
  /// in the result.  The channels of all images are spread over threads.
  private static func forEachWindowRow(
    _ image: Shape, _ geometry: WindowGeometry,
    _ body: (_ channel: Int, _ line: Int, _ inside: Range<Int>, _ start: Int, _ target: Int) -> Void
  ) {
    let elements = geometry.size.0 * geometry.size.1
    let windows = geometry.count.0 * geometry.count.1
    let width = image[3]
    let grain = Swift.max(1, (1 << 15) / Swift.max(1, elements * windows))
    forEachChunk(of: image[0] * image[1], grain: grain) { channels in
      for channel in channels {
        for element in 0..<elements {
          let shift = element / geometry.size.1 * geometry.dilation.0 - geometry.padding.0
          let (inside, start) = geometry.columns(at: element, of: width)
          for row in 0..<geometry.count.0 {
            body(
              channel, row * geometry.stride.0 + shift, inside, start,
              (channel * elements + element) * windows + row * geometry.count.1)
          }
        }
      }
    }
  }

  /// The greatest element of each window and where in its image it stands, [n, c, windows]: the first of
  /// equals, and NaN where there is one.
  package static func maxima(
    _ x: Tensor, _ geometry: WindowGeometry
  ) -> (values: Tensor, positions: Tensor) {
    let shape: Shape = [x.shape[0], x.shape[1], geometry.count.0 * geometry.count.1]
    let values = Tensor(uninitialized: shape, dtype: x.dtype)
    let positions = Tensor(uninitialized: shape, dtype: .int32)
    let source = x.contiguous
    switch x.dtype {
    case .float32: maxima(Float.self, source, values, positions, geometry)
    case .float64: maxima(Double.self, source, values, positions, geometry)
    default: fail("maxPool2d: not defined for \(x.dtype)")
    }
    return (values, positions)
  }

  private static func maxima<Scalar: TensorScalar & FloatingPoint>(
    _ type: Scalar.Type, _ x: Tensor, _ values: Tensor, _ positions: Tensor,
    _ geometry: WindowGeometry
  ) {
    let (height, width) = (x.shape[2], x.shape[3])
    let pixels = x.pointer.assumingMemoryBound(to: type)
    let greatest = values.pointer.assumingMemoryBound(to: type)
    let places = positions.pointer.assumingMemoryBound(to: Int32.self)
    let windows = geometry.count.0 * geometry.count.1
    let work = Swift.max(1, windows * geometry.size.0 * geometry.size.1)
    forEachChunk(of: x.shape[0] * x.shape[1], grain: Swift.max(1, (1 << 14) / work)) { channels in
      for channel in channels {
        let image = pixels + channel * height * width
        for row in 0..<geometry.count.0 {
          let lines = geometry.inside(row, along: 0, of: height)
          for column in 0..<geometry.count.1 {
            let columns = geometry.inside(column, along: 1, of: width)
            var place = -1
            var best = -Scalar.infinity
            for line in lines {
              for column in columns {
                let value = image[line * width + column]
                // Without branches: which is greater cannot be foreseen.
                let wins = value > best || place < 0 || value.isNaN
                best = wins ? value : best
                place = wins ? line * width + column : place
              }
            }
            require(place >= 0, "maxPool2d: a window sees nothing but padding")
            let window = channel * windows + row * geometry.count.1 + column
            greatest[window] = best
            places[window] = Int32(truncatingIfNeeded: place)
          }
        }
      }
    }
  }
}

extension WindowGeometry {
  /// The lines or columns of an image that a window covers.
  fileprivate func inside(_ window: Int, along axis: Int, of size: Int) -> StrideTo<Int> {
    let (step, width) = axis == 0 ? (dilation.0, self.size.0) : (dilation.1, self.size.1)
    let start = axis == 0 ? window * stride.0 - padding.0 : window * stride.1 - padding.1
    let first = start >= 0 ? start : start + (-start + step - 1) / step * step
    let end = Swift.min(size, start + (width - 1) * step + 1)
    return Swift.stride(from: first, to: end, by: step)
  }

  /// For an element of a window: which windows of a row meet the image there, and the column of the image
  /// that the element of window 0 meets.
  fileprivate func columns(at element: Int, of width: Int) -> (inside: Range<Int>, start: Int) {
    let start = element % size.1 * dilation.1 - padding.1
    let first = start >= 0 ? 0 : (-start + stride.1 - 1) / stride.1
    let end = start >= width ? 0 : (width - 1 - start) / stride.1 + 1
    let lower = Swift.min(first, count.1)
    return (lower..<Swift.max(lower, Swift.min(end, count.1)), start)
  }
}
