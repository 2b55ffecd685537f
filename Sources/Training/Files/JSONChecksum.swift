import Tensor

/// The checksum of a JSON object, its last member: `…,"checksum":"9ae0daaf"}`.
///
/// It is the CRC-32C of all that stands before the member, so it finds every change of up to 32
/// bits in a row. An object that ends otherwise, as those of earlier versions do, has none. The
/// checksum of an object that follows others may go on from the checksum of the one before it.
enum JSONChecksum {
  /// What is wrong with an object that does not have its checksum, and what someone can do who has
  /// edited it.
  static let problem =
    "is damaged: it does not have its checksum (after editing it, delete the key 'checksum')"

  private static let digitCount = 8

  /// Returns the text of an object, which is not empty, with its checksum after that of another.
  static func added(to object: String, after previous: UInt32 = 0) -> String {
    let isIndented = object.hasSuffix("\n}")
    let values = object.utf8.dropLast(isIndented ? 2 : 1)
    let (start, end) = member(isIndented: isIndented)
    let sum = digits(of: values, after: previous)
    return String(decoding: Array(values) + start + sum + end, as: UTF8.self)
  }

  /// Whether bytes have their checksum, or none at all; white space may follow.
  static func holds(in bytes: some BidirectionalCollection<UInt8>) -> Bool {
    [false, true].allSatisfy { state(of: bytes, isIndented: $0) != .wrong }
  }

  /// Whether bytes are an object with the right checksum after that of another.
  static func isIntact(
    _ bytes: some BidirectionalCollection<UInt8>, after previous: UInt32 = 0
  ) -> Bool {
    [false, true].contains { state(of: bytes, isIndented: $0, after: previous) == .right }
  }

  /// The checksum that stands at the end of an object on one line; nil if there is none.
  static func value(in line: some BidirectionalCollection<UInt8>) -> UInt32? {
    guard let last = line.lastIndex(of: UInt8(ascii: "}")) else { return nil }
    let (start, end) = member(isIndented: false)
    let found = Array(line[...last].suffix(start.count + digitCount + end.count))
    guard found.starts(with: start) else { return nil }
    let digits = found.dropFirst(start.count).prefix(digitCount)
    return UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
  }

  private enum State { case none, right, wrong }

  private static func state(
    of bytes: some BidirectionalCollection<UInt8>, isIndented: Bool, after previous: UInt32 = 0
  ) -> State {
    let (start, end) = member(isIndented: isIndented)
    let space = bytes.reversed().prefix { [0x20, 0x09, 0x0A, 0x0D].contains($0) }.count
    let object = bytes.dropLast(space)
    let length = start.count + digitCount + end.count
    let found = Array(object.suffix(length))
    guard found.count == length else { return .none }
    let isMember = found.starts(with: start) && found.suffix(end.count).elementsEqual(end)
    let isSum = digits(of: object.dropLast(length), after: previous)
      .elementsEqual(found[start.count..<start.count + digitCount])
    // One of the two is enough to know that there was a checksum: damage may be in the member too.
    return isMember && isSum ? .right : isMember || isSum ? .wrong : .none
  }

  /// What stands around the digits.
  private static func member(isIndented: Bool) -> (start: [UInt8], end: [UInt8]) {
    isIndented
      ? (Array(",\n  \"checksum\" : \"".utf8), Array("\"\n}".utf8))
      : (Array(",\"checksum\":\"".utf8), Array("\"}".utf8))
  }

  private static func digits(
    of bytes: some Collection<UInt8>, after previous: UInt32
  ) -> [UInt8] {
    let sum = Array(bytes).withUnsafeBytes { CRC32.castagnoli.checksum($0, after: previous) }
    return Array(CRC32.hexadecimal(sum).utf8)
  }
}
