import TestSupport
import Testing

struct TextDataTests {
  @Test func theEndOfTheTextValidates() throws {
    let data = try TextData("abcabcabcaXbc", file: "t", validation: 0.3)
    #expect(data.vocabulary.characters.map(String.init) == ["a", "b", "c"])
    #expect(data.training == [0, 1, 2, 0, 1, 2, 0, 1, 2])
    // Characters that the training part does not have are left out.
    #expect(data.validation == [0, 1, 2])
    #expect(
      data.notes == [
        "1 character of the validation part does not occur in the training part and is left out"
      ])
    #expect(try TextData("abcabcabcabc", file: "t", validation: 0.3).notes.isEmpty)
  }

  /// Numbers of one byte and of more are the same tokens.
  @Test(arguments: [0, 3, 255, 256, 70_000])
  func tokensAreTheirNumbers(_ last: Int32) {
    let numbers: [Int32] = [7, 0, 255, last, 1, last]
    let tokens = Tokens(numbers)
    #expect(Array(tokens) == numbers && tokens.count == 6 && tokens[3] == last)
    #expect(Array(tokens[2..<4]) == [255, last])
    #expect(tokens == [7, 0, 255, last, 1, last] && tokens != Tokens(numbers.reversed()))
    #expect(Tokens([]).isEmpty)
  }

  /// A text of more than 256 characters has the numbers of each.
  @Test func aTextOfManyCharacters() throws {
    let scalars = (0..<600).compactMap { Unicode.Scalar(0x4E00 + $0 % 300) }
    let text = String(String.UnicodeScalarView(scalars))
    let data = try TextData(text, file: "t", validation: 0.5)
    #expect(Array(data.training) == Array(Int32(0)..<300) && data.training == data.validation)
    #expect(data.vocabulary.text(of: data.validation) == text.prefix(300))
  }

  @Test func theTestIsTheTailBehindTheValidationPart() throws {
    let text = "abcabcabcaXbcacYb"
    let data = try TextData(text, file: "t", validation: 0.3, test: 0.3)
    #expect(data.training == [0, 1, 2, 0, 1, 2] && data.validation == [0, 1, 2, 0])
    #expect(data.test == [1, 2, 0, 2, 1])
    #expect(
      data.notes == [
        "1 character of the validation part does not occur in the training part and is left out",
        "1 character of the test part does not occur in the training part and is left out",
      ])
    #expect(try TextData(text, file: "t", validation: 0.3).test == nil)
    let other = try TextData(
      text.replacing("Yb", with: "Ya"), file: "t", validation: 0.3, test: 0.3)
    #expect(other.training == data.training && other.validation == data.validation)
    #expect(other.vocabulary == data.vocabulary && other.fingerprint != data.fingerprint)
    #expect(
      throws: TrainingError.data(
        "t: a text of 17 characters is too short to train, validate and test on")
    ) { try TextData(text, file: "t", validation: 0.3, test: 0.01) }
  }

  @Test(arguments: [
    ("", "t: the file is empty"),
    ("a", "t: a text of 1 character is too short to train and validate on"),
    ("abcdefgh", "t: a text of 8 characters is too short to train and validate on"),
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
}
