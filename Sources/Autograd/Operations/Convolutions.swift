import Tensor

// Convolutions and pooling over images [n, channels, height, width].  The derivatives of a convolution by the
// images and by the weight are operations of their own, whose derivatives are the same three again.  Means
// over windows are built on an operation that lays the windows side by side and on its transpose.  So
// gradients of any order follow.

/// How a window moves over an image: along the height and the width.
public struct Window: Sendable {
  /// The height and width of the window.
  public var size: (Int, Int)
  /// The steps from one window to the next.
  public var stride: (Int, Int)
  /// The elements added on each side of the image.
  public var padding: (Int, Int)
  /// The steps from one element of a window to the next.
  public var dilation: (Int, Int)

  /// A window; every setting is for height and width.
  public init(
    _ size: (Int, Int), stride: (Int, Int) = (1, 1), padding: (Int, Int) = (0, 0),
    dilation: (Int, Int) = (1, 1)
  ) {
    self.size = size
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
  }

  /// How many windows fit along height and width: ⌊(size + 2·padding − dilation·(window − 1) − 1)/stride⌋ + 1.
  func count(over image: Shape, in name: StaticString) -> (Int, Int) {
    require(image.rank == 4, "\(name): shape \(image) is not [n, channels, height, width]")
    require(
      Swift.min(size.0, size.1, stride.0, stride.1, dilation.0, dilation.1) >= 1
        && padding.0 >= 0 && padding.1 >= 0,
      "\(name): window \(size), stride \(stride), dilation \(dilation), padding \(padding)")
    let height = image[2] + 2 * padding.0 - dilation.0 * (size.0 - 1)
    let width = image[3] + 2 * padding.1 - dilation.1 * (size.1 - 1)
    require(
      height >= 1 && width >= 1,
      "\(name): a window of \(size) with padding \(padding) does not fit an image of shape \(image)"
    )
    return ((height - 1) / stride.0 + 1, (width - 1) / stride.1 + 1)
  }
}

/// The windows of an image side by side: [n, c, h, w] → [n, c · window, windows], 0 where there is padding.
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

extension Window {
  /// Where `count` windows stand.
  fileprivate func geometry(of count: (Int, Int)) -> WindowGeometry {
    WindowGeometry(
      size: size, stride: stride, padding: padding, dilation: dilation, count: count)
  }
}

/// A convolution's settings and the shapes of what it maps.
private struct Setting {
  let images: Shape
  let weight: Shape
  let geometry: WindowGeometry
  let groups: Int
}

/// y = conv(x, w).
private func convolution(_ x: Tensor, _ weight: Tensor, _ setting: Setting) -> Tensor {
  record("conv2d", x, weight, saving: [.first, .second]) {
    Convolution.forward($0, $1, setting.geometry, groups: setting.groups)
  } lhs: { dy, saved in
    transposed(dy, saved.b, setting)
  } rhs: { dy, saved in
    weightGradient(saved.a, dy, setting)
  }
}

/// y = conv(x, w) + bias.
private func convolution(
  _ x: Tensor, _ weight: Tensor, _ bias: Tensor, _ setting: Setting
) -> Tensor {
  record("conv2d", x, weight, bias, saving: [.first, .second]) {
    Convolution.forward($0, $1, bias: $2, setting.geometry, groups: setting.groups)
  } first: { dy, saved in
    transposed(dy, saved.b, setting)
  } second: { dy, saved in
    weightGradient(saved.a, dy, setting)
  } third: { dy, _ in
    dy.sum(along: 0, 2, 3)
  }
}

/// The derivative of Σ y · conv(x, w) by x.
private func transposed(_ y: Tensor, _ weight: Tensor, _ setting: Setting) -> Tensor {
  record("convTranspose2d", y, weight, saving: [.first, .second]) {
    Convolution.transposed($0, $1, setting.geometry, groups: setting.groups, into: setting.images)
  } lhs: { dx, saved in
    convolution(dx, saved.b, setting)
  } rhs: { dx, saved in
    weightGradient(dx, saved.a, setting)
  }
}

/// The derivative of Σ y · conv(x, w) by w.
private func weightGradient(_ x: Tensor, _ y: Tensor, _ setting: Setting) -> Tensor {
  record("conv2d's weight gradient", x, y, saving: [.first, .second]) {
    Convolution.weightGradient(
      $0, $1, setting.geometry, groups: setting.groups, into: setting.weight)
  } lhs: { dw, saved in
    transposed(saved.b, dw, setting)
  } rhs: { dw, saved in
    convolution(saved.a, dw, setting)
  }
}

