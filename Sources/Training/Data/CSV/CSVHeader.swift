import Tensor

/// The header of a table.
struct CSVHeader: Sendable {
  /// The names of the columns.
  let names: [String]
  /// The line on which it begins.
  let line: Int
  /// The offset of the first byte behind it, and the line on which that is.
  let end: (position: Int, line: Int)
  /// The byte between fields.
  let delimiter: UInt8

  /// Reads the first row of a file, or of its beginning; `nil` if more bytes are needed.
  ///
  /// - Throws: ``TrainingError`` for a file without content, and names that are missing or numbers.
  init?(_ bytes: UnsafeBufferPointer<UInt8>, file: String, isLast: Bool) throws {
    let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    delimiter = delimiterOfFirstLine(bytes[start...])
    var scanner = CSVScanner(
      bytes, delimiter: delimiter, from: start, line: 1, isLast: isLast)
    do {
      let isFound = scanner.findRow(before: bytes.count)
      line = scanner.line
      var row = scanner
      guard isFound, try scanner.scanRow({ _ in }) else {
        if isLast { throw TrainingError.data("\(file): the file is empty") }
        return nil
      }
      end = (scanner.position, scanner.line)
      try FileAccess.checkUTF8(bytes[..<end.position], file: file)
      names = try row.scanTexts(keepingSpaces: true)
    } catch let mistake as CSVMistake {
      throw mistake.error(in: file)
    }
    try checkNames(names, at: "\(file):\(line)")
  }
}

private func delimiterOfFirstLine(_ bytes: some Sequence<UInt8>) -> UInt8 {
  let candidates = ",;\t|".utf8.map { $0 }
  var counts = [0, 0, 0, 0]
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
  for index in candidates.indices where counts[index] > counts[best] { best = index }
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
