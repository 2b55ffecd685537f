import Autograd
import Tensor

/// The initial values of a parameter, as a function of its shape and a random generator.
///
/// For a weight [out, in, ..] the fan-in is in · .. and the fan-out is out · .., where .. are the
/// sizes of a convolution's kernel.
public struct Initializer: Sendable {
  private let make: @Sendable (Shape, DType, inout RandomGenerator) -> Tensor

  /// Creates an initializer that calls a function.
  public init(_ make: @escaping @Sendable (Shape, DType, inout RandomGenerator) -> Tensor) {
    self.make = make
  }

  /// Returns a tensor drawn from `generator`.
  public func callAsFunction(
    _ shape: Shape, dtype: DType = .float32, using generator: inout RandomGenerator
  ) -> Tensor {
    make(shape, dtype, &generator)
  }

  /// Returns a tensor drawn from the generator of the scope; see `withRandomSeed(_:_:)`.
  public func callAsFunction(_ shape: Shape, dtype: DType = .float32) -> Tensor {
    DefaultRandomGenerator.withCurrent { make(shape, dtype, &$0) }
  }
}

extension Initializer {
  /// A constant value.
  public static func constant(_ value: Double) -> Initializer {
    Initializer { shape, dtype, _ in Tensor.full(shape, value, dtype: dtype) }
  }

  /// Zeros.
  public static let zeros = constant(0)
  /// Ones.
  public static let ones = constant(1)

  /// The uniform distribution between −bound and bound.
  public static func uniform(bound: Double) -> Initializer {
    Initializer { shape, dtype, generator in
      generator.uniform(shape, in: -bound..<bound, dtype: dtype)
    }
  }

  /// The normal distribution.
  public static func normal(mean: Double = 0, standardDeviation: Double) -> Initializer {
    Initializer { shape, dtype, generator in
      generator.normal(shape, mean: mean, standardDeviation: standardDeviation, dtype: dtype)
    }
  }

  /// The normal distribution truncated to absolute bounds, which are not in units of the deviation.
  public static func truncatedNormal(
    mean: Double = 0, standardDeviation: Double = 1, in bounds: ClosedRange<Double> = -2...2
  ) -> Initializer {
    Initializer { shape, dtype, generator in
      generator.truncatedNormal(
        shape, mean: mean, standardDeviation: standardDeviation, in: bounds, dtype: dtype)
    }
  }

  /// The uniform distribution with variance 1 / fan-in. (LeCun et al., 1998, Efficient BackProp)
  public static func lecunUniform() -> Initializer { kaimingUniform(gain: 1) }

  /// The normal distribution with variance 1 / fan-in. (LeCun et al., 1998, Efficient BackProp)
  public static func lecunNormal() -> Initializer { kaimingNormal(gain: 1) }

  /// A random matrix W whose rows or columns, whichever are fewer, are orthogonal with norm `gain`.
  /// (Saxe et al., 2014, 1312.6120)
  ///
  /// The axes from the second one on are joined, so W is [out, in · ..]. A tall W satisfies Wᵀ W =
  /// gain² I, a wide one W Wᵀ = gain² I, a square one both. All such matrices are equally likely.
  ///
  /// - Complexity: O(m n min(m, n)) for an m × n matrix.
  public static func orthogonal(gain: Double = 1) -> Initializer {
    Initializer { shape, dtype, generator in
      require(
        shape.rank >= 2 && shape.elementCount > 0,
        """
        initializer: an orthogonal matrix needs a non-empty shape of at least two axes, got \
        \(shape)
        """
      )
      let (rows, columns) = (shape[0], shape.elementCount / shape[0])
      let (count, length) = (Swift.min(rows, columns), Swift.max(rows, columns))
      // The Gram–Schmidt process on the vectors of a Gaussian matrix.
      var vectors = generator.normal([count, length], dtype: .float64)
      for i in 0..<count {
        var vector = vectors[i]
        if i > 0 {
          let earlier = vectors[0..<i]
          // A second pass removes what rounding left over. (Giraud et al., 2005)
          for _ in 0..<2 { vector = vector - matmul(matmul(earlier, vector), earlier) }
        }
        vectors[i] = vector * rsqrt(square(vector).sum())
      }
      let matrix = rows == count ? vectors : vectors.transposed()
      return (matrix * gain).reshaped(to: shape).converted(to: dtype)
    }
  }

