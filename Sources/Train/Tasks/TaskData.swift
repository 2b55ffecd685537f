import Training

/// What a run trains and validates on: rows of examples, or a running text.
enum TaskData: Sendable {
  /// Rows, each with its target.
  case examples(SupervisedData)
  /// A text, of which each character is predicted from those before.
  case text(TextData)

  /// What a user should know about the choices that were made, one sentence each.
  var notes: [String] {
    switch self {
    case .examples(let data): data.notes
    case .text(let data): data.notes
    }
  }

  /// Tells whether the data is still the same.
  var fingerprint: String {
    switch self {
    case .examples(let data): data.fingerprint
    case .text(let data): data.fingerprint
    }
  }

  /// What the data consists of, in a line.
  var summary: String {
    switch self {
    case .examples(let data):
      let kind =
        switch data.target {
        case .classes(let names): "\(names.count) classes"
        case .number: "regression"
        }
      return "\(kind): \(data.training.rows) rows to train, \(data.validation.rows) to validate, "
        + data.training.rowText
    case .text(let data):
      return "\(data.vocabulary.count) different characters: \(data.training.count) to train, "
        + "\(data.validation.count) to validate"
    }
  }

  /// What the validation examples are, as in `30 rows`.
  var validationText: String {
    switch self {
    case .examples(let data): Format.counted(data.validation.rows, "row")
    case .text(let data): Format.counted(data.validation.count, "character")
    }
  }
}
