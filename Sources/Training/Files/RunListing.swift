import CLibrary

/// What a folder holds about a run, finished or not.
package struct RunListing: Sendable, Codable, Equatable {
  /// The path of the folder.
  package var path: String
  /// The name of the task.
  package var task: String
  /// The model as it was given, with its settings.
  package var model: String
  /// The optimizer as it was given, with its settings.
  package var optimizer: String
  /// Whether the run has finished.
  package var isFinished: Bool
  /// Whether the record of its metrics cannot be read.
  package var isDamaged = false
  /// The steps that were recorded last.
  package var steps: Int
  /// The lowest validation loss, or `nil` before the first evaluation.
  package var validationLoss: Double?
  /// The highest validation accuracy, or `nil` for a regression.
  package var validationAccuracy: Double?
  /// The seconds since 1970 at which the run was written to last.
  package var modified: Int
  /// The bytes of its files.
  package var bytes: Int
}

extension RunListing {
  /// The keys of a configuration that every run has.
  private struct Configuration: Codable {
    var task: String
    var model: String
    var optimizer: String
  }

  /// Reads the run of a folder.
  ///
  /// - Throws: ``TrainingError`` that names `config.json` if it cannot be read or is not that of a
  ///   run.
  package init(_ folder: RunFolder) throws {
    let configuration: Configuration
    do {
      configuration = try JSONText.decode(
        Configuration.self, from: FileAccess.read(folder.configuration))
    } catch let error as DecodingError {
      throw TrainingError.data(
        "\(folder.configuration): is not the configuration of a run:"
          + " \(JSONText.description(of: error))")
    }
    var records: [MetricsRecord] = []
    if FileAccess.exists(folder.metrics) {
      do {
        records = try JSONLinesFile.values(of: MetricsRecord.self, in: folder.metrics)
      } catch {
        isDamaged = true
      }
    }
    path = folder.path
    task = configuration.task
    model = configuration.model
    optimizer = configuration.optimizer
    isFinished = FileAccess.exists(folder.summary)
    steps = records.last?.step ?? 0
    let best = records.filter { $0.validationLoss != nil }.min {
      ($0.validationLoss ?? .infinity) < ($1.validationLoss ?? .infinity)
    }
    validationLoss = best?.validationLoss
    validationAccuracy = best?.validationAccuracy
    modified = 0
    self.bytes = 0
    for name in FileAccess.names(in: folder.path) {
      var status = stat()
      guard stat(folder.path + "/" + name, &status) == 0 else { continue }
      self.bytes += Int(status.st_size)
      #if canImport(Darwin)
        modified = max(modified, status.st_mtimespec.tv_sec)
      #else
        modified = max(modified, status.st_mtim.tv_sec)
      #endif
    }
  }

  /// Returns the runs in the folders of a folder, by name, where numbers count, and what is wrong
  /// with those that cannot be listed.
  package static func all(in path: String) -> (runs: [RunListing], problems: [String]) {
    var (runs, problems) = ([RunListing](), [String]())
    for name in FileAccess.names(in: path) where !RunFolder.isRemoved(name) {
      let folder = "\(path)/\(name)"
      do {
        runs.append(try RunListing(RunFolder(existing: folder)))
      } catch {
        // Other folders may have a configuration of their own.
        if RunFolder.holdsRun(folder) { problems.append("\(error)") }
      }
    }
    return (runs, problems)
  }
}
