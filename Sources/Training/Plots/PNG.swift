import Tensor

/// Small images as PNG files.
package enum PNG {
  /// Returns an image as a `data:` address for a page.
  ///
  /// - Parameters:
  ///   - pixels: The pixels in rows from top to bottom, with one byte each for gray, or three for
  ///     red, green and blue.
  ///   - width: The number of pixels in a row.
  ///   - height: The number of rows.
  /// - Returns: The address.
  package static func dataURI(_ pixels: [UInt8], width: Int, height: Int) -> String {
    "data:image/png;base64," + base64(encoded(pixels, width: width, height: height))
  }

  /// Returns the bytes of the file, with uncompressed pixels.
  package static func encoded(_ pixels: [UInt8], width: Int, height: Int) -> [UInt8] {
    let channels = pixels.count / (width * height)
    require(
      pixels.count == width * height * channels && (channels == 1 || channels == 3),
      "PNG: \(pixels.count) bytes for \(width) x \(height) pixels")
    var bytes = PNGImage.signature
    bytes += chunk(
      "IHDR", bigEndian(width) + bigEndian(height) + [8, channels == 1 ? 0 : 2, 0, 0, 0])
    // A byte before each row names its filter: none.
    let rowSize = width * channels
    var rows: [UInt8] = []
    for row in 0..<height {
      rows.append(0)
      rows += pixels[row * rowSize..<(row + 1) * rowSize]
    }
    bytes += chunk("IDAT", stored(rows))
    return bytes + chunk("IEND", [])
  }

  private static func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
    let body = Array(name.utf8) + content
    let checksum = CRC32.standard.checksum(body)
    return bigEndian(content.count) + body + bigEndian(Int(checksum))
  }

  /// The zlib format with blocks that are stored as they are. (RFC 1950 and 1951)
  private static func stored(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = [0x78, 0x01]
    let size = 65_535
    for start in stride(from: 0, to: bytes.count, by: size) {
      let block = bytes[start..<min(start + size, bytes.count)]
      let count = UInt16(block.count)
      result.append(block.endIndex == bytes.count ? 1 : 0)
      for value in [count, ~count] { result += [UInt8(value & 0xFF), UInt8(value >> 8)] }
      result += block
    }
    return result + bigEndian(Int(Adler32.checksum(bytes)))
  }

  private static func bigEndian(_ number: Int) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
  }

  private static func base64(_ bytes: [UInt8]) -> String {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var result: [UInt8] = []
    result.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let part = bytes[start..<min(start + 3, bytes.count)]
      let word = (Array(part) + [0, 0]).prefix(3).reduce(0) { $0 << 8 | Int($1) }
      for place in 0..<4 {
        let digit = digits[word >> (18 - 6 * place) & 63]
        result.append(place <= part.count ? digit : UInt8(ascii: "="))
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}
