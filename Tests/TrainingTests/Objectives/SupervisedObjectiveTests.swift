import TestSupport
import Testing

struct SupervisedObjectiveTests {
  private struct Passthrough: Layer {
    func callAsFunction(_ input: Tensor) -> Tensor { input }
  }

  @Test func aRowOfSeveralTargetsIsCorrectIfAllOfThemAre() {
    let scores = Tensor([[[2, 1], [0, 1]], [[2, 1], [1, 0]], [[0, 1], [0, 1]]])
    let labels = Tensor([[0, 1], [0, 1], [1, 1]], dtype: .int32)
    let objective = SupervisedObjective(Passthrough(), training: (scores, labels))
    #expect(objective.trainingEvaluation()?.accuracy == 2.0 / 3)
  }

  @Test func hingeLossOfTwoClasses() throws {
    let scores = Tensor([[3], [-0.5], [0.25], [-2]])
    let labels = Tensor([1, 0, 0, 1], dtype: .int32)
    let objective = SupervisedObjective(
      Passthrough(), training: (scores, labels), loss: .hinge)
    let evaluation = try #require(objective.trainingEvaluation())
    // 0, 0.5, 1.25 and 3
    #expect(abs(evaluation.loss - 1.1875) < 1e-6)
    #expect(evaluation.accuracy == 0.5)
  }

  @Test func aSampleStandsForManyRowsWhileTraining() throws {
    func objective(rows: Int) -> SupervisedObjective<Passthrough> {
      let x = Tensor.arange(from: 0, to: Double(rows)).reshaped(to: [rows, 1])
      // The error of a row is its number.
      return SupervisedObjective(
        Passthrough(), training: (x, x), validation: (x, x * 0.0), loss: .meanAbsoluteError)
    }
    let size = SupervisedObjective<Passthrough>.sampleSize
    let sampled = try #require(objective(rows: 2 * size).sampledValidation())
    #expect(abs(sampled.loss - Double(size - 1)) < 1)
    #expect(objective(rows: size).sampledValidation() == objective(rows: size).validation())
  }

  @Test func evaluationsCoverAllExamplesInChunks() throws {
    // More rows than a chunk holds; a model that passes its input on.
    let count = 2500
    let x = Tensor.arange(from: 0, to: Double(count)).reshaped(to: [count, 1])
    let identity = Passthrough()
    let shifted = SupervisedObjective(identity, training: (x, x + 2.0), lossUnit: 10)
    let evaluation = try #require(shifted.trainingEvaluation())
    let variance = (Double(count) * Double(count) - 1) / 12
    #expect(abs(evaluation.loss - 40) < 1e-3)
    #expect(abs(try #require(evaluation.r2) - (1 - 4 / variance)) < 1e-9)
    #expect(evaluation.accuracy == nil)
  }
}
