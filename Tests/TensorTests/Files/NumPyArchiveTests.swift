import Foundation
import TestSupport
import Testing

/// `.npz` files of NumPy are read and written byte for byte, and anything else is an error.
struct NumPyArchiveTests {
  @Test func readsTheArchiveOfNumPy() throws {
    let archive = try NumPyArchive(decoding: fixtureBytes("tiny.npz"))
    let entries = try JSON.fixture("tiny.json")["npz"].list
    #expect(try archive.tensors.names == entries.map { try $0["name"].text })
    #expect(archive.tensors.names.count > 40)
    for entry in entries {
      let name = try entry["name"].text
      let expected: DType =
        name.hasPrefix("f8")
        ? .float64
        : name.hasPrefix("b1")
          ? .bool
          : name.hasPrefix("f") || ["scalar", "rank 3"].contains(name) ? .float32 : .int32
      let tensor = try #require(archive.tensors[name])
      expectIdentical(tensor, try entry.tensor.converted(to: expected), name)
    }
  }

  private func exactArchive() -> NumPyArchive {
    var archive = NumPyArchive()
    for (name, tensor) in exactTensors { archive.tensors[name] = tensor }
    return archive
  }

  @Test func writesTheBytesOfNumPy() throws {
    #expect(try exactArchive().encoded() == fixtureBytes("exact.npz"))
    #expect(try exactArchive().encoded(wideIntegers: true) == fixtureBytes("exact-wide.npz"))
  }

