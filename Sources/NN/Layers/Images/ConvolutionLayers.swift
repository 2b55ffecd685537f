import Autograd
import Tensor

/// A convolution over sequences, [n, in, length] → [n, out, length']; see `conv1d`.
public struct Conv1d: Layer {
  /// The kernels, [out, in/groups, k].
  public let weight: Parameter
  /// The bias of each output channel, or `nil`.
  public let bias: Parameter?
  private let settings: ConvolutionSettings

  /// Creates a layer from `inputs` to `outputs` channels.
  ///
  /// The arguments are those of `Conv2d`, with one number in place of a pair.
  public init(
    _ inputs: Int, _ outputs: Int, kernelSize: Int, stride: Int = 1,
    padding: some WindowPaddingConvertible = 0, paddingMode: Tensor.PaddingMode = .zeros,
    dilation: Int = 1, groups: Int = 1, bias: Bool = true, weightInitializer: Initializer? = nil,
    biasInitializer: Initializer? = nil, dtype: DType = .float32
  ) {
    settings = ConvolutionSettings(
      IntOrPair(stride), padding, paddingMode, IntOrPair(dilation), groups)
    (weight, self.bias) = settings.kernels(
      inputs, outputs, [kernelSize], bias, weightInitializer, biasInitializer, dtype, in: "Conv1d")
  }

  /// Convolves sequences.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    observed(
      conv1d(
        input, weight.value, bias: bias?.value, stride: settings.stride.width,
        padding: settings.padding, paddingMode: settings.paddingMode ?? .zeros,
        dilation: settings.dilation.width, groups: settings.groups))
  }
}

/// A convolution over images, [n, in, h, w] → [n, out, h', w']; see `conv2d`.
public struct Conv2d: Layer {
  /// The kernels, [out, in/groups, kh, kw].
  public let weight: Parameter
  /// The bias of each output channel, or `nil`.
  public let bias: Parameter?
  private let settings: ConvolutionSettings

  /// Creates a layer from `inputs` to `outputs` channels.
  ///
  /// Sizes are one number for both axes, or a pair for height and width:
  /// `Conv2d(1, 16, kernelSize: 3, padding: [1, 0])`. With `padding: .same` and a stride of 1 the
  /// output has the size of the input.
  ///
  /// - Parameters:
  ///   - inputs: The number of input channels.
  ///   - outputs: The number of output channels.
  ///   - kernelSize: The height and width of the kernels.
  ///   - stride: The step from one position of the kernels to the next.
  ///   - padding: The number of elements added on each side, `.same` or `.valid`.
  ///   - paddingMode: The values of the added elements.
  ///   - dilation: The step between the elements of a kernel.
  ///   - groups: The number of groups of channels, each of which is convolved by itself.
  ///   - bias: Whether the layer has a bias.
  ///   - weightInitializer: The initializer of the kernels; by default uniform between ±1/√fan-in,
  ///     as in PyTorch.
  ///   - biasInitializer: The initializer of the bias; by default uniform between the same bounds.
  ///   - dtype: The dtype of the parameters.
  public init(
    _ inputs: Int, _ outputs: Int, kernelSize: some IntOrPairConvertible,
    stride: some IntOrPairConvertible = 1, padding: some WindowPaddingConvertible = 0,
    paddingMode: Tensor.PaddingMode = .zeros, dilation: some IntOrPairConvertible = 1,
    groups: Int = 1, bias: Bool = true, weightInitializer: Initializer? = nil,
    biasInitializer: Initializer? = nil, dtype: DType = .float32
  ) {
    let size = kernelSize.intOrPair
    settings = ConvolutionSettings(
      stride.intOrPair, padding, paddingMode, dilation.intOrPair, groups)
    (weight, self.bias) = settings.kernels(
      inputs, outputs, [size.height, size.width], bias, weightInitializer,
      biasInitializer, dtype, in: "Conv2d")
  }

  /// Convolves images.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    observed(
      conv2d(
        input, weight.value, bias: bias?.value, stride: settings.stride, padding: settings.padding,
        paddingMode: settings.paddingMode ?? .zeros, dilation: settings.dilation,
        groups: settings.groups))
  }
}

/// A transposed convolution, which lengthens sequences, [n, in, length] → [n, out, length']; see
/// `convTranspose1d`.
public struct ConvTranspose1d: Layer {
  /// The kernels, [in, out/groups, k].
  public let weight: Parameter
  /// The bias of each output channel, or `nil`.
  public let bias: Parameter?
  private let settings: ConvolutionSettings

