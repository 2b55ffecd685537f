#if _endian(big)
  #error("The codecs assume a little-endian processor")
#endif

/// An element type in a file; the raw value is its name in the safetensors format.
///
/// The cases are in the order in which the reference library of that format writes tensors.
enum StoredType: String, Sendable, CaseIterable {
  case uint64 = "U64"
  case int64 = "I64"
  case float64 = "F64"
  case float32 = "F32"
  case uint32 = "U32"
  case int32 = "I32"
  case bfloat16 = "BF16"
  case float16 = "F16"
  case uint16 = "U16"
  case int16 = "I16"
  case int8 = "I8"
  case uint8 = "U8"
  case bool = "BOOL"

  /// Creates the type in which tensors of a dtype are written.
  init(_ dtype: DType, wideIntegers: Bool) {
    self =
      switch dtype {
      case .float32: .float32
      case .float64: .float64
      case .int32: wideIntegers ? .int64 : .int32
      case .bool: .bool
      }
  }

  /// The size of an element in bytes.
  var byteCount: Int {
    switch self {
    case .float64, .int64, .uint64: 8
    case .float32, .int32, .uint32: 4
    case .float16, .bfloat16, .int16, .uint16: 2
    case .int8, .uint8, .bool: 1
    }
  }
}

// MARK: - Writing

extension StoredType {
  /// Appends the elements of a tensor in row order, little-endian.
  ///
  /// The type is the one that ``init(_:wideIntegers:)`` gives for the dtype of the tensor.
  func append(_ tensor: Tensor, to writer: inout ByteWriter) throws(TensorFileError) {
    let source = tensor.contiguous
    defer { withExtendedLifetime(source) {} }
    if self == .int64 {
      let elements = UnsafeBufferPointer(
        start: source.pointer.assumingMemoryBound(to: Int32.self), count: source.elementCount)
      // Some thousand at a time take little memory.
      for start in stride(from: 0, to: elements.count, by: 1 << 13) {
        let wide = elements[start..<min(start + 1 << 13, elements.count)].map { Int64($0) }
        try writer.append(wide.withUnsafeBytes { Array($0) })
      }
      return
    }
    try writer.append(
      UnsafeRawBufferPointer(
        start: source.pointer, count: source.elementCount * source.dtype.byteCount))
  }
}

// MARK: - Reading

extension StoredType {
  /// Returns a tensor of a shape that `bytes` fill, from its elements in row order.
  ///
  /// It shares the bytes if they are those of `file` and need no conversion.
  ///
  /// - Throws: `TensorFileError` if an integer does not fit int32.
  func decode(
    _ bytes: UnsafeRawBufferPointer, _ shape: Shape, isBigEndian: Bool = false,
    of file: FileBytes? = nil
  ) throws(TensorFileError) -> Tensor {
    if let dtype = plainType, !isBigEndian {
      return Self.tensor(dtype, bytes, shape, of: file)
    }
    let source = Source(bytes: bytes, shape: shape, isBigEndian: isBigEndian)
    let tensor: Tensor? =
      switch self {
      case .float64: source.map { Double(bitPattern: $0) }
      case .float32: source.map { Float(bitPattern: $0) }
      case .float16: source.map { StoredType.float(half: $0) }
      case .bfloat16: source.map { (bits: UInt16) in Float(bitPattern: UInt32(bits) << 16) }
      case .int64: source.map { (value: Int64) in Int32(exactly: value) }
      case .int32: source.map { (value: Int32) in value }
      case .int16: source.map { (value: Int16) in Int32(value) }
      case .int8: source.map { (value: Int8) in Int32(value) }
      case .uint64: source.map { (value: UInt64) in Int32(exactly: value) }
      case .uint32: source.map { (value: UInt32) in Int32(exactly: value) }
      case .uint16: source.map { (value: UInt16) in Int32(value) }
      case .uint8: source.map { (value: UInt8) in Int32(value) }
      case .bool: source.map { (value: UInt8) in value != 0 }
      }
    guard let tensor else { throw TensorFileError("has \(self) values that do not fit int32") }
    return tensor
  }

