import Training
import Tensor

/// Sums of two numbers as sequences, with the digits of the sum reversed: `12+34=640`.
///
/// In reverse order each digit of the sum depends on two digits and one carry.
struct Addition: TrainingTask {
  static let name = "addition"
  static let summary = "sums of two numbers, digit by digit"
  static let models = ["gpt"]
  static let options: [any AnyOption] = [digitsOption, TaskOptions.test]

  private static let digitsOption = Option(
    "digits", .integer(2...9), "addition: digits of each number", default: 3)
  private static let vocabulary = Vocabulary("0123456789+=".unicodeScalars)

  /// The number of digits of each number; the sum has one more.
  let digits: Int
  private let test: Double

  init(_ values: OptionValues) {
    digits = values[Self.digitsOption]
    test = values[TaskOptions.test]
  }

  static func setDefaults(_ defaults: inout TrainingDefaults, model: String) {
    defaults.model["layers"] = "2"
    defaults.learningRate = 3e-3
    defaults.beta2 = 0.99
    defaults.weightDecay = 0.1
    defaults.clipNorm = 1
    defaults.batchSize = min(128, defaults.exampleCount)
    defaults.steps = 2000
  }

  func data(seed: UInt64) -> TaskData {
    .examples(data(seed: seed, trainingRows: 30_000, validationRows: 1000))
  }

  /// The data of a seed with so many rows; no pair of numbers is in both parts.
  func data(seed: UInt64, trainingRows: Int, validationRows: Int) -> SupervisedData {
    let bound = (0..<digits).reduce(1) { power, _ in power * 10 }
    var held = Set<Pair>()
    func pairs(_ wanted: Int, _ stream: RandomStream) -> [Pair] {
      var generator = stream.generator(seed: seed)
      // With few digits there are few pairs, and most of them are needed for training.
      let count = min(wanted, bound * bound / 10)
      var pairs: [Pair] = []
      while pairs.count < count {
        let pair = Pair(below: bound, &generator)
        if held.insert(pair).inserted { pairs.append(pair) }
      }
      return pairs
    }
    let validation = pairs(validationRows, .validationData)
    let testCount = TaskOptions.testCount(test, of: trainingRows + validation.count)
    let test = pairs(testCount, .testData)
    var generator = RandomStream.trainingData.generator(seed: seed)
    var training: [Pair] = []
    while training.count < trainingRows {
      let pair = Pair(below: bound, &generator)
      if !held.contains(pair) { training.append(pair) }
    }
    return SupervisedData(
      training: examples(training), validation: examples(validation),
      test: test.isEmpty ? nil : examples(test),
      target: .classes(Self.vocabulary.characters.map(String.init)),
      vocabulary: Self.vocabulary)
  }

  private struct Pair: Hashable {
    let a: Int
    let b: Int

    init(below bound: Int, _ generator: inout RandomGenerator) {
      a = generator.integer(below: bound)
      b = generator.integer(below: bound)
    }
  }

  /// The input of a row is all of its tokens except the last, its target the last `digits + 1`.
  private func examples(_ pairs: [Pair]) -> SupervisedData.Examples {
    let length = 3 * digits + 2
    var inputs: [Int32] = []
    var targets: [Int32] = []
    for pair in pairs {
      let text =
        Self.text(pair.a, digits) + "+" + Self.text(pair.b, digits) + "="
        + String(Self.text(pair.a + pair.b, digits + 1).reversed())
      let tokens = text.unicodeScalars.compactMap { Self.vocabulary[$0] }
      inputs += tokens.prefix(length)
      targets += tokens.suffix(digits + 1)
    }
    return SupervisedData.Examples(
      inputs: Tensor(inputs, shape: [pairs.count, length]),
      targets: .sequences(targets, length: digits + 1))
  }

  private static func text(_ number: Int, _ digits: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: digits - text.count) + text
  }
}
