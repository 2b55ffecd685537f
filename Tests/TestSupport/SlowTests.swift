import Foundation
import Testing

extension Trait where Self == ConditionTrait {
  /// A condition for tests that take many seconds, which run only if `ADJOINT_SLOW_TESTS=1` is set.
  package static var slow: Self {
    .enabled(
      if: ProcessInfo.processInfo.environment["ADJOINT_SLOW_TESTS"] == "1",
      "slow; ADJOINT_SLOW_TESTS=1 runs it")
  }
}
