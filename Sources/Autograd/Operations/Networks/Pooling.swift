import Tensor

// Pooling over images [n, channels, height, width]. Means over windows are built on an operation
// that lays the windows side by side and on its transpose, so gradients of any order follow.

/// The greatest element of each window, by channel: [n, c, h, w] → [n, c, h', w'].
///
/// The gradient goes to the first of the greatest elements. Padding is never chosen.
///
/// - Parameters:
///   - x: The images.
///   - kernelSize: The height and width of the windows.
///   - stride: The steps from one window to the next; `nil` for the kernel size, so that windows do
///     not overlap.
///   - padding: The elements added on each side, at most half of the kernel size.
///   - dilation: The steps from one element of a window to the next.
/// - Returns: The maxima.
public func maxPool2d(
  _ x: Tensor, kernelSize: IntOrPair, stride: IntOrPair? = nil, padding: IntOrPair = 0,
  dilation: IntOrPair = 1
) -> Tensor {
  let window = SlidingWindow(
    kernelSize: kernelSize, stride: stride ?? kernelSize, padding: padding, dilation: dilation)
  let count = window.count(over: x.shape, in: "maxPool2d")
  require(
    2 * padding.height <= kernelSize.height && 2 * padding.width <= kernelSize.width,
    "maxPool2d: the padding \(padding) is more than half of the kernel size \(kernelSize)")
  require(x.dtype.isFloatingPoint, "maxPool2d: not defined for \(x.dtype)")
  let shape = x.shape
  let (n, channels) = (shape[0], shape[1])
  let pixels: Shape = [n, channels, shape[2] * shape[3]]
  let (values, positions) = MaxPooling.forward(x, window.geometry(of: count))
  return record("maxPool2d", x) { _ in
    values.reshaped(to: [n, channels, count.height, count.width])
  } pullback: { dy, _ in
    dy.reshaped(to: [n, channels, count.height * count.width])
      .scatterAdded(at: positions, along: -1, into: pixels).reshaped(to: shape)
  }
}

/// The mean of each window, by channel: [n, c, h, w] → [n, c, h', w'].
///
/// Padding counts as zeros.
///
/// - Parameters:
///   - x: The images.
///   - kernelSize: The height and width of the windows.
///   - stride: The steps from one window to the next; `nil` for the kernel size, so that windows do
///     not overlap.
///   - padding: The zeros added on each side.
///   - dilation: The steps from one element of a window to the next.
/// - Returns: The means.
public func averagePool2d(
  _ x: Tensor, kernelSize: IntOrPair, stride: IntOrPair? = nil, padding: IntOrPair = 0,
  dilation: IntOrPair = 1
) -> Tensor {
  let window = SlidingWindow(
    kernelSize: kernelSize, stride: stride ?? kernelSize, padding: padding, dilation: dilation)
  let count = window.count(over: x.shape, in: "averagePool2d")
  require(x.dtype.isFloatingPoint, "averagePool2d: not defined for \(x.dtype)")
  let (n, channels) = (x.shape[0], x.shape[1])
  return unfolded(x, window.geometry(of: count))
    .reshaped(
      to: [n, channels, kernelSize.height * kernelSize.width, count.height * count.width]
    )
    .mean(along: 2).reshaped(to: [n, channels, count.height, count.width])
}

/// The windows of an image side by side, [n, c, h, w] → [n, c · kernel, windows]; 0 in the padding.
private func unfolded(_ image: Tensor, _ geometry: WindowGeometry) -> Tensor {
  let shape = image.shape
  return record("unfolded", image) {
    Unfold.unfold($0, geometry)
  } pullback: { dy, _ in
    folded(dy, geometry, into: shape)
  }
}

/// The transpose of ``unfolded(_:_:)``: elements of windows that overlap are added up.
private func folded(_ windows: Tensor, _ geometry: WindowGeometry, into shape: Shape) -> Tensor {
  record("folded", windows) {
    Unfold.fold($0, geometry, into: shape)
  } pullback: { dy, _ in
    unfolded(dy, geometry)
  }
}

/// The means of windows of nearly equal size that cover the image, by channel.
///
/// [n, c, h, w] → [n, c, height, width] of the output size. Window i of n along an axis of size s
/// reaches from ⌊i · s/n⌋ to ⌈(i + 1) · s/n⌉, as in PyTorch.
public func adaptiveAveragePool2d(_ x: Tensor, outputSize: IntOrPair) -> Tensor {
  require(
    x.rank == 4, "adaptiveAveragePool2d: shape \(x.shape) is not [n, channels, height, width]")
  require(
    outputSize.height > 0 && outputSize.width > 0 && x.shape[2] > 0 && x.shape[3] > 0,
    "adaptiveAveragePool2d: an image of shape \(x.shape) to \(outputSize)")
  // Each axis is a product with a matrix whose rows average.
  let down = averages(from: x.shape[2], to: outputSize.height, dtype: x.dtype)
  let across = averages(from: x.shape[3], to: outputSize.width, dtype: x.dtype)
  return matmul(matmul(down, x), across.transposed())
}

/// The matrix [count, size] that takes the mean of each of `count` windows over an axis.
private func averages(from size: Int, to count: Int, dtype: DType) -> Tensor {
  var weights = [Double](repeating: 0, count: count * size)
  for i in 0..<count {
    let window = i * size / count..<((i + 1) * size + count - 1) / count
    for j in window { weights[i * size + j] = 1 / Double(window.count) }
  }
  return Tensor(weights, shape: [count, size]).converted(to: dtype)
}
