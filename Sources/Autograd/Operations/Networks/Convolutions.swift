import Tensor

// Convolutions of images [n, channels, height, width] and sequences [n, channels, length]. The
// derivatives with respect to the images and the weight are operations of their own, whose
// derivatives are the same three operations again, so gradients of any order follow.

/// The settings of a convolution and the shapes of its images and weight.
private struct ConvolutionPlan {
  /// The name of the operation, for messages.
  let operation: StaticString
  let images: Shape
  let weight: Shape
  let geometry: WindowGeometry
  let groups: Int
}

/// The convolution y = conv(x, w).
private func convolution(_ x: Tensor, _ weight: Tensor, _ plan: ConvolutionPlan) -> Tensor {
  record(plan.operation, x, weight, saving: [.first, .second]) {
    Convolution.forward($0, $1, plan.geometry, groups: plan.groups)
  } lhs: { dy, saved in
    transposed(dy, saved.second, plan)
  } rhs: { dy, saved in
    weightGradient(saved.first, dy, plan)
  }
}

/// The convolution with a bias, y = conv(x, w) + bias.
private func convolution(
  _ x: Tensor, _ weight: Tensor, _ bias: Tensor, _ plan: ConvolutionPlan
) -> Tensor {
  record(plan.operation, x, weight, bias, saving: [.first, .second]) {
    Convolution.forward($0, $1, bias: $2, plan.geometry, groups: plan.groups)
  } first: { dy, saved in
    transposed(dy, saved.second, plan)
  } second: { dy, saved in
    weightGradient(saved.first, dy, plan)
  } third: { dy, _ in
    dy.sum(along: 0, 2, 3)
  }
}

/// The derivative of Σ y · conv(x, w) with respect to x.
private func transposed(_ y: Tensor, _ weight: Tensor, _ plan: ConvolutionPlan) -> Tensor {
  record("convTranspose2d", y, weight, saving: [.first, .second]) {
    Convolution.transposed($0, $1, plan.geometry, groups: plan.groups, into: plan.images)
  } lhs: { dx, saved in
    convolution(dx, saved.second, plan)
  } rhs: { dx, saved in
    weightGradient(dx, saved.first, plan)
  }
}

/// The derivative of Σ y · conv(x, w) with respect to w.
private func weightGradient(_ x: Tensor, _ y: Tensor, _ plan: ConvolutionPlan) -> Tensor {
  record("conv2d's weight gradient", x, y, saving: [.first, .second]) {
    Convolution.weightGradient(
      $0, $1, plan.geometry, groups: plan.groups, into: plan.weight)
  } lhs: { dw, saved in
    transposed(saved.second, dw, plan)
  } rhs: { dw, saved in
    convolution(saved.first, dw, plan)
  }
}

/// The two-dimensional convolution of images with a weight (a cross-correlation, as in PyTorch).
///
/// [n, in, h, w] with a weight [out, in/groups, kh, kw] and a bias [out] → [n, out, h', w']. With
/// groups the channels are cut into that many parts, each convolved by itself.
///
/// - Parameters:
///   - x: The images.
///   - weight: The kernels, one for each output channel.
///   - bias: Added to each output channel.
///   - stride: The steps from one window to the next.
///   - padding: The zeros added on each side.
///   - dilation: The steps from one element of a window to the next.
///   - groups: The number of parts that the channels are cut into.
/// - Returns: The output channels.
/// - Complexity: 2 · n · out · h' · w' · (in/groups) · kh · kw operations, and memory for kh · kw
///   copies of an image per thread.
public func conv2d(
  _ x: Tensor, _ weight: Tensor, bias: Tensor? = nil, stride: IntOrPair = 1,
  padding: IntOrPair = 0, dilation: IntOrPair = 1, groups: Int = 1
) -> Tensor {
  checkOperands(x, weight, "images", rank: 4, groups: groups, in: "conv2d")
  let window = SlidingWindow(
    kernelSize: IntOrPair(weight.shape[2], weight.shape[3]), stride: stride, padding: padding,
    dilation: dilation)
  return convolution(x, weight, bias: bias, window, groups: groups, in: "conv2d")
}

/// The one-dimensional convolution of sequences [n, in, length] with a weight [out, in/groups, k]
/// and a bias [out].
///
/// See ``conv2d(_:_:bias:stride:padding:dilation:groups:)``.
public func conv1d(
  _ x: Tensor, _ weight: Tensor, bias: Tensor? = nil, stride: Int = 1, padding: Int = 0,
  dilation: Int = 1, groups: Int = 1
) -> Tensor {
  checkOperands(x, weight, "sequences", rank: 3, groups: groups, in: "conv1d")
  // A sequence is an image of height 1.
  let window = SlidingWindow(
    kernelSize: IntOrPair(1, weight.shape[2]), stride: IntOrPair(1, stride),
    padding: IntOrPair(0, padding), dilation: IntOrPair(1, dilation))
  return convolution(
    x.expanded(along: 2), weight.expanded(along: 2), bias: bias, window, groups: groups,
    in: "conv1d"
  ).squeezed(along: 2)
}

