import Foundation
import TestSupport
import Testing

/// A model of one number.
private struct Scalar: Module {
  let weight: Parameter

  init(dtype: DType = .float32) { weight = Parameter(Tensor([1.0], dtype: dtype)) }

  var value: Tensor { weight.value }
}

struct TrainerTests {
  /// An objective with given validation losses.
  private final class Scripted: Objective {
    let model = Scalar()
    let losses: [Double]
    let factor: Double

    init(validationLosses: [Double] = [], factor: Double = 1) {
      losses = validationLosses
      self.factor = factor
    }

    var exampleCount: Int { 4 }
    var lossUnit: Double { 100 }

    func loss(ofExamples indices: ArraySlice<Int>) -> Tensor {
      (model.value * factor).sum()
    }

    func validation() -> Evaluation? {
      // The weight falls by 0.01 an epoch, which distinguishes the epochs.
      let epoch = Int(((1 - model.value.scalar()) / 0.01).rounded()) - 1
      return losses.isEmpty ? nil : Evaluation(loss: losses[min(epoch, losses.count - 1)])
    }
  }

  /// An objective that records the batches.
  private final class Recorder: Objective {
    let model = Scalar()
    let exampleCount = 7
    let batches = Box()
    final class Box: @unchecked Sendable { var value: [[Int]] = [] }
    func loss(ofExamples indices: ArraySlice<Int>) -> Tensor {
      batches.value.append(Array(indices))
      return model.value.sum()
    }
  }

  private func trainer(_ objective: Scripted, steps: Int, patience: Int?) -> Trainer {
    Trainer(
      objective, optimizer: SGD(objective.model.parameters, learningRate: 0.01),
      options: TrainerOptions(
        steps: steps, batchSize: 4, patience: patience, schedule: ConstantRate(0.01)),
      state: TrainingState(generator: RandomGenerator(seed: 0)))
  }

