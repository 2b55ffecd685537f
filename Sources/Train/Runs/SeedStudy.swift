import Tensor
import Training

/// Runs that differ in their seed alone, each in a folder of its own, and what they have in common.
struct SeedStudy {
  /// The folder of the folders.
  let path: String
  private(set) var summaries: [RunSummary] = []

  /// Creates the folder: that of the arguments, or the first `runs/TASK-N` that is not used.
  init(_ arguments: Arguments, task: String) throws {
    let path = try arguments.newFolder()
    self.path = try RunFolder.makeFolder(
      path, prefix: task,
      replacing: arguments[FitOptions.force] ? ResultFolder.files(in: path) : nil)
  }

  /// The folder of the run with a seed.
  func folder(ofSeed seed: UInt64) -> String { "\(path)/seed-\(seed)" }

  /// Adds the summary of a finished run.
  mutating func add(_ summary: RunSummary) { summaries.append(summary) }

  /// The figures of each run, and their mean and deviation over the runs.
  var table: String {
    let figures: [(name: String, value: (RunSummary) -> Double?)] = [
      ("validation loss", \.validationLoss), ("accuracy", \.validationAccuracy),
      ("R²", \.validationR2), ("test loss", \.testLoss), ("test accuracy", \.testAccuracy),
      ("test R²", \.testR2), ("best step", { Double($0.bestStep) }), ("seconds", \.seconds),
    ]
    let used = figures.filter { figure in summaries.allSatisfy { figure.value($0) != nil } }
    let format = { (value: Double) in Format.number(value, digits: 4) }
    let rows = summaries.map { summary in
      ["seed \(summary.seed)"] + used.map { format($0.value(summary) ?? .nan) }
    }
    let means = used.map { figure in MeanAndDeviation(summaries.compactMap(figure.value)) }
    let last = ["mean ± deviation"] + means.map { $0?.description ?? "-" }
    return TextTable.text(["run"] + used.map(\.name), rows + [last])
  }
}