  /// Creates a layer from `inputs` to `outputs` channels.
  ///
  /// The arguments are those of `ConvTranspose2d`, with one number in place of a pair.
  public init(
    _ inputs: Int, _ outputs: Int, kernelSize: Int, stride: Int = 1, padding: Int = 0,
    outputPadding: Int = 0, dilation: Int = 1, groups: Int = 1, bias: Bool = true,
    weightInitializer: Initializer? = nil, biasInitializer: Initializer? = nil,
    dtype: DType = .float32
  ) {
    settings = ConvolutionSettings(
      IntOrPair(stride), padding, .zeros, IntOrPair(dilation), groups,
      outputPadding: IntOrPair(outputPadding))
    (weight, self.bias) = settings.kernels(
      inputs, outputs, [kernelSize], bias, weightInitializer, biasInitializer, dtype,
      in: "ConvTranspose1d")
  }

  /// Lengthens sequences.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    observed(
      convTranspose1d(
        input, weight.value, bias: bias?.value, stride: settings.stride.width,
        padding: settings.padding.amount?.width ?? 0,
        outputPadding: settings.outputPadding?.width ?? 0,
        dilation: settings.dilation.width, groups: settings.groups))
  }
}

/// A transposed convolution, which enlarges images, [n, in, h, w] → [n, out, h', w']; see
/// `convTranspose2d`.
public struct ConvTranspose2d: Layer {
  /// The kernels, [in, out/groups, kh, kw].
  public let weight: Parameter
  /// The bias of each output channel, or `nil`.
  public let bias: Parameter?
  private let settings: ConvolutionSettings

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
  ///   - biasInitializer: The initializer of the bias; by default uniform between the same bounds.
  ///   - dtype: The dtype of the parameters.
  public init(
    _ inputs: Int, _ outputs: Int, kernelSize: some IntOrPairConvertible,
    stride: some IntOrPairConvertible = 1, padding: some IntOrPairConvertible = 0,
    outputPadding: some IntOrPairConvertible = 0, dilation: some IntOrPairConvertible = 1,
    groups: Int = 1, bias: Bool = true, weightInitializer: Initializer? = nil,
    biasInitializer: Initializer? = nil, dtype: DType = .float32
  ) {
    let size = kernelSize.intOrPair
    settings = ConvolutionSettings(
      stride.intOrPair, padding.intOrPair, .zeros, dilation.intOrPair, groups,
      outputPadding: outputPadding.intOrPair)
    (weight, self.bias) = settings.kernels(
      inputs, outputs, [size.height, size.width], bias, weightInitializer,
      biasInitializer, dtype, in: "ConvTranspose2d")
  }

  /// Enlarges images.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    observed(
      convTranspose2d(
        input, weight.value, bias: bias?.value, stride: settings.stride,
        padding: settings.padding.amount ?? 0, outputPadding: settings.outputPadding ?? 0,
        dilation: settings.dilation, groups: settings.groups))
  }
}

/// What a convolution layer holds besides its parameters; a layer over sequences has equal values
/// for both axes.
private struct ConvolutionSettings: InlineSettings {
  let stride: IntOrPair
  let padding: WindowPadding
  /// The values of the padding, or `nil` for zeros.
  let paddingMode: Tensor.PaddingMode?
  let dilation: IntOrPair
  let groups: Int
  /// The rows and columns added to the output of a transposed convolution; `nil` for the others.
  let outputPadding: IntOrPair?

  init(
    _ stride: IntOrPair, _ padding: some WindowPaddingConvertible,
    _ paddingMode: Tensor.PaddingMode, _ dilation: IntOrPair, _ groups: Int,
    outputPadding: IntOrPair? = nil
  ) {
    self.stride = stride
    self.padding = padding.windowPadding
    self.paddingMode = paddingMode == .zeros ? nil : paddingMode
    self.dilation = dilation
    self.groups = groups
    self.outputPadding = outputPadding
  }

  /// Draws kernels and, with `bias`, biases.
  ///
  /// Without initializers both are uniform between ±1/√fan-in, where the fan-in is the number of
  /// elements along all axes after the first.
  func kernels(
    _ inputs: Int, _ outputs: Int, _ size: [Int], _ bias: Bool,
    _ weightInitializer: Initializer?, _ biasInitializer: Initializer?, _ dtype: DType,
    in name: StaticString
  ) -> (weight: Parameter, bias: Parameter?) {
    require(
      inputs > 0 && outputs > 0 && size.allSatisfy { $0 > 0 },
      """
      \(name): the numbers of channels and the kernel size must be positive, got \(inputs), \
      \(outputs) and \(size)
      """
    )
    require(
      groups > 0 && inputs % groups == 0 && outputs % groups == 0,
      """
      \(name): \(inputs) input and \(outputs) output channels are not divisible into \
      \(counted(groups, "group"))
      """
    )
    let (first, second) = outputPadding == nil ? (outputs, inputs) : (inputs, outputs)
    let shape = Shape([first, second / groups] + size)
    let fanIn = shape.dropFirst().reduce(1, *)
    let standard = Initializer.uniform(bound: 1 / Double(fanIn).squareRoot())
    return (
      Parameter((weightInitializer ?? standard)(shape, dtype: dtype)),
      bias ? Parameter((biasInitializer ?? standard)([outputs], dtype: dtype)) : nil
    )
  }
}
