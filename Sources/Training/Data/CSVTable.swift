import Tensor

/// A table read from a delimited text file with a header.
///
/// Fields follow RFC 4180: quotes may enclose delimiters, line breaks and doubled quotes. The
/// delimiter (comma, semicolon or tab) is the one that occurs most often in the header line. LF,
/// CRLF and CR end a line, a byte-order mark and blank lines are skipped, and white space around an
/// unquoted field is dropped. The text is UTF-8.
public struct CSVTable: Sendable {
  /// The name of the file, as it appears in errors.
  public let file: String
  /// The column names in the header.
  ///
  /// Only the first may be empty (an unnamed column of row numbers).
  public let names: [String]
  /// The line of the file that holds the header.
  let headerLine: Int
  /// The line of the file on which each row begins; blank lines and quoted line breaks shift it.
  let lines: [Int]

  private let bytes: [UInt8]
  private let fields: [Range<Int>]

  /// Reads a file.
  ///
  /// - Throws: ``TrainingError`` that names the file and the line, for a file that cannot be read,
  ///   is empty or holds only a header, for a column name that is missing or occurs twice, a row
  ///   that is not as long as the header, bytes that are not UTF-8, and a quote that is never
  ///   closed.
  public init(contentsOf path: String) throws {
    try self.init(bytes: FileAccess.read(path), file: path)
  }

  /// Reads the bytes of a file that is called `file` in errors.
  ///
  /// - Throws: ``TrainingError`` of kind `data`, as for a file.
  public init(bytes: [UInt8], file: String) throws {
    try FileAccess.checkUTF8(bytes, file: file)
    var scanner = CSVScanner(bytes: bytes, file: file)
    guard let headerLine = try scanner.scanRow() else {
      throw TrainingError.data("\(file): the file is empty")
    }
    let width = scanner.fields.count
    var lines: [Int] = []
    while let line = try scanner.scanRow() {
      let count = scanner.fields.count - width * (lines.count + 1)
      guard count == width else {
        let fields = counted(count, "field")
        throw TrainingError.data("\(file):\(line): \(fields) where the header has \(width)")
      }
      lines.append(line)
    }
    let names = scanner.fields[..<width].map { String(decoding: scanner.bytes[$0], as: UTF8.self) }
    try checkNames(names, at: "\(file):\(headerLine)")
    guard !lines.isEmpty else {
      throw TrainingError.data("\(file):\(headerLine): only a header, no rows of data")
    }
    self.file = file
    self.names = names
    self.headerLine = headerLine
    self.lines = lines
    self.bytes = scanner.bytes
    self.fields = scanner.fields
  }

  /// The number of rows below the header.
  public var rowCount: Int { lines.count }

  /// The number of columns.
  public var columnCount: Int { names.count }

  /// Returns the text of a field, without quotes and surrounding spaces.
  public func text(row: Int, column: Int) -> String {
    var range = fields[(row + 1) * columnCount + column]
    let space = UInt8(ascii: " ")
    while let first = range.first, bytes[first] == space { range = first + 1..<range.upperBound }
    while let last = range.last, bytes[last] == space { range = range.lowerBound..<last }
    return String(decoding: bytes[range], as: UTF8.self)
  }

  /// Returns whether a field is empty or one of `?`, `NA`, `N/A`, `null` and `nan` in any case.
  public func isMissing(row: Int, column: Int) -> Bool {
    isMissingValue(text(row: row, column: column))
  }

  /// Returns the number in a field, which may be infinite, or `nil` if it is not a decimal number.
  public func number(row: Int, column: Int) -> Double? {
    let text = text(row: row, column: column)
    // Double also reads hexadecimal, which in a table is more likely a code than a number.
    guard !text.utf8.contains(where: { $0 | 0x20 == UInt8(ascii: "x") }) else { return nil }
    return Double(text)
  }

  /// Returns the index of a named column, or `nil` if there is none.
  public func index(ofColumn name: String) -> Int? { names.firstIndex(of: name) }

  /// Returns the index of a named column.
  ///
  /// - Throws: ``TrainingError`` that suggests a similar name or lists all of them.
  func requiredIndex(ofColumn name: String) throws -> Int {
    guard let index = index(ofColumn: name) else {
      let hint = Suggestion.hint(for: name, in: names)
      throw TrainingError.data("\(file):\(headerLine): no column '\(name)'\(hint)")
    }
    return index
  }

  /// Returns `FILE:LINE` of a row, for error messages.
  func place(row: Int) -> String { "\(file):\(lines[row])" }
}

extension CSVTable {
  /// Returns the first row whose value in a column is neither missing nor a number.
  func firstText(inColumn column: Int) -> Int? {
    (0..<rowCount).first {
      number(row: $0, column: column) == nil && !isMissing(row: $0, column: column)
    }
  }

  /// Returns the number in a field, or `nil` for a missing value.
  ///
  /// - Throws: ``TrainingError`` for text and for a number that is not finite.
  func finiteNumber(row: Int, column: Int) throws -> Double? {
    if isMissing(row: row, column: column) { return nil }
    guard let value = number(row: row, column: column) else {
      throw badValue(row: row, column: column, "is not a number")
    }
    guard value.isFinite else {
      throw badValue(row: row, column: column, "is not a finite number")
    }
    return value
  }

