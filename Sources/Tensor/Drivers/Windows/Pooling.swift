import CKernels

/// Finds the maxima of the windows of images.
package enum MaxPooling {
  /// Returns the maximum of each window and, if they are wanted, its position in the image, both
  /// [n, c, windows].
  ///
  /// Of equal elements the first counts, and NaN takes precedence over every number.
  package static func forward(
    _ x: Tensor, _ geometry: WindowGeometry, findingPositions: Bool, name: StaticString
  ) -> (values: Tensor, positions: Tensor?) {
    let shape: Shape = [x.shape[0], x.shape[1], geometry.windows]
    let values = Tensor(uninitialized: shape, dtype: x.dtype)
    let positions = findingPositions ? Tensor(uninitialized: shape, dtype: .int32) : nil
    let source = x.contiguous
    let (images, maxima, size) = (source.pointer, values.pointer, x.dtype.byteCount)
    let places = positions?.pointer.assumingMemoryBound(to: Int32.self)
    let kernels = Pooling.kernels(for: x.dtype, name)
    let (height, width) = (x.shape[2], x.shape[3])
    func wholeVectors(_ count: Int) -> Int { (count + 15) / 16 * 16 }
    let pitch = wholeVectors(
      wholeVectors(geometry.count.1) * geometry.stride.1
        + (geometry.size.1 - 1) * geometry.dilation.1)
    let lines = 7 * geometry.stride.0 + (geometry.size.0 - 1) * geometry.dilation.0 + 1
    let scratchSize = Swift.max(
      lines * pitch * size + 32 * (geometry.elements + geometry.count.1) + 64,
      ck_small_image_bytes(height * width, geometry.windows, size))
    Pooling.forEachChannels(of: x.shape) { channels in
      var windows = ck_windows(
        image: (height, width), size: geometry.size, stride: geometry.stride,
        padding: geometry.padding, dilation: geometry.dilation, count: geometry.count,
        pitch: pitch)
      let scratch = Storage(byteCount: scratchSize)
      let first = channels.lowerBound
      let everywhere = kernels.maxima(
        images + first * height * width * size, maxima + first * geometry.windows * size,
        places.map { $0 + first * geometry.windows }, &windows, scratch.pointer, channels.count)
      require(everywhere != 0, "\(name): a window covers nothing but padding")
      withExtendedLifetime(scratch) {}
    }
    withExtendedLifetime(source) {}
    return (values, positions)
  }

  /// Returns images of the given shape with each value [n, c, windows] added at its position, the
  /// transpose of choosing the elements at the positions.
  package static func transposed(
    _ values: Tensor, at positions: Tensor, into shape: Shape, name: StaticString
  ) -> Tensor {
    let result = Tensor(uninitialized: shape, dtype: values.dtype)
    let source = values.contiguous
    let (from, to, size) = (source.pointer, result.pointer, values.dtype.byteCount)
    let places = positions.pointer.assumingMemoryBound(to: Int32.self)
    let kernels = Pooling.kernels(for: values.dtype, name)
    let (windows, pixels) = (values.shape[2], shape[2] * shape[3])
    Pooling.forEachChannels(of: shape) { channels in
      let first = channels.lowerBound
      kernels.spread_maxima(
        from + first * windows * size, places + first * windows, to + first * pixels * size,
        windows, pixels, channels.count)
    }
    withExtendedLifetime((source, positions)) {}
    return result
  }
}

/// Takes the means of the windows of images, and the transpose of that.
package enum MeanPooling {
  /// Returns the mean of each window, [n, c, h, w] → [n, c, rows, columns].
  package static func forward(
    _ x: Tensor, rows: PoolingAxis, columns: PoolingAxis, name: StaticString
  ) -> Tensor {
    if rows.isIdentity && columns.isIdentity { return x }
    return x.withoutRepeats(exceptAlong: 2..<4) { x in
      let shape: Shape = [x.shape[0], x.shape[1], rows.count, columns.count]
      return map(x, into: shape, images: x.shape, rows, columns, name, \.means)
    }
  }

  /// Returns for each pixel the sum of its shares of the means of windows, [n, c, rows, columns] →
  /// [n, c, h, w].
  package static func transposed(
    _ means: Tensor, rows: PoolingAxis, columns: PoolingAxis, name: StaticString
  ) -> Tensor {
    if rows.isIdentity && columns.isIdentity { return means }
    return means.withoutRepeats(exceptAlong: 2..<4) { means in
      let shape: Shape = [means.shape[0], means.shape[1], rows.size, columns.size]
      return map(means, into: shape, images: shape, rows, columns, name, \.spread_means)
    }
  }

  private typealias Kernel =
    @convention(c) (
      UnsafeRawPointer?, UnsafeMutableRawPointer?, UnsafePointer<ck_axis>?, UnsafePointer<ck_axis>?,
      UnsafeMutableRawPointer?, Int
    ) -> Void

  private static func map(
    _ x: Tensor, into shape: Shape, images: Shape, _ rows: PoolingAxis, _ columns: PoolingAxis,
    _ name: StaticString, _ loop: KeyPath<ck_pooling, Kernel?>
  ) -> Tensor {
    let result = Tensor(uninitialized: shape, dtype: x.dtype)
    let source = x.contiguous
    let (from, to, size) = (source.pointer, result.pointer, x.dtype.byteCount)
    guard let kernel = Pooling.kernels(for: x.dtype, name)[keyPath: loop] else { return result }
    let (before, after) = (x.shape[2] * x.shape[3], shape[2] * shape[3])
    let windows = rows.count * columns.count
    rows.withAxis(x.dtype) { rows in
      columns.withAxis(x.dtype) { columns in
        Pooling.forEachChannels(of: images) { channels in
          let scratch = Storage(
            byteCount: Swift.max(
              5 * columns.scratch * size,
              ck_small_image_bytes(rows.size * columns.size, windows, size)))
          var (down, across) = (rows, columns)
          let first = channels.lowerBound
          kernel(
            from + first * before * size, to + first * after * size, &down, &across,
            scratch.pointer, channels.count)
          withExtendedLifetime(scratch) {}
        }
      }
    }
    withExtendedLifetime(source) {}
    return result
  }
}

