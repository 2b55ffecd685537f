import Training

/// An amount of memory, as one types it: `500M`, `2G`, `1.5GB`, `2GiB`.
struct ByteCount: Sendable, Equatable {
  /// The text as it was given.
  let text: String
  /// The number of bytes.
  let bytes: Int

  /// Reads a number above 0 with one of the units k, M, G and T, which are powers of 1000, or of
  /// 1024 with an i behind them; nil for other text.
  init?(_ text: String) {
    var rest = text[...]
    if rest.last == "B" { rest.removeLast() }
    var base = 1000.0
    if rest.last == "i" {
      base = 1024
      rest.removeLast()
    }
    guard let unit = rest.popLast(),
      let power = ["k", "m", "g", "t"].firstIndex(of: unit.lowercased()),
      let number = Double(decimal: rest), number > 0
    else { return nil }
    let count = (0...power).reduce(number) { product, _ in product * base }
    guard count >= 1, let bytes = Int(exactly: count.rounded()) else { return nil }
    (self.text, self.bytes) = (text, bytes)
  }
}

extension ValueKind<ByteCount> {
  /// An amount of memory with its unit.
  static var byteCount: Self {
    Self("SIZE", "a size such as 500M or 2G", json: { .string($0.text) }) { ByteCount($0) }
  }
}
