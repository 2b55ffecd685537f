import CLibrary
import Tensor
import Training

/// Standard output, and the properties of it that reports depend on.
///
/// All reports go through it, so that no control character of data, of a file or of an option
/// reaches a terminal.
struct Console: Sendable {
  /// Whether output goes to a terminal that understands control codes.
  let isTerminal: Bool
  /// Whether characters beyond ASCII can be shown.
  let isUnicode: Bool

  /// The console of this process.
  static let standard = Console(
    isTerminal: isatty(STDOUT_FILENO) == 1 && environment("TERM") != "dumb",
    isUnicode: isUnicode(environment))

  private static func environment(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }

  /// Whether the locale, as the first variable that is set decides it, writes UTF-8.
  static func isUnicode(_ environment: (String) -> String?) -> Bool {
    let name = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap(environment).first { !$0.isEmpty }
    let encoding = (name ?? "C").lowercased()
    return encoding.contains("utf-8") || encoding.contains("utf8")
  }

  /// The width of a line in characters, which changes with the terminal's.
  var width: Int {
    var size = winsize()
    let columns =
      isTerminal && ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
      ? Int(size.ws_col) : Self.environment("COLUMNS").flatMap { Int($0) } ?? 80
    return min(max(columns, 20), 200)
  }

  /// Writes text without buffering, on a terminal with lines that are broken between words; an
  /// error is thrown by ``finish()``, so that a full disk under the output does not end the
  /// training.
  func write(_ text: String) {
    let shown = PrintableText.text(text, isUnicode: isUnicode)
    put(isTerminal ? PrintableText.wrapped(shown, to: width) : shown)
  }

  /// Writes a line in place of the one that was shown last.
  func overwrite(_ line: String) {
    // A carriage return, the text, and the control code that clears the rest of the line.
    put("\r" + PrintableText.text(line, isUnicode: isUnicode) + "\u{1B}[K")
  }

  /// Writes a text and a line break.
  func print(_ text: String) { write(text + "\n") }

  /// Writes a value as JSON, in which numbers that are not finite are strings.
  func printJSON(_ value: some Encodable) throws {
    put(PrintableText.json(try JSONText.encode(value), isUnicode: isUnicode) + "\n")
  }

  /// Writes a text that keeps its lines: as it is, or without control characters on a terminal.
  func pass(_ text: String) {
    put(isatty(STDOUT_FILENO) == 1 ? PrintableText.text(text, isUnicode: true) : text)
  }

  private func put(_ text: String) {
    do { try writeAll(Array(text.utf8), to: STDOUT_FILENO) } catch { hasFailed.set() }
  }

  /// Occupies the descriptors of standard streams that the process was started without, so that no
  /// file gets one of them, and messages with it.
  ///
  /// Writing to the output that takes the place of a closed one fails, as it would without.
  static func occupyClosedStreams() {
    for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO]
    where fcntl(descriptor, F_GETFD) < 0 {
      // The lowest free number is this one, because those below are in use.
      _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
  }

  /// Checks that everything was written.
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
