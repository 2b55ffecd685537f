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
    try FileAccess.checkUTF8(bytes[...], file: file)
    var scanner = CSVScanner(bytes: bytes, file: file)
    guard let header = try scanner.scanHeader() else { fail("CSVTable: a header without an end") }
    let lines = try scanner.scanRows(width: header.names.count)
    guard !lines.isEmpty else {
      throw TrainingError.data("\(file):\(header.line): only a header, no rows of data")
    }
    self.init(header, lines: lines, of: scanner)
  }

  /// Creates a table from rows that were scanned.
  init(_ header: CSVHeader, lines: [Int], of scanner: CSVScanner) {
    file = scanner.file
    names = header.names
    headerLine = header.line
    self.lines = lines
    bytes = scanner.bytes
    fields = scanner.fields
  }

  /// Creates the table of some rows of another one.
  private init(_ table: CSVTable, rows: [Int]) {
    file = table.file
    names = table.names
    headerLine = table.headerLine
    lines = rows.map { table.lines[$0] }
    bytes = table.bytes
    let width = table.columnCount
    fields = rows.flatMap { table.fields[$0 * width..<($0 + 1) * width] }
  }

  /// Returns the table without the rows that have no value in a column; see
  /// ``isMissing(row:column:)``.
  ///
  /// - Throws: ``TrainingError`` of kind `data` for a column that does not exist.
  public func rows(withValueIn column: String) throws -> CSVTable {
    let index = try requiredIndex(ofColumn: column)
    return CSVTable(self, rows: (0..<rowCount).filter { !isMissing(row: $0, column: index) })
  }

  /// The number of rows below the header.
  public var rowCount: Int { lines.count }

  /// The number of columns.
  public var columnCount: Int { names.count }

  /// Returns the text of a field, without quotes and surrounding spaces.
  public func text(row: Int, column: Int) -> String {
    var range = fields[row * columnCount + column]
    let space = UInt8(ascii: " ")
    while let first = range.first, bytes[first] == space { range = first + 1..<range.upperBound }
    while let last = range.last, bytes[last] == space { range = range.lowerBound..<last }
    return String(decoding: bytes[range], as: UTF8.self)
  }

  /// Returns whether a field is empty or one of `?`, `NA`, `N/A`, `null` and `nan` in any case.
  public func isMissing(row: Int, column: Int) -> Bool {
    Self.isMissingValue(text(row: row, column: column))
  }

  /// Returns the number in a field, which may be infinite, or `nil` if it is not a decimal number.
  public func number(row: Int, column: Int) -> Double? {
    Self.number(text(row: row, column: column))
  }

  /// Returns the number that a text stands for, which may be infinite, or `nil` for other text.
  static func number(_ text: String) -> Double? {
    // Double also reads hexadecimal, which in a table is more likely a code than a number.
    guard !text.utf8.contains(where: { $0 | 0x20 == UInt8(ascii: "x") }) else { return nil }
    return Double(text)
  }

  /// Returns whether a text stands for a missing value.
  static func isMissingValue(_ text: String) -> Bool {
    // The longest spelling has four letters, so most fields are decided here.
    guard text.utf8.count <= 4 else { return false }
    return switch text.lowercased() {
    case "", "?", "na", "n/a", "null", "nan": true
    default: false
    }
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
  /// Returns the error about the first row that has no value in a column, or `nil` if all have one.
  ///
  /// - Throws: ``TrainingError`` of kind `data` for a column that does not exist.
  package func missingValueError(inColumn name: String) throws -> TrainingError? {
    let column = try requiredIndex(ofColumn: name)
    return (0..<rowCount).first { isMissing(row: $0, column: column) }.map { row in
      .data("\(place(row: row)): column '\(name)' has no value")
    }
  }

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
      """
      \(place(row: row)): column '\(names[column])': '\(text(row: row, column: column))' \
      \(problem)
      """
    )
  }
}
