import NN
import Training

/// A text in a file; each character is predicted from those before it.
struct TextTask: TrainingTask {
  static let name = "text"
  static let summary = "a text in a file, character by character"
  static let models = ["gpt"]
  static let options: [any AnyOption] = [
    dataOption, validation, TaskOptions.test, context, TaskOptions.evaluateEvery,
  ]

  // An evaluation of the whole validation text takes long.
  static let comparedEvaluations = 10

  private static let dataOption = Option("data", .text("FILE"), "text: the file")
  private static let validation = Option(
    "validation", .number(above: 0, below: 1), "text: fraction at the end to validate on",
    default: 0.1)
  private static let context = Option(
    "context", .integer(1...65536), "text: characters that are seen at once", default: 64)

  /// The path of the text.
  let source: String
  private let validation: Double
  private let test: Double
  private let context: Int

  static func setDefaults(_ defaults: inout TrainingDefaults, model: String) {
    defaults.model["layers"] = "4"
    defaults.model["width"] = "128"
    defaults.learningRate = 1e-3
    defaults.finalRate = "0.1"
    defaults.beta2 = 0.99
    defaults.weightDecay = 0.1
    defaults.clipNorm = 1
    defaults.batchSize = min(12, defaults.exampleCount)
    defaults.steps = 2000
  }

  init(_ values: OptionValues) throws {
    source = try TaskOptions.path(Self.dataOption, values, of: Self.name)
    validation = values[Self.validation]
    test = values[TaskOptions.test]
    try TaskOptions.checkFractions(validation: validation, test: test)
    context = values[Self.context]
  }

  func data(seed: UInt64) throws -> TaskData {
    let data = try TextData(contentsOf: source, validation: validation, test: test)
    guard data.training.count > context else {
      throw UsageError(
        "--context: \(context) is not below the \(data.training.count) characters to train on")
    }
    return .text(data, context: context)
  }

  func resolve(_ values: inout OptionValues, _ data: TaskData) {
    values[Self.dataOption] = FileAccess.absolutePath(source)
  }

  /// Windows are drawn at random, and a round of them ends with an evaluation.
  func sampling(_ values: OptionValues, steps: Int) -> Sampling {
    // A round of more steps than there are would end without an evaluation.
    .withReplacement(stepsPerEpoch: min(values[TaskOptions.evaluateEvery], steps))
  }
}
