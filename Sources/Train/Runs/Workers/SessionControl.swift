import Optim
import Training

/// Decides after each step whether a session of a run goes on, saves or ends, alike on all workers.
///
/// Several workers ask each other a few times a second, so that a step costs no message.
final class SessionControl {
  /// What to do after a step.
  struct Decision: OptionSet {
    let rawValue: UInt8

    /// To write a checkpoint.
    static let save = Decision(rawValue: 1)
    /// To end because the time of the session is over.
    static let timeIsOver = Decision(rawValue: 2)
    /// To end because a signal arrived, or whoever runs the session asks for it.
    static let interrupt = Decision(rawValue: 4)

    var ends: Bool { contains(.timeIsOver) || contains(.interrupt) }
  }

  /// The time between two agreements of several workers.
  private static let interval = Duration.milliseconds(200)

  private let workers: any Communicator
  private let checkpointEvery: CheckpointPeriod?
  private let timeLimit: Duration?
  private let start = ContinuousClock.now
  private var lastSave = ContinuousClock.now
  private var lastAgreement = ContinuousClock.now
  private var stepsToAgreement = 1
  private var stepsSinceAgreement = 0

  init(_ configuration: TrainingConfiguration, _ workers: any Communicator) {
    self.workers = workers
    checkpointEvery = configuration[FitOptions.checkpointEvery]
    timeLimit = configuration[FitOptions.timeLimit].map { .seconds($0.seconds) }
  }

  /// The seconds since the session began.
  var seconds: Double { (ContinuousClock.now - start).inSeconds }

  /// Returns what to do after a step.
  ///
  /// - Parameters:
  ///   - step: The number of the step.
  ///   - evaluationTime: The part of the session that evaluations have taken, which does not count
  ///     against its limit.
  ///   - isInterrupted: Whether this worker was asked to stop.
  /// - Returns: The same for all workers.
  func decision(after step: Int, evaluationTime: Duration, isInterrupted: Bool) -> Decision {
    let now = ContinuousClock.now
    var decision: Decision = isInterrupted ? .interrupt : []
    if let timeLimit, now - start - evaluationTime >= timeLimit { decision.insert(.timeIsOver) }
    if isSaveDue(now) { decision.insert(.save) }
    decision = agreed(decision, now)
    // All workers count the steps.
    if case .steps(let period) = checkpointEvery, step % period == 0 { decision.insert(.save) }
    if decision.contains(.save) { lastSave = now }
    return decision
  }

  private func isSaveDue(_ now: ContinuousClock.Instant) -> Bool {
    switch checkpointEvery {
    case .steps: false
    case .time(let span): now - lastSave >= .seconds(span.seconds)
    case nil: now - lastSave >= .seconds(10)
    }
  }

  /// Returns what any worker wants, or nothing until it is time to ask.
  private func agreed(_ own: Decision, _ now: ContinuousClock.Instant) -> Decision {
    guard workers.size > 1 else { return own }
    stepsSinceAgreement += 1
    guard stepsSinceAgreement >= stepsToAgreement else { return [] }
    let pace = (now - lastAgreement) / stepsSinceAgreement
    // More than twice as many steps as before might take much longer.
    let steps = UInt32(
      clamping: min(2 * stepsToAgreement, Int(Self.interval / max(pace, .microseconds(1)))))
    let message =
      [own.rawValue, UInt8(Interrupt.received)]
      + (0..<4).map { UInt8(truncatingIfNeeded: steps >> (8 * $0)) }
    let messages = workers.gather(message)
    // Worker 0 decides when to ask again.
    stepsToAgreement = max(
      1, (0..<4).reduce(0) { $0 | Int(messages[0][2 + $1]) << (8 * $1) })
    (stepsSinceAgreement, lastAgreement) = (0, now)
    Interrupt.adopt(from: messages.map { Int32($0[1]) })
    return messages.reduce(into: []) { $0.formUnion(Decision(rawValue: $1[0])) }
  }
}
