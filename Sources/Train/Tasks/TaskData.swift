import Tensor
import Training

/// What a run trains, validates and is tested on: rows of examples, or a running text.
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

  /// The number of rows of a table that were left out because they have no target; nil for a text.
  var skippedRows: Int? {
    if case .examples(let data) = self { data.skippedRows } else { nil }
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
      let test = data.test.map { "\($0.rows) to test, " } ?? ""
      return "\(kind): \(data.training.rows) rows to train, \(data.validation.rows) to validate, "
        + test + data.training.rowText
    case .text(let data, _):
      return "\(data.vocabulary.count) different characters: \(data.training.count) to train, "
        + "\(data.validation.count) to validate"
        + (data.test.map { ", \($0.count) to test" } ?? "")
    }
  }

  /// The number of validation examples with its unit: `30 rows`.
  var validationText: String {
    switch self {
    case .examples(let data): counted(data.validation.rows, "row")
    case .text(let data, _): counted(data.validation.count, "character")
    }
  }

  /// The number of test examples with its unit, or nil without any.
  var testText: String? {
    switch self {
    case .examples(let data): data.test.map { counted($0.rows, "row") }
    case .text(let data, _): data.test.map { counted($0.count, "character") }
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

extension TaskData {
  /// The parts that data is split into.
  enum Part: String, Sendable, CaseIterable { case training, validation, test }

  /// The evaluation of a model on a part; nil for test examples that there are none of.
  func evaluation(of model: TrainedModel, on part: Part) throws -> EvaluationReport? {
    switch self {
    case .examples(let data):
      let parts = [Part.training: data.training, .validation: data.validation, .test: data.test]
      return parts[part].flatMap { $0.map(model.evaluate) }
    case .text(let data, _):
      let parts = [Part.training: data.training, .validation: data.validation, .test: data.test]
      return try parts[part].flatMap { try $0.map { try model.evaluate(tokens: $0) } }
    }
  }
}