  @Test func everyEpochVisitsEveryExampleOnceInANewOrder() throws {
    let recorder = Recorder()
    try Trainer(
      recorder, optimizer: SGD(recorder.model.parameters, learningRate: 0.1),
      options: TrainerOptions(steps: 9, batchSize: 3, schedule: ConstantRate(0.1)),
      state: TrainingState(generator: RandomGenerator(seed: 0))
    ).run()
    let epochs = (0..<3).map { Array(recorder.batches.value[$0 * 3..<$0 * 3 + 3].joined()) }
    #expect(recorder.batches.value.map(\.count) == [3, 3, 1, 3, 3, 1, 3, 3, 1])
    for epoch in epochs { #expect(epoch.sorted() == Array(0..<7)) }
    #expect(Set(epochs).count == 3)
  }

  @Test func samplingWithReplacementDrawsExamplesIndependently() throws {
    let recorder = Recorder()
    let trainer = Trainer(
      recorder, optimizer: SGD(recorder.model.parameters, learningRate: 0.1),
      options: TrainerOptions(
        steps: 90, batchSize: 20, schedule: ConstantRate(0.1),
        sampling: .withReplacement(stepsPerEpoch: 40)),
      state: TrainingState(generator: RandomGenerator(seed: 0)))
    var evaluated: [Int] = []
    try trainer.run(afterEvaluation: { evaluated.append($0.step) })
    #expect(evaluated == [40, 80, 90])
    #expect(trainer.samplesSeen == 1800)
    let batches = recorder.batches.value
    #expect(batches.allSatisfy { $0.count == 20 } && Set(batches).count == 90)
    // 1800 draws from 7: each is expected 257 times, with a deviation of 15.
    let counts = Dictionary(grouping: batches.joined(), by: \.self).mapValues(\.count)
    #expect(counts.count == 7 && counts.values.allSatisfy { (180...334).contains($0) })
  }

  @Test func noiseComesFromTheStateAndDoesNotRepeat() throws {
    final class Noisy: Objective {
      let model = Scalar()
      let exampleCount = 4
      func loss(ofExamples indices: ArraySlice<Int>) -> Tensor {
        (model.value * Tensor.uniform([1])).sum()
      }
    }
    func losses(_ seed: UInt64) throws -> [Double] {
      let objective = Noisy()
      let trainer = Trainer(
        objective, optimizer: SGD(objective.model.parameters, learningRate: 0),
        options: TrainerOptions(steps: 4, batchSize: 4, schedule: ConstantRate(0)),
        state: TrainingState(generator: RandomGenerator(seed: seed)))
      var losses: [Double] = []
      try trainer.run(afterEvaluation: { losses.append($0.trainLoss) })
      return losses
    }
    #expect(try losses(1) == losses(1))
    #expect(try losses(1) != losses(2))
    #expect(try Set(losses(1)).count == 4)
  }

  @Test func bestWeightsIncludeBuffers() throws {
    struct Counter: Module {
      let weight = Parameter(Tensor([1.0]))
      let mean = ModuleBuffer(Tensor([0.0]))
    }
    final class Worsening: Objective {
      let model = Counter()
      let exampleCount = 4
      func loss(ofExamples indices: ArraySlice<Int>) -> Tensor { model.weight.value.sum() }
      func validation() -> Evaluation? {
        Evaluation(loss: abs(model.mean.value.scalar() - 1))
      }
    }
    let objective = Worsening()
    let trainer = Trainer(
      objective, optimizer: SGD(objective.model.parameters, learningRate: 0.01),
      options: TrainerOptions(steps: 3, batchSize: 4, schedule: ConstantRate(0.01)))
    // As a layer with running statistics does in the next step.
    try trainer.run(afterStep: { trainer in
      objective.model.mean.value = Tensor([Float(trainer.state.step)], shape: [1])
      return true
    })
    #expect(trainer.bestWeights?.names == ["weight", "mean"])
    try trainer.restoreBestWeights()
    #expect(objective.model.mean.value.scalars(as: Float.self) == [1])
  }

  @Test func aFrozenParameterIsKeptAndSaved() throws {
    let model = withRandomSeed(3) { MLP([2, 4, 2]) }
    let (x, y) = (Tensor.counting([6, 2]), Tensor([0, 1, 0, 1, 0, 1], dtype: .int32))
    let trained = model.parameters.excluding("layers.0.*")
    let frozen = model.weights["layers.0.weight"]
    let trainer = Trainer(
      model, training: (x, y), validation: (x, y), optimizer: SGD(trained, learningRate: 0.1),
      options: TrainerOptions(steps: 3, batchSize: 6, schedule: ConstantRate(0.1)))
    try trainer.run()
    expectIdentical(model.parameters[0].parameter.value, try #require(frozen))
    #expect(trainer.bestWeights?.names == model.weights.names)
  }

  @Test func theOptimizerMustBeOneOfTheModel() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let x = Tensor.zeros([1, 2])
      _ = Trainer(
        MLP([2, 2]), training: (x, x), optimizer: SGD(MLP([2, 2]).parameters, learningRate: 1),
        options: TrainerOptions(steps: 1, batchSize: 1, schedule: ConstantRate(1)))
    }
    expectMessage(
      "Trainer: the optimizer's 'layers.0.weight' is not a parameter of the model", of: result)
  }

  @Test func stopsAfterTheLastImprovementAndKeepsTheBestWeights() throws {
    let objective = Scripted(validationLosses: [5, 4, 3, 6, 3, 7, 8, 1])
    let trainer = trainer(objective, steps: 100, patience: 3)
    var records: [MetricsRecord] = []
    try trainer.run(afterEvaluation: { records.append($0) })
    #expect(records.map(\.validationLoss) == [5, 4, 3, 6, 3, 7])
    #expect(records.map(\.step) == [1, 2, 3, 4, 5, 6])
    #expect(trainer.state.isStoppedEarly && trainer.isFinished)
    #expect(trainer.state.bestStep == 3 && trainer.state.bestLoss == 3)
    try trainer.restoreBestWeights()
    #expect(abs(objective.model.value.scalar() - 0.97) < 1e-6)
    // Losses are reported in the unit of the objective.
    #expect(abs(records[0].trainLoss - 100) < 1e-4)
  }

