import Foundation
import TestSupport
import Testing

private let x = withRandomSeed(1) { Tensor.normal([20, 3]) }
private let y = (x * Tensor([1, -2, 0.5])).sum(along: 1)

private func makeModel() -> MLP { withRandomSeed(2) { MLP([3, 4, 1]) } }

private func weights(_ model: any Module) -> [[Float]] {
  model.parameters.map { $0.parameter.value.scalars(as: Float.self) }
}

private func makeTrainer(steps: Int = 12, period: Int? = nil, checkpoint: String? = nil) -> Trainer
{
  let model = makeModel()
  return Trainer(
    model, training: (x, y), validation: (x, y),
    optimizer: AdamW(model.parameters, learningRate: 0.01),
    options: TrainerOptions(
      steps: steps, batchSize: 5, schedule: ConstantRate(0.01), evaluationPeriod: period,
      checkpoint: checkpoint))
}

private func temporaryPath() -> String {
  FileManager.default.temporaryDirectory.appending(path: "adjoint-\(UUID().uuidString)").path
}

struct TrainingEventsTests {
  @Test func eventsAreThoseOfARun() async throws {
    let trainer = makeTrainer()
    var events: [TrainingEvent] = []
    for try await event in trainer.events { events.append(event) }
    let reference = makeTrainer()
    var losses: [StepRecord] = []
    try makeSynchronous {
      try reference.run(afterStep: { trainer in
        losses.append(contentsOf: [trainer.lastStep].compactMap(\.self))
        return true
      })
    }
    let steps = events.compactMap { if case .step(let record) = $0 { record } else { nil } }
    #expect(steps == losses && steps.map(\.step) == Array(1...12))
    let records = events.compactMap { if case .evaluation(let record) = $0 { record } else { nil } }
    #expect(records == reference.history && records.count == 3)
    #expect(events.compactMap { if case .epochEnd(let n) = $0 { n } else { nil } } == [1, 2, 3])
    #expect(events.last == .finished(reference.state))
    #expect(weights(trainer.model) == weights(reference.model))
    // A finished run has one event.
    var rest: [TrainingEvent] = []
    for try await event in trainer.events { rest.append(event) }
    #expect(rest == [.finished(trainer.state)])
  }

  @Test func periodsLeaveOutSteps() async throws {
    var steps: [Int] = []
    for try await event in makeTrainer().events(every: 5) {
      if case .step(let record) = event { steps.append(record.step) }
    }
    // The steps of evaluations are reported too.
    #expect(steps == [4, 5, 8, 10, 12])
  }

  @Test func aLoopThatIsLeftStopsAfterItsStepAndSaves() async throws {
    let path = temporaryPath()
    defer { try? FileManager.default.removeItem(atPath: path) }
    let trainer = makeTrainer(checkpoint: path)
    for try await event in trainer.events {
      if case .step(let record) = event, record.step == 6 { break }
    }
    #expect(trainer.state.step == 6)
    let resumed = makeTrainer(checkpoint: path)
    try resumed.resume(from: path)
    #expect(resumed.state == trainer.state && weights(resumed.model) == weights(trainer.model))
    for try await _ in resumed.events {}
    let whole = makeTrainer()
    for try await _ in whole.events {}
    #expect(weights(resumed.model) == weights(whole.model))
    #expect(
      resumed.history == whole.history && resumed.bestWeights?.names == whole.bestWeights?.names)
  }

  /// The task is canceled from outside, while steps are taken without events.
  ///
  /// The limit counts the time in which other tests have the processors, too.
  @Test(.timeLimit(.minutes(10))) func cancellationBetweenEvents() async throws {
    let path = temporaryPath()
    defer { try? FileManager.default.removeItem(atPath: path) }
    let task = Task {
      let trainer = makeTrainer(steps: 100_000_000, period: 100_000_000, checkpoint: path)
      try await trainer.run()
    }
    try await Task.sleep(for: .milliseconds(20))
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    let resumed = makeTrainer()
    try resumed.resume(from: path)
    #expect(resumed.state.step < 100_000_000)
  }

  @Test func cancellationStopsAndSaves() async throws {
    let path = temporaryPath()
    defer { try? FileManager.default.removeItem(atPath: path) }
    let task = Task {
      let trainer = makeTrainer(steps: 100_000_000, checkpoint: path)
      for try await event in trainer.events {
        if case .step(let record) = event, record.step == 3 {
          withUnsafeCurrentTask { $0?.cancel() }
        }
      }
    }
    await #expect(throws: CancellationError.self) { try await task.value }
    let resumed = makeTrainer()
    try resumed.resume(from: path)
    #expect(resumed.state.step == 3)
  }

  @Test func theMainActorCanIterate() async throws {
    try await Task { @MainActor in
      var count = 0
      let trainer = makeTrainer(steps: 5)
      for try await event in trainer.events {
        MainActor.assertIsolated()
        if case .step = event { count += 1 }
      }
      #expect(count == 5)
    }.value
  }

  @Test func runsInTheBackgroundOrNotTheSame() async throws {
    let background = makeTrainer()
    var count = 0
    try await background.run(afterStep: { _ in
      count += 1
      return true
    })
    let reference = makeTrainer()
    try makeSynchronous { try reference.run() }
    #expect(count == 12)
    #expect(weights(background.model) == weights(reference.model))

    let (a, b) = (makeModel(), makeModel())
    let result = try await fit(a, x, y, epochs: 3, batchSize: 5)
    let other = try makeSynchronous { try fit(b, x, y, epochs: 3, batchSize: 5) }
    #expect(weights(a) == weights(b) && result.history == other.history)
  }

  @Test func cancellationOfFitSavesAndTheNextContinues() async throws {
    let path = temporaryPath()
    defer { try? FileManager.default.removeItem(atPath: path) }
    let model = makeModel()
    let task = Task {
      try await fit(
        model, x, y, validation: (x, y), epochs: 6, batchSize: 5, checkpoint: path,
        afterStep: { trainer in
          if trainer.state.step == 10 { withUnsafeCurrentTask { $0?.cancel() } }
          return true
        })
    }
    await #expect(throws: CancellationError.self) { try await task.value }

    let continued = makeModel()
    var steps: [Int] = []
    let result = try makeSynchronous {
      try fit(
        continued, x, y, validation: (x, y), epochs: 6, batchSize: 5, checkpoint: path,
        afterStep: {
          steps.append($0.state.step)
          return true
        })
    }
    let whole = makeModel()
    let expected = try makeSynchronous {
      try fit(whole, x, y, validation: (x, y), epochs: 6, batchSize: 5)
    }
    #expect(steps == Array(11...24))
    #expect(result.history == expected.history && result.history.count == 6)
    #expect(weights(continued) == weights(whole))
    // A finished run returns at once, with its weights.
    let again = makeModel()
    let same = try makeSynchronous {
      try fit(
        again, x, y, validation: (x, y), epochs: 6, batchSize: 5, checkpoint: path,
        afterStep: { _ in
          Issue.record("a finished run took a step")
          return true
        })
    }
    #expect(same.history == expected.history && weights(again) == weights(whole))
  }
}

/// Calls the synchronous variant of what it is given.
private func makeSynchronous<Result>(_ body: () throws -> Result) rethrows -> Result { try body() }
