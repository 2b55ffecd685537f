import CLibrary
import Tensor

/// A file to which one JSON object a line is appended, each with its checksum.
///
/// Each line is written in one call, so that a process that dies leaves at most one incomplete
/// line, the last.
package final class JSONLinesFile {
  private let path: String
  /// The open file, or -1.
  private var descriptor: Int32

  /// Opens a file to append to, and creates it if it does not exist.
  package init(appendingTo path: String) throws {
    descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    self.path = path
    guard descriptor >= 0 else {
      throw TrainingError.inputOutput("\(path): cannot be written: \(FileAccess.systemErrorText)")
    }
    try FileAccess.synchronizeName(of: path)
  }

  deinit { if descriptor >= 0 { CLibrary.close(descriptor) } }

  /// Appends a value as one line, in which numbers that are not finite are strings.
  package func append(_ value: some Encodable) throws {
    let line = Array(try Self.line(value).utf8)
    try namingErrors { () throws(TensorFileError) in try writeAll(line, to: descriptor) }
  }

  /// Writes the lines to the disk, so that a power failure does not take them.
  package func synchronize() throws {
    try namingErrors { () throws(TensorFileError) in try synchronizeFile(descriptor) }
  }

  /// Writes the lines to the disk and closes the file.
  package func close() throws {
    let descriptor = descriptor
    self.descriptor = -1
    try namingErrors { () throws(TensorFileError) in try finishFile(descriptor) }
  }

  private func namingErrors(_ body: () throws(TensorFileError) -> Void) throws(TrainingError) {
    do { try body() } catch { throw .inputOutput("\(path): \(error)") }
  }

  private static func line(_ value: some Encodable) throws -> String {
    JSONChecksum.added(to: try JSONText.encode(value)) + "\n"
  }

  /// Returns the values in a file, without a last line that is incomplete.
  ///
  /// - Throws: ``TrainingError`` of kind `data` that names the file and a damaged line.
  package static func values<Value: Decodable>(of type: Value.Type, in path: String) throws
    -> [Value]
  {
    var lines = try FileAccess.read(path).split(
      separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    // What follows the last line break was cut off, unless nothing but the line break is missing.
    if let rest = lines.popLast(), JSONChecksum.isIntact(rest.dropLast()) { lines.append(rest) }
    return try lines.enumerated().filter { !$0.element.isEmpty }.map { number, line in
      guard JSONChecksum.holds(in: line) else {
        throw TrainingError.data("\(path):\(number + 1): \(JSONChecksum.problem)")
      }
      do {
        return try JSONText.decode(type, from: line)
      } catch {
        throw TrainingError.data(
          "\(path):\(number + 1): is damaged: \(JSONText.description(of: error))")
      }
    }
  }

  /// Replaces the content of a file.
  package static func write(_ values: [some Encodable], to path: String) throws {
    try FileAccess.write(values.map { try line($0) }.joined(), to: path)
  }
}
