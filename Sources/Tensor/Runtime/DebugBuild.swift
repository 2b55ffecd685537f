@preconcurrency import CLibrary

/// Debug builds, in which neither Swift nor C is optimized.
package enum DebugBuild {
  /// Whether this is one.
  package static var isCurrent: Bool {
    #if DEBUG
      true
    #else
      false
    #endif
  }

  /// Says on standard error, once in a process and in debug builds alone, that training is slow;
  /// `ADJOINT_DEBUG_NOTE=0` suppresses it.
  package static func noteOnce() {
    #if DEBUG
      _ = note
    #endif
  }

  #if DEBUG
    private static let note: Void = {
      if Execution.environment("ADJOINT_DEBUG_NOTE") == "0" { return }
      fputs(
        "note: this is a debug build, which trains some 30 times slower; build with '-c release'"
          + " (ADJOINT_DEBUG_NOTE=0 hides this)\n", stderr)
    }()
  #endif
}
