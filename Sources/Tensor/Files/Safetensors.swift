/// A codec of named tensors and text metadata for the safetensors format.
///
/// A file has eight bytes with the length of the header, a JSON header with the dtype, shape and
/// offsets of each tensor, and the elements of the tensors in row order, little-endian. PyTorch,
/// JAX and MLX read and write the same files.
///
/// | stored | read as | written from |
/// |---|---|---|
/// | F32, F64, I32, BOOL | float32, float64, int32, bool | the same |
/// | F16, BF16 | float32, exactly | |
/// | I64 | int32; an error if a value does not fit | int32, if `wideIntegers` |
/// | U64, U32 | int32; an error if a value does not fit | |
/// | I8, I16, U8, U16 | int32 | |
///
/// The bytes written are those of the reference library (0.8) for the same tensors: larger dtypes
/// first, then by name. Only the order of the metadata may differ, which is random there and sorted
/// here.
public struct Safetensors: Sendable {
  /// The tensors; those read from a file are in the order of their bytes.
  public var tensors: NamedTensors

  /// The text metadata, the `__metadata__` entry of the header.
  public var metadata: [String: String]

  /// Creates the content of a file.
  public init(_ tensors: NamedTensors = [:], metadata: [String: String] = [:]) {
    self.tensors = tensors
    self.metadata = metadata
  }

  private static let metadataKey = "__metadata__"
}

// MARK: - Writing

extension Safetensors {
  /// Returns the bytes of a file with the tensors and the metadata.
  ///
  /// Equal contents give equal bytes, regardless of the order in which they were added.
  ///
  /// - Parameter wideIntegers: Whether int32 is stored as I64, the dtype that PyTorch uses for
  ///   labels and indices.
  /// - Returns: The bytes of the whole file.
  /// - Throws: `TensorFileError` if a tensor has the reserved name `__metadata__`.
  public func encoded(wideIntegers: Bool = false) throws(TensorFileError) -> [UInt8] {
    var writer = ByteWriter(.memory)
    try append(to: &writer, wideIntegers: wideIntegers)
    return writer.kept()
  }

