import Synchronization
import TestSupport
import Testing

private let x = withRandomSeed(1) { Tensor.normal([40, 3]) }
private let y = (x * Tensor([1, -2, 0.5])).sum(along: 1)
private let labels = (y .> 0).converted(to: .int32)

private func linear(_ outputs: Int = 1) -> MLP { withRandomSeed(2) { MLP([3, outputs]) } }

private func weights(_ model: some Module) -> [[Float]] {
  model.parameters.map { $0.parameter.value.scalars(as: Float.self) }
}

/// Everything that can be a loss takes the same steps where the losses are the same.
struct TrainerLossTests {
  private func options(batchSize: Int) -> TrainerOptions {
    TrainerOptions(
      steps: 25, batchSize: batchSize, schedule: ConstantRate(0.05), evaluationPeriod: nil)
  }

  private func trained(_ make: (MLP, any Optimizer) -> Trainer) throws -> [[Float]] {
    let model = linear()
    try make(model, SGD(model.parameters, learningRate: 0.05)).run()
    return weights(model)
  }

  @Test func theSameLossInEveryForm() throws {
    let targets = y.reshaped(to: [40, 1])
    let expected = try trained {
      Trainer($0, training: (x, targets), optimizer: $1, options: options(batchSize: 8))
    }
    let ready = try trained {
      Trainer(
        $0, training: (x, y), loss: .meanSquaredError, optimizer: $1,
        options: options(batchSize: 8))
    }
    let closure = try trained {
      Trainer(
        $0, training: (x, y), loss: { square($0 - $1).mean() }, optimizer: $1,
        options: options(batchSize: 8))
    }
    let indices = try trained { model, optimizer in
      Trainer(model, exampleCount: 40, optimizer: optimizer, options: options(batchSize: 8)) {
        meanSquaredError(model(Gathering.rows(x, at: $0)), Gathering.rows(targets, at: $0))
      }
    }
    let loader = DataLoader(
      x, targets, batchSize: 8, shuffle: TrainingState(seed: 0).generator, epochs: nil)
    let batches = try trained { model, optimizer in
      Trainer(model, batches: loader, optimizer: optimizer, options: options(batchSize: 1)) {
        x, y in
        meanSquaredError(model(x), y)
      }
    }
    let array = Array(loader.dropFirst(0).prefix(25))
    let sequence = try trained { model, optimizer in
      Trainer(
        model, batches: array.map { Pair($0) }, batchesPerEpoch: 5, optimizer: optimizer,
        options: options(batchSize: 1)
      ) { meanSquaredError(model($0.x), $0.y) }
    }
    for other in [ready, closure, indices, batches, sequence] { #expect(other == expected) }
  }

  private struct Pair: Sendable {
    let x: Tensor, y: Tensor
    init(_ pair: (Tensor, Tensor)) { (x, y) = pair }
  }

  /// The value of each loss for outputs and targets is that of the function it stands for.
  @Test func readyLosses() {
    let scores = withRandomSeed(3) { Tensor.normal([6, 4]) }
    let classes = Tensor([0, 3, 1, 1, 2, 0], dtype: .int32)
    let outputs = withRandomSeed(4) { Tensor.normal([6, 1]) }
    let numbers = withRandomSeed(5) { Tensor.normal([6]) }
    let bits = Tensor([0, 1, 1, 0, 1, 0], dtype: .int32)
    let column = numbers.reshaped(to: [6, 1])
    let bitColumn = bits.converted(to: .float32).reshaped(to: [6, 1])
    let classWeights = Tensor([1, 2, 3, 4])
    let cases: [(LossFunction, Tensor, Tensor, Tensor)] = [
      (.automatic, scores, classes, crossEntropy(scores, labels: classes)),
      (.automatic, outputs, numbers, meanSquaredError(outputs, column)),
      (.crossEntropy, scores, classes, crossEntropy(scores, labels: classes)),
      (
        .crossEntropy(labelSmoothing: 0.1, classWeights: classWeights, ignoredLabel: 3), scores,
        classes,
        crossEntropy(
          scores, labels: classes, labelSmoothing: 0.1, classWeights: classWeights, ignoredLabel: 3)
      ),
      (.binaryCrossEntropy, outputs, bits, binaryCrossEntropy(logits: outputs, bitColumn)),
      (
        .binaryCrossEntropy(positiveWeight: Tensor(3)), outputs, bits,
        binaryCrossEntropy(logits: outputs, bitColumn, positiveWeight: Tensor(3))
      ),
      (
        .binaryCrossEntropyOfProbabilities, sigmoid(outputs), bits,
        binaryCrossEntropy(sigmoid(outputs), bitColumn)
      ),
      (.hinge, outputs, bits, hingeLoss(outputs, bitColumn * 2 - 1)),
      (.hinge, outputs, bitColumn * 2 - 1, hingeLoss(outputs, bitColumn * 2 - 1)),
      (.meanSquaredError, outputs, numbers, meanSquaredError(outputs, column)),
      (.meanSquaredError, outputs, bits, meanSquaredError(outputs, bitColumn)),
      (.meanAbsoluteError, outputs, numbers, meanAbsoluteError(outputs, column)),
      (.huber, outputs, numbers, huberLoss(outputs, column)),
      (.huber(delta: 0.3), outputs, numbers, huberLoss(outputs, column, delta: 0.3)),
      (.smoothL1, outputs, numbers, smoothL1Loss(outputs, column)),
      (.smoothL1(beta: 0.3), outputs, numbers, smoothL1Loss(outputs, column, beta: 0.3)),
      (LossFunction { ($0 - $1).sum() }, outputs, numbers, (outputs - column).sum()),
    ]
    for (loss, outputs, targets, expected) in cases {
      expectIdentical(loss(outputs, targets), expected)
    }
  }

  @Test func figuresOfAnEvaluation() {
    let outputs = Tensor([[2, 1], [0, 3], [1, 0], [0, 1]])
    let model = Identity()
    let labels = Tensor([0, 1, 1, -100], dtype: .int32)
    let ignoring = evaluate(
      model, outputs, labels, loss: .crossEntropy(ignoredLabel: -100))
    #expect(ignoring.accuracy == 2.0 / 3 && ignoring.r2 == nil)
    let score = Tensor([-1, 2, 3, 0.2]).reshaped(to: [4, 1])
    let bits = Tensor([0, 1, 0, 1], dtype: .int32)
    for targets in [bits, bits.converted(to: .float32)] {
      #expect(evaluate(model, score, targets, loss: .binaryCrossEntropy).accuracy == 0.75)
      #expect(evaluate(model, score, targets, loss: .hinge).accuracy == 0.75)
    }
    let halves = sigmoid(score)
    #expect(
      evaluate(model, halves, bits, loss: .binaryCrossEntropyOfProbabilities).accuracy == 0.75)
    // R² is that of the squared errors under any loss.
    let numbers = Tensor([-1, 1, 3, 1])
    let squared = evaluate(model, score, numbers)
    let absolute = evaluate(
      model, score, numbers, loss: .meanAbsoluteError,
      metrics: ["worst": { abs($0 - $1).max().scalar() }])
    expectClose(squared.r2 ?? .nan, 1 - (1 + 0.64) / 8, relative: 1e-6)
    expectClose(absolute.r2 ?? .nan, squared.r2 ?? .nan, relative: 1e-6)
    expectClose(absolute.loss, 0.45, relative: 1e-6)
    expectClose(absolute.metrics?["worst"] ?? .nan, 1, relative: 1e-6)
  }

