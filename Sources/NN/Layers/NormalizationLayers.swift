import Autograd
import Tensor

/// Layer normalization: each vector along the last axis is brought to mean 0 and variance 1, then
/// scaled and shifted by learned values. (Ba et al., 2016, 1607.06450)
///
/// See `layerNorm`.
public struct LayerNorm: Layer {
  /// The scale of each element, initially 1, or `nil`.
  public let weight: Parameter?
  /// The shift of each element, initially 0, or `nil`.
  public let bias: Parameter?
  private let epsilon: Double
  private let vectors: NormalizedVectors

  /// Creates a layer for vectors of `size` elements.
  ///
  /// - Parameters:
  ///   - size: The size of the last axis.
  ///   - bias: Whether the layer has a shift.
  ///   - epsilon: Added to the variance.
  ///   - isAffine: Whether the layer has a scale and a shift (PyTorch's `elementwise_affine`).
  ///   - weightInitializer: The initializer of the scale.
  ///   - biasInitializer: The initializer of the shift.
  ///   - dtype: The dtype of the parameters.
  public init(
    _ size: Int, bias: Bool = true, epsilon: Double = 1e-5, isAffine: Bool = true,
    weightInitializer: Initializer = .ones, biasInitializer: Initializer = .zeros,
    dtype: DType = .float32
  ) {
    self.init(
      Shape([size]), bias: bias, epsilon: epsilon, isAffine: isAffine,
      weightInitializer: weightInitializer, biasInitializer: biasInitializer, dtype: dtype)
  }

  /// Creates a layer that normalizes over the last axes together, whose sizes are `shape`.
  ///
  /// The other arguments are those of the initializer for one axis.
  public init(
    _ shape: Shape, bias: Bool = true, epsilon: Double = 1e-5, isAffine: Bool = true,
    weightInitializer: Initializer = .ones, biasInitializer: Initializer = .zeros,
    dtype: DType = .float32
  ) {
    vectors = NormalizedVectors(shape, dtype, in: "LayerNorm")
    weight = isAffine ? Parameter(weightInitializer(shape, dtype: dtype)) : nil
    self.bias = isAffine && bias ? Parameter(biasInitializer(shape, dtype: dtype)) : nil
    self.epsilon = epsilon
  }

  /// Normalizes the vectors along the last axis; the output has the shape of the input.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    observed(
      vectors.map(input, in: "layerNorm") {
        layerNorm(
          $0, weight: vectors.values(of: weight, or: vectors.ones),
          bias: vectors.values(of: bias, or: vectors.zeros), epsilon: epsilon)
      })
  }
}

/// Root-mean-square normalization: each vector along the last axis is brought to mean square 1,
/// then scaled by learned values. (Zhang and Sennrich, 2019, 1910.07467)
///
/// See `rmsNorm`.
public struct RMSNorm: Layer {
  /// The scale of each element, initially 1, or `nil`.
  public let weight: Parameter?
  private let epsilon: Double
  private let vectors: NormalizedVectors

  /// Creates a layer for vectors of `size` elements.
  ///
  /// - Parameters:
  ///   - size: The size of the last axis.
  ///   - epsilon: Added to the mean square. PyTorch's default is the spacing of the dtype's numbers
  ///     at 1.
  ///   - isAffine: Whether the layer has a scale (PyTorch's `elementwise_affine`).
  ///   - weightInitializer: The initializer of the scale.
  ///   - dtype: The dtype of the parameters.
  public init(
    _ size: Int, epsilon: Double = 1e-6, isAffine: Bool = true,
    weightInitializer: Initializer = .ones, dtype: DType = .float32
  ) {
    self.init(
      Shape([size]), epsilon: epsilon, isAffine: isAffine, weightInitializer: weightInitializer,
      dtype: dtype)
  }

  /// Creates a layer that normalizes over the last axes together, whose sizes are `shape`.
  ///
  /// The other arguments are those of the initializer for one axis.
  public init(
    _ shape: Shape, epsilon: Double = 1e-6, isAffine: Bool = true,
    weightInitializer: Initializer = .ones, dtype: DType = .float32
  ) {
    vectors = NormalizedVectors(shape, dtype, in: "RMSNorm")
    weight = isAffine ? Parameter(weightInitializer(shape, dtype: dtype)) : nil
    self.epsilon = epsilon
  }

