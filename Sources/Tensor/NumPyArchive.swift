/// Named tensors in NumPy's `.npz` format: a ZIP archive with a `.npy` file for each.
///
/// Read are archives whose entries are stored, as `numpy.savez` makes them, 64-bit sizes included; an entry
/// that is compressed is an error.  What is written is byte for byte what `numpy.savez` (2.4) writes for the
/// same tensors in the same order.  The dtypes are those of ``Tensor/init(npy:)``.
public struct NumPyArchive: Sendable {
  /// The tensors in the order of the archive; a name is that of the entry without `.npy`.
  public var tensors: NamedTensors

  /// Creates the content of an archive.
  public init(_ tensors: NamedTensors = [:]) {
    self.tensors = tensors
  }

  private static let suffix = ".npy"

  // MARK: Writing

  /// The bytes of a file with these tensors.
  ///
  /// - Parameter wideIntegers: Whether int32 is stored as `i8`, NumPy's default integer.
  /// - Returns: The bytes of the whole file.
  /// - Throws: `TensorFileError` where a name is longer than 65531 bytes or holds a NUL.
  public func encoded(wideIntegers: Bool = false) throws(TensorFileError) -> [UInt8] {
    var archive = ZipWriter()
    archive.reserveCapacity(
      tensors.reduce(0) { size, part in
        size + 256 + NumPyArray.encodedSize(part.tensor, wideIntegers: wideIntegers)
      })
    for (name, tensor) in tensors {
      guard name.utf8.count + NumPyArchive.suffix.utf8.count <= UInt16.max, !name.contains("\0")
      else { throw TensorFileError("npz: '\(name)' is not a name for a tensor") }
      archive.add(name + NumPyArchive.suffix) { bytes in
        NumPyArray.append(tensor, wideIntegers: wideIntegers, to: &bytes)
      }
    }
    return archive.finished()
  }

  /// Writes a file whole or not at all: a temporary file beside it takes its place when it is complete.
  ///
  /// - Parameters:
  ///   - path: The file, which is replaced if there is one.
  ///   - wideIntegers: Whether int32 is stored as `i8`.
  /// - Throws: `TensorFileError` as ``encoded(wideIntegers:)`` does, and where the system refuses to write.
  public func write(to path: String, wideIntegers: Bool = false) throws(TensorFileError) {
    let bytes = try locatingErrors(in: path) { () throws(TensorFileError) in
      try encoded(wideIntegers: wideIntegers)
    }
    try writeFile(path, bytes)
  }

  // MARK: Reading

  /// Reads the bytes of a file.
  ///
  /// - Throws: `TensorFileError` for anything that is not a well-formed archive of arrays: an entry that is
  ///   compressed, encrypted or not a `.npy` file, entries that overlap or reach past the end, a checksum that
  ///   is not that of the bytes, two tensors of one name; and as ``Tensor/init(npy:)`` does.
  public init(decoding bytes: some Collection<UInt8>) throws(TensorFileError) {
    self = try withRawBytes(of: bytes) { buffer throws(TensorFileError) in
      try NumPyArchive(buffer)
    }
  }

  /// Reads a file.
  ///
  /// - Throws: `TensorFileError` as ``init(decoding:)`` does, and where the system refuses to read.
  public init(contentsOf path: String) throws(TensorFileError) {
    let bytes = try readFile(path)
    self = try locatingErrors(in: path) { () throws(TensorFileError) in try Self(decoding: bytes) }
  }

  private init(_ buffer: UnsafeRawBufferPointer) throws(TensorFileError) {
    self.init()
    do throws(TensorFileError) {
      for entry in try ZipEntry.entries(of: buffer) {
        try tensors.add(NumPyArchive.tensor(entry, buffer), named: NumPyArchive.name(entry))
      }
    } catch {
      throw error.inside("npz")
    }
  }

  private static func name(_ entry: ZipEntry) throws(TensorFileError) -> String {
    guard entry.name.hasSuffix(suffix) else {
      throw TensorFileError("entry '\(entry.name)' is not a .npy file")
    }
    return String(entry.name.dropLast(suffix.count))
  }

  private static func tensor(
    _ entry: ZipEntry, _ buffer: UnsafeRawBufferPointer
  ) throws(TensorFileError) -> Tensor {
    do throws(TensorFileError) {
      return try NumPyArray.decode(try entry.content(of: buffer))
    } catch {
      throw error.inside("entry '\(entry.name)'")
    }
  }
}
