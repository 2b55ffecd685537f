/// A text to train and validate a language model on, as numbers of characters.
public struct TextData: Sendable, Equatable {
  /// The characters of the training text.
  public let vocabulary: Vocabulary
  /// The text to train on.
  public let training: [Int32]
  /// The text to judge the model by: what follows the training text.
  public let validation: [Int32]
  /// What a user should know about the choices that were made, one sentence each.
  public let notes: [String]

  /// Data from its parts.
  package init(
    vocabulary: Vocabulary, training: [Int32], validation: [Int32], notes: [String] = []
  ) {
    self.vocabulary = vocabulary
    self.training = training
    self.validation = validation
    self.notes = notes
  }

  /// Splits a text by position: the end of it validates.
  ///
  /// The vocabulary is that of the training part.  Other characters are left out of the validation
  /// part, as no model could know them, and a note counts them.
  ///
  /// - Parameters:
  ///   - text: The text.
  ///   - file: What errors call it.
  ///   - fraction: The fraction of the characters that validate.
  /// - Throws: ``TrainingError`` of kind `data` for a text that is too short, or always the same
  ///   character.
  public init(_ text: String, file: String, validation fraction: Double = 0.1) throws {
    let scalars = Array(text.unicodeScalars)
    guard !scalars.isEmpty else { throw TrainingError.data("\(file): the file is empty") }
    let cut = Int(Double(scalars.count) * (1 - fraction))
    let vocabulary = Vocabulary(scalars[..<cut])
    let validation = scalars[cut...].compactMap { vocabulary[$0] }
    guard cut >= 2, validation.count >= 2 else {
      throw TrainingError.data(
        "\(file): \(scalars.count) characters are too few to train and validate on")
    }
    guard vocabulary.count > 1 else {
      throw TrainingError.data(
        "\(file): every character is \(Vocabulary.name(scalars[0])); there is nothing to predict")
    }
    let unknown = scalars.count - cut - validation.count
    self.init(
      vocabulary: vocabulary, training: scalars[..<cut].compactMap { vocabulary[$0] },
      validation: validation,
      notes: unknown == 0
        ? []
        : [
          "\(unknown) characters of the validation part do not occur in the training part and are"
            + " left out"
        ])
  }

  /// A number that differs, in all likelihood, between different texts.
  package var fingerprint: String {
    var hash = Fingerprint()
    for scalar in vocabulary.characters { hash.add(scalar.value) }
    for token in training { hash.add(UInt32(bitPattern: token)) }
    hash.add(UInt32(truncatingIfNeeded: training.count))
    for token in validation { hash.add(UInt32(bitPattern: token)) }
    return hash.text
  }
}
