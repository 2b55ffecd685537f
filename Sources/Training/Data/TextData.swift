import Tensor

/// A text to train and validate a language model on, as the numbers of its characters.
public struct TextData: Sendable, Equatable {
  /// The vocabulary of the training text.
  public let vocabulary: Vocabulary
  /// The text to train on.
  public let training: [Int32]
  /// The text to validate on, which follows the training text.
  public let validation: [Int32]
  /// Decisions that a user should know about, one sentence each.
  public let notes: [String]

  /// Creates data from its parts.
  public init(
    vocabulary: Vocabulary, training: [Int32], validation: [Int32], notes: [String] = []
  ) {
    self.vocabulary = vocabulary
    self.training = training
    self.validation = validation
    self.notes = notes
  }

  /// Reads a text file; see ``init(_:file:validation:)``.
  ///
  /// - Throws: ``TrainingError`` that names the file, also if it cannot be read or is not UTF-8.
  public init(contentsOf path: String, validation fraction: Double = 0.1) throws {
    try self.init(FileAccess.readText(path), file: path, validation: fraction)
  }

  /// Creates data from a text, whose end is for validation.
  ///
  /// The vocabulary is that of the training part. Other characters are left out of the validation
  /// part, because no model could know them, and are counted in a note.
  ///
  /// - Parameters:
  ///   - text: The text.
  ///   - file: The name of the text in errors.
  ///   - fraction: The fraction of the characters to validate on.
  /// - Throws: ``TrainingError`` of kind `data` for a text that is too short or repeats one
  ///   character.
  public init(_ text: String, file: String, validation fraction: Double = 0.1) throws {
    let scalars = Array(text.unicodeScalars)
    guard !scalars.isEmpty else { throw TrainingError.data("\(file): the file is empty") }
    let cut = Int(Double(scalars.count) * (1 - fraction))
    let vocabulary = Vocabulary(scalars[..<cut])
    let validation = scalars[cut...].compactMap { vocabulary[$0] }
    guard cut >= 2, validation.count >= 2 else {
      throw TrainingError.data(
        "\(file): a text of \(counted(scalars.count, "character")) is too short to train and validate on"
      )
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
          "\(counted(unknown, "character")) of the validation part"
            + " \(unknown == 1 ? "does" : "do") not occur in the training part and"
            + " \(unknown == 1 ? "is" : "are") left out"
        ])
  }

  /// A hash of the text.
  ///
  /// A run records it to notice on resuming that the file has changed.
  package var fingerprint: String {
    var hash = Fingerprint()
    for scalar in vocabulary.characters { hash.add(scalar.value) }
    for token in training { hash.add(UInt32(bitPattern: token)) }
    hash.add(UInt32(truncatingIfNeeded: training.count))
    for token in validation { hash.add(UInt32(bitPattern: token)) }
    return hash.text
  }
}
