import NN
import Tensor
import Training

/// The formats that `train export` writes.
enum ExportFormat: String, Sendable, CaseIterable {
  /// A file for `TrainedModel` and the command.
  case adjoint
  /// The weights alone, under the names of PyTorch.
  case safetensors
  /// A folder of Python programs.
  case pytorch
  /// A graph in the ONNX format.
  case onnx

  /// What the format is for, in a few words.
  var summary: String {
    switch self {
    case .adjoint: "adjoint, one file that TrainedModel and the command open"
    case .safetensors: "safetensors, the weights alone"
    case .pytorch: "pytorch, a folder with model.py, predict.py and train.py"
    case .onnx: "onnx, a graph that onnxruntime runs on raw columns, pixels or tokens"
    }
  }

  /// The name of the file or folder where none is given.
  var fileName: String {
    switch self {
    case .adjoint: "model.safetensors"
    case .safetensors: "weights.safetensors"
    case .pytorch: "pytorch"
    case .onnx: "model.onnx"
    }
  }

  /// Writes a model.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - run: The run that it comes from, or `nil` for a model in a single file.
  ///   - path: The file or folder.
  /// - Returns: What is left out, one sentence each.
  /// - Throws: ``TrainingError`` of kind `inputOutput` that names the file.
  func write(_ model: TrainedModel, of run: RunFolder?, to path: String) throws -> [String] {
    switch self {
    case .adjoint: try model.write(to: path)
    case .safetensors:
      do {
        try model.module.save(to: path, metadata: ["format": "pt"])
      } catch {
        throw TrainingError(error)
      }
    case .pytorch:
      var notes: [String] = []
      let training = Self.training(of: run, &notes)
      try PyTorchExport(model, continuing: training).write(to: path)
      return notes
    case .onnx: try model.onnx().write(to: path)
    }
    return []
  }

  /// Returns what `train.py` continues, or `nil` with a note on why there is nothing.
  private static func training(of run: RunFolder?, _ notes: inout [String]) -> PyTorchTraining? {
    guard let run else {
      notes.append("train.py is left out: the file has no state of a training")
      return nil
    }
    do {
      return try PyTorchTraining(of: run)
    } catch {
      notes.append("train.py is left out: \(error)")
      return nil
    }
  }
}
