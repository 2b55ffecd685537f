import Autograd
import Foundation
import NN
import Optim
import Tensor
import TestSupport
import Testing
import Training

private let corners = (
  x: Tensor([[0, 0], [0, 1], [1, 0], [1, 1]]), y: Tensor([0, 1, 1, 0], dtype: .int32)
)

private func smallModel(_ sizes: [Int] = [2, 8, 2]) -> MLP {
  withRandomSeed(3) { MLP(sizes, activation: .tanh) }
}

private func trainer(
  _ objective: some Objective, _ parameters: Parameters, steps: Int = 60, batchSize: Int = 3,
  patience: Int? = nil, rate: Double = 0.01
) -> Trainer {
  Trainer(
    parameters: parameters, objective: objective,
    optimizer: AdamW(parameters, learningRate: rate),
    plan: TrainingPlan(
      steps: steps, batchSize: batchSize, patience: patience, schedule: ConstantRate(rate)),
    state: TrainingState(generator: RandomGenerator(seed: 1)))
}

struct FitTests {
  @Test func learnsXor() throws {
    let model = smallModel()
    let result = try fit(
      model, corners.x, corners.y, validation: corners, epochs: 300, learningRate: 0.05)
    #expect(result.validation?.accuracy == 1)
    #expect(result.trainLoss < 0.05)
    #expect(result.history.count == 300 && result.history.last?.epoch == 300)
    #expect(model(corners.x).argmax(along: 1).scalars(as: Int32.self) == [0, 1, 1, 0])
  }

  @Test func learnsALine() throws {
    let x = Tensor.linspace(from: -1, to: 1, count: 50).reshaped(to: [50, 1])
    let model = withRandomSeed(1) { MLP([1, 1]) }
    let result = try fit(
      model, x, (x * 3.0 - 1.0).reshaped(to: [50]), validation: (x, x * 3.0 - 1.0), epochs: 200,
      learningRate: 0.1)
    #expect(try #require(result.validation?.r2) > 0.9999)
    #expect(result.validation?.accuracy == nil)
  }

  /// With averaged weights the running statistics that are kept are those of the averages.
  @Test func batchNormalisationSeesTheAveragedWeights() throws {
    let x = withRandomSeed(2) { Tensor.normal([64, 3]) }
    let labels = (x[.all, 0] .> 0).converted(to: .int32)
    let (first, norm) = withRandomSeed(1) { (Linear(3, 8), BatchNorm(8)) }
    let model = withRandomSeed(1) {
      Sequential {
        first
        norm
        Linear(8, 2)
      }
    }
    let optimizer = WeightAverage(
      SGD(model.parameters, learningRate: 0.5), .exponential(decay: 0.95))
    try fit(
      model, x, labels, validation: (x, labels), epochs: 30, batchSize: 64, learningRate: 0.5,
      optimizer: optimizer, seed: 1)
    let expected = first(x).mean(along: 0)
    let distance = abs(norm.runningMean.value - expected).max().scalar()
    #expect(distance < 0.01, "\(distance)")
  }

  @Test func equalSeedsGiveEqualWeights() throws {
    let weights = try [5, 5, 6].map { (seed: UInt64) in
      let model = smallModel()
      try fit(model, corners.x, corners.y, epochs: 5, batchSize: 2, seed: seed)
      return model.parameters.map { $0.parameter.value.scalars(as: Float.self) }
    }
    #expect(weights[0] == weights[1])
    #expect(weights[0] != weights[2])
  }
}

struct TrainerTests {
  /// An objective whose loss and validation loss the test decides.
  private final class Scripted: Objective {
    let parameter = Parameter(Tensor([1.0]))
    let losses: [Double]
    let factor: Double

    init(validationLosses: [Double] = [], factor: Double = 1) {
      losses = validationLosses
      self.factor = factor
    }

    var parameters: Parameters { Parameters([("w", parameter)]) }
    var exampleCount: Int { 4 }
    var lossUnit: Double { 100 }

    func loss(ofExamples indices: ArraySlice<Int>) -> Tensor {
      (parameter.value * factor).sum()
    }

    func validation() -> Evaluation? {
      // The weight falls by 0.01 an epoch, which tells the epochs apart.
      let epoch = Int(((1 - parameter.value.scalar()) / 0.01).rounded()) - 1
      return losses.isEmpty ? nil : Evaluation(loss: losses[min(epoch, losses.count - 1)])
    }
  }

