import Training

/// Images and labels in a folder, in the format of MNIST.
struct IDXTask: TrainingTask {
  static let name = "idx"
  static let summary = "images and labels in a folder, in the format of MNIST"
  static let models = ["conv", "mlp"]
  static let options: [any AnyOption] = [dataOption, TaskOptions.test]

  private static let dataOption = Option("data", .text("FOLDER"), "idx: the folder")

  /// The path of the folder.
  let source: String
  private let test: Double

  static func setDefaults(_ defaults: inout TrainingDefaults, model: String) {
    defaults.setForImages(model: model)
  }

  init(_ values: OptionValues) throws {
    source = try TaskOptions.path(Self.dataOption, values, of: Self.name)
    test = values[TaskOptions.test]
  }

  func resolve(_ values: inout OptionValues, _ data: TaskData) {
    values[Self.dataOption] = FileAccess.absolutePath(source)
  }

  func data(seed: UInt64) throws -> TaskData {
    .examples(try IDXFolder(source).data(test: test, seed: seed))
  }
}
