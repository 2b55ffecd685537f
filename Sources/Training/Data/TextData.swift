import Tensor

/// A text to train, validate and test a language model on, as the numbers of its characters.
public struct TextData: Sendable, Equatable {
  /// The vocabulary of the training text.
  public let vocabulary: Vocabulary
  /// The text to train on.
  public let training: [Int32]
  /// The text to validate on, which follows the training text.
  public let validation: [Int32]
  /// The text behind both, which has no influence on the weights, or `nil`.
  public let test: [Int32]?
  /// Decisions that a user should know about, one sentence each.
  public let notes: [String]

  /// Creates data from its parts.
  public init(
    vocabulary: Vocabulary, training: [Int32], validation: [Int32], test: [Int32]? = nil,
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
    let scalars = Array(text.unicodeScalars)
    guard !scalars.isEmpty else { throw TrainingError.data("\(file): the file is empty") }
    let cut = Int(Double(scalars.count) * (1 - fraction - testFraction))
    let end = testFraction > 0 ? Int(Double(scalars.count) * (1 - testFraction)) : scalars.count
    let vocabulary = Vocabulary(scalars[..<max(cut, 0)])
    let known = { (part: Range<Int>) in scalars[part].compactMap { vocabulary[$0] } }
    guard cut >= 2, known(cut..<end).count >= 2,
      testFraction == 0 || known(end..<scalars.count).count >= 2
    else {
      let purpose = testFraction > 0 ? "train, validate and test on" : "train and validate on"
      throw TrainingError.data(
        "\(file): a text of \(counted(scalars.count, "character")) is too short to \(purpose)")
    }
    guard vocabulary.count > 1 else {
      throw TrainingError.data(
        "\(file): every character is \(Vocabulary.name(scalars[0])); there is nothing to predict")
    }
    let parts = [("validation", cut..<end), ("test", end..<scalars.count)]
    let notes = parts.compactMap { name, part -> String? in
      let unknown = part.count - known(part).count
      if unknown == 0 { return nil }
      let (verb, are) = unknown == 1 ? ("does", "is") : ("do", "are")
      return
        "\(counted(unknown, "character")) of the \(name) part \(verb) not occur in the training"
        + " part and \(are) left out"
    }
    self.init(
      vocabulary: vocabulary, training: known(0..<cut), validation: known(cut..<end),
      test: testFraction > 0 ? known(end..<scalars.count) : nil, notes: notes)
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
