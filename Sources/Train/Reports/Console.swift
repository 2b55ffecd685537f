import CLibrary
import Tensor
import Training

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

  /// Writes text without buffering; an error is thrown by ``finish()``, so that a full disk under
  /// the output does not end the training.
  func write(_ text: String) {
    do { try writeAll(Array(text.utf8), to: STDOUT_FILENO) } catch { hasFailed.set() }
  }

  /// Writes what `print` has buffered.
  ///
  /// - Throws: ``TrainingError`` of kind `inputOutput` if some of the output was not written.
  static func finish() throws {
    if fflush(nil) != 0 || hasFailed.isSet {
      throw TrainingError.inputOutput("standard output: cannot be written")
    }
  }
}

/// Whether a text could not be written.
private let hasFailed = Flag()
