import Training

/// `train completions SHELL`: completions of the command line, or the manual page.
enum CompletionsCommand: Command {
  static let name = "completions"
  static let usage = "bash|zsh|fish"
  static let summary = "prints completions for a shell; source <(train completions bash) loads them"
  static let options: [OptionGroup] = []
  static let wordCount = 1

  static func run(_ arguments: Arguments) throws -> Int32 {
    let names = Completions.Shell.allCases.map(\.rawValue)
    guard let word = arguments.words.first else {
      throw UsageError("completions needs a shell: \(names.joined(separator: ", "))")
    }
    guard let shell = Completions.Shell(rawValue: word) else {
      throw UsageError("unknown shell '\(word)'\(Suggestion.hint(for: word, in: names))")
    }
    Console.standard.pass(Completions.script(for: shell, .standard))
    return 0
  }
}
