import Autograd
import Tensor

/// The rectified linear unit as a layer; see `relu`.
public struct ReLU: Layer {
  /// Creates the layer.
  public init() {}
  /// Returns max(x, 0) for each element.
  public func callAsFunction(_ input: Tensor) -> Tensor { observed(relu(input)) }
}

/// The leaky rectified linear unit as a layer; see `leakyRelu`.
public struct LeakyReLU: Layer {
  private let slope: Double
  /// Creates the layer with a slope for negative elements.
  public init(slope: Double = 0.01) { self.slope = slope }
  /// Returns x for each positive element and slope · x for each negative one.
  public func callAsFunction(_ input: Tensor) -> Tensor { observed(leakyRelu(input, slope: slope)) }
}

/// The exponential linear unit as a layer; see `elu`.
public struct ELU: Layer {
  private let alpha: Double
  /// Creates the layer with the limit −α for negative elements.
  public init(alpha: Double = 1) { self.alpha = alpha }
  /// Returns x for each positive element and α(eˣ − 1) for each negative one.
  public func callAsFunction(_ input: Tensor) -> Tensor { observed(elu(input, alpha: alpha)) }
}

/// The scaled exponential linear unit as a layer; see `selu`.
public struct SELU: Layer {
  /// Creates the layer.
  public init() {}
  /// Returns the scaled exponential linear unit of each element.
  public func callAsFunction(_ input: Tensor) -> Tensor { observed(selu(input)) }
}

/// The continuously differentiable exponential linear unit as a layer; see `celu`.
public struct CELU: Layer {
  private let alpha: Double
  /// Creates the layer with the limit −α for negative elements.
  public init(alpha: Double = 1) { self.alpha = alpha }
  /// Returns x for each positive element and α(e^(x/α) − 1) for each negative one.
  public func callAsFunction(_ input: Tensor) -> Tensor { observed(celu(input, alpha: alpha)) }
}

/// A leaky rectified linear unit with a learned slope a for negative elements, max(x, 0) +
/// a · min(x, 0). (He et al., 2015, 1502.01852)
///
/// With one slope it applies to inputs of any shape; with one for each channel, channels are the
/// second axis of [n, c, ..].
public struct PReLU: Layer {
  /// The slopes a, [1] or [channels].
  public let weight: Parameter

  /// Creates a layer.
  ///
  /// - Parameters:
  ///   - channels: The number of slopes.
  ///   - weightInitializer: The initializer of the slopes; by default 0.25, as in PyTorch.
  ///   - dtype: The dtype of the slopes.
  public init(
    _ channels: Int = 1, weightInitializer: Initializer = .constant(0.25), dtype: DType = .float32
  ) {
    weight = Parameter(weightInitializer([channels], dtype: dtype))
  }

  /// Returns x for each positive element and a · x for each negative one.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    let channels = weight.shape[0]
    var shape = Shape([channels])
    if channels > 1 {
      require(
        input.rank >= 2 && input.shape[1] == channels,
        "PReLU: an input of shape \(input.shape) for \(channels) channels")
      for _ in 2..<input.rank { shape.append(1) }
    }
    return observed(relu(input) - weight.value.reshaped(to: shape) * relu(-input))
  }
}

/// The rectified linear unit with a limit of 6 as a layer, min(max(x, 0), 6). (Howard et al., 2017,
/// 1704.04861)
public struct ReLU6: Layer {
  /// Creates the layer.
  public init() {}
  /// Returns min(max(x, 0), 6) for each element.
  public func callAsFunction(_ input: Tensor) -> Tensor { observed(clamp(input, from: 0, to: 6)) }
}

/// Elements limited to a range as a layer, by default −1...1; see `clamp`.
public struct HardTanh: Layer {
  private let range: ClosedRange<Double>
  /// Creates the layer with a range.
  public init(_ range: ClosedRange<Double> = -1...1) { self.range = range }
  /// Returns min(max(x, lower), upper) for each element.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    observed(clamp(input, from: range.lowerBound, to: range.upperBound))
  }
}

