import CLibrary
import Tensor

/// A file to which one JSON object a line is appended, each with its checksum.
///
/// Each line is written in one call, so that a process that dies leaves at most one incomplete
/// line, the last. The checksum of a line goes on from that of the line before it, so that a line
/// that is missing or at another place is found. That the last ones are missing, or that the file
/// is another one, is told by an ``Extent`` that is kept elsewhere.
package final class JSONLinesFile {
  private let path: String
  /// The open file, or -1.
  private var descriptor: Int32
  private var lineCount: Int
  private var lastChecksum: UInt32

  /// How far a file was written: what tells that it was cut since, or replaced by another one.
  package struct Extent: Codable, Sendable, Equatable {
    /// The number of lines.
    package var lines: Int
    /// The checksum of the last of them; nil to leave it out, as for lines with measured times
    /// beside what has to have the same bits each time.
    package var checksum: UInt32?
  }

  /// How far the file is written.
  package var extent: Extent { Extent(lines: lineCount, checksum: lastChecksum) }

  /// What the checksum of the first line goes on from.
  ///
  /// Lines of earlier versions have checksums of their own, which go on from zero.
  static let firstChecksum: UInt32 = 1

  /// Opens a file to append to, and creates it if it does not exist.
  ///
  /// - Throws: ``TrainingError`` that names the file, of kind `data` if it is damaged.
  package init(appendingTo path: String) throws {
    let content = FileAccess.exists(path) ? try Content(of: path) : Content()
    (lineCount, lastChecksum) = (content.lines.count, content.lastChecksum)
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
    let object = JSONChecksum.added(to: try JSONText.encode(value), after: lastChecksum)
    let line = Array((object + "\n").utf8)
    try namingErrors { () throws(TensorFileError) in try writeAll(line, to: descriptor) }
    lastChecksum = JSONChecksum.value(in: line) ?? lastChecksum
    lineCount += 1
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
}

// MARK: - Reading

extension JSONLinesFile {
  /// The lines of a file, without a last one that is incomplete.
  private struct Content {
    var lines: [(number: Int, bytes: ArraySlice<UInt8>)] = []
    var lastChecksum = JSONLinesFile.firstChecksum

    init() {}

    init(of path: String) throws {
      var parts = try FileAccess.read(path).split(
        separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      let rest = parts.popLast() ?? []
      var isChained = false
      for (index, bytes) in parts.enumerated() where !bytes.isEmpty {
        let isNext = JSONChecksum.isIntact(bytes, after: lastChecksum)
        // Behind the lines of an earlier version there may be others, but not the other way round.
        guard isNext || !isChained && JSONChecksum.holds(in: bytes) else {
          throw JSONLinesFile.damage(path, line: index + 1)
        }
        isChained = isNext
        lastChecksum = JSONChecksum.value(in: bytes) ?? lastChecksum
        lines.append((index + 1, bytes))
      }
      // What follows the last line break was cut off, unless the line break itself is damaged.
      if JSONChecksum.isIntact(rest.dropLast(), after: lastChecksum)
        || JSONChecksum.isIntact(rest.dropLast())
      {
        throw TrainingError.data(
          "\(path):\(parts.count + 1): is damaged: the line does not end with a line break"
            + " (put one in place of its last character, or delete the line)")
      }
    }
  }

  private static func damage(_ path: String, line: Int) -> TrainingError {
    .data(
      "\(path):\(line): is damaged: the line does not have its checksum, or one before it is"
        + " missing (after editing the file, delete the key 'checksum' of all lines)")
  }

  /// Returns the values in a file, without a last line that is incomplete.
  ///
  /// - Parameters:
  ///   - type: The type of the values.
  ///   - path: The file.
  ///   - extent: How far the file is known to have been written.
  /// - Returns: The values, line by line.
  /// - Throws: ``TrainingError`` of kind `data` that names the file and a damaged line, or tells
  ///   that lines are missing or others.
  package static func values<Value: Decodable>(
    of type: Value.Type, in path: String, upTo extent: Extent? = nil
  ) throws -> [Value] {
    try read(type, path, extent).map(\.value)
  }

  private static func read<Value: Decodable>(
    _ type: Value.Type, _ path: String, _ extent: Extent?
  ) throws -> [(bytes: ArraySlice<UInt8>, value: Value)] {
    let lines = try Content(of: path).lines
    if let extent, lines.count < extent.lines {
      throw TrainingError.data(
        "\(path): is damaged: it has \(lines.count) of the \(extent.lines) lines that were recorded"
          + " (delete it to go on without them)")
    }
    // Whoever edits the file takes all checksums away.
    if let extent, let checksum = extent.checksum, extent.lines > 0 {
      let last = lines[extent.lines - 1]
      guard JSONChecksum.value(in: last.bytes) ?? checksum == checksum else {
        throw TrainingError.data(
          "\(path):\(last.number): is not the line that was recorded"
            + " (delete the file to go on without its lines)")
      }
    }
    return try lines.map { line in
      do {
        return (line.bytes, try JSONText.decode(type, from: line.bytes))
      } catch {
        throw TrainingError.data(
          "\(path):\(line.number): is damaged: \(JSONText.description(of: error))")
      }
    }
  }

  /// Removes from a file, if there is one, the lines at its end that are not to be kept, and a last
  /// one that is incomplete.
  ///
  /// - Parameters:
  ///   - type: The type of the values.
  ///   - path: The file.
  ///   - extent: How far the file is known to have been written.
  ///   - isKept: Whether to keep the line of a value.
  /// - Throws: ``TrainingError`` that names the file, of kind `data` if it is damaged.
  package static func trim<Value: Decodable>(
    _ type: Value.Type, in path: String, upTo extent: Extent? = nil,
    keeping isKept: (Value) -> Bool = { _ in true }
  ) throws {
    guard FileAccess.exists(path) else { return }
    let kept = try read(type, path, extent).prefix { isKept($0.value) }
    try FileAccess.write(kept.flatMap { $0.bytes + [UInt8(ascii: "\n")] }, to: path)
  }
}
