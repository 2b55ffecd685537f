/// A codec of named tensors for the `.npz` format of NumPy, a ZIP archive with a `.npy` file for
/// each tensor.
///
/// The reader accepts archives with uncompressed entries, as `numpy.savez` writes them, including
/// those with 64-bit sizes. The bytes written are those of `numpy.savez` (2.4) for the same tensors
/// in the same order. The dtypes are those of ``Tensor/init(npy:)``.
public struct NumPyArchive: Sendable {
  /// The tensors, in the order of the archive and under the names of its entries without `.npy`.
  public var tensors: NamedTensors

  /// Creates the content of an archive.
  public init(_ tensors: NamedTensors = [:]) {
    self.tensors = tensors
  }

  private static let suffix = ".npy"

  // MARK: Writing

  /// Returns the bytes of a file with the tensors.
  ///
  /// - Parameter wideIntegers: Whether int32 is stored as `i8`, the default integer of NumPy.
  /// - Returns: The bytes of the whole file.
  /// - Throws: `TensorFileError` if a name is longer than 65531 bytes or contains a NUL.
  public func encoded(wideIntegers: Bool = false) throws(TensorFileError) -> [UInt8] {
    var writer = ByteWriter(.memory)
    writer.reserveCapacity(
      tensors.reduce(0) { size, part in
        size + 256 + NumPyArray.encodedSize(part.tensor, wideIntegers: wideIntegers)
      })
    try append(to: &writer, wideIntegers: wideIntegers)
    return writer.kept()
  }

  private func append(
    to writer: inout ByteWriter, wideIntegers: Bool
  ) throws(TensorFileError) {
    var archive = ZipWriter(writer)
    // Memory that two writers share would be copied.
    writer = ByteWriter(.memory)
    for (name, tensor) in tensors {
      guard name.utf8.count + Self.suffix.utf8.count <= UInt16.max, !name.contains("\0")
      else { throw TensorFileError("npz: '\(name)' is not a valid name of a tensor") }
      try archive.add(name + Self.suffix) { writer throws(TensorFileError) in
        try NumPyArray.append(tensor, wideIntegers: wideIntegers, to: &writer)
      }
    }
    writer = try archive.finished()
  }

  /// Writes a file whole or not at all: to a temporary file beside it, which is then renamed.
  ///
  /// - Parameters:
  ///   - path: The path of the file. An existing file is replaced.
  ///   - wideIntegers: Whether int32 is stored as `i8`.
  /// - Throws: `TensorFileError` for the reasons of ``encoded(wideIntegers:)``, and if the file
  ///   cannot be written.
  public func write(to path: String, wideIntegers: Bool = false) throws(TensorFileError) {
    try writeFile(path) { writer throws(TensorFileError) in
      try append(to: &writer, wideIntegers: wideIntegers)
    }
  }

  // MARK: Reading

  /// Decodes the bytes of a file.
  ///
  /// - Throws: `TensorFileError` for anything but a well-formed archive of arrays: an entry that is
  ///   compressed, encrypted or not a `.npy` file, entries that overlap or reach past the end, a
  ///   wrong checksum, two tensors of the same name; and for the reasons of ``Tensor/init(npy:)``.
  public init(decoding bytes: some Collection<UInt8>) throws(TensorFileError) {
    self = try withRawBytes(of: bytes) { buffer throws(TensorFileError) in
      try Self(buffer)
    }
  }

  /// Reads a file.
  ///
  /// Large tensors stay in the file, which is mapped into memory; see
  /// ``Safetensors/init(contentsOf:copying:)``. Their checksums are verified nonetheless.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - copying: Whether all tensors are copied, so that the file may change afterwards.
  /// - Throws: `TensorFileError` for the reasons of ``init(decoding:)``, and if the file cannot be
  ///   read.
  public init(contentsOf path: String, copying: Bool = false) throws(TensorFileError) {
    self = try decodeFile(path, copying: copying) { bytes, file throws(TensorFileError) in
      try Self(bytes, of: file)
    }
  }

  private init(
    _ buffer: UnsafeRawBufferPointer, of file: FileBytes? = nil
  ) throws(TensorFileError) {
    self.init()
    do throws(TensorFileError) {
      for entry in try ZipEntry.entries(of: buffer) {
        try tensors.add(Self.tensor(entry, buffer, file), named: Self.name(entry))
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
    _ entry: ZipEntry, _ buffer: UnsafeRawBufferPointer, _ file: FileBytes?
  ) throws(TensorFileError) -> Tensor {
    do throws(TensorFileError) {
      return try NumPyArray.decode(try entry.content(of: buffer), of: file)
    } catch {
      throw error.inside("entry '\(entry.name)'")
    }
  }
}
