import Autograd
import Tensor

/// Sets elements to zero at random in training and scales up the rest, so that the mean is kept.
/// (Srivastava et al., 2014)
///
/// In training each element is kept with probability 1 − rate and divided by it. In inference the
/// layer returns its input. The elements are drawn from the generator of the scope; see
/// `withRandomSeed`.
public struct Dropout: Layer {
  /// The probability that an element is set to zero.
  public let rate: Double

  /// Creates a layer with a dropout probability in 0..<1.
  public init(_ rate: Double) {
    require((0..<1).contains(rate), "Dropout: the rate must be in 0..<1, got \(rate)")
    self.rate = rate
  }

  /// Applies dropout in training; returns the input in inference.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    if rate == 0 || LayerMode.current == .inference { return observed(input) }
    let isKept = Tensor.uniform(input.shape) .>= rate
    return observed(input * (isKept.converted(to: input.dtype) / (1 - rate)))
  }
}