  @Test(arguments: ["exact.npz", "exact-wide.npz"])
  func readsWhatItWrites(_ name: String) throws {
    let archive = try NumPyArchive(decoding: fixtureBytes(name))
    #expect(archive.tensors.names == exactTensors.map(\.name))
    for (name, tensor) in exactTensors {
      expectIdentical(try #require(archive.tensors[name]), tensor, name)
    }
  }

  @Test func emptyFilesRoundTrip() throws {
    // The bytes that numpy.savez writes for no arrays.
    let bytes = try NumPyArchive().encoded()
    #expect(bytes == [0x50, 0x4B, 5, 6] + [UInt8](repeating: 0, count: 18))
    #expect(try NumPyArchive(decoding: bytes).tensors.names == [])
  }

  @Test func invalidNamesAreErrors() throws {
    for name in ["a\0b", String(repeating: "n", count: 65_532)] {
      var archive = NumPyArchive()
      archive.tensors[name] = Tensor([1])
      let error = #expect(throws: TensorFileError.self) { try archive.encoded() }
      #expect(error?.description.contains("is not a valid name of a tensor") == true)
    }
    var archive = NumPyArchive()
    archive.tensors[String(repeating: "n", count: 65_531)] = Tensor([1])
    #expect(try NumPyArchive(decoding: archive.encoded()).tensors.names == archive.tensors.names)
  }

  // MARK: 64-bit archives

  /// One entry more than a 16-bit count can hold.
  @Test func moreEntriesThan16BitsCount() throws {
    let content = Tensor(1).npyEncoded()
    var bytes = zipBytes((0..<65_536).map { (name: "\($0).npy", content: content) })
    let archive = try NumPyArchive(decoding: bytes)
    #expect(archive.tensors.names.count == 65_536)
    #expect(archive.tensors["65535"]?.scalar() == 1)
    // The 64-bit end record, its locator, and the end record.
    #expect(bytes[(bytes.count - 98)...].starts(with: [0x50, 0x4B, 6, 6]))
    #expect(bytes[(bytes.count - 42)...].starts(with: [0x50, 0x4B, 6, 7]))
    bytes.put(UInt64(1) << 60, at: bytes.count - 42 + 8)
    let error = #expect(throws: TensorFileError.self) { try NumPyArchive(decoding: bytes) }
    #expect(error?.description == "npz: an offset of 1152921504606846976 is beyond the end")
  }

  /// The expected bytes were written by Python's `zipfile`.
  @Test(
    arguments: [
      (
        1 << 33, 5,
        "ffffffffffffffff050014000000000000000000800105000000612e6e70790100100000000000020000000000000002000000"
      ),
      (
        7, 1 << 34,
        "070000000700000005000c0000000000000000008001ffffffff612e6e7079010008000000000004000000"
      ),
      (
        1 << 33, 1 << 34,
        "ffffffffffffffff05001c0000000000000000008001ffffffff612e6e707901001800000000000200000000000000020000000000000004000000"
      ),
      (0x7FFF_FFFF, 0x7FFF_FFFF, "ffffff7fffffff7f0500000000000000000000008001ffffff7f612e6e7079"),
      (
        0x8000_0000, 0,
        "ffffffffffffffff050014000000000000000000800100000000612e6e70790100100000000080000000000000008000000000"
      ),
    ] as [(UInt64, UInt64, String)])
  func entriesBeyond32Bits(_ size: UInt64, _ offset: UInt64, _ expected: String) {
    let entry = ZipEntry(name: "a.npy", crc: 0x1234_5678, size: size, offset: offset)
    let hex = ZipWriter.directoryEntry(entry)
      .map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    #expect(hex == "504b01022d032d00000000000000210078563412" + expected)
  }

  /// Returns an archive whose directory has all sizes in 64 bits, needed or not.
  private static func wideArchive(size: UInt64, offset: UInt64) -> [UInt8] {
    var bytes = zipBytes([("x.npy", Tensor([1, 2]).npyEncoded())])
    let (directory, end) = (directory(bytes), bytes.count - 22)
    let extra =
      littleEndian(UInt16(7)) + littleEndian(UInt16(2)) + [9, 9] + littleEndian(UInt16(1))
      + littleEndian(UInt16(24)) + littleEndian(size) + littleEndian(size) + littleEndian(offset)
    for place in [20, 24, 42] { bytes.put(UInt32.max, at: directory + place) }
    bytes.put(UInt16(extra.count), at: directory + 30)
    bytes.put(UInt32(end - directory + extra.count), at: end + 12)
    bytes.insert(contentsOf: extra, at: end)
    return bytes
  }

  @Test func readsSizesOf64Bits() throws {
    let size = UInt64(Tensor([1, 2]).npyEncoded().count)
    let archive = try NumPyArchive(decoding: Self.wideArchive(size: size, offset: 0))
    expectIdentical(try #require(archive.tensors["x"]), Tensor([1, 2]))
  }

  /// Archives of more than 2 GiB have such a record, although their offsets fit 32 bits.
  @Test func readsA64BitEndRecordThatIsNotNeeded() throws {
    var bytes = Self.archive
    let (directory, end) = (UInt64(Self.directory(bytes)), bytes.count - 22)
    // The size and versions, both disks, the count twice, the size and the offset of the directory.
    let record =
      littleEndian(44 as UInt64) + [45, 0, 45, 0] + littleEndian(0 as UInt64)
      + [2, 2, UInt64(end) - directory, directory].flatMap { littleEndian($0) }
    let locator = [0x50, 0x4B, 6, 7, 0, 0, 0, 0] + littleEndian(UInt64(end)) + [1, 0, 0, 0]
    bytes.insert(contentsOf: [0x50, 0x4B, 6, 6] + record + locator, at: end)
    #expect(try NumPyArchive(decoding: bytes).tensors.names == ["a", "b"])
  }

  // MARK: Hostile files

  /// Returns the offset of the directory.
  private static func directory(_ bytes: [UInt8]) -> Int {
    let field = bytes[(bytes.count - 6)..<(bytes.count - 2)]
    return field.reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  private static let content = Tensor([1, 2]).npyEncoded()
  private static let archive = zipBytes([("a.npy", content), ("b.npy", content)])

  /// Returns the archive with an integer written at an offset from the start of the directory.
  private static func patched(_ value: some FixedWidthInteger, directory place: Int) -> [UInt8] {
    var bytes = archive
    bytes.put(value, at: directory(bytes) + place)
    return bytes
  }

  /// Returns the archive with an integer written at an offset from the start of the end record.
  private static func patched(_ value: some FixedWidthInteger, end place: Int) -> [UInt8] {
    var bytes = archive
    bytes.put(value, at: bytes.count - 22 + place)
    return bytes
  }

  static let hostile: [HostileFile] = [
    HostileFile("empty", [], "npz: the bytes are not those of a ZIP archive"),
    HostileFile("an array", content, "the bytes are not those of a ZIP archive"),
    HostileFile("zeros", [UInt8](repeating: 0, count: 100_000), "not those of a ZIP archive"),
    HostileFile("encrypted", patched(1 as UInt16, directory: 8), "entry 'a.npy' is encrypted"),
    HostileFile(
      "deflated", patched(8 as UInt16, directory: 10),
      "entry 'a.npy' is compressed (deflate), which is not supported; save it with numpy.savez instead"
    ),
    HostileFile(
      "method 99", patched(99 as UInt16, directory: 10), "by method 99, which is not supported"),
    HostileFile(
      "wrong checksum", patched(1 as UInt32, directory: 16),
      "entry 'a.npy': the checksum does not match"),
    HostileFile(
      "two sizes", patched(1 as UInt32, directory: 20), "is stored with two sizes, 1 and"),
    HostileFile(
      "64-bit size missing", patched(UInt32.max, directory: 24), "the file ends too early"),
    HostileFile("long name", patched(60000 as UInt16, directory: 28), "the file ends too early"),
    HostileFile("name not UTF-8", patched(0xFF as UInt8, directory: 46), "is not UTF-8"),
    HostileFile(
      "another name", patched(UInt8(ascii: "c"), directory: 46),
      "entry 'c.npy' has another name in its local header"),
    HostileFile(
      "offset within", patched(1 as UInt32, directory: 42),
      "is not at the offset that the directory gives"),
    HostileFile(
      "offset beyond", patched(9999 as UInt32, directory: 42), "an offset of 9999 is beyond"),
    HostileFile("signature", patched(0 as UInt32, directory: 0), "the directory is malformed"),
    HostileFile("no entries counted", patched(0 as UInt16, end: 10), "longer than its 0 entries"),
    HostileFile(
      "many entries counted", patched(65534 as UInt16, end: 10), "the file ends too early"),
    HostileFile("several parts", patched(1 as UInt16, end: 4), "split into several parts"),
    HostileFile(
      "directory size", patched(UInt32(1 << 30), end: 12), "the directory does not end at its"),
    HostileFile(
      "directory offset", patched(UInt32(1 << 30), end: 16), "the directory does not end at its"),
    HostileFile("64-bit count missing", patched(UInt16.max, end: 10), "the file ends too early"),
    HostileFile(
      "size of 2⁶⁰", wideArchive(size: 1 << 60, offset: 0),
      "entry 'x.npy' of 1152921504606846976 bytes ends beyond the file"),
    HostileFile(
      "offset of 2⁶³", wideArchive(size: 136, offset: 1 << 63),
      "an offset of 9223372036854775808 is beyond the end"),
    HostileFile(
      "two of a name", zipBytes([("a.npy", content), ("a.npy", content)]),
      "two tensors have the name 'a'"),
    HostileFile(
      "two of a name, in two encodings", zipBytes([("é.npy", content), ("e\u{301}.npy", content)]),
      "two tensors have the name"),
    HostileFile("not an array", zipBytes([("a.txt", content)]), "entry 'a.txt' is not a .npy file"),
    HostileFile(
      "not a .npy file", zipBytes([("a.npy", [1, 2, 3])]),
      "npz: entry 'a.npy': npy: the first bytes are not those of a .npy file"),
    HostileFile("overlap", overlapping(1000), "overlaps another"),
  ]

  /// Returns an archive whose directory has `count` entries with the same bytes.
  private static func overlapping(_ count: Int) -> [UInt8] {
    let bytes = zipBytes([("a.npy", content)])
    let start = directory(bytes)
    let entry = Array(bytes[start..<bytes.count - 22])
    let entries = (0..<count).flatMap { _ in entry }
    return bytes[..<start] + entries
      + ZipWriter.directoryEnd(
        count: UInt64(count), size: UInt64(entries.count), offset: UInt64(start))
  }

  @Test(arguments: hostile)
  func hostileFilesAreErrors(_ file: HostileFile) {
    let error = #expect(throws: TensorFileError.self) { try NumPyArchive(decoding: file.bytes) }
    #expect(error?.kind == .content)
    #expect(error?.description.contains(file.message) == true, "\(error?.description ?? "")")
  }

  @Test func theErrorOfADeflatedArchiveSaysWhatToDo() throws {
    let error = #expect(throws: TensorFileError.self) {
      try NumPyArchive(decoding: fixtureBytes("tiny-compressed.npz"))
    }
    #expect(
      error?.description
        == "npz: entry 'weight.npy' is compressed (deflate), which is not supported; save it with "
        + "numpy.savez instead of savez_compressed")
  }

  @Test func eachTruncationIsAnError() throws {
    for count in 0..<Self.archive.count {
      #expect(throws: TensorFileError.self) {
        try NumPyArchive(decoding: Self.archive.prefix(count))
      }
    }
  }

  @Test func eachChangedBitOfTheContentIsAnError() throws {
    let start = try #require(Self.archive.place(of: Self.content))
    for bit in 0..<Self.content.count * 8 {
      var bytes = Self.archive
      bytes[start + bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(throws: TensorFileError.self) { try NumPyArchive(decoding: bytes) }
    }
  }

  @Test func aCommentAfterTheArchiveIsSkipped() throws {
    var bytes = Self.archive
    bytes.put(300 as UInt16, at: bytes.count - 2)
    bytes += [UInt8](repeating: 0x50, count: 300)
    #expect(try NumPyArchive(decoding: bytes).tensors.names == ["a", "b"])
  }
}
