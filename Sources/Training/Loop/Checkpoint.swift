import Autograd
import Foundation
import NN
import Optim
import Tensor

/// A state of a training loop on disk: weights by name, the optimizer's state behind a prefix, and
/// where the loop stood.
package struct Checkpoint: Sendable {
  /// What the metadata of the file holds, as JSON, beside the tensors.
  private struct Standing: Codable, Sendable {
    var state: TrainingState
    var optimizer: String
    var counters: [String: Int]
    /// None once training has finished: equal runs end in equal files, however long they took.
    var seconds: Double?
  }

  /// Tells the optimizer's tensors from the weights.
  private static let prefix = "optimizer."
  private static let key = "training"

  private let tensors: NamedTensors
  private let standing: Standing
  private let path: String

  /// Where the loop stood.
  package var state: TrainingState { standing.state }
  /// The seconds of training that led there.
  package var seconds: Double { standing.seconds ?? 0 }

  /// Reads a checkpoint.
  ///
  /// - Throws: ``TrainingError`` that names the file when it cannot be read or is not a checkpoint.
  package init(contentsOf path: String) throws {
    let file = try readSafetensors(path)
    tensors = file.tensors
    self.path = path
    do {
      let text = file.metadata[Self.key] ?? ""
      standing = try JSONDecoder().decode(Standing.self, from: Data(text.utf8))
    } catch {
      throw TrainingError.data("\(path): is not a checkpoint of a training run")
    }
  }

  /// Writes the state of a loop.
  ///
  /// - Throws: ``TrainingError``; of kind `training` when a weight is no longer a finite number, so
  ///   that the last good checkpoint stays.
  package static func write(_ trainer: Trainer, seconds: Double, to path: String) throws {
    var file = Safetensors()
    for element in trainer.parameters {
      let value = element.parameter.value
      guard value.isFinite else {
        throw TrainingError.training(
          "'\(element.name)' is not finite after step \(trainer.state.step)")
      }
      file.tensors[element.name] = value
    }
    for (name, buffer) in trainer.buffers { file.tensors[name] = buffer.value }
    let optimizer = trainer.optimizer.state
    file.tensors.merge(optimizer.tensors, prefix: prefix)
    let standing = Standing(
      state: trainer.state, optimizer: optimizer.optimizer, counters: optimizer.counters,
      seconds: trainer.isFinished ? nil : seconds)
    file.metadata[key] = try json(standing)
    try writeAtomically(file.encoded(), to: path)
  }

  /// Sets parameters, buffers and optimizer to the state.
  ///
  /// - Throws: ``TrainingError`` of kind `data` when the state belongs to another model or optimizer.
  package func restore(
    _ parameters: Parameters, _ buffers: [(name: String, buffer: Buffer)] = [],
    _ optimizer: any Optimizer
  ) throws {
    var state = OptimizerState(optimizer: standing.optimizer)
    state.counters = standing.counters
    state.tensors = tensors.removingPrefix(Self.prefix)
    let weights = try weights(of: parameters, buffers, in: tensors, path: path)
    do {
      try optimizer.load(state)
    } catch {
      throw TrainingError.data("\(path): \(error)")
    }
    weights.restore(parameters, buffers)
  }
}

/// Writes weights under their names.
package func writeWeights(
  _ weights: ModelWeights, of parameters: Parameters,
  _ buffers: [(name: String, buffer: Buffer)] = [], metadata: [String: String], to path: String
) throws {
  var tensors = NamedTensors()
  for (element, weight) in zip(parameters, weights.parameters) { tensors[element.name] = weight }
  for alias in parameters.aliases { tensors[alias.name] = weights.parameters[alias.index] }
  for ((name, _), value) in zip(buffers, weights.buffers) { tensors[name] = value }
  try writeAtomically(Safetensors(tensors, metadata: metadata).encoded(), to: path)
}

/// Reads weights, in the order of some parameters and buffers.
///
/// - Throws: ``TrainingError`` that names the file, and the weights that it lacks or that do not fit.
package func readWeights(
  of parameters: Parameters, _ buffers: [(name: String, buffer: Buffer)] = [], from path: String
) throws -> ModelWeights {
  try weights(of: parameters, buffers, in: readSafetensors(path).tensors, path: path)
}

private func weights(
  of parameters: Parameters, _ buffers: [(name: String, buffer: Buffer)], in file: NamedTensors,
  path: String
) throws -> ModelWeights {
  func value(_ name: String, _ shape: Shape, _ dtype: DType) throws -> Tensor {
    guard let value = file[name] else {
      throw TrainingError.data("\(path): there is no '\(name)'")
    }
    guard value.shape == shape, value.dtype == dtype else {
      throw TrainingError.data(
        "\(path): '\(name)' is \(value.dtype) \(value.shape), where the model has"
          + " \(dtype) \(shape)")
    }
    return value
  }
  return ModelWeights(
    parameters: try parameters.map {
      try value($0.name, $0.parameter.shape, $0.parameter.dtype)
    },
    buffers: try buffers.map { name, buffer in
      try value(name, buffer.value.shape, buffer.value.dtype)
    })
}

private func readSafetensors(_ path: String) throws -> Safetensors {
  do {
    return try Safetensors(decoding: readFile(path))
  } catch let error as TensorFileError {
    throw TrainingError.data("\(path): \(error)")
  }
}
