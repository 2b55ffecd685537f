import CLibrary

// MARK: - Continuous

extension RandomGenerator {
  /// Returns a tensor of numbers from the normal distribution truncated to `bounds`, float32 or
  /// float64.
  ///
  /// As in PyTorch's `trunc_normal_`, the bounds are in the units of the result, not in standard
  /// deviations. Either may be infinite, and both may lie far out in a tail. The numbers are drawn
  /// by rejection (Robert, 1995, "Simulation of truncated normal variables"), so no quantile
  /// function limits their accuracy. A standard deviation that is not positive stops the program.
  public mutating func truncatedNormal(
    _ shape: Shape, mean: Double = 0, standardDeviation: Double = 1,
    in bounds: ClosedRange<Double> = -2...2, dtype: DType = .float32
  ) -> Tensor {
    require(
      mean.isFinite && standardDeviation.isFinite && standardDeviation > 0,
      """
      truncatedNormal: the mean must be finite and the standard deviation positive, \
      got \(mean) and \(standardDeviation)
      """
    )
    require(
      bounds.lowerBound < .infinity && bounds.upperBound > -.infinity,
      "truncatedNormal: no number lies within \(bounds)")
    // So far out, the distribution is a spike at its bound, and the square of the bound could
    // overflow.
    let farOut = 0x1p30
    let low = Swift.min((bounds.lowerBound - mean) / standardDeviation, farOut)
    let high = Swift.max((bounds.upperBound - mean) / standardDeviation, -farOut)
    func draw(_ generator: inout RandomGenerator) -> Double {
      mean + standardDeviation * generator.standardNormal(from: low, to: high)
    }
    switch dtype {
    case .float32:
      let limits = Bounds<Float>(bounds)
      return fillFromStreams(shape) { generator in limits.clamp(draw(&generator)) }
    case .float64:
      let limits = Bounds<Double>(bounds)
      return fillFromStreams(shape) { generator in limits.clamp(draw(&generator)) }
    default: fail("truncatedNormal: not defined for \(dtype)")
    }
  }

  /// Returns a number from the standard normal distribution truncated to [a, b].
  private mutating func standardNormal(from a: Double, to b: Double) -> Double {
    if b < 0 { return -standardNormal(from: -b, to: -a) }
    if a <= 0 {
      // The peak lies within: either half of the normal numbers or more are accepted, or the
      // density is flat.
      if b - a < 2.5 { return flatNormal(from: a, to: b, peak: 0) }
      while true {
        let x = normal()
        if x >= a && x <= b { return x }
      }
    }
    let root = (a * a + 4).squareRoot()
    let rate = (a + root) / 2
    if b - a < exp(0.5 - a / (a + root)) / rate { return flatNormal(from: a, to: b, peak: a) }
    while true {
      let x = a + exponential() / rate
      if x <= b && uniform() < exp(-(x - rate) * (x - rate) / 2) { return x }
    }
  }

  /// Returns a normal number by rejection from the uniform distribution; the density is largest at
  /// `peak`.
  private mutating func flatNormal(from a: Double, to b: Double, peak: Double) -> Double {
    while true {
      let x = uniform(in: a..<b)
      if uniform() < exp((peak - x) * (peak + x) / 2) { return x }
    }
  }

  /// Returns a tensor of exponentially distributed numbers with the density rate · exp(−rate · x),
  /// x > 0, float32 or float64.
  ///
  /// Each is −log(u) / rate with u from (0, 1), so that none is 0; the mean is 1 / rate. A rate
  /// that is not positive stops the program.
  public mutating func exponential(
    _ shape: Shape, rate: Double = 1, dtype: DType = .float32
  ) -> Tensor {
    require(
      rate.isFinite && rate > 0, "exponential: the rate must be positive and finite, got \(rate)")
    switch dtype {
    case .float32:
      return fillFromWords(shape) { word, _ in Float(-log((Double(word) + 0.5) * 0x1p-32) / rate) }
    case .float64:
      return fillFromLongs(shape) { long, _ in Self.exponential(long) / rate }
    default: fail("exponential: not defined for \(dtype)")
    }
  }

  private mutating func exponential() -> Double { Self.exponential(next()) }

  /// Returns a number from the exponential distribution of rate 1, made of the upper 52 of 64
  /// random bits.
  private static func exponential(_ bits: UInt64) -> Double {
    -log((Double(bits >> 12) + 0.5) * 0x1p-52)
  }
}

// MARK: - Discrete

extension RandomGenerator {
  /// Returns a bool tensor whose elements are true with the given probability.
  ///
  /// The probability is rounded to a multiple of 2⁻³², so that 0 gives no true element and 1 no
  /// false one. One that is not from 0 to 1 stops the program.
  public mutating func bernoulli(_ shape: Shape, probability: Double = 0.5) -> Tensor {
    require(
      probability >= 0 && probability <= 1,
      "bernoulli: the probability must be from 0 to 1, got \(probability)")
    let threshold = UInt64((probability * 0x1p32).rounded())
    return fillFromWords(shape) { word, _ in UInt64(word) < threshold }
  }