/// The convolution (cross-correlation, as in PyTorch) of images with a bank of windows.
///
/// [n, in, h, w] with a weight [out, in/groups, kh, kw] and a bias [out] → [n, out, h', w'].  With groups the
/// channels are cut into as many parts, each convolved by itself.
///
/// - Parameters:
///   - x: The images.
///   - weight: The windows.
///   - bias: What is added to each output channel.
///   - stride: The steps from one window to the next.
///   - padding: The zeros added on each side.
///   - dilation: The steps from one element of a window to the next.
///   - groups: The number of parts that the channels are cut into.
/// - Returns: The output channels.
/// - Complexity: 2·n·out·h'·w'·(in/groups)·kh·kw operations, and memory for kh·kw copies of an image a thread.
public func conv2d(
  _ x: Tensor, _ weight: Tensor, bias: Tensor? = nil, stride: (Int, Int) = (1, 1),
  padding: (Int, Int) = (0, 0), dilation: (Int, Int) = (1, 1), groups: Int = 1
) -> Tensor {
  require(
    x.rank == 4 && weight.rank == 4 && groups >= 1 && weight.shape[0] % groups == 0
      && x.shape[1] == weight.shape[1] * groups,
    "conv2d: images of shape \(x.shape) do not fit a weight of shape \(weight.shape) in \(groups) groups"
  )
  require(x.dtype == weight.dtype, "conv2d: dtypes \(x.dtype) and \(weight.dtype) differ")
  let window = Window(
    (weight.shape[2], weight.shape[3]), stride: stride, padding: padding, dilation: dilation)
  let (height, width) = window.count(over: x.shape, in: "conv2d")
  let setting = Setting(
    images: x.shape, weight: weight.shape, geometry: window.geometry(of: (height, width)),
    groups: groups)
  guard let bias else { return convolution(x, weight, setting) }
  check(bias, channels: weight.shape[0], x.dtype, in: "conv2d")
  return convolution(x, weight, bias, setting)
}

/// The transpose of ``conv2d(_:_:bias:stride:padding:dilation:groups:)`` with the same settings, which makes
/// images larger: [n, in, h, w] with a weight [in, out/groups, kh, kw] and a bias [out].
///
/// The height becomes (h − 1)·stride − 2·padding + dilation·(kh − 1) + outputPadding + 1, and so the width.
///
/// - Parameters:
///   - x: The images.
///   - weight: The windows.
///   - bias: What is added to each output channel.
///   - stride: The steps from one window to the next in the output.
///   - padding: What is cut off on each side of the output.
///   - outputPadding: What is added behind; less than the stride.
///   - dilation: The steps from one element of a window to the next.
///   - groups: The number of parts that the channels are cut into.
/// - Returns: The output channels.
public func convTranspose2d(
  _ x: Tensor, _ weight: Tensor, bias: Tensor? = nil, stride: (Int, Int) = (1, 1),
  padding: (Int, Int) = (0, 0), outputPadding: (Int, Int) = (0, 0), dilation: (Int, Int) = (1, 1),
  groups: Int = 1
) -> Tensor {
  require(
    x.rank == 4 && weight.rank == 4 && groups >= 1 && x.shape[1] == weight.shape[0]
      && weight.shape[0] % groups == 0,
    "convTranspose2d: images of shape \(x.shape) do not fit a weight of shape \(weight.shape) in \(groups) groups"
  )
  require(
    x.dtype == weight.dtype, "convTranspose2d: dtypes \(x.dtype) and \(weight.dtype) differ")
  require(
    outputPadding.0 < Swift.max(stride.0, dilation.0)
      && outputPadding.1 < Swift.max(stride.1, dilation.1),
    "convTranspose2d: the output padding \(outputPadding) is not less than the stride \(stride)")
  let window = Window(
    (weight.shape[2], weight.shape[3]), stride: stride, padding: padding, dilation: dilation)
  let (n, perGroup) = (x.shape[0], weight.shape[1])
  let height =
    (x.shape[2] - 1) * stride.0 - 2 * padding.0 + dilation.0 * (window.size.0 - 1)
    + outputPadding.0 + 1
  let width =
    (x.shape[3] - 1) * stride.1 - 2 * padding.1 + dilation.1 * (window.size.1 - 1)
    + outputPadding.1 + 1
  require(
    height >= 1 && width >= 1,
    "convTranspose2d: images of shape \(x.shape) become \(height) x \(width)")
  let shape: Shape = [n, perGroup * groups, height, width]
  // As many windows as the input has pixels; output padding may leave room for more.
  let setting = Setting(
    images: shape, weight: weight.shape, geometry: window.geometry(of: (x.shape[2], x.shape[3])),
    groups: groups)
  let y = transposed(x, weight, setting)
  guard let bias else { return y }
  check(bias, channels: shape[1], x.dtype, in: "convTranspose2d")
  return y + bias.reshaped(to: [-1, 1, 1])
}

