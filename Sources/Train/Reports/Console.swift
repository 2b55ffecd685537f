import CLibrary
import Tensor

/// Standard output, and the properties of it that reports depend on.
struct Console: Sendable {
  /// Whether output goes to a terminal that understands control codes.
  let isTerminal: Bool
  /// The width of a line in characters.
  let width: Int

  /// The console of this process.
  static let standard: Console = {
    let environment = { (name: String) in getenv(name).map { String(cString: $0) } }
    let isTerminal = isatty(STDOUT_FILENO) == 1 && environment("TERM") != "dumb"
    var size = winsize()
    let columns =
      isTerminal && ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
      ? Int(size.ws_col) : environment("COLUMNS").flatMap { Int($0) } ?? 80
    return Console(isTerminal: isTerminal, width: min(max(columns, 40), 200))
  }()

  /// Writes text without buffering.
  func write(_ text: String) {
    try? writeAll(Array(text.utf8), to: STDOUT_FILENO)
  }
}
