import Training
import Foundation

/// Standard output, and the properties of it that reports depend on.
struct Console: Sendable {
  /// Whether output goes to a terminal that understands control codes.
  let isTerminal: Bool
  /// The width of a line in characters.
  let width: Int

  /// The console of this process.
  static let standard: Console = {
    let environment = ProcessInfo.processInfo.environment
    let isTerminal = isatty(STDOUT_FILENO) == 1 && environment["TERM"] != "dumb"
    var size = winsize()
    let columns =
      isTerminal && ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
      ? Int(size.ws_col) : environment["COLUMNS"].flatMap { Int($0) } ?? 80
    return Console(isTerminal: isTerminal, width: min(max(columns, 40), 200))
  }()

  /// Writes text without buffering.
  func write(_ text: String) {
    try? FileHandle.standardOutput.write(contentsOf: Array(text.utf8))
  }
}
