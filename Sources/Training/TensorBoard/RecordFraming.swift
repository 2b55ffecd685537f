/// The framing of TFRecord files: the length and the content of a record, each with a checksum.
enum RecordFraming {
  /// Returns a record as it stands in a file: the length as 64 bits, its masked checksum, the
  /// content, and its masked checksum, all in little-endian order.
  static func framed(_ content: [UInt8]) -> [UInt8] {
    let length = bytes(of: UInt64(content.count))
    return length + bytes(of: maskedChecksum(length)) + content
      + bytes(of: maskedChecksum(content))
  }

  /// Returns the checksum CRC-32C, rotated and shifted so that data with checksums inside can be
  /// checked by the same function.
  static func maskedChecksum(_ bytes: [UInt8]) -> UInt32 {
    let checksum = checksum(bytes)
    return (checksum >> 15 | checksum << 17) &+ 0xA282_EAD8
  }

  /// Returns the cyclic redundancy check with the reflected polynomial of Castagnoli.
  static func checksum(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(UInt32.max) { table[Int(($0 ^ UInt32($1)) & 0xFF)] ^ $0 >> 8 }
  }

  /// The effect on the checksum of each byte.
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(byte) { value, _ in value & 1 == 0 ? value >> 1 : value >> 1 ^ 0x82F6_3B78 }
  }

  private static func bytes(of number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }
}