  @Test func aPlateauLowersTheRateOfTheStepsAfterIt() throws {
    // The weight falls by the rate in each epoch, which shows which rates the optimizer was given.
    final class Stuck: Objective {
      let model = Scalar(dtype: .float64)
      let exampleCount = 1
      let isValidated: Bool
      init(isValidated: Bool) { self.isValidated = isValidated }
      func loss(ofExamples indices: ArraySlice<Int>) -> Tensor {
        // Adds up to a constant loss with a gradient of 1.
        model.value.sum() - model.value.scalar() + 2.0
      }
      func validation() -> Evaluation? { isValidated ? Evaluation(loss: 2) : nil }
    }
    for isValidated in [true, false] {
      let objective = Stuck(isValidated: isValidated)
      let options = TrainerOptions(
        steps: 7, batchSize: 1,
        learningRate: .plateau(ReduceOnPlateau(rate: 0.1, factor: 0.5, patience: 1)))
      var state = TrainingState(generator: RandomGenerator(seed: 0))
      var rates: [Double] = []
      // Each session takes a step, and saves.
      for _ in 0..<7 {
        let trainer = Trainer(
          objective, optimizer: SGD(objective.model.parameters, learningRate: 1),
          options: options, state: state)
        try trainer.run(
          afterStep: { _ in false }, afterEvaluation: { rates.append($0.learningRate) })
        state = try JSONDecoder().decode(
          TrainingState.self, from: JSONEncoder().encode(trainer.state))
        #expect(state == trainer.state)
      }
      #expect(rates == [0.1, 0.1, 0.1, 0.05, 0.05, 0.025, 0.025])
      #expect(abs(objective.model.value.scalar() - 0.55) < 1e-12)
    }
  }

  @Test func withoutPatienceItTakesAllSteps() throws {
    let trainer = trainer(Scripted(validationLosses: [1, 2, 3]), steps: 20, patience: nil)
    try trainer.run()
    #expect(trainer.state.step == 20 && !trainer.state.isStoppedEarly)
  }

