import Training

/// Shows progress: as a bar that is redrawn on a terminal, elsewhere as a line from time to time.
final class ProgressDisplay {
  private let console: Console
  private let clock = ContinuousClock()
  private var last: ContinuousClock.Instant?
  private var lastTenth = 0
  private var isBarShown = false

  /// Creates a display on a console.
  init(console: Console) {
    self.console = console
  }

  /// Shows progress, unless it was shown a tenth of a second ago.
  func update(_ progress: TrainingProgress) {
    let now = clock.now
    if console.isTerminal {
      if let last, now - last < .milliseconds(100), progress.step < progress.totalSteps { return }
      last = now
      isBarShown = true
      console.overwrite(Self.bar(progress, width: console.width - 1))
    } else {
      // Ten lines in a run, and in a long one a line every ten seconds.
      let tenth = progress.step * 10 / max(progress.totalSteps, 1)
      let isLate = last.map { now - $0 >= .seconds(10) } ?? false
      guard tenth > lastTenth || isLate else { return }
      last = now
      lastTenth = tenth
      console.write(Self.line(progress) + "\n")
    }
  }

  /// Ends the bar, so that further output starts on a new line.
  func finish() {
    if isBarShown { console.write("\n") }
    isBarShown = false
  }

  /// One line of text without control codes.
  static func line(_ progress: TrainingProgress) -> String {
    "step \(progress.step)/\(progress.totalSteps)  \(figures(progress).joined(separator: "  "))"
  }

  /// A bar in the space that the figures leave; where there is none, the figures that fit.
  static func bar(_ progress: TrainingProgress, width: Int) -> String {
    let total = String(progress.totalSteps)
    let step = String(progress.step)
    // Right-aligned, so that the bar does not move.
    let head = String(repeating: " ", count: max(total.count - step.count, 0)) + "\(step)/\(total) "
    let figures = figures(progress, isShort: true)
    let tail = " " + figures.joined(separator: "  ")
    let cells = min(16, width - head.count - tail.count)
    guard cells >= 5 else {
      return figures.reduce("\(step)/\(total)") { line, figure in
        line.count + 2 + figure.count <= width ? "\(line)  \(figure)" : line
      }
    }
    let filled = cells * progress.step / max(progress.totalSteps, 1)
    return head + String(repeating: "━", count: filled)
      + String(repeating: "┄", count: cells - filled) + tail
  }

  private static func figures(_ progress: TrainingProgress, isShort: Bool = false) -> [String] {
    var parts = ["loss \(Format.number(progress.loss))"]
    if let loss = progress.validationLoss {
      parts.append("\(isShort ? "val" : "validation") \(Format.number(loss))")
    }
    if let accuracy = progress.validationAccuracy {
      parts.append((isShort ? "" : "accuracy ") + Format.percentage(accuracy))
    }
    parts.append(Format.count(progress.samplesPerSecond) + (isShort ? "/s" : " samples/s"))
    parts.append("\(Format.duration(progress.secondsLeft)) left")
    return parts
  }
}
