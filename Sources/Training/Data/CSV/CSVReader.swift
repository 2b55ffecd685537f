import CLibrary
import Tensor

/// Reads a delimited text file in parts, so that it may be larger than memory; see ``CSVTable`` for
/// the format.
package struct CSVReader {
  /// The header.
  let header: CSVHeader
  private let source: ByteSource
  private let partSize: Int
  /// The bytes that were read but not consumed, and the line on which they begin.
  private var rest: [UInt8]
  private var line: Int
  private var isAtEnd: Bool
  private var isBeforeRows = true

  /// Opens a file, or with the path `-` standard input, and reads the header.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - partSize: The number of bytes to read at once.
  /// - Throws: ``TrainingError`` that names the file, as ``CSVTable/init(contentsOf:)``.
  package init(contentsOf path: String, partSize: Int = 1 << 20) throws {
    let source = try ByteSource(path)
    var bytes = try source.read(upTo: partSize)
    var isAtEnd = bytes.isEmpty
    while true {
      let header = try bytes.withUnsafeBufferPointer {
        try CSVHeader($0, file: source.name, isLast: isAtEnd)
      }
      if let header {
        self.header = header
        break
      }
      // A header that is not complete is read from the start, because the delimiter is known at its
      // end only.
      let more = try source.read(upTo: max(partSize, bytes.count))
      bytes += more
      isAtEnd = more.isEmpty
      guard bytes.count <= ByteSource.longestRow else {
        throw TrainingError.data("\(source.name): a header of more than 256 MiB")
      }
    }
    self.partSize = partSize
    self.source = source
    self.isAtEnd = isAtEnd
    rest = Array(bytes[header.end.position...])
    line = header.end.line
  }

  /// The names of the columns.
  package var names: [String] { header.names }

  /// Returns the next rows, some thousand, or `nil` at the end.
  ///
  /// A table of a header alone is returned once, without rows, so that its columns can be checked.
  ///
  /// - Throws: ``TrainingError`` that names the file and the line.
  package mutating func next() throws -> CSVTable? {
    while true {
      let bytes = FileBytes(rest)
      let text = CSVText(bytes, firstLine: line)
      let firstLine = line
      let (rows, end): (CSVRows, (position: Int, line: Int))
      do {
        (rows, end) = try CSVRows.scan(
          text, width: names.count, delimiter: header.delimiter, from: (0, line), isLast: isAtEnd)
      } catch {
        throw error.error(in: source.name)
      }
      try text.checkUTF8(0..<end.position, file: source.name, firstLine: firstLine)
      rest.removeFirst(end.position)
      line = end.line
      if rows.count > 0 || isAtEnd && isBeforeRows {
        isBeforeRows = false
        return try CSVTable(rows, header, of: bytes, file: source.name)
      }
      if isAtEnd { return nil }
      // A row that is not complete is scanned again from its start, so it is read until a line
      // ends. A pipe gives as little as it likes, however much is asked for.
      var endsLine = false
      repeat {
        let more = try source.read(upTo: max(partSize, rest.count))
        isAtEnd = more.isEmpty
        endsLine = more.contains { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
        rest += more
        guard rest.count <= ByteSource.longestRow else {
          throw TrainingError.data("\(source.name):\(line): a row of more than 256 MiB")
        }
      } while !isAtEnd && !endsLine
    }
  }
}
