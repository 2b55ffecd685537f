import Training

/// `train evaluate RUN`: how the best weights of a run do, on its validation data or on another file.
enum EvaluateCommand: Command {
  static let name = "evaluate"
  static let usage = "RUN [options]"
  static let summary = "judges the best weights of a run, on its validation data or on another file"
  static let options = [
    OptionGroup("options", [file, FitOptions.json])
  ]
  static let wordCount = 1

  private static let file = Option(
    "data", .text("FILE"), "csv: another table with the same columns; text: another text",
    standard: "the run's validation data")

  static func run(_ arguments: Arguments) throws -> Int32 {
    guard let path = arguments.words.first else {
      throw UsageError("evaluate needs the folder of a run, such as runs/spirals-1")
    }
    let run = try FinishedRun(RunFolder(existing: path))
    let data = try arguments[file].map(run.data(inFile:)) ?? run.data()
    let evaluation = try run.evaluation(on: data)
    if arguments[flag: FitOptions.json] {
      print(try JSONText.encode(evaluation))
    } else {
      print("\(RunReport.figures(evaluation)) on \(data.validationText)")
    }
    return 0
  }
}
