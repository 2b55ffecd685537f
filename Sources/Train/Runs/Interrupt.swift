import CLibrary
import Synchronization

/// Catches Ctrl-C, so that a loop can finish its step and save; a second Ctrl-C ends the process.
enum Interrupt {
  /// Installs the signal handler.
  static func watch() {
    // Reading the counter initializes it before the handler, which may not allocate, uses it.
    guard !isRaised else { return }
    // A parent process may have blocked the signal, as worker threads of Dispatch do.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    signal(SIGINT) { _ in
      if pressCount.add(1, ordering: .relaxed).oldValue > 0 { _exit(ExitStatus.interrupted) }
    }
  }

  /// Whether Ctrl-C was pressed since ``watch()``.
  static var isRaised: Bool { pressCount.load(ordering: .relaxed) > 0 }
}

private let pressCount = Atomic(0)
