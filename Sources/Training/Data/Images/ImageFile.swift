import Autograd
import CLibrary
import Tensor

/// Reads images to apply a model to.
package enum ImageFile {
  /// Returns the images of a file as pixels from 0 to 255, `[n, channels, height, width]`.
  ///
  /// It may be an IDX file of images as of MNIST, a PNG image, a binary PGM or PPM image, or a
  /// `.npy` array `[height, width]`, `[n, height, width]` or `[n, channels, height, width]` of
  /// pixels from 0 to 255. Of PNG images opacity is left out, and those with a palette have three
  /// channels. The path `-` stands for standard input.
  ///
  /// - Throws: ``TrainingError`` that names a file that cannot be read, is damaged or of another
  ///   format.
  package static func images(contentsOf path: String) throws -> Tensor {
    guard path == "-" else { return try images(in: FileAccess.read(path), of: path) }
    let source = try ByteSource(path)
    return try images(in: source.readRest(), of: source.name)
  }

  private static func images(in bytes: [UInt8], of path: String) throws -> Tensor {
    switch bytes.prefix(4) {
    case [0, 0, 8, 3]:
      let file = try IDXFile(FileBytes(bytes), path: path, axes: 3)
      let sizes = file.sizes
      let pixels = file.withElements { $0.map(Float.init) }
      return Tensor(pixels, shape: [sizes[0], 1, sizes[1], sizes[2]])
    case [0x93, 0x4E, 0x55, 0x4D]: return try array(bytes, path)
    case _ where bytes.starts(with: Array("P5".utf8)): return try portable(bytes, 1, path)
    case _ where bytes.starts(with: Array("P6".utf8)): return try portable(bytes, 3, path)
    case PNGImage.signature.prefix(4):
      do {
        return try PNGImage(bytes).tensor
      } catch {
        throw TrainingError.data("\(path): \(error)")
      }
    case _ where bytes.starts(with: [0xFF, 0xD8, 0xFF]):
      throw TrainingError.data("\(path): JPEG images are not read; convert them to PNG")
    default:
      throw TrainingError.data("\(path): is not an image; IDX, PNG, PGM, PPM and .npy are read")
    }
  }

  private static func array(_ bytes: [UInt8], _ path: String) throws -> Tensor {
    let array: Tensor
    do {
      array = try Tensor(npy: bytes)
    } catch {
      throw TrainingError.data("\(path): \(error)")
    }
    try checkPixels(array, path)
    let shape = array.shape
    switch array.rank {
    case 2: return array.reshaped(to: [1, 1, shape[0], shape[1]])
    case 3: return array.reshaped(to: [shape[0], 1, shape[1], shape[2]])
    case 4: return array
    default:
      throw TrainingError.data(
        "\(path): an array of shape \(shape) does not hold images; axes are [height, width],"
          + " [n, height, width] or [n, channels, height, width]")
    }
  }

  /// Refuses pixels of another range, for which a model would make up an answer.
  private static func checkPixels(_ array: Tensor, _ path: String) throws {
    let values = array.scalars(as: Double.self)
    if let pixel = values.first(where: { !(0...255).contains($0) }) {
      throw TrainingError.data("\(path): a pixel is \(pixel); pixels are from 0 to 255")
    }
    if values.contains(where: { $0 > 0 && $0 < 1 }) && values.allSatisfy({ $0 <= 1 }) {
      throw TrainingError.data(
        "\(path): all pixels are from 0 to 1; multiply them by 255, as pixels are from 0 to 255")
    }
  }

  /// Reads the binary forms of Netpbm: `P5 width height maximum` and the pixels row by row.
  private static func portable(_ bytes: [UInt8], _ channels: Int, _ path: String) throws -> Tensor {
    var position = 2
    func number() -> Int? {
      while position < bytes.count, isSpace(bytes[position]) || bytes[position] == hash {
        // A comment ends with its line.
        if bytes[position] == hash {
          while position < bytes.count, bytes[position] != newline { position += 1 }
        } else {
          position += 1
        }
      }
      let start = position
      while position < bytes.count, digits.contains(bytes[position]) { position += 1 }
      return Int(String(decoding: bytes[start..<position], as: UTF8.self))
    }
    guard let width = number(), let height = number(), let maximum = number(),
      (1...1_000_000).contains(width), (1...1_000_000).contains(height),
      (1...255).contains(maximum)
    else { throw TrainingError.data("\(path): the header of the image cannot be read") }
    // One space ends the header.
    let pixels = bytes.dropFirst(position + 1)
    guard pixels.count == width * height * channels else {
      throw TrainingError.data(
        "\(path): has \(pixels.count) bytes of pixels for \(width) x \(height) pixels of"
          + " \(counted(channels, "channel"))")
    }
    let scale = 255 / Float(maximum)
    let image = Tensor(pixels.map { Float($0) * scale }, shape: [height, width, channels])
    return image.permuted(2, 0, 1).reshaped(to: [1, channels, height, width])
  }

  private static let hash = UInt8(ascii: "#")
  private static let newline = UInt8(ascii: "\n")
  private static let digits = UInt8(ascii: "0")...UInt8(ascii: "9")

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || (9...13).contains(byte)
  }
}
