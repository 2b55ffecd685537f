import Autograd
import Tensor

/// A convolution over sequences, [n, in, length] → [n, out, length']; see `conv1d`.
public struct Conv1d: Layer {
  /// The kernels, [out, in/groups, k].
  public let weight: Parameter
  /// The bias of each output channel, or `nil`.
  public let bias: Parameter?
  private let stride: Int
  private let padding: Int
  private let dilation: Int
  private let groups: Int

  /// Creates a layer from `inputs` to `outputs` channels.
  ///
  /// - Parameters:
  ///   - inputs: The number of input channels.
  ///   - outputs: The number of output channels.
  ///   - kernelSize: The length of the kernels.
  ///   - stride: The step from one position of the kernels to the next.
  ///   - padding: The number of zeros added at both ends.
  ///   - dilation: The step between the elements of a kernel.
  ///   - groups: The number of groups of channels, each of which is convolved by itself.
  ///   - bias: Whether the layer has a bias.
  ///   - weightInitializer: The initializer of the kernels; by default uniform between ±1/√fan-in,
  ///     as in PyTorch.
  ///   - biasInitializer: The initializer of the bias; by default the same.
  ///   - dtype: The dtype of the parameters.
  public init(
    _ inputs: Int, _ outputs: Int, kernelSize: Int, stride: Int = 1, padding: Int = 0,
    dilation: Int = 1, groups: Int = 1, bias: Bool = true, weightInitializer: Initializer? = nil,
    biasInitializer: Initializer? = nil, dtype: DType = .float32
  ) {
    requireGroups(groups, inputs, outputs, in: "Conv1d")
    (weight, self.bias) = kernels(
      [outputs, inputs / groups, kernelSize], biases: bias ? outputs : nil, weightInitializer,
      biasInitializer, dtype)
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
    self.groups = groups
  }

  /// Convolves sequences.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    observed(
      conv1d(
        input, weight.value, bias: bias?.value, stride: stride, padding: padding,
        dilation: dilation, groups: groups))
  }
}

/// A convolution over images, [n, in, h, w] → [n, out, h', w']; see `conv2d`.
public struct Conv2d: Layer {
  /// The kernels, [out, in/groups, kh, kw].
  public let weight: Parameter
  /// The bias of each output channel, or `nil`.
  public let bias: Parameter?
  private let stride: IntOrPair
  private let padding: IntOrPair
  private let dilation: IntOrPair
  private let groups: Int

  /// Creates a layer from `inputs` to `outputs` channels.
  ///
  /// Sizes are one number for both axes, or a pair for height and width:
  /// `Conv2d(1, 16, kernelSize: 3, padding: [1, 0])`.
  ///
  /// - Parameters:
  ///   - inputs: The number of input channels.
  ///   - outputs: The number of output channels.
  ///   - kernelSize: The height and width of the kernels.
  ///   - stride: The step from one position of the kernels to the next.
  ///   - padding: The number of zeros added on each side.
  ///   - dilation: The step between the elements of a kernel.
  ///   - groups: The number of groups of channels, each of which is convolved by itself.
  ///   - bias: Whether the layer has a bias.
  ///   - weightInitializer: The initializer of the kernels; by default uniform between ±1/√fan-in,
  ///     as in PyTorch.
  ///   - biasInitializer: The initializer of the bias; by default the same.
  ///   - dtype: The dtype of the parameters.
  public init(
    _ inputs: Int, _ outputs: Int, kernelSize: IntOrPair, stride: IntOrPair = 1,
    padding: IntOrPair = 0, dilation: IntOrPair = 1, groups: Int = 1, bias: Bool = true,
    weightInitializer: Initializer? = nil, biasInitializer: Initializer? = nil,
    dtype: DType = .float32
  ) {
    requireGroups(groups, inputs, outputs, in: "Conv2d")
    (weight, self.bias) = kernels(
      [outputs, inputs / groups, kernelSize.height, kernelSize.width],
      biases: bias ? outputs : nil, weightInitializer, biasInitializer, dtype)
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
    self.groups = groups
  }

