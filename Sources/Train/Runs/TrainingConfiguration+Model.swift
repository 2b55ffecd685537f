import Training
import Autograd
import NN
import Optim
import Tensor

extension TrainingConfiguration {
  /// The optimizer that the configuration describes.
  func optimizer(_ parameters: Parameters) -> any Optimizer {
    // Shrinking a bias only moves what the weights mean.
    optimizer.optimizer(
      of: parameters, learningRate: learningRate, groups: [.noDecayOnVectors])
  }

  /// How the training loop goes about it.
  var plan: TrainingPlan {
    var plan = TrainingPlan(
      steps: steps, batchSize: batchSize, accumulate: accumulate,
      clipNorm: clipNorm > 0 ? clipNorm : nil, clipValue: clipValue > 0 ? clipValue : nil,
      nonFinite: nonFinite, patience: patience > 0 ? patience : nil, learningRate: rates,
      drawing: evaluateEvery.map { .rounds(ofSteps: $0) } ?? .passes)
    plan.momentum = momenta
    return plan
  }
}

extension TargetEncoding {
  /// What a loss of 1 on encoded targets means for the targets themselves.
  var lossUnit: Double {
    switch self {
    case .classes: 1
    case .number(_, let deviation): deviation * deviation
    }
  }
}
