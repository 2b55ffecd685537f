import Training
import NN
import Tensor

/// The best weights of a run, ready to be applied.
struct FinishedRun {
  private let folder: RunFolder
  private let file: ConfigurationFile

  /// Reads what a run was.
  ///
  /// - Throws: ``TrainingError`` when a file is missing or damaged.
  init(_ folder: RunFolder) throws {
    self.folder = folder
    file = try ConfigurationFile(contentsOf: folder.configuration)
  }

  /// The data of the run.
  func data() throws -> TaskData { try file.data(of: folder) }

  /// Data that consists of all of another file: a table that has the columns that the run was trained
  /// on, and the target, or a text.
  ///
  /// - Throws: ``TrainingError`` when the file does not fit the model.
  func data(inFile path: String) throws -> TaskData {
    switch try file.configuration.source() {
    case .csv:
      guard let encoder = file.input.encoder, let encoding = file.input.target,
        let target = file.configuration.target
      else { throw damaged }
      let table = try CSVTable(contentsOf: path)
      let examples = SupervisedData.Examples(
        features: try encoder.features(of: table, rows: Array(0..<table.rowCount)),
        columns: encoder.width, targets: try encoding.targets(of: table, column: target))
      return .examples(
        SupervisedData(
          training: examples, validation: examples, target: encoding, encoder: encoder))
    case .text:
      let vocabulary = try vocabulary
      let text = try FileAccess.readText(path)
      let tokens: [Int32]
      do {
        tokens = try vocabulary.tokens(of: text)
      } catch let error as TrainingError {
        throw TrainingError.data("\(path): \(error.message)")
      }
      guard tokens.count >= 2 else {
        throw TrainingError.data("\(path): \(tokens.count) characters; at least 2 are needed")
      }
      return .text(TextData(vocabulary: vocabulary, training: tokens, validation: tokens))
    default:
      throw UsageError(
        "--data is for runs of the tasks csv and text, not \(file.configuration.task)")
    }
  }

  /// How the model does on the validation part of some data.
  ///
  /// - Throws: ``TrainingError`` when the weights are missing or damaged.
  func evaluation(on data: TaskData) throws -> Evaluation {
    let subject = file.configuration.subject(of: data)
    try load(subject.model)
    guard
      let evaluation = subject.objective.validation() ?? subject.objective.trainingEvaluation()
    else { throw TrainingError.data("\(folder.path): there is nothing to evaluate on") }
    return evaluation
  }

  /// The model of a run of the task text, and its characters.
  ///
  /// - Throws: ``TrainingError``, of kind `usage` for a run of another task.
  func languageModel() throws -> (model: GPT, vocabulary: Vocabulary) {
    guard file.configuration.task == TaskChoice.text.rawValue else {
      throw UsageError(
        "\(folder.path) is a run of the task \(file.configuration.task); only text can be sampled")
    }
    let vocabulary = try vocabulary
    let model = file.configuration.gpt(
      vocabulary: vocabulary, context: file.configuration.context ?? 1)
    try load(model)
    return (model, vocabulary)
  }

  private var vocabulary: Vocabulary {
    get throws {
      guard let vocabulary = file.input.vocabulary else { throw damaged }
      return vocabulary
    }
  }

  private func load(_ model: any Module) throws {
    do {
      try model.load(from: folder.best)
    } catch let error as TensorFileError {
      throw TrainingError(error)
    } catch {
      throw TrainingError.data("\(error)")
    }
  }

  private var damaged: TrainingError {
    .data("\(folder.configuration): is not the configuration of a run")
  }
}
