import CLibrary
import Tensor

/// Signals that end the command at once, such as Ctrl-C where nothing is there to be saved.
enum TerminationSignals {
  /// Installs handlers that delete the files that are being written, and then let the signal end
  /// the process as usual.
  static func watch() {
    // The first call allocates, which the handler may not.
    TemporaryFiles.deleteAll()
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGINT, SIGTERM, SIGHUP] {
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

  private static let handler: @convention(c) (Int32) -> Void = { number in
    TemporaryFiles.deleteAll()
    signal(number, SIG_DFL)
    raise(number)
  }
}
