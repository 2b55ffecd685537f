import Tensor

/// A file of unsigned bytes along several axes, in the format of MNIST.
///
/// It begins with two zero bytes, the type of its elements (8 for unsigned bytes) and the number of
/// its axes, followed by the sizes of the axes as big-endian 32-bit integers, and the elements.
struct IDXFile: Sendable {
  let path: String
  let sizes: [Int]
  private let bytes: FileBytes
  /// Where the elements begin.
  private let start: Int

  /// Maps a file with so many axes; see `FileBytes` for files that change meanwhile.
  ///
  /// - Throws: ``TrainingError`` that names a file that is missing, compressed or damaged.
  init(contentsOf path: String, axes: Int) throws(TrainingError) {
    if !FileAccess.exists(path), FileAccess.exists(path + ".gz") {
      throw TrainingError.data("\(path).gz: is compressed; unpack it with gunzip first")
    }
    // Of any size: only what is used is in memory.
    let bytes: FileBytes
    do { bytes = try FileBytes(mapping: path) } catch { throw TrainingError(error) }
    try self.init(bytes, path: path, axes: axes)
  }

  /// Reads the bytes of a file with so many axes.
  ///
  /// - Throws: ``TrainingError`` of kind `data` that names a file that is compressed or damaged.
  init(_ bytes: FileBytes, path: String, axes: Int) throws(TrainingError) {
    defer { withExtendedLifetime(bytes) {} }
    let buffer = UnsafeRawBufferPointer(bytes.buffer)
    guard !buffer.starts(with: [0x1F, 0x8B]) else {
      throw TrainingError.data("\(path): is compressed; unpack it with gunzip first")
    }
    let start = 4 + 4 * axes
    guard buffer.count >= start, buffer.starts(with: [0, 0, 8, UInt8(axes)]) else {
      throw TrainingError.data(
        "\(path): does not begin with the bytes 0 0 8 \(axes)")
    }
    let sizes = (0..<axes).map { axis in
      buffer[4 + 4 * axis..<8 + 4 * axis].reduce(0) { $0 << 8 | Int($1) }
    }
    guard sizes.allSatisfy({ $0 > 0 }) else {
      throw TrainingError.data(
        "\(path): holds nothing: its sizes are \(sizes.map(String.init).joined(separator: " x "))")
    }
    // Divided step by step, because the product of the sizes in a damaged file may overflow.
    var rest = buffer.count - start
    for size in sizes.dropFirst().reversed() {
      rest = rest % size == 0 ? rest / size : -1
    }
    guard rest == sizes[0] else {
      throw TrainingError.data(
        "\(path): has \(buffer.count) bytes, which is not the size of a file of"
          + " \(sizes.map(String.init).joined(separator: " x ")) elements")
    }
    (self.path, self.sizes, self.bytes, self.start) = (path, sizes, bytes, start)
  }

  /// Calls `body` with the elements.
  func withElements<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    defer { withExtendedLifetime(bytes) {} }
    return body(UnsafeRawBufferPointer(rebasing: bytes.buffer[start...]))
  }

  /// Calls `body` with the elements of some entries along the first axis, or of all, in order.
  func forEachElement(of rows: [Int]?, _ body: (UInt8) -> Void) {
    withElements { elements in
      guard let rows else { return elements.forEach(body) }
      let size = elements.count / sizes[0]
      for row in rows {
        UnsafeRawBufferPointer(rebasing: elements[row * size..<(row + 1) * size]).forEach(body)
      }
    }
  }
}
