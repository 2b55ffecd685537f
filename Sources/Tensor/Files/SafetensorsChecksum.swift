/// The checksum of a safetensors file, a text in its own metadata.
///
/// It is the CRC-32C of all bytes of the file, with zeros as the digits of the checksum itself, so
/// it finds every change of up to 32 bits in a row, wherever it is, and all but one in four billion
/// others.
enum SafetensorsChecksum {
  /// The key in the metadata.
  static let key = "adjoint.crc32c"
  /// The text of which the checksum is computed.
  static let placeholder = CRC32.hexadecimal(0)

  /// Checks the bytes of a file whose metadata holds a checksum.
  ///
  /// - Throws: `TensorFileError` of kind `content` if they are not those that were written.
  static func verify(
    _ checksum: String, of file: UnsafeRawBufferPointer, headerCount: Int
  ) throws(TensorFileError) {
    // The header is written by this library, so the member looks as it is written here.
    let member = Array("\(jsonLiteral(key)):\(jsonLiteral(checksum))".utf8)
    let header = UnsafeRawBufferPointer(rebasing: file[..<headerCount])
    let digits = Array(placeholder.utf8)
    guard checksum.utf8.count == digits.count, let start = first(member, in: header) else {
      throw damaged
    }
    let end = start + member.count - 1
    let check = CRC32.castagnoli
    func sum(_ range: Range<Int>, after previous: UInt32) -> UInt32 {
      check.checksum(UnsafeRawBufferPointer(rebasing: file[range]), after: previous)
    }
    let before = sum(0..<end - digits.count, after: 0)
    let within = digits.withUnsafeBytes { check.checksum($0, after: before) }
    guard CRC32.hexadecimal(sum(end..<file.count, after: within)) == checksum else { throw damaged }
  }

  private static var damaged: TensorFileError {
    TensorFileError("the file is damaged: its bytes do not have the checksum in its header")
  }

  private static func first(_ part: [UInt8], in bytes: UnsafeRawBufferPointer) -> Int? {
    guard part.count <= bytes.count else { return nil }
    return (0...bytes.count - part.count).first { start in
      part.indices.allSatisfy { bytes[start + $0] == part[$0] }
    }
  }
}
