// The part of the ZIP format (PKWARE, APPNOTE 6.3.10) that .npz files need: one disk, stored
// entries, ZIP64.

private enum Signature {
  static let local: UInt32 = 0x0403_4B50
  static let central: UInt32 = 0x0201_4B50
  static let end: UInt32 = 0x0605_4B50
  static let end64: UInt32 = 0x0606_4B50
  static let locator64: UInt32 = 0x0706_4B50
}

/// The flag of an entry whose name is UTF-8.
private let isUTF8: UInt16 = 0x800

/// The identifier of the extra field with 64-bit sizes.
private let zip64Field: UInt16 = 1

/// An entry in the central directory of an archive.
package struct ZipEntry: Sendable {
  package var name: String
  package var crc: UInt32
  package var size: UInt64
  /// The offset of the local header.
  package var offset: UInt64

  package init(name: String, crc: UInt32, size: UInt64, offset: UInt64) {
    (self.name, self.crc, self.size, self.offset) = (name, crc, size, offset)
  }
}

// MARK: - Writing

/// Writes an archive, byte for byte as Python's `zipfile` does for `numpy.savez`.
package struct ZipWriter {
  private var writer: ByteWriter
  private var entries = [ZipEntry]()

  /// The version of the format that introduced 64-bit sizes, 4.5.
  private static let version: UInt16 = 45
  /// Midnight of January 1, 1980, the earliest date of the format, so that equal contents give
  /// equal bytes.
  private static let date: (time: UInt16, day: UInt16) = (0, 0x21)
  /// The system that the attributes are for, Unix (3): the owner may read and write the file.
  private static let system: UInt16 = 3
  private static let attributes: UInt32 = 0o600 << 16
  /// The largest size or offset that the directory stores in 32 bits, as in Python.
  private static let limit: UInt64 = 0x7FFF_FFFF

  init(_ writer: ByteWriter) { self.writer = writer }

  /// Writes an archive to memory.
  package init() { self.init(ByteWriter(.memory)) }

  /// Adds an entry with the content that `append` appends.
  ///
  /// It is called twice, because the size and the checksum stand before the content.
  package mutating func add(
    _ name: String, _ append: (inout ByteWriter) throws(TensorFileError) -> Void
  ) throws(TensorFileError) {
    var check = ByteWriter(.checksum(.standard))
    try append(&check)
    let entry = ZipEntry(
      name: name, crc: try check.checksum(), size: UInt64(check.count),
      offset: UInt64(writer.count))
    try writer.append(Self.localHeader(entry))
    try append(&writer)
    entries.append(entry)
  }

  /// Writes the directory and returns what takes the bytes of the whole archive.
  consuming func finished() throws(TensorFileError) -> ByteWriter {
    let offset = UInt64(writer.count)
    for entry in entries { try writer.append(Self.directoryEntry(entry)) }
    try writer.append(
      Self.directoryEnd(
        count: UInt64(entries.count), size: UInt64(writer.count) - offset, offset: offset))
    return writer
  }

  /// Returns the bytes of the whole archive, written to memory.
  package consuming func finishedBytes() throws(TensorFileError) -> [UInt8] {
    try finished().kept()
  }

  private static func nameFlags(_ name: String) -> UInt16 {
    name.utf8.allSatisfy { $0 < 0x80 } ? 0 : isUTF8
  }

  private static func localHeader(_ entry: ZipEntry) -> [UInt8] {
    var header = [UInt8]()
    header.append(Signature.local, version, nameFlags(entry.name), 0 as UInt16)
    header.append(date.time, date.day, entry.crc, UInt32.max, UInt32.max)
    header.append(UInt16(entry.name.utf8.count), 20 as UInt16)
    header += entry.name.utf8
    header.append(zip64Field, 16 as UInt16, entry.size, entry.size)
    return header
  }

  package static func directoryEntry(_ entry: ZipEntry) -> [UInt8] {
    var wide = [UInt64]()
    func narrow(_ value: UInt64, times count: Int) -> UInt32 {
      if value <= limit { return UInt32(value) }
      wide += [UInt64](repeating: value, count: count)
      return .max
    }
    let size = narrow(entry.size, times: 2)
    let offset = narrow(entry.offset, times: 1)
    var bytes = [UInt8]()
    bytes.append(Signature.central, version | system << 8, version, nameFlags(entry.name))
    bytes.append(0 as UInt16, date.time, date.day, entry.crc, size, size)
    bytes.append(UInt16(entry.name.utf8.count), UInt16(wide.isEmpty ? 0 : 4 + 8 * wide.count))
    bytes.append(0 as UInt16, 0 as UInt16, 0 as UInt16, attributes, offset)
    bytes += entry.name.utf8
    if !wide.isEmpty { bytes.append(zip64Field, UInt16(8 * wide.count)) }
    for value in wide { bytes.append(value) }
    return bytes
  }

  package static func directoryEnd(count: UInt64, size: UInt64, offset: UInt64) -> [UInt8] {
    var bytes = [UInt8]()
    if count > UInt16.max || size > limit || offset > limit {
      bytes.append(Signature.end64, 44 as UInt64, version, version, 0 as UInt32, 0 as UInt32)
      bytes.append(count, count, size, offset)
      bytes.append(Signature.locator64, 0 as UInt32, offset + size, 1 as UInt32)
    }
    let count = UInt16(min(count, UInt64(UInt16.max)))
    bytes.append(Signature.end, 0 as UInt16, 0 as UInt16, count, count)
    bytes.append(UInt32(clamping: size), UInt32(clamping: offset), 0 as UInt16)
    return bytes
  }
}

