import Autograd
import Tensor

/// Sets elements to zero at random in training and scales up the rest, so that the mean is kept.
/// (Srivastava et al., 2014)
///
/// In training each element is kept with probability 1 − rate and divided by it. In inference the
/// layer returns its input. The elements are drawn from the generator of the scope; see
/// `withRandomSeed`. Dropped elements are 0 also where the input is infinite or NaN.
public struct Dropout: Layer {
  /// The probability that an element is set to zero.
  public let rate: Double

  /// Creates a layer with a dropout probability in 0..<1.
  public init(_ rate: Double) {
    requireRate(rate, in: "Dropout")
    self.rate = rate
  }

  /// Applies dropout in training; returns the input in inference.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    if rate == 0 || LayerMode.current == .inference { return observed(input) }
    return observed(dropout(input, rate: rate, slope: 1 / (1 - rate)))
  }
}

/// Sets whole channels to zero at random in training and scales up the rest. (Tompson et al., 2015,
/// 1411.4280)
///
/// Channels are the first two axes of [n, c, ..]. It is PyTorch's `Dropout1d` and `Dropout2d`; see
/// ``Dropout``.
public struct ChannelDropout: Layer {
  /// The probability that a channel is set to zero.
  public let rate: Double

  /// Creates a layer with a dropout probability in 0..<1.
  public init(_ rate: Double) {
    requireRate(rate, in: "ChannelDropout")
    self.rate = rate
  }

  /// Applies dropout in training; returns the input in inference.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    require(input.rank >= 2, "ChannelDropout: shape \(input.shape) is not [n, channels, ..]")
    if rate == 0 || LayerMode.current == .inference { return observed(input) }
    var shape = Shape(input.shape.prefix(2))
    for _ in 2..<input.rank { shape.append(1) }
    let ones = Tensor.ones(shape, dtype: input.dtype)
    return observed(input * dropout(ones, rate: rate, slope: 1 / (1 - rate)))
  }
}

/// Dropout for self-normalizing networks: dropped elements take the value to which SELU saturates,
/// and the result is scaled and shifted so that mean 0 and variance 1 are kept. (Klambauer et al.,
/// 2017, 1706.02515)
///
/// With s = −1.7581 and the mask m of kept elements, y = a (x m + s (1 − m)) + b with
/// a = ((1 − rate)(1 + rate s²))^(−1/2) and b = −a s rate.
public struct AlphaDropout: Layer {
  /// The probability that an element is dropped.
  public let rate: Double

  /// Creates a layer with a dropout probability in 0..<1.
  public init(_ rate: Double) {
    requireRate(rate, in: "AlphaDropout")
    self.rate = rate
  }

  /// Applies dropout in training; returns the input in inference.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    if rate == 0 || LayerMode.current == .inference { return observed(input) }
    let saturation = -1.7580993408473766
    let scale = 1 / ((1 - rate) * (1 + rate * saturation * saturation)).squareRoot()
    let shift = -scale * saturation * rate
    return observed(
      dropout(input, rate: rate, slope: scale, shift: shift, dropped: scale * saturation + shift))
  }
}

private func requireRate(_ rate: Double, in name: StaticString) {
  require((0..<1).contains(rate), "\(name): the rate must be in 0..<1, got \(rate)")
}
