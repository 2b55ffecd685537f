import Tensor

/// A mistake in a delimited text and the line on which it is.
struct CSVMistake: Error {
  let line: Int
  let message: String

  /// Returns the error of a file.
  func error(in file: String) -> TrainingError { .data("\(file):\(line): \(message)") }
}

/// Splits bytes into fields, one row at a time; more bytes may follow.
struct CSVScanner {
  /// The offset of the next byte to read.
  private(set) var position: Int
  /// The line on which it is.
  private(set) var line: Int

  private let bytes: UnsafeBufferPointer<UInt8>
  private let end: Int
  private let delimiter: UInt8
  /// Whether no more bytes follow.
  private let isLast: Bool
  private let decimals = DecimalReader.shared

  /// Creates a scanner of `bytes` from a position on, the beginning of a row or of a field.
  init(
    _ bytes: UnsafeBufferPointer<UInt8>, delimiter: UInt8, from position: Int, line: Int,
    isLast: Bool
  ) {
    self.bytes = bytes
    end = bytes.count
    self.delimiter = delimiter
    self.position = position
    self.line = line
    self.isLast = isLast
  }

  // MARK: Rows

  /// Skips blank lines and returns whether a row begins before `limit`.
  @inline(__always)
  mutating func findRow(before limit: Int) -> Bool {
    let start = (position, line)
    skipBlankLines(before: limit)
    if position < limit && position < end { return true }
    // What follows may belong to the last line break.
    if position == end && !isLast { (position, line) = start }
    return false
  }

  /// Scans the row at the position, calls `body` with each field and returns whether it is
  /// complete.
  ///
  /// A row that reaches the end of the bytes is complete only if no more follow; otherwise the
  /// position stays that of its beginning.
  @inline(__always)
  mutating func scanRow(_ body: (CSVCell) -> Void) throws(CSVMistake) -> Bool {
    let start = (position, line)
    while true {
      let (cell, continues) = try scanCell()
      body(cell)
      if !continues { break }
    }
    if position < end || isLast { return true }
    (position, line) = start
    return false
  }

  /// Returns the text of each field of the row at the position, without quotes and, unless they are
  /// kept, spaces inside of them.
  mutating func scanTexts(keepingSpaces: Bool = false) throws(CSVMistake) -> [String] {
    var texts: [String] = []
    while true {
      let (field, continues) = try scanField()
      texts.append(text(field.hasQuotes, keepingSpaces ? field.range : trimmed(field.range)))
      if !continues { return texts }
    }
  }

  /// Returns the text of the field that follows `count` others.
  mutating func scanText(skipping count: Int = 0) throws(CSVMistake) -> String {
    for _ in 0..<count { _ = try scanField() }
    let field = try scanField().field
    return text(field.hasQuotes, trimmed(field.range))
  }

  // MARK: Fields

  /// The bytes of a field, without the quotes around it.
  private struct Field {
    var range: Range<Int>
    /// Whether they hold doubled quotes.
    var hasQuotes = false
  }

  /// Scans one field and returns what it stands for, and whether the row continues.
  @inline(__always)
  private mutating func scanCell() throws(CSVMistake) -> (cell: CSVCell, continues: Bool) {
    skipSpaces()
    let start = position
    if let number = decimals.read(bytes, &position) {
      skipSpaces()
      if position == end || bytes[position] == delimiter || isBreak(bytes[position]) {
        return (CSVCell(number: number), finishField())
      }
      position = start
    }
    let (field, continues) = try scanField()
    return (cell(field, at: start), continues)
  }

  private func cell(_ field: Field, at start: Int) -> CSVCell {
    if field.hasQuotes { return CSVCell(textAt: start) }
    let text = UnsafeBufferPointer(rebasing: bytes[trimmed(field.range)])
    if CSVCell.isMissing(text) { return .missing }
    return CSVCell.number(text).map(CSVCell.init(number:)) ?? CSVCell(textAt: start)
  }

  /// Scans one field and returns its bytes, and whether the row continues.
  private mutating func scanField() throws(CSVMistake) -> (field: Field, continues: Bool) {
    skipSpaces()
    if position < end, bytes[position] == UInt8(ascii: "\"") {
      let field = try scanQuotedField()
      return (field, finishField())
    }
    let start = position
    while position < end, !isBreak(bytes[position]), bytes[position] != delimiter {
      position += 1
    }
    var last = position
    while last > start, isSpace(bytes[last - 1]) { last -= 1 }
    return (Field(range: start..<last), finishField())
  }

  /// Skips the delimiter or the line break after a field, and returns whether the row continues.
  @inline(__always)
  private mutating func finishField() -> Bool {
    guard position < end else { return false }
    if bytes[position] == delimiter {
      position += 1
      return true
    }
    skipBreak()
    return false
  }

  private mutating func scanQuotedField() throws(CSVMistake) -> Field {
    let opening = line
    position += 1
    let start = position
    var hasQuotes = false
    while true {
      guard position < end else {
        if !isLast { return Field(range: start..<end) }
        throw CSVMistake(line: opening, message: "a quoted field is never closed")
      }
      if bytes[position] == UInt8(ascii: "\"") {
        guard position + 1 < end, bytes[position + 1] == UInt8(ascii: "\"") else { break }
        hasQuotes = true
        position += 2
      } else if isBreak(bytes[position]) {
        skipBreak()
      } else {
        position += 1
      }
    }
    let field = Field(range: start..<position, hasQuotes: hasQuotes)
    position += 1
    skipSpaces()
    guard position == end || bytes[position] == delimiter || isBreak(bytes[position]) else {
      throw CSVMistake(line: line, message: "text after the closing quote of a field")
    }
    return field
  }

  // MARK: Texts

  private func text(_ hasQuotes: Bool, _ range: Range<Int>) -> String {
    guard hasQuotes else { return String(decoding: bytes[range], as: UTF8.self) }
    var text: [UInt8] = []
    text.reserveCapacity(range.count)
    var i = range.lowerBound
    while i < range.upperBound {
      text.append(bytes[i])
      i += bytes[i] == UInt8(ascii: "\"") ? 2 : 1
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Returns a range without the spaces at its ends, which may be inside of quotes.
  private func trimmed(_ range: Range<Int>) -> Range<Int> {
    var (first, end) = (range.lowerBound, range.upperBound)
    while first < end, bytes[first] == UInt8(ascii: " ") { first += 1 }
    while end > first, bytes[end - 1] == UInt8(ascii: " ") { end -= 1 }
    return first..<end
  }

  // MARK: Bytes

  private mutating func skipBlankLines(before limit: Int) {
    while position < end, position < limit {
      let start = position
      skipSpaces()
      guard position < end else { return }
      guard isBreak(bytes[position]) else {
        position = start
        return
      }
      skipBreak()
    }
  }

  @inline(__always)
  private mutating func skipSpaces() {
    while position < end, isSpace(bytes[position]) { position += 1 }
  }

  @inline(__always)
  private mutating func skipBreak() {
    let isCarriageReturn = bytes[position] == UInt8(ascii: "\r")
    position += 1
    line += 1
    if isCarriageReturn, position < end, bytes[position] == UInt8(ascii: "\n") { position += 1 }
  }

  @inline(__always)
  private func isBreak(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
  }

  @inline(__always)
  private func isSpace(_ byte: UInt8) -> Bool {
    (byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")) && byte != delimiter
  }
}
