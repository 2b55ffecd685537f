import Training

/// The folder of a comparison.
struct ComparisonFolder: Sendable {
  /// The path of the folder, as it was given.
  let path: String

  /// The plan, the trials and the results.
  var record: String { path + "/compare.json" }
  /// The report as a page.
  var report: String { path + "/report.html" }

  /// Creates the folder of a new comparison: `path`, or `runs/compare-TASK-N` with the first N not
  /// used.
  ///
  /// - Throws: ``TrainingError`` of kind `inputOutput`.
  init(creating path: String?, task: String, replacing: Bool) throws {
    self.path = try RunFolder.makeFolder(
      path, prefix: "compare-\(task)", replacing: replacing ? ResultFolder.files(in: path) : nil)
  }

  /// Whether a file is one that a comparison writes.
  static func isOfComparison(_ name: String) -> Bool {
    ["compare.json", "report.html"].contains(name)
  }

  /// The folder at a path, if a comparison is in it.
  ///
  /// - Throws: ``TrainingError`` of kind `inputOutput` if one of its files is something else than a
  ///   file.
  init?(existing path: String) throws {
    self.path = path
    guard FileAccess.exists(record) else { return nil }
    try FileAccess.requireFiles(in: path, where: Self.isOfComparison)
  }

  /// Reads the comparison.
  ///
  /// - Throws: ``TrainingError`` that names the file.
  func comparison() throws -> Comparison {
    let comparison = try FileAccess.readRecord(
      Comparison.self, from: record, "the record of a comparison")
    guard comparison.isPossible else {
      throw TrainingError.data(
        "\(record): the plan needs optimizers, seeds, rates and evaluations, and the trials must be"
          + " of it")
    }
    return comparison
  }

  /// Writes the record.
  func save(_ comparison: Comparison) throws { try FileAccess.writeRecord(comparison, to: record) }
}
