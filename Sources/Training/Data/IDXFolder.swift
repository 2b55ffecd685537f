import Tensor

/// A folder with the four files of MNIST, or of other images in the same format, under their
/// published names.
///
/// A file begins with two zero bytes, the type of its elements (8 for unsigned bytes) and the
/// number of its axes, followed by the sizes of the axes as big-endian 32-bit integers, and the
/// elements.
public struct IDXFolder: Sendable {
  private struct File {
    let path: String
    let sizes: [Int]
    let elements: ArraySlice<UInt8>
  }

  private let path: String

  /// Opens a folder.
  ///
  /// - Throws: ``TrainingError`` of kind `inputOutput` if there is no such folder.
  public init(_ path: String) throws {
    guard let item = FileAccess.item(at: path) else {
      throw TrainingError.inputOutput("\(path): no such folder")
    }
    guard item == .folder else {
      throw TrainingError.inputOutput("\(path): is a file, not a folder")
    }
    self.path = path
  }

  /// Reads the images of the files `train-…` to train on, and those of the files `t10k-…` to
  /// validate on.
  ///
  /// Pixels are standardized with the mean and deviation of all training pixels.
  ///
  /// - Throws: ``TrainingError`` that names a file that is missing, compressed or damaged, or does
  ///   not fit the others.
  public func data() throws -> SupervisedData {
    let training = try images("train")
    let validation = try images("t10k")
    guard training.images.sizes[1...] == validation.images.sizes[1...] else {
      throw TrainingError.data(
        "\(validation.images.path): its images do not have the size of those of"
          + " \(training.images.path)")
    }
    let classes = Int(training.labels.elements.max() ?? 0) + 1
    guard classes > 1 else {
      throw TrainingError.data(
        "\(training.labels.path): every label is 0; there is nothing to predict")
    }
    if let label = validation.labels.elements.first(where: { $0 >= classes }) {
      throw TrainingError.data(
        "\(validation.labels.path): the label \(label) does not occur in \(training.labels.path)")
    }
    let scale = PixelScale(training.images.elements)
    return SupervisedData(
      training: examples(training, scale), validation: examples(validation, scale),
      target: .classes((0..<classes).map(String.init)))
  }

  private func images(_ part: String) throws -> (images: File, labels: File) {
    let images = try file("\(part)-images-idx3-ubyte", axes: 3)
    let labels = try file("\(part)-labels-idx1-ubyte", axes: 1)
    guard images.sizes[0] == labels.sizes[0] else {
      throw TrainingError.data(
        "\(labels.path): \(labels.sizes[0]) labels for the \(images.sizes[0]) images of"
          + " \(images.path)")
    }
    return (images, labels)
  }

  private func file(_ name: String, axes: Int) throws -> File {
    let path = self.path + "/" + name
    if !FileAccess.exists(path), FileAccess.exists(path + ".gz") {
      throw TrainingError.data("\(path).gz: is compressed; unpack it with gunzip first")
    }
    let bytes = try FileAccess.read(path)
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
    // Divided step by step, because the product of the sizes in a damaged file may overflow.
    var rest = bytes.count - start
    for size in sizes.dropFirst().reversed() where size > 0 {
      rest = rest % size == 0 ? rest / size : -1
    }
    guard rest == sizes[0], sizes.allSatisfy({ $0 > 0 }) else {
      throw TrainingError.data(
        "\(path): has \(bytes.count) bytes, which is not the size of a file of"
          + " \(sizes.map(String.init).joined(separator: " x ")) elements")
    }
    return File(path: path, sizes: sizes, elements: bytes[start...])
  }

  private func examples(_ part: (images: File, labels: File), _ scale: PixelScale)
    -> SupervisedData.Examples
  {
    let sizes = part.images.sizes
    return SupervisedData.Examples(
      inputs: Tensor(
        part.images.elements.map { scale.values[Int($0)] },
        shape: [sizes[0], 1, sizes[1], sizes[2]]),
      targets: .classes(part.labels.elements.map { Int32($0) }))
  }
}

/// The standardized value of each of the 256 values of a pixel, such that the pixels have mean 0
/// and deviation 1.
private struct PixelScale {
  let values: [Float]

  init(_ pixels: ArraySlice<UInt8>) {
    var counts = [Int](repeating: 0, count: 256)
    for pixel in pixels { counts[Int(pixel)] += 1 }
    let total = Double(max(pixels.count, 1))
    let mean = counts.indices.reduce(0) { $0 + Double($1) * Double(counts[$1]) } / total
    let variance = counts.indices.reduce(0) { sum, value in
      sum + (Double(value) - mean) * (Double(value) - mean) * Double(counts[value]) / total
    }
    let deviation = variance > 0 ? variance.squareRoot() : 1
    values = (0..<256).map { Float((Double($0) - mean) / deviation) }
  }
}
