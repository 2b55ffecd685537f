import Tensor

/// An image in the PNG format, gray or in colors, of any bit depth, also interlaced.
struct PNGImage {
  /// What is wrong with a file.
  struct Failure: Error, Equatable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
  }

  /// The number of pixels in a row.
  let width: Int
  /// The number of rows.
  let height: Int
  /// The number of channels: 1 for gray, 3 for red, green and blue.
  ///
  /// A channel of opacity is left out, and the color of transparent pixels is that in the file.
  let channels: Int
  /// The pixels from 0 to 255, row by row, with the channels of each side by side.
  let pixels: [Float]

  /// The largest number of pixels of an image.
  private static let pixelLimit = 1 << 26

  /// The bytes that every file begins with.
  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  /// Reads the bytes of a file.
  ///
  /// - Throws: ``Failure`` for bytes that are damaged or too many pixels.
  init(_ bytes: [UInt8]) throws(Failure) {
    let chunks = try Chunks(bytes)
    let header = try Header(chunks.header)
    let rows: [UInt8]
    do {
      rows = try Inflate.zlib(chunks.data, limit: header.rawSize)
    } catch {
      throw Failure(error.description)
    }
    guard rows.count == header.rawSize else {
      throw Failure("has \(rows.count) bytes of pixels instead of \(header.rawSize)")
    }
    (width, height) = (header.width, header.height)
    channels = header.channels
    pixels = try header.pixels(rows, chunks.palette)
  }

  /// The pixels, `[1, channels, height, width]`.
  var tensor: Tensor {
    Tensor(pixels, shape: [height, width, channels]).permuted(2, 0, 1)
      .reshaped(to: [1, channels, height, width])
  }
}

extension PNGImage {
  /// The parts of a file that matter for its pixels.
  private struct Chunks {
    var header: ArraySlice<UInt8> = []
    var palette: ArraySlice<UInt8> = []
    var data: [UInt8] = []

    init(_ bytes: [UInt8]) throws(Failure) {
      guard bytes.starts(with: signature) else { throw Failure("has no PNG signature") }
      var position = signature.count
      var isFirst = true
      var hasDataEnded = false
      while true {
        guard bytes.count - position >= 12 else { throw Failure("ends too early") }
        let size = PNGImage.number(bytes[position..<position + 4])
        let name = bytes[position + 4..<position + 8]
        guard name.allSatisfy({ (65...90).contains($0 & 0xDF) }) else {
          throw Failure("a chunk has no name at byte \(position)")
        }
        guard size <= bytes.count - position - 12 else { throw Failure("ends too early") }
        let text = String(decoding: name, as: UTF8.self)
        let end = position + 8 + size
        let checksum = CRC32.standard.checksum(Array(bytes[position + 4..<end]))
        guard Int(checksum) == PNGImage.number(bytes[end..<end + 4]) else {
          throw Failure("the checksum of the chunk \(text) does not match")
        }
        let content = bytes[position + 8..<end]
        position = end + 4
        guard (text == "IHDR") == isFirst else { throw Failure("does not begin with one header") }
        isFirst = false
        if text != "IDAT", !data.isEmpty { hasDataEnded = true }
        switch text {
        case "IHDR": header = content
        case "PLTE":
          guard palette.isEmpty, data.isEmpty, size % 3 == 0, (3...768).contains(size) else {
            throw Failure("the palette is damaged")
          }
          palette = content
        case "IDAT":
          guard !hasDataEnded else { throw Failure("the pixels are not in one place") }
          data += content
        case "IEND": return
        default:
          // A small first letter marks what need not be understood.
          guard name.first.map({ $0 & 0x20 != 0 }) == true else {
            throw Failure("has the chunk \(text), which is not known")
          }
        }
      }
    }
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> Int {
    bytes.reduce(0) { $0 << 8 | Int($1) }
  }
}

extension PNGImage {
  /// How the pixels are stored.
  private struct Header {
    /// A part of the pixels, which has rows of its own.
    struct Pass {
      /// The first pixel, and the distance to the next.
      let (x, y, dx, dy): (Int, Int, Int, Int)
      /// The number of its pixels in a row, and of its rows.
      let (width, height): (Int, Int)
    }

    let width: Int
    let height: Int
    let depth: Int
    /// The channels in the file, opacity among them; 1 for a palette.
    let storedChannels: Int
    let hasPalette: Bool
    let passes: [Pass]

