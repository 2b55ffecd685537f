/// How far a run has come.
public struct TrainingProgress: Sendable {
  /// The steps taken.
  public var step: Int
  /// The most steps that will be taken.
  public var totalSteps: Int
  /// The mean loss of the steps since the last evaluation.
  public var loss: Double
  /// The validation loss of the last evaluation, if there was one.
  public var validationLoss: Double?
  /// The validation accuracy of the last evaluation of a classification.
  public var validationAccuracy: Double?
  /// Training examples a second, over this session.
  public var samplesPerSecond: Double
  /// The seconds that the remaining steps take at this rate.
  public var secondsLeft: Double

  /// Progress from its parts.
  package init(
    step: Int, totalSteps: Int, loss: Double, validationLoss: Double? = nil,
    validationAccuracy: Double? = nil, samplesPerSecond: Double, secondsLeft: Double
  ) {
    self.step = step
    self.totalSteps = totalSteps
    self.loss = loss
    self.validationLoss = validationLoss
    self.validationAccuracy = validationAccuracy
    self.samplesPerSecond = samplesPerSecond
    self.secondsLeft = secondsLeft
  }
}

/// Shows progress: a bar that is redrawn on a terminal, and a line now and then elsewhere.
package final class ProgressDisplay {
  private let console: Console
  private let clock = ContinuousClock()
  private var last: ContinuousClock.Instant?
  private var lastTenth = 0
  private var isBarShown = false

  /// A display on a console.
  package init(console: Console) {
    self.console = console
  }

  /// Shows progress, unless it was shown a moment ago.
  package func update(_ progress: TrainingProgress) {
    let now = clock.now
    if console.isTerminal {
      if let last, now - last < .milliseconds(100), progress.step < progress.totalSteps { return }
      last = now
      isBarShown = true
      // Back to the start of the line, and erase what the new text does not cover.
      console.write("\r" + Self.bar(progress, width: console.width - 1) + "\u{1B}[K")
    } else {
      // Ten lines in a run, and one every ten seconds in a long one.
      let tenth = progress.step * 10 / max(progress.totalSteps, 1)
      let isLate = last.map { now - $0 >= .seconds(10) } ?? false
      guard tenth > lastTenth || isLate else { return }
      last = now
      lastTenth = tenth
      console.write(Self.line(progress) + "\n")
    }
  }

  /// Ends the bar, so that what follows starts on a line of its own.
  package func finish() {
    if isBarShown { console.write("\n") }
    isBarShown = false
  }

  /// One line of text without control codes.
  package static func line(_ progress: TrainingProgress) -> String {
    "step \(progress.step)/\(progress.totalSteps)  \(figures(progress))"
  }

  /// A bar that fills what the figures leave of the width.
  package static func bar(_ progress: TrainingProgress, width: Int) -> String {
    let total = String(progress.totalSteps)
    let step = String(progress.step)
    // Aligned to the right, so that the bar stays where it is.
    let head = String(repeating: " ", count: max(total.count - step.count, 0)) + "\(step)/\(total) "
    let tail = " " + figures(progress, isShort: true)
    let cells = min(16, width - head.count - tail.count)
    guard cells >= 5 else { return String((head + tail).prefix(width)) }
    let filled = cells * progress.step / max(progress.totalSteps, 1)
    return head + String(repeating: "━", count: filled)
      + String(repeating: "┄", count: cells - filled) + tail
  }

  private static func figures(_ progress: TrainingProgress, isShort: Bool = false) -> String {
    var parts = ["loss \(shortText(progress.loss))"]
    if let loss = progress.validationLoss {
      parts.append("\(isShort ? "val" : "validation") \(shortText(loss))")
    }
    if let accuracy = progress.validationAccuracy {
      parts.append((isShort ? "" : "accuracy ") + percentage(accuracy))
    }
    parts.append(shortCount(progress.samplesPerSecond) + (isShort ? "/s" : " samples/s"))
    parts.append("\(durationText(progress.secondsLeft)) left")
    return parts.joined(separator: "  ")
  }
}

/// A fraction as a percentage: `97.5%`.
package func percentage(_ fraction: Double) -> String {
  "\(shortText((fraction * 1000).rounded() / 10, digits: 4))%"
}

/// A count with a unit prefix: `950`, `12.5k`, `3.1M`.
package func shortCount(_ count: Double) -> String {
  switch count {
  case ..<1e4: shortText(count.rounded(), digits: 4)
  case ..<1e6: shortText(count / 1e3) + "k"
  case ..<1e9: shortText(count / 1e6) + "M"
  default: shortText(count / 1e9) + "G"
  }
}

/// A count with its noun: `1 row`, `2 rows`.
package func counted(_ count: Int, _ noun: String) -> String {
  "\(count) \(noun)\(count == 1 ? "" : "s")"
}

/// A time span: `15 µs`, `40 ms`, `1.4 s`, `12 s`, `3:05`, `2:00:10`.
package func durationText(_ seconds: Double) -> String {
  guard seconds.isFinite, seconds < 1e9 else { return "?" }
  if seconds > 0, seconds < 0.000995 { return "\(shortText(seconds * 1e6)) µs" }
  if seconds > 0, seconds < 0.00995 { return "\(shortText(seconds * 1e3)) ms" }
  if seconds < 0.995 { return "\(Int((seconds * 1000).rounded())) ms" }
  if seconds < 9.95 { return "\(shortText((seconds * 10).rounded() / 10)) s" }
  let whole = Int(seconds.rounded())
  if whole < 60 { return "\(whole) s" }
  let padded = { (number: Int) in number < 10 ? "0\(number)" : "\(number)" }
  let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
  return hours > 0
    ? "\(hours):\(padded(minutes)):\(padded(rest))" : "\(minutes):\(padded(rest))"
}
