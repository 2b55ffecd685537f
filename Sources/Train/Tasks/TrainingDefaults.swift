/// The defaults that depend on the task, the model and how much data there is.
struct TrainingDefaults {
  /// The number of examples that a batch is drawn from.
  let exampleCount: Int
  /// The number of examples of an epoch.
  let epochSize: Int
  /// Settings of the model, by name, as far as it has them.
  var model: [String: String] = [:]
  /// A learning rate that is good for Adam, from which those of other optimizers follow.
  var learningRate = 0.01
  /// The learning rate at the end as a fraction of the highest, for schedules that have one.
  var finalRate = "0"
  /// A β₂ that is good for Adam.
  var beta2 = 0.999
  /// A decoupled weight decay that is good for AdamW.
  var weightDecay = 0.0
  /// The largest norm of the gradients; 0 for any.
  var clipNorm = 0.0
  var batchSize: Int
  var steps = 4000
  var patience = 0

  init(_ data: TaskData) {
    exampleCount = data.exampleCount
    epochSize = data.epochSize
    batchSize = min(64, exampleCount)
  }

  /// The number of batches in an epoch of examples.
  var stepsPerEpoch: Int { (exampleCount + batchSize - 1) / batchSize }

  /// Sets the defaults of images in classes.
  mutating func setForImages(model name: String) {
    model["hidden"] = "256-128"
    learningRate = 2e-3
    weightDecay = 0.05
    steps = stepsPerEpoch * (name == "mlp" ? 20 : 6)
  }
}
