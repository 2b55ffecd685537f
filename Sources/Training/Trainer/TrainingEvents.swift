import Tensor

/// What happens in a run of a ``Trainer``.
public enum TrainingEvent: Sendable, Equatable {
  /// A step was taken.
  case step(StepRecord)
  /// The model was evaluated.
  case evaluation(MetricsRecord)
  /// So many epochs are complete.
  case epochEnd(Int)
  /// All steps have been taken, or training stopped early.
  case finished(TrainingState)
}

/// The events of a run of a ``Trainer``; see ``Trainer/events(every:)``.
public struct TrainingEvents: AsyncSequence {
  /// The type of an event.
  public typealias Element = TrainingEvent

  fileprivate let trainer: Trainer
  fileprivate let period: Int

  /// Returns an iterator that continues the run.
  public func makeAsyncIterator() -> Iterator { Iterator(trainer, period) }

  /// An iterator that takes steps when it is asked for an event.
  public struct Iterator: AsyncIteratorProtocol {
    private let run: Run

    fileprivate init(_ trainer: Trainer, _ period: Int) { run = Run(trainer, period) }

    /// Takes steps on a background thread until something happens, and returns it, or `nil` after
    /// the run is finished.
    ///
    /// - Throws: `CancellationError` if the task is canceled; ``TrainingError`` if a loss is not
    ///   finite or the checkpoint cannot be written.
    public mutating func next(
      isolation actor: isolated (any Actor)? = #isolation
    ) async throws -> TrainingEvent? {
      try await run.next()
    }
  }

  /// The position of an iterator.
  ///
  /// When a loop is left, its end saves the trainer.
  private final class Run {
    private let trainer: Trainer
    private let period: Int
    private let thread = BackgroundThread()
    private var pending: ArraySlice<TrainingEvent> = []
    private var isDone = false

    init(_ trainer: Trainer, _ period: Int) {
      self.trainer = trainer
      self.period = period
      isDone = trainer.isFinished
      if isDone { pending = [.finished(trainer.state)] }
    }

    deinit { try? trainer.saveCheckpoint() }

    nonisolated(nonsending) func next() async throws -> TrainingEvent? {
      while pending.isEmpty, !isDone {
        let (trainer, period) = (trainer, period)
        pending = try await thread.run { isCanceled in
          try trainer.advance(period, isCanceled: isCanceled)[...]
        }
        isDone = trainer.isFinished
      }
      return pending.popFirst()
    }
  }
}

extension Trainer {
  /// The events of the run, of each step: the same as ``events(every:)`` with 1.
  public var events: TrainingEvents { events(every: 1) }

  /// Trains while the events are iterated.
  ///
  /// ```swift
  /// for try await event in trainer.events(every: 10) {
  ///   switch event {
  ///   case .step(let step): progress = Double(step.step) / Double(trainer.options.steps)
  ///   case .evaluation(let record): losses.append(record.validationLoss ?? record.trainLoss)
  ///   case .epochEnd, .finished: break
  ///   }
  /// }
  /// ```
  /// Steps are taken on a background thread, while the task waits for the next event; between two
  /// events nothing runs, so that the loop may use the trainer and its model, and a loop that
  /// pauses also pauses the training. A loop that is left stops the training after the step whose
  /// event it saw, and another one continues. If the task is canceled, the training stops after the
  /// step in progress, and the loop throws `CancellationError`. In all cases the trainer is saved
  /// if its options name a ``TrainerOptions/checkpoint``; an error in saving when a loop is left is
  /// not reported, ``save(to:)`` would.
  ///
  /// - Parameter steps: The number of steps between two events of kind `step`. Evaluations and ends
  ///   of epochs are always reported. Switching between threads takes some 10 µs, which matters for
  ///   steps that are as short.
  /// - Returns: The events up to the end of the run.
  public func events(every steps: Int) -> TrainingEvents {
    require(steps >= 1, "events: the number of steps must be at least 1, got \(steps)")
    return TrainingEvents(trainer: self, period: steps)
  }
}
