import TestSupport
import Testing

/// What a model of a fold is trained on depends on the rows of its training part alone.
struct FoldStandardizationTests {
  private static let folds = Folds(of: 24, count: 4)
  private static let x =
    Tensor.seeded([24, 3], seed: 4, dtype: .float64) * Tensor([1, 50, 3], dtype: .float64) + 7
  private static let y = Tensor.seeded([24, 1], seed: 5, dtype: .float64)

  private static func parts(
    _ x: Tensor, standardizing: Bool = true
  ) -> [(training: Tensor, validation: Tensor)] {
    var parts: [(training: Tensor, validation: Tensor)] = []
    _ = crossValidate(x, y, folds: folds, standardizing: standardizing) { training, validation in
      parts.append((training.inputs, validation.inputs))
      return Evaluation(loss: 0)
    }
    return parts
  }

  @Test func trainingInputsHaveMeanZeroAndDeviationOne() {
    let parts = Self.parts(Self.x)
    #expect(parts.count == 4)
    for (training, validation) in parts {
      let (zeros, ones) = (Tensor.zeros([3], dtype: .float64), Tensor.ones([3], dtype: .float64))
      expectClose(training.mean(along: 0), zeros, relative: 0, absolute: 1e-12)
      expectClose(square(training).mean(along: 0), ones, relative: 1e-12)
      #expect(abs(validation.mean(along: 0)).max().scalar() > 1e-3)
    }
  }

  @Test(arguments: 0..<4)
  func validationRowsDoNotChangeTrainingInputs(_ position: Int) {
    var changed = Self.x
    for row in Self.folds[position].validation { changed[row] = Tensor(1e6, dtype: .float64) }
    let (before, after) = (Self.parts(Self.x)[position], Self.parts(changed)[position])
    expectIdentical(after.training, before.training)
    #expect(after.validation.min().scalar() > 1e3)
  }

  @Test func withoutStandardizingInputsStayAsTheyAre() {
    for (position, part) in Self.parts(Self.x, standardizing: false).enumerated() {
      let (training, validation) = Self.folds[position].examples(Self.x, Self.y)
      expectIdentical(part.training, training.inputs)
      expectIdentical(part.validation, validation.inputs)
    }
  }
}
