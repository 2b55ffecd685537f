import NN
import Optim
import Tensor

/// What `train.py` continues: the state of a run after its last step, and what it would use next.
package struct PyTorchTraining {
  /// The examples.
  package enum Examples {
    /// Inputs and targets.
    case supervised(SupervisedData)
    /// A text, of which an example is a window.
    case text(TextData)
  }

  /// The most examples in the batches of the steps to come that are written.
  private static let orderLimit = 1 << 24

  let optimizer: PyTorchOptimizer
  let learningRate: Double
  let options: TrainerOptions
  let state: TrainingState
  let description: ModelDescription
  let examples: Examples
  let exampleCount: Int
  /// The number of steps between evaluations.
  let stepsPerEpoch: Int
  /// The numbers of the examples of each step to come.
  package let batches: [[Int32]]

  private let weights: NamedTensors
  private let optimizerTensors: NamedTensors

  /// Creates a description of a run whose model and optimizer are in the state after its last step.
  ///
  /// - Parameters:
  ///   - expression: The optimizer as text.
  ///   - optimizer: The optimizer, with its state.
  ///   - model: The model, with the weights in training.
  ///   - description: The model and its data.
  ///   - learningRate: The highest learning rate.
  ///   - options: The options of the training loop.
  ///   - state: The position in the run.
  ///   - examples: The examples.
  /// - Throws: ``TrainingError`` of kind `data` for an optimizer without a counterpart in PyTorch.
  package init(
    _ expression: OptimizerExpression, _ optimizer: any Optimizer, _ model: any Module,
    _ description: ModelDescription, learningRate: Double, options: TrainerOptions,
    state: TrainingState, examples: Examples
  ) throws(TrainingError) {
    self.optimizer = try PyTorchOptimizer(expression)
    self.learningRate = learningRate
    self.options = options
    self.state = state
    self.description = description
    self.examples = examples
    exampleCount =
      switch examples {
      case .supervised(let data): data.training.rows
      case .text(let data): data.training.count - description.shape.inputSize
      }
    weights = model.weights
    optimizerTensors = self.optimizer.tensors(
      of: optimizer.state, parameters: optimizer.parameters.map(\.name))

    var order = ExampleOrder(
      of: exampleCount, sampling: options.sampling, batchSize: options.stepSize,
      generator: state.generator)
    stepsPerEpoch = (order.indices.count + options.stepSize - 1) / options.stepSize
    var batches: [[Int32]] = []
    var (position, count) = (state.stepInEpoch, 0)
    let steps = state.isStoppedEarly ? 0 : max(options.steps - state.step, 0)
    while batches.count < steps, count < Self.orderLimit {
      let batch = order.batch(position)
      batches.append(batch.map(Int32.init))
      count += batch.count
      position += 1
      if batch.endIndex == order.indices.count {
        order.startNextEpoch()
        position = 0
      }
    }
    self.batches = batches
  }

  /// Whether the learning rate follows the validation loss instead of a schedule.
  var plateau: ReduceOnPlateau? {
    if case .plateau(let start) = options.learningRate { state.plateau ?? start } else { nil }
  }

  // MARK: - Files

  /// The content of `checkpoint.safetensors`.
  package var checkpoint: NamedTensors {
    var tensors = NamedTensors()
    tensors.merge(weights, prefix: "model/")
    tensors.merge(optimizerTensors)
    tensors["step"] = Tensor(Int32(clamping: state.step))
    tensors["best_loss"] = Tensor(state.bestLoss ?? .infinity, dtype: .float64)
    tensors["stale_evaluations"] = Tensor(Int32(clamping: state.staleEvaluations))
    if let plateau {
      tensors["plateau"] = Tensor(
        [
          plateau.rate, plateau.best ?? .infinity, Double(plateau.badMetrics),
          Double(plateau.cooldownLeft),
        ], shape: [4])
    }
    return tensors
  }

  /// The content of `schedule.safetensors`: the examples and the rate of each step to come.
  package var schedule: NamedTensors {
    let steps = state.step..<state.step + batches.count
    var tensors: NamedTensors = [
      "first_step": Tensor(Int32(clamping: state.step)),
      "batch_sizes": Tensor(batches.map { Int32($0.count) }, shape: [batches.count]),
    ]
    let order = batches.flatMap(\.self)
    tensors["order"] = Tensor(order, shape: [order.count])
    if case .schedule(let rate) = options.learningRate {
      tensors["learning_rate"] = Tensor(steps.map { rate($0) }, shape: [steps.count])
    }
    if let momentum = options.momentumSchedule {
      // One more, for steps after the end of the run.
      let values = (steps.lowerBound...steps.upperBound).map { momentum($0) }
      tensors["momentum"] = Tensor(values, shape: [values.count])
    }
    return tensors
  }

  /// The content of `data.safetensors`: the encoded examples.
  package var data: NamedTensors {
    switch examples {
    case .supervised(let data):
      let (training, validation) = (data.training.tensors, data.validation.tensors)
      return [
        "training.inputs": training.inputs, "training.targets": training.targets,
        "validation.inputs": validation.inputs, "validation.targets": validation.targets,
      ]
    case .text(let data):
      return [
        "training": Tensor(data.training, shape: [data.training.count]),
        "validation": Tensor(data.validation, shape: [data.validation.count]),
      ]
    }
  }
}
