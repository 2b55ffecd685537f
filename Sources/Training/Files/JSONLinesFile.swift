import Foundation

/// A file that gains one complete JSON object a line.
///
/// Each line goes to the system in one write, so a run that dies leaves no half line behind others.
package final class JSONLinesFile {
  private let path: String
  private let handle: FileHandle

  /// Opens a file to append to, and makes it if there is none.
  package init(appendingTo path: String) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw TrainingError.inputOutput("\(path): cannot be written: \(systemErrorText())")
    }
    self.path = path
    handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }

  /// Appends a value as one line.
  package func append(_ value: some Encodable) throws {
    let line = try json(value) + "\n"
    do {
      try handle.write(contentsOf: Array(line.utf8))
    } catch {
      throw TrainingError.inputOutput("\(path): cannot be written: \(systemErrorText())")
    }
  }

  /// The values in a file, up to the first line that is not a complete one.
  package static func values<Value: Decodable>(of type: Value.Type, in path: String) throws
    -> [Value]
  {
    let decoder = JSONDecoder()
    var values: [Value] = []
    for line in try readFile(path).split(separator: UInt8(ascii: "\n")) {
      guard let value = try? decoder.decode(type, from: Data(line)) else { break }
      values.append(value)
    }
    return values
  }

  /// Replaces the content of a file.
  package static func write(_ values: [some Encodable], to path: String) throws {
    try writeAtomically(values.map { try json($0) + "\n" }.joined(), to: path)
  }
}
