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
    DefaultGenerator.withCurrent { make(shape, dtype, &$0) }
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