    init(_ bytes: ArraySlice<UInt8>) throws(Failure) {
      guard bytes.count == 13 else { throw Failure("the header is damaged") }
      let first = bytes.startIndex
      width = PNGImage.number(bytes[first..<first + 4])
      height = PNGImage.number(bytes[first + 4..<first + 8])
      depth = Int(bytes[first + 8])
      let depths: [Int]
      switch bytes[first + 9] {
      case 0: (storedChannels, hasPalette, depths) = (1, false, [1, 2, 4, 8, 16])
      case 2: (storedChannels, hasPalette, depths) = (3, false, [8, 16])
      case 3: (storedChannels, hasPalette, depths) = (1, true, [1, 2, 4, 8])
      case 4: (storedChannels, hasPalette, depths) = (2, false, [8, 16])
      case 6: (storedChannels, hasPalette, depths) = (4, false, [8, 16])
      default: throw Failure("the header is damaged")
      }
      let interlace = bytes[first + 12]
      guard width > 0, height > 0, depths.contains(depth), bytes[first + 10] == 0,
        bytes[first + 11] == 0, interlace <= 1
      else { throw Failure("the header is damaged") }
      guard width <= pixelLimit / height else {
        throw Failure(
          "has \(width) x \(height) pixels, more than the \(pixelLimit) that are read")
      }
      // The passes of Adam7.
      let grid =
        interlace == 0
        ? [(0, 0, 1, 1)]
        : [
          (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
          (0, 1, 1, 2),
        ]
      let (width, height) = (width, height)
      passes = grid.map { x, y, dx, dy in
        Pass(
          x: x, y: y, dx: dx, dy: dy, width: (width - x + dx - 1) / dx,
          height: (height - y + dy - 1) / dy)
      }.filter { $0.width > 0 && $0.height > 0 }
    }

    /// The number of channels without that of opacity.
    var channels: Int { hasPalette || storedChannels > 2 ? 3 : 1 }

    private func rowSize(_ pass: Pass) -> Int { (pass.width * storedChannels * depth + 7) / 8 }

    /// The number of bytes of the rows, each with that of its filter.
    var rawSize: Int { passes.reduce(0) { $0 + $1.height * (1 + rowSize($1)) } }

    /// Returns the pixels from 0 to 255.
    func pixels(_ bytes: [UInt8], _ palette: ArraySlice<UInt8>) throws(Failure) -> [Float] {
      var pixels = [Float](repeating: 0, count: width * height * channels)
      var start = 0
      for pass in passes {
        let size = rowSize(pass)
        var previous = [UInt8](repeating: 0, count: size)
        for row in 0..<pass.height {
          var current = Array(bytes[start + 1..<start + 1 + size])
          try unfilter(&current, bytes[start], previous)
          start += 1 + size
          let line = (pass.y + row * pass.dy) * width + pass.x
          for column in 0..<pass.width {
            try put(
              pixel: column, of: current, palette, into: &pixels,
              at: (line + column * pass.dx) * channels)
          }
          previous = current
        }
      }
      return pixels
    }

    private func put(
      pixel: Int, of row: [UInt8], _ palette: ArraySlice<UInt8>, into pixels: inout [Float],
      at place: Int
    ) throws(Failure) {
      if hasPalette {
        let index = 3 * sample(pixel, of: row)
        guard index + 3 <= palette.count else {
          throw Failure("a pixel has a color that is not in the palette")
        }
        for channel in 0..<3 {
          pixels[place + channel] = Float(palette[palette.startIndex + index + channel])
        }
      } else {
        let scale = 255 / Float(1 << depth - 1)
        for channel in 0..<channels {
          pixels[place + channel] =
            Float(sample(pixel * storedChannels + channel, of: row)) * scale
        }
      }
    }

    /// The number at a position of a row.
    private func sample(_ index: Int, of row: [UInt8]) -> Int {
      switch depth {
      case 8: Int(row[index])
      case 16: Int(row[2 * index]) << 8 | Int(row[2 * index + 1])
      default:
        // The leftmost pixel is in the highest bits.
        Int(row[index * depth / 8]) >> (8 - depth - index * depth % 8) & (1 << depth - 1)
      }
    }

    private func unfilter(
      _ row: inout [UInt8], _ filter: UInt8, _ above: [UInt8]
    ) throws(Failure) {
      // The distance to the byte of the pixel to the left.
      let step = max(storedChannels * depth / 8, 1)
      switch filter {
      case 0: break
      case 1: for i in row.indices.dropFirst(step) { row[i] &+= row[i - step] }
      case 2: for i in row.indices { row[i] &+= above[i] }
      case 3:
        for i in row.indices {
          let left = i >= step ? Int(row[i - step]) : 0
          row[i] &+= UInt8((left + Int(above[i])) / 2)
        }
      case 4:
        for i in row.indices {
          let left = i >= step ? Int(row[i - step]) : 0
          let corner = i >= step ? Int(above[i - step]) : 0
          row[i] &+= UInt8(paeth(left, Int(above[i]), corner))
        }
      default: throw Failure("a row has an unknown filter")
      }
    }

    /// The one of three neighbors that is nearest to `left + above - corner`.
    private func paeth(_ left: Int, _ above: Int, _ corner: Int) -> Int {
      let guess = left + above - corner
      let distances = (abs(guess - left), abs(guess - above), abs(guess - corner))
      if distances.0 <= distances.1, distances.0 <= distances.2 { return left }
      return distances.1 <= distances.2 ? above : corner
    }
  }
}
