import Tensor

// Pooling over images [n, channels, height, width] and sequences [n, channels, length]. The
// derivatives of maxima and means are operations of their own, whose derivatives are known again,
// so gradients of any order follow.

// MARK: Maxima

/// The greatest element of each window, by channel: [n, c, h, w] → [n, c, h', w'].
///
/// The gradient goes to the first of the greatest elements. Padding is never chosen.
///
/// - Parameters:
///   - x: The images.
///   - kernelSize: The height and width of the windows.
///   - stride: The steps from one window to the next; `nil` for the kernel size, so that windows do
///     not overlap.
///   - padding: The elements added on each side, at most half of the kernel size, or `.same`.
///   - dilation: The steps from one element of a window to the next.
/// - Returns: The maxima.
public func maxPool2d(
  _ x: Tensor, kernelSize: some IntOrPairConvertible,
  stride: (some IntOrPairConvertible)? = Int?.none, padding: some WindowPaddingConvertible = 0,
  dilation: some IntOrPairConvertible = 1
) -> Tensor {
  let window = SlidingWindow(
    kernelSize: kernelSize.intOrPair, stride: stride?.intOrPair ?? kernelSize.intOrPair,
    padding: padding, dilation: dilation.intOrPair)
  return maxima(x, window, in: "maxPool2d")
}

/// The greatest element of each window, by channel: [n, c, length] → [n, c, length'].
///
/// See ``maxPool2d(_:kernelSize:stride:padding:dilation:)``.
public func maxPool1d(
  _ x: Tensor, kernelSize: Int, stride: Int? = nil, padding: some WindowPaddingConvertible = 0,
  dilation: Int = 1
) -> Tensor {
  let window = SlidingWindow(
    length: kernelSize, stride: stride ?? kernelSize, padding: padding, dilation: dilation,
    in: "maxPool1d")
  return maxima(x, window, in: "maxPool1d")
}

private func maxima(_ x: Tensor, _ window: SlidingWindow, in operation: StaticString) -> Tensor {
  let placed = window.placed(over: x.shape, in: operation)
  let (padding, size) = (window.padding.amount ?? 0, window.kernelSize)
  require(
    2 * padding.height <= size.height && 2 * padding.width <= size.width,
    """
    \(operation): the padding \(window.paddingText) is more than half of the kernel size \
    \(window.text(size))
    """
  )
  require(x.dtype.isFloatingPoint, "\(operation): \(x.dtype.isUndefined)")
  return traced(operation, [x], attributes: placed.attributes) {
    maxima(x, placed, in: operation)
  }
}

private func maxima(_ x: Tensor, _ placed: PlacedWindows, in operation: StaticString) -> Tensor {
  let window = placed.window
  let images = window.images(x)
  let (shape, count) = (images.shape, placed.count)
  // Only a gradient reads the positions.
  let (values, positions) = MaxPooling.forward(
    images, placed.geometry, findingPositions: images.graph != nil, name: operation)
  let maxima = record(operation, images) { _ in
    values.reshaped(to: [shape[0], shape[1], count.height, count.width])
  } pullback: { dy, _ in
    guard let positions else { fail("\(operation): no positions for a gradient") }
    return spread(dy.reshaped(to: positions.shape), to: positions, in: shape)
  }
  return window.restored(maxima)
}

/// Images with each value added at its position.
private func spread(_ values: Tensor, to positions: Tensor, in shape: Shape) -> Tensor {
  record("maxPool's gradient", values) {
    MaxPooling.transposed($0, at: positions, into: shape, name: "maxPool's gradient")
  } pullback: { dy, _ in
    dy.reshaped(to: [shape[0], shape[1], shape[2] * shape[3]]).gathered(at: positions, along: -1)
  }
}

// MARK: Means

/// The mean of each window, by channel: [n, c, h, w] → [n, c, h', w'].
///
/// - Parameters:
///   - x: The images.
///   - kernelSize: The height and width of the windows.
///   - stride: The steps from one window to the next; `nil` for the kernel size, so that windows do
///     not overlap.
///   - padding: The elements added on each side, or `.same`.
///   - dilation: The steps from one element of a window to the next.
///   - countsPadding: Whether padding counts as zeros, as in PyTorch by default
///     (`count_include_pad`). Otherwise a mean is that of the elements inside the image.
/// - Returns: The means.
public func averagePool2d(
  _ x: Tensor, kernelSize: some IntOrPairConvertible,
  stride: (some IntOrPairConvertible)? = Int?.none, padding: some WindowPaddingConvertible = 0,
  dilation: some IntOrPairConvertible = 1, countsPadding: Bool = true
) -> Tensor {
  let window = SlidingWindow(
    kernelSize: kernelSize.intOrPair, stride: stride?.intOrPair ?? kernelSize.intOrPair,
    padding: padding, dilation: dilation.intOrPair)
  return means(x, window, countsPadding: countsPadding, in: "averagePool2d")
}