  /// Normalizes the vectors along the last axis; the output has the shape of the input.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    observed(
      vectors.map(input, in: "rmsNorm") {
        rmsNorm($0, weight: vectors.values(of: weight, or: vectors.ones), epsilon: epsilon)
      })
  }
}

/// The last axes over which a norm is taken, joined into one, and the constants that stand for
/// parameters that a layer does not have.
private struct NormalizedVectors: InlineSettings {
  /// The sizes of the axes if there are several.
  let shape: Shape?
  let ones: Tensor
  let zeros: Tensor

  init(_ shape: Shape, _ dtype: DType, in name: StaticString) {
    require(
      shape.rank > 0 && shape.elementCount > 0, "\(name): nothing to normalize in shape \(shape)")
    self.shape = shape.rank > 1 ? shape : nil
    ones = .ones([shape.elementCount], dtype: dtype)
    zeros = .zeros([shape.elementCount], dtype: dtype)
  }

  func values(of parameter: Parameter?, or constant: Tensor) -> Tensor {
    guard let value = parameter?.value else { return constant }
    return shape == nil ? value : value.flattened()
  }

  /// Applies a function of vectors.
  func map(_ input: Tensor, in name: StaticString, _ function: (Tensor) -> Tensor) -> Tensor {
    guard let shape else { return function(input) }
    require(
      input.rank >= shape.rank && Shape(input.shape.suffix(shape.rank)) == shape,
      "\(name): weights of shape \(shape) for shape \(input.shape)")
    return function(input.flattened(from: input.rank - shape.rank)).reshaped(to: input.shape)
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
  /// The scale of each channel, initially 1, or `nil`.
  public let weight: Parameter?
  /// The shift of each channel, initially 0, or `nil`.
  public let bias: Parameter?
  /// The running mean of each channel, or `nil`.
  public let runningMean: ModuleBuffer?
  /// The running variance of each channel, or `nil`.
  public let runningVariance: ModuleBuffer?
  /// The number of batches that the running statistics have seen, or `nil`.
  public let batchCount: ModuleBuffer?
  private let momentum: Double?
  private let epsilon: Double
  private let channels: Int

  /// PyTorch's names.
  public static var storedNames: [String: String] { RunningStatistics.storedNames }

  /// Creates a layer for `channels` channels.
  ///
  /// - Parameters:
  ///   - channels: The number of channels.
  ///   - momentum: The weight of a batch in the running statistics; `nil` for the mean over all
  ///     batches (a weight of 1/k for the k-th one).
  ///   - epsilon: Added to the variance.
  ///   - isAffine: Whether the layer has a scale and a shift.
  ///   - tracksRunningStatistics: Whether the layer has running statistics. Otherwise those of the
  ///     batch are used in inference too.
  ///   - weightInitializer: The initializer of the scale.
  ///   - biasInitializer: The initializer of the shift.
  ///   - dtype: The dtype of the parameters and of the running statistics.
  public init(
    _ channels: Int, momentum: Double? = 0.1, epsilon: Double = 1e-5, isAffine: Bool = true,
    tracksRunningStatistics: Bool = true, weightInitializer: Initializer = .ones,
    biasInitializer: Initializer = .zeros, dtype: DType = .float32
  ) {
    self.channels = channels
    weight = isAffine ? Parameter(weightInitializer([channels], dtype: dtype)) : nil
    bias = isAffine ? Parameter(biasInitializer([channels], dtype: dtype)) : nil
    let statistics =
      tracksRunningStatistics ? RunningStatistics(channels, momentum, dtype) : nil
    (runningMean, runningVariance) = (statistics?.mean, statistics?.variance)
    batchCount = statistics?.batchCount
    self.momentum = tracksRunningStatistics ? momentum : nil
    self.epsilon = epsilon
  }

  /// Normalizes the channels; the output has the shape of the input.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    checkChannels(input, channels, minimumRank: 2, in: "BatchNorm")
    let statistics = RunningStatistics(runningMean, runningVariance, batchCount, momentum)
    if LayerMode.current == .inference, let statistics {
      return observed(statistics.normalized(input, weight, bias, epsilon: epsilon))
    }
    let count = input.elementCount / input.shape[1]
    require(
      count > 1 || LayerMode.current == .inference,
      "BatchNorm: training needs more than one value per channel to have a variance")
    let result = groupNormalized(
      input, by: .channels, weight, bias, epsilon: epsilon, in: "batchNorm")
    if LayerMode.current == .training {
      statistics?.follow(result.mean, result.variance, count: count)
    }
    return observed(result.value)
  }
}

