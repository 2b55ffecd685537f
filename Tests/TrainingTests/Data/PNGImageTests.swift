import Foundation
import Tensor
import TestSupport
import Testing

@testable import Training

struct PNGImageTests {
  struct Sample: Codable {
    let name: String
    let file: Data
    let shape: [Int]
    let pixels: [Float]
  }

  private static func samples() throws -> [Sample] {
    try JSONDecoder().decode([Sample].self, from: Data(contentsOf: fixtureURL("png.json")))
  }

  /// The files that `make_png.py` writes: every color type, depth, filter, order and kind of block.
  @Test func pixelsAreThoseOfTheDefinition() throws {
    let samples = try Self.samples()
    #expect(samples.count == 39)
    for sample in samples {
      let image = try PNGImage(Array(sample.file)).tensor
      #expect(Array(image.shape) == sample.shape, "\(sample.name)")
      expectClose(
        image, Tensor(sample.pixels, shape: Shape(sample.shape)), relative: 0, absolute: 1e-3)
    }
  }

  /// What the writer of pages writes is read back.
  @Test func filesOfTheWriterAreRead() throws {
    let gray = (0..<30).map { UInt8($0 * 8) }
    let file = PNG.encoded(gray, width: 6, height: 5)
    #expect(try PNGImage(file).pixels == gray.map(Float.init))
    let color = (0..<90).map { UInt8($0 * 2) }
    let image = try PNGImage(PNG.encoded(color, width: 6, height: 5))
    #expect(image.pixels == color.map(Float.init))
    #expect(image.channels == 3 && image.width == 6 && image.height == 5)
    // More than a block of the writer.
    let large = (0..<300 * 300).map { UInt8(truncatingIfNeeded: $0 * 31) }
    #expect(
      try PNGImage(PNG.encoded(large, width: 300, height: 300)).pixels == large.map(Float.init))
  }

  @Test func imagesAreReadByTheirContent() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/image"
      try FileAccess.write(PNG.encoded([0, 50, 100, 255], width: 2, height: 2), to: path)
      let image = try ImageFile.images(contentsOf: path)
      #expect(image.shape == [1, 1, 2, 2])
      #expect(image.scalars(as: Float.self) == [0, 50, 100, 255])
      try FileAccess.write(PNGImage.signature, to: path)
      #expect(throws: TrainingError.data("\(path): ends too early")) {
        try ImageFile.images(contentsOf: path)
      }
    }
  }

  @Test(
    arguments: [
      (
        [0.2, 1, 0, 0.5],
        "all pixels are from 0 to 1; multiply them by 255, as pixels are from 0 to 255"
      ),
      ([0, 256, 3, 4], "a pixel is 256.0; pixels are from 0 to 255"),
      ([0, 5, -0.5, 4], "a pixel is -0.5; pixels are from 0 to 255"),
      ([0, .nan, 3, 4], "a pixel is nan; pixels are from 0 to 255"),
      ([0, 1, 1, 0], nil), ([0, 0.5, 254.5, 255], nil), ([], nil),
    ] as [([Double], String?)])
  func arraysHoldPixelsFrom0To255(_ pixels: [Double], mistake: String?) throws {
    try withTemporaryFolder { folder in
      let path = folder + "/x.npy"
      try Tensor(pixels, shape: [pixels.count / 2, 2]).writeNPY(to: path)
      if let mistake {
        #expect(throws: TrainingError.data("\(path): \(mistake)")) {
          try ImageFile.images(contentsOf: path)
        }
      } else {
        #expect(try ImageFile.images(contentsOf: path).scalars(as: Double.self) == pixels)
      }
    }
  }

  // MARK: - Damaged files

  private static func bigEndian(_ number: Int) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
  }

  private static func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
    let body = Array(name.utf8) + content
    return bigEndian(content.count) + body + bigEndian(Int(CRC32.standard.checksum(body)))
  }

  private static func header(
    _ width: Int = 2, _ height: Int = 2, depth: UInt8 = 8, color: UInt8 = 0,
    rest: [UInt8] = [0, 0, 0]
  ) -> [UInt8] {
    chunk("IHDR", bigEndian(width) + bigEndian(height) + [depth, color] + rest)
  }

  /// Stored blocks of some bytes.
  private static func data(_ bytes: [UInt8]) -> [UInt8] {
    let count = UInt16(bytes.count)
    let sizes = [count, ~count].flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    return [0x78, 0x01, 1] + sizes + bytes + bigEndian(Int(Adler32.checksum(bytes)))
  }

  private static let pixels: [UInt8] = [0, 1, 2, 0, 3, 4]
  private static let end = chunk("IEND", [])

  struct Damage: Sendable {
    let parts: [[UInt8]]
    let message: String
  }

  @Test(arguments: [
    Damage(parts: [], message: "ends too early"),
    Damage(parts: [header()], message: "ends too early"),
    Damage(parts: [end], message: "does not begin with one header"),
    Damage(parts: [header(), header()], message: "does not begin with one header"),
    Damage(parts: [header(0, 2), end], message: "the header is damaged"),
    Damage(parts: [header(depth: 3), end], message: "the header is damaged"),
    Damage(parts: [header(depth: 4, color: 2), end], message: "the header is damaged"),
    Damage(parts: [header(depth: 16, color: 3), end], message: "the header is damaged"),
    Damage(parts: [header(color: 5), end], message: "the header is damaged"),
    Damage(parts: [header(rest: [1, 0, 0]), end], message: "the header is damaged"),
    Damage(parts: [header(rest: [0, 0, 2]), end], message: "the header is damaged"),
    Damage(parts: [chunk("IHDR", [0, 0]), end], message: "the header is damaged"),
    Damage(
      parts: [header(0x7FFF_FFFF, 0x7FFF_FFFF), end],
      message: "has 2147483647 x 2147483647 pixels, more than the 67108864 that are read"),
    Damage(
      parts: [header(), chunk("ABCD", []), end], message: "has the chunk ABCD, which is not known"),
    Damage(
      parts: [header(), chunk("A\u{1}CD", []), end], message: "a chunk has no name at byte 33"),
    Damage(parts: [header(), end], message: "the compressed data has no zlib header"),
    Damage(
      parts: [header(), chunk("IDAT", data(pixels)).dropLast() + [9], end],
      message: "the checksum of the chunk IDAT does not match"),
    Damage(
      parts: [header(), chunk("IDAT", data(Array(pixels.dropLast()))), end],
      message: "has 5 bytes of pixels instead of 6"),
    Damage(
      parts: [header(), chunk("IDAT", data(pixels + [0])), end],
      message: "the compressed data holds more than it should"),
    Damage(
      parts: [header(), chunk("IDAT", data([5, 1, 2, 0, 3, 4])), end],
      message: "a row has an unknown filter"),
    Damage(
      parts: [header(), chunk("IDAT", data(pixels).dropLast() + [9]), end],
      message: "the checksum of the content does not match"),
    Damage(
      parts: [
        header(), chunk("IDAT", Array(data(pixels).prefix(4))), chunk("tEXt", []),
        chunk("IDAT", Array(data(pixels).dropFirst(4))), end,
      ], message: "the pixels are not in one place"),
    Damage(
      parts: [header(color: 3), chunk("PLTE", [1, 2, 3, 4]), end], message: "the palette is damaged"
    ),
    Damage(
      parts: [header(color: 3), chunk("PLTE", [1, 2, 3]), chunk("IDAT", data(pixels)), end],
      message: "a pixel has a color that is not in the palette"),
    Damage(
      parts: [header(), chunk("IDAT", [0x78, 0x01, 7, 0, 0, 0, 0]), end],
      message: "a compressed block has an unknown type"),
    Damage(
      parts: [header(), chunk("IDAT", [0x78, 0x01, 1, 1, 0, 0, 0, 0, 0, 0, 0]), end],
      message: "the size of a stored block is damaged"),
  ])
  func damageIsNamed(_ damage: Damage) {
    let bytes = PNGImage.signature + damage.parts.flatMap(\.self)
    #expect(throws: PNGImage.Failure(damage.message)) { try PNGImage(bytes) }
  }

  /// A damaged file is an error or another image, and never stops the program.
  @Test func anyDamageIsAnErrorAtMost() throws {
    var generator = RandomGenerator(seed: 5)
    for sample in try Self.samples().filter({ $0.file.count < 400 }) {
      let bytes = Array(sample.file)
      for count in stride(from: 0, to: bytes.count, by: 13) {
        #expect(throws: PNGImage.Failure.self) { try PNGImage(Array(bytes.prefix(count))) }
      }
    }
    // Behind valid checksums of the chunks, the compressed data is damaged.
    let large = try #require(try Self.samples().first { $0.name.contains("codes of their own") })
    let whole = try Self.compressed(Array(large.file))
    #expect(try Inflate.zlib(whole, limit: 1230).count == 1230)
    var failures = 0
    for _ in 0..<400 {
      var bytes = whole
      for _ in 0...generator.integer(below: 3) {
        bytes[2 + generator.integer(below: bytes.count - 2)] ^= UInt8(
          1 << generator.integer(below: 8))
      }
      do {
        #expect(try Inflate.zlib(bytes, limit: 1230).count <= 1230)
      } catch { failures += 1 }
    }
    #expect(failures > 380)
  }

  /// The compressed data of a file.
  private static func compressed(_ bytes: [UInt8]) throws -> [UInt8] {
    var (data, position) = ([UInt8](), 8)
    while position < bytes.count {
      let size = bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
      if bytes[position + 4..<position + 8].elementsEqual("IDAT".utf8) {
        data += bytes[position + 8..<position + 8 + size]
      }
      position += size + 12
    }
    return data
  }

  /// A few bytes that stand for many end at the limit.
  @Test func contentIsBounded() throws {
    // A fixed block: a literal, then copies of 258 bytes at distance 1.
    var bits = [1, 1, 0]
    func add(_ code: Int, _ count: Int) {
      bits += (0..<count).reversed().map { code >> $0 & 1 }
    }
    add(0x30, 8)
    for _ in 0..<1000 {
      add(0b1100_0101, 8)
      add(0, 5)
    }
    add(0, 7)
    while bits.count % 8 != 0 { bits.append(0) }
    let body = stride(from: 0, to: bits.count, by: 8).map { start in
      (0..<8).reduce(UInt8(0)) { $0 | UInt8(bits[start + $1] << $1) }
    }
    let content = [UInt8](repeating: 0, count: 258_001)
    let bytes = [0x78, 0x01] + body + Self.bigEndian(Int(Adler32.checksum(content)))
    #expect(try Inflate.zlib(bytes, limit: 258_001) == content)
    #expect(throws: Inflate.Failure("the compressed data holds more than it should")) {
      try Inflate.zlib(bytes, limit: 258_000)
    }
  }
}
