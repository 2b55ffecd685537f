import Optim
import Training

/// A length of time, as one types it: `90s`, `10m`, `1h30m`.
struct TimeSpan: Sendable, Equatable {
  /// The text as it was given.
  let text: String
  /// The length in seconds.
  let seconds: Double

  /// Reads numbers with the units h, m and s, the larger first; nil for other text.
  init?(_ text: String) {
    let units: [(name: Character, seconds: Double)] = [("h", 3600), ("m", 60), ("s", 1)]
    var (rest, seconds) = (text[...], 0.0)
    for unit in units {
      guard let end = rest.firstIndex(of: unit.name) else { continue }
      guard let number = Double(decimal: rest[..<end]), number >= 0 else { return nil }
      seconds += number * unit.seconds
      rest = rest[rest.index(after: end)...]
    }
    guard rest.isEmpty, seconds > 0, seconds.isFinite else { return nil }
    (self.text, self.seconds) = (text, seconds)
  }
}

extension ValueKind<TimeSpan> {
  /// A length of time with its units.
  static var timeSpan: Self {
    Self("TIME", "a time such as 90s, 10m or 1h30m", json: { .string($0.text) }) { TimeSpan($0) }
  }
}

/// How often a run writes a checkpoint.
enum CheckpointPeriod: Sendable, Equatable {
  /// After so many steps.
  case steps(Int)
  /// After a step, when so much time has passed.
  case time(TimeSpan)
}

extension ValueKind<CheckpointPeriod> {
  /// A number of steps, or a length of time with its units.
  static var checkpointPeriod: Self {
    Self(
      "N|TIME", "a whole number of steps of at least 1, or a time such as 30s or 10m",
      json: {
        switch $0 {
        case .steps(let steps): .integer(Int64(steps))
        case .time(let span): .string(span.text)
        }
      }
    ) { text in
      if let steps = Int(decimal: text) { return steps >= 1 ? .steps(steps) : nil }
      return TimeSpan(text).map { .time($0) }
    }
  }
}