  /// Convolves images.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    observed(
      conv2d(
        input, weight.value, bias: bias?.value, stride: stride, padding: padding,
        dilation: dilation, groups: groups))
  }
}

/// A transposed convolution, which enlarges images, [n, in, h, w] → [n, out, h', w']; see
/// `convTranspose2d`.
public struct ConvTranspose2d: Layer {
  /// The kernels, [in, out/groups, kh, kw].
  public let weight: Parameter
  /// The bias of each output channel, or `nil`.
  public let bias: Parameter?
  private let stride: IntOrPair
  private let padding: IntOrPair
  private let outputPadding: IntOrPair
  private let dilation: IntOrPair
  private let groups: Int

  /// Creates a layer from `inputs` to `outputs` channels.
  ///
  /// - Parameters:
  ///   - inputs: The number of input channels.
  ///   - outputs: The number of output channels.
  ///   - kernelSize: The height and width of the kernels.
  ///   - stride: The step between the positions of the kernels in the output.
  ///   - padding: The number of rows and columns removed from each side of the output.
  ///   - outputPadding: The number of rows and columns added to one side of the output.
  ///   - dilation: The step between the elements of a kernel.
  ///   - groups: The number of groups of channels, each of which is convolved by itself.
  ///   - bias: Whether the layer has a bias.
  ///   - weightInitializer: The initializer of the kernels; by default uniform between
  ///     ±1/√(out/groups · kh · kw), as in PyTorch.
  ///   - biasInitializer: The initializer of the bias; by default the same.
  ///   - dtype: The dtype of the parameters.
  public init(
    _ inputs: Int, _ outputs: Int, kernelSize: IntOrPair, stride: IntOrPair = 1,
    padding: IntOrPair = 0, outputPadding: IntOrPair = 0, dilation: IntOrPair = 1,
    groups: Int = 1, bias: Bool = true, weightInitializer: Initializer? = nil,
    biasInitializer: Initializer? = nil, dtype: DType = .float32
  ) {
    requireGroups(groups, inputs, outputs, in: "ConvTranspose2d")
    (weight, self.bias) = kernels(
      [inputs, outputs / groups, kernelSize.height, kernelSize.width],
      biases: bias ? outputs : nil, weightInitializer, biasInitializer, dtype)
    self.stride = stride
    self.padding = padding
    self.outputPadding = outputPadding
    self.dilation = dilation
    self.groups = groups
  }

  /// Enlarges images.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    observed(
      convTranspose2d(
        input, weight.value, bias: bias?.value, stride: stride, padding: padding,
        outputPadding: outputPadding, dilation: dilation, groups: groups))
  }
}

private func requireGroups(_ groups: Int, _ inputs: Int, _ outputs: Int, in name: StaticString) {
  require(
    groups > 0 && inputs % groups == 0 && outputs % groups == 0,
    "\(name): \(inputs) input and \(outputs) output channels are not divisible into \(counted(groups, "group"))"
  )
}

/// Draws kernels of a shape and, unless `biases` is `nil`, that many biases.
///
/// Without initializers both are uniform between ±1/√fan-in, where the fan-in is the number of
/// elements along all axes after the first.
private func kernels(
  _ shape: Shape, biases: Int?, _ weightInitializer: Initializer?, _ biasInitializer: Initializer?,
  _ dtype: DType
) -> (weight: Parameter, bias: Parameter?) {
  let fanIn = shape.dropFirst().reduce(1, *)
  let standard = Initializer.uniform(bound: 1 / Double(fanIn).squareRoot())
  return (
    Parameter((weightInitializer ?? standard)(shape, dtype: dtype)),
    biases.map { Parameter((biasInitializer ?? standard)([$0], dtype: dtype)) }
  )
}
