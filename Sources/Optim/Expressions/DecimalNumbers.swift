// The numbers that options and settings take. The initializers of the standard library also read
// hexadecimal, a plus sign and the names of infinity and NaN, which there are typing errors.

extension Double {
  /// The number that a text such as `-2.5e-3` stands for, infinite if it is too large; nil for
  /// other text.
  package init?(decimal text: some StringProtocol) {
    guard text.utf8.allSatisfy(\.isPartOfDecimal), !text.hasPrefix("+") else { return nil }
    self.init(text)
  }
}

extension FixedWidthInteger {
  /// The whole number that digits stand for, perhaps after a minus sign; nil for other text.
  package init?(decimal text: some StringProtocol) {
    guard !text.hasPrefix("+") else { return nil }
    self.init(text)
  }
}

extension UInt8 {
  /// Whether a number in decimal notation may contain the character.
  package var isPartOfDecimal: Bool {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "+"),
      UInt8(ascii: "-"), UInt8(ascii: "e"), UInt8(ascii: "E"):
      true
    default: false
    }
  }
}
