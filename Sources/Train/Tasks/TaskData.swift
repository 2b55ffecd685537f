import Tensor
import Training

/// What a run trains and validates on: rows of examples, or a running text.
enum TaskData: Sendable {
  /// Rows, each with its target.
  case examples(SupervisedData)
  /// A text; a model sees `context` characters at once and predicts each from those before it.
  case text(TextData, context: Int)

  /// Notes for the user on how the data was read, one sentence each.
  var notes: [String] {
    switch self {
    case .examples(let data): data.notes
    case .text(let data, _): data.notes
    }
  }

  /// A hash of the data, by which a resumed run notices that it has changed.
  var fingerprint: String {
    switch self {
    case .examples(let data): data.fingerprint
    case .text(let data, _): data.fingerprint
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
    case .text(let data, _):
      return "\(data.vocabulary.count) different characters: \(data.training.count) to train, "
        + "\(data.validation.count) to validate"
    }
  }

  /// The number of validation examples with its unit: `30 rows`.
  var validationText: String {
    switch self {
    case .examples(let data): counted(data.validation.rows, "row")
    case .text(let data, _): counted(data.validation.count, "character")
    }
  }

  /// The number of examples that a batch is drawn from.
  var exampleCount: Int {
    switch self {
    case .examples(let data): data.training.rows
    case .text(let data, let context): data.training.count - context
    }
  }

  /// The number of examples of an epoch: all rows, or the windows of a text side by side.
  var epochSize: Int {
    switch self {
    case .examples(let data): data.training.rows
    case .text(let data, let context): data.training.count / context
    }
  }
}
