import Autograd
import Tensor

/// Layer normalization: each vector along the last axis is brought to mean 0 and variance 1, then
/// scaled and shifted by learned values. (Ba et al., 2016, 1607.06450)
///
/// See `layerNorm`.
public struct LayerNorm: Layer {
  /// The scale of each element, initially 1.
  public let weight: Parameter
  /// The shift of each element, initially 0, or `nil`.
  public let bias: Parameter?
  private let epsilon: Double
  private let noBias: Tensor

  /// Creates a layer for vectors of `size` elements.
  public init(_ size: Int, bias: Bool = true, epsilon: Double = 1e-5, dtype: DType = .float32) {
    weight = Parameter(.ones([size], dtype: dtype))
    self.bias = bias ? Parameter(.zeros([size], dtype: dtype)) : nil
    noBias = .zeros([size], dtype: dtype)
    self.epsilon = epsilon
  }

  /// Normalizes the vectors along the last axis; the output has the shape of the input.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    observed(
      layerNorm(input, weight: weight.value, bias: bias?.value ?? noBias, epsilon: epsilon))
  }
}

/// Root-mean-square normalization: each vector along the last axis is brought to mean square 1,
/// then scaled by learned values. (Zhang and Sennrich, 2019, 1910.07467)
///
/// See `rmsNorm`.
public struct RMSNorm: Layer {
  /// The scale of each element, initially 1.
  public let weight: Parameter
  private let epsilon: Double

  /// Creates a layer for vectors of `size` elements.
  public init(_ size: Int, epsilon: Double = 1e-6, dtype: DType = .float32) {
    weight = Parameter(.ones([size], dtype: dtype))
    self.epsilon = epsilon
  }

  /// Normalizes the vectors along the last axis; the output has the shape of the input.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    observed(rmsNorm(input, weight: weight.value, epsilon: epsilon))
  }
}

/// Batch normalization: each channel is brought to mean 0 and variance 1 over the batch, then
/// scaled and shifted by learned values. (Ioffe and Szegedy, 2015, 1502.03167)
///
/// Channels are the second axis of [n, c], [n, c, length] or [n, c, h, w]. In training the mean and
/// the biased variance of the batch are used, and the running statistics follow them by `momentum`
/// (with the unbiased variance). In inference the running statistics are used.
///
/// In training, inputs far from zero lose no digits. In inference the rounding of the running mean
/// counts: half a unit in its last place, beside the running deviation.
public struct BatchNorm: Layer {
  /// The scale of each channel, initially 1.
  public let weight: Parameter
  /// The shift of each channel, initially 0.
  public let bias: Parameter
  /// The running mean of each channel.
  public let runningMean: ModuleBuffer
  /// The running variance of each channel.
  public let runningVariance: ModuleBuffer
  /// The number of batches that the running statistics have seen.
  public let batchCount: ModuleBuffer
  private let momentum: Double
  private let epsilon: Double

  /// PyTorch's names.
  public static var storedNames: [String: String] {
    [
      "runningMean": "running_mean", "runningVariance": "running_var",
      "batchCount": "num_batches_tracked",
    ]
  }

  /// Creates a layer for `channels` channels.
  public init(
    _ channels: Int, momentum: Double = 0.1, epsilon: Double = 1e-5, dtype: DType = .float32
  ) {
    weight = Parameter(.ones([channels], dtype: dtype))
    bias = Parameter(.zeros([channels], dtype: dtype))
    runningMean = ModuleBuffer(.zeros([channels], dtype: dtype))
    runningVariance = ModuleBuffer(.ones([channels], dtype: dtype))
    batchCount = ModuleBuffer(Tensor(0, dtype: .int32))
    self.momentum = momentum
    self.epsilon = epsilon
  }

  /// Normalizes the channels; the output has the shape of the input.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    let shape = channelShape(of: input, channels: weight.shape[0], in: "BatchNorm")
    let (scale, shift) = (weight.value.reshaped(to: shape), bias.value.reshaped(to: shape))
    if LayerMode.current == .inference {
      let factor = rsqrt(runningVariance.value + epsilon).reshaped(to: shape)
      return observed(
        (input - runningMean.value.reshaped(to: shape)) * (factor * scale) + shift)
    }
    let axes = input.shape.axisMask((0..<input.rank).filter { $0 != 1 }, in: "BatchNorm")
    let (deviations, mean) = input.deviations(along: axes)
    let variance = deviations.meanSquare(along: axes)
    updateRunningStatistics(
      mean.detached, variance.detached, count: input.elementCount / input.shape[1])
    let factor = rsqrt(variance + epsilon).reshaped(to: shape) * scale
    return observed(deviations * factor + shift)
  }

  private func updateRunningStatistics(_ mean: Tensor, _ variance: Tensor, count: Int) {
    require(
      count > 1, "BatchNorm: training needs more than one value per channel to have a variance")
    let unbiased = variance * (Double(count) / Double(count - 1))
    let channels = weight.shape
    runningMean.value = lerp(runningMean.value, mean.reshaped(to: channels), momentum)
    runningVariance.value = lerp(
      runningVariance.value, unbiased.reshaped(to: channels), momentum)
    batchCount.value = batchCount.value + 1
  }
}

/// Group normalization: groups of channels are brought to mean 0 and variance 1 in each example,
/// then each channel is scaled and shifted by learned values. (Wu and He, 2018, 1803.08494)
///
/// Channels are the second axis of [n, c, ..]. Inputs far from zero lose no digits.
public struct GroupNorm: Layer {
  /// The scale of each channel, initially 1.
  public let weight: Parameter
  /// The shift of each channel, initially 0.
  public let bias: Parameter
  private let groups: Int
  private let epsilon: Double

  /// Creates a layer for `channels` channels in `groups` groups of equal size.
  public init(groups: Int, channels: Int, epsilon: Double = 1e-5, dtype: DType = .float32) {
    require(
      groups > 0 && channels % groups == 0,
      "GroupNorm: \(channels) channels are not divisible into \(counted(groups, "group"))")
    weight = Parameter(.ones([channels], dtype: dtype))
    bias = Parameter(.zeros([channels], dtype: dtype))
    self.groups = groups
    self.epsilon = epsilon
  }

  /// Normalizes the groups of channels; the output has the shape of the input.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    let shape = channelShape(of: input, channels: weight.shape[0], in: "GroupNorm")
    let rows = input.reshaped(to: [input.shape[0], groups, -1])
    let last = AxisMask(axis: 2)
    let deviations = rows.deviations(along: last).deviations
    let variance = deviations.meanSquare(along: last)
    let normal = (deviations * rsqrt(variance + epsilon)).reshaped(to: input.shape)
    return observed(
      normal * weight.value.reshaped(to: shape) + bias.value.reshaped(to: shape))
  }
}

/// The shape in which one value per channel broadcasts to an input [n, c, ..]: [c, 1, ..].
private func channelShape(of input: Tensor, channels: Int, in name: StaticString) -> Shape {
  require(
    input.rank >= 2 && input.shape[1] == channels,
    "\(name): an input of shape \(input.shape) for \(channels) channels")
  var shape = Shape([channels])
  for _ in 2..<input.rank { shape.append(1) }
  return shape
}