  @Test func fitTakesAnyLossAndMetrics() throws {
    let model = linear()
    let counter = Atomic(0)
    var records: [MetricsRecord] = []
    var steps = 0
    let result = try fit(
      model, x, y,
      loss: { prediction, target in
        counter.add(1, ordering: .relaxed)
        return abs(prediction - target).mean()
      },
      validationFraction: 0.25, epochs: 200, batchSize: 10, schedule: ConstantRate(0.02),
      optimizer: SGD(model.parameters, learningRate: 1), clipNorm: 1,
      metrics: ["bias": { ($0 - $1).mean().scalar() }],
      afterStep: { trainer in
        steps += 1
        #expect(trainer.state.step == steps && trainer.optimizer.learningRate == 0.02)
        return true
      }, afterEvaluation: { records.append($0) })
    // 30 examples are left: three batches an epoch, and an evaluation after it and at the end.
    #expect(steps == 600 && result.steps == 600 && counter.load(ordering: .relaxed) == 801)
    #expect(records == result.history && records.count == 200)
    #expect(abs(records.last?.validationMetrics?["bias"] ?? 1) < 0.1)
    #expect(try #require(result.validation).loss < 0.1)
    #expect(try #require(result.validation?.r2) > 0.95)
    #expect(result.bestStep != nil && !result.isStoppedEarly)
  }

