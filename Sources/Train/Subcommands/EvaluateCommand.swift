import Training

/// `train evaluate MODEL`: evaluates the best weights of a run, on its validation data or on other
/// data.
enum EvaluateCommand: Command {
  static let name = "evaluate"
  static let usage = "RUN [options]"
  static let summary = "evaluates the best weights of a run, on its validation data or other data"
  static let options = [OptionGroup("options", [dataOption, FitOptions.json])]
  static let wordCount = 1

  private static let dataOption = Option(
    "data", .text("FILE"),
    "another table, text, or folder with t10k images", unset: "the run's validation data")

  static func run(_ arguments: Arguments) throws -> Int32 {
    guard let path = arguments.words.first else {
      throw UsageError("evaluate needs the folder of a run, such as runs/spirals-1")
    }
    let model = try TrainedModel(contentsOf: path)
    let report =
      try arguments[dataOption].map { try evaluation(of: model, onFile: $0) }
      ?? validation(of: model, inFolder: path)
    if arguments[FitOptions.json] {
      print(try JSONText.encode(report))
    } else {
      print(EvaluationText.text(report, unit: model.languageModel == nil ? "row" : "character"))
    }
    return 0
  }

  private static func evaluation(
    of model: TrainedModel, onFile path: String
  ) throws -> EvaluationReport {
    switch model.input {
    case .row: return try model.evaluate(CSVTable(contentsOf: path))
    case .image: return try model.evaluate(IDXFolder(path))
    case .text:
      guard model.languageModel != nil else {
        throw UsageError("--data: the task \(model.task) has no files to evaluate on")
      }
      let text = try FileAccess.readText(path)
      do {
        return try model.evaluate(text: text)
      } catch let error as TrainingError {
        throw TrainingError.data("\(path): \(error.message)")
      }
    }
  }

  private static func validation(
    of model: TrainedModel, inFolder path: String
  ) throws -> EvaluationReport {
    guard FileAccess.item(at: path) == .folder else {
      throw UsageError("\(path) is a model without data; --data FILE gives it some")
    }
    let folder = try RunFolder(existing: path)
    switch try ConfigurationFile(contentsOf: folder.configuration).data(of: folder) {
    case .examples(let data): return model.evaluate(data.validation)
    case .text(let data, _): return try model.evaluate(tokens: data.validation)
    }
  }
}
