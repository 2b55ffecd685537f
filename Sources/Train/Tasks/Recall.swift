import Training
import Tensor

/// Sequences of random symbols whose first one is to be named at their end.
struct MemoryTask: Sendable {
  private static let vocabulary = Vocabulary("abcdefgh".unicodeScalars)

  /// The number of symbols that follow the first.
  let delay: Int

  init(delay: Int) { self.delay = delay }

  /// The data that a seed stands for.
  func data(
    seed: UInt64, trainingRows: Int = 20_000, validationRows: Int = 1000
  ) -> SupervisedData {
    var generator = RandomStream.trainingData.generator(seed: seed)
    var fresh = RandomStream.validationData.generator(seed: seed)
    return SupervisedData(
      training: examples(trainingRows, &generator),
      validation: examples(validationRows, &fresh),
      target: .classes(Self.vocabulary.characters.map(String.init)),
      vocabulary: Self.vocabulary)
  }

  private func examples(_ rows: Int, _ generator: inout RandomGenerator) -> SupervisedData.Examples {
    let length = delay + 1
    let symbols = generator.integers([rows, length], in: 0..<Self.vocabulary.count)
    return SupervisedData.Examples(inputs: symbols, targets: .classes(symbols[.all, 0].scalars(as: Int32.self)))
  }
}
