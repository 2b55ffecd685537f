import Training

/// `train report RUN...`: writes the page of a run, or of several side by side.
enum ReportCommand: Command {
  static let name = "report"
  static let usage = "RUN... [options]"
  static let summary = "writes a page of a run, or of several side by side, or of a comparison"
  static let options = [OptionGroup("options", [file, FitOptions.quiet])]
  static let wordCount = Int.max

  private static let file = Option(
    "out", .text("FILE"), "where to write the page",
    unset: "RUN/report.html, of several runs report.html")

  static func run(_ arguments: Arguments) throws -> Int32 {
    guard let first = arguments.words.first else {
      throw UsageError("report needs the folder of a run, such as runs/spirals-1")
    }
    let (page, standard) = try self.page(of: arguments.words, first)
    let path = arguments[file] ?? standard
    try FileAccess.write(page, to: path)
    if !arguments[FitOptions.quiet] { print(path) }
    return 0
  }

  private static func page(of paths: [String], _ first: String) throws -> (
    html: String, path: String
  ) {
    if let twice = paths.indices.first(where: { paths[..<$0].contains(paths[$0]) }) {
      throw UsageError("report: \(paths[twice]) is given twice")
    }
    if paths.count == 1, let folder = ComparisonFolder(existing: first) {
      let comparison = try folder.comparison()
      guard comparison.results != nil else {
        throw UsageError(
          "\(first): the comparison is not finished; train resume \(first) continues it")
      }
      return (ComparisonReport.html(of: comparison), folder.report)
    }
    let runs = try paths.map { try ReportedRun(RunFolder(existing: $0)) }
    return (
      RunReportPage.html(of: runs), runs.count == 1 ? runs[0].folder.report : "report.html"
    )
  }
}
