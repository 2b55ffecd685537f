import CLibrary
import Tensor

/// Signals that end the command at once, such as Ctrl-C where nothing is there to be saved.
enum TerminationSignals {
  /// Installs handlers that delete the files that are being written, and then let the signal end
  /// the process as usual.
  static func watch() {
    // The first call allocates, which the handler may not.
    TemporaryFiles.deleteAll()
    // For SIGQUIT, which Ctrl-\ sends, the Swift runtime would print a stack and go on.
    handle(endingSignals + [SIGQUIT]) { number in
      TemporaryFiles.deleteAll()
      signal(number, SIG_DFL)
      raise(number)
    }
    // A file above the limit of `ulimit -f` is an error of the call that writes it.
    signal(SIGXFSZ, SIG_IGN)
    // What is left of a mapped file that another program shortens ends at some page.
    signal(SIGBUS) { _ in
      TemporaryFiles.deleteAll()
      shortened.withUTF8Buffer { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
      _exit(ExitStatus.inputOutput)
    }
  }

  /// The signals that ask a process to end; SIGXCPU is that of `ulimit -S -t`.
  static let endingSignals = [SIGINT, SIGTERM, SIGHUP, SIGXCPU]

  /// Installs a handler of some signals.
  static func handle(_ numbers: [Int32], _ handler: @convention(c) (Int32) -> Void) {
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in numbers {
      sigaddset(&signals, number)
      // A signal that the parent process ignores, as nohup does, stays ignored.
      let previous = signal(number, handler)
      if unsafeBitCast(previous, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) {
        signal(number, SIG_IGN)
      }
    }
    // A parent process may have blocked them, as worker threads of Dispatch do.
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }
}

/// What is printed when a file loses the page that is read; a handler may not allocate.
private let shortened: StaticString =
  "train: error: a file that is read was shortened by another program\n"
