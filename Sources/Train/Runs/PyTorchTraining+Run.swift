import NN
import Optim
import Training

extension PyTorchTraining {
  /// Reads the last checkpoint of a run, and its data.
  ///
  /// - Throws: ``TrainingError`` when a file is missing or damaged, the data has changed, or the
  ///   optimizer has no counterpart in PyTorch.
  init(of run: RunFolder) throws {
    let file = try ConfigurationFile(contentsOf: run.configuration)
    let configuration = file.configuration
    let data = try file.data(of: run)
    let model = Experiment(configuration, on: data).model
    let optimizer = configuration.optimizer(model.parameters)
    let checkpoint = try Checkpoint.load(
      from: run.checkpoint, into: model, optimizer, as: CheckpointState.self)
    let examples: Examples =
      switch data {
      case .examples(let data): .supervised(data)
      case .text(let data, _): .text(data)
      }
    try self.init(
      configuration[FitOptions.optimizer], optimizer, model,
      configuration.modelDescription(file.input),
      learningRate: configuration[FitOptions.learningRate],
      options: configuration.trainerOptions(), state: checkpoint.training, examples: examples)
  }
}
