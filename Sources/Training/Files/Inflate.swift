import Tensor

/// Decompresses data in the zlib format. (RFC 1950 and 1951)
struct Inflate {
  /// What is wrong with compressed data.
  struct Failure: Error, Equatable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
  }

  private let bytes: ArraySlice<UInt8>
  private let limit: Int
  private var position: Int
  /// The bits that were read and not used, the next one lowest.
  private var bits: UInt64 = 0
  private var bitCount = 0
  private var output: [UInt8] = []

  /// Returns the content of compressed data.
  ///
  /// - Parameters:
  ///   - bytes: The data: a header, blocks, and a checksum.
  ///   - limit: The largest size of the content, above which the data counts as damaged: a few
  ///     bytes can stand for gigabytes.
  /// - Returns: The content.
  /// - Throws: ``Failure`` for data that is damaged.
  static func zlib(_ bytes: [UInt8], limit: Int) throws(Failure) -> [UInt8] {
    guard bytes.count >= 6, bytes[0] & 0x0F == 8, bytes[0] >> 4 <= 7,
      (Int(bytes[0]) << 8 | Int(bytes[1])) % 31 == 0, bytes[1] & 0x20 == 0
    else { throw Failure("the compressed data has no zlib header") }
    var inflate = Inflate(bytes[2..<bytes.count - 4], limit: limit)
    try inflate.run()
    let checksum = bytes.suffix(4).reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
    guard inflate.position == bytes.count - 4 else {
      throw Failure("bytes follow the end of the compressed data")
    }
    guard Adler32.checksum(inflate.output) == checksum else {
      throw Failure("the checksum of the content does not match")
    }
    return inflate.output
  }

  private init(_ bytes: ArraySlice<UInt8>, limit: Int) {
    self.bytes = bytes
    self.limit = limit
    position = bytes.startIndex
  }

  private mutating func run() throws(Failure) {
    var isLast = false
    while !isLast {
      isLast = try take(1) == 1
      switch try take(2) {
      case 0: try copyStored()
      case 1: try decode(Self.fixed.literals, Self.fixed.distances)
      case 2:
        let (literals, distances) = try readCodes()
        try decode(literals, distances)
      default: throw Failure("a compressed block has an unknown type")
      }
    }
    // Whole bytes that were read ahead are not part of the data.
    position -= bitCount / 8
  }

  // MARK: - Bits

  private mutating func fill() {
    while bitCount <= 48, position < bytes.endIndex {
      bits |= UInt64(bytes[position]) << UInt64(bitCount)
      position += 1
      bitCount += 8
    }
  }

  /// Takes the next bits, at most 16, as a number.
  private mutating func take(_ count: Int) throws(Failure) -> Int {
    if bitCount < count { fill() }
    guard bitCount >= count else { throw Failure("the compressed data ends too early") }
    let value = Int(bits & (1 << UInt64(count) - 1))
    bits >>= UInt64(count)
    bitCount -= count
    return value
  }

  private mutating func symbol(_ code: Code) throws(Failure) -> Int {
    if bitCount < Code.maximumLength { fill() }
    let entry = code.table[Int(bits & UInt64(Code.mask))]
    let length = Int(entry & 15)
    guard length > 0 else { throw Failure("the compressed data has an unknown code") }
    guard length <= bitCount else { throw Failure("the compressed data ends too early") }
    bits >>= UInt64(length)
    bitCount -= length
    return Int(entry >> 4)
  }

  // MARK: - Blocks

  private mutating func copyStored() throws(Failure) {
    _ = try take(bitCount % 8)
    let (size, complement) = (try take(16), try take(16))
    guard size == complement ^ 0xFFFF else {
      throw Failure("the size of a stored block is damaged")
    }
    position -= bitCount / 8
    (bits, bitCount) = (0, 0)
    guard size <= bytes.endIndex - position else {
      throw Failure("the compressed data ends too early")
    }
    try checkRoom(for: size)
    output += bytes[position..<position + size]
    position += size
  }

  private func checkRoom(for count: Int) throws(Failure) {
    guard count <= limit - output.count else {
      throw Failure("the compressed data holds more than it should")
    }
  }

  private mutating func decode(_ literals: Code, _ distances: Code) throws(Failure) {
    while true {
      let symbol = try symbol(literals)
      if symbol < 256 {
        try checkRoom(for: 1)
        output.append(UInt8(symbol))
        continue
      }
      if symbol == 256 { return }
      guard symbol - 257 < Self.lengths.count else {
        throw Failure("the compressed data has an unknown length")
      }
      let length = Self.lengths[symbol - 257]
      let count = try length.base + take(length.extraBits)
      let place = try self.symbol(distances)
      guard place < Self.distances.count else {
        throw Failure("the compressed data has an unknown distance")
      }
      let distance = Self.distances[place]
      let back = try distance.base + take(distance.extraBits)
      guard back <= output.count else {
        throw Failure("the compressed data refers to what is before its start")
      }
      try checkRoom(for: count)
      // Byte by byte, because the copy may overlap what it copies.
      for index in output.count - back..<output.count - back + count {
        output.append(output[index])
      }
    }
  }

  private mutating func readCodes() throws(Failure) -> (literals: Code, distances: Code) {
    let literalCount = try take(5) + 257
    let distanceCount = try take(5) + 1
    let codeCount = try take(4) + 4
    guard literalCount <= 286 else { throw Failure("a compressed block has too many codes") }
    var lengths = [UInt8](repeating: 0, count: 19)
    for place in Self.order.prefix(codeCount) { lengths[place] = UInt8(try take(3)) }
    let code = try Code(lengths)
    lengths = []
    while lengths.count < literalCount + distanceCount {
      let symbol = try symbol(code)
      switch symbol {
      case 16:
        guard let last = lengths.last else {
          throw Failure("a compressed block repeats a length before the first")
        }
        lengths += [UInt8](repeating: last, count: 3 + (try take(2)))
      case 17: lengths += [UInt8](repeating: 0, count: 3 + (try take(3)))
      case 18: lengths += [UInt8](repeating: 0, count: 11 + (try take(7)))
      default: lengths.append(UInt8(symbol))
      }
    }
    guard lengths.count == literalCount + distanceCount, lengths[256] > 0 else {
      throw Failure("the codes of a compressed block are damaged")
    }
    return (
      try Code(Array(lengths[..<literalCount])), try Code(Array(lengths[literalCount...]))
    )
  }

  // MARK: - Tables

  /// A prefix code as a table over the next 15 bits: the symbol, and in the lowest four bits the
  /// length of its code, 0 for bits that are no code.
  private struct Code {
    static let maximumLength = 15
    static let mask = 1 << maximumLength - 1

    let table: [UInt16]

    /// Creates the canonical code whose symbols have codes of some lengths, 0 for none.
    ///
    /// - Throws: ``Failure`` if there are more codes than fit, or fewer with more than one symbol.
    init(_ lengths: [UInt8]) throws(Failure) {
      var counts = [Int](repeating: 0, count: Self.maximumLength + 1)
      for length in lengths { counts[Int(length)] += 1 }
      counts[0] = 0
      var next = [Int](repeating: 0, count: Self.maximumLength + 2)
      var used = 0
      for length in 1...Self.maximumLength {
        next[length + 1] = (next[length] + counts[length]) << 1
        used += counts[length] << (Self.maximumLength - length)
      }
      // A single symbol has a code of one bit, whose other value is unused; of no symbols, none is.
      guard used == 1 << Self.maximumLength || counts.reduce(0, +) <= 1 else {
        throw Failure("the codes of a compressed block are damaged")
      }
      var table = [UInt16](repeating: 0, count: 1 << Self.maximumLength)
      for (symbol, length) in lengths.enumerated() where length > 0 {
        let length = Int(length)
        var code = next[length]
        next[length] += 1
        // Codes are stored from their highest bit on.
        var reversed = 0
        for _ in 0..<length {
          reversed = reversed << 1 | code & 1
          code >>= 1
        }
        for index in stride(from: reversed, to: table.count, by: 1 << length) {
          table[index] = UInt16(symbol << 4 | length)
        }
      }
      self.table = table
    }
  }

  private typealias Range = (base: Int, extraBits: Int)

  /// The codes of blocks that have none of their own.
  private static let fixed: (literals: Code, distances: Code) = {
    let lengths =
      [UInt8](repeating: 8, count: 144) + [UInt8](repeating: 9, count: 112)
      + [UInt8](repeating: 7, count: 24) + [UInt8](repeating: 8, count: 8)
    guard let literals = try? Code(lengths),
      let distances = try? Code([UInt8](repeating: 5, count: 32))
    else { fail("Inflate: the fixed codes are not complete") }
    return (literals, distances)
  }()

  /// The order in which the lengths of the codes for lengths are stored.
  private static let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

  /// The numbers of bytes to repeat.
  private static let lengths: [Range] =
    ranges(from: 3, extraBits: [0, 0, 0, 0] + (0...5).flatMap { [$0, $0, $0, $0] }) + [(258, 0)]

  /// The distances of what is repeated.
  private static let distances: [Range] =
    ranges(from: 1, extraBits: [0, 0] + (0...13).flatMap { [$0, $0] })

  private static func ranges(from first: Int, extraBits: [Int]) -> [Range] {
    var base = first
    return extraBits.map { bits in
      defer { base += 1 << bits }
      return (base, bits)
    }
  }
}
