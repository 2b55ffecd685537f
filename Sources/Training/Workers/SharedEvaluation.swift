import Optim

/// Evaluations whose parts are computed one after another, so that they can be stopped in between,
/// and that workers with equal models share: each computes some parts, and all get the same
/// result, bit for bit that of one worker.
package enum SharedEvaluation {
  @TaskLocal private static var progress = Progress(workers: OneWorker()) { false }

  /// Runs an evaluation, which all workers call.
  package static func run<Result>(on workers: any Communicator, _ body: () -> Result) -> Result {
    $progress.withValue(Progress(workers: workers) { false }, operation: body)
  }

  /// Runs an evaluation, which all workers call, to its end or until one of them is to stop.
  ///
  /// - Parameters:
  ///   - workers: The workers; by default this one alone.
  ///   - isStopped: Returns whether this worker is to stop; called between parts.
  ///   - body: The evaluation. After a stop it gets values that it could have computed, but did
  ///     not.
  /// - Returns: The result, or `nil` for all workers if it was stopped.
  package static func run<Result>(
    on workers: any Communicator = OneWorker(), until isStopped: () -> Bool, _ body: () -> Result
  ) -> Result? {
    withoutActuallyEscaping(isStopped) { isStopped in
      let progress = Progress(workers: workers, isToStop: isStopped)
      let result = $progress.withValue(progress, operation: body)
      return progress.isStopped ? nil : result
    }
  }

  /// Returns the values of all parts of an evaluation, in order.
  ///
  /// - Parameters:
  ///   - count: The number of parts.
  ///   - values: Returns the values of a part, as many for each.
  /// - Returns: The same for all workers.
  static func values(ofParts count: Int, _ values: (Int) -> [Double]) -> [[Double]] {
    let progress = progress
    let workers = progress.workers
    guard workers.size > 1, count > 1 else { return progress.values(of: 0..<count, values) }
    let own = count * workers.rank / workers.size..<count * (workers.rank + 1) / workers.size
    var message = progress.values(of: own, values).flatMap(\.self)
    message.append(progress.isStopped ? 1 : 0)
    var all: [Double] = []
    for bytes in workers.gather(message.withUnsafeBytes { Array($0) }) {
      all += bytes.withUnsafeBytes { bytes in
        stride(from: 0, to: bytes.count, by: MemoryLayout<Double>.stride).map {
          bytes.loadUnaligned(fromByteOffset: $0, as: Double.self)
        }
      }
      if all.popLast() == 1 { progress.stop() }
    }
    let width = all.count / count
    // Only a group that was stopped has others.
    guard width > 0, all.count == width * count else { return (0..<count).map(values) }
    return (0..<count).map { Array(all[$0 * width..<($0 + 1) * width]) }
  }
}

/// An evaluation that runs, as one of its workers sees it.
private final class Progress: @unchecked Sendable {
  // Unchecked because of the closure, which only the thread of the evaluation calls.

  let workers: any Communicator
  private(set) var isStopped = false
  private let isToStop: () -> Bool

  init(workers: any Communicator, isToStop: @escaping () -> Bool) {
    self.workers = workers
    self.isToStop = isToStop
  }

  func stop() { isStopped = true }

  /// The values of some parts; after a stop those of the first one in place of the others.
  func values(of parts: Range<Int>, _ values: (Int) -> [Double]) -> [[Double]] {
    var all: [[Double]] = []
    for part in parts {
      if !all.isEmpty, !isStopped { isStopped = isToStop() }
      all.append(isStopped && !all.isEmpty ? all[0] : values(part))
    }
    return all
  }
}
