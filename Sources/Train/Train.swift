import CLibrary
import Tensor
import Training

/// The `train` command: finds the subcommand, and turns errors into a line and an exit status.
@main
enum Train {
  static let version = "0.1.0"
  static let commands: [any Command.Type] = [
    FitCommand.self, CompareCommand.self, SweepCommand.self, FindRateCommand.self,
    ResumeCommand.self,
    EvaluateCommand.self, PredictCommand.self, ReportCommand.self, ExportCommand.self,
    SampleCommand.self, RaceCommand.self, RunsCommand.self, GradcheckCommand.self,
    DoctorCommand.self,
    ListCommand.self, CompletionsCommand.self, ManCommand.self,
  ]

  static func main() {
    Console.occupyClosedStreams()
    TerminationSignals.watch()
    do {
      if let problem = Execution.environmentProblem { throw UsageError(problem) }
      try checkCommandLine()
      let status = try run(CommandLine.arguments.dropFirst())
      try Console.finish()
      exit(status)
    } catch {
      // Worker 0 reports an error that all workers have, and ends them, for which they must have
      // joined it; some launchers do so by a signal that is caught.
      let rank = Workers.launchedRank
      if rank == 0 { report("error", "\(error)") }
      _ = Workers.problem
      if rank > 0 {
        sleep(2)
        if !Interrupt.isRaised { report("error", "worker \(rank): \(error)") }
      }
      Workers.end(status: ExitStatus.of(error))
    }
  }

  /// Checks that the words of the command line are text, so that none names another file than the
  /// one that was meant.
  private static func checkCommandLine() throws {
    for (index, text) in CommandLine.arguments.enumerated() {
      guard let word = CommandLine.unsafeArgv[index] else { break }
      guard String(validatingCString: word) != nil else {
        throw UsageError("argument \(index), '\(text)', is not valid UTF-8")
      }
    }
  }

  private static func run(_ line: ArraySlice<String>) throws -> Int32 {
    switch line.first {
    case "help":
      guard let name = line.dropFirst().first else { return printed(help) }
      return try run(name, line.dropFirst(2) + ["--help"])
    case "--help", "-h": return printed(help)
    case "--version": return printed("train \(version)")
    case let first? where !first.hasPrefix("-"):
      return try run(first, line.dropFirst())
    default:
      return try QuickStart.run(line)
    }
  }

  private static func run(_ name: String, _ line: ArraySlice<String>) throws -> Int32 {
    guard let command = commands.first(where: { $0.name == name }) else {
      let names = commands.map { $0.name }
      throw UsageError("unknown command '\(name)'\(Suggestion.hint(for: name, in: names))")
    }
    let arguments = try Arguments.reading(
      line, options: command.options.flatMap(\.options), ignoring: command.ignored)
    guard !arguments.wantsHelp else {
      return printed(command.help(task: arguments.words.first))
    }
    guard arguments.words.count <= command.wordCount else {
      throw UsageError("unexpected argument '\(arguments.words[command.wordCount])'")
    }
    if let problem = Workers.problem { throw problem }
    guard command.usesWorkers || Workers.current.size == 1 else {
      let names = commands.filter { $0.usesWorkers }.map { $0.name }.joined(separator: ", ")
      throw UsageError("\(name) is the work of one process; mpirun can start \(names)")
    }
    return try command.run(arguments)
  }

  private static func printed(_ text: String) -> Int32 {
    if Workers.launchedRank == 0 { Console.standard.print(text) }
    return 0
  }

  /// The command line of this process, as one would type it in a shell.
  static var commandLine: String {
    let words = CommandLine.arguments.dropFirst().map { word in
      let isPlain = word.allSatisfy { $0.isLetter || $0.isNumber || "-_./,=:+".contains($0) }
      if isPlain && !word.isEmpty { return word }
      let parts = word.split(separator: "'", omittingEmptySubsequences: false)
      return "'" + parts.joined(separator: "'\\''") + "'"
    }
    return (["train"] + words).joined(separator: " ")
  }

  /// Prints a message of a kind, such as an error, as one line to standard error.
  static func report(_ kind: String, _ message: String) {
    let line = PrintableText.text(
      PrintableText.inLine("train: \(kind): \(message)"), isUnicode: Console.standard.isUnicode)
    try? writeAll(Array((line + "\n").utf8), to: STDERR_FILENO)
  }

  static var help: String {
    let width = commands.reduce(0) { max($0, "\($1.name) \($1.usage)".count) }
    let rows = commands.map { command in
      "  train "
        + Format.padded("\(command.name) \(command.usage)", to: width) + "  \(command.summary)"
    }
    return """
      Trains small models from the command line.

        train \(Format.padded("", to: width))  \(QuickStart.summary)
      \(rows.joined(separator: "\n"))

      train help COMMAND lists the options of a command, train help fit csv those of a task.
      Options come from the command line, then from --config, then from --preset; what none of them
      says has a default that suits task, model and data.
      Exit status: 0 done, 64 bad usage, 65 bad data, 70 training failed, 74 input or output failed,
      128 + N ended by signal N, as 130 by Ctrl-C.

      examples:
        train fit csv --data iris.csv --target species
        train fit spirals --optimizer sgd --lookahead --steps 2000 --seed 1
        train compare csv --data iris.csv --target species --optimizers sgd,adamw,"lookahead(adamw)"
        train sweep moons --over "learning-rate=log(1e-4,1e-1) hidden=choice(16,32-32)"
        train resume runs/spirals-1
        train fit text --data book.txt --preset nano-gpt --name book
        train sample runs/book --prompt "Once upon a time"
        train predict runs/csv-1 --data new.csv --out predictions.csv
      """
  }
}
