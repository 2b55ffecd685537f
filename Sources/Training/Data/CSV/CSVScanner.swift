import Tensor

/// The header of a table.
struct CSVHeader: Sendable {
  /// The names of the columns.
  let names: [String]
  /// The line on which it begins.
  let line: Int
}

/// Splits bytes into fields, one row at a time; the bytes may arrive in parts.
struct CSVScanner {
  /// The name of the file, as it appears in errors.
  let file: String
  /// The bytes to scan, followed by the unescaped text of fields with doubled quotes.
  private(set) var bytes: [UInt8]
  /// The range of each field in `bytes`.
  private(set) var fields: [Range<Int>] = []

  private let delimiter: UInt8
  /// Whether no more bytes follow.
  private let isLast: Bool
  private let end: Int
  private var position: Int
  private var line: Int

  /// Creates a scanner of the beginning of a file, or of all of it.
  init(bytes: [UInt8], file: String, isLast: Bool = true) {
    let position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    self.init(
      bytes: bytes, file: file, delimiter: delimiterOfFirstLine(bytes[position...]),
      position: position, line: 1, isLast: isLast)
  }

  private init(
    bytes: [UInt8], file: String, delimiter: UInt8, position: Int, line: Int, isLast: Bool
  ) {
    self.file = file
    self.bytes = bytes
    self.delimiter = delimiter
    self.isLast = isLast
    self.position = position
    self.line = line
    end = bytes.count
  }

  /// Returns a scanner of the bytes that this one has not consumed, and more that follow them.
  func continued(with more: [UInt8], isLast: Bool) -> CSVScanner {
    CSVScanner(
      bytes: bytes[position..<end] + more, file: file, delimiter: delimiter, position: 0,
      line: line, isLast: isLast)
  }

  /// Scans the first row, which names the columns, and drops its fields; returns `nil` if more
  /// bytes are needed.
  ///
  /// - Throws: ``TrainingError`` for a file without content, and names that are missing or numbers.
  mutating func scanHeader() throws -> CSVHeader? {
    guard let line = try scanRow() else {
      if isLast { throw TrainingError.data("\(file): the file is empty") }
      return nil
    }
    try FileAccess.checkUTF8(bytes[..<position], file: file)
    let names = fields.map { String(decoding: bytes[$0], as: UTF8.self) }
    fields = []
    try checkNames(names, at: "\(file):\(line)")
    return CSVHeader(names: names, line: line)
  }

  /// Scans all rows that are complete and returns their lines.
  ///
  /// - Throws: ``TrainingError`` for a row without as many fields as the header, and bytes that are
  ///   not text.
  mutating func scanRows(width: Int) throws -> [Int] {
    let (first, firstLine) = (position, line)
    var lines: [Int] = []
    while let line = try scanRow() {
      let count = fields.count - width * lines.count
      guard count == width else {
        throw TrainingError.data(
          "\(file):\(line): \(counted(count, "field")) where the header has \(width)")
      }
      lines.append(line)
    }
    try FileAccess.checkUTF8(bytes[first..<position], file: file, firstLine: firstLine)
    return lines
  }

  /// Appends the fields of the next row that is not blank and returns its line, or returns `nil` at
  /// the end.
  ///
  /// A row that reaches the end of the bytes is complete only if no more follow.
  private mutating func scanRow() throws -> Int? {
    let (start, startLine, fieldCount) = (position, line, fields.count)
    skipBlankLines()
    if position < end {
      let first = line
      while try scanField() {}
      if position < end || isLast { return first }
    } else if isLast {
      return nil
    }
    position = start
    line = startLine
    fields.removeSubrange(fieldCount...)
    return nil
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
        if !isLast { return }
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