  /// The trainer of `fit` takes the same steps as `fit`.
  @Test func theShortTrainerIsThatOfFit() throws {
    let x = Tensor.linspace(from: -1, to: 1, count: 24).reshaped(to: [12, 2])
    let y = (x.sum(along: 1) .> 0).converted(to: .int32)
    let models = (0..<2).map { _ in withRandomSeed(3) { MLP([2, 4, 2]) } }
    let result = try fit(
      models[0], x, y, validationFraction: 0.25, epochs: 3, schedule: .constant(0.02),
      metrics: ["accuracy": accuracy])
    let trainer = try Trainer(
      models[1], x, y, validationFraction: 0.25, epochs: 3, schedule: .constant(0.02),
      metrics: ["accuracy": accuracy])
    try trainer.run()
    try trainer.restoreBestWeights()
    #expect(trainer.history == result.history)
    for (a, b) in zip(models[0].weights, models[1].weights) {
      #expect(Bool((a.tensor .== b.tensor).all()))
    }
    let record = try #require(result.history.last)
    let metric = try #require(record.validationMetrics?["accuracy"])
    let fraction = try #require(record.validationAccuracy)
    #expect(abs(metric - fraction) < 1e-6)
  }

  @Test func aConstantRateHasThreeSpellings() {
    let options = [
      TrainerOptions(steps: 1, batchSize: 1, learningRate: 0.5),
      TrainerOptions(steps: 1, batchSize: 1, learningRate: .constant(0.5)),
      TrainerOptions(steps: 1, batchSize: 1, schedule: .constant(0.5)),
    ]
    for option in options {
      guard case .schedule(let schedule) = option.learningRate else {
        Issue.record("not a schedule")
        continue
      }
      #expect(schedule(0) == 0.5 && schedule(1000) == 0.5)
    }
  }

  @Test func fitStopsEarly() throws {
    let model = linear(2)
    let result = try fit(
      model, x, labels, validation: (x, 1 - labels), epochs: 500, patience: 3)
    // The validation labels are the opposite ones: every epoch is worse than the first.
    #expect(result.isStoppedEarly && result.history.count == 4 && result.bestStep == 2)
    #expect(result.validation?.loss == result.history[0].validationLoss)
    let other = linear(2)
    let stopped = try fit(other, x, labels, epochs: 50, afterStep: { $0.state.step < 7 })
    #expect(stopped.steps == 7)
  }

  @Test func messagesNameTheCallAndTheSizes() async {
    let shape = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let model = MLP([3, 1])
      try await fit(model, Tensor.zeros([4, 3]), Tensor.zeros([4]), loss: { square($0 - $1) })
    }
    expectMessage(
      "fit: the loss has the shape [4, 1], not that of a scalar; take the mean over the examples",
      of: shape)
    let count = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      try await fit(MLP([3, 1]), Tensor.zeros([4, 3]), Tensor.zeros([5]))
    }
    expectMessage(
      "fit: inputs of shape [4, 3] and targets of shape [5] must have the same number of examples,"
        + " at least 1, along axis 0", of: count)
    let foreign = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      try await fit(
        MLP([3, 1]), Tensor.zeros([4, 3]), Tensor.zeros([4]),
        optimizer: SGD(MLP([3, 1]).parameters, learningRate: 1))
    }
    expectMessage(
      "fit: the optimizer's 'layers.0.weight' is not a parameter of the model; make the optimizer"
        + " with the parameters of this model", of: foreign)
    let patience = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      try await fit(MLP([3, 1]), Tensor.zeros([4, 3]), Tensor.zeros([4]), patience: 3)
    }
    expectMessage(
      "fit: patience needs validation examples; give validation or validationFraction",
      of: patience)
  }
}
