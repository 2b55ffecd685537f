import CLibrary
import Tensor

/// Reads a delimited text file in parts, so that it may be larger than memory; see ``CSVTable`` for
/// the format.
package struct CSVReader {
  /// The header.
  let header: CSVHeader
  private let source: ByteSource
  private var scanner: CSVScanner
  private var isAtEnd: Bool

  private let partSize: Int

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
    var scanner = CSVScanner(bytes: bytes, file: source.name, isLast: isAtEnd)
    while true {
      if let header = try scanner.scanHeader() {
        self.header = header
        break
      }
      // A header that is not complete is read from the start, because the delimiter is known at its
      // end only.
      let more = try source.read(upTo: max(partSize, bytes.count))
      bytes += more
      isAtEnd = more.isEmpty
      scanner = CSVScanner(bytes: bytes, file: source.name, isLast: isAtEnd)
    }
    self.partSize = partSize
    self.source = source
    self.scanner = scanner
    self.isAtEnd = isAtEnd
  }

  /// The names of the columns.
  package var names: [String] { header.names }

  /// Returns the next rows, some thousand, or `nil` at the end.
  ///
  /// - Throws: ``TrainingError`` that names the file and the line.
  package mutating func next() throws -> CSVTable? {
    var size = partSize
    while true {
      let lines = try scanner.scanRows(width: header.names.count)
      if !lines.isEmpty {
        let table = CSVTable(header, lines: lines, of: scanner)
        scanner = scanner.continued(with: [], isLast: isAtEnd)
        return table
      }
      if isAtEnd { return nil }
      let more = try source.read(upTo: size)
      isAtEnd = more.isEmpty
      // A row that is longer than a part is scanned again from its start each time.
      size *= 2
      scanner = scanner.continued(with: more, isLast: isAtEnd)
    }
  }
}