/// Instance normalization: each channel of each example is brought to mean 0 and variance 1 over
/// its positions. (Ulyanov et al., 2016, 1607.08022)
///
/// Channels are the second axis of [n, c, ..]; an example needs more than one position. As in
/// PyTorch, the layer has no parameters and no running statistics unless they are asked for. With
/// running statistics, which follow the means over the batch, inference uses those.
public struct InstanceNorm: Layer {
  /// The scale of each channel, initially 1, or `nil`.
  public let weight: Parameter?
  /// The shift of each channel, initially 0, or `nil`.
  public let bias: Parameter?
  /// The running mean of each channel, or `nil`.
  public let runningMean: ModuleBuffer?
  /// The running variance of each channel, or `nil`.
  public let runningVariance: ModuleBuffer?
  /// A count that PyTorch's layer stores but never changes from 0, or `nil`.
  public let batchCount: ModuleBuffer?
  private let momentum: Double
  private let epsilon: Double
  private let channels: Int

  /// PyTorch's names.
  public static var storedNames: [String: String] { RunningStatistics.storedNames }

  /// Creates a layer for `channels` channels.
  ///
  /// The arguments are those of `BatchNorm`, with other defaults, and without a momentum of `nil`.
  public init(
    _ channels: Int, momentum: Double = 0.1, epsilon: Double = 1e-5, isAffine: Bool = false,
    tracksRunningStatistics: Bool = false, weightInitializer: Initializer = .ones,
    biasInitializer: Initializer = .zeros, dtype: DType = .float32
  ) {
    self.channels = channels
    weight = isAffine ? Parameter(weightInitializer([channels], dtype: dtype)) : nil
    bias = isAffine ? Parameter(biasInitializer([channels], dtype: dtype)) : nil
    let statistics =
      tracksRunningStatistics ? RunningStatistics(channels, momentum, dtype) : nil
    (runningMean, runningVariance) = (statistics?.mean, statistics?.variance)
    batchCount = statistics?.batchCount
    self.momentum = momentum
    self.epsilon = epsilon
  }

  /// Normalizes the channels; the output has the shape of the input.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    checkChannels(input, channels, minimumRank: 3, in: "InstanceNorm")
    let statistics = RunningStatistics(runningMean, runningVariance, batchCount, momentum)
    if LayerMode.current == .inference, let statistics {
      return observed(statistics.normalized(input, weight, bias, epsilon: epsilon))
    }
    let count = input.shape.dropFirst(2).reduce(1, *)
    require(
      count > 1,
      "InstanceNorm: an input of shape \(input.shape) has no more than one position, so no variance"
    )
    let result = groupNormalized(
      input, by: .perExample(input.shape[1]), weight, bias, epsilon: epsilon, in: "instanceNorm")
    if LayerMode.current == .training, input.shape[0] > 0 {
      statistics?.follow(
        result.mean.mean(along: 0), result.variance.mean(along: 0), count: count, isCounted: false)
    }
    return observed(result.value)
  }
}

/// Group normalization: groups of channels are brought to mean 0 and variance 1 in each example,
/// then each channel is scaled and shifted by learned values. (Wu and He, 2018, 1803.08494)
///
/// Channels are the second axis of [n, c, ..]. Inputs far from zero lose no digits.
public struct GroupNorm: Layer {
  /// The scale of each channel, initially 1, or `nil`.
  public let weight: Parameter?
  /// The shift of each channel, initially 0, or `nil`.
  public let bias: Parameter?
  private let groups: Int
  private let epsilon: Double
  private let channels: Int

