import Training

/// The command line as data: what completions and the manual page are written from.
struct CommandLineTable: Sendable {
  /// A subcommand.
  struct Entry: Sendable {
    let name: String
    let usage: String
    let summary: String
    let groups: [OptionGroup]
    let takesTask: Bool

    /// The options, each name once.
    var options: [any AnyOption] {
      var names = Set<String>()
      return groups.flatMap(\.options).filter { names.insert($0.name).inserted }
    }
  }

  let entries: [Entry]
  let tasks: [String]

  /// The table of the command.
  static var standard: CommandLineTable {
    CommandLineTable(
      entries: Train.commands.map {
        Entry(
          name: $0.name, usage: $0.usage, summary: $0.summary, groups: $0.options,
          takesTask: $0.takesTask)
      },
      tasks: Tasks.all.map { $0.name })
  }
}

extension AnyOption {
  /// The words to complete the value with: its choices, or the names of a catalog.
  var completions: [String] { kind.choices }

  /// Whether the value is the path of a file or folder.
  var takesPath: Bool { ["FILE", "FOLDER", "PATH"].contains(placeholder ?? "") }
}
