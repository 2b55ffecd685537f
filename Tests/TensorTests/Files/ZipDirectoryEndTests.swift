import TestSupport
import Testing

/// The end of a ZIP file, field by field as APPNOTE.TXT 6.3 has it.
struct ZipDirectoryEndTests {
  private static func bytes(_ fields: [(value: UInt64, count: Int)]) -> [UInt8] {
    fields.flatMap { value, count in
      (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
    }
  }

  /// Signature, this disk, disk of the directory, entries here, entries, size, offset, comment.
  private static func end(_ entries: UInt64, _ size: UInt64, _ offset: UInt64) -> [UInt8] {
    bytes([
      (0x0605_4B50, 4), (0, 2), (0, 2), (entries, 2), (entries, 2), (size, 4), (offset, 4), (0, 2),
    ])
  }

  @Test func aSmallFileHasOneRecord() {
    #expect(ZipWriter.directoryEnd(count: 3, size: 150, offset: 70000) == Self.end(3, 150, 70000))
    #expect(
      ZipWriter.directoryEnd(count: 0xFFFF, size: 9, offset: 8) == Self.end(0xFFFF, 9, 8))
  }

  /// Signature, size of the rest, versions, disks, entries here, entries, size, offset; then the
  /// locator: signature, disk of the record, offset of the record, number of disks.
  @Test(
    arguments: [
      (0x1_0000, 150, 70000), (3, 0x1_0000_0000, 70000), (3, 150, 0x1_2345_6789),
    ] as [(UInt64, UInt64, UInt64)])
  func aLargeFileHasThreeRecords(_ count: UInt64, _ size: UInt64, _ offset: UInt64) {
    let expected =
      Self.bytes([
        (0x0606_4B50, 4), (44, 8), (45, 2), (45, 2), (0, 4), (0, 4), (count, 8), (count, 8),
        (size, 8), (offset, 8), (0x0706_4B50, 4), (0, 4), (offset + size, 8), (1, 4),
      ]) + Self.end(min(count, 0xFFFF), min(size, 0xFFFF_FFFF), min(offset, 0xFFFF_FFFF))
    #expect(ZipWriter.directoryEnd(count: count, size: size, offset: offset) == expected)
  }
}