extension [UInt8] {
  /// Appends integers, little-endian.
  fileprivate mutating func append<each Value: FixedWidthInteger & BitwiseCopyable>(
    _ value: repeat each Value
  ) {
    for value in repeat each value { Swift.withUnsafeBytes(of: value) { self += $0 } }
  }
}

// MARK: - Reading

extension ZipEntry {
  /// Returns the entries of an archive in the order of its directory.
  ///
  /// - Throws: `TensorFileError` if the directory is malformed or an entry is compressed or
  ///   encrypted.
  static func entries(of file: UnsafeRawBufferPointer) throws(TensorFileError) -> [ZipEntry] {
    let directory = try Directory(of: file)
    var reader = try ByteReader(
      UnsafeRawBufferPointer(rebasing: file[..<directory.end]), at: directory.offset)
    var entries = [ZipEntry]()
    // The count may be wrong, so no memory is reserved for it.
    for _ in 0..<directory.count { entries.append(try ZipEntry(directory: &reader)) }
    guard reader.rest.isEmpty else {
      throw TensorFileError("the directory is longer than its \(directory.count) entries")
    }
    var end: UInt64 = 0
    for entry in entries.sorted(by: { $0.offset < $1.offset }) {
      // Entries that share bytes could take far more memory than the file is large.
      guard entry.offset >= end else {
        throw TensorFileError("entry '\(entry.name)' overlaps another")
      }
      end = UInt64(try entry.place(in: file).upperBound)
    }
    guard end <= directory.offset else { throw TensorFileError("entries overlap the directory") }
    return entries
  }

  /// Returns the bytes of the entry after verifying their checksum.
  func content(of file: UnsafeRawBufferPointer) throws(TensorFileError) -> UnsafeRawBufferPointer {
    let content = UnsafeRawBufferPointer(rebasing: file[try place(in: file)])
    guard CRC32.standard.checksum(content) == crc else {
      throw TensorFileError("the checksum does not match")
    }
    return content
  }

  /// Returns the offsets of the bytes of the entry, which follow its local header.
  private func place(in file: UnsafeRawBufferPointer) throws(TensorFileError) -> Range<Int> {
    var reader = try ByteReader(file, at: offset)
    guard try reader.integer(UInt32.self) == Signature.local else {
      throw TensorFileError("entry '\(name)' is not at the offset that the directory gives")
    }
    try reader.skip(22)
    let nameLength = Int(try reader.integer(UInt16.self))
    let extraLength = Int(try reader.integer(UInt16.self))
    guard try reader.bytes(nameLength).elementsEqual(name.utf8) else {
      throw TensorFileError("entry '\(name)' has another name in its local header")
    }
    try reader.skip(extraLength)
    let start = reader.position
    guard size <= UInt64(file.count - start) else {
      throw TensorFileError("entry '\(name)' of \(size) bytes ends beyond the file")
    }
    return start..<start + Int(size)
  }

