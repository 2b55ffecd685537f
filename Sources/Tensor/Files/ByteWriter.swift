/// Takes the bytes of a file in order.
///
/// Large pieces go to a file as they are; small ones are collected first.
package struct ByteWriter {
  /// What is done with the bytes.
  enum Destination {
    /// They are kept.
    case memory
    /// They are written to an open file.
    case file(Int32)
    /// Their checksum is computed.
    case checksum(CRC32)
  }

  private let destination: Destination
  /// All bytes in memory, or those that are not written yet.
  private var buffer: [UInt8] = []
  /// The number of bytes so far.
  private(set) var count = 0
  /// The checksum of the bytes that are not in the buffer.
  private var state: UInt32 = 0

  /// The size of what is collected before it is written.
  private static let capacity = 1 << 18

  init(_ destination: Destination) { self.destination = destination }

  /// Reserves memory for so many bytes in all, if they are kept.
  mutating func reserveCapacity(_ count: Int) {
    if case .memory = destination { buffer.reserveCapacity(count) }
  }

  /// Appends bytes.
  package mutating func append(_ bytes: UnsafeRawBufferPointer) throws(TensorFileError) {
    count += bytes.count
    if case .memory = destination {
      buffer += bytes
    } else if bytes.count >= Self.capacity {
      try flush()
      try pass(bytes)
    } else {
      if buffer.count + bytes.count > Self.capacity { try flush() }
      buffer += bytes
    }
  }

  /// Appends bytes.
  package mutating func append(_ bytes: [UInt8]) throws(TensorFileError) {
    try withRawBytes(of: bytes) { bytes throws(TensorFileError) in try append(bytes) }
  }

  /// Passes on what was collected.
  mutating func flush() throws(TensorFileError) {
    if case .memory = destination { return }
    var collected: [UInt8] = []
    swap(&collected, &buffer)
    try withRawBytes(of: collected) { bytes throws(TensorFileError) in try pass(bytes) }
    collected.removeAll(keepingCapacity: true)
    swap(&collected, &buffer)
  }

  /// The bytes, all of which were kept.
  consuming func kept() -> [UInt8] { buffer }

  /// Returns the checksum of all bytes.
  mutating func checksum() throws(TensorFileError) -> UInt32 {
    try flush()
    return state
  }

  private mutating func pass(_ bytes: UnsafeRawBufferPointer) throws(TensorFileError) {
    switch destination {
    case .memory: break
    case .file(let descriptor): try writeAll(bytes, to: descriptor)
    case .checksum(let check): state = check.checksum(bytes, after: state)
    }
  }
}
