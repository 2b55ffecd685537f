/// A cyclic redundancy check of 32 bits with a reflected polynomial, all bits of whose start and
/// result are inverted.
package struct CRC32: Sendable {
  /// The check of ZIP archives and PNG images, with the polynomial 0xEDB88320.
  package static let standard = CRC32(polynomial: 0xEDB8_8320)
  /// The check CRC-32C of TFRecord files, with the polynomial 0x82F63B78 of Castagnoli.
  package static let castagnoli = CRC32(polynomial: 0x82F6_3B78)

  /// The effect on the checksum of each byte at each of eight places, place by place.
  private let table: [UInt32]

  /// Creates the check with a polynomial, whose lowest bit stands for x³¹.
  private init(polynomial: UInt32) {
    var table = [UInt32]()
    for byte in 0..<256 as Range<UInt32> {
      var value = byte
      for _ in 0..<8 { value = value & 1 == 0 ? value >> 1 : value >> 1 ^ polynomial }
      table.append(value)
    }
    for _ in 1..<8 {
      for previous in table.suffix(256) {
        table.append(table[Int(previous & 0xFF)] ^ previous >> 8)
      }
    }
    self.table = table
  }

  /// Returns the checksum of `bytes`, computed eight bytes at a time, or of bytes with the checksum
  /// `previous` and then these.
  package func checksum(_ bytes: UnsafeRawBufferPointer, after previous: UInt32 = 0) -> UInt32 {
    var crc = ~previous
    let table = table
    let wholeWords = bytes.count & ~7
    for start in stride(from: 0, to: wholeWords, by: 8) {
      var word = bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self) ^ UInt64(crc)
      crc = 0
      for place in stride(from: 7 * 256, through: 0, by: -256) {
        crc ^= table[place + Int(word & 0xFF)]
        word >>= 8
      }
    }
    for byte in bytes[wholeWords...] {
      crc = table[Int((crc ^ UInt32(byte)) & 0xFF)] ^ crc >> 8
    }
    return ~crc
  }

  /// Returns a checksum as eight hexadecimal digits.
  package static func hexadecimal(_ checksum: UInt32) -> String {
    let digits = String(checksum, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }

  /// Returns the checksum of `bytes`.
  package func checksum(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBytes { checksum($0) } }
}
