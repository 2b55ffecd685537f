import Autograd
import Tensor

/// Vectors of the last axis at mean 0 and variance 1, scaled and shifted by learned numbers.
///
/// See `layerNorm`.
public struct LayerNorm: Layer {
  /// What the vectors are multiplied by, ones at first.
  public let weight: Parameter
  /// What is added to the vectors, zeros at first; nil for nothing.
  public let bias: Parameter?
  private let epsilon: Double
  private let noBias: Tensor

  /// A layer for vectors of `size` numbers.
  public init(_ size: Int, bias: Bool = true, epsilon: Double = 1e-5, dtype: DType = .float32) {
    weight = Parameter(.ones([size], dtype: dtype))
    self.bias = bias ? Parameter(.zeros([size], dtype: dtype)) : nil
    noBias = .zeros([size], dtype: dtype)
    self.epsilon = epsilon
  }

  /// The normalised vectors, of the input's shape.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    observed(
      layerNorm(input, weight: weight.value, bias: bias?.value ?? noBias, epsilon: epsilon))
  }
}

/// Vectors of the last axis at mean square 1, scaled by learned numbers.
///
/// See `rmsNorm`.
public struct RMSNorm: Layer {
  /// What the vectors are multiplied by, ones at first.
  public let weight: Parameter
  private let epsilon: Double

  /// A layer for vectors of `size` numbers.
  public init(_ size: Int, epsilon: Double = 1e-6, dtype: DType = .float32) {
    weight = Parameter(.ones([size], dtype: dtype))
    self.epsilon = epsilon
  }

  /// The normalised vectors, of the input's shape.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    observed(rmsNorm(input, weight: weight.value, epsilon: epsilon))
  }
}

/// Channels at mean 0 and variance 1 over a batch, scaled and shifted by learned numbers.
/// (Ioffe and Szegedy, 2015, 1502.03167)
///
/// Channels are the second axis of [n, c], [n, c, length] or [n, c, h, w].  In training the mean and the
/// variance (without correction) are those of the batch, and running averages follow them by `momentum`
/// (the variance with correction); in inference the running averages are used.
public struct BatchNorm: Layer {
  /// What channels are multiplied by, ones at first.
  public let weight: Parameter
  /// What is added to channels, zeros at first.
  public let bias: Parameter
  /// The running mean of each channel.
  public let runningMean: ModuleBuffer
  /// The running variance of each channel.
  public let runningVariance: ModuleBuffer
  /// How many batches the running averages have seen.
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

  /// A layer for `channels` channels.
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

  /// The normalised channels, of the input's shape.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    require(
      input.rank >= 2 && input.shape[1] == weight.shape[0],
      "BatchNorm: an input of shape \(input.shape) for \(weight.shape[0]) channels")
    // One size for each channel, 1 for the axes behind.
    var shape = Shape([input.shape[1]])
    for _ in 2..<Swift.max(2, input.rank) { shape.append(1) }
    let (scale, shift) = (weight.value.reshaped(to: shape), bias.value.reshaped(to: shape))
    if Mode.current == .inference {
      let factor = rsqrt(runningVariance.value + epsilon).reshaped(to: shape)
      return observed(
        (input - runningMean.value.reshaped(to: shape)) * (factor * scale) + shift)
    }
    let axes = (0..<input.rank).filter { $0 != 1 }
    let mean = input.mean(along: axes, keepingAxes: true)
    let deviations = input - mean
    let variance = square(deviations).mean(along: axes, keepingAxes: true)
    follow(mean.detached, variance.detached, count: input.elementCount / input.shape[1])
    return observed(deviations * rsqrt(variance + epsilon) * scale + shift)
  }

  private func follow(_ mean: Tensor, _ variance: Tensor, count: Int) {
    require(count > 1, "BatchNorm: a batch of one number a channel has no variance")
    let corrected = variance * (Double(count) / Double(count - 1))
    let channels = weight.shape
    runningMean.value = lerp(runningMean.value, mean.reshaped(to: channels), momentum)
    runningVariance.value = lerp(
      runningVariance.value, corrected.reshaped(to: channels), momentum)
    batchCount.value = batchCount.value + 1
  }
}

/// Groups of channels at mean 0 and variance 1, each channel scaled and shifted by learned numbers.
/// (Wu and He, 2018, 1803.08494)
///
/// Channels are the second axis of [n, c, ..].
public struct GroupNorm: Layer {
  /// What channels are multiplied by, ones at first.
  public let weight: Parameter
  /// What is added to channels, zeros at first.
  public let bias: Parameter
  private let groups: Int
  private let epsilon: Double

  /// A layer for `channels` channels in `groups` groups of equal size.
  public init(groups: Int, channels: Int, epsilon: Double = 1e-5, dtype: DType = .float32) {
    require(
      groups > 0 && channels % groups == 0,
      "GroupNorm: \(channels) channels in \(groups) groups")
    weight = Parameter(.ones([channels], dtype: dtype))
    bias = Parameter(.zeros([channels], dtype: dtype))
    self.groups = groups
    self.epsilon = epsilon
  }

  /// The normalised channels, of the input's shape.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    require(
      input.rank >= 2 && input.shape[1] == weight.shape[0],
      "GroupNorm: an input of shape \(input.shape) for \(weight.shape[0]) channels")
    let rows = input.reshaped(to: [input.shape[0], groups, -1])
    let deviations = rows - rows.mean(along: -1, keepingAxes: true)
    let variance = square(deviations).mean(along: -1, keepingAxes: true)
    let normal = (deviations * rsqrt(variance + epsilon)).reshaped(to: input.shape)
    var shape = Shape([input.shape[1]])
    for _ in 2..<Swift.max(2, input.rank) { shape.append(1) }
    return observed(
      normal * weight.value.reshaped(to: shape) + bias.value.reshaped(to: shape))
  }
}
