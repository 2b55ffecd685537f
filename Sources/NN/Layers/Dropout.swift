import Autograd
import Tensor

/// Zeroes elements at random while training and scales the rest up, so that their mean stays.
/// (Srivastava et al., 2014)
///
/// In training each element is kept with the probability 1 − rate and divided by it; in inference the layer
/// does nothing.  The choice is drawn from the scope's generator; see `withRandomSeed`.
public struct Dropout: Layer {
  /// The probability of an element to become 0.
  public let rate: Double

  /// A layer that drops with a probability from 0 up to but not including 1.
  public init(_ rate: Double) {
    require((0..<1).contains(rate), "Dropout: the rate \(rate) is not from 0 up to 1")
    self.rate = rate
  }

  /// The input with elements dropped, in training.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    if rate == 0 || Mode.current == .inference { return observed(input) }
    let isKept = Tensor.uniform(input.shape) .>= rate
    return observed(input * (isKept.converted(to: input.dtype) / (1 - rate)))
  }
}
