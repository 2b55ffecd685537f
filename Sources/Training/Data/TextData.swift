import Tensor

/// A text to train, validate and test a language model on, as the numbers of its characters.
public struct TextData: Sendable, Equatable {
  /// The vocabulary of the training text.
  public let vocabulary: Vocabulary
  /// The text to train on.
  public let training: Tokens
  /// The text to validate on, which follows the training text.
  public let validation: Tokens
  /// The text behind both, which has no influence on the weights, or `nil`.
  public let test: Tokens?
  /// Decisions that a user should know about, one sentence each.
  public let notes: [String]

  /// Creates data from its parts.
  public init(
    vocabulary: Vocabulary, training: Tokens, validation: Tokens, test: Tokens? = nil,
    notes: [String] = []
  ) {
    self.vocabulary = vocabulary
    self.training = training
    self.validation = validation
    self.test = test
    self.notes = notes
  }

  /// Reads a text file; see ``init(_:file:validation:test:)``.
  ///
  /// - Throws: ``TrainingError`` that names the file, also if it cannot be read or is not UTF-8.
  public init(
    contentsOf path: String, validation fraction: Double = 0.1, test testFraction: Double = 0
  ) throws {
    try self.init(
      FileAccess.readText(path), file: path, validation: fraction, test: testFraction)
  }

  /// Creates data from a text, whose end is for validation and perhaps for a test.
  ///
  /// The vocabulary is that of the training part. Other characters are left out of the parts behind
  /// it, because no model could know them, and are counted in a note.
  ///
  /// - Parameters:
  ///   - text: The text.
  ///   - file: The name of the text in errors.
  ///   - fraction: The fraction of the characters to validate on.
  ///   - testFraction: The fraction of the characters behind those to keep apart as ``test``; 0,
  ///     the default, for none.
  /// - Throws: ``TrainingError`` of kind `data` for a text that is too short or repeats one
  ///   character.
  public init(
    _ text: String, file: String, validation fraction: Double = 0.1, test testFraction: Double = 0
  ) throws {
    // The text is read from one end to the other, without a list of its characters.
    let scalars = text.unicodeScalars
    let count = scalars.count
    guard let first = scalars.first else { throw TrainingError.data("\(file): the file is empty") }
    let cut = max(Int(Double(count) * (1 - fraction - testFraction)), 0)
    let end = testFraction > 0 ? Int(Double(count) * (1 - testFraction)) : count
    let vocabulary = Vocabulary(scalars.prefix(cut))
    var rest = scalars[...]
    let parts = [cut, end - cut, count - end].map { count in
      let part = rest.prefix(count)
      rest = rest[part.endIndex...]
      return (count: count, tokens: Tokens(part.lazy.compactMap { vocabulary[$0] }))
    }
    guard cut >= 2, parts[1].tokens.count >= 2, testFraction == 0 || parts[2].tokens.count >= 2
    else {
      let purpose = testFraction > 0 ? "train, validate and test on" : "train and validate on"
      throw TrainingError.data(
        "\(file): a text of \(counted(count, "character")) is too short to \(purpose)")
    }
    guard vocabulary.count > 1 else {
      throw TrainingError.data(
        "\(file): every character is \(Vocabulary.name(first)); there is nothing to predict")
    }
    let notes = zip(["validation", "test"], parts.dropFirst()).compactMap { name, part -> String? in
      let unknown = part.count - part.tokens.count
      if unknown == 0 { return nil }
      let (verb, are) = unknown == 1 ? ("does", "is") : ("do", "are")
      return
        "\(counted(unknown, "character")) of the \(name) part \(verb) not occur in the training"
        + " part and \(are) left out"
    }
    self.init(
      vocabulary: vocabulary, training: parts[0].tokens, validation: parts[1].tokens,
      test: testFraction > 0 ? parts[2].tokens : nil, notes: notes)
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
    if let test {
      hash.add(UInt32(truncatingIfNeeded: validation.count))
      for token in test { hash.add(UInt32(bitPattern: token)) }
    }
    return hash.text
  }
}
