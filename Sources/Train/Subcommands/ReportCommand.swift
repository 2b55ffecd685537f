import Training

/// `train report RUN...`: writes the page of a run, or of several side by side, and their records
/// for TensorBoard.
enum ReportCommand: Command {
  static let name = "report"
  static let usage = "RUN... [options]"
  static let summary = "writes a page of a run, of several side by side, of a comparison or a sweep"
  static let options = [OptionGroup("options", [file, tensorBoard, FitOptions.quiet])]
  static let wordCount = Int.max

  private static let file = Option(
    "out", .text("FILE"), "where to write the page",
    unset: "RUN/report.html, of several runs report.html")
  private static let tensorBoard = Option<String?>(
    "tensorboard", .text("DIR"), "also write the records to DIR/NAME, for TensorBoard")

  static func run(_ arguments: Arguments) throws -> Int32 {
    guard let first = arguments.words.first else {
      throw UsageError("report needs the folder of a run, such as runs/spirals-1")
    }
    let paths = arguments.words
    let twice = paths.indices.first { index in
      paths[..<index].contains { $0 == paths[index] || FileAccess.isSame($0, paths[index]) }
    }
    if let twice {
      throw UsageError("report: \(paths[twice]) is given twice")
    }
    let page = try arguments.output(
      file, replacingOnly: ".html", in: paths.count == 1 ? first : nil)
    var written: [String] = []
    if paths.count == 1, let folder = try ComparisonFolder(existing: first) {
      guard arguments[tensorBoard] == nil else {
        throw UsageError("--tensorboard: \(first) is a comparison, which keeps no records of steps")
      }
      let comparison = try folder.comparison()
      guard comparison.results != nil else {
        throw UsageError(
          "\(first): the comparison is not finished; train resume \(first) continues it")
      }
      written.append(page ?? folder.report)
      try FileAccess.write(ComparisonReport.html(of: comparison), to: written[0])
    } else if paths.count == 1, let folder = try SweepFolder(existing: first) {
      guard arguments[tensorBoard] == nil else {
        throw UsageError("--tensorboard: \(first) is a sweep, which keeps no records of steps")
      }
      let sweep = try folder.sweep()
      written.append(page ?? folder.report)
      try FileAccess.write(
        SweepReport.html(of: sweep, SweepResults(sweep), in: folder), to: written[0])
    } else {
      let runs = ReportedRun.named(try paths.map { try ReportedRun(RunFolder(existing: $0)) })
      written.append(page ?? (runs.count == 1 ? runs[0].folder.report : "report.html"))
      try FileAccess.write(RunReportPage.html(of: runs), to: written[0])
      if let path = arguments[tensorBoard] {
        for run in runs {
          try TensorBoardRecorder.write(run, in: path)
          written.append("\(path)/\(run.name)")
        }
      }
    }
    if !arguments[FitOptions.quiet] { Console.standard.print(written.joined(separator: "\n")) }
    return 0
  }
}