  /// An objective that remembers the batches.
  private final class Recorder: Objective {
    let parameter = Parameter(Tensor([1.0]))
    let exampleCount = 7
    let lossUnit = 1.0
    let batches = Box()
    final class Box: @unchecked Sendable { var value: [[Int]] = [] }
    func loss(ofExamples indices: ArraySlice<Int>) -> Tensor {
      batches.value.append(Array(indices))
      return parameter.value.sum()
    }
    func validation() -> Evaluation? { nil }
  }

  private func trainer(_ objective: Scripted, steps: Int, patience: Int?) -> Trainer {
    Trainer(
      parameters: objective.parameters, objective: objective,
      optimizer: SGD(objective.parameters, learningRate: 0.01),
      plan: TrainingPlan(
        steps: steps, batchSize: 4, patience: patience, schedule: ConstantRate(0.01)),
      state: TrainingState(generator: RandomGenerator(seed: 0)))
  }

  @Test func everyEpochVisitsEveryExampleOnceInANewOrder() throws {
    let recorder = Recorder()
    let parameters = Parameters([("w", recorder.parameter)])
    try Trainer(
      parameters: parameters, objective: recorder, optimizer: SGD(parameters, learningRate: 0.1),
      plan: TrainingPlan(steps: 9, batchSize: 3, schedule: ConstantRate(0.1)),
      state: TrainingState(generator: RandomGenerator(seed: 0))
    ).run()
    let epochs = (0..<3).map { Array(recorder.batches.value[$0 * 3..<$0 * 3 + 3].joined()) }
    #expect(recorder.batches.value.map(\.count) == [3, 3, 1, 3, 3, 1, 3, 3, 1])
    for epoch in epochs { #expect(epoch.sorted() == Array(0..<7)) }
    #expect(Set(epochs).count == 3)
  }

  @Test func roundsDrawExamplesIndependently() throws {
    let recorder = Recorder()
    let parameters = Parameters([("w", recorder.parameter)])
    let trainer = Trainer(
      parameters: parameters, objective: recorder, optimizer: SGD(parameters, learningRate: 0.1),
      plan: TrainingPlan(
        steps: 90, batchSize: 20, schedule: ConstantRate(0.1), drawing: .rounds(ofSteps: 40)),
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
      let parameter = Parameter(Tensor([1.0]))
      let exampleCount = 4
      let lossUnit = 1.0
      func loss(ofExamples indices: ArraySlice<Int>) -> Tensor {
        (parameter.value * Tensor.uniform([1])).sum()
      }
      func validation() -> Evaluation? { nil }
    }
    func losses(_ seed: UInt64) throws -> [Double] {
      let objective = Noisy()
      let parameters = Parameters([("w", objective.parameter)])
      let trainer = Trainer(
        parameters: parameters, objective: objective, optimizer: SGD(parameters, learningRate: 0),
        plan: TrainingPlan(steps: 4, batchSize: 4, schedule: ConstantRate(0)),
        state: TrainingState(generator: RandomGenerator(seed: seed)))
      var losses: [Double] = []
      try trainer.run(afterEvaluation: { losses.append($0.trainLoss) })
      return losses
    }
    #expect(try losses(1) == losses(1))
    #expect(try losses(1) != losses(2))
    #expect(try Set(losses(1)).count == 4)
  }

  @Test func theBestWeightsComeWithTheirBuffers() throws {
    let buffer = Buffer(Tensor([0.0]))
    let objective = Scripted(validationLosses: [5, 3, 4])
    let trainer = Trainer(
      parameters: objective.parameters, buffers: [("mean", buffer)], objective: objective,
      optimizer: SGD(objective.parameters, learningRate: 0.01),
      plan: TrainingPlan(steps: 3, batchSize: 4, schedule: ConstantRate(0.01)),
      state: TrainingState(generator: RandomGenerator(seed: 0)))
    // What a layer would note in the next step.
    try trainer.run(afterStep: { trainer in
      buffer.value = Tensor([Float(trainer.state.step)], shape: [1])
      return true
    })
    trainer.restoreBestWeights()
    #expect(buffer.value.scalars(as: Float.self) == [1])
  }

  @Test func aRowOfSeveralTargetsIsRightWhereAllAre() {
    let scores = Tensor([[[2, 1], [0, 1]], [[2, 1], [1, 0]], [[0, 1], [0, 1]]])
    let labels = Tensor([[0, 1], [0, 1], [1, 1]], dtype: .int32)
    let objective = SupervisedObjective(model: MLPIdentity(), training: (scores, labels))
    #expect(objective.trainingEvaluation()?.accuracy == 2.0 / 3)
  }

  @Test func theHingeLossOfTwoClasses() throws {
    let scores = Tensor([[3], [-0.5], [0.25], [-2]])
    let labels = Tensor([1, 0, 0, 1], dtype: .int32)
    let objective = SupervisedObjective(
      model: MLPIdentity(), training: (scores, labels), loss: .hinge)
    let evaluation = try #require(objective.trainingEvaluation())
    // 0, 0.5, 1.25 and 3
    #expect(abs(evaluation.loss - 1.1875) < 1e-6)
    #expect(evaluation.accuracy == 0.5)
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
    trainer.restoreBestWeights()
    #expect(abs(objective.parameter.value.scalar() - 0.97) < 1e-6)
    // Losses are reported in the unit of the objective.
    #expect(abs(records[0].trainLoss - 100) < 1e-4)
  }

  @Test func aPlateauLowersTheRateOfTheStepsAfterIt() throws {
    // The weight falls by the rate in each epoch, which tells whether the optimizer was told.
    final class Stuck: Objective {
      let parameter = Parameter(Tensor([1.0], dtype: .float64))
      let exampleCount = 1
      let lossUnit = 1.0
      let isValidated: Bool
      init(isValidated: Bool) { self.isValidated = isValidated }
      func loss(ofExamples indices: ArraySlice<Int>) -> Tensor {
        // Adds up to a constant loss with a gradient of 1.
        parameter.value.sum() - parameter.value.scalar() + 2.0
      }
      func validation() -> Evaluation? { isValidated ? Evaluation(loss: 2) : nil }
    }
    for isValidated in [true, false] {
      let objective = Stuck(isValidated: isValidated)
      let parameters = Parameters([("w", objective.parameter)])
      let plan = TrainingPlan(
        steps: 7, batchSize: 1,
        learningRate: .plateau(ReduceOnPlateau(rate: 0.1, factor: 0.5, patience: 1)))
      var state = TrainingState(generator: RandomGenerator(seed: 0))
      var rates: [Double] = []
      // Each session takes a step, and saves.
      for _ in 0..<7 {
        let trainer = Trainer(
          parameters: parameters, objective: objective,
          optimizer: SGD(parameters, learningRate: 1), plan: plan, state: state)
        try trainer.run(
          afterStep: { _ in false }, afterEvaluation: { rates.append($0.learningRate) })
        state = try JSONDecoder().decode(
          TrainingState.self, from: JSONEncoder().encode(trainer.state))
        #expect(state == trainer.state)
      }
      #expect(rates == [0.1, 0.1, 0.1, 0.05, 0.05, 0.025, 0.025])
      #expect(abs(objective.parameter.value.scalar() - 0.55) < 1e-12)
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
      throws: TrainingError.training("the loss is \(factor) at step 1, learning rate 0.01")
    ) { try trainer.run() }
    // The weights are as they were.
    #expect(objective.parameter.value.scalar() == 1)
  }

  @Test func aValidationLossThatIsNotFiniteStops() {
    let trainer = trainer(Scripted(validationLosses: [1, .infinity]), steps: 20, patience: nil)
    #expect(
      throws: TrainingError.training("the validation loss is inf at step 2, learning rate 0.01")
    ) { try trainer.run() }
  }

