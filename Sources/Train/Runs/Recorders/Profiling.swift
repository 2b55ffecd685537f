import Autograd
import CLibrary
import Tensor
import Training

/// The option `--profile`: where the time of a command goes, by operation.
enum Profiling {
  /// Declared apart from ``FitOptions``, because it belongs to a session and not to a run.
  static let option = Option(
    "profile", .flag, "print the time of each operation; a trace goes to profile.json",
    default: false)

  /// Runs `body`; if the option is given, prints the table of its operations to standard error, and
  /// writes their trace.
  ///
  /// The table and the trace are also those of a `body` that throws.
  ///
  /// - Parameters:
  ///   - arguments: The arguments of the command.
  ///   - path: The file of the trace.
  ///   - body: What to measure.
  /// - Returns: The result of `body`.
  /// - Throws: What `body` throws, or ``TrainingError`` for a trace that cannot be written.
  static func run<Result>(
    _ arguments: Arguments, trace path: @autoclosure () -> String, _ body: () throws -> Result
  ) throws -> Result {
    guard arguments[option] else { return try body() }
    var outcome: Swift.Result<Result, any Error>?
    let profile = profiled { outcome = Swift.Result { try body() } }
    guard let outcome else { fail("profile: nothing was measured") }
    let path = path()
    var text = "\(profile.table)\n"
    do {
      try profile.writeChromeTrace(to: path)
      text += "trace  \(path)\n"
    } catch {
      // An error of the command itself matters more.
      _ = try outcome.get()
      throw TrainingError(error)
    }
    try? writeAll(Array(text.utf8), to: STDERR_FILENO)
    return try outcome.get()
  }

  /// The file of the trace of a command that reads a model: in the folder of the run, or in the
  /// working folder for a model in a single file.
  static func tracePath(ofModel path: String, _ command: any Command.Type) -> String {
    let name = "profile-\(command.name).json"
    return FileAccess.item(at: path) == .folder ? "\(path)/\(name)" : name
  }
}
