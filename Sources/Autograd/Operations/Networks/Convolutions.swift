import Tensor

// Convolutions of images [n, channels, height, width] and sequences [n, channels, length]. The
// derivatives with respect to the images and the weight are operations of their own, whose
// derivatives are the same three operations again, so gradients of any order follow.

/// The settings of a convolution and the shapes of its images and weight.
private struct ConvolutionPlan {
  /// Whether the images are sequences, for messages.
  let isFlat: Bool
  let images: Shape
  let weight: Shape
  let geometry: WindowGeometry
  let groups: Int

  /// The settings of the convolution of images that have been padded already, as attributes.
  var attributes: OperationAttributes {
    let g = geometry
    // The windows may leave the last elements of an axis uncovered.
    func end(_ size: Int, _ window: Int, _ stride: Int, _ dilation: Int, _ start: Int, _ count: Int)
      -> Int
    {
      Swift.max((count - 1) * stride + dilation * (window - 1) + 1 - start - size, 0)
    }
    return [
      "kernelSize": .integers([g.size.0, g.size.1]), "stride": .integers([g.stride.0, g.stride.1]),
      "dilation": .integers([g.dilation.0, g.dilation.1]), "groups": .integer(groups),
      "pads": .integers([
        g.padding.0, g.padding.1,
        end(images[2], g.size.0, g.stride.0, g.dilation.0, g.padding.0, g.count.0),
        end(images[3], g.size.1, g.stride.1, g.dilation.1, g.padding.1, g.count.1),
      ]),
    ]
  }

  var name: StaticString { isFlat ? "conv1d" : "conv2d" }
  var nameOfTranspose: StaticString { isFlat ? "convTranspose1d" : "convTranspose2d" }
  var nameOfWeightGradient: StaticString {
    isFlat ? "conv1d's weight gradient" : "conv2d's weight gradient"
  }
}

