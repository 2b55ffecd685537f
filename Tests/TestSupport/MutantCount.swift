import Foundation

/// How many damaged files of each kind the slow tests read.
package enum MutantCount {
  /// 5000, or what the environment variable `ADJOINT_MUTANTS` says.
  package static var value: Int {
    ProcessInfo.processInfo.environment["ADJOINT_MUTANTS"].flatMap { Int($0) } ?? 5000
  }
}
