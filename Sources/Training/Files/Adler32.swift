/// The checksum of the zlib format. (RFC 1950)
enum Adler32 {
  /// Returns the checksum of some bytes.
  static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var (a, b) = (1 as UInt32, 0 as UInt32)
    // As many bytes as can be added before the sums must be reduced.
    for start in stride(from: 0, to: bytes.count, by: 5552) {
      for byte in bytes[start..<min(start + 5552, bytes.count)] {
        a += UInt32(byte)
        b += a
      }
      a %= 65_521
      b %= 65_521
    }
    return b << 16 | a
  }
}
