import NN
import Tensor
import Training

/// The formats that `train export` writes.
enum ExportFormat: String, Sendable, CaseIterable {
  /// A file for `TrainedModel` and the command.
  case adjoint
  /// The weights alone, under the names of PyTorch.
  case safetensors

  /// What the format is for, in a few words.
  var summary: String {
    switch self {
    case .adjoint: "adjoint, one file that TrainedModel and the command open"
    case .safetensors: "safetensors, the weights alone"
    }
  }

  /// The name of the file or folder where none is given.
  var fileName: String {
    switch self {
    case .adjoint: "model.safetensors"
    case .safetensors: "weights.safetensors"
    }
  }

  /// Writes a model.
  ///
  /// - Throws: ``TrainingError`` of kind `inputOutput` that names the file.
  func write(_ model: TrainedModel, to path: String) throws {
    switch self {
    case .adjoint: try model.write(to: path)
    case .safetensors:
      do {
        try model.module.save(to: path, metadata: ["format": "pt"])
      } catch {
        throw TrainingError(error)
      }
    }
  }
}
