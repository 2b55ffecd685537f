import Foundation
import TestSupport
import Testing

private let x = withRandomSeed(1) { Tensor.normal([40, 3]) }
private let y = (x * Tensor([1, -2, 0.5])).sum(along: 1)

private func makeTrainer(
  _ level: DiagnosticsLevel, steps: Int = 30, clipNorm: Double? = nil, accumulation: Int = 1,
  checkpoint: String? = nil
) -> Trainer {
  let model = withRandomSeed(2) {
    Sequential {
      Linear(3, 4)
      Dropout(0.2)
      Linear(4, 1)
    }
  }
  return Trainer(
    model, training: (x, y), validation: (x, y),
    optimizer: SGD(model.parameters, learningRate: 0.01, momentum: 0.5),
    options: TrainerOptions(
      steps: steps, batchSize: 5, accumulationSteps: accumulation, clipNorm: clipNorm,
      schedule: ConstantRate(0.01), checkpoint: checkpoint, diagnostics: level))
}

private func records(
  _ trainer: Trainer, pauseAfter pause: Int? = nil
) throws -> [DiagnosticsRecord] {
  var records: [DiagnosticsRecord] = []
  try trainer.run(afterStep: { trainer in
    if let record = trainer.lastStep?.diagnostics { records.append(record) }
    return trainer.state.step != pause
  })
  return records
}

/// A record without what differs from one run to the next.
private func withoutResources(_ record: DiagnosticsRecord) -> DiagnosticsRecord {
  var record = record
  record.secondsPerStep = nil
  record.memoryBytes = 0
  return record
}

private func weights(_ trainer: Trainer) -> [[Float]] {
  trainer.model.parameters.map { $0.parameter.value.scalars(as: Float.self) }
}

struct DiagnosticsTests {
  @Test func theFirstStepIsMeasuredExactly() throws {
    let model = Sequential { Linear(weight: Tensor([[3, 4]]), bias: Tensor([12])) }
    let trainer = Trainer(
      model, training: (Tensor([[1, 2]]), Tensor([[0]])), loss: { output, _ in output.sum() },
      optimizer: SGD(model.parameters, learningRate: 0.5),
      options: TrainerOptions(
        steps: 1, batchSize: 1, clipNorm: 1, schedule: ConstantRate(0.5), diagnostics: .full))
    let record = try #require(try records(trainer).first)
    // The gradients are (1, 2) and 1; the step is half of them over their norm √6.
    let norm = 6.0.squareRoot()
    #expect(abs(record.gradientNorm - norm) < 1e-6)
    #expect(record.layers.count == 1 && record.layers[0].weightNorm == 13)
    #expect(abs(record.layers[0].gradientNorm - norm) < 1e-6)
    #expect(abs(try #require(record.layers[0].updateRatio) - 0.5 / 13) < 1e-6)
    #expect(abs(try #require(record.updateRatio) - 0.5 / 13) < 1e-6)
    #expect(record.loss == 23 && record.learningRate == 0.5 && record.momentum == 0)
    let weights = try #require(record.layers[0].weights)
    #expect(weights.low == 3 && weights.high == 12 && weights.counts.reduce(0, +) == 3)
    #expect(weights.counts[0] == 1 && weights.counts[3] == 1 && weights.counts[31] == 1)
    // One element has the exponent 1, two have the exponent 0.
    let gradients = try #require(record.layers[0].gradients)
    #expect(gradients.counts == [2, 1])
    #expect(gradients.low == 0 && abs(gradients.high - 2 * log10(2.0)) < 1e-12)
    #expect(record.memoryBytes > 0 && record.secondsPerStep == nil)
  }

  @Test func stepsAreSampledByTheirNumbers() throws {
    #expect(try records(makeTrainer(.off)).isEmpty)
    #expect(try records(makeTrainer(.light, steps: 250)).map(\.step) == [1, 101, 201, 250])
    let full = try records(makeTrainer(.full))
    #expect(full.map(\.step) == Array(1...30))
    #expect(full.allSatisfy { $0.layers.allSatisfy { $0.weights != nil && $0.gradients != nil } })
    #expect(full.map(\.momentum) == Array(repeating: 0.5, count: 30))
    #expect(full.dropFirst().allSatisfy { $0.secondsPerStep ?? 0 > 0 })
    let long = try records(makeTrainer(.light, steps: 2400))
    #expect(long.count == 25 && long[1].step == 101)
    #expect(long.count { $0.layers[0].weights != nil } == 4)
    #expect(full[0].layers.map(\.name) == ["0", "2"])
  }

