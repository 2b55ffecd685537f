import Tensor

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
    let checksum = CRC32.castagnoli.checksum(bytes)
    return (checksum >> 15 | checksum << 17) &+ 0xA282_EAD8
  }

  private static func bytes(of number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }
}
