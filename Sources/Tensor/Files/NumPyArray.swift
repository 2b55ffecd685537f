extension Tensor {
  /// Creates a tensor from the bytes of a `.npy` file of version 1, 2 or 3.
  ///
  /// | stored | read as |
  /// |---|---|
  /// | `f4`, `f8`, `i4`, `b1` | float32, float64, int32, bool |
  /// | `f2` | float32, exactly |
  /// | `i8`, `u8`, `u4` | int32; an error if a value does not fit |
  /// | `i1`, `i2`, `u1`, `u2` | int32 |
  ///
  /// Both byte orders and both element orders (C and Fortran) are read; the order does not affect
  /// the shape.
  ///
  /// - Throws: `TensorFileError` for anything but a well-formed file: a truncated or malformed
  ///   header, another dtype, more or fewer bytes than the shape takes; and for integers that do
  ///   not fit int32.
  public init(npy bytes: some Collection<UInt8>) throws(TensorFileError) {
    self = try withRawBytes(of: bytes) { buffer throws(TensorFileError) in
      try NumPyArray.decode(buffer)
    }
  }

  /// Creates a tensor from a `.npy` file.
  ///
  /// A large tensor stays in the file, which is mapped into memory; see
  /// ``Safetensors/init(contentsOf:copying:)``.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - copying: Whether the elements are copied, so that the file may change afterwards.
  /// - Throws: `TensorFileError` for the reasons of ``init(npy:)``, and if the file cannot be read.
  public init(npyContentsOf path: String, copying: Bool = false) throws(TensorFileError) {
    self = try decodeFile(path, copying: copying) { bytes, file throws(TensorFileError) in
      try NumPyArray.decode(bytes, of: file)
    }
  }

  /// Returns the bytes of a `.npy` file with this tensor: `f4`, `f8`, `i4` or `b1`, little-endian,
  /// in C order.
  ///
  /// The bytes are those that `numpy.save` (2.4) writes.
  ///
  /// - Parameter wideIntegers: Whether int32 is stored as `i8`, the default integer of NumPy.
  /// - Returns: The bytes of the whole file.
  public func npyEncoded(wideIntegers: Bool = false) -> [UInt8] {
    var writer = ByteWriter(.memory)
    writer.reserveCapacity(NumPyArray.encodedSize(self, wideIntegers: wideIntegers))
    do throws(TensorFileError) {
      try NumPyArray.append(self, wideIntegers: wideIntegers, to: &writer)
    } catch {
      fail("npy: writing to memory cannot fail")
    }
    return writer.kept()
  }

  /// Writes a `.npy` file whole or not at all: to a temporary file beside it, which is then
  /// renamed.
  ///
  /// - Parameters:
  ///   - path: The path of the file. An existing file is replaced.
  ///   - wideIntegers: Whether int32 is stored as `i8`.
  /// - Throws: `TensorFileError` if the file cannot be written.
  public func writeNPY(to path: String, wideIntegers: Bool = false) throws(TensorFileError) {
    try writeFile(path) { writer throws(TensorFileError) in
      try NumPyArray.append(self, wideIntegers: wideIntegers, to: &writer)
    }
  }
}

/// The `.npy` format: a magic number, the version, the length of a header, the header, and the
/// elements.
///
/// The header is a Python dictionary with the dtype, the order and the shape.
enum NumPyArray {
  private static let magic: [UInt8] = [0x93] + "NUMPY".utf8

  // MARK: Writing

  /// Appends the bytes of a file with a tensor.
  static func append(
    _ tensor: Tensor, wideIntegers: Bool, to writer: inout ByteWriter
  ) throws(TensorFileError) {
    let type = StoredType(tensor.dtype, wideIntegers: wideIntegers)
    let header = header(of: tensor, type)
    var start = magic + [1, 0]
    withUnsafeBytes(of: UInt16(header.utf8.count)) { start += $0 }
    try writer.append(start + header.utf8)
    try type.append(tensor, to: &writer)
  }

  /// Returns the size in bytes of a file with a tensor.
  static func encodedSize(_ tensor: Tensor, wideIntegers: Bool) -> Int {
    let type = StoredType(tensor.dtype, wideIntegers: wideIntegers)
    return 10 + header(of: tensor, type).utf8.count + tensor.elementCount * type.byteCount
  }

  /// Returns the header as `numpy.save` writes it.
  private static func header(of tensor: Tensor, _ type: StoredType) -> String {
    let sizes = tensor.shape.map(String.init)
    let shape = sizes.joined(separator: ", ") + (sizes.count == 1 ? "," : "")
    let order = type.byteCount == 1 ? "|" : "<"
    var header =
      "{'descr': '\(order)\(type.numPyName)', 'fortran_order': False, 'shape': (\(shape)), }"
    // NumPy leaves room for the first size to grow to 21 digits in place.
    if let first = sizes.first { header += spaces(21 - first.utf8.count) }
    // The elements start at a multiple of 64 bytes; NumPy adds 64 spaces if the header already ends
    // at one.
    return header + spaces(64 - (10 + header.utf8.count + 1) % 64) + "\n"
  }

