import Optim
import Tensor

/// A field of a table in one word: a number, a missing value, or the place of a text.
struct CSVCell: BitwiseCopyable, Sendable {
  // Numbers are stored as they are, NaN only in its standard form, so the other words with the
  // exponent of NaN stand for the rest.
  private let bits: UInt64

  private static let textTag: UInt64 = 0xFFFC << 48

  /// A field without a value.
  static let missing = CSVCell(bits: 0xFFF9 << 48)

  private init(bits: UInt64) { self.bits = bits }

  /// Creates a number, which may be infinite or NaN.
  init(number: Double) { bits = number.isNaN ? Double.nan.bitPattern : number.bitPattern }

  /// Creates a text, which begins at an offset in the bytes of the table.
  init(textAt offset: Int) { bits = Self.textTag | UInt64(offset) }

  /// Whether there is no value.
  var isMissing: Bool { bits == Self.missing.bits }

  /// The number, or `nil` for other fields.
  var number: Double? { bits < Self.missing.bits ? Double(bitPattern: bits) : nil }

  /// The offset of the text in the bytes of the table, or `nil` for other fields.
  var textOffset: Int? { bits >= Self.textTag ? Int(bits & (1 << 48 - 1)) : nil }
}

extension CSVCell {
  /// Returns whether a text stands for a missing value: empty, `?`, `NA`, `N/A`, `null` or `nan` in
  /// any case.
  @inline(__always)
  static func isMissing(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    func holds(_ letter: Unicode.Scalar, at index: Int) -> Bool {
      text[index] | 0x20 == UInt8(ascii: letter)
    }
    switch text.count {
    case 0: return true
    case 1: return text[0] == UInt8(ascii: "?")
    case 2: return holds("n", at: 0) && holds("a", at: 1)
    case 3:
      return holds("n", at: 0)
        && (holds("a", at: 1) && holds("n", at: 2)
          || text[1] == UInt8(ascii: "/") && holds("a", at: 2))
    case 4: return holds("n", at: 0) && holds("u", at: 1) && holds("l", at: 2) && holds("l", at: 3)
    default: return false
    }
  }

  /// Returns the number that a text stands for, which may be infinite, or `nil` for other text.
  static func number(_ text: UnsafeBufferPointer<UInt8>) -> Double? {
    if text.isEmpty { return nil }
    var end = 0
    if let value = DecimalReader.shared.read(text, &end), end == text.count {
      return value
    }
    // What is left are numbers of many digits, infinity and NaN. Double also reads hexadecimal,
    // which in a table is more likely a code than a number.
    let isSigned = text[0] == UInt8(ascii: "+") || text[0] == UInt8(ascii: "-")
    guard text.count > (isSigned ? 1 : 0) else { return nil }
    switch text[isSigned ? 1 : 0] {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."):
      guard text.allSatisfy(\.isPartOfDecimal) else { return nil }
    case UInt8(ascii: "i"), UInt8(ascii: "I"), UInt8(ascii: "n"), UInt8(ascii: "N"):
      guard !text.contains(where: { $0 | 0x20 == UInt8(ascii: "x") }) else { return nil }
    default: return nil
    }
    return Double(String(decoding: text, as: UTF8.self))
  }
}
