/// `train` without a command: a first run.
///
/// It is `train fit spirals`, or `train fit` with the task of a preset or a configuration file, and
/// takes the same options.
enum QuickStart {
  static let summary = "the quick start: trains on two spirals and shows the result"

  static func run(_ line: ArraySlice<String>) throws -> Int32 {
    let options = FitCommand.options.flatMap(\.options)
    let typed = try Arguments(line, options: options)
    guard !typed.wantsHelp else {
      Console.standard.print(Train.help)
      return 0
    }
    if let word = typed.words.first {
      throw UsageError("unexpected argument '\(word)'; a command stands before its options")
    }
    var arguments = try Arguments.reading(line, options: options)
    if arguments.words.isEmpty { arguments.words = [Spirals.name] }
    return try FitCommand.run(arguments)
  }
}
