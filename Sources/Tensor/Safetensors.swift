/// Named tensors and text metadata in the safetensors format.
///
/// The format is eight bytes of header length, a JSON header that gives each tensor's dtype, shape and
/// place, and the bytes of the tensors, little-endian, row by row.  Files move unchanged between this
/// library and PyTorch, JAX or MLX.
///
/// | stored | read as | written from |
/// |---|---|---|
/// | F32, F64, I32, BOOL | float32, float64, int32, bool | the same |
/// | F16, BF16 | float32, exactly | |
/// | I64 | int32; an error where a value does not fit | int32, if `wideIntegers` |
/// | U64, U32 | int32; an error where a value does not fit | |
/// | I8, I16, U8, U16 | int32 | |
///
/// What is written is byte for byte what the reference library (0.8) writes for the same tensors: larger
/// dtypes first, then by name.  Only the order of the metadata can differ, which there is random and here
/// sorted.
public struct Safetensors: Sendable {
  /// The tensors; those of a file are in the order of their bytes.
  public var tensors: NamedTensors

  /// Free text beside the tensors, the `__metadata__` entry.
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
  /// The bytes of a file with these tensors.
  ///
  /// Equal contents give equal bytes, in whatever order they were added.
  ///
  /// - Parameter wideIntegers: Whether int32 is stored as I64, which PyTorch expects of labels and indices.
  /// - Returns: The bytes of the whole file.
  /// - Throws: `TensorFileError` where a tensor has the reserved name `__metadata__`.
  public func encoded(wideIntegers: Bool = false) throws(TensorFileError) -> [UInt8] {
    if tensors[Safetensors.metadataKey] != nil {
      throw TensorFileError("safetensors: \(Safetensors.metadataKey) is not a name for a tensor")
    }
    let parts = sortedTensors(wideIntegers: wideIntegers)
    var entries = [String]()
    if !metadata.isEmpty {
      let texts = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        .map { "\(json($0.key)):\(json($0.value))" }
      entries.append("\(json(Safetensors.metadataKey)):{\(texts.joined(separator: ","))}")
    }
    var end = 0
    for part in parts {
      let start = end
      end += part.tensor.elementCount * part.type.byteCount
      let shape = part.tensor.shape.map(String.init).joined(separator: ",")
      entries.append(
        """
        \(json(part.name)):{"dtype":"\(part.type.rawValue)","shape":[\(shape)],\
        "data_offsets":[\(start),\(end)]}
        """)
    }
    var header = Array("{\(entries.joined(separator: ","))}".utf8)
    // Spaces put the tensors at a multiple of eight bytes.
    header += [UInt8](repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
    var bytes = [UInt8]()
    bytes.reserveCapacity(8 + header.count + end)
    withUnsafeBytes(of: UInt64(header.count)) { bytes += $0 }
    bytes += header
    for part in parts { part.type.append(part.tensor, to: &bytes) }
    return bytes
  }

  /// The tensors in the order of their bytes: by dtype, those of one dtype by the bytes of their names.
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

  /// Writes a file whole or not at all: a temporary file beside it takes its place when it is complete.
  ///
  /// - Parameters:
  ///   - path: The file, which is replaced if there is one.
  ///   - wideIntegers: Whether int32 is stored as I64.
  /// - Throws: `TensorFileError` as ``encoded(wideIntegers:)`` does, and where the system refuses to write.
  public func write(to path: String, wideIntegers: Bool = false) throws(TensorFileError) {
    let bytes = try locatingErrors(in: path) { () throws(TensorFileError) in
      try encoded(wideIntegers: wideIntegers)
    }
    try writeFile(path, bytes)
  }
}

/// A text as a JSON string, with no more escapes than the format needs.
private func json(_ text: String) -> String {
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
  /// Reads the bytes of a file.
  ///
  /// - Throws: `TensorFileError` for anything that is not a well-formed file: a header that is cut off or
  ///   not the JSON object that belongs there, an unknown dtype, a shape that does not fit its bytes, two
  ///   tensors of one name, tensors that overlap, leave gaps or reach past the end; and for integers that
  ///   do not fit int32.
  public init(decoding bytes: some Collection<UInt8>) throws(TensorFileError) {
    self = try withRawBytes(of: bytes) { buffer throws(TensorFileError) in
      try Safetensors(buffer)
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
    do throws(TensorFileError) {
      try self.init(file: buffer)
    } catch {
      throw error.inside("safetensors")
    }
  }

  /// What the header says of a tensor.
  private struct Entry {
    var name: String
    var index: Int
    var type = ""
    var shape = [Int]()
    var offsets = [Int]()

    var start: Int { offsets.first ?? 0 }
    var end: Int { offsets.last ?? 0 }
  }

  private init(file buffer: UnsafeRawBufferPointer) throws(TensorFileError) {
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
          tensor '\(entry.name)' has data_offsets \(entry.offsets), which overlap, leave a gap or end \
          beyond the data of \(data.count) bytes
          """)
      }
      position = end
      let tensor = try Safetensors.tensor(
        entry, UnsafeRawBufferPointer(rebasing: data[start..<end]))
      try tensors.add(tensor, named: entry.name)
    }
    guard position == data.count else {
      throw TensorFileError("\(data.count - position) bytes at the end belong to no tensor")
    }
  }

  /// Reads the metadata, and the entries in the order of their bytes.
  private mutating func readHeader(
    _ header: UnsafeRawBufferPointer
  ) throws(TensorFileError) -> [Entry] {
    var (entries, metadata) = ([Entry](), [String: String]?.none)
    do throws(TensorFileError) {
      var scanner = HeaderScanner(header)
      try scanner.object { scanner, key throws(TensorFileError) in
        if key != Safetensors.metadataKey {
          entries.append(try Safetensors.entry(key, at: entries.count, &scanner))
        } else if metadata == nil {
          metadata = try Safetensors.texts(&scanner)
        } else {
          throw TensorFileError("there are two entries \(key)")
        }
      }
      try scanner.expectEnd()
    } catch {
      throw error.inside("the header is not the JSON object that the format wants")
    }
    self.metadata = metadata ?? [:]
    // An empty tensor starts where the next one does.
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
    _ entry: Entry, _ bytes: UnsafeRawBufferPointer
  ) throws(TensorFileError) -> Tensor {
    do throws(TensorFileError) {
      guard let type = StoredType(rawValue: entry.type) else {
        throw TensorFileError("has the dtype \(entry.type), which is not read")
      }
      return try type.decode(filling: bytes, entry.shape)
    } catch {
      throw error.about("tensor '\(entry.name)'")
    }
  }
}
