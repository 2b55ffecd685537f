import Autograd
import NN
import Optim
import Tensor

extension TrainingConfiguration {
  /// The model from a number of features to a target, with the initial weights that the seed decides.
  package func model(inputs: Int, target: TargetEncoding) -> MLP {
    var generator = RandomStream.weights.generator(seed: seed)
    return withRandomGenerator(&generator) {
      MLP([inputs] + hidden + [target.outputs], activation: activation)
    }
  }

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
      patience: patience > 0 ? patience : nil, schedule: rates)
  }

  private var rates: any Schedule {
    switch schedule {
    case .constant: LinearWarmup(peak: learningRate, warmup: warmup)
    case .cosine: WarmupCosine(peak: learningRate, warmup: warmup, total: steps)
    }
  }

  /// The model in a few characters: `mlp 2-32-32-2`.
  package func modelText(for data: TrainingData) -> String {
    let sizes = [data.training.columns] + hidden + [data.target.outputs]
    return "mlp " + sizes.map(String.init).joined(separator: "-")
  }

  /// The optimizer in a few characters: `lookahead(adamw)`.
  package var optimizerText: String {
    lookahead ? "lookahead(\(optimizer.rawValue))" : optimizer.rawValue
  }
}

extension SupervisedObjective {
  /// The objective of a model on the data of a run.
  package init(model: Model, data: TrainingData) {
    self.init(
      model: model, training: data.training.tensors, validation: data.validation.tensors,
      lossUnit: data.target.lossUnit)
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

extension Examples {
  /// The features `[rows, columns]`, and the classes or values `[rows]`.
  package var tensors: (inputs: Tensor, targets: Tensor) {
    let inputs = Tensor(features, shape: [rows, columns])
    switch targets {
    case .classes(let classes): return (inputs, Tensor(classes, shape: [rows]))
    case .values(let values): return (inputs, Tensor(values, shape: [rows]))
    }
  }
}
