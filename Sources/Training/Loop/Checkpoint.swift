import Autograd
import Foundation
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

  private let tensors: Safetensors
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
    tensors = try readSafetensors(path)
    self.path = path
    do {
      let text = tensors.metadata[Self.key] ?? ""
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
      file[element.name] = value
    }
    let optimizer = trainer.optimizer.state
    for name in optimizer.tensors.names { file[prefix + name] = optimizer.tensors[name] }
    let standing = Standing(
      state: trainer.state, optimizer: optimizer.kind, counters: optimizer.counters,
      seconds: trainer.isFinished ? nil : seconds)
    file.metadata[key] = try json(standing)
    try writeAtomically(file.encoded(), to: path)
  }

  /// Sets parameters and optimizer to the state.
  ///
  /// - Throws: ``TrainingError`` of kind `data` when the state belongs to another model or optimizer.
  package func restore(_ parameters: Parameters, _ optimizer: any Optimizer) throws {
    var state = OptimizerState(kind: standing.optimizer)
    state.counters = standing.counters
    for name in tensors.names where name.hasPrefix(Self.prefix) {
      state.tensors[String(name.dropFirst(Self.prefix.count))] = tensors[name]
    }
    let weights = try weights(of: parameters, in: tensors, path: path)
    do {
      try optimizer.load(state)
    } catch {
      throw TrainingError.data("\(path): \(error)")
    }
    for (element, value) in zip(parameters, weights) { element.parameter.value = value }
  }
}

/// Writes weights under their names.
package func writeWeights(
  _ weights: [Tensor], of parameters: Parameters, metadata: [String: String], to path: String
) throws {
  var file = Safetensors()
  for (element, weight) in zip(parameters, weights) { file[element.name] = weight }
  for alias in parameters.aliases { file[alias.name] = weights[alias.index] }
  file.metadata = metadata
  try writeAtomically(file.encoded(), to: path)
}

/// Reads weights, in the order of some parameters.
///
/// - Throws: ``TrainingError`` that names the file, and the weights that it lacks or that do not fit.
package func readWeights(of parameters: Parameters, from path: String) throws -> [Tensor] {
  try weights(of: parameters, in: readSafetensors(path), path: path)
}

private func weights(
  of parameters: Parameters, in file: Safetensors, path: String
) throws -> [Tensor] {
  try parameters.map { element in
    guard let value = file[element.name] else {
      throw TrainingError.data("\(path): there is no '\(element.name)'")
    }
    guard value.shape == element.parameter.shape, value.dtype == element.parameter.dtype else {
      throw TrainingError.data(
        "\(path): '\(element.name)' is \(value.dtype) \(value.shape), where the model has"
          + " \(element.parameter.dtype) \(element.parameter.shape)")
    }
    return value
  }
}

private func readSafetensors(_ path: String) throws -> Safetensors {
  do {
    return try Safetensors(decoding: readFile(path))
  } catch let error as TensorFileError {
    throw TrainingError.data("\(path): \(error)")
  }
}