  /// Reads an entry of the directory.
  init(directory reader: inout ByteReader) throws(TensorFileError) {
    guard try reader.integer(UInt32.self) == Signature.central else {
      throw TensorFileError("the directory is malformed")
    }
    try reader.skip(4)
    let flags = try reader.integer(UInt16.self)
    let method = try reader.integer(UInt16.self)
    try reader.skip(4)
    crc = try reader.integer(UInt32.self)
    let packedSize = try reader.integer(UInt32.self)
    let plainSize = try reader.integer(UInt32.self)
    let nameLength = Int(try reader.integer(UInt16.self))
    let extraLength = Int(try reader.integer(UInt16.self))
    let commentLength = Int(try reader.integer(UInt16.self))
    try reader.skip(8)
    let narrowOffset = try reader.integer(UInt32.self)
    let nameBytes = try reader.bytes(nameLength)
    var extra = ByteReader(try reader.bytes(extraLength))
    try reader.skip(commentLength)

    guard let name = String(validating: nameBytes, as: UTF8.self),
      flags & isUTF8 != 0 || nameBytes.allSatisfy({ $0 < 0x80 })
    else { throw TensorFileError("the name of an entry is not UTF-8") }
    self.name = name
    if flags & 1 != 0 { throw TensorFileError("entry '\(name)' is encrypted") }
    if method == 8 {
      throw TensorFileError(
        "entry '\(name)' is compressed (deflate), which is not supported; save it with numpy.savez"
          + " instead of savez_compressed")
    }
    guard method == 0 else {
      throw TensorFileError(
        "entry '\(name)' is compressed by method \(method), which is not supported")
    }
    var wide = try Self.wideFields(&extra)
    func widened(_ value: UInt32) throws(TensorFileError) -> UInt64 {
      value == .max ? try wide.integer(UInt64.self) : UInt64(value)
    }
    size = try widened(plainSize)
    let stored = try widened(packedSize)
    offset = try widened(narrowOffset)
    guard stored == size else {
      throw TensorFileError("entry '\(name)' is stored with two sizes, \(stored) and \(size)")
    }
  }

  /// Returns a reader of the 64-bit values among the extra fields, in the order of the fields that
  /// they replace.
  private static func wideFields(
    _ extra: inout ByteReader
  ) throws(TensorFileError) -> ByteReader {
    while !extra.rest.isEmpty {
      let field = try extra.integer(UInt16.self)
      let content = try extra.bytes(Int(try extra.integer(UInt16.self)))
      if field == zip64Field { return ByteReader(content) }
    }
    return ByteReader(UnsafeRawBufferPointer(start: nil, count: 0))
  }
}

/// The location of the central directory of an archive.
private struct Directory {
  var count: UInt64
  var offset: UInt64
  /// The offset past its last byte.
  var end: Int

  private static let endSize = 22
  private static let locatorSize = 20

  init(of file: UnsafeRawBufferPointer) throws(TensorFileError) {
    let start = try Self.endRecord(of: file)
    var reader = try ByteReader(file, at: UInt64(start))
    try reader.skip(4)
    let disks = (try reader.integer(UInt16.self), try reader.integer(UInt16.self))
    try reader.skip(2)
    let narrowCount = try reader.integer(UInt16.self)
    let narrowSize = try reader.integer(UInt32.self)
    let narrowOffset = try reader.integer(UInt32.self)
    guard disks == (0, 0) else { throw TensorFileError("the archive is split into several parts") }
    (count, offset) = (UInt64(narrowCount), UInt64(narrowOffset))
    var (size, end) = (UInt64(narrowSize), start)
    // If there is a 64-bit end record, the directory ends before it, whether the 32-bit fields are
    // saturated or not.
    if start >= Self.locatorSize {
      var locator = try ByteReader(file, at: UInt64(start - Self.locatorSize))
      if try locator.integer(UInt32.self) == Signature.locator64 {
        try locator.skip(4)
        let wideOffset = try locator.integer(UInt64.self)
        var wide = try ByteReader(file, at: wideOffset)
        guard try wide.integer(UInt32.self) == Signature.end64 else {
          throw TensorFileError("the 64-bit end record is not at the offset that its locator gives")
        }
        try wide.skip(8 + 2 + 2 + 4 + 4 + 8)
        count = try wide.integer(UInt64.self)
        size = try wide.integer(UInt64.self)
        offset = try wide.integer(UInt64.self)
        end = Int(wideOffset)
      }
    }
    let (last, overflow) = offset.addingReportingOverflow(size)
    guard !overflow, last == UInt64(end) else {
      throw TensorFileError("the directory does not end at its end record")
    }
    self.end = Int(last)
  }

  /// Returns the offset of the end record, which a comment of at most 65535 bytes may follow.
  private static func endRecord(
    of file: UnsafeRawBufferPointer
  ) throws(TensorFileError) -> Int {
    let last = file.count - endSize
    for start in stride(from: last, through: max(0, last - Int(UInt16.max)), by: -1) {
      let signature = file.loadUnaligned(fromByteOffset: start, as: UInt32.self)
      guard signature == Signature.end else { continue }
      let commentLength = file.loadUnaligned(fromByteOffset: start + 20, as: UInt16.self)
      if start + endSize + Int(commentLength) == file.count { return start }
    }
    throw TensorFileError("the bytes are not those of a ZIP archive, or are truncated")
  }
}