/// The Gaussian error linear unit as a layer; see `gelu` and `geluTanh`.
public struct GELU: Layer {
  let usesTanh: Bool
  /// Creates the layer, exact or with the approximation by tanh (PyTorch's `approximate="tanh"`).
  public init(usesTanh: Bool = false) { self.usesTanh = usesTanh }
  /// Returns x · Φ(x) for each element.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    observed(usesTanh ? geluTanh(input) : gelu(input))
  }
}

/// The Mish function as a layer; see `mish`.
public struct Mish: Layer {
  /// Creates the layer.
  public init() {}
  /// Returns x · tanh(softplus x) for each element.
  public func callAsFunction(_ input: Tensor) -> Tensor { observed(mish(input)) }
}

/// The piecewise approximation of SiLU as a layer; see `hardSwish`.
public struct HardSwish: Layer {
  /// Creates the layer.
  public init() {}
  /// Returns x · clamp(x + 3, 0, 6) / 6 for each element.
  public func callAsFunction(_ input: Tensor) -> Tensor { observed(hardSwish(input)) }
}

/// The piecewise linear approximation of the logistic function as a layer; see `hardSigmoid`.
public struct HardSigmoid: Layer {
  /// Creates the layer.
  public init() {}
  /// Returns clamp(x + 3, 0, 6) / 6 for each element.
  public func callAsFunction(_ input: Tensor) -> Tensor { observed(hardSigmoid(input)) }
}

/// The softsign function as a layer; see `softsign`.
public struct Softsign: Layer {
  /// Creates the layer.
  public init() {}
  /// Returns x / (1 + |x|) for each element.
  public func callAsFunction(_ input: Tensor) -> Tensor { observed(softsign(input)) }
}

/// The gated linear unit as a layer, which halves an axis; see `glu`.
public struct GLU: Layer {
  private let axis: Int
  /// Creates the layer for an axis, the last one by default.
  public init(along axis: Int = -1) { self.axis = axis }
  /// Returns a · sigmoid b for the halves a and b of the input.
  public func callAsFunction(_ input: Tensor) -> Tensor { observed(glu(input, along: axis)) }
}

/// The sigmoid linear unit as a layer; see `silu`.
public struct SiLU: Layer {
  /// Creates the layer.
  public init() {}
  /// Returns x · sigmoid x for each element.
  public func callAsFunction(_ input: Tensor) -> Tensor { observed(silu(input)) }
}

/// The hyperbolic tangent as a layer; see `tanh`.
public struct Tanh: Layer {
  /// Creates the layer.
  public init() {}
  /// Returns the hyperbolic tangent of each element.
  public func callAsFunction(_ input: Tensor) -> Tensor { observed(tanh(input)) }
}

/// The logistic function as a layer; see `sigmoid`.
public struct Sigmoid: Layer {
  /// Creates the layer.
  public init() {}
  /// Returns the logistic function of each element.
  public func callAsFunction(_ input: Tensor) -> Tensor { observed(sigmoid(input)) }
}

/// The softplus function as a layer; see `softplus`.
public struct Softplus: Layer {
  /// Creates the layer.
  public init() {}
  /// Returns ln(1 + eˣ) for each element.
  public func callAsFunction(_ input: Tensor) -> Tensor { observed(softplus(input)) }
}

/// The softmax as a layer; see `softmax`.
public struct Softmax: Layer {
  private let axis: Int
  /// Creates the layer for an axis, the last one by default.
  public init(along axis: Int = -1) { self.axis = axis }
  /// Returns the softmax along the axis.
  public func callAsFunction(_ input: Tensor) -> Tensor { observed(softmax(input, along: axis)) }
}

/// The logarithm of the softmax as a layer; see `logSoftmax`.
public struct LogSoftmax: Layer {
  private let axis: Int
  /// Creates the layer for an axis, the last one by default.
  public init(along axis: Int = -1) { self.axis = axis }
  /// Returns the logarithm of the softmax along the axis.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    observed(logSoftmax(input, along: axis))
  }
}

/// The logarithm of the logistic function as a layer; see `logSigmoid`.
public struct LogSigmoid: Layer {
  /// Creates the layer.
  public init() {}
  /// Returns −ln(1 + e⁻ˣ) for each element.
  public func callAsFunction(_ input: Tensor) -> Tensor { observed(logSigmoid(input)) }
}
