/// The cyclic redundancy check of ZIP archives and PNG images, with the reflected polynomial 0xEDB88320.
package enum CRC32 {
  /// The effect on the checksum of each byte at each of eight places, place by place.
  private static let table: [UInt32] = {
    var table = [UInt32]()
    for byte in 0..<256 as Range<UInt32> {
      var value = byte
      for _ in 0..<8 { value = value & 1 == 0 ? value >> 1 : value >> 1 ^ 0xEDB8_8320 }
      table.append(value)
    }
    for _ in 1..<8 {
      for previous in table.suffix(256) {
        table.append(table[Int(previous & 0xFF)] ^ previous >> 8)
      }
    }
    return table
  }()

  /// Returns the checksum of `bytes`, computed eight bytes at a time.
  package static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var crc = UInt32.max
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
}
