import Tensor

/// A table read from a delimited text file with a header.
///
/// Fields follow RFC 4180: quotes may enclose delimiters, line breaks and doubled quotes. The
/// delimiter (comma, semicolon, tab or vertical bar) is the one that occurs most often in the
/// header line. LF, CRLF and CR end a line, a byte-order mark and blank lines are skipped, and
/// white space around an unquoted field is dropped. The text is UTF-8.
///
/// A column all of whose values are written in one ``NumberNotation`` is one of numbers. Two may
/// fit, as for `1,234` and `01/02/2024`: then it stays text, unless the values are amounts of
/// money, which have no thousandths, or fields are not between commas, so that a comma is a decimal
/// mark. A column with decimal commas and points is an error.
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
  var lines: CSVLines { content.lines }

  /// How the numbers of columns are written, but for those of plain numbers.
  var notations: [Int: ColumnNotation] = [:]
  /// The texts of columns that two notations fit.
  var doubts: [Int: OddText] = [:]
  /// The columns whose numbers are names; see ``categorical(_:)``.
  private(set) var categoricalColumns: Set<Int> = []
  /// The byte between fields.
  let delimiter: UInt8
  /// The fields.
  var content: CSVRows
  private let bytes: FileBytes

  /// Reads a file.
  ///
  /// The file is mapped into memory as long as the table exists, because the text of a field is
  /// looked up when it is asked for. To replace the file meanwhile, write another one and rename
  /// it, as editors do: if it is shortened in place, reading what is gone ends the process.
  /// ``init(bytes:file:)`` takes a copy.
  ///
  /// - Throws: ``TrainingError`` that names the file and the line, for a file that cannot be read,
  ///   is empty or holds only a header, for a column name that is missing or occurs twice, a row
  ///   that is not as long as the header, bytes that are not UTF-8, and a quote that is never
  ///   closed.
  public init(contentsOf path: String) throws {
    try self.init(FileAccess.map(path), file: path)
  }

  /// Reads the bytes of a file that is called `file` in errors.
  ///
  /// - Throws: ``TrainingError`` of kind `data`, as for a file.
  public init(bytes: [UInt8], file: String) throws {
    try self.init(FileBytes(bytes), file: file)
  }

  /// Reads the bytes of a file in parts of a given size, which makes no difference.
  init(_ bytes: FileBytes, file: String, partSize: Int = 1 << 20) throws {
    let text = CSVText(bytes, partSize: partSize)
    try text.checkUTF8(0..<text.buffer.count, file: file, firstLine: 1)
    guard let header = try CSVHeader(text.buffer, file: file, isLast: true) else {
      fail("CSVTable: a header without an end")
    }
    do {
      let (rows, _) = try CSVRows.scan(
        text, width: header.names.count, delimiter: header.delimiter, from: header.end,
        isLast: true)
      guard rows.count > 0 else {
        throw TrainingError.data("\(file):\(header.line): only a header, no rows of data")
      }
      try self.init(rows, header, of: bytes, file: file)
    } catch let mistake as CSVMistake {
      throw mistake.error(in: file)
    }
  }

  /// Creates a table of rows that were scanned.
  ///
  /// - Throws: ``TrainingError`` for a column with decimal commas and points.
  init(_ rows: CSVRows, _ header: CSVHeader, of bytes: FileBytes, file: String) throws {
    self.file = file
    names = header.names
    headerLine = header.line
    delimiter = header.delimiter
    content = rows
    self.bytes = bytes
    try readNotations()
  }

  /// Returns the table without the rows that have no value in a column; see
  /// ``isMissing(row:column:)``.
  ///
  /// - Throws: ``TrainingError`` of kind `data` for a column that does not exist.
  public func rows(withValueIn column: String) throws -> CSVTable {
    let index = try requiredIndex(ofColumn: column)
    var table = self
    table.content = content.selecting(rowsWithValue(inColumn: index))
    return table
  }

  /// Returns the table with columns of numbers that are names, such as postal codes, which a
  /// ``FeatureEncoder`` treats as it does texts.
  ///
  /// - Throws: ``TrainingError`` of kind `data` for a column that does not exist.
  public func categorical(_ columns: [String]) throws -> CSVTable {
    var table = self
    for name in columns {
      table.categoricalColumns.insert(try requiredIndex(ofColumn: name))
    }
    return table
  }

  /// The number of rows below the header.
  public var rowCount: Int { content.count }

  /// The number of columns.
  public var columnCount: Int { names.count }

  /// Returns the text of a field, without quotes and surrounding spaces.
  public func text(row: Int, column: Int) -> String {
    // The text of other fields than texts is found by their row.
    let offset = content[row, column].textOffset
    var scanner = scanner(from: offset ?? content.starts[row])
    // Fields that were scanned once hold no mistakes, unless the file was overwritten.
    return (try? scanner.scanText(skipping: offset == nil ? column : 0)) ?? ""
  }

  /// Returns the text of each field of a row.
  package func texts(row: Int) -> [String] {
    var scanner = scanner(from: content.starts[row])
    let texts = (try? scanner.scanTexts()) ?? []
    return texts.count == columnCount ? texts : names.map { _ in "" }
  }

  private func scanner(from position: Int) -> CSVScanner {
    let buffer = UnsafeRawBufferPointer(bytes.buffer).assumingMemoryBound(to: UInt8.self)
    return CSVScanner(buffer, delimiter: delimiter, from: position, line: 0, isLast: true)
  }

  /// Returns whether a field is empty or one of `?`, `NA`, `N/A`, `null` and `nan` in any case.
  public func isMissing(row: Int, column: Int) -> Bool { content[row, column].isMissing }

  /// Returns the number in a field, which may be infinite, or `nil` if it is not a decimal number.
  public func number(row: Int, column: Int) -> Double? {
    let cell = content[row, column]
    // One way to mark a missing value is the number NaN.
    return cell.isMissing ? Self.number(text(row: row, column: column)) : cell.number
  }

  /// Returns the number that a text stands for, which may be infinite, or `nil` for other text.
  static func number(_ text: String) -> Double? { withBytes(of: text, CSVCell.number) }

  /// Returns whether a text stands for a missing value.
  static func isMissingValue(_ text: String) -> Bool { withBytes(of: text, CSVCell.isMissing) }

  private static func withBytes<Result>(
    of text: String, _ body: (UnsafeBufferPointer<UInt8>) -> Result
  ) -> Result {
    var text = text
    return text.withUTF8(body)
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
    (0..<rowCount).first { content[$0, column].textOffset != nil }
  }

  /// Returns the number in a field, or `nil` for a missing value.
  ///
  /// - Throws: ``TrainingError`` for text and for a number that is not finite.
  func finiteNumber(row: Int, column: Int) throws -> Double? {
    let cell = content[row, column]
    if cell.isMissing { return nil }
    guard let value = cell.number else {
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