  private static func spaces(_ count: Int) -> String { String(repeating: " ", count: count) }

  // MARK: Reading

  /// Returns the tensor in bytes, those of `file` if the tensor may share them.
  static func decode(
    _ bytes: UnsafeRawBufferPointer, of file: FileBytes? = nil
  ) throws(TensorFileError) -> Tensor {
    do throws(TensorFileError) {
      return try tensor(bytes, of: file)
    } catch {
      throw error.inside("npy")
    }
  }

  private static func tensor(
    _ bytes: UnsafeRawBufferPointer, of file: FileBytes?
  ) throws(TensorFileError) -> Tensor {
    var reader = ByteReader(bytes)
    guard bytes.starts(with: magic) else {
      throw TensorFileError("the first bytes are not those of a .npy file")
    }
    try reader.skip(magic.count)
    let version = (major: try reader.integer(UInt8.self), minor: try reader.integer(UInt8.self))
    guard (1...3).contains(version.major), version.minor == 0 else {
      throw TensorFileError("the format version \(version.major).\(version.minor) is not supported")
    }
    let length =
      version.major == 1
      ? Int(try reader.integer(UInt16.self)) : Int(try reader.integer(UInt32.self))
    let header = try header(reader.bytes(length))
    guard let type = StoredType(numPyName: header.dtype.dropFirst()) else {
      throw TensorFileError("the dtype '\(header.dtype)' is not supported")
    }
    // Elements in Fortran order are those of the transpose in C order.
    let sizes = header.isFortranOrder ? header.shape.reversed() : header.shape
    let tensor: Tensor
    do throws(TensorFileError) {
      tensor = try type.decode(
        filling: reader.rest, sizes, isBigEndian: header.dtype.hasPrefix(">"), of: file)
    } catch {
      throw error.about("the array")
    }
    if !header.isFortranOrder { return tensor }
    let axes = Array((0..<tensor.rank).reversed())
    return Views.permute(tensor, order: axes, name: "npy").contiguous
  }

  private static func header(
    _ text: UnsafeRawBufferPointer
  ) throws(TensorFileError) -> Header {
    do throws(TensorFileError) {
      return try Header(text)
    } catch {
      throw error.inside("the header is not the Python dictionary that the format requires")
    }
  }

  private struct Header {
    /// The byte order and the type, such as `<f4`.
    var dtype = ""
    var isFortranOrder = false
    var shape = [Int]()

    init(_ text: UnsafeRawBufferPointer) throws(TensorFileError) {
      var scanner = HeaderScanner(text)
      var found = [String]()
      var (dtype, isFortranOrder, shape) = ("", false, [Int]())
      try scanner.list("{", "}", allowsTrailingComma: true) { scanner throws(TensorFileError) in
        let key = try scanner.pythonString()
        found.append(key)
        try scanner.expect(":")
        switch key {
        case "descr": dtype = try scanner.pythonString()
        case "fortran_order":
          isFortranOrder = scanner.skip(word: "True")
          if !isFortranOrder && !scanner.skip(word: "False") {
            throw TensorFileError("fortran_order is neither True nor False")
          }
        case "shape": shape = try Self.shape(&scanner)
        default: throw TensorFileError("the key '\(key)' is unknown")
        }
      }
      try scanner.expectEnd()
      guard found.sorted() == ["descr", "fortran_order", "shape"] else {
        throw TensorFileError("descr, fortran_order and shape must each appear once")
      }
      guard let order = dtype.first, "<>|".contains(order) else {
        throw TensorFileError("the dtype '\(dtype)' is not supported")
      }
      (self.dtype, self.isFortranOrder, self.shape) = (dtype, isFortranOrder, shape)
    }

    /// Reads a tuple of integers; one of a single integer needs a comma.
    private static func shape(
      _ scanner: inout HeaderScanner
    ) throws(TensorFileError) -> [Int] {
      var sizes = [Int]()
      let hasComma = try scanner.list("(", ")", allowsTrailingComma: true) {
        scanner throws(TensorFileError) in
        sizes.append(try scanner.integer())
        // Python 2 marked long integers with an L.
        _ = scanner.skip(word: "L")
      }
      if sizes.count == 1 && !hasComma {
        throw TensorFileError("the shape is not a tuple")
      }
      return sizes
    }
  }
}

extension StoredType {
  /// The name in a `.npy` header without the byte order, empty for bfloat16, which the format
  /// lacks.
  fileprivate var numPyName: String {
    switch self {
    case .uint64: "u8"
    case .int64: "i8"
    case .float64: "f8"
    case .float32: "f4"
    case .uint32: "u4"
    case .int32: "i4"
    case .bfloat16: ""
    case .float16: "f2"
    case .uint16: "u2"
    case .int16: "i2"
    case .int8: "i1"
    case .uint8: "u1"
    case .bool: "b1"
    }
  }

  /// Creates the type of a name in a `.npy` header without the byte order.
  fileprivate init?(numPyName: some StringProtocol) {
    guard
      let type = Self.allCases.first(where: {
        !numPyName.isEmpty && $0.numPyName == numPyName
      })
    else { return nil }
    self = type
  }
}