/// The windows of pooling along an axis.
package struct PoolingAxis: Sendable {
  /// The number of pixels.
  package let size: Int
  /// The first pixel inside the image that each window covers, and the number of those pixels.
  private let windows: [(first: Int, count: Int)]
  /// What the sum over each window is divided by.
  private let divisors: [Int]
  /// The start of the first window, the distance of the windows and their length, if they are
  /// regular.
  private let regular: (start: Int, step: Int, most: Int)?
  /// The distance of the elements of a window.
  private let reach: Int

  /// The number of windows.
  package var count: Int { windows.count }

  /// Windows of `most` elements that are `step` apart, of which some may lie outside.
  ///
  /// With `countsOutside` these count as zeros of a mean.
  package init(
    size: Int, count: Int, start: Int, step: Int, most: Int, reach: Int, countsOutside: Bool
  ) {
    self.size = size
    self.reach = reach
    regular = (start, step, most)
    windows = (0..<count).map { window in
      let first = start + window * step
      let inside = (0..<most).filter { (0..<size).contains(first + $0 * reach) }
      return (first + (inside.first ?? 0) * reach, inside.count)
    }
    divisors = windows.map { countsOutside ? most : $0.count }
  }

  /// `count` windows of nearly equal size that cover the axis: window i reaches from ⌊i · size /
  /// count⌋ to ⌈(i + 1) · size / count⌉.
  package init(size: Int, adaptive count: Int) {
    self.size = size
    reach = 1
    windows = (0..<count).map { i in
      let first = i * size / count
      return (first, ((i + 1) * size + count - 1) / count - first)
    }
    divisors = windows.map(\.count)
    regular = size % count == 0 ? (0, size / count, size / count) : nil
  }

  /// Windows of `step` pixels that cover the axis one after another, with sums in place of means.
  package init(sumsOf size: Int, every step: Int) {
    self.size = size
    reach = 1
    regular = (0, step, step)
    windows = (0..<size / step).map { ($0 * step, step) }
    divisors = windows.map { _ in 1 }
  }

  /// Whether the windows are the pixels.
  fileprivate var isIdentity: Bool {
    windows.indices.allSatisfy { windows[$0] == ($0, 1) && divisors[$0] == 1 }
      && count == size
  }

  /// Whether every window covers a pixel.
  package var coversEverywhere: Bool { !divisors.contains(0) }

  /// Calls `body` with the description that the kernels take.
  fileprivate func withAxis(_ dtype: DType, _ body: (ck_axis) -> Void) {
    let (start, step, most) = regular ?? (0, 0, 1)
    // Kernels read whole vectors of factors, and of the last windows of a line.
    let factors = Tensor((divisors + [Int](repeating: 1, count: 16)).map(Double.init), dtype: dtype)
    windows.map { Int32($0.first) }.withUnsafeBufferPointer { firsts in
      windows.map { Int32($0.count) }.withUnsafeBufferPointer { elements in
        let length = Swift.max(size, start + count * step + (most - 1) * reach + 1)
        body(
          ck_axis(
            size: size, count: count, start: start, step: step, most: most, reach: reach,
            firsts: firsts.baseAddress, elements: elements.baseAddress,
            divisors: factors.pointer,
            scratch: Swift.max(-start, 0) + (most - 1) * reach + length + 16 * step + 32))
      }
    }
    withExtendedLifetime(factors) {}
  }
}

/// What the kinds of pooling share.
private enum Pooling {
  static func kernels(for dtype: DType, _ name: StaticString) -> ck_pooling {
    guard let kernels = ck_pooling_for(Execution.current.kernels, dtype.code) else {
      fail("\(name): \(dtype.isUndefined)")
    }
    return kernels.pointee
  }

  /// Calls `body` with ranges of the channels of all images, spread over threads.
  static func forEachChannels(of images: Shape, _ body: (Range<Int>) -> Void) {
    let count = images[0] * images[1]
    let grain = Grain.items(Grain.elements, each: images[2] * images[3])
    // Small images are taken by whole vectors of channels.
    let unit = images[2] * images[3] <= Int(CK_SMALL_IMAGE) ? 16 : 1
    forEachChunk(of: count, grain: Grain.even(grain, of: count, inPartsOf: unit), body)
  }
}
