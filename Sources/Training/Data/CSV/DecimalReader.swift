import CLibrary

/// Reads decimal numbers from bytes, rounded to the nearest `Double` as `strtod` rounds them.
///
/// Numbers of few digits are exact products or quotients of two doubles (Clinger 1990). Others of
/// up to 19 digits are the upper bits of a product with a power of five in 128 bits (Lemire 2021,
/// "Number parsing at a gigabyte per second"; the product decides every case, Mushtak and Lemire
/// 2023).
struct DecimalReader: @unchecked Sendable {
  // Unchecked because of the pointers to tables, which are written once and never freed.

  /// 10⁰ to 10²², which a `Double` holds exactly.
  private let powersOfTen: UnsafePointer<Double>
  /// 5^q for each q of ``exponents``, its highest 128 bits, those of a negative power rounded up.
  private let powersOfFive: UnsafePointer<Power>

  private struct Power {
    var high: UInt64
    var low: UInt64
  }

  /// The exponents of ten whose products with 64-bit integers are neither all zero nor all
  /// infinite.
  private static let exponents = -342...308

  static let shared = DecimalReader()

  private init() {
    let tens = UnsafeMutablePointer<Double>.allocate(capacity: 23)
    tens[0] = 1
    for i in 1...22 { tens[i] = tens[i - 1] * 10 }
    powersOfTen = UnsafePointer(tens)
    let fives = UnsafeMutablePointer<Power>.allocate(capacity: Self.exponents.count)
    let zero = -Self.exponents.lowerBound
    var number = LongInteger(words: [1])
    for q in 0...Self.exponents.upperBound {
      fives[zero + q] = number.highBits
      number.multiply(by: 5)
    }
    // 2¹⁰²⁴ has enough bits that 128 are left after all divisions.
    number = LongInteger(words: [UInt64](repeating: 0, count: 16) + [1])
    for q in 1...zero {
      number.divide(by: 5)
      var power = number.highBits
      // Beyond these, the bits that are cut off do not reach the product.
      if q <= 27 {
        power.low &+= 1
        if power.low == 0 { power.high += 1 }
      }
      fives[zero - q] = power
    }
    powersOfFive = UnsafePointer(fives)
  }

  /// Reads a sign, digits with a point, and an exponent, moves `position` behind them, and returns
  /// their value; `nil` if there is no such number, or if it has more than 19 digits.
  @inline(__always)
  func read(_ bytes: UnsafeBufferPointer<UInt8>, _ position: inout Int) -> Double? {
    let end = bytes.count
    var i = position
    guard i < end else { return nil }
    let isNegative = bytes[i] == UInt8(ascii: "-")
    if isNegative || bytes[i] == UInt8(ascii: "+") { i += 1 }
    var mantissa: UInt64 = 0
    let first = i
    while i < end, case let digit = bytes[i] &- UInt8(ascii: "0"), digit < 10 {
      mantissa = mantissa &* 10 &+ UInt64(digit)
      i += 1
    }
    var digits = i - first
    var exponent = 0
    if i < end, bytes[i] == UInt8(ascii: ".") {
      i += 1
      let start = i
      while i < end, case let digit = bytes[i] &- UInt8(ascii: "0"), digit < 10 {
        mantissa = mantissa &* 10 &+ UInt64(digit)
        i += 1
      }
      exponent = start - i
      digits += i - start
    }
    guard digits > 0 else { return nil }
    if digits > 19 {
      // Leading zeros do not count.
      var zeros = first
      while zeros < end, bytes[zeros] == UInt8(ascii: "0") || bytes[zeros] == UInt8(ascii: ".") {
        if bytes[zeros] == UInt8(ascii: "0") { digits -= 1 }
        zeros += 1
      }
      if digits > 19 { return nil }
    }
    if i < end, bytes[i] | 0x20 == UInt8(ascii: "e") {
      i += 1
      let isBelow = i < end && bytes[i] == UInt8(ascii: "-")
      if i < end, isBelow || bytes[i] == UInt8(ascii: "+") { i += 1 }
      let start = i
      var power = 0
      while i < end, case let digit = bytes[i] &- UInt8(ascii: "0"), digit < 10 {
        // Far beyond every finite number already.
        if power < 1 << 40 { power = power * 10 + Int(digit) }
        i += 1
      }
      guard i > start else { return nil }
      exponent += isBelow ? -power : power
    }
    position = i
    let value = value(mantissa, exponent)
    return isNegative ? -value : value
  }

