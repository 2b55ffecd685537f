import Autograd
import NN
import Optim
import Tensor

extension TrainingConfiguration {
  /// The optimizer that the configuration describes.
  package func optimizer(_ parameters: Parameters) -> any Optimizer {
    // Shrinking a bias only moves what the weights mean.
    let groups = [ParameterGroup.noDecayOnVectors]
    switch optimizer {
    case .sgd:
      return wrapped(
        SGD(
          parameters, learningRate: learningRate, momentum: momentum ?? 0,
          weightDecay: weightDecay, nesterov: nesterov ?? false, groups: groups))
    case .adamw:
      return wrapped(
        AdamW(
          parameters, learningRate: learningRate, beta1: beta1 ?? 0.9, beta2: beta2 ?? 0.999,
          weightDecay: weightDecay, groups: groups))
    }
  }

  private func wrapped(_ inner: some Optimizer) -> any Optimizer {
    guard lookahead else { return inner }
    return Lookahead(inner, syncPeriod: syncPeriod ?? 5, slowStepSize: slowStepSize ?? 0.5)
  }

  /// How the training loop goes about it.
  package var plan: TrainingPlan {
    TrainingPlan(
      steps: steps, batchSize: batchSize, clipNorm: clipNorm > 0 ? clipNorm : nil,
      patience: patience > 0 ? patience : nil, learningRate: rates,
      drawing: evaluateEvery.map { .rounds(ofSteps: $0) } ?? .passes)
  }

  /// The optimizer in a few characters: `lookahead(adamw)`.
  package var optimizerText: String {
    lookahead ? "lookahead(\(optimizer.rawValue))" : optimizer.rawValue
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
