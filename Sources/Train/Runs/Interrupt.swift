import Training
import Foundation
import Synchronization

/// Notices Ctrl-C, so that a loop can finish its step and save; a second Ctrl-C ends the process.
enum Interrupt {
  /// The exit status of a process that Ctrl-C ended: 128 and the number of the signal.
  static let exitStatus: Int32 = 128 + SIGINT

  /// Takes over the signal from here on.
  static func watch() {
    // Reading the counter first makes it exist before the handler, which may not allocate, needs it.
    guard !isRaised else { return }
    signal(SIGINT) { _ in
      if pressCount.add(1, ordering: .relaxed).oldValue > 0 { _exit(Interrupt.exitStatus) }
    }
  }

  /// Whether Ctrl-C was pressed since ``watch()``.
  static var isRaised: Bool { pressCount.load(ordering: .relaxed) > 0 }
}

private let pressCount = Atomic(0)
