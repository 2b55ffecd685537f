import Foundation
import TestSupport
import Testing

struct IDXFolderTests {
  private static let names = [
    "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
  ]

  private static func header(_ sizes: [Int]) -> [UInt8] {
    [0, 0, 8, UInt8(sizes.count)]
      + sizes.flatMap { size in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: size >> $0) } }
  }

  /// Images of 6 by 5 pixels with a bright row, whose position is the label.
  private func files(_ count: Int, start: Int = 0) -> (images: [UInt8], labels: [UInt8]) {
    var images = Self.header([count, 6, 5])
    var labels = Self.header([count])
    for index in start..<start + count {
      let label = index % 4
      for pixel in 0..<30 {
        images.append(pixel / 5 == label + 1 ? 255 : UInt8((index * 7 + pixel * 13) % 100))
      }
      labels.append(UInt8(label))
    }
    return (images, labels)
  }

  private func withFolder(_ body: (String) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let (training, validation) = (files(200), files(40, start: 1))
      let contents = [training.images, training.labels, validation.images, validation.labels]
      for (name, bytes) in zip(Self.names, contents) {
        try FileAccess.write(bytes, to: folder + "/" + name)
      }
      try body(folder)
    }
  }

  @Test func readsImagesAndLabels() throws {
    try withFolder { folder in
      let data = try IDXFolder(folder).data()
      #expect(data.training.inputs.shape == [200, 1, 6, 5])
      #expect(data.validation.inputs.shape == [40, 1, 6, 5])
      #expect(data.target == .classes(["0", "1", "2", "3"]))
      #expect(data.validation.targets == .classes((1..<41).map { Int32($0 % 4) }))
      let pixels = data.training.inputs
      #expect(abs(pixels.mean().scalar()) < 1e-5)
      #expect(abs(square(pixels).mean().scalar() - 1) < 1e-4)
      // The first image is of label 0, so its second row is the bright one.
      #expect(pixels[0, 0, 1].scalars(as: Float.self).allSatisfy { $0 > 2 })
      #expect(pixels[0, 0, 2].scalars(as: Float.self).allSatisfy { $0 < 1 })
    }
  }

  /// Pixels are read from their file when a batch is made of them, and are the same numbers as those
  /// of all images at once, on any number of threads.
  @Test(arguments: [0, 0.2], [1, 3])
  func batchesAreReadFromTheFile(test: Double, threads: Int) throws {
    try withFolder { folder in
      let data = try IDXFolder(folder).data(test: test, seed: 3)
      let rows = [7, 0, 159, 7]
      let all = data.training.inputs
      withThreads(threads) {
        expectIdentical(data.training.source.rows(at: rows), Gathering.rows(all, at: rows))
      }
      let file = try FileHandle(forWritingTo: URL(fileURLWithPath: folder + "/" + Self.names[2]))
      try file.seek(toOffset: 16)
      try file.write(contentsOf: [UInt8](repeating: 255, count: 30))
      try file.close()
      let first = data.validation.source.rows(at: [0]).scalars(as: Float.self)
      #expect(Set(first).count == 1)
    }
  }

  /// Runs of earlier versions had all inputs in memory.
  @Test func theHashIsThatOfTheInputs() throws {
    try withFolder { folder in
      let data = try IDXFolder(folder).data(test: 0.2, seed: 3)
      func copy(_ part: SupervisedData.Examples) -> SupervisedData.Examples {
        SupervisedData.Examples(inputs: part.inputs, targets: part.targets)
      }
      let copied = SupervisedData(
        training: copy(data.training), validation: copy(data.validation),
        test: data.test.map(copy), target: data.target)
      #expect(copied.fingerprint == data.fingerprint)
    }
  }

  struct Damage: Sendable {
    let file: Int
    let message: String
    let change: @Sendable ([UInt8]) -> [UInt8]
  }

  @Test(arguments: [
    Damage(
      file: 0, message: "does not begin with the bytes 0 0 8 3",
      change: { [0, 0, 13, 3] + $0.dropFirst(4) }),
    Damage(
      file: 1, message: "does not begin with the bytes 0 0 8 1",
      change: { _ in [] }),
    Damage(
      file: 2, message: "has 1215 bytes, which is not the size of a file of 40 x 6 x 5 elements",
      change: { $0.dropLast() }),
    Damage(
      file: 3, message: "has 48 bytes, which is not the size of a file of 4294967295 elements",
      change: { [0, 0, 8, 1, 255, 255, 255, 255] + $0.dropFirst(8) }),
    Damage(
      file: 0, message: "holds nothing: its sizes are 0 x 6 x 5",
      change: { [0, 0, 8, 3, 0, 0, 0, 0] + $0.dropFirst(8) }),
    Damage(
      file: 3, message: "holds nothing: its sizes are 0",
      change: { _ in [0, 0, 8, 1, 0, 0, 0, 0] }),
    Damage(
      file: 0, message: "is compressed; unpack it with gunzip first",
      change: { [0x1F, 0x8B] + $0 }),
  ])
  func damagedFilesAreNamed(_ damage: Damage) throws {
    try withFolder { folder in
      let path = folder + "/" + Self.names[damage.file]
      try FileAccess.write(damage.change(FileAccess.read(path)), to: path)
      #expect(throws: TrainingError.data("\(path): \(damage.message)")) {
        try IDXFolder(folder).data()
      }
    }
  }

  @Test func filesThatDoNotFitEachOtherAreNamed() throws {
    try withFolder { folder in
      let paths = Self.names.map { folder + "/" + $0 }
      let labels = try FileAccess.read(paths[3])
      try FileAccess.write(Self.header([39]) + labels[8..<47], to: paths[3])
      #expect(
        throws: TrainingError.data("\(paths[3]): 39 labels for the 40 images of \(paths[2])")
      ) { try IDXFolder(folder).data() }
      try FileAccess.write(labels.dropLast() + [7], to: paths[3])
      #expect(
        throws: TrainingError.data("\(paths[3]): the label 7 does not occur in \(paths[1])")
      ) { try IDXFolder(folder).data() }
      try FileAccess.write(
        Self.header([40, 5, 6]) + FileAccess.read(paths[2])[16...], to: paths[2])
      try FileAccess.write(labels, to: paths[3])
      #expect(
        throws: TrainingError.data(
          "\(paths[2]): its images do not have the size of those of \(paths[0])")
      ) { try IDXFolder(folder).data() }
    }
  }

  @Test func missingAndCompressedFilesAreNamed() throws {
    try withFolder { folder in
      let path = folder + "/" + Self.names[2]
      try FileManager.default.moveItem(atPath: path, toPath: path + ".gz")
      #expect(
        throws: TrainingError.data("\(path).gz: is compressed; unpack it with gunzip first")
      ) { try IDXFolder(folder).data() }
      try FileManager.default.removeItem(atPath: path + ".gz")
      #expect(
        throws: TrainingError.inputOutput("\(path): cannot be opened: no such file or directory")
      ) {
        try IDXFolder(folder).data()
      }
      #expect(throws: TrainingError.inputOutput("\(folder)/none: no such folder")) {
        try IDXFolder(folder + "/none")
      }
      let file = folder + "/" + Self.names[0]
      #expect(throws: TrainingError.inputOutput("\(file): is a file, not a folder")) {
        try IDXFolder(file)
      }
    }
  }
}