  private func append(
    to writer: inout ByteWriter, wideIntegers: Bool, checksum: String? = nil
  ) throws(TensorFileError) {
    if tensors[Self.metadataKey] != nil {
      throw TensorFileError("safetensors: \(Self.metadataKey) is not a valid name of a tensor")
    }
    var metadata = metadata
    metadata[SafetensorsChecksum.key] = checksum
    let parts = sortedTensors(wideIntegers: wideIntegers)
    var entries = [String]()
    if !metadata.isEmpty {
      let texts = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        .map { "\(jsonLiteral($0.key)):\(jsonLiteral($0.value))" }
      entries.append("\(jsonLiteral(Self.metadataKey)):{\(texts.joined(separator: ","))}")
    }
    var end = 0
    for part in parts {
      let start = end
      end += part.tensor.elementCount * part.type.byteCount
      let shape = part.tensor.shape.map(String.init).joined(separator: ",")
      entries.append(
        """
        \(jsonLiteral(part.name)):{"dtype":"\(part.type.rawValue)","shape":[\(shape)],\
        "data_offsets":[\(start),\(end)]}
        """)
    }
    var header = Array("{\(entries.joined(separator: ","))}".utf8)
    // Spaces align the tensors to eight bytes.
    header += [UInt8](repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
    writer.reserveCapacity(8 + header.count + end)
    try writer.append(withUnsafeBytes(of: UInt64(header.count)) { Array($0) })
    try writer.append(header)
    for part in parts { try part.type.append(part.tensor, to: &writer) }
  }

  /// Returns the tensors in the order of their bytes: by dtype, then by the UTF-8 bytes of their
  /// names.
  private func sortedTensors(
    wideIntegers: Bool
  ) -> [(name: String, tensor: Tensor, type: StoredType)] {
    let parts = tensors.map { name, tensor in
      (name, tensor, StoredType(tensor.dtype, wideIntegers: wideIntegers))
    }
    return StoredType.allCases.flatMap { type in
      parts.filter { $0.2 == type }.sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
    }
  }

  /// Writes a file whole or not at all: to a temporary file beside it, which is then renamed.
  ///
  /// - Parameters:
  ///   - path: The path of the file. An existing file is replaced.
  ///   - wideIntegers: Whether int32 is stored as I64.
  ///   - checksummed: Whether the metadata gets a checksum of the whole file, which readers of this
  ///     library verify, so that no damaged bit goes unnoticed; others ignore it.
  /// - Throws: `TensorFileError` for the reasons of ``encoded(wideIntegers:)``, and if the file
  ///   cannot be written.
  public func write(
    to path: String, wideIntegers: Bool = false, checksummed: Bool = false
  ) throws(TensorFileError) {
    var checksum: String?
    if checksummed {
      var writer = ByteWriter(.checksum(.castagnoli))
      try append(
        to: &writer, wideIntegers: wideIntegers, checksum: SafetensorsChecksum.placeholder)
      checksum = CRC32.hexadecimal(try writer.checksum())
    }
    try writeFile(path) { writer throws(TensorFileError) in
      try append(to: &writer, wideIntegers: wideIntegers, checksum: checksum)
    }
  }
}

/// Returns a JSON string literal with no more escapes than the format needs.
package func jsonLiteral(_ text: String) -> String {
  var result = "\""
  for character in text.unicodeScalars {
    switch character {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case "\u{8}": result += "\\b"
    case "\u{C}": result += "\\f"
    case "\n": result += "\\n"
    case "\r": result += "\\r"
    case "\t": result += "\\t"
    case ..<" ":
      let digits = String(character.value, radix: 16)
      result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    default: result.unicodeScalars.append(character)
    }
  }
  return result + "\""
}

// MARK: - Reading

extension Safetensors {
  /// Decodes the bytes of a file.
  ///
  /// - Throws: `TensorFileError` for anything but a well-formed file: a truncated or malformed
  ///   header, an unknown dtype, a shape that does not fill its bytes, two tensors of the same
  ///   name, tensors that overlap, leave gaps or reach past the end; for integers that do not fit
  ///   int32; and for bytes that do not have the checksum in the metadata, if there is one.
  public init(decoding bytes: some Collection<UInt8>) throws(TensorFileError) {
    self = try withRawBytes(of: bytes) { buffer throws(TensorFileError) in
      try Self(buffer)
    }
  }

  /// Reads a file.
  ///
  /// Tensors of 64 KiB and more that need no conversion stay in the file, which is mapped into
  /// memory as long as one of them lives: loading takes no time, and only what is used is read.
  /// Writing to such a tensor copies the pages that are written and never changes the file.
  ///
  /// A file that is replaced by renaming another, as ``write(to:wideIntegers:checksummed:)`` does,
  /// leaves the tensors as they are. One that other programs overwrite in place changes them, and
  /// if it is shortened, reading what is gone ends the process (SIGBUS). For such files, pass
  /// `copying`.
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
    do throws(TensorFileError) {
      try self.init(buffer, sharedBy: file)
    } catch {
      throw error.inside("safetensors")
    }
  }

  /// The entry of a tensor in the header.
  private struct Entry {
    var name: String
    var index: Int
    var type = ""
    var shape = [Int]()
    var offsets = [Int]()

    var start: Int { offsets.first ?? 0 }
    var end: Int { offsets.last ?? 0 }
  }

