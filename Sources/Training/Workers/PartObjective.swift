import Autograd
import NN
import Tensor

/// The objective of a worker that trains on some of the examples, and is evaluated like all others.
struct PartObjective<Whole: Objective>: Objective {
  let whole: Whole
  /// The numbers of the worker's examples.
  let examples: [Int]

  var model: Whole.Model { whole.model }
  var exampleCount: Int { examples.count }
  var lossUnit: Double { whole.lossUnit }

  func loss(ofExamples indices: ArraySlice<Int>) -> Tensor {
    whole.loss(ofExamples: indices.map { examples[$0] }[...])
  }

  func validation() -> Evaluation? { whole.validation() }
  func sampledValidation() -> Evaluation? { whole.sampledValidation() }
  func trainingEvaluation() -> Evaluation? { whole.trainingEvaluation() }
  func testEvaluation() -> Evaluation? { whole.testEvaluation() }
}

extension Objective {
  /// The objective on some of the examples, with the same evaluations.
  package func restricted(to examples: [Int]) -> any Objective {
    PartObjective(whole: self, examples: examples)
  }
}