  /// Returns the error about a field: `FILE:LINE: column NAME: TEXT`, and the problem.
  func badValue(row: Int, column: Int, _ problem: String) -> TrainingError {
    .data(
      "\(place(row: row)): column '\(names[column])': '\(text(row: row, column: column))' \(problem)"
    )
  }
}

/// Returns whether a text stands for a missing value.
private func isMissingValue(_ text: String) -> Bool {
  // The longest spelling has four letters, so most fields are decided here.
  guard text.utf8.count <= 4 else { return false }
  return switch text.lowercased() {
  case "", "?", "na", "n/a", "null", "nan": true
  default: false
  }
}

/// Splits bytes into fields, one row at a time.
private struct CSVScanner {
  /// The bytes of the file, followed by the unescaped text of fields with doubled quotes.
  var bytes: [UInt8]
  /// The range of each field in `bytes`.
  var fields: [Range<Int>] = []

  private let file: String
  private let end: Int
  private let delimiter: UInt8
  private var position: Int
  private var line = 1

  init(bytes: [UInt8], file: String) {
    self.bytes = bytes
    self.file = file
    end = bytes.count
    position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    delimiter = delimiterOfFirstLine(bytes[position...])
  }

  /// Appends the fields of the next row that is not blank and returns its line, or returns `nil` at
  /// the end.
  mutating func scanRow() throws -> Int? {
    skipBlankLines()
    guard position < end else { return nil }
    let first = line
    while try scanField() {}
    return first
  }

  /// Appends one field and returns whether the row continues.
  private mutating func scanField() throws -> Bool {
    skipSpaces()
    if position < end, bytes[position] == UInt8(ascii: "\"") {
      try scanQuotedField()
    } else {
      let start = position
      while position < end, !isBreak(bytes[position]), bytes[position] != delimiter {
        position += 1
      }
      var last = position
      while last > start, isSpace(bytes[last - 1]) { last -= 1 }
      fields.append(start..<last)
    }
    guard position < end else { return false }
    if bytes[position] == delimiter {
      position += 1
      return true
    }
    skipBreak()
    return false
  }

  private mutating func scanQuotedField() throws {
    let opening = line
    position += 1
    var start = position
    var rewritten: Int?
    while true {
      guard position < end else {
        throw TrainingError.data("\(file):\(opening): a quoted field is never closed")
      }
      if bytes[position] == UInt8(ascii: "\"") {
        guard position + 1 < end, bytes[position + 1] == UInt8(ascii: "\"") else { break }
        // A doubled quote: the text before it and one quote are copied behind the end of the file.
        if rewritten == nil { rewritten = bytes.count }
        copyToEnd(start...position)
        position += 2
        start = position
      } else if isBreak(bytes[position]) {
        skipBreak()
      } else {
        position += 1
      }
    }
    if let rewritten {
      if start < position { copyToEnd(start...position - 1) }
      fields.append(rewritten..<bytes.count)
    } else {
      fields.append(start..<position)
    }
    position += 1
    skipSpaces()
    guard position == end || bytes[position] == delimiter || isBreak(bytes[position]) else {
      throw TrainingError.data("\(file):\(line): text after the closing quote of a field")
    }
  }

  // A byte at a time, because a slice of `bytes` would make it not uniquely referenced.
  private mutating func copyToEnd(_ range: ClosedRange<Int>) {
    for index in range { bytes.append(bytes[index]) }
  }

  private mutating func skipBlankLines() {
    while position < end {
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

  private mutating func skipSpaces() {
    while position < end, isSpace(bytes[position]) { position += 1 }
  }

  private mutating func skipBreak() {
    let isCarriageReturn = bytes[position] == UInt8(ascii: "\r")
    position += 1
    line += 1
    if isCarriageReturn, position < end, bytes[position] == UInt8(ascii: "\n") { position += 1 }
  }

  private func isBreak(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
  }

  private func isSpace(_ byte: UInt8) -> Bool {
    (byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")) && byte != delimiter
  }
}

private func delimiterOfFirstLine(_ bytes: ArraySlice<UInt8>) -> UInt8 {
  let candidates = [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t")]
  var counts = [0, 0, 0]
  var isQuoted = false
  var hasText = false
  for byte in bytes {
    if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
    guard !isQuoted else { continue }
    if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
      // Blank lines before the header are skipped.
      if hasText { break }
      continue
    }
    hasText = true
    if let index = candidates.firstIndex(of: byte) { counts[index] += 1 }
  }
  // A tie goes to the more common delimiter.
  var best = 0
  for index in 1..<3 where counts[index] > counts[best] { best = index }
  return candidates[best]
}

private func checkNames(_ names: [String], at place: String) throws {
  if names.allSatisfy({ Double($0) != nil }) {
    throw TrainingError.data("\(place): the first line holds numbers instead of column names")
  }
  var seen: [String: Int] = [:]
  for (index, name) in names.enumerated() {
    // Spreadsheets and data frames leave the column of row numbers unnamed.
    guard !name.isEmpty || index == 0 else {
      throw TrainingError.data("\(place): column \(index + 1) has no name")
    }
    if let first = seen.updateValue(index, forKey: name) {
      throw TrainingError.data(
        "\(place): columns \(first + 1) and \(index + 1) are both named '\(name)'")
    }
  }
}
