import Autograd
import Tensor

/// How a parameter starts: a function of its shape and a random generator.
///
/// For a weight [out, in, …] the fan-in is in · …, the fan-out out · …, where … are the sizes of a
/// convolution's window.
public struct Initializer: Sendable {
  private let make: @Sendable (Shape, DType, inout RandomGenerator) -> Tensor

  /// An initializer that calls a function.
  public init(_ make: @escaping @Sendable (Shape, DType, inout RandomGenerator) -> Tensor) {
    self.make = make
  }

  /// A tensor drawn from `generator`.
  public func callAsFunction(
    _ shape: Shape, dtype: DType = .float32, using generator: inout RandomGenerator
  ) -> Tensor {
    make(shape, dtype, &generator)
  }

  /// A tensor drawn from the scope's generator; see `withRandomSeed(_:_:)`.
  public func callAsFunction(_ shape: Shape, dtype: DType = .float32) -> Tensor {
    DefaultRandomGenerator.withCurrent { make(shape, dtype, &$0) }
  }
}

extension Initializer {
  /// One value everywhere.
  public static func constant(_ value: Double) -> Initializer {
    Initializer { shape, dtype, _ in Tensor.full(shape, value, dtype: dtype) }
  }

  /// Zeros.
  public static let zeros = constant(0)
  /// Ones.
  public static let ones = constant(1)

  /// Evenly spread from −bound to bound.
  public static func uniform(bound: Double) -> Initializer {
    Initializer { shape, dtype, generator in
      generator.uniform(shape, in: -bound..<bound, dtype: dtype)
    }
  }

  /// Normally distributed.
  public static func normal(mean: Double = 0, standardDeviation: Double) -> Initializer {
    Initializer { shape, dtype, generator in
      generator.normal(shape, mean: mean, standardDeviation: standardDeviation, dtype: dtype)
    }
  }

  /// Normally distributed, without the numbers beyond two bounds, which are not in units of the deviation.
  public static func truncatedNormal(
    mean: Double = 0, standardDeviation: Double = 1, in bounds: ClosedRange<Double> = -2...2
  ) -> Initializer {
    Initializer { shape, dtype, generator in
      generator.truncatedNormal(
        shape, mean: mean, standardDeviation: standardDeviation, in: bounds, dtype: dtype)
    }
  }

  /// Evenly spread with the variance 1 / fan-in.  (LeCun et al., 1998, Efficient BackProp)
  public static func lecunUniform() -> Initializer { kaimingUniform(gain: 1) }

  /// Normally distributed with the variance 1 / fan-in.  (LeCun et al., 1998, Efficient BackProp)
  public static func lecunNormal() -> Initializer { kaimingNormal(gain: 1) }

  /// A random matrix W with orthogonal rows or columns, whichever are fewer, of length `gain`.
  /// (Saxe et al., 2014, 1312.6120)
  ///
  /// Axes from the second on count as one, so W is [out, in · …]: Wᵀ W = gain² I where it is tall,
  /// W Wᵀ = gain² I where it is wide, both where it is square.  All such matrices are equally likely.
  ///
  /// - Complexity: O(m n min(m, n)) for m × n numbers.
  public static func orthogonal(gain: Double = 1) -> Initializer {
    Initializer { shape, dtype, generator in
      require(
        shape.rank >= 2 && shape.elementCount > 0,
        "initializer: shape \(shape) is no matrix to be orthogonal")
      let (rows, columns) = (shape[0], shape.elementCount / shape[0])
      let (count, length) = (Swift.min(rows, columns), Swift.max(rows, columns))
      // Gram and Schmidt's process on the vectors of a Gaussian matrix, one after another.
      var vectors = generator.normal([count, length], dtype: .float64)
      for i in 0..<count {
        var vector = vectors[i]
        if i > 0 {
          let earlier = vectors[0..<i]
          // Once leaves what rounding adds; twice is enough.  (Giraud et al., 2005)
          for _ in 0..<2 { vector = vector - matmul(matmul(earlier, vector), earlier) }
        }
        vectors[i] = vector * rsqrt(square(vector).sum())
      }
      let matrix = rows == count ? vectors : vectors.transposed()
      return (matrix * gain).reshaped(to: shape).converted(to: dtype)
    }
  }

