import Foundation
import Testing

extension Trait where Self == ConditionTrait {
  /// For a test that takes many seconds: it runs only where `ADJOINT_SLOW_TESTS=1` is set.
  package static var slow: Self {
    .enabled(
      if: ProcessInfo.processInfo.environment["ADJOINT_SLOW_TESTS"] == "1",
      "slow; ADJOINT_SLOW_TESTS=1 runs it")
  }
}
