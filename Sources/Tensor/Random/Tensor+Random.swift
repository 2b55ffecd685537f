extension Tensor {
  /// Returns a tensor of uniformly distributed numbers from `range`, drawn from the default
  /// generator.
  ///
  /// See ``withRandomSeed(_:_:)`` and ``RandomGenerator/uniform(_:in:dtype:)``.
  public static func uniform(
    _ shape: Shape, in range: Range<Double> = 0..<1, dtype: DType = .float32
  ) -> Tensor {
    DefaultRandomGenerator.withCurrent { $0.uniform(shape, in: range, dtype: dtype) }
  }

  /// Returns a tensor of normally distributed numbers, drawn from the default generator.
  ///
  /// See ``withRandomSeed(_:_:)`` and ``RandomGenerator/normal(_:mean:standardDeviation:dtype:)``.
  public static func normal(
    _ shape: Shape, mean: Double = 0, standardDeviation: Double = 1, dtype: DType = .float32
  ) -> Tensor {
    DefaultRandomGenerator.withCurrent {
      $0.normal(shape, mean: mean, standardDeviation: standardDeviation, dtype: dtype)
    }
  }

  /// Returns normal numbers within bounds, drawn from the default generator.
  ///
  /// See ``withRandomSeed(_:_:)`` and
  /// ``RandomGenerator/truncatedNormal(_:mean:standardDeviation:in:dtype:)``.
  public static func truncatedNormal(
    _ shape: Shape, mean: Double = 0, standardDeviation: Double = 1,
    in bounds: ClosedRange<Double> = -2...2, dtype: DType = .float32
  ) -> Tensor {
    DefaultRandomGenerator.withCurrent {
      $0.truncatedNormal(
        shape, mean: mean, standardDeviation: standardDeviation, in: bounds, dtype: dtype)
    }
  }

  /// Returns exponentially distributed numbers, drawn from the default generator.
  ///
  /// See ``withRandomSeed(_:_:)`` and ``RandomGenerator/exponential(_:rate:dtype:)``.
  public static func exponential(
    _ shape: Shape, rate: Double = 1, dtype: DType = .float32
  ) -> Tensor {
    DefaultRandomGenerator.withCurrent { $0.exponential(shape, rate: rate, dtype: dtype) }
  }

  /// Returns bools that are true with a probability, drawn from the default generator.
  ///
  /// See ``withRandomSeed(_:_:)`` and ``RandomGenerator/bernoulli(_:probability:)``.
  public static func bernoulli(_ shape: Shape, probability: Double = 0.5) -> Tensor {
    DefaultRandomGenerator.withCurrent { $0.bernoulli(shape, probability: probability) }
  }

  /// Returns integers from a range, drawn from the default generator.
  ///
  /// See ``withRandomSeed(_:_:)`` and ``RandomGenerator/integers(_:in:)``.
  public static func integers(_ shape: Shape, in range: Range<Int>) -> Tensor {
    DefaultRandomGenerator.withCurrent { $0.integers(shape, in: range) }
  }

  /// Returns the integers from 0 up to, but not including, `count` in an order drawn from the
  /// default generator.
  ///
  /// See ``withRandomSeed(_:_:)`` and ``RandomGenerator/permutationTensor(of:)``.
  public static func permutation(of count: Int) -> Tensor {
    DefaultRandomGenerator.withCurrent { $0.permutationTensor(of: count) }
  }

  /// Returns a class for each row of probabilities, drawn from the default generator.
  ///
  /// See ``withRandomSeed(_:_:)`` and ``RandomGenerator/categorical(probabilities:)``.
  public static func categorical(probabilities: Tensor) -> Tensor {
    DefaultRandomGenerator.withCurrent { $0.categorical(probabilities: probabilities) }
  }

  /// Returns a class for each row of logits, drawn from the default generator.
  ///
  /// See ``withRandomSeed(_:_:)`` and ``RandomGenerator/categorical(logits:)``.
  public static func categorical(logits: Tensor) -> Tensor {
    DefaultRandomGenerator.withCurrent { $0.categorical(logits: logits) }
  }
}
