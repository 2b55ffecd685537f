import Testing

@testable import Tensor

struct CRC32Tests {
  /// The check values of both polynomials, and the vectors of RFC 3720 for CRC-32C.
  @Test(arguments: [
    (Array("123456789".utf8), UInt32(0xCBF4_3926), UInt32(0xE306_9283)),
    ([UInt8](repeating: 0, count: 32), 0x190A_55AD, 0x8A91_36AA),
    ([UInt8](repeating: 0xFF, count: 32), 0xFF6C_AB0B, 0x62A8_AB43),
    (Array(0..<32), 0x9126_7E8A, 0x46DD_794E),
    ([], 0, 0),
  ])
  func checksumsAreThoseOfThePolynomials(
    _ bytes: [UInt8], _ standard: UInt32, _ castagnoli: UInt32
  ) {
    #expect(CRC32.standard.checksum(bytes) == standard)
    #expect(CRC32.castagnoli.checksum(bytes) == castagnoli)
  }

  /// Eight bytes at once are as one at a time, for every number of bytes left over.
  @Test func wordsAreAsBytes() {
    let bytes = (0..<40).map { UInt8(truncatingIfNeeded: $0 * 89 + 7) }
    for (check, polynomial) in [
      (CRC32.standard, UInt32(0xEDB8_8320)), (.castagnoli, 0x82F6_3B78),
    ] {
      for count in 0...bytes.count {
        var crc = UInt32.max
        for byte in bytes.prefix(count) {
          crc ^= UInt32(byte)
          for _ in 0..<8 { crc = crc & 1 == 0 ? crc >> 1 : crc >> 1 ^ polynomial }
        }
        #expect(check.checksum(Array(bytes.prefix(count))) == ~crc)
      }
    }
  }
}
