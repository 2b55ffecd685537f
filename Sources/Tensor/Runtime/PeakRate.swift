import CKernels

/// Measures the fastest rate of float32 multiply-adds on the calling thread, in floating-point
/// operations a second: the limit of every kernel of an instruction set.
///
/// - Parameters:
///   - set: The instruction set.
///   - seconds: The time to measure for.
package func peakRate(_ set: InstructionSet, seconds: Double = 0.05) -> Double {
  guard let kernels = set.kernels else { return .nan }
  let probe = ck_probe(kernels)!
  var sink: Float = 0
  let clock = ContinuousClock()
  var best = 0.0
  let start = clock.now
  // The best of short pieces: a processor takes a moment to reach its speed.
  while start.duration(to: clock.now) < .seconds(seconds) {
    let before = clock.now
    let operations = probe(100_000, &sink)
    let time = before.duration(to: clock.now) / .seconds(1)
    best = Swift.max(best, operations / time)
  }
  return best
}
