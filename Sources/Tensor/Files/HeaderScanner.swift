/// A tokenizer for the headers of tensor files, which are JSON objects or Python literals.
///
/// White space before a token is skipped. Every error is a `TensorFileError` that names the place.
package struct HeaderScanner {
  private let bytes: [UInt8]
  private var index = 0

  package init(_ bytes: UnsafeRawBufferPointer) { self.bytes = Array(bytes) }

  /// Skips white space and returns the first byte of the next token, or `nil` at the end.
  package mutating func peek() -> UInt8? {
    while index < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[index]) { index += 1 }
    return index < bytes.count ? bytes[index] : nil
  }

  private func unexpected(_ expected: String) -> TensorFileError {
    TensorFileError("\(expected) expected at \(place)")
  }

  /// Where the next token is: at a byte of a header, which is one line, or at a line and a column.
  package var place: String {
    let lines = bytes[..<index].split(separator: 0x0A, omittingEmptySubsequences: false)
    return lines.count == 1
      ? "byte \(index)" : "line \(lines.count), column \(lines[lines.count - 1].count + 1)"
  }

  /// Skips a punctuation mark, and returns whether it was there.
  mutating func skip(_ mark: Unicode.Scalar) -> Bool {
    guard let next = peek(), next == UInt8(ascii: mark) else { return false }
    index += 1
    return true
  }

  /// Skips a punctuation mark, which must be there.
  mutating func expect(_ mark: Unicode.Scalar) throws(TensorFileError) {
    if !skip(mark) { throw unexpected("'\(mark)'") }
  }

  /// Skips a word, and returns whether it was there.
  package mutating func skip(word: String) -> Bool {
    guard peek() != nil, bytes[index...].starts(with: word.utf8) else { return false }
    index += word.utf8.count
    return true
  }

  /// Checks that only white space is left.
  package mutating func expectEnd() throws(TensorFileError) {
    if peek() != nil { throw unexpected("its end") }
  }

  /// Reads a decimal integer that fits an `Int`.
  mutating func integer() throws(TensorFileError) -> Int {
    let isNegative = skip("-")
    let start = index
    while index < bytes.count, (0x30...0x39).contains(bytes[index]) { index += 1 }
    let digits = String(decoding: bytes[start..<index], as: UTF8.self)
    guard let value = Int(isNegative ? "-" + digits : digits),
      digits == "0" || !digits.hasPrefix("0")
    else {
      index = start
      throw unexpected("an integer of at most 64 bits")
    }
    return value
  }

  /// Reads a list with `element`, from an opening to a closing mark with commas between the
  /// elements.
  ///
  /// - Returns: Whether a comma followed the last element, which is an error unless
  ///   `allowsTrailingComma`.
  @discardableResult
  package mutating func list(
    _ opening: Unicode.Scalar, _ closing: Unicode.Scalar, allowsTrailingComma: Bool = false,
    _ element: (inout HeaderScanner) throws(TensorFileError) -> Void
  ) throws(TensorFileError) -> Bool {
    try expect(opening)
    if skip(closing) { return false }
    while true {
      try element(&self)
      if skip(closing) { return false }
      try expect(",")
      if allowsTrailingComma && skip(closing) { return true }
    }
  }
}

// MARK: - Python

extension HeaderScanner {
  /// Reads a string without escapes in single or double quotation marks.
  mutating func pythonString() throws(TensorFileError) -> String {
    guard let quote = peek(), [0x22, 0x27].contains(quote) else { throw unexpected("a string") }
    let start = index + 1
    guard let end = bytes[start...].firstIndex(of: quote) else {
      throw unexpected("the end of the string")
    }
    guard !bytes[start..<end].contains(0x5C),
      let text = String(validating: bytes[start..<end], as: UTF8.self)
    else { throw unexpected("a string without escapes") }
    index = end + 1
    return text
  }
}

// MARK: - JSON

extension HeaderScanner {
  /// Reads an object; `member` reads the value of each key.
  package mutating func object(
    _ member: (inout HeaderScanner, String) throws(TensorFileError) -> Void
  ) throws(TensorFileError) {
    try list("{", "}") { scanner throws(TensorFileError) in
      let key = try scanner.jsonString()
      try scanner.expect(":")
      try member(&scanner, key)
    }
  }

