import CKernels
import CLibrary

extension RandomGenerator {
  /// Returns a bool tensor whose elements are true with the given probability.
  ///
  /// The probability is rounded to a multiple of 2⁻³², so that 0 gives no true element and 1 no
  /// false one. One that is not from 0 to 1 stops the program.
  public mutating func bernoulli(_ shape: Shape, probability: Double = 0.5) -> Tensor {
    require(
      probability >= 0 && probability <= 1,
      "bernoulli: the probability must be from 0 to 1, got \(probability)")
    return fill(
      CK_RANDOM_BERNOULLI, shape, .bool, perBlock: 8, Self.keeping(probability), name: "bernoulli")
  }

  private static func keeping(_ probability: Double) -> ck_random_settings {
    var settings = ck_random_settings()
    settings.threshold = UInt64((probability * 0x1p32).rounded())
    return settings
  }

  /// Returns slope · x + shift for the elements that are kept, and `dropped` for the others.
  ///
  /// The generator does not advance, so that a gradient can drop the same elements again; it must
  /// be one split off for this. An element is kept where ``bernoulli(_:probability:)`` gives true.
  package func dropout(
    _ x: Tensor, keeping probability: Double, slope: Double, shift: Double, dropped: Double
  ) -> Tensor {
    let result = Tensor(uninitialized: x.shape, dtype: x.dtype)
    var settings = Self.keeping(probability)
    (settings.scale, settings.base, settings.least) = (slope, shift, dropped)
    write(
      CK_RANDOM_DROPOUT, from: x.contiguous, to: result, perBlock: 8, settings, name: "dropout")
    return result
  }

  /// Returns an int32 tensor of uniformly distributed integers from `range`.
  ///
  /// They are drawn by multiplication with rejection (Lemire, 2019), which has no bias for any size
  /// of the range. A range that is empty or exceeds int32 stops the program.
  public mutating func integers(_ shape: Shape, in range: Range<Int>) -> Tensor {
    require(
      !range.isEmpty && range.lowerBound >= Int32.min && range.upperBound <= Int(Int32.max) + 1,
      "integers: the range \(range) is empty or not within int32")
    var settings = ck_random_settings()
    settings.base = Double(range.lowerBound)
    settings.threshold = UInt64(range.count)
    return fill(CK_RANDOM_INTEGERS, shape, .int32, perBlock: 4, settings, name: "integers")
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
    forEachChunk(of: count, each: classes, grain: Grain.probabilities) { range in
      withScratch(of: Double.self, count: 2 * classes) { scratch in
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