/// The convolution of sequences [n, in, length] with a weight [out, in/groups, k] and a bias [out].
///
/// See ``conv2d(_:_:bias:stride:padding:dilation:groups:)``.
public func conv1d(
  _ x: Tensor, _ weight: Tensor, bias: Tensor? = nil, stride: Int = 1, padding: Int = 0,
  dilation: Int = 1, groups: Int = 1
) -> Tensor {
  require(
    x.rank == 3 && weight.rank == 3,
    "conv1d: sequences of shape \(x.shape) do not fit a weight of shape \(weight.shape)")
  return conv2d(
    x.expandedDimensions(axis: 2), weight.expandedDimensions(axis: 2), bias: bias,
    stride: (1, stride), padding: (0, padding), dilation: (1, dilation), groups: groups
  ).squeezed(axis: 2)
}

private func check(_ bias: Tensor, channels: Int, _ dtype: DType, in name: StaticString) {
  require(
    bias.shape == [channels],
    "\(name): a bias of shape \(bias.shape) for \(channels) output channels")
  require(bias.dtype == dtype, "\(name): dtypes \(dtype) and \(bias.dtype) differ")
}

// MARK: - Pooling

/// The greatest element of each window, by channel: [n, c, h, w] → [n, c, h', w'].
///
/// The gradient goes to the first of the greatest elements.  Padding is never chosen.
public func maxPool2d(_ x: Tensor, _ window: Window) -> Tensor {
  let (height, width) = window.count(over: x.shape, in: "maxPool2d")
  require(
    2 * window.padding.0 <= window.size.0 && 2 * window.padding.1 <= window.size.1,
    "maxPool2d: the padding \(window.padding) is more than half of the window \(window.size)")
  let shape = x.shape
  let (n, channels) = (shape[0], shape[1])
  let pixels: Shape = [n, channels, shape[2] * shape[3]]
  let (values, positions) = MaxPooling.forward(x, window.geometry(of: (height, width)))
  return record("maxPool2d", x) { _ in
    values.reshaped(to: [n, channels, height, width])
  } pullback: { dy, _ in
    dy.reshaped(to: [n, channels, height * width])
      .scattered(at: positions, along: -1, into: pixels).reshaped(to: shape)
  }
}

/// The mean of each window, by channel: [n, c, h, w] → [n, c, h', w'].
///
/// Padding counts as zeros.
public func averagePool2d(_ x: Tensor, _ window: Window) -> Tensor {
  let (height, width) = window.count(over: x.shape, in: "averagePool2d")
  let (n, channels) = (x.shape[0], x.shape[1])
  return unfolded(x, window.geometry(of: (height, width)))
    .reshaped(to: [n, channels, window.size.0 * window.size.1, height * width])
    .mean(along: 2).reshaped(to: [n, channels, height, width])
}

/// The means of `height` × `width` windows of nearly equal size that cover the image, by channel.
///
/// Window i of n along an axis of size s reaches from ⌊i·s/n⌋ to ⌈(i + 1)·s/n⌉, as in PyTorch.
public func adaptiveAveragePool2d(_ x: Tensor, height: Int, width: Int) -> Tensor {
  require(
    x.rank == 4, "adaptiveAveragePool2d: shape \(x.shape) is not [n, channels, height, width]")
  require(
    height > 0 && width > 0 && x.shape[2] > 0 && x.shape[3] > 0,
    "adaptiveAveragePool2d: an image of shape \(x.shape) to \(height) x \(width)")
  // Each axis is a product with a matrix whose rows average.
  let down = averages(from: x.shape[2], to: height, dtype: x.dtype)
  let across = averages(from: x.shape[3], to: width, dtype: x.dtype)
  return matmul(matmul(down, x), across.transposed())
}

private func averages(from size: Int, to count: Int, dtype: DType) -> Tensor {
  var weights = [Double](repeating: 0, count: count * size)
  for i in 0..<count {
    let window = i * size / count..<((i + 1) * size + count - 1) / count
    for j in window { weights[i * size + j] = 1 / Double(window.count) }
  }
  return Tensor(weights, shape: [count, size]).converted(to: dtype)
}

/// Each pixel `factor` times along both axes: [n, c, h, w] → [n, c, h · factor, w · factor].
public func upsampleNearest2d(_ x: Tensor, factor: Int) -> Tensor {
  require(
    x.rank == 4 && factor >= 1, "upsampleNearest2d: shape \(x.shape) by a factor of \(factor)")
  return x.repeated(factor, along: 2).repeated(factor, along: 3)
}