  /// Reads an array of integers.
  mutating func integers() throws(TensorFileError) -> [Int] {
    var result = [Int]()
    try list("[", "]") { scanner throws(TensorFileError) in result.append(try scanner.integer()) }
    return result
  }

  /// Reads a string, with its escapes decoded.
  package mutating func jsonString() throws(TensorFileError) -> String {
    try expect("\"")
    var text = [UInt8]()
    while index < bytes.count, bytes[index] >= 0x20 {
      let byte = bytes[index]
      index += 1
      if byte == UInt8(ascii: "\"") {
        guard let result = String(validating: text, as: UTF8.self) else {
          throw unexpected("a string in UTF-8")
        }
        return result
      }
      if byte == UInt8(ascii: "\\") {
        text += try escape().utf8
      } else {
        text.append(byte)
      }
    }
    throw unexpected("the end of the string")
  }

  /// Reads the escape after a backslash, and returns the text that it stands for.
  private mutating func escape() throws(TensorFileError) -> String {
    if let text = index < bytes.count ? plainEscape(bytes[index]) : nil {
      index += 1
      return text
    }
    let first = try codeUnit()
    let units =
      UTF16.isLeadSurrogate(first) ? [first, try codeUnit(afterBackslash: true)] : [first]
    guard let text = String(validating: units, as: UTF16.self) else {
      throw unexpected("an escaped character")
    }
    return text
  }

  private func plainEscape(_ letter: UInt8) -> String? {
    switch letter {
    case UInt8(ascii: "\""): "\""
    case UInt8(ascii: "\\"): "\\"
    case UInt8(ascii: "/"): "/"
    case UInt8(ascii: "b"): "\u{8}"
    case UInt8(ascii: "f"): "\u{C}"
    case UInt8(ascii: "n"): "\n"
    case UInt8(ascii: "r"): "\r"
    case UInt8(ascii: "t"): "\t"
    default: nil
    }
  }

  /// Reads the UTF-16 code unit `uXXXX`.
  private mutating func codeUnit(afterBackslash: Bool = false) throws(TensorFileError) -> UInt16 {
    let start = (afterBackslash ? "\\u" : "u").utf8
    let digits = bytes[index...].dropFirst(start.count).prefix(4)
    guard bytes[index...].starts(with: start), digits.count == 4,
      digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw unexpected("an escape") }
    index += start.count + 4
    return unit
  }

  /// Skips a value of any kind, nested at most 100 deep.
  mutating func skipValue(depth: Int = 100) throws(TensorFileError) {
    if depth == 0 { throw unexpected("less nesting") }
    switch peek() {
    case UInt8(ascii: "{"):
      try object { scanner, _ throws(TensorFileError) in
        try scanner.skipValue(depth: depth - 1)
      }
    case UInt8(ascii: "["):
      try list("[", "]") { scanner throws(TensorFileError) in
        try scanner.skipValue(depth: depth - 1)
      }
    case UInt8(ascii: "\""): _ = try jsonString()
    default:
      if skip(word: "true") || skip(word: "false") || skip(word: "null") { return }
      _ = try jsonNumber()
    }
  }

  /// Reads a number, as a text that Swift parses.
  package mutating func jsonNumber() throws(TensorFileError) -> String {
    _ = peek()
    let text = String(
      decoding: bytes[index...].prefix { "+-.eE0123456789".utf8.contains($0) }, as: UTF8.self)
    guard Double(text) != nil else { throw unexpected("a value") }
    guard Self.isJSON(number: text) else {
      throw unexpected("a number as JSON writes it, and not \(text),")
    }
    index += text.utf8.count
    return text
  }

  /// Whether a number is written as in JSON, which has no `05`, `+5`, `5.` and `.5`.
  private static func isJSON(number: String) -> Bool {
    let isDigit = { (byte: UInt8) in (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    let digits = number.utf8.drop { $0 == UInt8(ascii: "-") }
    let whole = digits.prefix(while: isDigit)
    let rest = digits.dropFirst(whole.count)
    return (whole.count == 1 || whole.first.map { $0 != UInt8(ascii: "0") } ?? false)
      && (rest.first != UInt8(ascii: ".") || rest.dropFirst().first.map(isDigit) ?? false)
  }
}
