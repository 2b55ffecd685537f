/// Reads little-endian integers and runs of bytes one after another, never past the end.
struct ByteReader {
  private let buffer: UnsafeRawBufferPointer
  private(set) var position = 0

  init(_ buffer: UnsafeRawBufferPointer) { self.buffer = buffer }

  /// A reader that starts at an offset, which must be within the buffer.
  init(_ buffer: UnsafeRawBufferPointer, at offset: UInt64) throws(TensorFileError) {
    guard let offset = Int(exactly: offset), offset <= buffer.count else {
      throw TensorFileError("an offset of \(offset) is beyond the end")
    }
    self.buffer = buffer
    position = offset
  }

  /// What has not been read.
  var rest: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: buffer[position...]) }

  mutating func bytes(_ count: Int) throws(TensorFileError) -> UnsafeRawBufferPointer {
    guard count <= buffer.count - position else {
      throw TensorFileError("the file ends too early: \(count) bytes expected at \(position)")
    }
    defer { position += count }
    return UnsafeRawBufferPointer(rebasing: buffer[position..<position + count])
  }

  mutating func skip(_ count: Int) throws(TensorFileError) { _ = try bytes(count) }

  mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(
    _ type: Value.Type
  ) throws(TensorFileError) -> Value {
    try bytes(MemoryLayout<Value>.size).loadUnaligned(as: Value.self)
  }
}