  /// Returns mantissa · 10^exponent.
  @inline(__always)
  private func value(_ mantissa: UInt64, _ exponent: Int) -> Double {
    guard mantissa <= 1 << 53, -22...22 ~= exponent else { return product(mantissa, exponent) }
    let whole = Double(mantissa)
    return exponent < 0 ? whole / powersOfTen[-exponent] : whole * powersOfTen[exponent]
  }

  @inline(never)
  private func product(_ mantissa: UInt64, _ exponent: Int) -> Double {
    if mantissa == 0 || exponent < Self.exponents.lowerBound { return 0 }
    if exponent > Self.exponents.upperBound { return .infinity }
    let power = powersOfFive[exponent - Self.exponents.lowerBound]
    let shift = mantissa.leadingZeroBitCount
    let w = mantissa << UInt64(shift)
    var (high, low) = w.multipliedFullWidth(by: power.high)
    // The lower half of the power matters only if the bits behind those that are kept are all ones.
    if high & 0x1FF == 0x1FF {
      let (sum, carry) = low.addingReportingOverflow(
        w.multipliedFullWidth(by: power.low).high)
      low = sum
      if carry { high += 1 }
    }
    let upperBit = Int(high >> 63)
    // One bit more than the result has, to round by.
    var bits = high >> UInt64(upperBit + 9)
    // ⌊log₂ 10^exponent⌋ = ⌊217706 · exponent / 2¹⁶⌋ in the range of exponents.
    var binary = (217_706 * exponent) >> 16 + 63 + upperBit - shift + 1023
    if binary <= 0 {
      // Subnormal, with fewer bits the smaller it is.
      if binary <= -63 { return 0 }
      bits >>= UInt64(1 - binary)
      bits = (bits + bits & 1) >> 1
      // Rounding up to 2⁵² gives the bits of the least normal number.
      return Double(bitPattern: bits)
    }
    // Halfway between two numbers, which is possible for small powers alone, the even one counts.
    if low <= 1, -4...23 ~= exponent, bits & 3 == 1, bits << UInt64(upperBit + 9) == high {
      bits &= ~1
    }
    bits = (bits + bits & 1) >> 1
    if bits >= 1 << 53 {
      bits = 1 << 52
      binary += 1
    }
    if binary >= 0x7FF { return .infinity }
    return Double(bitPattern: UInt64(binary) << 52 | bits & (1 << 52 - 1))
  }

  /// A positive integer of any size, the least significant word first.
  private struct LongInteger {
    var words: [UInt64]

    /// The highest 128 bits, the first of which is 1.
    var highBits: Power {
      let top = words.count - 1
      func word(_ i: Int) -> UInt64 { i >= 0 ? words[i] : 0 }
      let shift = UInt64(word(top).leadingZeroBitCount)
      func shifted(_ i: Int) -> UInt64 {
        shift == 0 ? word(i) : word(i) << shift | word(i - 1) >> (64 - shift)
      }
      return Power(high: shifted(top), low: shifted(top - 1))
    }

    mutating func multiply(by factor: UInt64) {
      var carry: UInt64 = 0
      for i in words.indices {
        let (high, low) = words[i].multipliedFullWidth(by: factor)
        let (sum, isOver) = low.addingReportingOverflow(carry)
        words[i] = sum
        carry = high + (isOver ? 1 : 0)
      }
      if carry > 0 { words.append(carry) }
    }

    mutating func divide(by divisor: UInt64) {
      var remainder: UInt64 = 0
      for i in words.indices.reversed() {
        (words[i], remainder) = divisor.dividingFullWidth((remainder, words[i]))
      }
      if words.last == 0 { words.removeLast() }
    }
  }
}
