import Training
import Tensor

/// Sequences of random symbols; the class of a sequence is its first symbol.
struct Recall: TrainingTask {
  static let name = "recall"
  static let summary = "the first symbol of a sequence, asked for at its end, 8 classes"
  static let models = ["lstm", "gru", "rnn"]
  static let options: [any AnyOption] = [delayOption, TaskOptions.test]

  private static let delayOption = Option(
    "delay", .integer(1...1000), "recall: symbols after the first", default: 40)
  private static let vocabulary = Vocabulary("abcdefgh".unicodeScalars)

  /// The number of symbols that follow the first.
  let delay: Int
  private let test: Double

  init(_ values: OptionValues) {
    delay = values[Self.delayOption]
    test = values[TaskOptions.test]
  }

  static func setDefaults(_ defaults: inout TrainingDefaults, model: String) {
    defaults.learningRate = 5e-3
    defaults.clipNorm = 1
    defaults.steps = 1000
  }

  func data(seed: UInt64) -> TaskData {
    .examples(data(seed: seed, trainingRows: 20_000, validationRows: 1000))
  }

  /// The data of a seed with so many rows.
  func data(seed: UInt64, trainingRows: Int, validationRows: Int) -> SupervisedData {
    generated(
      seed: seed, trainingRows, validationRows, test: test,
      target: .classes(Self.vocabulary.characters.map(String.init)), vocabulary: Self.vocabulary,
      examples: examples)
  }

  private func examples(_ rows: Int, _ generator: inout RandomGenerator) -> SupervisedData.Examples
  {
    let length = delay + 1
    let symbols = generator.integers([rows, length], in: 0..<Self.vocabulary.count)
    return SupervisedData.Examples(
      inputs: symbols, targets: .classes(symbols[.all, 0].scalars(as: Int32.self)))
  }
}
