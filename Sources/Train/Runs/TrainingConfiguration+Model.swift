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
  var trainerOptions: TrainerOptions {
    TrainerOptions(
      steps: steps, batchSize: batchSize, accumulationSteps: accumulate,
      clipNorm: clipNorm > 0 ? clipNorm : nil, clipValue: clipValue > 0 ? clipValue : nil,
      nonFinite: nonFinite, patience: patience > 0 ? patience : nil, learningRate: rates,
      momentumSchedule: momenta,
      sampling: evaluateEvery.map { .withReplacement(stepsPerEpoch: $0) } ?? .shuffled)
  }
}
