import Optim

/// Evaluations that workers with equal models share: each computes some parts, and all get the
/// same result, bit for bit that of one worker.
package enum SharedEvaluation {
  @TaskLocal private static var workers: any Communicator = OneWorker()

  /// Runs an evaluation, which all workers call.
  package static func run<Result>(on workers: any Communicator, _ body: () -> Result) -> Result {
    $workers.withValue(workers, operation: body)
  }

  /// Returns the values of all parts of an evaluation, in order.
  ///
  /// - Parameters:
  ///   - count: The number of parts.
  ///   - values: Returns the values of a part, as many for each.
  /// - Returns: The same for all workers.
  static func values(ofParts count: Int, _ values: (Int) -> [Double]) -> [[Double]] {
    let workers = workers
    guard workers.size > 1, count > 1 else { return (0..<count).map(values) }
    let own = (count * workers.rank / workers.size..<count * (workers.rank + 1) / workers.size)
      .flatMap(values)
    let all = workers.gather(own.withUnsafeBytes { Array($0) }).flatMap { bytes in
      bytes.withUnsafeBytes { bytes in
        stride(from: 0, to: bytes.count, by: MemoryLayout<Double>.stride).map {
          bytes.loadUnaligned(fromByteOffset: $0, as: Double.self)
        }
      }
    }
    let width = all.count / count
    // Only a group that was stopped has others.
    guard width > 0, all.count == width * count else { return (0..<count).map(values) }
    return (0..<count).map { Array(all[$0 * width..<($0 + 1) * width]) }
  }
}
