import CLibrary
import Optim
import Tensor
import Training

/// `train runs`: lists, compares and removes runs; removes comparisons, sweeps and races too.
enum RunsCommand: Command {
  static let name = "runs"
  static let usage = "[compare RUN... | remove RUN...] [options]"
  static let summary = "lists the runs in a folder, compares some, or removes some"
  static let options = [OptionGroup("options", [folder, sort, filter, FitOptions.json])]
  static let wordCount = Int.max

  /// What a list is sorted by.
  enum Order: String, Sendable, CaseIterable {
    case name, task, loss, accuracy, time, size
  }

  private static let folder = Option(
    "in", .text("FOLDER"), "the folder of the runs", default: "runs")
  private static let sort = Option<Order>(
    "sort", .choice, "best loss, accuracy or latest time first", default: .name)
  private static let filter = Option(
    "filter", .text("TEXT"), "only runs with this in their name, task, model or optimizer",
    unset: "all")

  static func run(_ arguments: Arguments) throws -> Int32 {
    let names = arguments.words.dropFirst()
    switch arguments.words.first {
    case nil: return try list(arguments)
    case "remove": return try remove(names, arguments)
    case "compare": return try compare(names, arguments)
    case let word?:
      let hint = Suggestion.hint(for: word, in: ["compare", "remove"])
      throw UsageError("runs: unknown action '\(word)'\(hint)")
    }
  }

  /// The path of a folder that is named by it, or by its name in the folder of runs; with `--in`,
  /// always by its name there.
  private static func path(_ name: String, _ arguments: Arguments) -> String {
    // What may not be looked at is there, too.
    !arguments.values.contains(folder) && (FileAccess.exists(name) || errno == EACCES)
      ? name : "\(arguments[folder])/\(name)"
  }

  private static func list(_ arguments: Arguments) throws -> Int32 {
    let path = arguments[folder]
    // The standard folder is made by the first run.
    guard FileAccess.item(at: path) == .folder || !arguments.values.contains(folder) else {
      let problem = FileAccess.exists(path) ? "is a file, not a folder" : "no such folder"
      throw TrainingError.inputOutput("\(path): \(problem)")
    }
    if FileAccess.exists(path), access(path, R_OK | X_OK) != 0 {
      throw TrainingError.inputOutput("\(path): cannot be read: \(FileAccess.systemErrorText)")
    }
    var (runs, problems) = RunListing.all(in: path)
    problems += ResultRemoval.remains(in: path).map {
      "\($0): its removal was ended; train runs remove deletes it with the next run here"
    }
    problems += ResultRemoval.unfinished(in: path).map {
      "\($0): its removal was ended; train runs remove \($0) ends it"
    }
    for problem in problems { Train.report("warning", problem) }
    if let text = arguments[filter] {
      runs.removeAll { run in
        ![run.path, run.task, run.model, run.optimizer].contains { $0.contains(text) }
      }
    }
    sortRuns(&runs, by: arguments[sort])
    if arguments[FitOptions.json] {
      try Console.standard.printJSON(runs)
    } else if runs.isEmpty {
      Console.standard.print("no runs in \(path)")
    } else {
      Console.standard.print(table(runs))
    }
    return 0
  }

  private static func sortRuns(_ runs: inout [RunListing], by order: Order) {
    switch order {
    case .name: break
    case .task: runs.sort { $0.task < $1.task }
    case .loss: runs.sort { $0.validationLoss ?? .infinity < $1.validationLoss ?? .infinity }
    case .accuracy: runs.sort { $0.validationAccuracy ?? -1 > $1.validationAccuracy ?? -1 }
    case .time: runs.sort { $0.modified > $1.modified }
    case .size: runs.sort { $0.bytes > $1.bytes }
    }
  }

  private static func table(_ runs: [RunListing]) -> String {
    TextTable.text(
      ["run", "task", "model", "optimizer", "steps", "loss", "accuracy", "written", "size"],
      runs.map { run in
        [
          run.path, run.task, outline(run.model), outline(run.optimizer),
          steps(run),
          run.validationLoss.map { Format.number($0) } ?? "-",
          run.validationAccuracy.map { Format.percentage($0) } ?? "-", date(run.modified),
          Format.count(Double(run.bytes)) + "B",
        ]
      })
  }

