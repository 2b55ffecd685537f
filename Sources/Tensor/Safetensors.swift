#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Named tensors and text metadata in the safetensors format.
///
/// The format is eight bytes of header length, a JSON header that gives each tensor's dtype, shape and place, and the
/// bytes of the tensors, little-endian, row by row.  Files move unchanged between this library and
/// PyTorch, JAX or MLX.
///
/// Read are F32, F64, I32 and BOOL as themselves, F16 and BF16 as float32, I64 as int32 where the
/// values fit, U8, I8, I16 and U16 as int32.  Written are float32, float64, int32 and bool.
public struct Safetensors: Sendable {
  /// The tensors in the order of their bytes in the file.
  public private(set) var names: [String] = []
  private var values: [String: Tensor] = [:]

  /// Free text beside the tensors, the `__metadata__` entry.
  public var metadata: [String: String] = [:]

  /// An empty collection.
  public init() {}

  /// The tensor of a name; setting one adds or replaces it, setting nil removes it.
  public subscript(name: String) -> Tensor? {
    get { values[name] }
    set {
      if let newValue {
        if values.updateValue(newValue.detached, forKey: name) == nil { names.append(name) }
      } else if values.removeValue(forKey: name) != nil {
        names.removeAll { $0 == name }
      }
    }
  }
}

/// What is wrong with the bytes of a file of tensors.
public struct TensorFileError: Error, Sendable, Equatable, CustomStringConvertible {
  /// One line that says what is wrong.
  public let description: String

  package init(_ description: String) { self.description = description }
}

// MARK: - Writing

extension Safetensors {
  private struct Entry: Codable {
    var dtype: String
    var shape: [Int]
    var offsets: [Int]

    enum CodingKeys: String, CodingKey {
      case dtype, shape
      case offsets = "data_offsets"
    }
  }

  private struct Name: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
  }

  private struct Header: Codable {
    var entries: [(String, Entry)] = []
    var metadata: [String: String] = [:]

    static let metadataKey = "__metadata__"

    init() {}

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Name.self)
      for key in container.allKeys {
        if key.stringValue == Header.metadataKey {
          metadata = try container.decode([String: String].self, forKey: key)
        } else {
          entries.append((key.stringValue, try container.decode(Entry.self, forKey: key)))
        }
      }
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Name.self)
      if !metadata.isEmpty {
        try container.encode(metadata, forKey: Name(Header.metadataKey))
      }
      for (name, entry) in entries { try container.encode(entry, forKey: Name(name)) }
    }
  }

  /// The bytes of a file with these tensors.
  ///
  /// Equal contents give equal bytes.
  ///
  /// - Throws: `TensorFileError` where a tensor has the reserved name `__metadata__`.
  public func encoded() throws -> [UInt8] {
    var header = Header()
    header.metadata = metadata
    var end = 0
    for name in names {
      guard let tensor = values[name] else { continue }
      if name == Header.metadataKey {
        throw TensorFileError("safetensors: \(name) is not a name for a tensor")
      }
      let start = end
      end += tensor.elementCount * tensor.dtype.byteCount
      let entry = Entry(
        dtype: tensor.dtype.safetensorsName, shape: Array(tensor.shape), offsets: [start, end])
      header.entries.append((name, entry))
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var json = [UInt8](try encoder.encode(header))
    // The reference library aligns the tensors to eight bytes with spaces.
    json += [UInt8](repeating: UInt8(ascii: " "), count: (8 - json.count % 8) % 8)
    var bytes = [UInt8]()
    bytes.reserveCapacity(8 + json.count + end)
    withUnsafeBytes(of: UInt64(json.count).littleEndian) { bytes += $0 }
    bytes += json
    for name in names {
      guard let tensor = values[name]?.contiguous else { continue }
      let count = tensor.elementCount * tensor.dtype.byteCount
      bytes += UnsafeRawBufferPointer(start: tensor.pointer, count: count)
    }
    return bytes
  }
}

// MARK: - Reading

extension Safetensors {
  /// Reads the bytes of a file.
  ///
  /// - Throws: `TensorFileError` for anything that is not a well-formed file: a header that is cut
  ///   off or not JSON, an unknown dtype, a shape that does not fit its bytes, tensors that overlap,
  ///   leave gaps or reach past the end.
  public init(decoding bytes: some Collection<UInt8>) throws {
    let found = try bytes.withContiguousStorageIfAvailable { buffer in
      try Safetensors(buffer: UnsafeRawBufferPointer(buffer))
    }
    if let found {
      self = found
    } else {
      self = try Array(bytes).withUnsafeBytes { try Safetensors(buffer: $0) }
    }
  }

  private init(buffer: UnsafeRawBufferPointer) throws {
    guard buffer.count >= 8 else {
      throw TensorFileError("safetensors: \(buffer.count) bytes are too few for a header")
    }
    let length = UInt64(littleEndian: buffer.loadUnaligned(as: UInt64.self))
    guard length <= UInt64(buffer.count - 8) else {
      throw TensorFileError(
        "safetensors: a header of \(length) bytes does not fit a file of \(buffer.count)")
    }
    let bodyStart = 8 + Int(length)
    let header: Header
    do {
      header = try JSONDecoder().decode(Header.self, from: Data(buffer[8..<bodyStart]))
    } catch {
      throw TensorFileError("safetensors: the header is not the JSON object that the format wants")
    }
    let body = UnsafeRawBufferPointer(rebasing: buffer[bodyStart...])
    var expectedStart = 0
    let sorted = header.entries.sorted {
      ($0.1.offsets.first ?? 0, $0.1.offsets.last ?? 0)
        < ($1.1.offsets.first ?? 0, $1.1.offsets.last ?? 0)
    }
    for (name, entry) in sorted {
      guard entry.offsets.count == 2, entry.offsets[0] == expectedStart,
        entry.offsets[1] >= entry.offsets[0], entry.offsets[1] <= body.count
      else {
        throw TensorFileError(
          "safetensors: tensor '\(name)' has data_offsets \(entry.offsets), which overlap, leave a gap or end beyond the data of \(body.count) bytes"
        )
      }
      expectedStart = entry.offsets[1]
      self[name] = try Safetensors.tensor(
        entry, UnsafeRawBufferPointer(rebasing: body[entry.offsets[0]..<entry.offsets[1]]), name)
    }
    guard expectedStart == body.count else {
      throw TensorFileError(
        "safetensors: \(body.count - expectedStart) bytes at the end belong to no tensor")
    }
    metadata = header.metadata
  }

