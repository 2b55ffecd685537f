import Tensor

/// Writes a trained model as a folder for PyTorch.
///
/// It holds `model.py`, an `nn.Module`; `weights.safetensors`, the weights under the names of its
/// `state_dict`; `predict.py`, which applies it to new data as `train predict` does; and of a run
/// `train.py`, which carries the training on, with its state, its examples, and their order. The
/// programs need PyTorch, NumPy and safetensors.
package struct PyTorchExport {
  private let model: TrainedModel
  private let training: PyTorchTraining?

  /// Creates an export of a model, and of the run that it comes from unless `training` is `nil`.
  package init(_ model: TrainedModel, continuing training: PyTorchTraining?) {
    self.model = model
    self.training = training
  }

  /// Returns the programs by the names of their files.
  ///
  /// - Throws: ``TrainingError`` of kind `data` for a model without a counterpart in PyTorch.
  package func sources() throws(TrainingError) -> [String: String] {
    var sources = [
      "model.py": try PyTorchModel(model.description).source(),
      "predict.py": PyTorchPrediction(model).source(),
    ]
    sources["train.py"] = training?.source
    return sources
  }

  /// Writes the folder; files of an earlier export are replaced, others stay.
  ///
  /// - Throws: ``TrainingError`` of kind `inputOutput` that names the file, and of kind `data` for
  ///   a model without a counterpart.
  package func write(to path: String) throws {
    let sources = try sources()
    let folder = try RunFolder.makeFolder(path, prefix: "", replacing: Self.files)
    do {
      try model.module.save(to: "\(folder)/weights.safetensors", metadata: ["format": "pt"])
      if let training {
        let metadata = ["format": "pt"]
        try Safetensors(training.checkpoint, metadata: metadata)
          .write(to: "\(folder)/checkpoint.safetensors")
        try Safetensors(training.schedule, metadata: metadata)
          .write(to: "\(folder)/schedule.safetensors")
        // PyTorch's labels and tokens are 64-bit integers.
        try Safetensors(training.data, metadata: metadata)
          .write(to: "\(folder)/data.safetensors", wideIntegers: true)
      }
    } catch {
      throw TrainingError(error)
    }
    for (name, source) in sources { try FileAccess.write(source, to: "\(folder)/\(name)") }
  }

  /// The files of a folder.
  private static let files = [
    "model.py", "weights.safetensors", "predict.py", "train.py", "checkpoint.safetensors",
    "schedule.safetensors", "data.safetensors",
  ]
}
