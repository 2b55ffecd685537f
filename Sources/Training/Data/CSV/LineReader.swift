/// Reads the lines of a text file one by one, so that it may be larger than memory.
package final class LineReader {
  private let source: ByteSource
  private var bytes: [UInt8] = []
  private var position = 0
  private var isAtEnd = false

  /// The number of the line that ``next()`` returned last, from 1.
  package private(set) var line = 0

  /// The name of the file in errors.
  package var name: String { source.name }

  /// Opens a file, or with the path `-` standard input.
  ///
  /// - Throws: ``TrainingError`` of kind `inputOutput` that names the file.
  package init(contentsOf path: String) throws { source = try ByteSource(path) }

  /// Returns the next line without its end, or `nil` behind the last one; LF and CRLF end a line.
  ///
  /// - Throws: ``TrainingError`` that names the file, and the line if it is not valid UTF-8.
  package func next() throws -> String? {
    var searched = position
    while true {
      if let end = bytes[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        defer { position = end + 1 }
        return try text(position..<end)
      }
      searched = bytes.count
      if isAtEnd {
        guard position < bytes.count else { return nil }
        defer { position = bytes.count }
        return try text(position..<bytes.count)
      }
      searched -= position
      bytes.removeFirst(position)
      position = 0
      let more = try source.read(upTo: 1 << 16)
      isAtEnd = more.isEmpty
      bytes += more
      guard bytes.count <= ByteSource.longestRow else {
        throw TrainingError.data("\(source.name):\(line + 1): a line of more than 256 MiB")
      }
    }
  }

  private func text(_ range: Range<Int>) throws -> String {
    line += 1
    var range = range
    if let last = range.last, bytes[last] == UInt8(ascii: "\r") { range = range.dropLast() }
    try FileAccess.checkUTF8(bytes[range], file: source.name, firstLine: line)
    return String(decoding: bytes[range], as: UTF8.self)
  }
}
