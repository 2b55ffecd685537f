import Training

/// `train` without a command: a first run.
///
/// It is `train fit spirals`, and takes the same options.
enum QuickStart {
  static let summary = "the quick start: trains on two spirals and shows the result"

  static func run(_ line: ArraySlice<String>) throws -> Int32 {
    var arguments = try Arguments(line, options: FitCommand.options.flatMap(\.options))
    guard !arguments.wantsHelp else {
      print(Train.help)
      return 0
    }
    if let word = arguments.words.first {
      throw UsageError(
        "unexpected argument '\(word)'; a command stands before its options")
    }
    arguments.words = [Spirals.name]
    return try FitCommand.run(arguments)
  }
}
