import TestSupport
import Testing

struct LanguageModelObjectiveTests {
  private let text: [Int32] = (0..<60).map { (index: Int) -> Int32 in
    Int32((index * 7 + index / 5) % 6)
  }
  private let model = withRandomSeed(2) {
    GPT(GPT.Configuration(vocabularySize: 6, contextLength: 8, layers: 1, heads: 2, width: 8))
  }

  private func objective(validation: [Int32]) -> LanguageModelObjective {
    LanguageModelObjective(
      model,
      data: TextData(
        vocabulary: Vocabulary("abcdef".unicodeScalars), training: Tokens(text),
        validation: Tokens(validation)))
  }

  private func mean(_ values: [Double]) -> Double {
    var sum = 0.0
    for value in values { sum += value }
    return sum / Double(values.count)
  }

  /// −log of the probability of each next token, with windows of 8 tokens.
  private func losses(of tokens: [Int32]) -> [Double] {
    (0..<tokens.count - 1).map { position in
      let start = position / 8 * 8
      let input = Tensor(Array(tokens[start...position]), shape: [1, position - start + 1])
      let scores = logSoftmax(model(input)[0, -1]).scalars(as: Double.self)
      return -scores[Int(tokens[position + 1])]
    }
  }

  /// While training, windows at equal distances stand for a long text.
  @Test func aSampleIsOfWindowsAtEqualDistances() throws {
    let tokens = Array(text.prefix(50))
    let all = losses(of: tokens)
    let held = objective(validation: tokens)
    // Six windows of 8, of which the first, third and fifth are taken.
    let expected = mean([0, 16, 32].flatMap { all[$0..<$0 + 8] })
    #expect(abs(held.evaluation(of: Tokens(tokens)[...], windows: 3).loss - expected) < 1e-6)
    #expect(held.sampledValidation() == held.validation())
  }

  @Test(arguments: [60, 49, 20, 9, 8, 2]) func validationCoversTheWholeText(count: Int) throws {
    let tokens = Array(text.prefix(count))
    let expected = losses(of: tokens)
    let loss = try #require(objective(validation: tokens).validation()).loss
    #expect(abs(loss - mean(expected)) < 1e-6)
  }

  @Test func manyWindowsAreEvaluatedInChunks() throws {
    let tokens = (0..<80).flatMap { _ in text }
    let expected = losses(of: tokens)
    let loss = try #require(objective(validation: tokens).validation()).loss
    #expect(abs(loss - mean(expected)) < 1e-5)
  }

  @Test func anExampleIsAWindowThatBeginsAnywhere() {
    let objective = objective(validation: text)
    #expect(objective.exampleCount == 52)
    let starts = [0, 17, 51]
    let expected = starts.flatMap { losses(of: Array(text[$0..<$0 + 9])) }
    let loss = objective.loss(ofExamples: starts[...]).scalar()
    #expect(abs(loss - mean(expected)) < 1e-6)
  }
}
