import Adjoint
import Dispatch
import Foundation
import Synchronization

/// One line of the report.
struct Row: Encodable {
  let name: String
  /// The median time of a repetition.
  let seconds: Double
  let unit: String
  /// The work per second in `unit`, or the time.
  let value: Double
  /// The greatest resident set of the process so far, in bytes: that of the row if the process
  /// times no other.
  let peak: Int
  /// The longer of the round trips between two processors before and after the row, in seconds.
  let roundTrip: Double?
}

/// Times rows and prints each as a line with a JSON object.
struct Measurement {
  /// The text that the name of a row must contain for the row to be timed.
  var only = ""
  var threads: Int?

  /// Whether a row is to be timed; rows check it before they create their data.
  func wants(_ name: String) -> Bool { only.isEmpty || name.contains(only) }

  /// Times `body`: two calls to warm up, one to choose the number of repetitions, then the median
  /// of five samples.
  ///
  /// `work` is the work of one call, as a multiple of the unit without its "per second"; without it
  /// the row's value is its time.
  func row(
    _ name: String, work: Double? = nil, unit: String = "s", minimumTime: Double = 0.4,
    _ body: () -> Void
  ) {
    guard wants(name) else { return }
    let tripBefore = roundTrip()
    body()
    body()
    let samples = 5
    let once = max(seconds(of: 1, body), 1e-7)
    let repetitions = max(1, Int(minimumTime / Double(samples) / once))
    let times = (0..<samples).map { _ in seconds(of: repetitions, body) / Double(repetitions) }
    let median = times.sorted()[samples / 2]
    let row = Row(
      name: name, seconds: median, unit: unit, value: work.map { $0 / median } ?? median,
      peak: peakResidentBytes,
      roundTrip: tripBefore.flatMap { before in roundTrip().map { max(before, $0) } })
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    if let line = try? encoder.encode(row) {
      FileHandle.standardOutput.write(line + Data("\n".utf8))
    }
  }

  /// Times a training step: loss, gradients and AdamW.
  func step<Model: Module>(
    _ name: String, _ model: Model, examples: Int, _ loss: (Model) -> Tensor
  ) {
    let parameters = model.parameters
    let optimizer = AdamW(parameters)
    row(name, work: Double(examples), unit: "samples/s", minimumTime: 1) {
      let (_, gradients) = valueWithGradients(for: parameters) { loss(model) }
      optimizer.step(gradients)
    }
  }

  /// The seconds that a number takes from one processor to another and back, or `nil` if there are
  /// no two, or they do not run at once.
  ///
  /// It takes four times as long where they share no third-level cache; operations that read what
  /// another thread wrote are slower then too.
  private func roundTrip() -> Double? {
    guard threads != 1, ProcessInfo.processInfo.activeProcessorCount > 1 else { return nil }
    // Both sides run after the first trips.
    let (first, end) = (200, 4200)
    let turn = Atomic<Int>(0)
    let nanoseconds = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: 2) { side in
      let clock = ContinuousClock()
      let begin = clock.now
      var start = begin
      for trip in 0..<end {
        if trip == first { start = clock.now }
        var rounds = 0
        while turn.load(ordering: .acquiring) != 2 * trip + side {
          rounds += 1
          if rounds % 10_000 == 0, clock.now - begin > .milliseconds(20) { return }
        }
        turn.store(2 * trip + side + 1, ordering: .releasing)
      }
      if side == 0 {
        let time = (clock.now - start).components.attoseconds / 1_000_000_000
        nanoseconds.store(Int(time), ordering: .releasing)
      }
    }
    let time = nanoseconds.load(ordering: .acquiring)
    return time > 0 ? Double(time) * 1e-9 / Double(end - first) : nil
  }

  private func seconds(of repetitions: Int, _ body: () -> Void) -> Double {
    let duration = ContinuousClock().measure { for _ in 0..<repetitions { body() } }
    return Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
  }

  private var peakResidentBytes: Int {
    var usage = rusage()
    #if canImport(Darwin)
      getrusage(RUSAGE_SELF, &usage)
      return usage.ru_maxrss
    #else
      getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
      return usage.ru_maxrss * 1024
    #endif
  }
}
