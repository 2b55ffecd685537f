import CLibrary
import Synchronization
import Tensor

/// Catches Ctrl-C, so that a loop can finish its step and save; a second Ctrl-C ends the process.
enum Interrupt {
  /// Installs the signal handler.
  static func watch() {
    // Reading the counter initializes it before the handler, which may not allocate, uses it.
    guard !isRaised else { return }
    signal(SIGINT) { _ in
      guard pressCount.add(1, ordering: .relaxed).oldValue > 0 else { return }
      TemporaryFiles.deleteAll()
      _exit(ExitStatus.interrupted)
    }
  }

  /// Whether Ctrl-C was pressed since ``watch()``.
  static var isRaised: Bool { pressCount.load(ordering: .relaxed) > 0 }
}

private let pressCount = Atomic(0)