  /// The dtype whose elements are stored as they are in memory, or `nil` if they are converted.
  ///
  /// A bool may be stored as any number other than 0.
  private var plainType: DType? {
    switch self {
    case .float32: .float32
    case .float64: .float64
    case .int32: .int32
    default: nil
    }
  }

  /// The bytes from which on a tensor shares those of its file.
  ///
  /// Smaller ones are copied faster than the system loads a page.
  private static let leastSharedBytes = 1 << 16

  private static func tensor(
    _ dtype: DType, _ bytes: UnsafeRawBufferPointer, _ shape: Shape, of file: FileBytes?
  ) -> Tensor {
    if let file, let start = bytes.baseAddress, bytes.count >= leastSharedBytes,
      Int(bitPattern: start) % dtype.byteCount == 0
    {
      return Tensor(
        Storage(sharing: UnsafeMutableRawPointer(mutating: start), of: file), shape, dtype)
    }
    let result = Tensor(uninitialized: shape, dtype: dtype)
    nonisolated(unsafe) let (source, target) = (bytes, result.pointer)
    forEachChunk(of: bytes.count, grain: Grain.copiedBytes) { range in
      UnsafeMutableRawBufferPointer(start: target + range.lowerBound, count: range.count)
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[range]))
    }
    return result
  }

  private struct Source {
    let bytes: UnsafeRawBufferPointer
    let shape: Shape
    let isBigEndian: Bool

    /// Returns a tensor with `value` applied to each element, or `nil` if it is `nil` for one.
    @inline(__always)
    func map<Stored: FixedWidthInteger & BitwiseCopyable, Scalar: TensorScalar>(
      _ value: (Stored) -> Scalar?
    ) -> Tensor? {
      let result = Tensor(uninitialized: shape, dtype: Scalar.dtype)
      let target = result.pointer.assumingMemoryBound(to: Scalar.self)
      for i in 0..<result.elementCount {
        let stored = bytes.loadUnaligned(
          fromByteOffset: i * MemoryLayout<Stored>.size, as: Stored.self)
        guard let element = value(isBigEndian ? stored.byteSwapped : stored) else { return nil }
        target[i] = element
      }
      return result
    }
  }

  /// Returns the value of IEEE 754 half-precision bits; `Float16` does not exist on every platform.
  private static func float(half bits: UInt16) -> Float {
    let sign = UInt32(bits & 0x8000) << 16
    let magnitude = UInt32(bits & 0x7FFF) << 13
    // The exponent biases of the two formats differ by 112; infinity and NaN have all ones in both.
    let isFinite = bits & 0x7C00 != 0x7C00
    let value =
      isFinite ? Float(bitPattern: magnitude) * 0x1p112 : Float(bitPattern: magnitude | 0x7F80_0000)
    return Float(bitPattern: value.bitPattern | sign)
  }
}

extension StoredType {
  /// Returns the tensor of a shape read from a file, whose elements must fill all of `bytes`.
  ///
  /// The messages of errors lack a subject; see ``TensorFileError/about(_:)``.
  func decode(
    filling bytes: UnsafeRawBufferPointer, _ sizes: [Int], isBigEndian: Bool = false,
    of file: FileBytes? = nil
  ) throws(TensorFileError) -> Tensor {
    guard sizes.count <= Shape.maximumRank else {
      throw TensorFileError("has \(sizes.count) axes, which no tensor can have")
    }
    guard let shape = Shape(checking: sizes) else {
      throw TensorFileError("has the shape \(sizes), which no tensor can have")
    }
    guard shape.elementCount * byteCount == bytes.count else {
      throw TensorFileError("of shape \(shape) and \(self) does not fill its \(bytes.count) bytes")
    }
    return try decode(bytes, shape, isBigEndian: isBigEndian, of: file)
  }
}
