import CLibrary
import Synchronization
import Tensor

/// Catches the signals that ask the process to end (Ctrl-C, `SIGTERM` of `kill` and of schedulers,
/// `SIGHUP` of a closed terminal), so that a loop can finish its step and save; a second one ends
/// the process at once.
enum Interrupt {
  /// Installs the signal handlers.
  static func watch() {
    // Reading the number initializes it before the handler, which may not allocate, uses it.
    guard !isRaised else { return }
    TerminationSignals.handle { number in
      guard
        !firstSignal.compareExchange(expected: 0, desired: number, ordering: .relaxed).exchanged
      else { return }
      TemporaryFiles.deleteAll()
      _exit(128 + number)
    }
  }

  /// Whether a signal arrived since ``watch()``.
  static var isRaised: Bool { firstSignal.load(ordering: .relaxed) != 0 }

  /// The exit status of a command that a signal ended, as in a shell: 128 plus its number, which is
  /// 130 for Ctrl-C.
  static var exitStatus: Int32 { 128 + max(signal, adopted.load(ordering: .relaxed)) }

  /// The number of the first signal, or 0.
  static var signal: Int32 { firstSignal.load(ordering: .relaxed) }

  /// Takes over the signal that another worker got, for the exit status.
  static func adopt(_ number: Int32) { adopted.store(number, ordering: .relaxed) }
}

private let adopted = Atomic<Int32>(0)

private let firstSignal = Atomic<Int32>(0)