  private static func tensor(
    _ entry: Entry, _ bytes: UnsafeRawBufferPointer, _ name: String
  ) throws -> Tensor {
    guard let format = StoredType(rawValue: entry.dtype) else {
      throw TensorFileError(
        "safetensors: tensor '\(name)' has the dtype \(entry.dtype), which is not read")
    }
    guard let shape = Shape(checking: entry.shape) else {
      throw TensorFileError(
        "safetensors: tensor '\(name)' has the shape \(entry.shape), which no tensor can have")
    }
    guard shape.elementCount * format.byteCount == bytes.count else {
      throw TensorFileError(
        "safetensors: tensor '\(name)' of shape \(shape) and dtype \(entry.dtype) does not fill its \(bytes.count) bytes"
      )
    }
    guard let tensor = format.decode(bytes, shape) else {
      throw TensorFileError("safetensors: tensor '\(name)' has int64 values beyond int32")
    }
    return tensor
  }
}

extension DType {
  fileprivate var safetensorsName: String {
    switch self {
    case .float32: "F32"
    case .float64: "F64"
    case .int32: "I32"
    case .bool: "BOOL"
    }
  }
}

/// An element type as a file stores it.
package enum StoredType: String, Sendable {
  case float64 = "F64"
  case float32 = "F32"
  case float16 = "F16"
  case bfloat16 = "BF16"
  case int64 = "I64"
  case int32 = "I32"
  case int16 = "I16"
  case int8 = "I8"
  case uint16 = "U16"
  case uint8 = "U8"
  case bool = "BOOL"

  var byteCount: Int {
    switch self {
    case .float64, .int64: 8
    case .float32, .int32: 4
    case .float16, .bfloat16, .int16, .uint16: 2
    case .int8, .uint8, .bool: 1
    }
  }

  /// The tensor of a shape whose little-endian elements are `bytes`; nil where int64 values do not fit int32.
  func decode(_ bytes: UnsafeRawBufferPointer, _ shape: Shape) -> Tensor? {
    switch self {
    case .float64: copy(bytes, shape, Double.self)
    case .float32: copy(bytes, shape, Float.self)
    case .int32: copy(bytes, shape, Int32.self)
    case .float16: convert(bytes, shape, UInt16.self) { float(half: UInt16(littleEndian: $0)) }
    case .bfloat16:
      convert(bytes, shape, UInt16.self) {
        Float(bitPattern: UInt32(UInt16(littleEndian: $0)) << 16)
      }
    case .int64: convert(bytes, shape, Int64.self) { Int32(exactly: Int64(littleEndian: $0)) }
    case .int16: convert(bytes, shape, Int16.self) { Int32(Int16(littleEndian: $0)) }
    case .uint16: convert(bytes, shape, UInt16.self) { Int32(UInt16(littleEndian: $0)) }
    case .int8: convert(bytes, shape, Int8.self) { Int32($0) }
    case .uint8: convert(bytes, shape, UInt8.self) { Int32($0) }
    case .bool: convert(bytes, shape, UInt8.self) { $0 != 0 }
    }
  }

  private func copy<Scalar: TensorScalar>(
    _ bytes: UnsafeRawBufferPointer, _ shape: Shape, _ type: Scalar.Type
  ) -> Tensor {
    let result = Tensor(uninitialized: shape, dtype: Scalar.dtype)
    if let source = bytes.baseAddress {
      result.pointer.copyMemory(from: source, byteCount: bytes.count)
    }
    return result
  }

  private func convert<Stored: BitwiseCopyable, Scalar: TensorScalar>(
    _ bytes: UnsafeRawBufferPointer, _ shape: Shape, _ stored: Stored.Type,
    _ body: (Stored) -> Scalar?
  ) -> Tensor? {
    let result = Tensor(uninitialized: shape, dtype: Scalar.dtype)
    let target = result.pointer.assumingMemoryBound(to: Scalar.self)
    for i in 0..<result.elementCount {
      let element = bytes.loadUnaligned(
        fromByteOffset: i * MemoryLayout<Stored>.size, as: Stored.self)
      guard let value = body(element) else { return nil }
      target[i] = value
    }
    return result
  }

  /// The value of IEEE 754 half-precision bits; `Float16` does not exist on every platform.
  private func float(half bits: UInt16) -> Float {
    let sign: Float = bits & 0x8000 == 0 ? 1 : -1
    let exponent = Int(bits >> 10 & 0x1F)
    let fraction = Float(bits & 0x3FF)
    switch exponent {
    case 0: return sign * fraction * 0x1p-24
    case 31: return fraction == 0 ? sign * .infinity : .nan
    default:
      return sign * Float(sign: .plus, exponent: exponent - 15, significand: 1 + fraction * 0x1p-10)
    }
  }
}
