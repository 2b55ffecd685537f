import Autograd
import NN
import Optim
import Tensor

/// Saves and loads the state of a training loop: the model, the optimizer, and any other state of
/// the loop.
///
/// ```swift
/// struct LoopState: Codable {
///   var step = 0
///   var generator = RandomGenerator(seed: 1)
///   var plateau = ReduceOnPlateau(rate: 1e-3)
/// }
/// var loop = LoopState()
/// let path = "checkpoint.safetensors"
/// try Checkpoint.save(to: path, model: model, optimizer: optimizer, state: loop)
/// loop = try Checkpoint.load(from: path, into: model, optimizer, as: LoopState.self)
/// ```
/// The state of a ``Trainer`` is its ``Trainer/state``.
///
/// The file is a `.safetensors` file with the weights under their names, the tensors of the
/// optimizer behind the prefix `optimizer/`, and the rest as JSON in the metadata.
/// `Module.load(from:)` reads the weights of one too, with `strict: false`.
public enum Checkpoint {
  /// The part of an optimizer's state that is stored in the metadata.
  private struct OptimizerRecord: Codable {
    var name: String
    var counters: [String: Int]
  }

  private static let prefix = "optimizer/"
  private static let stateKey = "state"
  private static let optimizerKey = "optimizer"

  /// Writes the state of a training loop to a file, whole or not at all.
  ///
  /// - Parameters:
  ///   - path: The file, which is replaced if it exists.
  ///   - model: The model.
  ///   - optimizer: The optimizer.
  ///   - state: Any other state that the loop needs to continue, such as the step and random
  ///     generators.
  /// - Throws: ``TrainingError``: of kind `training` if a parameter is NaN or infinite, so that the
  ///   last good checkpoint is kept; of kind `inputOutput` if the file cannot be written.
  public static func save(
    to path: String, model: some Module, optimizer: any Optimizer, state: some Encodable
  ) throws {
    for element in model.parameters where !element.parameter.value.isFinite {
      throw TrainingError.training("'\(element.name)' is NaN or infinite")
    }
    let optimizerState = optimizer.state
    var file = Safetensors(model.weights)
    file.tensors.merge(optimizerState.tensors, prefix: prefix)
    file.metadata[optimizerKey] = try JSONText.encode(
      OptimizerRecord(name: optimizerState.optimizer, counters: optimizerState.counters))
    file.metadata[stateKey] = try JSONText.encodeAllowingNonFinite(state)
    do { try file.write(to: path) } catch { throw TrainingError(error) }
  }

  /// Sets a model and an optimizer to the state in a file.
  ///
  /// - Parameters:
  ///   - path: A file that ``save(to:model:optimizer:state:)`` wrote.
  ///   - model: A model with weights of the same names and shapes.
  ///   - optimizer: An optimizer of the same name for parameters of the same names and shapes.
  ///   - type: The type of the rest of the state.
  /// - Returns: The rest of the state.
  /// - Throws: ``TrainingError`` that names the file and what differs; then nothing has changed.
  public static func load<State: Decodable>(
    from path: String, into model: some Module, _ optimizer: any Optimizer,
    as type: State.Type = State.self
  ) throws -> State {
    let file: Safetensors
    do { file = try Safetensors(contentsOf: path) } catch { throw TrainingError(error) }
    guard let stateText = file.metadata[stateKey],
      let optimizerText = file.metadata[optimizerKey],
      let record = try? JSONText.decode(OptimizerRecord.self, from: optimizerText.utf8)
    else { throw TrainingError.data("\(path): is not a checkpoint") }
    let state: State
    do {
      state = try JSONText.decode(type, from: stateText.utf8)
    } catch {
      throw TrainingError.data(
        "\(path): the state cannot be read as \(type): \(JSONText.description(of: error))")
    }
    var optimizerState = OptimizerState(optimizer: record.name)
    optimizerState.counters = record.counters
    optimizerState.tensors = file.tensors.removingPrefix(prefix)
    var weights = NamedTensors()
    for (name, tensor) in file.tensors where !name.hasPrefix(prefix) { weights[name] = tensor }
    let earlier = model.weights
    do {
      try model.load(weights)
      do {
        try optimizer.load(optimizerState)
      } catch {
        try model.load(earlier)
        throw error
      }
    } catch {
      throw TrainingError.data("\(path): \(error)")
    }
    return state
  }
}
