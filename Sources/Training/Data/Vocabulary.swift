import Tensor

/// The characters that occur in a text, each with a number; a character is a Unicode scalar.
public struct Vocabulary: Sendable, Equatable {
  /// The characters, in the order of their numbers.
  public let characters: [Unicode.Scalar]
  private let numbers: [Unicode.Scalar: Int32]

  /// Creates the vocabulary of a text, ordered by code point.
  public init(_ text: some Sequence<Unicode.Scalar>) {
    characters = Set(text).sorted()
    numbers = Dictionary(uniqueKeysWithValues: zip(characters, 0...))
  }

  /// The number of characters.
  public var count: Int { characters.count }

  /// The characters as texts, in the order of their numbers.
  package var names: [String] { characters.map(String.init) }

  /// The number of a character, or `nil` if it does not occur.
  public subscript(character: Unicode.Scalar) -> Int32? { numbers[character] }

  /// Returns the numbers of the characters of a text.
  ///
  /// - Throws: ``TrainingError`` of kind `data` that names a character that does not occur.
  public func tokens(of text: some StringProtocol) throws -> [Int32] {
    try text.unicodeScalars.map { character in
      guard let number = numbers[character] else {
        throw TrainingError.data(
          "the character \(Self.name(character)) does not occur in the training text")
      }
      return number
    }
  }

  /// Returns the text of the characters with some numbers, such as those that
  /// `GPT.generate(from:count:options:stopTokens:using:onToken:)` draws.
  public func text(of tokens: some Sequence<Int32>) -> String {
    tokens.reduce(into: "") { text, token in
      require(
        characters.indices.contains(Int(token)),
        "text: the token \(token) is not one of \(count) characters")
      text.unicodeScalars.append(characters[Int(token)])
    }
  }

  /// Returns a character as it appears in messages: `'é' (U+00E9)`.
  package static func name(_ character: Unicode.Scalar) -> String {
    let digits = String(character.value, radix: 16, uppercase: true)
    let code = "U+" + String(repeating: "0", count: max(4 - digits.count, 0)) + digits
    return character.properties.generalCategory == .control ? code : "'\(character)' (\(code))"
  }
}

extension Vocabulary: Codable {
  /// Reads a list of characters.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    self.init(try container.decode([String].self).flatMap(\.unicodeScalars))
  }

  /// Writes a list of characters.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(names)
  }
}
