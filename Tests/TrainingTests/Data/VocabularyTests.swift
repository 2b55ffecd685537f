import Foundation
import TestSupport
import Testing

struct VocabularyTests {
  @Test func charactersAreNumberedInTheirOrder() throws {
    let vocabulary = Vocabulary("cab\nbé".unicodeScalars)
    #expect(vocabulary.characters.map(String.init) == ["\n", "a", "b", "c", "é"])
    #expect(try vocabulary.tokens(of: "abc\né") == [1, 2, 3, 0, 4])
    let copy = try JSONDecoder().decode(
      Vocabulary.self, from: Data(JSONText.encode(vocabulary).utf8))
    #expect(copy == vocabulary && copy["é"] == 4)
  }

  @Test(arguments: [("x", "'x' (U+0078)"), ("\t", "U+0009"), ("🙂", "'🙂' (U+1F642)")])
  func unknownCharactersAreNamed(character: String, name: String) {
    #expect(
      throws: TrainingError.data(
        "the character \(name) does not occur in the training text")
    ) { try Vocabulary("ab".unicodeScalars).tokens(of: "ab" + character) }
  }
}