/// The mean of each window, by channel: [n, c, length] → [n, c, length'].
///
/// See ``averagePool2d(_:kernelSize:stride:padding:dilation:countsPadding:)``.
public func averagePool1d(
  _ x: Tensor, kernelSize: Int, stride: Int? = nil, padding: some WindowPaddingConvertible = 0,
  dilation: Int = 1, countsPadding: Bool = true
) -> Tensor {
  let window = SlidingWindow(
    length: kernelSize, stride: stride ?? kernelSize, padding: padding, dilation: dilation,
    in: "averagePool1d")
  return means(x, window, countsPadding: countsPadding, in: "averagePool1d")
}

private func means(
  _ x: Tensor, _ window: SlidingWindow, countsPadding: Bool, in operation: StaticString
) -> Tensor {
  let placed = window.placed(over: x.shape, in: operation)
  require(x.dtype.isFloatingPoint, "\(operation): \(x.dtype.isUndefined)")
  return traced(
    operation, [x],
    attributes: placed.attributes.merging(["countsPadding": .flag(countsPadding)]) { $1 }
  ) {
    means(x, placed, countsPadding: countsPadding, in: operation)
  }
}

private func means(
  _ x: Tensor, _ placed: PlacedWindows, countsPadding: Bool, in operation: StaticString
) -> Tensor {
  let window = placed.window
  let images = window.images(x)
  let rows = placed.poolingAxis(
    over: images.shape[2], \.height, from: -placed.rows.0, countsPadding: countsPadding)
  let columns = placed.poolingAxis(
    over: images.shape[3], \.width, from: -placed.columns.0, countsPadding: countsPadding)
  require(
    rows.coversEverywhere && columns.coversEverywhere,
    "\(operation): a window covers nothing but padding")
  return window.restored(pooled(images, rows, columns, in: operation))
}

extension PlacedWindows {
  /// The windows along an axis.
  fileprivate func poolingAxis(
    over size: Int, _ axis: KeyPath<IntOrPair, Int>, from start: Int, countsPadding: Bool
  ) -> PoolingAxis {
    PoolingAxis(
      size: size, count: count[keyPath: axis], start: start, step: window.stride[keyPath: axis],
      most: window.kernelSize[keyPath: axis], reach: window.dilation[keyPath: axis],
      countsOutside: countsPadding)
  }
}

/// The mean of each window over the axes of images.
private func pooled(
  _ images: Tensor, _ rows: PoolingAxis, _ columns: PoolingAxis, in operation: StaticString
) -> Tensor {
  record(operation, images) {
    MeanPooling.forward($0, rows: rows, columns: columns, name: operation)
  } pullback: { dy, _ in
    shares(dy, rows, columns, in: operation)
  }
}

/// The transpose of ``pooled(_:_:_:in:)``: the shares that pixels have in means, added up.
private func shares(
  _ means: Tensor, _ rows: PoolingAxis, _ columns: PoolingAxis, in operation: StaticString
) -> Tensor {
  record("averagePool's gradient", means) {
    MeanPooling.transposed($0, rows: rows, columns: columns, name: operation)
  } pullback: { dy, _ in
    pooled(dy, rows, columns, in: operation)
  }
}

// MARK: A given number of windows

/// The means of windows of nearly equal size that cover the image, by channel.
///
/// [n, c, h, w] → [n, c, height, width] of the output size. Window i of n along an axis of size s
/// reaches from ⌊i · s/n⌋ to ⌈(i + 1) · s/n⌉, as in PyTorch.
public func adaptiveAveragePool2d(_ x: Tensor, outputSize: some IntOrPairConvertible) -> Tensor {
  let outputSize = outputSize.intOrPair
  checkAdaptive(x, outputSize, isFlat: false, in: "adaptiveAveragePool2d")
  return traced(
    "adaptiveAveragePool2d", [x],
    attributes: ["outputSize": .integers([outputSize.height, outputSize.width])]
  ) {
    if Trace.isRunning {
      let down = averages(from: x.shape[2], to: outputSize.height, dtype: x.dtype)
      let across = averages(from: x.shape[3], to: outputSize.width, dtype: x.dtype)
      return matmul(matmul(down, x), across.transposed())
    }
    return pooled(
      x, PoolingAxis(size: x.shape[2], adaptive: outputSize.height),
      PoolingAxis(size: x.shape[3], adaptive: outputSize.width), in: "adaptiveAveragePool2d")
  }
}

/// The means of windows of nearly equal size that cover the sequence, by channel: [n, c, length] →
/// [n, c, outputSize].
///
/// See ``adaptiveAveragePool2d(_:outputSize:)``.
public func adaptiveAveragePool1d(_ x: Tensor, outputSize: Int) -> Tensor {
  checkAdaptive(x, IntOrPair(outputSize), isFlat: true, in: "adaptiveAveragePool1d")
  return traced(
    "adaptiveAveragePool1d", [x], attributes: ["outputSize": .integers([outputSize])]
  ) {
    if Trace.isRunning {
      return matmul(x, averages(from: x.shape[2], to: outputSize, dtype: x.dtype).transposed())
    }
    return pooled(
      x.expanded(along: 2), PoolingAxis(size: 1, adaptive: 1),
      PoolingAxis(size: x.shape[2], adaptive: outputSize), in: "adaptiveAveragePool1d"
    ).squeezed(along: 2)
  }
}