  /// Returns an int32 tensor of uniformly distributed integers from `range`.
  ///
  /// They are drawn by multiplication with rejection (Lemire, 2019), which has no bias for any size
  /// of the range. A range that is empty or exceeds int32 stops the program.
  public mutating func integers(_ shape: Shape, in range: Range<Int>) -> Tensor {
    require(
      !range.isEmpty && range.lowerBound >= Int32.min && range.upperBound <= Int(Int32.max) + 1,
      "integers: the range \(range) is empty or not within int32")
    let retries = split()
    let width = UInt64(range.count)
    let surplus = UInt32((1 << 32) % width)
    return fillFromWords(shape) { word, i in
      var product = UInt64(word) * width
      if UInt32(truncatingIfNeeded: product) < surplus {
        var source = retries.stream(i)
        repeat {
          product = UInt64(UInt32(truncatingIfNeeded: source.next())) * width
        } while UInt32(truncatingIfNeeded: product) < surplus
      }
      return Int32(range.lowerBound + Int(product >> 32))
    }
  }

  /// Returns the integers from 0 up to, but not including, `count` in random order, as an int32
  /// vector.
  ///
  /// The order is that of ``permutation(of:)``.
  public mutating func permutationTensor(of count: Int) -> Tensor {
    require(
      count >= 0 && count <= Shape.maximumSize, "permutation: no tensor can have \(count) elements")
    return Tensor(permutation(of: count).map { Int32($0) }, shape: [count])
  }

  /// Returns an int32 class for each row, drawn with the given probabilities, [..., classes] →
  /// [...].
  ///
  /// The rows are float32 or float64 and need not sum to 1. A class is drawn by inverting the
  /// cumulative sum, computed in float64, at one number from [0, 1); to draw several, broadcast the
  /// row. A negative, infinite or NaN probability and a row that sums to 0 stop the program.
  public mutating func categorical(probabilities: Tensor) -> Tensor {
    categorical(probabilities, name: "categorical(probabilities:)") { row, weights in
      var total = 0.0
      for (i, value) in row.enumerated() {
        guard value >= 0 && value < .infinity else { return "has the probability \(value)" }
        total += value
        weights[i] = total
      }
      if !total.isFinite { return "has an infinite sum" }
      return total > 0 ? nil : "sums to 0"
    }
  }

  /// Returns an int32 class for each row of logits, drawn with the probabilities softmax(row),
  /// [..., classes] → [...].
  ///
  /// Works like ``categorical(probabilities:)``. A logit of −∞ excludes its class; NaN, +∞ and a
  /// row that contains only −∞ stop the program.
  public mutating func categorical(logits: Tensor) -> Tensor {
    categorical(logits, name: "categorical(logits:)") { row, weights in
      var largest = -Double.infinity
      for value in row {
        guard value < .infinity else { return "has the logit \(value)" }
        largest = Swift.max(largest, value)
      }
      if largest == -.infinity { return "excludes every class" }
      var total = 0.0
      for (i, value) in row.enumerated() {
        total += exp(value - largest)
        weights[i] = total
      }
      return nil
    }
  }

  /// Draws a class for each row; `accumulate` writes the cumulative sums of a row or returns what
  /// is wrong with it.
  private mutating func categorical(
    _ rows: Tensor, name: StaticString,
    _ accumulate: (UnsafeMutableBufferPointer<Double>, UnsafeMutableBufferPointer<Double>)
      -> String?
  ) -> Tensor {
    require(rows.dtype.isFloatingPoint, "\(name): not defined for \(rows.dtype)")
    require(rows.rank > 0, "\(name): a scalar has no classes")
    let classes = rows.shape.size(rows.rank - 1)
    let result = Tensor(uninitialized: rows.shape.removing(axis: rows.rank - 1), dtype: .int32)
    let count = result.elementCount
    require(classes > 0 || count == 0, "\(name): shape \(rows.shape) has no classes")
    let source = rows.contiguous
    let target = result.pointer.assumingMemoryBound(to: Int32.self)
    let generator = self
    let grain = Grain.items(Grain.probabilities, each: classes)
    forEachChunk(of: count, grain: grain) { range in
      withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * classes) { scratch in
        let row = UnsafeMutableBufferPointer(rebasing: scratch[..<classes])
        let sums = UnsafeMutableBufferPointer(rebasing: scratch[classes...])
        for i in range {
          source.copyElements(from: i * classes, to: row)
          if let problem = accumulate(row, sums) { fail("\(name): row \(i) \(problem)") }
          let u = Self.uniform(Self.longs(generator.block(at: i)).0)
          target[i] = Int32(Self.index(of: u, in: sums))
        }
      }
    }
    skip(blocks: count)
    return result
  }

  /// Returns the first index whose cumulative sum exceeds the fraction `u` of the total.
  private static func index(of u: Double, in sums: UnsafeMutableBufferPointer<Double>) -> Int {
    let total = sums[sums.count - 1]
    // The product may round to the total itself, which no sum exceeds.
    let goal = Swift.min(u * total, total.nextDown)
    var (low, high) = (0, sums.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if sums[middle] > goal { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

extension Tensor {
  /// Copies elements of a contiguous floating-point tensor to `row`.
  fileprivate func copyElements(from start: Int, to row: UnsafeMutableBufferPointer<Double>) {
    if dtype == .float32 {
      let elements = pointer.assumingMemoryBound(to: Float.self) + start
      for i in row.indices { row[i] = Double(elements[i]) }
    } else {
      let elements = pointer.assumingMemoryBound(to: Double.self) + start
      for i in row.indices { row[i] = elements[i] }
    }
  }
}

// MARK: - From the default generator

extension Tensor {
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
