import Tensor
import Training

/// `train predict MODEL`: applies the best weights of a run to new data.
enum PredictCommand: Command {
  static let name = "predict"
  static let usage = "RUN --data FILE [options]"
  static let summary = "applies the best weights of a run, or an exported model, to new data"
  static let options = [
    OptionGroup("options", [dataOption, out, FitOptions.threads, Profiling.option])
  ]
  static let wordCount = 1

  private static let dataOption = Option(
    "data", .text("FILE"),
    "a table, images (IDX, PNG, PGM, PPM, .npy), or lines of text; - reads standard input")
  private static let out = Option(
    "out", .text("FILE"), "the table to write", unset: "standard output")

  static func run(_ arguments: Arguments) throws -> Int32 {
    guard let path = arguments.words.first else {
      throw UsageError("predict needs the folder of a run, such as runs/csv-1")
    }
    guard let data = arguments[dataOption] else {
      throw UsageError("predict needs --data FILE; - reads standard input")
    }
    let model = try TrainedModel(contentsOf: path)
    let run = ResultFolder.files(in: path).map { "\(path)/\($0)" }
    let toStandardOutput = arguments[out] == "-"
    let output = toStandardOutput ? nil : try arguments.output(out, reading: [path] + run)
    let predict = {
      let table = try PredictionTable(model, writingTo: ByteSink(output ?? "-"))
      try table.write(data)
    }
    try Profiling.run(arguments, trace: Profiling.tracePath(ofModel: path, Self.self)) {
      if let threads = arguments[FitOptions.threads] {
        try withThreads(threads, predict)
      } else {
        try predict()
      }
    }
    return 0
  }
}
