import Autograd
import Foundation
import NN
import Tensor
import TestSupport
import Testing
import Training

struct VocabularyTests {
  @Test func charactersAreNumberedInTheirOrder() throws {
    let vocabulary = Vocabulary("cab\nbé".unicodeScalars)
    #expect(vocabulary.characters.map(String.init) == ["\n", "a", "b", "c", "é"])
    #expect(try vocabulary.tokens(of: "abc\né") == [1, 2, 3, 0, 4])
    let copy = try JSONDecoder().decode(
      Vocabulary.self, from: Data(json(vocabulary).utf8))
    #expect(copy == vocabulary && copy["é"] == 4)
  }

  @Test(arguments: [("x", "'x' (U+0078)"), ("\t", "U+0009"), ("🙂", "'🙂' (U+1F642)")])
  func unknownCharactersAreNamed(character: String, name: String) {
    #expect(
      throws: TrainingError.data(
        "the character \(name) does not occur in the text that was trained on")
    ) { try Vocabulary("ab".unicodeScalars).tokens(of: "ab" + character) }
  }
}

struct TextDataTests {
  @Test func theEndOfTheTextValidates() throws {
    let data = try TextData("abcabcabcaXbc", file: "t", validation: 0.3)
    #expect(data.vocabulary.characters.map(String.init) == ["a", "b", "c"])
    #expect(data.training == [0, 1, 2, 0, 1, 2, 0, 1, 2])
    // What the training part does not have is left out.
    #expect(data.validation == [0, 1, 2])
    #expect(
      data.notes == [
        "1 characters of the validation part do not occur in the training part and are left out"
      ])
    #expect(try TextData("abcabcabcabc", file: "t", validation: 0.3).notes.isEmpty)
  }

  @Test(arguments: [
    ("", "t: the file is empty"), ("a", "t: 1 characters are too few to train and validate on"),
    ("abcdefgh", "t: 8 characters are too few to train and validate on"),
    (
      String(repeating: "a", count: 100),
      "t: every character is 'a' (U+0061); there is nothing to predict"
    ),
  ])
  func rejects(text: String, message: String) {
    #expect(throws: TrainingError.data(message)) { try TextData(text, file: "t") }
  }

  @Test func fingerprintsTellTextsApart() throws {
    let texts = [
      "abababababababababababab", "babababababababababababa", "acacacacacacacacacacacac",
    ]
    let prints = try texts.map { try TextData($0, file: "t").fingerprint }
    #expect(Set(prints).count == 3)
    #expect(try TextData(texts[0], file: "u").fingerprint == prints[0])
  }

  @Test func bytesThatAreNotTextAreFound() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/t.txt"
      try writeAtomically([0x61, 0x0A, 0x62, 0xFF, 0x0A], to: path)
      #expect(throws: TrainingError.data("\(path):2: the text is not valid UTF-8")) {
        try readText(path)
      }
    }
  }
}

struct TextObjectiveTests {
  private let text: [Int32] = (0..<60).map { (index: Int) -> Int32 in
    Int32((index * 7 + index / 5) % 6)
  }
  private let model = withRandomSeed(2) {
    GPT(GPT.Configuration(vocabulary: 6, context: 8, layers: 1, heads: 2, width: 8))
  }

  private func objective(validation: [Int32]) -> TextObjective {
    TextObjective(
      model: model,
      data: TextData(
        vocabulary: Vocabulary("abcdef".unicodeScalars), training: text, validation: validation))
  }

  private func mean(_ values: [Double]) -> Double {
    var sum = 0.0
    for value in values { sum += value }
    return sum / Double(values.count)
  }

  /// −log of the probability of each next token, the windows starting anew every 8 tokens.
  private func losses(of tokens: [Int32]) -> [Double] {
    (0..<tokens.count - 1).map { position in
      let start = position / 8 * 8
      let input = Tensor(Array(tokens[start...position]), shape: [1, position - start + 1])
      let scores = logSoftmax(model(input)[0, -1]).scalars(as: Double.self)
      return -scores[Int(tokens[position + 1])]
    }
  }

  @Test(arguments: [60, 49, 20, 9, 8, 2]) func validationCoversTheWholeText(count: Int) throws {
    let tokens = Array(text.prefix(count))
    let expected = losses(of: tokens)
    let loss = try #require(objective(validation: tokens).validation()).loss
    #expect(abs(loss - mean(expected)) < 1e-6)
  }

  @Test func manyWindowsAreTakenInParts() throws {
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
