import Tensor

/// A folder with the four files of MNIST, or of other images in the same format, under their
/// published names; see ``IDXFile`` for the format.
public struct IDXFolder: Sendable {
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
  /// The files are mapped into memory as long as the data exists: pixels are read from them where
  /// they are used, and are shared by all processes that train on them. To replace a file
  /// meanwhile, write another one and rename it: if it is shortened in place, reading what is gone
  /// ends the process (SIGBUS).
  ///
  /// - Parameters:
  ///   - fraction: The fraction of the images of the files `train-…` to keep apart for a test,
  ///     drawn at random from each class; 0, the default, for none.
  ///   - seed: Determines which images they are.
  /// - Returns: The images with their labels.
  /// - Throws: ``TrainingError`` that names a file that is missing, compressed or damaged, or does
  ///   not fit the others.
  public func data(test fraction: Double = 0, seed: UInt64 = 0) throws -> SupervisedData {
    let all = try images("train")
    let (training, test) = Self.divided(all, test: fraction, seed: seed)
    let validation = try images("t10k")
    guard training.images.sizes[1...] == validation.images.sizes[1...] else {
      throw TrainingError.data(
        "\(validation.images.path): its images do not have the size of those of"
          + " \(training.images.path)")
    }
    let classes = Int(all.classes.max() ?? 0) + 1
    guard classes > 1 else {
      throw TrainingError.data(
        "\(training.labels.path): every label is 0; there is nothing to predict")
    }
    if let label = validation.classes.first(where: { $0 >= classes }) {
      throw TrainingError.data(
        "\(validation.labels.path): the label \(label) does not occur in \(training.labels.path)")
    }
    let scale = PixelScale(fitting: training.images, rows: training.rows)
    return SupervisedData(
      training: training.examples(scale), validation: validation.examples(scale),
      test: test?.examples(scale), target: .classes((0..<classes).map(String.init)),
      pixels: scale)
  }

  /// Reads the images of the files `t10k-…` as examples for a model that was trained with a scale
  /// of pixels on so many classes.
  ///
  /// - Throws: ``TrainingError`` that names a file that is missing, compressed or damaged, or a
  ///   label that is not a class.
  package func validation(scale: PixelScale, classes: Int) throws -> SupervisedData.Examples {
    let validation = try images("t10k")
    if let label = validation.classes.first(where: { $0 >= classes }) {
      throw TrainingError.data(
        "\(validation.labels.path): the label \(label) is not one of \(classes) classes")
    }
    return validation.examples(scale)
  }

  /// Images of a file with their labels.
  private struct Images {
    let images: IDXFile
    let labels: IDXFile
    /// The numbers of the images in their files, or `nil` for all.
    var rows: [Int]?
    /// The label of each image.
    var classes: [Int32]

    /// The images and their labels to train a model on.
    func examples(_ scale: PixelScale) -> SupervisedData.Examples {
      SupervisedData.Examples(
        .pixels(PixelRows(images, rows, scale: scale)), targets: .classes(classes))
    }
  }

  /// The images of the files `train-…` without those kept apart for a test, and these.
  private static func divided(
    _ all: Images, test fraction: Double, seed: UInt64
  ) -> (training: Images, test: Images?) {
    guard fraction > 0 else { return (all, nil) }
    var generator = RandomStream.trainingData.generator(seed: seed)
    let split = DataSplit(
      rows: all.labels.sizes[0], classes: all.classes, validation: fraction, generator: &generator)
    let part = { (rows: [Int]) in
      Images(
        images: all.images, labels: all.labels, rows: rows, classes: rows.map { all.classes[$0] })
    }
    return (part(split.training), part(split.validation))
  }

  private func images(_ part: String) throws -> Images {
    let images = try IDXFile(contentsOf: "\(path)/\(part)-images-idx3-ubyte", axes: 3)
    let labels = try IDXFile(contentsOf: "\(path)/\(part)-labels-idx1-ubyte", axes: 1)
    guard images.sizes[0] == labels.sizes[0] else {
      throw TrainingError.data(
        "\(labels.path): \(labels.sizes[0]) labels for the \(images.sizes[0]) images of"
          + " \(images.path)")
    }
    return Images(
      images: images, labels: labels, classes: labels.withElements { $0.map(Int32.init) })
  }
}
