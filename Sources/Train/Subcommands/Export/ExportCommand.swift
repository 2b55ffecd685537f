import Training

/// `train export RUN`: writes the model of a run in a format for other programs.
enum ExportCommand: Command {
  static let name = "export"
  static let usage = "RUN --format FORMAT [options]"
  static let summary = "writes the model of a run for use in other programs"
  static let options = [OptionGroup("options", [format, out, FitOptions.force])]
  static let wordCount = 1

  private static let format = Option<ExportFormat?>(
    "format", .choice,
    "what to write: " + ExportFormat.allCases.map(\.rawValue).joined(separator: ", "))
  private static let out = Option(
    "out", .text("PATH"), "the file or folder to write", unset: "in the folder of the run")

  static func run(_ arguments: Arguments) throws -> Int32 {
    guard let path = arguments.words.first else {
      throw UsageError("export needs the folder of a run, such as runs/csv-1")
    }
    let formats = ExportFormat.allCases.map(\.summary).joined(separator: "; ")
    guard let format = arguments[format] else {
      throw UsageError("export needs --format FORMAT: \(formats)")
    }
    let model = try TrainedModel(contentsOf: path)
    let isFolder = FileAccess.item(at: path) == .folder
    let inputs = [path] + ResultFolder.files(in: path).map { "\(path)/\($0)" }
    let output =
      try arguments.output(out, reading: inputs)
      ?? (isFolder ? "\(path)/\(format.fileName)" : format.fileName)
    guard !FileAccess.exists(output) || arguments[FitOptions.force] else {
      throw TrainingError.inputOutput("\(output): already exists; --force overwrites it")
    }
    let run = isFolder ? try RunFolder(existing: path) : nil
    let notes = try format.write(model, of: run, to: output)
    for note in notes { Console.standard.write("note: \(note)\n") }
    Console.standard.write("wrote \(output)\n")
    return 0
  }
}