private func convolution(
  _ x: Tensor, _ weight: Tensor, bias: Tensor?, _ window: SlidingWindow, groups: Int,
  in operation: StaticString
) -> Tensor {
  let count = window.count(over: x.shape, in: operation)
  let plan = ConvolutionPlan(
    operation: operation, images: x.shape, weight: weight.shape,
    geometry: window.geometry(of: count), groups: groups)
  guard let bias else { return convolution(x, weight, plan) }
  checkBias(bias, channels: weight.shape[0], x.dtype, in: operation)
  return convolution(x, weight, bias, plan)
}

/// The transpose of ``conv2d(_:_:bias:stride:padding:dilation:groups:)`` with the same settings,
/// which makes images larger.
///
/// [n, in, h, w] with a weight [in, out/groups, kh, kw] and a bias [out] → [n, out, h', w'] with
/// h' = (h − 1) · stride − 2 · padding + dilation · (kh − 1) + outputPadding + 1, and w' likewise.
///
/// - Parameters:
///   - x: The images.
///   - weight: The kernels, one for each input channel.
///   - bias: Added to each output channel.
///   - stride: The steps from one window to the next in the output.
///   - padding: The elements cut off on each side of the output.
///   - outputPadding: The elements added at the end of each axis; less than the stride or the
///     dilation.
///   - dilation: The steps from one element of a window to the next.
///   - groups: The number of parts that the channels are cut into.
/// - Returns: The output channels.
public func convTranspose2d(
  _ x: Tensor, _ weight: Tensor, bias: Tensor? = nil, stride: IntOrPair = 1,
  padding: IntOrPair = 0, outputPadding: IntOrPair = 0, dilation: IntOrPair = 1, groups: Int = 1
) -> Tensor {
  require(
    x.rank == 4 && weight.rank == 4 && groups >= 1 && x.shape[1] == weight.shape[0]
      && weight.shape[0] % groups == 0,
    "convTranspose2d: images of shape \(x.shape) do not fit a weight of shape \(weight.shape) in \(counted(groups, "group"))"
  )
  checkDTypes(x, weight, in: "convTranspose2d")
  require(
    outputPadding.height < Swift.max(stride.height, dilation.height)
      && outputPadding.width < Swift.max(stride.width, dilation.width),
    "convTranspose2d: the output padding \(outputPadding) is not less than the stride \(stride)")
  let height =
    (x.shape[2] - 1) * stride.height - 2 * padding.height
    + dilation.height * (weight.shape[2] - 1) + outputPadding.height + 1
  let width =
    (x.shape[3] - 1) * stride.width - 2 * padding.width
    + dilation.width * (weight.shape[3] - 1) + outputPadding.width + 1
  require(
    height >= 1 && width >= 1,
    "convTranspose2d: images of shape \(x.shape) become \(height) x \(width)")
  let window = SlidingWindow(
    kernelSize: IntOrPair(weight.shape[2], weight.shape[3]), stride: stride, padding: padding,
    dilation: dilation)
  let images: Shape = [x.shape[0], weight.shape[1] * groups, height, width]
  // As many windows as the input has pixels; output padding may leave room for more.
  let plan = ConvolutionPlan(
    operation: "conv2d", images: images, weight: weight.shape,
    geometry: window.geometry(of: IntOrPair(x.shape[2], x.shape[3])), groups: groups)
  let y = transposed(x, weight, plan)
  guard let bias else { return y }
  checkBias(bias, channels: images[1], x.dtype, in: "convTranspose2d")
  return y + bias.reshaped(to: [-1, 1, 1])
}

private func checkOperands(
  _ x: Tensor, _ weight: Tensor, _ inputs: StaticString, rank: Int, groups: Int,
  in operation: StaticString
) {
  require(
    x.rank == rank && weight.rank == rank && groups >= 1 && weight.shape[0] % groups == 0
      && x.shape[1] == weight.shape[1] * groups,
    "\(operation): \(inputs) of shape \(x.shape) do not fit a weight of shape \(weight.shape) in \(counted(groups, "group"))"
  )
  checkDTypes(x, weight, in: operation)
}

private func checkDTypes(_ x: Tensor, _ weight: Tensor, in operation: StaticString) {
  require(
    x.dtype == weight.dtype, "\(operation): dtypes \(x.dtype) and \(weight.dtype) differ")
  require(x.dtype.isFloatingPoint, "\(operation): not defined for \(x.dtype)")
}

private func checkBias(
  _ bias: Tensor, channels: Int, _ dtype: DType, in operation: StaticString
) {
  require(
    bias.shape == [channels],
    "\(operation): a bias of shape \(bias.shape) for \(channels) output channels")
  require(bias.dtype == dtype, "\(operation): dtypes \(dtype) and \(bias.dtype) differ")
}
