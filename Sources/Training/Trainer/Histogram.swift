import CLibrary
import Tensor

/// The numbers of values in intervals of equal width.
///
/// Its JSON has the counts as one text, such as `"0 12 7"`.
public struct Histogram: Sendable, Equatable {
  /// The lower end of the first interval.
  public var low: Double
  /// The upper end of the last interval.
  public var high: Double
  /// The number of values in each interval.
  public var counts: [Int]

  /// The width of an interval.
  public var binWidth: Double { (high - low) / Double(max(counts.count, 1)) }

  /// The largest number of elements of a tensor that are counted: of a larger one, elements at
  /// equal distances.
  static let elementLimit = 8192

  /// Creates a histogram of the finite elements of some tensors, from the lowest to the highest.
  package init(ofElementsOf tensors: [Tensor], binCount: Int = 32) {
    var (lowest, highest) = (Float.infinity, -Float.infinity)
    for tensor in tensors {
      Self.forEachElement(of: tensor) {
        // Comparisons with NaN are false.
        if $0 < lowest, $0 > -.infinity { lowest = $0 }
        if $0 > highest, $0 < .infinity { highest = $0 }
      }
    }
    guard lowest <= highest else {
      (low, high, counts) = (0, 0, [])
      return
    }
    low = Double(lowest)
    high = Double(highest)
    var counts = [Int](repeating: 0, count: binCount)
    let scale = high > low ? Double(binCount) / (high - low) : 0
    let low = low
    for tensor in tensors {
      Self.forEachElement(of: tensor) {
        guard $0.isFinite else { return }
        counts[min(Int((Double($0) - low) * scale), binCount - 1)] += 1
      }
    }
    self.counts = counts
  }

  /// Creates a histogram of log₁₀ |x| of the elements x of some tensors, with an interval for each
  /// power of two; zero, subnormal and infinite elements are left out.
  package init(ofMagnitudesOf tensors: [Tensor]) {
    // The exponent of a float32 is the number of its interval.
    var counts = [Int](repeating: 0, count: 256)
    for tensor in tensors {
      Self.forEachElement(of: tensor) { counts[Int($0.bitPattern >> 23 & 0xFF)] += 1 }
    }
    counts[0] = 0
    counts[255] = 0
    guard let first = counts.firstIndex(where: { $0 > 0 }),
      let last = counts.lastIndex(where: { $0 > 0 })
    else {
      (low, high, self.counts) = (0, 0, [])
      return
    }
    low = Double(first - 127) * log10(2)
    high = Double(last - 126) * log10(2)
    self.counts = Array(counts[first...last])
  }

  private static func forEachElement(of tensor: Tensor, _ body: (Float) -> Void) {
    let stride = (tensor.elementCount + elementLimit - 1) / elementLimit
    guard stride > 0 else { return }
    if tensor.dtype == .float32 {
      tensor.withUnsafeScalars(as: Float.self) { elements in
        for index in Swift.stride(from: 0, to: elements.count, by: stride) { body(elements[index]) }
      }
    } else {
      let elements = tensor.scalars(as: Float.self)
      for index in Swift.stride(from: 0, to: elements.count, by: stride) { body(elements[index]) }
    }
  }
}

extension Histogram: Codable {
  private enum CodingKeys: String, CodingKey { case low, high, counts }

  /// Reads what ``encode(to:)`` writes.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    low = try container.decode(Double.self, forKey: .low)
    high = try container.decode(Double.self, forKey: .high)
    let words = try container.decode(String.self, forKey: .counts).split(separator: " ")
    counts = try words.map { word in
      guard let count = Int(word) else {
        throw DecodingError.dataCorruptedError(
          forKey: .counts, in: container, debugDescription: "'\(word)' is not a count")
      }
      return count
    }
  }

  /// Writes the ends, and the counts as one text.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(low, forKey: .low)
    try container.encode(high, forKey: .high)
    // One text instead of a list keeps the encoding of a record cheap beside a step.
    try container.encode(counts.map(String.init).joined(separator: " "), forKey: .counts)
  }
}
