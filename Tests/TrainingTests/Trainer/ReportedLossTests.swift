import TestSupport
import Testing

/// The losses that a trainer reports while its weights stand still, at a rate of 0.
struct ReportedLossTests {
  private static let x = Tensor.seeded([11, 2], seed: 2, dtype: .float64)
  private static let y = Tensor.seeded([11, 1], seed: 3, in: 0..<9, dtype: .float64)

  private static func run(
    _ model: some Layer, _ inputs: Tensor = x, _ targets: Tensor = y, batchSize: Int,
    accumulationSteps: Int, steps: Int = 1
  ) throws -> (steps: [Double], records: [Double]) {
    let trainer = Trainer(
      model, training: (inputs, targets), optimizer: SGD(model.parameters, learningRate: 0),
      options: TrainerOptions(
        steps: steps, batchSize: batchSize, accumulationSteps: accumulationSteps,
        schedule: ConstantRate(0)),
      state: TrainingState(seed: 1))
    var losses: [Double] = []
    try trainer.run(afterStep: { trainer in
      losses += [trainer.lastStep?.loss].compactMap(\.self)
      return true
    })
    return (losses, trainer.history.map(\.trainLoss))
  }

  private static func model() -> MLP { withRandomSeed(1) { MLP([2, 3, 1], dtype: .float64) } }

  /// Batches of a step count by their examples, the last one short.
  @Test(arguments: [(11, 1), (3, 4), (4, 3), (7, 2), (1, 11)])
  func theLossOfAStepIsTheMeanOverItsExamples(_ batchSize: Int, _ count: Int) throws {
    let model = Self.model()
    let expected = meanSquaredError(model(Self.x), Self.y).scalar()
    let found = try Self.run(model, batchSize: batchSize, accumulationSteps: count)
    expectClose(found.steps, [expected], relative: 1e-12)
  }

  /// So does the loss of an epoch, whose last step is short.
  @Test(arguments: [(4, 1, 3), (2, 2, 3), (2, 3, 2), (5, 2, 2)])
  func theLossOfAnEpochIsTheMeanOverItsExamples(
    _ batchSize: Int, _ count: Int, _ steps: Int
  ) throws {
    let model = Self.model()
    let expected = meanSquaredError(model(Self.x), Self.y).scalar()
    let found = try Self.run(model, batchSize: batchSize, accumulationSteps: count, steps: steps)
    #expect(found.steps.count == steps)
    expectClose(found.records, [expected], relative: 1e-12)
  }

  /// Each step drops other elements, of examples that are all equal; equal states drop the same.
  @Test(arguments: [1, 3])
  func dropoutDrawsAnewInEveryStep(_ count: Int) throws {
    func losses() throws -> [Double] {
      let model = Sequential {
        Dropout(0.5)
        Self.model()
      }
      return try Self.run(
        model, .ones([12, 2], dtype: .float64), .ones([12, 1], dtype: .float64),
        batchSize: 12 / count, accumulationSteps: count, steps: 6
      ).steps
    }
    let found = try losses()
    #expect(Set(found).count == 6, "\(found)")
    #expect(try losses() == found)
  }
}