  /// Creates a layer for `channels` channels in `groups` groups of equal size.
  ///
  /// - Parameters:
  ///   - groups: The number of groups, a divisor of the number of channels.
  ///   - channels: The number of channels.
  ///   - epsilon: Added to the variance.
  ///   - isAffine: Whether the layer has a scale and a shift.
  ///   - weightInitializer: The initializer of the scale.
  ///   - biasInitializer: The initializer of the shift.
  ///   - dtype: The dtype of the parameters.
  public init(
    groups: Int, channels: Int, epsilon: Double = 1e-5, isAffine: Bool = true,
    weightInitializer: Initializer = .ones, biasInitializer: Initializer = .zeros,
    dtype: DType = .float32
  ) {
    require(
      groups > 0 && channels % groups == 0,
      "GroupNorm: \(channels) channels are not divisible into \(counted(groups, "group"))")
    self.channels = channels
    weight = isAffine ? Parameter(weightInitializer([channels], dtype: dtype)) : nil
    bias = isAffine ? Parameter(biasInitializer([channels], dtype: dtype)) : nil
    self.groups = groups
    self.epsilon = epsilon
  }

  /// Normalizes the groups of channels; the output has the shape of the input.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    checkChannels(input, channels, minimumRank: 2, in: "GroupNorm")
    let result = groupNormalized(
      input, by: .perExample(groups), weight, bias, epsilon: epsilon, in: "groupNorm")
    return observed(result.value)
  }
}

/// The input normalized by groups, with the weight and the bias of a layer if it has them.
private func groupNormalized(
  _ input: Tensor, by groups: NormalizationGroups, _ weight: Parameter?, _ bias: Parameter?,
  epsilon: Double, in operation: StaticString
) -> GroupNormalization {
  let channels: Shape = [input.shape[1]]
  return groupNormalized(
    input, by: groups, weight: weight?.value ?? .ones(channels, dtype: input.dtype),
    bias: bias?.value ?? .zeros(channels, dtype: input.dtype), epsilon: epsilon, in: operation)
}

/// The running mean and variance of channels.
private struct RunningStatistics {
  let mean: ModuleBuffer
  let variance: ModuleBuffer
  let batchCount: ModuleBuffer
  private let momentum: Double?

  static let storedNames = [
    "runningMean": "running_mean", "runningVariance": "running_var",
    "batchCount": "num_batches_tracked",
  ]

  init(_ channels: Int, _ momentum: Double?, _ dtype: DType) {
    mean = ModuleBuffer(.zeros([channels], dtype: dtype))
    variance = ModuleBuffer(.ones([channels], dtype: dtype))
    batchCount = ModuleBuffer(Tensor(0, dtype: .int32))
    self.momentum = momentum
  }

  init?(
    _ mean: ModuleBuffer?, _ variance: ModuleBuffer?, _ batchCount: ModuleBuffer?,
    _ momentum: Double?
  ) {
    guard let mean, let variance, let batchCount else { return nil }
    self.mean = mean
    self.variance = variance
    self.batchCount = batchCount
    self.momentum = momentum
  }

  /// The input normalized by the statistics, times the weight, plus the bias.
  func normalized(
    _ input: Tensor, _ weight: Parameter?, _ bias: Parameter?, epsilon: Double
  ) -> Tensor {
    normalizedByChannels(
      input, mean: mean.value, variance: variance.value,
      weight: weight?.value ?? .ones(mean.value.shape, dtype: input.dtype),
      bias: bias?.value ?? .zeros(mean.value.shape, dtype: input.dtype), epsilon: epsilon,
      in: "batchNorm")
  }

  /// Moves the statistics toward those of a batch, whose biased variance is of `count` values.
  func follow(_ batchMean: Tensor, _ biased: Tensor, count: Int, isCounted: Bool = true) {
    let unbiased = biased * (Double(count) / Double(count - 1))
    if isCounted { batchCount.value = batchCount.value + 1 }
    let weight = momentum ?? 1 / batchCount.value.scalar()
    let shape = mean.value.shape
    mean.value = lerp(mean.value, batchMean.reshaped(to: shape), weight)
    variance.value = lerp(variance.value, unbiased.reshaped(to: shape), weight)
  }
}

private func checkChannels(
  _ input: Tensor, _ channels: Int, minimumRank: Int, in name: StaticString
) {
  require(
    input.rank >= minimumRank && input.shape[1] == channels,
    "\(name): an input of shape \(input.shape) for \(channels) channels")
}
