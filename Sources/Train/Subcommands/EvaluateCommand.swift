import Training

/// `train evaluate RUN`: evaluates the best weights of a run, on its validation data or on another
/// file.
enum EvaluateCommand: Command {
  static let name = "evaluate"
  static let usage = "RUN [options]"
  static let summary = "evaluates the best weights of a run, on its validation data or another file"
  static let options = [OptionGroup("options", [file, FitOptions.json])]
  static let wordCount = 1

  private static let file = Option(
    "data", .text("FILE"), "csv: another table with the same columns; text: another text",
    unset: "the validation data of the run")

  static func run(_ arguments: Arguments) throws -> Int32 {
    guard let path = arguments.words.first else {
      throw UsageError("evaluate needs the folder of a run, such as runs/spirals-1")
    }
    let run = try FinishedRun(RunFolder(existing: path))
    let data = try arguments[file].map(run.data(inFile:)) ?? run.data()
    let evaluation = try run.evaluation(on: data)
    if arguments[FitOptions.json] {
      print(try JSONText.encode(evaluation))
    } else {
      print("\(type(of: run.task).describe(evaluation)) on \(data.validationText)")
    }
    return 0
  }
}
