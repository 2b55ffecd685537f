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
