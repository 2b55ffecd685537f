import Training
import Tensor

/// Sums of two numbers as sequences: `12+34=640`, the sum from its last digit on.
///
/// Backwards a digit of the sum follows from the digits above it and one carry.
struct Addition: Sendable {
  private static let vocabulary = Vocabulary("0123456789+=".unicodeScalars)

  /// The digits of each number; the sum has one more.
  let digits: Int

  init(digits: Int) { self.digits = digits }

  /// The data that a seed stands for; no pair of numbers is in both parts.
  func data(
    seed: UInt64, trainingRows: Int = 30_000, validationRows: Int = 1000
  ) -> SupervisedData {
    var generator = RandomStream.validationData.generator(seed: seed)
    let bound = (0..<digits).reduce(1) { power, _ in power * 10 }
    // Few digits have few pairs, of which most are to be trained on.
    let count = min(validationRows, bound * bound / 10)
    var held = Set<Pair>()
    var validation: [Pair] = []
    while validation.count < count {
      let pair = Pair(below: bound, &generator)
      if held.insert(pair).inserted { validation.append(pair) }
    }
    generator = RandomStream.trainingData.generator(seed: seed)
    var training: [Pair] = []
    while training.count < trainingRows {
      let pair = Pair(below: bound, &generator)
      if !held.contains(pair) { training.append(pair) }
    }
    return SupervisedData(
      training: examples(training), validation: examples(validation),
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

  /// All tokens of a row but the last are its input, the last `digits + 1` its target.
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