  private init(
    _ buffer: UnsafeRawBufferPointer, sharedBy file: FileBytes?
  ) throws(TensorFileError) {
    self.init()
    guard buffer.count >= 8 else {
      throw TensorFileError("\(buffer.count) bytes are too few for a header")
    }
    let length = buffer.loadUnaligned(as: UInt64.self)
    guard length <= UInt64(buffer.count - 8) else {
      throw TensorFileError("a header of \(length) bytes does not fit a file of \(buffer.count)")
    }
    let header = UnsafeRawBufferPointer(rebasing: buffer[8..<8 + Int(length)])
    let data = UnsafeRawBufferPointer(rebasing: buffer[(8 + Int(length))...])
    var position = 0
    for entry in try readHeader(header) {
      let (start, end) = (entry.start, entry.end)
      guard entry.offsets.count == 2, start == position, end >= start, end <= data.count else {
        throw TensorFileError(
          """
          tensor '\(entry.name)' has data_offsets \(entry.offsets), which overlap, leave a gap or \
          end beyond the data of \(data.count) bytes
          """)
      }
      position = end
      let tensor = try Self.tensor(
        entry, UnsafeRawBufferPointer(rebasing: data[start..<end]), of: file)
      try tensors.add(tensor, named: entry.name)
    }
    guard position == data.count else {
      throw TensorFileError("\(data.count - position) bytes at the end belong to no tensor")
    }
    if let checksum = metadata.removeValue(forKey: SafetensorsChecksum.key) {
      try SafetensorsChecksum.verify(checksum, of: buffer, headerCount: 8 + header.count)
    }
  }

  /// Reads the header, sets the metadata, and returns the entries in the order of their bytes.
  private mutating func readHeader(
    _ header: UnsafeRawBufferPointer
  ) throws(TensorFileError) -> [Entry] {
    var (entries, metadata) = ([Entry](), [String: String]?.none)
    do throws(TensorFileError) {
      var scanner = HeaderScanner(header)
      try scanner.object { scanner, key throws(TensorFileError) in
        if key != Self.metadataKey {
          entries.append(try Self.entry(key, at: entries.count, &scanner))
        } else if metadata == nil {
          metadata = try Self.texts(&scanner)
        } else {
          throw TensorFileError("there are two entries \(key)")
        }
      }
      try scanner.expectEnd()
    } catch {
      throw error.inside("the header is not the JSON object that the format requires")
    }
    self.metadata = metadata ?? [:]
    // An empty tensor starts at the offset of the next one.
    return entries.sorted { ($0.start, $0.end, $0.index) < ($1.start, $1.end, $1.index) }
  }

  private static func texts(
    _ scanner: inout HeaderScanner
  ) throws(TensorFileError) -> [String: String] {
    var texts = [String: String]()
    try scanner.object { scanner, key throws(TensorFileError) in
      if texts.updateValue(try scanner.jsonString(), forKey: key) != nil {
        throw TensorFileError("the metadata has two texts '\(key)'")
      }
    }
    return texts
  }

  private static func entry(
    _ name: String, at index: Int, _ scanner: inout HeaderScanner
  ) throws(TensorFileError) -> Entry {
    var entry = Entry(name: name, index: index)
    var found = [String]()
    try scanner.object { scanner, key throws(TensorFileError) in
      found.append(key)
      switch key {
      case "dtype": entry.type = try scanner.jsonString()
      case "shape": entry.shape = try scanner.integers()
      case "data_offsets": entry.offsets = try scanner.integers()
      default: try scanner.skipValue()
      }
    }
    for key in ["dtype", "shape", "data_offsets"] {
      guard found.filter({ $0 == key }).count == 1 else {
        throw TensorFileError("tensor '\(name)' does not have one \(key)")
      }
    }
    return entry
  }

  private static func tensor(
    _ entry: Entry, _ bytes: UnsafeRawBufferPointer, of file: FileBytes?
  ) throws(TensorFileError) -> Tensor {
    do throws(TensorFileError) {
      guard let type = StoredType(rawValue: entry.type) else {
        throw TensorFileError("has the dtype \(entry.type), which is not supported")
      }
      return try type.decode(filling: bytes, entry.shape, of: file)
    } catch {
      throw error.about("tensor '\(entry.name)'")
    }
  }
}
