import Autograd
import Tensor

extension IntOrPair {
  fileprivate init(_ pair: (Int, Int)) { self.init(pair.0, pair.1) }
}

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
        input, weight.value, bias: bias?.value, stride: IntOrPair(stride),
        padding: IntOrPair(padding), dilation: IntOrPair(dilation), groups: groups))
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
        input, weight.value, bias: bias?.value, stride: IntOrPair(stride),
        padding: IntOrPair(padding), outputPadding: IntOrPair(outputPadding),
        dilation: IntOrPair(dilation), groups: groups))
  }
}

/// `maxPool2d` as a layer.
public struct MaxPool2d: Layer {
  private let window: (size: (Int, Int), stride: (Int, Int), padding: (Int, Int))
  /// A layer whose windows stand side by side unless a stride is given.
  public init(_ size: (Int, Int), stride: (Int, Int)? = nil, padding: (Int, Int) = (0, 0)) {
    window = (size, stride ?? size, padding)
  }
  /// The greatest element of each window.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    observed(
      maxPool2d(
        input, kernelSize: IntOrPair(window.size), stride: IntOrPair(window.stride),
        padding: IntOrPair(window.padding)))
  }
}

/// `averagePool2d` as a layer.
public struct AveragePool2d: Layer {
  private let window: (size: (Int, Int), stride: (Int, Int), padding: (Int, Int))
  /// A layer whose windows stand side by side unless a stride is given.
  public init(_ size: (Int, Int), stride: (Int, Int)? = nil, padding: (Int, Int) = (0, 0)) {
    window = (size, stride ?? size, padding)
  }
  /// The mean of each window.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    observed(
      averagePool2d(
        input, kernelSize: IntOrPair(window.size), stride: IntOrPair(window.stride),
        padding: IntOrPair(window.padding)))
  }
}

/// `adaptiveAveragePool2d` as a layer.
public struct AdaptiveAveragePool2d: Layer {
  private let height: Int
  private let width: Int
  /// A layer whose output has the given size.
  public init(height: Int, width: Int) {
    self.height = height
    self.width = width
  }
  /// The means of windows that cover the image.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    observed(adaptiveAveragePool2d(input, outputSize: IntOrPair(height, width)))
  }
}

/// `upsampleNearest2d` as a layer.
public struct Upsample: Layer {
  private let factor: Int
  /// A layer that makes images `factor` times as high and wide.
  public init(factor: Int) { self.factor = factor }
  /// Each pixel `factor` times along both axes.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    observed(upsampleNearest2d(input, factor: factor))
  }
}

/// The axes from the second on joined into one: [n, ..] → [n, elements].
public struct Flatten: Layer {
  private let start: Int
  /// A layer that joins the axes from `start` on.
  public init(from start: Int = 1) { self.start = start }
  /// The joined tensor.
  public func callAsFunction(_ input: Tensor) -> Tensor { observed(input.flattened(from: start)) }
}
