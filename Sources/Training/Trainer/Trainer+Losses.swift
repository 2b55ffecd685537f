import NN
import Optim
import Tensor

extension Trainer {
  /// Creates a trainer for a model and examples that lie along the first axis.
  ///
  /// - Parameters:
  ///   - model: Maps inputs `[n, ...]` to outputs for the targets.
  ///   - training: The inputs and targets to train on.
  ///   - validation: The inputs and targets to evaluate on.
  ///   - loss: The loss: by default the cross-entropy for int32 targets, the mean squared error for
  ///     others.
  ///   - metrics: Figures of an evaluation besides the loss and the accuracy or R², by name.
  ///   - optimizer: An optimizer of parameters of the model.
  ///   - options: How to train.
  ///   - state: The position in the run.
  ///   - bestWeights: ``bestWeights`` at that position.
  public convenience init(
    _ model: some Layer, training: (inputs: Tensor, targets: Tensor),
    validation: (inputs: Tensor, targets: Tensor)? = nil, loss: LossFunction = .automatic,
    metrics: [String: Metric] = [:], optimizer: any Optimizer, options: TrainerOptions,
    state: TrainingState = TrainingState(seed: 0), bestWeights: NamedTensors? = nil
  ) {
    self.init(
      SupervisedObjective(
        model, training: training, validation: validation, loss: loss, metrics: metrics,
        lossUnit: 1, caller: "Trainer"),
      optimizer: optimizer, options: options, state: state, bestWeights: bestWeights)
  }

  /// Creates a trainer for a model and examples that lie along the first axis, with a loss of the
  /// outputs of a batch and its targets.
  ///
  /// ```swift
  /// let trainer = Trainer(
  ///   model, training: (x, y), loss: { abs($0 - $1).mean() },
  ///   optimizer: AdamW(model.parameters), options: options)
  /// ```
  public convenience init(
    _ model: some Layer, training: (inputs: Tensor, targets: Tensor),
    validation: (inputs: Tensor, targets: Tensor)? = nil,
    loss: @escaping @Sendable (_ prediction: Tensor, _ target: Tensor) -> Tensor,
    metrics: [String: Metric] = [:], optimizer: any Optimizer, options: TrainerOptions,
    state: TrainingState = TrainingState(seed: 0)
  ) {
    self.init(
      model, training: training, validation: validation, loss: LossFunction(loss),
      metrics: metrics, optimizer: optimizer, options: options, state: state)
  }

  /// Creates a trainer for a model of any inputs and outputs, with a loss of the numbers of the
  /// examples of a batch.
  ///
  /// ```swift
  /// let trainer = Trainer(
  ///   autoencoder, exampleCount: images.shape[0], optimizer: optimizer, options: options
  /// ) { indices in
  ///   let batch = images.rows(indices)
  ///   return meanSquaredError(autoencoder(batch), batch)
  /// }
  /// ```
  /// - Parameters:
  ///   - model: The model, which the closure uses.
  ///   - exampleCount: The number of examples; an epoch visits all of them.
  ///   - optimizer: An optimizer of parameters of the model.
  ///   - options: How to train.
  ///   - state: The position in the run.
  ///   - validation: Evaluates the model, such as with ``evaluate(_:_:_:loss:metrics:)``.
  ///   - loss: Returns the mean loss of the examples with the given numbers, a scalar.
  public convenience init(
    _ model: some Module, exampleCount: Int, optimizer: any Optimizer, options: TrainerOptions,
    state: TrainingState = TrainingState(seed: 0),
    validation: (@Sendable () -> Evaluation?)? = nil,
    loss: @escaping @Sendable (_ indices: ArraySlice<Int>) -> Tensor
  ) {
    require(exampleCount >= 1, "Trainer: exampleCount must be at least 1, got \(exampleCount)")
    self.init(
      ClosureObjective(
        model: model, exampleCount: exampleCount, loss: loss, evaluation: validation),
      optimizer: optimizer, options: options, state: state)
  }

  /// Creates a trainer for a model of any inputs and outputs, with a loss of the batches of a
  /// loader.
  ///
  /// ```swift
  /// let loader = DataLoader(x, y, batchSize: 64, shuffle: RandomGenerator(seed: 1), epochs: nil)
  /// let trainer = Trainer(
  ///   model, batches: loader, optimizer: optimizer, options: options
  /// ) { x, y in crossEntropy(model(x), labels: y) }
  /// ```
  /// The loader makes the batches, so ``TrainerOptions/batchSize`` counts batches, usually 1, and
  /// ``TrainerOptions/sampling`` has no meaning. After the last batch the loader begins again, with
  /// the same order; give it `epochs: nil` for a new order in each epoch.
  ///
  /// - Parameters:
  ///   - model: The model, which the closure uses.
  ///   - batches: The batches; the trainer evaluates after each epoch of the loader.
  ///   - optimizer: An optimizer of parameters of the model.
  ///   - options: How to train.
  ///   - state: The position in the run: batches that were used are skipped.
  ///   - validation: Evaluates the model, such as with ``evaluate(_:_:_:loss:metrics:)``.
  ///   - loss: Returns the mean loss of a batch, a scalar.
  public convenience init<Batch>(
    _ model: some Module, batches: DataLoader<Batch>, optimizer: any Optimizer,
    options: TrainerOptions, state: TrainingState = TrainingState(seed: 0),
    validation: (@Sendable () -> Evaluation?)? = nil,
    loss: @escaping @Sendable (_ batch: Batch) -> Tensor
  ) {
    self.init(
      model, batches: batches, batchesPerEpoch: batches.sampler.batchesPerEpoch,
      optimizer: optimizer, options: options, state: state, validation: validation, loss: loss)
  }

  /// Creates a trainer for a model of any inputs and outputs, with a loss of the batches of a
  /// sequence, which must give them again each time it is iterated.
  ///
  /// - Parameters:
  ///   - model: The model, which the closure uses.
  ///   - batches: The batches; after the last one the sequence begins again.
  ///   - batchesPerEpoch: The number of batches in an epoch, after which the trainer evaluates.
  ///   - optimizer: An optimizer of parameters of the model.
  ///   - options: How to train; ``TrainerOptions/batchSize`` counts batches, usually 1.
  ///   - state: The position in the run: batches that were used are skipped.
  ///   - validation: Evaluates the model, such as with ``evaluate(_:_:_:loss:metrics:)``.
  ///   - loss: Returns the mean loss of a batch, a scalar.
  public convenience init<Batches: Sequence & Sendable>(
    _ model: some Module, batches: Batches, batchesPerEpoch: Int, optimizer: any Optimizer,
    options: TrainerOptions, state: TrainingState = TrainingState(seed: 0),
    validation: (@Sendable () -> Evaluation?)? = nil,
    loss: @escaping @Sendable (_ batch: Batches.Element) -> Tensor
  ) {
    require(
      batchesPerEpoch >= 1, "Trainer: batchesPerEpoch must be at least 1, got \(batchesPerEpoch)")
    var options = options
    options.sampling = .sequential
    let used = state.epoch * batchesPerEpoch + state.stepInEpoch * options.stepSize
    self.init(
      BatchObjective(
        model, batches, count: batchesPerEpoch, skipping: used, evaluation: validation, loss: loss),
      optimizer: optimizer, options: options, state: state)
  }
}