  @Test(arguments: [1, 2]) func measuringChangesNothing(accumulation: Int) throws {
    let plain = makeTrainer(.off, clipNorm: 0.5, accumulation: accumulation)
    let measured = makeTrainer(.full, clipNorm: 0.5, accumulation: accumulation)
    try plain.run()
    _ = try records(measured)
    #expect(weights(plain) == weights(measured) && plain.state == measured.state)
  }

  @Test func aResumedRunMeasuresTheSame() throws {
    try withTemporaryFolder { folder in
      let whole = try records(makeTrainer(.full))
      let path = folder + "/checkpoint.safetensors"
      let first = try records(makeTrainer(.full, checkpoint: path), pauseAfter: 13)
      let rest = makeTrainer(.full, checkpoint: path)
      try rest.resume(from: path)
      let second = try records(rest)
      #expect((first + second).map(withoutResources) == whole.map(withoutResources))
    }
  }

  @Test func sampledStepsAreEvents() async throws {
    var steps: [Int] = []
    for try await event in makeTrainer(.light, steps: 250).events(every: 15) {
      if case .step(let record) = event, record.diagnostics != nil { steps.append(record.step) }
    }
    #expect(steps == [1, 101, 201, 250])
  }

  @Test func measuredStepsReachFit() throws {
    var count = 0
    let model = withRandomSeed(1) { MLP([3, 4, 1]) }
    try fit(
      model, x, y, epochs: 75, batchSize: 10, diagnostics: .light,
      afterStep: { trainer in
        if trainer.lastStep?.diagnostics != nil { count += 1 }
        return true
      })
    #expect(count == 4)
  }

  @Test func recordsSurviveJSON() throws {
    let record = try #require(try records(makeTrainer(.full)).last)
    let text = try JSONText.encode(record)
    #expect(try JSONText.decode(DiagnosticsRecord.self, from: text.utf8) == record)
    let broken = #"{"low":0,"high":1,"counts":"1 x"}"#
    #expect(throws: DecodingError.self) {
      try JSONText.decode(Histogram.self, from: broken.utf8)
    }
  }

  @Test func aSkippedStepIsNotMeasured() throws {
    let model = Linear(weight: Tensor([[1]]), bias: Tensor([0]))
    let trainer = Trainer(
      model, training: (Tensor([[Float.infinity]]), Tensor([[0]])),
      loss: { output, _ in output.sum() }, optimizer: SGD(model.parameters, learningRate: 0.5),
      options: TrainerOptions(
        steps: 2, batchSize: 1, nonFinite: .skip, schedule: ConstantRate(0.5), diagnostics: .full))
    #expect(try records(trainer).isEmpty && trainer.state.skippedSteps == 2)
  }
}

struct HistogramTests {
  @Test func valuesThatAreNotFiniteAreLeftOut() {
    let histogram = Histogram(ofElementsOf: [Tensor([1, .nan, 2]), Tensor([.infinity, 3])])
    #expect(histogram.low == 1 && histogram.high == 3 && histogram.counts.reduce(0, +) == 3)
    let magnitudes = Histogram(ofMagnitudesOf: [Tensor([0, .nan, 0.5, -0.5, -.infinity])])
    #expect(magnitudes.counts == [2])
    for tensor in [Tensor.zeros([0]), Tensor([.nan])] {
      #expect(Histogram(ofElementsOf: [tensor]).counts.isEmpty)
      #expect(Histogram(ofMagnitudesOf: [tensor]).counts.isEmpty)
    }
  }

  @Test(arguments: [DType.float32, .float64]) func equalValuesShareAnInterval(dtype: DType) {
    let histogram = Histogram(ofElementsOf: [Tensor.full([5], 0.25, dtype: dtype)], binCount: 4)
    #expect(histogram.counts == [5, 0, 0, 0] && histogram.low == 0.25 && histogram.high == 0.25)
  }

  @Test func largeTensorsAreSampled() {
    let histogram = Histogram(ofElementsOf: [Tensor.arange(to: 100_000)])
    #expect((1000...2048).contains(histogram.counts.reduce(0, +)))
  }
}
