import CLibrary
import Tensor

/// Reads and writes whole files, with errors that name them.
package enum FileAccess {
  /// Returns the content of a file; pipes are read to their end.
  ///
  /// - Throws: ``TrainingError`` of kind `inputOutput` that names the file, also for a device and
  ///   for more than 4 GiB.
  package static func read(_ path: String) throws(TrainingError) -> [UInt8] {
    do { return try readFile(path) } catch { throw TrainingError(error) }
  }

  /// Returns the content of a file, mapped into memory if it is a regular file.
  ///
  /// - Throws: ``TrainingError`` of kind `inputOutput` that names the file, also for one of more
  ///   than 4 GiB.
  static func map(_ path: String) throws(TrainingError) -> FileBytes {
    let file: FileBytes
    do { file = try FileBytes(mapping: path) } catch { throw TrainingError(error) }
    guard file.buffer.count <= largestFileSize else {
      throw .inputOutput("\(path): \(tooLarge)")
    }
    return file
  }

  /// Returns the content of a text file.
  ///
  /// - Throws: ``TrainingError`` that names the file, and the first line that is not valid UTF-8.
  package static func readText(_ path: String) throws(TrainingError) -> String {
    let bytes = try read(path)
    try checkUTF8(bytes, file: path)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Writes a file whole or not at all.
  ///
  /// - Throws: ``TrainingError`` of kind `inputOutput` that names the file, which is then as it
  ///   was, or whole but not certain to survive a power failure.
  package static func write(_ bytes: [UInt8], to path: String) throws(TrainingError) {
    do { try writeFile(path, bytes) } catch { throw TrainingError(error) }
  }

  /// Writes a text file whole or not at all; see ``write(_:to:)-([UInt8],_)``.
  package static func write(_ text: String, to path: String) throws(TrainingError) {
    try write(Array(text.utf8), to: path)
  }

  /// Writes a value as indented JSON with sorted keys, for people to change.
  package static func writeJSON(_ value: some Encodable, to path: String) throws {
    try write(JSONText.encode(value, isIndented: true) + "\n", to: path)
  }

  /// Writes a value, which is an object, as indented JSON with a checksum.
  package static func writeRecord(_ value: some Encodable, to path: String) throws {
    try write(JSONChecksum.added(to: JSONText.encode(value, isIndented: true)) + "\n", to: path)
  }

  /// Reads what ``writeRecord(_:to:)`` wrote.
  ///
  /// - Parameters:
  ///   - type: The type of the value.
  ///   - path: The file.
  ///   - noun: What the file is, as in "the record of a comparison".
  /// - Returns: The value.
  /// - Throws: ``TrainingError`` that names the file, of kind `data` if it is damaged or another
  ///   one.
  package static func readRecord<Value: Decodable>(
    _ type: Value.Type, from path: String, _ noun: String
  ) throws -> Value {
    let bytes = try read(path)
    guard JSONChecksum.holds(in: bytes) else {
      throw TrainingError.data("\(path): \(JSONChecksum.problem)")
    }
    do {
      return try JSONText.decode(type, from: bytes)
    } catch {
      throw TrainingError.data(
        "\(path): is not \(noun): \(JSONText.description(of: error))")
    }
  }

  /// Writes the name of a new file or folder to the disk.
  ///
  /// - Throws: ``TrainingError`` of kind `inputOutput` that names the path.
  static func synchronizeName(of path: String) throws(TrainingError) {
    do {
      try synchronizeFolder(of: path)
    } catch {
      throw .inputOutput("\(path): \(error.description)")
    }
  }

  /// Checks that bytes, which begin on some line of a file, are text.
  ///
  /// - Throws: ``TrainingError`` of kind `data` that names the first line that is not valid UTF-8
  ///   or holds a zero byte, and calls UTF-16, UTF-32 and compressed files so.
  package static func checkUTF8(
    _ bytes: some Collection<UInt8>, file: String, firstLine: Int = 1
  ) throws(TrainingError) {
    // A zero byte is valid UTF-8, but only files that are not text hold it.
    guard String(validating: bytes, as: UTF8.self) == nil || bytes.contains(0) else { return }
    if bytes.starts(with: [0x1F, 0x8B]) {
      throw .data("\(file): the file is compressed; only plain text is read (gzip -d)")
    }
    if let encoding = wideEncoding(of: bytes.prefix(256)) {
      throw .data(
        "\(file): the text is \(encoding); only UTF-8 is read (iconv -f \(encoding) -t UTF-8)")
    }
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let bad = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil || $0.contains(0) }
    let line = bad.map { lines[$0] }
    let problem =
      line.map { String(validating: $0, as: UTF8.self) == nil } ?? true
      ? "the text is not valid UTF-8" : "there is a zero byte, which no text holds"
    throw .data("\(file):\((bad ?? 0) + firstLine): \(problem)")
  }

  /// Returns the encoding whose mark begins the bytes, or UTF-16 in the order in which every second
  /// byte is mostly zero.
  private static func wideEncoding(of bytes: some Collection<UInt8>) -> String? {
    if [[0xFF, 0xFE, 0, 0], [0, 0, 0xFE, 0xFF]].contains(where: bytes.starts) { return "UTF-32" }
    if [[0xFF, 0xFE], [0xFE, 0xFF]].contains(where: bytes.starts) { return "UTF-16" }
    let zeros = [0, 1].map { parity in
      bytes.enumerated().count { $0.offset % 2 == parity && $0.element == 0 }
    }
    guard bytes.count >= 8, zeros.contains(where: { $0 * 20 < bytes.count }) else { return nil }
    return zip(["UTF-16BE", "UTF-16LE"], zeros).first { $0.1 * 5 > bytes.count * 2 }?.0
  }

  /// The system's message for the error of the last call on this thread.
  package static var systemErrorText: String { String(cString: strerror(errno)).lowercased() }

  /// Returns a path that does not depend on the working directory.
  package static func absolutePath(_ path: String) -> String {
    if path.hasPrefix("/") { return path }
    guard let folder = getcwd(nil, 0) else { return path }
    defer { free(folder) }
    return String(cString: folder) + "/" + path
  }

  /// What can be at a path.
  package enum Item: Sendable {
    case file, folder
  }

  /// Returns what is at a path, behind symbolic links, or `nil` if nothing is.
  package static func item(at path: String) -> Item? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return status.st_mode & S_IFMT == S_IFDIR ? .folder : .file
  }

  /// Returns whether a folder is at a path, rather than a link to one.
  package static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Returns whether a file, rather than a folder, a device or nothing, is at a path.
  package static func isRegularFile(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  /// Checks that what has some names in a folder is files, so that reading it does not wait for
  /// another process, nor writing it go elsewhere.
  ///
  /// - Throws: ``TrainingError`` of kind `inputOutput` that names what is none.
  package static func requireFiles(
    in folder: String, where isChecked: (String) -> Bool
  ) throws(TrainingError) {
    for name in names(in: folder) where isChecked(name) {
      let path = "\(folder)/\(name)"
      var status = stat()
      guard stat(path, &status) == 0 else {
        // It is gone by now, or a link to nothing.
        if errno == ENOENT { continue }
        throw .inputOutput("\(path): cannot be opened: \(systemErrorText)")
      }
      let other: String
      switch status.st_mode & S_IFMT {
      case S_IFREG: continue
      case S_IFDIR: other = "folder"
      case S_IFIFO: other = "named pipe"
      case S_IFSOCK: other = "socket"
      default: other = "device"
      }
      throw .inputOutput("\(path): is a \(other), not a file")
    }
  }

  /// Returns whether two paths lead to the same file or folder, also by links.
  ///
  /// If nothing is there they do not. The path `-` stands for standard input.
  package static func isSame(_ first: String, _ second: String) -> Bool {
    var (a, b) = (stat(), stat())
    return stat(first == "-" ? "/dev/stdin" : first, &a) == 0
      && stat(second == "-" ? "/dev/stdin" : second, &b) == 0
      && [S_IFREG, S_IFDIR].contains(a.st_mode & S_IFMT)
      && (a.st_dev, a.st_ino) == (b.st_dev, b.st_ino)
  }

  /// Returns the names in a folder, sorted as people do, `run-9` before `run-10`; none for a folder
  /// that cannot be read.
  package static func names(in path: String) -> [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted { parts(of: $0).lexicographicallyPrecedes(parts(of: $1)) }
  }

  /// A name as an order compares it: runs of digits are numbers.
  private static func parts(of name: String) -> [NamePart] {
    var parts: [NamePart] = []
    for scalar in name.unicodeScalars {
      let digit = (0x30...0x39).contains(scalar.value) ? Int(scalar.value) - 0x30 : nil
      if let digit, case .number(let number) = parts.last, number < Int.max / 10 - 9 {
        parts[parts.count - 1] = .number(number * 10 + digit)
      } else {
        parts.append(digit.map(NamePart.number) ?? .character(scalar))
      }
    }
    return parts
  }

  private enum NamePart: Comparable {
    case number(Int)
    case character(Unicode.Scalar)
  }

  /// Returns whether something is at a path.
  package static func exists(_ path: String) -> Bool { item(at: path) != nil }
}

extension TrainingError {
  /// Creates the error that corresponds to an error of a file of tensors.
  package init(_ error: TensorFileError) {
    self =
      switch error.kind {
      case .content: .data(error.description)
      case .inputOutput: .inputOutput(error.description)
      }
  }
}
