import NN
import Tensor
import Training

/// A run whose best weights can be evaluated, and sampled if it is a language model.
struct FinishedRun {
  private let folder: RunFolder
  private let file: ConfigurationFile

  /// Reads the configuration of a run.
  ///
  /// - Throws: ``TrainingError`` when a file is missing or damaged.
  init(_ folder: RunFolder) throws {
    self.folder = folder
    file = try ConfigurationFile(contentsOf: folder.configuration)
  }

  /// The task of the run.
  var task: any TrainingTask { file.configuration.task }

  /// The data of the run.
  func data() throws -> TaskData { try file.data(of: folder) }

  /// The whole of another file as data: a text, or a table with the target and the columns that the
  /// run was trained on.
  ///
  /// - Throws: ``TrainingError`` when the file does not fit the model, ``UsageError`` for a task
  ///   without files.
  func data(inFile path: String) throws -> TaskData {
    try file.configuration.task.data(inFile: path, input: file.input)
  }

  /// Evaluates the best weights on the validation part of some data.
  ///
  /// - Throws: ``TrainingError`` when the weights are missing or damaged.
  func evaluation(on data: TaskData) throws -> Evaluation {
    let experiment = Experiment(file.configuration, on: data)
    try load(experiment.model)
    let objective = experiment.objective
    guard let evaluation = objective.validation() ?? objective.trainingEvaluation() else {
      throw TrainingError.data("\(folder.path): there is nothing to evaluate on")
    }
    return evaluation
  }

  /// The language model of a run of the task text, and its characters.
  ///
  /// - Throws: ``UsageError`` for a run of another task, ``TrainingError`` when a file is missing
  ///   or damaged.
  func languageModel() throws -> (model: GPT, vocabulary: Vocabulary) {
    guard let task = task as? TextTask else {
      throw UsageError(
        "\(folder.path) is a run of the task \(file.configuration.taskName); only text can be sampled"
      )
    }
    let model = file.input.vocabulary.map { task.model(file.configuration[FitOptions.model], $0) }
    guard let vocabulary = file.input.vocabulary, let gpt = model as? GPT else {
      throw TrainingError.data("\(folder.configuration): is not the configuration of a run")
    }
    try load(gpt)
    return (gpt, vocabulary)
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
}
