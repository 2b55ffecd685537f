import Tensor

/// A file of unsigned bytes along several axes, in the format of MNIST.
///
/// It begins with two zero bytes, the type of its elements (8 for unsigned bytes) and the number of
/// its axes, followed by the sizes of the axes as big-endian 32-bit integers, and the elements.
struct IDXFile: Sendable {
  let path: String
  let sizes: [Int]
  let elements: ArraySlice<UInt8>

  /// Reads a file with so many axes.
  ///
  /// - Throws: ``TrainingError`` that names a file that is missing, compressed or damaged.
  init(contentsOf path: String, axes: Int) throws(TrainingError) {
    if !FileAccess.exists(path), FileAccess.exists(path + ".gz") {
      throw TrainingError.data("\(path).gz: is compressed; unpack it with gunzip first")
    }
    try self.init(bytes: FileAccess.read(path), path: path, axes: axes)
  }

  /// Reads the bytes of a file with so many axes.
  ///
  /// - Throws: ``TrainingError`` of kind `data` that names a file that is compressed or damaged.
  init(bytes: [UInt8], path: String, axes: Int) throws(TrainingError) {
    guard !bytes.starts(with: [0x1F, 0x8B]) else {
      throw TrainingError.data("\(path): is compressed; unpack it with gunzip first")
    }
    let start = 4 + 4 * axes
    guard bytes.count >= start, bytes.starts(with: [0, 0, 8, UInt8(axes)]) else {
      throw TrainingError.data(
        "\(path): does not begin with the bytes 0 0 8 \(axes)")
    }
    let sizes = (0..<axes).map { axis in
      bytes[4 + 4 * axis..<8 + 4 * axis].reduce(0) { $0 << 8 | Int($1) }
    }
    guard sizes.allSatisfy({ $0 > 0 }) else {
      throw TrainingError.data(
        "\(path): holds nothing: its sizes are \(sizes.map(String.init).joined(separator: " x "))")
    }
    // Divided step by step, because the product of the sizes in a damaged file may overflow.
    var rest = bytes.count - start
    for size in sizes.dropFirst().reversed() {
      rest = rest % size == 0 ? rest / size : -1
    }
    guard rest == sizes[0] else {
      throw TrainingError.data(
        "\(path): has \(bytes.count) bytes, which is not the size of a file of"
          + " \(sizes.map(String.init).joined(separator: " x ")) elements")
    }
    self.init(path: path, sizes: sizes, elements: bytes[start...])
  }

  private init(path: String, sizes: [Int], elements: ArraySlice<UInt8>) {
    self.path = path
    self.sizes = sizes
    self.elements = elements
  }

  /// Returns some of the entries along the first axis.
  func rows(_ rows: [Int]) -> IDXFile {
    let size = elements.count / sizes[0]
    var part: [UInt8] = []
    part.reserveCapacity(rows.count * size)
    for row in rows { part += elements.dropFirst(row * size).prefix(size) }
    return IDXFile(path: path, sizes: [rows.count] + sizes.dropFirst(), elements: part[...])
  }
}
