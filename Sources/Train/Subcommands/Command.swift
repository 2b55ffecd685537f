/// A subcommand: what it is called, what its help says, and what it does.
protocol Command: Sendable {
  static var name: String { get }
  /// The arguments in the help, such as `TASK [options]`.
  static var usage: String { get }
  static var summary: String { get }
  static var options: [OptionGroup] { get }
  /// Options that it does not take, but that a configuration file may contain.
  static var ignored: [any AnyOption] { get }
  /// Whether the first word names a task, whose options alone the help then shows.
  static var takesTask: Bool { get }
  /// The largest number of words besides the options.
  static var wordCount: Int { get }
  /// Whether several processes that `mpirun` started can share the work.
  static var usesWorkers: Bool { get }

  /// Runs the command and returns the exit status.
  static func run(_ arguments: Arguments) throws -> Int32
}

extension Command {
  static var ignored: [any AnyOption] { [] }
  static var takesTask: Bool { false }
  static var usesWorkers: Bool { false }

  /// The help: how the command is called, what it does, and its options; for a task, those that the
  /// task takes.
  static func help(task: String? = nil) -> String {
    var groups = options
    if takesTask, let task = task.flatMap(Tasks.named) {
      groups = groups.map { $0.without(FitOptions.foreign(to: task)) }
    }
    return Help.text(usage: "train \(name) \(usage)", summary: summary, groups: groups)
  }
}
