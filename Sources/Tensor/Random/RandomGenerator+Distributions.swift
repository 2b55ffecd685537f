#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

// MARK: - Continuous

extension RandomGenerator {
  /// A tensor of numbers from the normal distribution, given that they lie within `bounds`; float32 or
  /// float64.
  ///
  /// The bounds are in the units of the result, not in standard deviations, as in PyTorch's
  /// `trunc_normal_`; either may be infinite, and both may lie far out in a tail.  Drawn by rejection
  /// (Robert, 1995, "Simulation of truncated normal variables"), so no quantile function limits the accuracy.
  /// A standard deviation that is not positive stops the program.
  public mutating func truncatedNormal(
    _ shape: Shape, mean: Double = 0, standardDeviation: Double = 1,
    in bounds: ClosedRange<Double> = -2...2, dtype: DType = .float32
  ) -> Tensor {
    require(
      mean.isFinite && standardDeviation.isFinite && standardDeviation > 0,
      "truncatedNormal: no normal distribution of mean \(mean) and standard deviation \(standardDeviation)"
    )
    require(
      bounds.lowerBound < .infinity && bounds.upperBound > -.infinity,
      "truncatedNormal: no number lies within \(bounds)")
    // So far out, the distribution is a spike at its bound, and squares of the bound might overflow.
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

  /// A number of the standard normal distribution from a to b, a ≤ b.
  private mutating func standardNormal(from a: Double, to b: Double) -> Double {
    if b < 0 { return -standardNormal(from: -b, to: -a) }
    if a <= 0 {
      // Both ends around the peak: half of the normal numbers or more are within, or the density is flat.
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

  /// A normal number by rejection from the uniform one; `peak` is where the density is greatest.
  private mutating func flatNormal(from a: Double, to b: Double, peak: Double) -> Double {
    while true {
      let x = uniform(in: a..<b)
      if uniform() < exp((peak - x) * (peak + x) / 2) { return x }
    }
  }

  /// A tensor of numbers from the exponential distribution, of density rate · exp(−rate · x) for x > 0;
  /// float32 or float64.
  ///
  /// −log(u) / rate with u from (0, 1), so that none is 0; the mean is 1 / rate.  A rate that is not
  /// positive stops the program.
  public mutating func exponential(
    _ shape: Shape, rate: Double = 1, dtype: DType = .float32
  ) -> Tensor {
    require(rate.isFinite && rate > 0, "exponential: the rate \(rate) is not positive")
    switch dtype {
    case .float32:
      return fillFromWords(shape) { word, _ in Float(-log((Double(word) + 0.5) * 0x1p-32) / rate) }
    case .float64:
      return fillFromLongs(shape) { long, _ in RandomGenerator.exponential(long) / rate }
    default: fail("exponential: not defined for \(dtype)")
    }
  }

  private mutating func exponential() -> Double { RandomGenerator.exponential(next()) }

  /// A number of the exponential distribution of rate 1 from the upper 52 of 64 random bits.
  private static func exponential(_ bits: UInt64) -> Double {
    -log((Double(bits >> 12) + 0.5) * 0x1p-52)
  }
}

// MARK: - Discrete

extension RandomGenerator {
  /// A bool tensor whose elements are true with the given probability, which counts in steps of 2⁻³².
  ///
  /// A probability of 0 gives no true, 1 no false; one that is not from 0 to 1 stops the program.
  public mutating func bernoulli(_ shape: Shape, probability: Double = 0.5) -> Tensor {
    require(
      probability >= 0 && probability <= 1,
      "bernoulli: \(probability) is not a probability")
    let threshold = UInt64((probability * 0x1p32).rounded())
    return fillFromWords(shape) { word, _ in UInt64(word) < threshold }
  }

  /// An int32 tensor of whole numbers from `range`, all equally likely.
  ///
  /// By multiplication with rejection (Lemire, 2019), so no number is favoured whatever the size of the
  /// range.  An empty range, and one beyond int32, stop the program.
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

  /// The numbers below `count` in random order as an int32 vector, all orders equally likely.
  ///
  /// The same order as that of ``permutation(of:)``.
  public mutating func permutationTensor(of count: Int) -> Tensor {
    require(
      count >= 0 && count <= Shape.maximumSize, "permutation: no tensor has \(count) elements")
    return Tensor(permutation(of: count).map { Int32($0) }, shape: [count])
  }

  /// A class for each row of probabilities, drawn in proportion to them: shape [..., classes] to [...],
  /// int32.
  ///
  /// The rows, float32 or float64, need not sum to 1.  Drawn by inverting the cumulative sum, computed in
  /// float64, at one number from [0, 1) a row; for several draws, broadcast the row.  A negative, infinite
  /// or NaN probability, and a row that sums to 0, stop the program.
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

  /// A class for each row of logits, drawn with the probabilities softmax(row): shape [..., classes] to
  /// [...], int32.
  ///
  /// As for ``categorical(probabilities:)``; a logit of −∞ excludes its class.  NaN, +∞, and a row of
  /// nothing but −∞ stop the program.
  public mutating func categorical(logits: Tensor) -> Tensor {
    categorical(logits, name: "categorical(logits:)") { row, weights in
      var greatest = -Double.infinity
      for value in row {
        guard value < .infinity else { return "has the logit \(value)" }
        greatest = Swift.max(greatest, value)
      }
      if greatest == -.infinity { return "excludes every class" }
      var total = 0.0
      for (i, value) in row.enumerated() {
        total += exp(value - greatest)
        weights[i] = total
      }
      return nil
    }
  }

  /// Draws a class a row; `accumulate` writes the running sums of a row's weights or says what is wrong with
  /// it.
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
    forEachChunk(of: count, grain: (1 << 12) / Swift.max(classes, 1) + 1) { range in
      withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * classes) { scratch in
        let row = UnsafeMutableBufferPointer(rebasing: scratch[..<classes])
        let sums = UnsafeMutableBufferPointer(rebasing: scratch[classes...])
        for i in range {
          source.copyElements(from: i * classes, to: row)
          if let problem = accumulate(row, sums) { fail("\(name): row \(i) \(problem)") }
          let u = RandomGenerator.uniform(RandomGenerator.longs(generator.block(at: i)).0)
          target[i] = Int32(RandomGenerator.place(of: u, in: sums))
        }
      }
    }
    skip(blocks: count)
    return result
  }

  /// The first place whose running sum exceeds the share `u` of the last one.
  private static func place(of u: Double, in sums: UnsafeMutableBufferPointer<Double>) -> Int {
    let total = sums[sums.count - 1]
    // Rounding may reach the total itself, which no sum exceeds.
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
  /// Copies elements of a contiguous floating-point tensor.
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

// MARK: - From the scope's generator

extension Tensor {
  /// Normal numbers within bounds, drawn from the scope's generator.
  ///
  /// See ``withRandomSeed(_:_:)`` and ``RandomGenerator/truncatedNormal(_:mean:standardDeviation:in:dtype:)``.
  public static func truncatedNormal(
    _ shape: Shape, mean: Double = 0, standardDeviation: Double = 1,
    in bounds: ClosedRange<Double> = -2...2, dtype: DType = .float32
  ) -> Tensor {
    DefaultGenerator.withCurrent {
      $0.truncatedNormal(
        shape, mean: mean, standardDeviation: standardDeviation, in: bounds, dtype: dtype)
    }
  }

  /// Exponentially distributed numbers, drawn from the scope's generator.
  ///
  /// See ``withRandomSeed(_:_:)`` and ``RandomGenerator/exponential(_:rate:dtype:)``.
  public static func exponential(
    _ shape: Shape, rate: Double = 1, dtype: DType = .float32
  ) -> Tensor {
    DefaultGenerator.withCurrent { $0.exponential(shape, rate: rate, dtype: dtype) }
  }

  /// Truth values that are true with a probability, drawn from the scope's generator.
  ///
  /// See ``withRandomSeed(_:_:)`` and ``RandomGenerator/bernoulli(_:probability:)``.
  public static func bernoulli(_ shape: Shape, probability: Double = 0.5) -> Tensor {
    DefaultGenerator.withCurrent { $0.bernoulli(shape, probability: probability) }
  }

  /// Whole numbers from a range, drawn from the scope's generator.
  ///
  /// See ``withRandomSeed(_:_:)`` and ``RandomGenerator/integers(_:in:)``.
  public static func integers(_ shape: Shape, in range: Range<Int>) -> Tensor {
    DefaultGenerator.withCurrent { $0.integers(shape, in: range) }
  }

  /// The numbers below `count` in an order drawn from the scope's generator, an int32 vector.
  ///
  /// See ``withRandomSeed(_:_:)`` and ``RandomGenerator/permutationTensor(of:)``.
  public static func permutation(of count: Int) -> Tensor {
    DefaultGenerator.withCurrent { $0.permutationTensor(of: count) }
  }

  /// A class for each row of probabilities, drawn from the scope's generator.
  ///
  /// See ``withRandomSeed(_:_:)`` and ``RandomGenerator/categorical(probabilities:)``.
  public static func categorical(probabilities: Tensor) -> Tensor {
    DefaultGenerator.withCurrent { $0.categorical(probabilities: probabilities) }
  }

  /// A class for each row of logits, drawn from the scope's generator.
  ///
  /// See ``withRandomSeed(_:_:)`` and ``RandomGenerator/categorical(logits:)``.
  public static func categorical(logits: Tensor) -> Tensor {
    DefaultGenerator.withCurrent { $0.categorical(logits: logits) }
  }
}