  /// The uniform distribution with variance gain² · 2 / (fan-in + fan-out). (Glorot and Bengio,
  /// 2010)
  public static func xavierUniform(gain: Double = 1) -> Initializer {
    Initializer { shape, dtype, generator in
      let (fanIn, fanOut) = Self.fans(of: shape)
      let bound = gain * (6 / (fanIn + fanOut)).squareRoot()
      return generator.uniform(shape, in: -bound..<bound, dtype: dtype)
    }
  }

  /// The normal distribution with variance gain² · 2 / (fan-in + fan-out). (Glorot and Bengio,
  /// 2010)
  public static func xavierNormal(gain: Double = 1) -> Initializer {
    Initializer { shape, dtype, generator in
      let (fanIn, fanOut) = Self.fans(of: shape)
      let deviation = gain * (2 / (fanIn + fanOut)).squareRoot()
      return generator.normal(shape, standardDeviation: deviation, dtype: dtype)
    }
  }

  /// The uniform distribution with variance gain² / fan, which preserves the variance of
  /// activations or gradients from layer to layer. (He et al., 2015, 1502.01852)
  public static func kaimingUniform(fan: Fan = .input, gain: Double = 2.0.squareRoot())
    -> Initializer
  {
    Initializer { shape, dtype, generator in
      let bound = gain * (3 / fan.size(in: shape)).squareRoot()
      return generator.uniform(shape, in: -bound..<bound, dtype: dtype)
    }
  }

  /// The normal distribution with variance gain² / fan. (He et al., 2015, 1502.01852)
  public static func kaimingNormal(fan: Fan = .input, gain: Double = 2.0.squareRoot())
    -> Initializer
  {
    Initializer { shape, dtype, generator in
      let deviation = gain / fan.size(in: shape).squareRoot()
      return generator.normal(shape, standardDeviation: deviation, dtype: dtype)
    }
  }

  /// ``kaimingUniform(fan:gain:)`` with the gain of a nonlinearity.
  public static func kaimingUniform(
    fan: Fan = .input, for nonlinearity: Nonlinearity
  ) -> Initializer { kaimingUniform(fan: fan, gain: nonlinearity.gain) }

  /// ``kaimingNormal(fan:gain:)`` with the gain of a nonlinearity.
  public static func kaimingNormal(
    fan: Fan = .input, for nonlinearity: Nonlinearity
  ) -> Initializer { kaimingNormal(fan: fan, gain: nonlinearity.gain) }

  /// The function that follows a layer, which determines the gain of its initial weights.
  public enum Nonlinearity: Sendable {
    /// No nonlinearity: gain 1.
    case linear
    /// The logistic function: gain 1.
    case sigmoid
    /// The hyperbolic tangent: gain 5/3.
    case tanh
    /// The rectified linear unit: gain √2.
    case relu
    /// The leaky rectified linear unit: gain √(2 / (1 + slope²)).
    case leakyRelu(slope: Double = 0.01)
    /// The self-normalizing exponential linear unit: gain 3/4.
    case selu

    /// The factor of the standard deviation of the weights, as in PyTorch's `calculate_gain`.
    public var gain: Double {
      switch self {
      case .linear, .sigmoid: 1
      case .tanh: 5.0 / 3
      case .relu: 2.0.squareRoot()
      case .leakyRelu(let slope): (2 / (1 + slope * slope)).squareRoot()
      case .selu: 0.75
      }
    }
  }

  /// The pass whose variance an initializer preserves.
  public enum Fan: Sendable {
    /// The forward pass: the fan-in, the number of inputs of each output.
    case input
    /// The backward pass: the fan-out, the number of outputs of each input.
    case output

    fileprivate func size(in shape: Shape) -> Double {
      let (fanIn, fanOut) = Initializer.fans(of: shape)
      return self == .input ? fanIn : fanOut
    }
  }

  fileprivate static func fans(of shape: Shape) -> (input: Double, output: Double) {
    require(
      shape.rank >= 2,
      "initializer: the fan-in of shape \(shape) is not defined; a weight needs at least two axes")
    let kernel = shape.dropFirst(2).reduce(1, *)
    return (Double(shape[1] * kernel), Double(shape[0] * kernel))
  }
}