/// The greatest elements of windows of nearly equal size that cover the image, by channel.
///
/// [n, c, h, w] → [n, c, height, width] of the output size. The windows are those of
/// ``adaptiveAveragePool2d(_:outputSize:)``. The gradient goes to the first of the greatest
/// elements.
public func adaptiveMaxPool2d(_ x: Tensor, outputSize: some IntOrPairConvertible) -> Tensor {
  let outputSize = outputSize.intOrPair
  checkAdaptive(x, outputSize, isFlat: false, in: "adaptiveMaxPool2d")
  return traced(
    "adaptiveMaxPool2d", [x],
    attributes: ["outputSize": .integers([outputSize.height, outputSize.width])]
  ) {
    adaptiveMaxima(x, outputSize)
  }
}

private func adaptiveMaxima(_ x: Tensor, _ outputSize: IntOrPair) -> Tensor {
  let (n, channels, height, width) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
  let isRegular = height % outputSize.height == 0 && width % outputSize.width == 0
  // Few windows of a line would leave most lanes of a vector idle.
  if isRegular && outputSize.width >= 4 {
    let size = IntOrPair(height / outputSize.height, width / outputSize.width)
    let window = SlidingWindow(
      kernelSize: size, stride: size, padding: 0, dilation: IntOrPair(1))
    return maxima(x, window, in: "maxPool2d")
  }
  let windows =
    isRegular && outputSize.width == 1
    ? x.reshaped(to: [n, channels, outputSize.height, height / outputSize.height * width])
    : adaptiveWindows(of: x, outputSize)
  let first = windows.argmax(along: -1, keepingAxes: true)
  return windows.gathered(at: first, along: -1)
    .reshaped(to: [n, channels, outputSize.height, outputSize.width])
}

/// The pixels of each window, [n, c, window, pixel], with the last one repeated where other windows
/// are larger.
private func adaptiveWindows(of x: Tensor, _ outputSize: IntOrPair) -> Tensor {
  let (n, channels, height, width) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
  let rows = (0..<outputSize.height).map { adaptiveWindow($0, of: outputSize.height, over: height) }
  let columns = (0..<outputSize.width).map { adaptiveWindow($0, of: outputSize.width, over: width) }
  let most = (rows.map(\.count).max() ?? 1) * (columns.map(\.count).max() ?? 1)
  var pixels = [Int32]()
  for row in rows {
    for column in columns {
      let window = row.flatMap { y in column.map { x in Int32(y * width + x) } }
      pixels += window + [Int32](repeating: window[window.count - 1], count: most - window.count)
    }
  }
  return x.reshaped(to: [n, channels, height * width])
    .selected(at: Tensor(pixels, shape: [pixels.count]), along: 2)
    .reshaped(to: [n, channels, rows.count * columns.count, most])
}

/// The greatest elements of windows of nearly equal size that cover the sequence, by channel:
/// [n, c, length] → [n, c, outputSize].
///
/// See ``adaptiveMaxPool2d(_:outputSize:)``.
public func adaptiveMaxPool1d(_ x: Tensor, outputSize: Int) -> Tensor {
  checkAdaptive(x, IntOrPair(outputSize), isFlat: true, in: "adaptiveMaxPool1d")
  return adaptiveMaxPool2d(x.expanded(along: 2), outputSize: IntOrPair(1, outputSize))
    .squeezed(along: 2)
}

private func checkAdaptive(
  _ x: Tensor, _ outputSize: IntOrPair, isFlat: Bool, in operation: StaticString
) {
  require(
    x.rank == (isFlat ? 3 : 4),
    "\(operation): shape \(x.shape) is not [n, channels, \(isFlat ? "length" : "height, width")]")
  require(x.dtype.isFloatingPoint, "\(operation): \(x.dtype.isUndefined)")
  let size = isFlat ? "\(outputSize.width)" : "\(outputSize)"
  require(
    outputSize.height > 0 && outputSize.width > 0 && !x.shape[2...].contains(0),
    "\(operation): \(isFlat ? "a sequence" : "an image") of shape \(x.shape) to \(size)")
}

/// Window `i` of `count` windows of nearly equal size over an axis.
private func adaptiveWindow(_ i: Int, of count: Int, over size: Int) -> Range<Int> {
  i * size / count..<((i + 1) * size + count - 1) / count
}

/// The matrix [count, size] that takes the mean of each of `count` windows over an axis, for
/// traces: file formats have no operation for such windows.
private func averages(from size: Int, to count: Int, dtype: DType) -> Tensor {
  var weights = [Double](repeating: 0, count: count * size)
  for i in 0..<count {
    let window = adaptiveWindow(i, of: count, over: size)
    for j in window { weights[i * size + j] = 1 / Double(window.count) }
  }
  return Tensor(weights, shape: [count, size]).converted(to: dtype)
}
