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

/// The system's words for the error that the last call on this thread met.
package func systemErrorText() -> String {
  String(cString: strerror(errno)).lowercased()
}

/// A path that stays right when the working folder changes.
package func absolutePath(_ path: String) -> String {
  path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
}
