import Foundation

/// The whole content of a file; pipes are read to their end.
///
/// - Throws: ``TrainingError`` of kind `inputOutput` that names the file.
package func readFile(_ path: String) throws -> [UInt8] {
  var isDirectory: ObjCBool = false
  guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
    throw TrainingError.inputOutput("\(path): no such file")
  }
  guard !isDirectory.boolValue else {
    throw TrainingError.inputOutput("\(path): is a directory where a file belongs")
  }
  guard let handle = FileHandle(forReadingAtPath: path) else {
    throw TrainingError.inputOutput("\(path): cannot be opened: \(systemErrorText())")
  }
  defer { try? handle.close() }
  do {
    return try [UInt8](handle.readToEnd() ?? Data())
  } catch {
    throw TrainingError.inputOutput("\(path): cannot be read: \(systemErrorText())")
  }
}

/// Checks that bytes are text.
///
/// - Throws: ``TrainingError`` of kind `data` that names the first line that is not.
package func checkUTF8(_ bytes: [UInt8], file: String) throws {
  // A zero byte is valid UTF-8, but only files that are not text hold it.
  guard String(validating: bytes, as: UTF8.self) == nil || bytes.contains(0) else { return }
  let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
  let bad = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil || $0.contains(0) }
  let line = bad ?? 0
  throw TrainingError.data("\(file):\(line + 1): the text is not valid UTF-8")
}

/// The system's words for the error that the last call on this thread met.
package func systemErrorText() -> String {
  String(cString: strerror(errno)).lowercased()
}

/// A path that stays right when the working folder changes.
package func absolutePath(_ path: String) -> String {
  path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
}

/// The whole content of a text file.
///
/// - Throws: ``TrainingError`` of kind `inputOutput` or `data` that names the file.
package func readText(_ path: String) throws -> String {
  let bytes = try readFile(path)
  try checkUTF8(bytes, file: path)
  return String(decoding: bytes, as: UTF8.self)
}
