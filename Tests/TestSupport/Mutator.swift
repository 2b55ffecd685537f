import Adjoint

/// Damages files at random, the same way for the same seed.
package struct Mutator {
  /// The source of all choices.
  package var generator: RandomGenerator
  /// Whole files, parts of which replace the end of others.
  private let corpus: [[UInt8]]
  /// Texts that are inserted, beside single bytes and numbers.
  private let tokens: [String]
  /// Whether the interesting bytes are those at the end, as in an archive, and not at the start.
  private let isIndexedAtEnd: Bool

  package init(
    seed: UInt64, corpus: [[UInt8]], tokens: [String] = [], isIndexedAtEnd: Bool = false
  ) {
    generator = RandomGenerator(seed: seed)
    self.corpus = corpus
    self.tokens = tokens
    self.isIndexedAtEnd = isIndexedAtEnd
  }

  package mutating func below(_ bound: Int) -> Int { generator.integer(below: bound) }

  package mutating func chance(_ share: Double) -> Bool { generator.uniform() < share }

  package mutating func pick<Element>(_ choices: [Element]) -> Element {
    choices[below(choices.count)]
  }

  /// Returns a file of the corpus with one to three changes.
  package mutating func mutant() -> [UInt8] {
    var bytes = pick(corpus)
    for _ in 0...below(3) where !bytes.isEmpty { damage(&bytes) }
    return bytes
  }

  private mutating func damage(_ bytes: inout [UInt8]) {
    // Most changes are where the header or the index is.
    let reach = chance(0.6) ? min(bytes.count, 250) : bytes.count
    let place = isIndexedAtEnd && chance(0.7) ? bytes.count - 1 - below(reach) : below(reach)
    let end = min(bytes.count, place + 1 + below(8))
    switch below(tokens.isEmpty ? 9 : 11) {
    case 0, 1: bytes[place] ^= 1 << UInt8(below(8))
    case 2:
      bytes[place] = pick(Array("\"{}[]()',:0123456789-.eTF \n\\u".utf8) + [0, 0x7F, 0x80, 0xFF])
    case 3: bytes.removeSubrange((chance(0.3) ? below(bytes.count) : place)...)
    case 4: bytes.removeSubrange(place..<end)
    case 5: bytes.insert(contentsOf: bytes[place..<end], at: place)
    case 6: putInteger(&bytes, at: place)
    case 7: replaceNumber(&bytes)
    case 8:
      let other = pick(corpus)
      bytes.replaceSubrange(place..., with: other[below(other.count)...])
    case 9: bytes.insert(contentsOf: pick(tokens).utf8, at: place)
    default: replaceWord(&bytes, at: place)
    }
  }

  private mutating func putInteger(_ bytes: inout [UInt8], at place: Int) {
    let values: [UInt64] = [
      0, 1, 0xFFFF, 0x7FFF_FFFF, 0xFFFF_FFFF, 1 << 60, 1 << 63, .max, UInt64(bytes.count),
    ]
    let value = pick(values)
    let size = min(pick([1, 2, 4, 8]), bytes.count - place)
    for i in 0..<size { bytes[place + i] = UInt8(truncatingIfNeeded: value >> UInt64(8 * i)) }
  }

  /// Replaces a number in the text by another.
  private mutating func replaceNumber(_ bytes: inout [UInt8]) {
    let isDigit: (UInt8) -> Bool = { (0x30...0x39).contains($0) }
    guard let start = bytes[below(bytes.count)...].firstIndex(where: isDigit) else { return }
    let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.count
    let number = pick([
      "0", "1", "2", "4", "-1", "007", "65536", "2147483647", "4294967296", "1152921504606846976",
      "9223372036854775807", "18446744073709551616", "1e3", "3.0", "",
    ])
    bytes.replaceSubrange(start..<end, with: number.utf8)
  }

  /// Replaces a run of letters, digits, signs and points by a text.
  private mutating func replaceWord(_ bytes: inout [UInt8], at place: Int) {
    let marks = Array("0123456789+-.".utf8)
    let isPart: (UInt8) -> Bool = { byte in
      marks.contains(byte) || byte < 0x80 && Character(Unicode.Scalar(byte)).isLetter
    }
    guard let start = bytes[place...].firstIndex(where: isPart) else { return }
    let end = bytes[start...].firstIndex { !isPart($0) } ?? bytes.count
    bytes.replaceSubrange(start..<end, with: pick(tokens).utf8)
  }
}
