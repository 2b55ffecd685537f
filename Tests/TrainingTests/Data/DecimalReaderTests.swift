import Foundation
import TestSupport
import Testing

@testable import Training

/// Numbers are read as `strtod` reads them, bit for bit.
struct DecimalReaderTests {
  private func expectSame(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) {
    let value = CSVTable.number(text)
    #expect(
      value?.bitPattern == strtod(text, nil).bitPattern, "\(text)", sourceLocation: sourceLocation)
  }

  /// Returns what is read without the help of the standard library.
  private func direct(_ text: String) -> Double? {
    Array(text.utf8).withUnsafeBufferPointer { bytes in
      var position = 0
      let value = DecimalReader.shared.read(bytes, &position)
      return position == bytes.count ? value : nil
    }
  }

  @Test(arguments: [
    "0", "-0", "+0.0", "00012.50", "1.", ".5", "-.5e-3", "1e22", "1e23", "9007199254740993",
    "9007199254740992", "9007199254740991e-22", "123456789012345678", "9999999999999999999",
    "0.00000000000000000000000001234567890123456789", "1e308", "1.7976931348623157e308",
    "1.7976931348623158e308", "1.7976931348623159e308", "1e309", "1e400", "1e99999999999999999999",
    "2.2250738585072014e-308", "2.2250738585072011e-308", "2.225073858507201e-308", "4.9e-324",
    "5e-324", "2.4703282292062327e-324", "2.4703282292062328e-324", "2.47032822920623272e-324",
    "1e-342", "1e-343", "1e-99999", "6929495644600919.5e-1", "3.1415926535897932384626433832795",
    "0e999999", "7.0420557077594588669e-308", "18446744073709551615", "18446744073709551616",
    "179769313486231580793728971405303415079934132710037826936173778980444968292764750946649017977",
  ]) func edges(_ text: String) { expectSame(text) }

  @Test func shortestDigitsOfAnyBitsGiveTheBitsAgain() throws {
    var generator = RandomGenerator(seed: 1)
    for _ in 0..<4000 {
      let value = Double(bitPattern: generator.next())
      guard value.isFinite else { continue }
      expectSame("\(value)")
      #expect(try #require(direct("\(value)")).bitPattern == value.bitPattern)
    }
  }

  @Test func digitsAndExponentsAtRandom() {
    var generator = RandomGenerator(seed: 2)
    for _ in 0..<6000 {
      let count = 1 + generator.integer(below: 24)
      var digits = (0..<count).map { _ in "\(generator.integer(below: 10))" }.joined()
      let point = generator.integer(below: count + 1)
      digits.insert(".", at: digits.index(digits.startIndex, offsetBy: point))
      let exponent = generator.integer(below: 720) - 360
      for text in [digits, "-\(digits)e\(exponent % 30)", "\(digits)E\(exponent)"] {
        expectSame(text)
        if count <= 19 { #expect(direct(text) != nil, "\(text)") }
      }
    }
  }

  /// Numbers in the middle between two neighbors, and those beside it.
  @Test func halves() {
    var generator = RandomGenerator(seed: 3)
    for _ in 0..<3000 {
      // An odd number of 54 bits times a power of two, also in digits behind the point.
      let odd = 1 << 53 | generator.next() >> 11 | 1
      let shift = UInt64(generator.integer(below: 6))
      for whole in [odd << shift, odd << shift &- 1, odd << shift &+ 1] { expectSame("\(whole)") }
      for text in ["\(odd)", "\(odd - 1)"] { expectSame("\(text).5") }
      let power = generator.integer(below: 4)
      let scale = [1, 5, 25, 125][power] as UInt64
      expectSame("\(odd &* scale)e-\(power)")
    }
    // In the middle between subnormal numbers: odd multiples of 2⁻¹⁰⁷⁵, to 19 digits and beside it.
    for _ in 0..<1000 {
      let value = Double(bitPattern: generator.next() >> UInt64(12 + generator.integer(below: 50)))
      for text in ["\(value)", "\(value.nextUp)", "\(value / 2)"] { expectSame(text) }
    }
    for i in 1..<200 {
      expectSame("\(2 * i + 1)" + "e-324")
      expectSame("2470328229206232\(720 + i)e-342")
    }
  }

  @Test(arguments: [
    "", "+", "-", ".", "e5", "1e", "1e+", "1 2", "--1", "1-", "0x10", "1_000", "1,5", "1.2.3", "١",
    "i", "in", "n", "nanx", "1f",
  ]) func whatIsNoNumber(_ text: String) {
    #expect(CSVTable.number(text) == nil)
    #expect(direct(text) == nil)
  }

  @Test func wordsAreReadAsTheStandardLibraryReadsThem() {
    for text in ["inf", "-INF", "+Infinity", "infinit", "nan", "-NaN", "nan(1)", "no", "ink"] {
      #expect("\(CSVTable.number(text) as Any)" == "\(Double(text) as Any)", "\(text)")
    }
  }
}
