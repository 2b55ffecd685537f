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

  /// Whether a row is to be timed; rows check it before they create their data.
  func wants(_ name: String) -> Bool { only.isEmpty || name.contains(only) }

  /// Times `body`: two calls to warm up, one to choose the number of repetitions, then the median
  /// of five samples.
  ///
  /// `work` is the work of one call, as a multiple of the unit without its "per second"; without it
  /// the row's value is its time. A call that repeats what is timed says how many times.
  func row(
    _ name: String, work: Double? = nil, unit: String = "s", minimumTime: Double = 0.4,
    repeats: Int = 1, _ body: () -> Void
  ) {
    guard wants(name) else { return }
    let tripBefore = roundTrip()
    body()
    body()
    let samples = 5
    let once = max(seconds(of: 1, body), 1e-7)
    let repetitions = max(1, Int(minimumTime / Double(samples) / once))
    let times = (0..<samples).map { _ in seconds(of: repetitions, body) / Double(repetitions) }
    let median = times.sorted()[samples / 2] / Double(repeats)
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

  /// The seconds that a number takes from one processor to another and back, if there are two: four
  /// times as many where they share no third-level cache, and so do operations that read what
  /// another thread wrote.
  private func roundTrip() -> Double? {
    guard ProcessInfo.processInfo.activeProcessorCount > 1 else { return nil }
    let trips = 2000
    let turn = Atomic<Int>(0)
    let pass = {
      turn.store(0, ordering: .releasing)
      DispatchQueue.concurrentPerform(iterations: 2) { side in
        for trip in 0..<trips {
          while turn.load(ordering: .acquiring) != 2 * trip + side {}
          turn.store(2 * trip + side + 1, ordering: .releasing)
        }
      }
    }
    return (0..<3).map { _ in seconds(of: 1, pass) / Double(trips) }.min()
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
