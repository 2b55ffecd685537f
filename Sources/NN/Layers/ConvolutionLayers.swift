import Autograd
import Tensor

/// A convolution of images [n, in, h, w] → [n, out, h', w']; see `conv2d`.
public struct Conv2d: Layer {
  /// The windows, [out, in/groups, kh, kw].
  public let weight: Parameter
  /// What is added to each output channel, or nil.
  public let bias: Parameter?
  private let stride: (Int, Int)
  private let padding: (Int, Int)
  private let dilation: (Int, Int)
  private let groups: Int

  /// A layer from `inputs` to `outputs` channels with windows of `size`.
  ///
  /// Weight and bias start evenly spread between ±1/√fan-in, as PyTorch's.
  public init(
    _ inputs: Int, _ outputs: Int, size: (Int, Int), stride: (Int, Int) = (1, 1),
    padding: (Int, Int) = (0, 0), dilation: (Int, Int) = (1, 1), groups: Int = 1,
    bias: Bool = true, dtype: DType = .float32
  ) {
    require(
      groups > 0 && inputs % groups == 0 && outputs % groups == 0,
      "Conv2d: \(inputs) to \(outputs) channels in \(groups) groups")
    let fanIn = inputs / groups * size.0 * size.1
    let standard = Initializer.uniform(bound: 1 / Double(fanIn).squareRoot())
    weight = Parameter(standard([outputs, inputs / groups, size.0, size.1], dtype: dtype))
    self.bias = bias ? Parameter(standard([outputs], dtype: dtype)) : nil
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
    self.groups = groups
  }

  /// The output channels.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    observed(
      conv2d(
        input, weight.value, bias: bias?.value, stride: stride, padding: padding,
        dilation: dilation, groups: groups))
  }
}

/// A convolution of sequences [n, in, length] → [n, out, length']; see `conv1d`.
public struct Conv1d: Layer {
  /// The windows, [out, in/groups, k].
  public let weight: Parameter
  /// What is added to each output channel, or nil.
  public let bias: Parameter?
  private let stride: Int
  private let padding: Int
  private let dilation: Int
  private let groups: Int

  /// A layer from `inputs` to `outputs` channels with windows of `size`.
  ///
  /// Weight and bias start evenly spread between ±1/√fan-in, as PyTorch's.
  public init(
    _ inputs: Int, _ outputs: Int, size: Int, stride: Int = 1, padding: Int = 0,
    dilation: Int = 1, groups: Int = 1, bias: Bool = true, dtype: DType = .float32
  ) {
    require(
      groups > 0 && inputs % groups == 0 && outputs % groups == 0,
      "Conv1d: \(inputs) to \(outputs) channels in \(groups) groups")
    let standard = Initializer.uniform(bound: 1 / Double(inputs / groups * size).squareRoot())
    weight = Parameter(standard([outputs, inputs / groups, size], dtype: dtype))
    self.bias = bias ? Parameter(standard([outputs], dtype: dtype)) : nil
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
    self.groups = groups
  }

  /// The output channels.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    observed(
      conv1d(
        input, weight.value, bias: bias?.value, stride: stride, padding: padding,
        dilation: dilation, groups: groups))
  }
}

/// The transpose of a convolution, which makes images larger; see `convTranspose2d`.
public struct ConvTranspose2d: Layer {
  /// The windows, [in, out/groups, kh, kw].
  public let weight: Parameter
  /// What is added to each output channel, or nil.
  public let bias: Parameter?
  private let stride: (Int, Int)
  private let padding: (Int, Int)
  private let outputPadding: (Int, Int)
  private let dilation: (Int, Int)
  private let groups: Int

  /// A layer from `inputs` to `outputs` channels with windows of `size`.
  ///
  /// Weight and bias start evenly spread between ±1/√(out/groups · window), as PyTorch's.
  public init(
    _ inputs: Int, _ outputs: Int, size: (Int, Int), stride: (Int, Int) = (1, 1),
    padding: (Int, Int) = (0, 0), outputPadding: (Int, Int) = (0, 0),
    dilation: (Int, Int) = (1, 1), groups: Int = 1, bias: Bool = true, dtype: DType = .float32
  ) {
    require(
      groups > 0 && inputs % groups == 0 && outputs % groups == 0,
      "ConvTranspose2d: \(inputs) to \(outputs) channels in \(groups) groups")
    let fanIn = outputs / groups * size.0 * size.1
    let standard = Initializer.uniform(bound: 1 / Double(fanIn).squareRoot())
    weight = Parameter(standard([inputs, outputs / groups, size.0, size.1], dtype: dtype))
    self.bias = bias ? Parameter(standard([outputs], dtype: dtype)) : nil
    self.stride = stride
    self.padding = padding
    self.outputPadding = outputPadding
    self.dilation = dilation
    self.groups = groups
  }

  /// The output channels.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    observed(
      convTranspose2d(
        input, weight.value, bias: bias?.value, stride: stride, padding: padding,
        outputPadding: outputPadding, dilation: dilation, groups: groups))
  }
}
