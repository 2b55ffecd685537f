import CLibrary
import Synchronization
import Tensor
import Training

/// Catches the signals that ask the process to end (Ctrl-C, `SIGTERM` of `kill` and of schedulers,
/// `SIGHUP` of a closed terminal, `SIGXCPU` of a limit of processor time), so that a loop can
/// finish its step and save; a second one ends the process at once, but for `SIGXCPU`, which comes
/// again after each second of the processor until the hard limit.
enum Interrupt {
  /// Installs the signal handlers.
  static func watch() {
    // Reading the number initializes it before the handler, which may not allocate, uses it.
    guard !isRaised else { return }
    if Workers.launchedRank > 0 {
      // Worker 0 speaks for all.
      signal(SIGALRM, SIG_IGN)
    } else {
      signal(SIGALRM) { _ in
        guard Interrupt.isRaised else { return }
        // The interrupted code may be about to read it.
        let number = errno
        defer { errno = number }
        // The progress on a terminal, or ^C, has no line break yet.
        if isatty(STDERR_FILENO) == 1 { _ = write(STDERR_FILENO, "\n", 1) }
        notice.withUTF8Buffer { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
      }
    }
    TerminationSignals.handle(TerminationSignals.endingSignals) { number in
      guard
        !firstSignal.compareExchange(expected: 0, desired: number, ordering: .relaxed).exchanged
      else {
        // A step or an evaluation that takes longer says that it was heard. The timer is
        // ITIMER_REAL, whose type differs between C libraries.
        var timer = itimerval()
        timer.it_value.tv_usec = 700_000
        setitimer(0, &timer, nil)
        return
      }
      if number == SIGXCPU { return }
      TemporaryFiles.deleteAll()
      _exit(128 + number)
    }
  }

  /// Whether a signal arrived since ``watch()``.
  static var isRaised: Bool { firstSignal.load(ordering: .relaxed) != 0 }

  /// Ends the wait for what was being done when the signal arrived.
  static func isHeeded() {
    var timer = itimerval()
    setitimer(0, &timer, nil)
  }

  /// The exit status of a command that a signal ended, as in a shell: 128 plus its number, which is
  /// 130 for Ctrl-C.
  static var exitStatus: Int32 { 128 + max(received, adopted.load(ordering: .relaxed)) }

  /// The number of the first signal, or 0.
  static var received: Int32 { firstSignal.load(ordering: .relaxed) }

  /// Takes over the signal that one of the workers got, for the exit status.
  ///
  /// - Parameter signals: What each of them ``received``.
  static func adopt(from signals: [Int32]) {
    if let signal = signals.max(), signal > 0 { adopted.store(signal, ordering: .relaxed) }
  }
}

private let adopted = Atomic<Int32>(0)

private let firstSignal = Atomic<Int32>(0)
/// What is printed if the process cannot end soon; a handler may not allocate.
private let notice: StaticString =
  "train: finishing what was begun, then saving; Ctrl-C again ends it at once\n"
