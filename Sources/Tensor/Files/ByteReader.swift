/// Reads little-endian integers and runs of bytes in sequence, never past the end of a buffer.
struct ByteReader {
  private let buffer: UnsafeRawBufferPointer
  private(set) var position = 0

  init(_ buffer: UnsafeRawBufferPointer) { self.buffer = buffer }

  /// Creates a reader that starts at an offset.
  ///
  /// - Throws: `TensorFileError` if the offset is beyond the end of the buffer.
  init(_ buffer: UnsafeRawBufferPointer, at offset: UInt64) throws(TensorFileError) {
    guard let offset = Int(exactly: offset), offset <= buffer.count else {
      throw TensorFileError("an offset of \(offset) is beyond the end")
    }
    self.buffer = buffer
    position = offset
  }

  /// The bytes that have not been read.
  var rest: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: buffer[position...]) }

  /// Reads `count` bytes.
  mutating func bytes(_ count: Int) throws(TensorFileError) -> UnsafeRawBufferPointer {
    guard count <= buffer.count - position else {
      throw TensorFileError("the file ends too early: \(count) bytes expected at \(position)")
    }
    defer { position += count }
    return UnsafeRawBufferPointer(rebasing: buffer[position..<position + count])
  }

  /// Skips `count` bytes.
  mutating func skip(_ count: Int) throws(TensorFileError) { _ = try bytes(count) }

  /// Reads an integer.
  mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(
    _ type: Value.Type
  ) throws(TensorFileError) -> Value {
    try bytes(MemoryLayout<Value>.size).loadUnaligned(as: Value.self)
  }
}

/// Calls `body` with the bytes of a collection, which are copied only if they are not contiguous.
func withRawBytes<Result>(
  of bytes: some Collection<UInt8>,
  _ body: (UnsafeRawBufferPointer) throws(TensorFileError) -> Result
) throws(TensorFileError) -> Result {
  func outcome(_ buffer: UnsafeRawBufferPointer) -> Swift.Result<Result, TensorFileError> {
    do throws(TensorFileError) { return .success(try body(buffer)) } catch {
      return .failure(error)
    }
  }
  let found = bytes.withContiguousStorageIfAvailable { outcome(UnsafeRawBufferPointer($0)) }
  return try (found ?? Array(bytes).withUnsafeBytes { outcome($0) }).get()
}
