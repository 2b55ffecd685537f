import Foundation

/// Writes a file whole or not at all: into a temporary file beside it, synchronised, then renamed.
///
/// - Throws: ``TrainingError`` of kind `inputOutput` that names the file; nothing is left behind.
package func writeAtomically(_ bytes: some DataProtocol, to path: String) throws {
  let temporary = path + ".\(getpid()).partial"
  do {
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw cannotWrite(path) }
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    do { try handle.write(contentsOf: bytes) } catch { throw cannotWrite(path) }
    // Without this, a power cut after the rename could leave an empty file under the final name.
    guard fsync(descriptor) == 0, rename(temporary, path) == 0 else { throw cannotWrite(path) }
  } catch {
    unlink(temporary)
    throw error
  }
}

/// Writes a text; see ``writeAtomically(_:to:)-(DataProtocol,_)``.
package func writeAtomically(_ text: String, to path: String) throws {
  try writeAtomically(Array(text.utf8), to: path)
}

/// Writes a value as indented JSON with its keys sorted.
package func writeJSON(_ value: some Encodable, to path: String) throws {
  try writeAtomically(json(value, options: [.prettyPrinted]) + "\n", to: path)
}

/// A value as JSON text with its keys sorted; numbers that are not finite become null where optional.
package func json(_ value: some Encodable, options: JSONEncoder.OutputFormatting = []) throws
  -> String
{
  let encoder = JSONEncoder()
  encoder.outputFormatting = options.union([.sortedKeys, .withoutEscapingSlashes])
  return String(decoding: try encoder.encode(value), as: UTF8.self)
}

private func cannotWrite(_ path: String) -> TrainingError {
  .inputOutput("\(path): cannot be written: \(systemErrorText())")
}