  private static func steps(_ run: RunListing) -> String {
    run.isDamaged ? "damaged" : String(run.steps) + (run.isFinished ? "" : " so far")
  }

  /// An expression without the settings of its entries: `lookahead(adamw)`.
  private static func outline(_ text: String) -> String {
    (try? OptimizerExpression(text).outline) ?? (try? ModelExpression(text).outline) ?? text
  }

  /// A time as `2026-05-01 14:03`, in the time zone of the system.
  private static func date(_ seconds: Int) -> String {
    var time = time_t(seconds)
    var parts = tm()
    localtime_r(&time, &parts)
    let pad = { (number: Int32) in number < 10 ? "0\(number)" : "\(number)" }
    return "\(parts.tm_year + 1900)-\(pad(parts.tm_mon + 1))-\(pad(parts.tm_mday))"
      + " \(pad(parts.tm_hour)):\(pad(parts.tm_min))"
  }

  private static func remove(_ names: ArraySlice<String>, _ arguments: Arguments) throws -> Int32 {
    guard !names.isEmpty else { throw UsageError("runs remove needs the names of runs") }
    // All of them are checked before the first is removed.
    let paths = names.map { path($0, arguments) }
    for path in paths where !ResultFolder.holdsResults(path) && !ResultRemoval.isUnfinished(path) {
      _ = try RunFolder(existing: path)
    }
    // A link, or a path such as `.`, cannot be removed as a folder: the one that it leads to is.
    let folders = paths.map(resolved)
    for index in folders.indices where folders[..<index].contains(folders[index]) {
      throw UsageError("runs remove: \(paths[index]) is given twice")
    }
    for parent in Set(folders.map(ResultRemoval.parent)) {
      ResultRemoval.deleteRemains(in: parent, except: folders)
    }
    var removals: [ResultRemoval] = []
    do {
      for (path, folder) in zip(paths, folders) {
        removals.append(try ResultRemoval(hiding: folder, named: path))
      }
    } catch {
      throw ResultRemoval.error(error, after: removals.reversed().flatMap { $0.undo() })
    }
    var failure: (any Error)?
    for (path, removal) in zip(paths, removals) {
      do {
        try removal.finish()
        let note = removal.rest.isEmpty ? "" : "; left \(removal.rest.joined(separator: ", "))"
        Console.standard.print("removed \(path)\(note)")
      } catch {
        failure = failure ?? error
      }
    }
    if let failure { throw failure }
    return 0
  }

  /// The path of a folder without links and dots.
  private static func resolved(_ path: String) -> String {
    guard let text = realpath(path, nil) else { return path }
    defer { free(text) }
    return String(cString: text)
  }

  /// Prints in what the configurations of some runs differ, and what came of it.
  private static func compare(_ names: ArraySlice<String>, _ arguments: Arguments) throws -> Int32 {
    guard names.count > 1 else {
      throw UsageError("runs compare needs the names of two runs or more")
    }
    let folders = try names.map { try RunFolder(existing: path($0, arguments)) }
    let runs = try folders.map { try RunListing($0) }
    let configurations = try folders.map {
      Dictionary(
        uniqueKeysWithValues: try ConfigurationFile.entries(ofFile: $0.configuration))
    }
    if arguments[FitOptions.json] {
      try Console.standard.printJSON(runs)
      return 0
    }
    let header = [""] + runs.map(\.path)
    let results = [
      ("steps", runs.map(steps)),
      (
        "validation loss",
        runs.map { $0.validationLoss.map { Format.number($0, digits: 5) } ?? "-" }
      ),
      (
        "validation accuracy",
        runs.map { $0.validationAccuracy.map { Format.percentage($0) } ?? "-" }
      ),
    ]
    let rows =
      ConfigurationDifferences(configurations).rows.map { ($0.name, $0.values.map { $0 ?? "-" }) }
      + results
    Console.standard.print(TextTable.text(header, rows.map { [$0.0] + $0.1 }))
    return 0
  }
}
