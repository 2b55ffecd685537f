import CLibrary
import Tensor

/// A file to which one JSON object a line is appended.
///
/// Each line is written in one call, so that a process that dies leaves at most one incomplete
/// line, the last.
package final class JSONLinesFile {
  private let path: String
  private let descriptor: Int32

  /// Opens a file to append to, and creates it if it does not exist.
  package init(appendingTo path: String) throws {
    descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw TrainingError.inputOutput("\(path): cannot be written: \(FileAccess.systemErrorText)")
    }
    self.path = path
    synchronizeFolder(of: path)
  }

  deinit { close(descriptor) }

  /// Appends a value as one line, in which numbers that are not finite are strings.
  package func append(_ value: some Encodable) throws {
    let line = try JSONText.encode(value) + "\n"
    do {
      try writeAll(Array(line.utf8), to: descriptor)
    } catch {
      throw TrainingError.inputOutput("\(path): \(error)")
    }
  }

  /// Writes the lines to the disk, so that a power failure does not take them.
  package func synchronize() throws {
    guard fsync(descriptor) == 0 else {
      throw TrainingError.inputOutput("\(path): cannot be written: \(FileAccess.systemErrorText)")
    }
  }

  /// Returns the values in a file, up to the first line that is incomplete.
  package static func values<Value: Decodable>(of type: Value.Type, in path: String) throws
    -> [Value]
  {
    var values: [Value] = []
    for line in try FileAccess.read(path).split(separator: UInt8(ascii: "\n")) {
      guard let value = try? JSONText.decode(type, from: line) else { break }
      values.append(value)
    }
    return values
  }

  /// Replaces the content of a file.
  package static func write(_ values: [some Encodable], to path: String) throws {
    try FileAccess.write(
      values.map { try JSONText.encode($0) + "\n" }.joined(), to: path)
  }
}