  @Test func evaluationsCoverAllExamplesInChunks() throws {
    // More rows than a chunk holds; a model that passes its input on.
    let count = 2500
    let x = Tensor.arange(from: 0, to: Double(count)).reshaped(to: [count, 1])
    let identity = MLPIdentity()
    let shifted = SupervisedObjective(model: identity, training: (x, x + 2.0), lossUnit: 10)
    let evaluation = try #require(shifted.trainingEvaluation())
    let variance = (Double(count) * Double(count) - 1) / 12
    #expect(abs(evaluation.loss - 40) < 1e-3)
    #expect(abs(try #require(evaluation.r2) - (1 - 4 / variance)) < 1e-9)
    #expect(evaluation.accuracy == nil)
  }

  private struct MLPIdentity: Layer {
    func callAsFunction(_ input: Tensor) -> Tensor { input }
  }

  @Test func rowsAreTakenFromViewsToo() {
    let x = Tensor.arange(from: 0, to: 12).reshaped(to: [3, 4])
    #expect(x.rows([2, 0]).scalars(as: Int32.self) == [8, 9, 10, 11, 0, 1, 2, 3])
    #expect(x.transposed().rows([3, 1]).scalars(as: Int32.self) == [3, 7, 11, 1, 5, 9])
    #expect(x.rows([]).shape == [0, 4])
  }
}