/// The convolution y = conv(x, w).
private func convolution(_ x: Tensor, _ weight: Tensor, _ plan: ConvolutionPlan) -> Tensor {
  record(plan.name, x, weight, saving: [.first, .second], attributes: plan.attributes) {
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
  record(plan.name, x, weight, bias, saving: [.first, .second], attributes: plan.attributes) {
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
  record(plan.nameOfTranspose, y, weight, saving: [.first, .second]) {
    Convolution.transposed($0, $1, plan.geometry, groups: plan.groups, into: plan.images)
  } lhs: { dx, saved in
    convolution(dx, saved.second, plan)
  } rhs: { dx, saved in
    weightGradient(dx, saved.first, plan)
  }
}

/// The derivative of Σ y · conv(x, w) with respect to w.
private func weightGradient(_ x: Tensor, _ y: Tensor, _ plan: ConvolutionPlan) -> Tensor {
  record(plan.nameOfWeightGradient, x, y, saving: [.first, .second]) {
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
///   - padding: The elements added on each side: a number, a pair for height and width, `.same` or
///     `.valid`.
///   - paddingMode: The values of the added elements.
///   - dilation: The steps from one element of a window to the next.
///   - groups: The number of parts that the channels are cut into.
/// - Returns: The output channels.
/// - Complexity: 2 · n · out · h' · w' · (in/groups) · kh · kw operations, and memory for some
///   copies of an image, or of a part of a large one, per thread. Kernels of 3 × 3 with stride 1
///   and 16 or more channels take a quarter of the multiplications in float32 (Winograd's
///   F(4 × 4, 3 × 3)), forward and for both gradients, and four times the memory of the weight; the
///   error is then up to 10⁻⁵ of Σ |w| |x|, and of Σ |x| |dy| for the gradient of the weight.
public func conv2d(
  _ x: Tensor, _ weight: Tensor, bias: Tensor? = nil, stride: some IntOrPairConvertible = 1,
  padding: some WindowPaddingConvertible = 0, paddingMode: Tensor.PaddingMode = .zeros,
  dilation: some IntOrPairConvertible = 1, groups: Int = 1
) -> Tensor {
  checkOperands(x, weight, "images", rank: 4, groups: groups, in: "conv2d")
  let window = SlidingWindow(
    kernelSize: IntOrPair(weight.shape[2], weight.shape[3]), stride: stride.intOrPair,
    padding: padding, dilation: dilation.intOrPair)
  return convolution(
    x, weight, bias: bias, window, paddingMode, groups: groups, in: "conv2d")
}

/// The one-dimensional convolution of sequences [n, in, length] with a weight [out, in/groups, k]
/// and a bias [out].
///
/// See ``conv2d(_:_:bias:stride:padding:paddingMode:dilation:groups:)``.
public func conv1d(
  _ x: Tensor, _ weight: Tensor, bias: Tensor? = nil, stride: Int = 1,
  padding: some WindowPaddingConvertible = 0, paddingMode: Tensor.PaddingMode = .zeros,
  dilation: Int = 1, groups: Int = 1
) -> Tensor {
  checkOperands(x, weight, "sequences", rank: 3, groups: groups, in: "conv1d")
  let window = SlidingWindow(
    length: weight.shape[2], stride: stride, padding: padding, dilation: dilation, in: "conv1d")
  return convolution(
    x, weight, bias: bias, window, paddingMode, groups: groups, in: "conv1d")
}

private func convolution(
  _ x: Tensor, _ weight: Tensor, bias: Tensor?, _ window: SlidingWindow,
  _ mode: Tensor.PaddingMode, groups: Int, in operation: StaticString
) -> Tensor {
  let placed = window.placed(over: x.shape, in: operation)
  if mode == .zeros {
    return traced(
      operation, [x, weight] + (bias.map { [$0] } ?? []),
      attributes: placed.attributes.merging(["groups": .integer(groups)]) { $1 }
    ) {
      convolution(x, weight, bias: bias, placed, mode, groups: groups, in: operation)
    }
  }
  return convolution(x, weight, bias: bias, placed, mode, groups: groups, in: operation)
}

private func convolution(
  _ x: Tensor, _ weight: Tensor, bias: Tensor?, _ placed: PlacedWindows,
  _ mode: Tensor.PaddingMode, groups: Int, in operation: StaticString
) -> Tensor {
  let window = placed.window
  // The kernels take what lies outside of an image as zeros.
  var (images, geometry) = (window.images(x), placed.geometry)
  if mode != .zeros {
    images = placed.padded(images, with: mode)
    geometry = placed.geometryOfPadded
  }
  let kernels = window.images(weight)
  let plan = ConvolutionPlan(
    isFlat: window.isFlat, images: images.shape, weight: kernels.shape, geometry: geometry,
    groups: groups)
  guard let bias else { return window.restored(convolution(images, kernels, plan)) }
  checkBias(bias, channels: weight.shape[0], x.dtype, in: operation)
  return window.restored(convolution(images, kernels, bias, plan))
}

/// The transpose of ``conv2d(_:_:bias:stride:padding:paddingMode:dilation:groups:)`` with the same
/// settings, which makes images larger.
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
  _ x: Tensor, _ weight: Tensor, bias: Tensor? = nil, stride: some IntOrPairConvertible = 1,
  padding: some IntOrPairConvertible = 0, outputPadding: some IntOrPairConvertible = 0,
  dilation: some IntOrPairConvertible = 1, groups: Int = 1
) -> Tensor {
  checkOperands(
    x, weight, "images", rank: 4, groups: groups, isTransposed: true, in: "convTranspose2d")
  let window = SlidingWindow(
    kernelSize: IntOrPair(weight.shape[2], weight.shape[3]), stride: stride.intOrPair,
    padding: padding.intOrPair, dilation: dilation.intOrPair)
  return transposed(
    x, weight, bias: bias, window, outputPadding.intOrPair, groups: groups, in: "convTranspose2d")
}

/// The transpose of ``conv1d(_:_:bias:stride:padding:paddingMode:dilation:groups:)`` with the same
/// settings, which makes sequences longer: [n, in, length] with a weight [in, out/groups, k] and a
/// bias [out].
///
/// See ``convTranspose2d(_:_:bias:stride:padding:outputPadding:dilation:groups:)``.
public func convTranspose1d(
  _ x: Tensor, _ weight: Tensor, bias: Tensor? = nil, stride: Int = 1, padding: Int = 0,
  outputPadding: Int = 0, dilation: Int = 1, groups: Int = 1
) -> Tensor {
  checkOperands(
    x, weight, "sequences", rank: 3, groups: groups, isTransposed: true, in: "convTranspose1d")
  let window = SlidingWindow(
    length: weight.shape[2], stride: stride, padding: padding, dilation: dilation,
    in: "convTranspose1d")
  return transposed(
    x, weight, bias: bias, window, IntOrPair(0, outputPadding), groups: groups,
    in: "convTranspose1d")
}

private func transposed(
  _ x: Tensor, _ weight: Tensor, bias: Tensor?, _ window: SlidingWindow,
  _ outputPadding: IntOrPair, groups: Int, in operation: StaticString
) -> Tensor {
  let (stride, dilation, size) = (window.stride, window.dilation, window.kernelSize)
  let padding = window.padding.amount ?? 0
  require(
    Swift.min(stride.height, stride.width, dilation.height, dilation.width) >= 1
      && Swift.min(padding.height, padding.width) >= 0
      && Swift.min(outputPadding.height, outputPadding.width) >= 0,
    """
    \(operation): stride \(window.text(stride)) and dilation \(window.text(dilation)) must be at \
    least 1, padding \(window.paddingText) and output padding \(window.text(outputPadding)) at \
    least 0
    """
  )
  require(
    outputPadding.height < Swift.max(stride.height, dilation.height)
      && outputPadding.width < Swift.max(stride.width, dilation.width),
    """
    \(operation): the output padding \(window.text(outputPadding)) is not less than the stride \
    \(window.text(stride))
    """
  )
  let (y, kernels) = (window.images(x), window.images(weight))
  func enlarged(_ count: Int, _ axis: KeyPath<IntOrPair, Int>) -> Int {
    (count - 1) * stride[keyPath: axis] - 2 * padding[keyPath: axis]
      + dilation[keyPath: axis] * (size[keyPath: axis] - 1) + outputPadding[keyPath: axis] + 1
  }
  let (height, width) = (enlarged(y.shape[2], \.height), enlarged(y.shape[3], \.width))
  require(
    height >= 1 && width >= 1,
    """
    \(operation): \(window.isFlat ? "sequences" : "images") of shape \(x.shape) become \
    \(window.isFlat ? "\(width) long" : "\(height) x \(width)")
    """
  )
  return traced(
    operation, [x, weight] + (bias.map { [$0] } ?? []),
    attributes: window.attributes.merging([
      "pads": window.pads((padding.height, padding.height), (padding.width, padding.width)),
      "outputPadding": window.sizes(outputPadding), "groups": .integer(groups),
    ]) { $1 }
  ) {
    // As many windows as the input has pixels; output padding may leave room for more.
    let plan = ConvolutionPlan(
      isFlat: window.isFlat, images: [x.shape[0], weight.shape[1] * groups, height, width],
      weight: kernels.shape,
      geometry: WindowGeometry(
        size: size.tuple, stride: stride.tuple, padding: padding.tuple, dilation: dilation.tuple,
        count: (y.shape[2], y.shape[3])), groups: groups)
    let images = window.restored(transposed(y, kernels, plan))
    guard let bias else { return images }
    checkBias(bias, channels: plan.images[1], x.dtype, in: operation)
    return images + bias.reshaped(to: window.isFlat ? [-1, 1] : [-1, 1, 1])
  }
}

/// Checks the shapes and dtypes of the inputs and the weight, whose first axis is that of the
/// output channels, or of the input channels of a transposed convolution.
private func checkOperands(
  _ x: Tensor, _ weight: Tensor, _ inputs: StaticString, rank: Int, groups: Int,
  isTransposed: Bool = false, in operation: StaticString
) {
  require(
    x.rank == rank && weight.rank == rank && groups >= 1 && weight.shape[0] % groups == 0
      && x.shape[1] == (isTransposed ? weight.shape[0] : weight.shape[1] * groups),
    """
    \(operation): \(inputs) of shape \(x.shape) do not fit a weight of shape \(weight.shape) in \
    \(counted(groups, "group"))
    """
  )
  require(
    x.dtype == weight.dtype, "\(operation): \(DType.differ(x.dtype, weight.dtype))")
  require(x.dtype.isFloatingPoint, "\(operation): \(x.dtype.isUndefined)")
}

private func checkBias(
  _ bias: Tensor, channels: Int, _ dtype: DType, in operation: StaticString
) {
  require(
    bias.shape == [channels],
    "\(operation): a bias of shape \(bias.shape) for \(channels) output channels")
  require(bias.dtype == dtype, "\(operation): \(DType.differ(dtype, bias.dtype))")
}
