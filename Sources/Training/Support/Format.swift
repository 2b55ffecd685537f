import CLibrary

/// Formats numbers, counts and durations as short texts for people.
package enum Format {
  /// Returns a number in few characters: `0.05`, `120`, `2e-07`.
  package static func number(_ value: Double, digits: Int = 3) -> String {
    // Adding zero turns -0 into 0. The sign of a NaN has no meaning.
    value.isNaN ? "nan" : text(value + 0, "%.\(digits)g")
  }

  /// Returns a number in scientific notation: `1.5e-03`.
  package static func scientific(_ value: Double, digits: Int) -> String {
    text(value, "%.\(digits)e")
  }

  /// Returns a text filled with spaces to a width.
  package static func padded(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(width - text.count, 0))
  }

  private static func text(_ value: Double, _ format: String) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 400) { buffer in
      let count = withVaList([value]) { vsnprintf(buffer.baseAddress, buffer.count, format, $0) }
      let bytes = buffer.prefix(Int(count)).map { UInt8(bitPattern: $0) }
      // The program may have set another locale.
      return String(
        decoding: bytes.map { $0 == UInt8(ascii: ",") ? UInt8(ascii: ".") : $0 }, as: UTF8.self)
    }
  }

  /// Returns a fraction as a percentage: `97.5%`.
  package static func percentage(_ fraction: Double) -> String {
    "\(number((fraction * 1000).rounded() / 10, digits: 4))%"
  }

  /// Returns a number rounded to an integer: `1200`; `?` for one that no integer can hold.
  package static func integer(_ value: Double) -> String {
    Int(exactly: value.rounded()).map(String.init) ?? "?"
  }

  /// Returns a count with a unit prefix: `950`, `12.5k`, `3.1M`.
  package static func count(_ count: Double) -> String {
    switch count {
    case ..<1e4: number(count.rounded(), digits: 4)
    case ..<1e6: number(count / 1e3) + "k"
    case ..<1e9: number(count / 1e6) + "M"
    default: number(count / 1e9) + "G"
    }
  }

  /// Returns a duration: `15 µs`, `40 ms`, `1.4 s`, `12 s`, `3:05`, `2:00:10`.
  package static func duration(_ seconds: Double) -> String {
    guard abs(seconds) < 1e9 else { return "?" }
    if seconds > 0, seconds < 0.000995 { return "\(number(seconds * 1e6)) µs" }
    if seconds > 0, seconds < 0.00995 { return "\(number(seconds * 1e3)) ms" }
    if seconds < 0.995 { return "\(Int((seconds * 1000).rounded())) ms" }
    if seconds < 9.95 { return "\(number((seconds * 10).rounded() / 10)) s" }
    let whole = Int(seconds.rounded())
    if whole < 60 { return "\(whole) s" }
    let padded = { (number: Int) in number < 10 ? "0\(number)" : "\(number)" }
    let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
    return hours > 0
      ? "\(hours):\(padded(minutes)):\(padded(rest))" : "\(minutes):\(padded(rest))"
  }
}
