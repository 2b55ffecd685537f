import Training
import NN

/// The defaults that depend on the task, the model and how much data there is.
struct TrainingDefaults {
  /// The examples that a batch is drawn from.
  let exampleCount: Int
  /// The examples that make an epoch.
  let epochSize: Int
  private(set) var hidden = [64, 64]
  private(set) var activation = Activation.relu
  private(set) var layers = 1
  private(set) var width = 64
  private(set) var learningRate = 0.01
  /// What the learning rate is multiplied by to give the one at the end.
  private(set) var finalRateFactor = 0.0
  private(set) var beta2 = 0.999
  private(set) var weightDecay = 0.0
  private(set) var clipNorm = 0.0
  private(set) var batchSize: Int
  private(set) var steps = 4000
  private(set) var patience = 0

  init(_ task: TaskChoice, _ model: ModelChoice, _ data: TaskData, context: Int) {
    switch data {
    case .examples(let data):
      exampleCount = data.training.rows
      epochSize = exampleCount
    case .text(let data):
      exampleCount = data.training.count - context
      // Windows side by side.
      epochSize = data.training.count / context
    }
    let rows = exampleCount
    batchSize = min(64, rows)
    switch task {
    case .spirals, .moons, .xor, .sine: activation = .tanh
    case .csv:
      activation = .gelu
      // Strong, because a small table is easily learned by heart; early stopping does the rest.
      weightDecay = rows < 2000 ? 0.5 : 0.1
      // A small table gets small batches, so that an epoch still has several steps.
      batchSize = min(64, max(8, rows / 16), rows)
      let epoch = (rows + batchSize - 1) / batchSize
      // 200 epochs, but of a large table only as many as fit a moderate number of steps.
      steps = min(200 * epoch, max(60_000, 10 * epoch))
      // Half of the schedule: while the learning rate is near its peak the loss goes up and down.
      patience = max(5, steps / epoch / 2)
    case .glyphs, .idx:
      hidden = [256, 128]
      width = 16
      learningRate = 2e-3
      weightDecay = 0.05
      steps = (rows + batchSize - 1) / batchSize * (model == .mlp ? 20 : 6)
    case .addition:
      layers = 2
      width = 64
      learningRate = 3e-3
      beta2 = 0.99
      weightDecay = 0.1
      clipNorm = 1
      batchSize = min(128, rows)
      steps = 2000
    case .memory:
      width = 32
      learningRate = 5e-3
      clipNorm = 1
      steps = 1000
    case .text:
      layers = 4
      width = 128
      learningRate = 1e-3
      finalRateFactor = 0.1
      beta2 = 0.99
      weightDecay = 0.1
      clipNorm = 1
      batchSize = min(12, rows)
      steps = 2000
    }
  }
}
