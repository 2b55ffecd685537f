import Foundation

/// A delimited text file with a header, read whole and kept as bytes.
///
/// Fields follow RFC 4180: quotes may enclose delimiters, line breaks and doubled quotes. The
/// delimiter (comma, semicolon or tab) is the one that the header line holds most of. LF, CRLF and CR
/// end a line, a byte-order mark and blank lines are skipped, and white space around a field that is
/// not quoted is dropped. Text is UTF-8.
public struct CSVTable: Sendable {
  /// The name of the file, as errors give it.
  public let file: String
  /// The names in the header, of which only the first may be empty (an unnamed row number).
  public let names: [String]
  /// The line of the file on which the header stands.
  package let headerLine: Int
  /// The line of the file on which each row begins; a quoted line break makes it differ from the row.
  package let lines: [Int]

  private let bytes: [UInt8]
  private let fields: [Range<Int>]

  /// Reads a file.
  ///
  /// - Throws: ``TrainingError`` that names the file, and the line where there is one: not found, a
  ///   directory, empty, only a header, a column name missing or given twice, a row of another length
  ///   than the header, bytes that are not UTF-8, a quote that is never closed.
  public init(contentsOf path: String) throws {
    try self.init(bytes: readFile(path), file: path)
  }

  /// Reads the bytes of a file that errors call `file`.
  package init(bytes: [UInt8], file: String) throws {
    try checkUTF8(bytes, file: file)
    var scanner = CSVScanner(bytes: bytes, file: file)
    guard let headerLine = try scanner.scanRow() else {
      throw TrainingError.data("\(file): the file is empty")
    }
    let width = scanner.fields.count
    var lines: [Int] = []
    while let line = try scanner.scanRow() {
      let count = scanner.fields.count - width * (lines.count + 1)
      guard count == width else {
        let fields = count == 1 ? "1 field" : "\(count) fields"
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

  /// The text of a field, unquoted and without spaces around it.
  public func text(row: Int, column: Int) -> String {
    var range = fields[(row + 1) * columnCount + column]
    let space = UInt8(ascii: " ")
    while let first = range.first, bytes[first] == space { range = first + 1..<range.upperBound }
    while let last = range.last, bytes[last] == space { range = range.lowerBound..<last }
    return String(decoding: bytes[range], as: UTF8.self)
  }

  /// Whether a field holds no value: nothing, or one of `?`, `NA`, `N/A`, `null`, `nan` in any case.
  public func isMissing(row: Int, column: Int) -> Bool {
    isMissingValue(text(row: row, column: column))
  }

  /// The number in a field, which may be infinite, or nil when it is not a decimal number.
  public func number(row: Int, column: Int) -> Double? {
    let text = text(row: row, column: column)
    // Double also reads hexadecimal, which in a table is far more likely a code than a number.
    guard !text.utf8.contains(where: { $0 | 0x20 == UInt8(ascii: "x") }) else { return nil }
    return Double(text)
  }

  /// The index of a named column, or nil.
  public func index(ofColumn name: String) -> Int? { names.firstIndex(of: name) }

  /// `file:line` of a row, for error messages.
  package func place(row: Int) -> String { "\(file):\(lines[row])" }
}

/// Whether a text stands for "no value here".
private func isMissingValue(_ text: String) -> Bool {
  // The longest spelling has four letters; most fields end here.
  guard text.utf8.count <= 4 else { return false }
  return switch text.lowercased() {
  case "", "?", "na", "n/a", "null", "nan": true
  default: false
  }
}

/// Splits bytes into fields, one row a call.
private struct CSVScanner {
  /// The file, and behind it the fields that had doubled quotes, rewritten without them.
  var bytes: [UInt8]
  /// Where each field lies in `bytes`.
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

  /// Appends the fields of the next row that is not blank and returns its line, or nil at the end.
  mutating func scanRow() throws -> Int? {
    skipBlankLines()
    guard position < end else { return nil }
    let first = line
    while try scanField() {}
    return first
  }

  /// Appends one field; false when it ended the row.
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
        // A doubled quote: what came before it and one quote move behind the end of the file.
        if rewritten == nil { rewritten = bytes.count }
        move(start...position)
        position += 2
        start = position
      } else if isBreak(bytes[position]) {
        skipBreak()
      } else {
        position += 1
      }
    }
    if let rewritten {
      if start < position { move(start...position - 1) }
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

  /// Copies a range behind the end, a byte at a time: a slice of `bytes` would make it not unique.
  private mutating func move(_ range: ClosedRange<Int>) {
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
      // Blank lines before the header say nothing about it.
      if hasText { break }
      continue
    }
    hasText = true
    if let index = candidates.firstIndex(of: byte) { counts[index] += 1 }
  }
  // Only a strictly larger count takes over, so that a tie goes to the more common delimiter.
  var best = 0
  for index in 1..<3 where counts[index] > counts[best] { best = index }
  return candidates[best]
}

private func checkNames(_ names: [String], at place: String) throws {
  if names.allSatisfy({ Double($0) != nil }) {
    throw TrainingError.data("\(place): the first line holds numbers where column names belong")
  }
  var seen: [String: Int] = [:]
  for (index, name) in names.enumerated() {
    // An unnamed first column is what spreadsheets and data frames write for row numbers.
    guard !name.isEmpty || index == 0 else {
      throw TrainingError.data("\(place): column \(index + 1) has no name")
    }
    if let first = seen.updateValue(index, forKey: name) {
      throw TrainingError.data(
        "\(place): columns \(first + 1) and \(index + 1) are both named '\(name)'")
    }
  }
}