  @Test(arguments: [Double.nan, .infinity]) func aLossThatIsNotFiniteStops(factor: Double) {
    let objective = Scripted(factor: factor)
    let trainer = trainer(objective, steps: 20, patience: nil)
    #expect(
      throws: TrainingError.training(
        "the loss is \(factor) at step 1, learning rate 0.01; a lower one may help, such as 0.001")
    ) { try trainer.run() }
    // The weights are as they were.
    #expect(objective.model.value.scalar() == 1)
  }

  @Test func aValidationLossThatIsNotFiniteStops() {
    let trainer = trainer(Scripted(validationLosses: [1, .infinity]), steps: 20, patience: nil)
    #expect(
      throws: TrainingError.training(
        "the validation loss is inf at step 2, learning rate 0.01; a lower one may help, such as"
          + " 0.001")
    ) { try trainer.run() }
  }

  // MARK: Cancellation

  /// Runs a trainer in a task that is canceled during a step, then continues it.
  @Test(arguments: [1, 5, 8], [false, true])
  func cancellationStopsBetweenStepsAndTheRunContinues(
    _ step: Int, isSynchronous: Bool
  ) async throws {
    func trainer() -> Trainer {
      let model = withRandomSeed(3) { MLP([2, 8, 2], activation: .tanh) }
      let x = withRandomSeed(4) { Tensor.normal([12, 2]) }
      let y = (x[.all, 0] .> 0).converted(to: .int32)
      return Trainer(
        model, training: (x, y), validation: (x, y),
        optimizer: AdamW(model.parameters, learningRate: 0.01),
        options: TrainerOptions(steps: 8, batchSize: 4, schedule: ConstantRate(0.01)))
    }
    func weights(_ trainer: Trainer) -> [[Float]] {
      trainer.model.weights.map { $0.tensor.scalars(as: Float.self) }
    }
    let whole = trainer()
    var records: [MetricsRecord] = []
    try await whole.run(afterEvaluation: { records.append($0) })
    let outcome = await Task {
      let trainer = trainer()
      var seen: [MetricsRecord] = []
      var steps: [Int] = []
      var error: (any Error)?
      do {
        func note(_ trainer: Trainer) -> Bool {
          steps.append(trainer.state.step)
          if trainer.state.step == step { withUnsafeCurrentTask { $0?.cancel() } }
          return true
        }
        func runSynchronously() throws {
          try trainer.run(afterStep: note, afterEvaluation: { seen.append($0) })
        }
        if isSynchronous {
          try runSynchronously()
        } else {
          try await trainer.run(afterStep: note, afterEvaluation: { seen.append($0) })
        }
      } catch let thrown { error = thrown }
      return (Kept(value: trainer), seen, steps, error)
    }.value
    let (kept, seen, steps, error) = outcome
    let stopped = kept.value
    #expect(steps == Array(1...step))
    #expect(stopped.state.step == step && stopped.isFinished == (step == 8))
    // A run that has ended is not canceled.
    #expect(error is CancellationError == (step < 8))
    var all = seen
    try await stopped.run(afterEvaluation: { all.append($0) })
    #expect(all.map(\.trainLoss) == records.map(\.trainLoss))
    #expect(stopped.state == whole.state)
    #expect(weights(stopped) == weights(whole))
  }

  /// A task takes its steps in the precision of the scope that it was made in, on a thread of their
  /// own and after the scope has ended.
  @Test func tasksKeepThePrecisionOfTheirScope() async throws {
    func trainer() -> Trainer {
      let model = withRandomSeed(3) { MLP([2, 8, 2], activation: .tanh) }
      let x = withRandomSeed(4) { Tensor.normal([12, 2]) }
      return Trainer(
        model, training: (x, (x[.all, 0] .> 0).converted(to: .int32)),
        optimizer: AdamW(model.parameters, learningRate: 0.01),
        options: TrainerOptions(steps: 8, batchSize: 4, schedule: ConstantRate(0.01)))
    }
    let (plain, rounded, waiting) = (trainer(), trainer(), trainer())
    func run(_ trainer: Trainer, _ precision: MatmulPrecision) throws {
      try withMatmulPrecision(precision) { try trainer.run() }
    }
    try run(plain, .float32)
    try run(rounded, .bfloat16)
    let kept = Kept(value: waiting)
    let task = withMatmulPrecision(.bfloat16) { Task { try await kept.value.run() } }
    try await task.value
    let weights = [plain, rounded, waiting].map {
      $0.model.weights.map { $0.tensor.scalars(as: Float.self) }
    }
    #expect(weights[0] != weights[1] && weights[1] == weights[2])
  }

  private struct Kept: @unchecked Sendable {
    let value: Trainer
  }

  /// A step over several batches, the last one short, is that of one batch of all examples.
  @Test(arguments: [(3, 4), (4, 3), (7, 2), (1, 11)])
  func accumulatedBatchesCountByTheirExamples(_ batchSize: Int, _ accumulationSteps: Int) throws {
    let (x, y) = (Tensor.seeded([11, 2], seed: 2), Tensor.seeded([11, 1], seed: 3))
    func weights(_ batchSize: Int, _ accumulationSteps: Int) throws -> NamedTensors {
      let model = withRandomSeed(1) { MLP([2, 3, 1], dtype: .float64) }
      let trainer = Trainer(
        model, training: (x, y), optimizer: SGD(model.parameters, learningRate: 0.1),
        options: TrainerOptions(
          steps: 3, batchSize: batchSize, accumulationSteps: accumulationSteps,
          schedule: ConstantRate(0.1)),
        state: TrainingState(generator: RandomGenerator(seed: 0)))
      try trainer.run()
      return model.weights
    }
    let whole = try weights(11, 1)
    for (name, tensor) in try weights(batchSize, accumulationSteps) {
      expectClose(tensor, try #require(whole[name]), relative: 1e-11, absolute: 1e-13, name)
    }
  }
}
