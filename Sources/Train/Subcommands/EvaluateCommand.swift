import Training

/// `train evaluate MODEL`: evaluates the best weights of a run, on a part of its data or on other
/// data.
enum EvaluateCommand: Command {
  static let name = "evaluate"
  static let usage = "RUN [options]"
  static let summary = "evaluates the best weights of a run, on a part of its data or other data"
  static let options = [
    OptionGroup(
      "options",
      [
        part, dataOption, TaskOptions.skipMissingTargets, Profiling.option,
        FitOptions.json,
      ])
  ]
  static let wordCount = 1

  private static let part = Option<TaskData.Part>(
    "on", .choice, "the part of its data: training, validation, test", default: .validation,
    alternative: "data")
  private static let dataOption = Option(
    "data", .text("FILE"), "another table, text, or folder with t10k images",
    unset: "the run's own", alternative: "on")

  static func run(_ arguments: Arguments) throws -> Int32 {
    guard let path = arguments.words.first else {
      throw UsageError("evaluate needs the folder of a run, such as runs/spirals-1")
    }
    let model = try TrainedModel(contentsOf: path)
    let configuration = try configuration(ofRun: path)
    func evaluation() throws -> EvaluationReport {
      try arguments[dataOption].map { try self.evaluation(of: model, onFile: $0, arguments) }
        ?? self.evaluation(of: model, on: arguments[part], ofRun: path)
    }
    let report = try Profiling.run(
      arguments, trace: Profiling.tracePath(ofModel: path, Self.self)
    ) {
      try configuration?.inItsPrecision(evaluation) ?? evaluation()
    }
    if arguments[FitOptions.json] {
      try Console.standard.printJSON(report)
    } else {
      Console.standard.print(
        EvaluationText.text(report, unit: model.languageModel == nil ? "row" : "character"))
    }
    return 0
  }

  /// The configuration of a run; an exported model has none.
  private static func configuration(ofRun path: String) throws -> TrainingConfiguration? {
    guard FileAccess.item(at: path) == .folder else { return nil }
    return try ConfigurationFile(contentsOf: RunFolder(existing: path).configuration).configuration
  }

  private static func evaluation(
    of model: TrainedModel, onFile path: String, _ arguments: Arguments
  ) throws -> EvaluationReport {
    switch model.input {
    case .row:
      let table = try CSVTable(contentsOf: path)
      guard let target = model.targetName else { return try model.evaluate(table) }
      guard arguments[TaskOptions.skipMissingTargets] else {
        try TaskOptions.checkTargets(of: table, in: target)
        return try model.evaluate(table)
      }
      return try model.evaluate(table.rows(withValueIn: target))
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

  private static func evaluation(
    of model: TrainedModel, on part: TaskData.Part, ofRun path: String
  ) throws -> EvaluationReport {
    guard FileAccess.item(at: path) == .folder else {
      throw UsageError("\(path) is a model without data; --data FILE gives it some")
    }
    let folder = try RunFolder(existing: path)
    let data = try ConfigurationFile(contentsOf: folder.configuration).data(of: folder)
    guard let report = try data.evaluation(of: model, on: part) else {
      throw UsageError("--on \(part.rawValue): \(path) keeps none apart; train fit --test does")
    }
    return report
  }
}