  /// Evenly spread with the variance gain² · 2 / (fan-in + fan-out).  (Glorot and Bengio, 2010)
  public static func xavierUniform(gain: Double = 1) -> Initializer {
    Initializer { shape, dtype, generator in
      let (fanIn, fanOut) = Initializer.fans(of: shape)
      let bound = gain * (6 / (fanIn + fanOut)).squareRoot()
      return generator.uniform(shape, in: -bound..<bound, dtype: dtype)
    }
  }

  /// Normally distributed with the variance gain² · 2 / (fan-in + fan-out).  (Glorot and Bengio, 2010)
  public static func xavierNormal(gain: Double = 1) -> Initializer {
    Initializer { shape, dtype, generator in
      let (fanIn, fanOut) = Initializer.fans(of: shape)
      let deviation = gain * (2 / (fanIn + fanOut)).squareRoot()
      return generator.normal(shape, standardDeviation: deviation, dtype: dtype)
    }
  }

  /// Evenly spread with the variance gain² / fan, which keeps the size of what passes through a layer.
  /// (He et al., 2015, 1502.01852)
  public static func kaimingUniform(fan: Fan = .input, gain: Double = 2.0.squareRoot())
    -> Initializer
  {
    Initializer { shape, dtype, generator in
      let bound = gain * (3 / fan.size(in: shape)).squareRoot()
      return generator.uniform(shape, in: -bound..<bound, dtype: dtype)
    }
  }

  /// Normally distributed with the variance gain² / fan.  (He et al., 2015, 1502.01852)
  public static func kaimingNormal(fan: Fan = .input, gain: Double = 2.0.squareRoot())
    -> Initializer
  {
    Initializer { shape, dtype, generator in
      let deviation = gain / fan.size(in: shape).squareRoot()
      return generator.normal(shape, standardDeviation: deviation, dtype: dtype)
    }
  }

  /// As ``kaimingUniform(fan:gain:)`` with the gain of a non-linearity.
  public static func kaimingUniform(
    fan: Fan = .input, for nonlinearity: Nonlinearity
  ) -> Initializer { kaimingUniform(fan: fan, gain: nonlinearity.gain) }

  /// As ``kaimingNormal(fan:gain:)`` with the gain of a non-linearity.
  public static func kaimingNormal(
    fan: Fan = .input, for nonlinearity: Nonlinearity
  ) -> Initializer { kaimingNormal(fan: fan, gain: nonlinearity.gain) }

  /// What follows a layer, and so decides by which gain its weights start.
  public enum Nonlinearity: Sendable {
    /// Nothing, or a convolution: gain 1.
    case linear
    /// The logistic function: gain 1.
    case sigmoid
    /// The hyperbolic tangent: gain 5/3.
    case tanh
    /// max(x, 0): gain √2.
    case relu
    /// x or slope · x: gain √(2 / (1 + slope²)).
    case leakyRelu(slope: Double = 0.01)
    /// The self-normalising exponential linear unit: gain 3/4.
    case selu

    /// What the deviation of the weights is multiplied by, as in PyTorch's `calculate_gain`.
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

  /// Which side of a weight an initializer keeps the variance for.
  public enum Fan: Sendable {
    /// The forward pass: the number of inputs of each output.
    case input
    /// The backward pass: the number of outputs of each input.
    case output

    fileprivate func size(in shape: Shape) -> Double {
      let (fanIn, fanOut) = Initializer.fans(of: shape)
      return self == .input ? fanIn : fanOut
    }
  }

  fileprivate static func fans(of shape: Shape) -> (input: Double, output: Double) {
    require(shape.rank >= 2, "initializer: shape \(shape) has no fans; it takes two axes or more")
    let window = shape.dropFirst(2).reduce(1, *)
    return (Double(shape[1] * window), Double(shape[0] * window))
  }
}
