import Training
import Optim

/// How the learning rate changes over a run.
enum ScheduleChoice: String, Codable, Sendable, CaseIterable {
  /// The same throughout, after the warm-up.
  case constant
  /// Down along a line, after the warm-up.
  case linear
  /// Down along half a cosine, after the warm-up.
  case cosine
  /// Down along half a cosine again and again, after the warm-up.
  case cosineRestarts = "cosine-restarts"
  /// By a factor after every so many steps, after the warm-up.
  case step
  /// By a factor at some steps, after the warm-up.
  case multiStep = "multi-step"
  /// By a factor at each step, after the warm-up.
  case exponential
  /// Down along a power of what is left, after the warm-up.
  case polynomial
  /// Up and then far down.
  case oneCycle = "one-cycle"
  /// Up and down, again and again.
  case cyclic
  /// Down with the square root of the step, after the warm-up.
  case inverseSquareRoot = "inverse-sqrt"
  /// Up along a line, down with the square root of the step.
  case noam
  /// The same until a fall at the end, after the warm-up.
  case warmupStableDecay = "wsd"
  /// Along lines from point to point.
  case piecewise
  /// Down by a factor when the validation loss stops falling.
  case plateau

  /// One line for a user who chooses a schedule.
  var summary: String {
    switch self {
    case .constant: "the same after a warm-up"
    case .linear: "along a line to the final rate"
    case .cosine: "along half a cosine to the final rate"
    case .cosineRestarts: "half a cosine again and again, each cycle longer by a factor"
    case .step: "times gamma after every so many steps"
    case .multiStep: "times gamma at each milestone"
    case .exponential: "times gamma at each step"
    case .polynomial: "a power of what is left of the run"
    case .oneCycle: "up from the initial rate, then down to the final one"
    case .cyclic: "triangles between the initial rate and the full one"
    case .inverseSquareRoot: "down with the square root of the step"
    case .noam: "up along a line, down with the square root of the step"
    case .warmupStableDecay: "the same until a fall over the last steps"
    case .piecewise: "lines between points"
    case .plateau: "times gamma when the validation loss stops falling"
    }
  }

  /// The options that this schedule takes.
  var options: [any AnyOption] {
    switch self {
    case .constant: [FitOptions.warmup]
    case .linear, .cosine: [FitOptions.warmup, FitOptions.finalLearningRate]
    case .cosineRestarts:
      [
        FitOptions.warmup, FitOptions.finalLearningRate, FitOptions.cycleSteps,
        FitOptions.cycleMultiplier,
      ]
    case .step: [FitOptions.warmup, FitOptions.stepSize, FitOptions.gamma]
    case .multiStep: [FitOptions.warmup, FitOptions.milestones, FitOptions.gamma]
    case .exponential: [FitOptions.warmup, FitOptions.gamma]
    case .polynomial: [FitOptions.warmup, FitOptions.finalLearningRate, FitOptions.power]
    case .oneCycle:
      [
        FitOptions.warmup, FitOptions.finalLearningRate, FitOptions.initialLearningRate,
        FitOptions.decayShape, FitOptions.cycleMomentum,
      ]
    case .cyclic:
      [
        FitOptions.initialLearningRate, FitOptions.cycleSteps, FitOptions.cycleShape,
        FitOptions.gamma, FitOptions.cycleMomentum,
      ]
    case .inverseSquareRoot: [FitOptions.warmup, FitOptions.timescale]
    case .noam: [FitOptions.warmup]
    case .warmupStableDecay:
      [
        FitOptions.warmup, FitOptions.finalLearningRate, FitOptions.decaySteps,
        FitOptions.decayShape,
      ]
    case .piecewise: [FitOptions.points]
    case .plateau:
      [
        FitOptions.finalLearningRate, FitOptions.gamma, FitOptions.plateauPatience,
        FitOptions.plateauThreshold, FitOptions.plateauCooldown,
      ]
    }
  }
}

/// How the heights of the triangles of a cyclic schedule develop.
enum CycleShapeChoice: String, Codable, Sendable, CaseIterable {
  /// All are equal.
  case triangular
  /// Each is half as high as the one before.
  case triangular2
  /// They shrink by a factor at each step.
  case exponentialRange = "exp-range"
}

/// A point of a piecewise schedule, written as `STEP:FACTOR`.
struct SchedulePoint: Codable, Sendable, Equatable {
  /// The step.
  let step: Int
  /// What the learning rate is multiplied by there.
  let factor: Double

  /// The point of a text; nil for a text that is none.
  init?(_ text: some StringProtocol) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let step = Int(parts[0]), let factor = Double(parts[1]), step >= 0,
      factor.isFinite, factor >= 0
    else { return nil }
    self.step = step
    self.factor = factor
  }

  /// Reads the text of a point.
  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let point = Self(text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "'\(text)' is not STEP:FACTOR")
    }
    self = point
  }

  /// Writes the point as a text.
  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode("\(step):\(factor)")
  }
}
