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
/// A loop with several models and optimizers names them:
/// ```swift
/// try Checkpoint.save(
///   to: path, models: ["generator": generator, "critic": critic],
///   optimizers: ["generator": generatorOptimizer, "critic": criticOptimizer], state: loop)
/// loop = try Checkpoint.load(
///   from: path, models: ["generator": generator, "critic": critic],
///   optimizers: ["generator": generatorOptimizer, "critic": criticOptimizer])
/// ```
/// The state of a ``Trainer`` is its ``Trainer/state``; ``Trainer/save(to:)`` saves all of it.
///
/// The file is a `.safetensors` file with the weights under their names, the tensors of the
/// optimizer behind the prefix `optimizer/`, and the rest as JSON in the metadata.
/// `Module.load(from:)` reads the weights of one too, with `strict: false`. Named models and
/// optimizers have the prefixes `NAME/` and `optimizer/NAME/`.
public enum Checkpoint {
  /// The part of an optimizer's state that is stored in the metadata.
  private struct OptimizerRecord: Codable {
    var name: String
    var counters: [String: Int]
  }

  private static let prefix = "optimizer/"
  private static let bestPrefix = "best/"
  private static let workerPrefix = "worker-"
  private static let workersKey = "workers"
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
    try save(to: path, model: model, optimizer: optimizer, best: nil, state: state)
  }

  /// Writes the state of a training loop with the best weights so far.
  static func save(
    to path: String, model: any Module, optimizer: any Optimizer, best: NamedTensors?,
    state: some Encodable
  ) throws {
    try save(to: path, ["": model], ["": optimizer], best: best, state: state)
  }

  /// Writes the state of a training loop with several models and optimizers to a file, whole or not
  /// at all.
  ///
  /// - Parameters:
  ///   - path: The file, which is replaced if it exists.
  ///   - models: The models by names, which are not empty and contain no `/`.
  ///   - optimizers: The optimizers by such names.
  ///   - state: Any other state that the loop needs to continue, such as the step and random
  ///     generators.
  /// - Throws: ``TrainingError``: of kind `training` if a parameter is NaN or infinite, so that the
  ///   last good checkpoint is kept; of kind `inputOutput` if the file cannot be written.
  public static func save(
    to path: String, models: [String: any Module], optimizers: [String: any Optimizer],
    state: some Encodable
  ) throws {
    checkNames(models.keys, optimizers.keys)
    try save(to: path, models, optimizers, best: nil, state: state)
  }

  private static func save(
    to path: String, _ models: [String: any Module], _ optimizers: [String: any Optimizer],
    best: NamedTensors?, state: some Encodable
  ) throws {
    let file = try contents(models, optimizers, best: best, state: state)
    do { try file.write(to: path, checksummed: true) } catch { throw TrainingError(error) }
  }

  private static func contents(
    _ models: [String: any Module], _ optimizers: [String: any Optimizer], best: NamedTensors?,
    state: some Encodable
  ) throws -> Safetensors {
    var file = Safetensors(NamedTensors())
    for (name, model) in models.sorted(by: { $0.key < $1.key }) {
      let prefix = name.isEmpty ? "" : name + "/"
      for element in model.parameters where !element.parameter.value.isFinite {
        throw TrainingError.training("'\(prefix)\(element.name)' is NaN or infinite")
      }
      file.tensors.merge(model.weights, prefix: prefix)
    }
    for (name, optimizer) in optimizers.sorted(by: { $0.key < $1.key }) {
      let state = optimizer.state
      file.tensors.merge(state.tensors, prefix: prefix + (name.isEmpty ? "" : name + "/"))
      file.metadata[key(ofOptimizer: name)] = try JSONText.encode(
        OptimizerRecord(name: state.optimizer, counters: state.counters))
    }
    if let best { file.tensors.merge(best, prefix: bestPrefix) }
    file.metadata[stateKey] = try JSONText.encode(state)
    return file
  }

  /// Changes the rest of the state in a file, and nothing else of it.
  ///
  /// - Throws: ``TrainingError`` that names the file.
  package static func updateState<State: Codable>(
    of path: String, as type: State.Type, _ change: (inout State) -> Void
  ) throws {
    var file = try file(at: path)
    var state = try state(in: file, of: path, as: type)
    change(&state)
    file.metadata[stateKey] = try JSONText.encode(state)
    do { try file.write(to: path, checksummed: true) } catch { throw TrainingError(error) }
  }

  private static func key(ofOptimizer name: String) -> String {
    name.isEmpty ? optimizerKey : prefix + name
  }

  private static func checkNames(
    _ models: some Sequence<String>, _ optimizers: some Sequence<String>
  ) {
    for name in Array(models) + Array(optimizers) {
      require(
        !name.isEmpty && !name.contains("/"),
        "Checkpoint: the name '\(name)' must not be empty or contain '/'")
    }
    for name in models {
      require(
        ![prefix, bestPrefix].contains(name + "/") && !name.hasPrefix(workerPrefix),
        "Checkpoint: a model must not be named '\(name)'")
    }
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
    try loadWithBest(from: path, into: model, optimizer, as: type).state
  }

  /// Sets a model and an optimizer to the state in a file, and returns the best weights too, or
  /// `nil` if it has none.
  static func loadWithBest<State: Decodable>(
    from path: String, into model: any Module, _ optimizer: any Optimizer,
    as type: State.Type = State.self
  ) throws -> (state: State, best: NamedTensors?) {
    try load(from: path, ["": model], ["": optimizer], as: type)
  }

  /// Sets several models and optimizers to the state in a file.
  ///
  /// - Parameters:
  ///   - path: A file that ``save(to:models:optimizers:state:)`` wrote.
  ///   - models: Models with weights of the same names and shapes, by the names they were saved
  ///     under; those of the file that are not named here are not read.
  ///   - optimizers: Optimizers of the same names for parameters of the same names and shapes.
  ///   - type: The type of the rest of the state.
  /// - Returns: The rest of the state.
  /// - Throws: ``TrainingError`` that names the file and what differs; then nothing has changed.
  public static func load<State: Decodable>(
    from path: String, models: [String: any Module], optimizers: [String: any Optimizer],
    as type: State.Type = State.self
  ) throws -> State {
    checkNames(models.keys, optimizers.keys)
    return try load(from: path, models, optimizers, as: type).state
  }

  private static func load<State: Decodable>(
    from path: String, _ models: [String: any Module], _ optimizers: [String: any Optimizer],
    as type: State.Type
  ) throws -> (state: State, best: NamedTensors?) {
    try load(file(at: path), of: path, models, optimizers, as: type)
  }

  private static func file(at path: String) throws -> Safetensors {
    do { return try Safetensors(contentsOf: path) } catch { throw TrainingError(error) }
  }

  private static func load<State: Decodable>(
    _ file: Safetensors, of path: String, _ models: [String: any Module],
    _ optimizers: [String: any Optimizer], as type: State.Type
  ) throws -> (state: State, best: NamedTensors?) {
    let state = try state(in: file, of: path, as: type)
    var records: [String: OptimizerRecord] = [:]
    for name in optimizers.keys {
      guard let text = file.metadata[key(ofOptimizer: name)],
        let record = try? JSONText.decode(OptimizerRecord.self, from: text.utf8)
      else {
        let problem =
          name.isEmpty ? "is not a checkpoint of one model" : "has no optimizer '\(name)'"
        throw TrainingError.data("\(path): \(problem)")
      }
      records[name] = record
    }
    let earlierWeights = models.mapValues { $0.weights }
    let earlierStates = optimizers.mapValues { $0.state }
    do {
      for (name, model) in models {
        var weights = NamedTensors()
        if name.isEmpty {
          for (name, tensor) in file.tensors
          where ![prefix, bestPrefix, workerPrefix].contains(where: name.hasPrefix) {
            weights[name] = tensor
          }
        } else {
          weights = file.tensors.removingPrefix(name + "/")
          if weights.isEmpty, !model.weights.isEmpty {
            throw TrainingError.data("\(path): has no model '\(name)'")
          }
        }
        try model.load(weights)
        try model.checkIsFinite(in: path)
      }
      for (name, optimizer) in optimizers {
        guard let record = records[name] else { continue }
        var state = OptimizerState(optimizer: record.name)
        state.counters = record.counters
        state.tensors = file.tensors.removingPrefix(prefix + (name.isEmpty ? "" : name + "/"))
        try optimizer.load(state)
      }
    } catch {
      // What was loaded before the error is undone.
      for (name, weights) in earlierWeights { try models[name]?.load(weights) }
      for (name, state) in earlierStates { try optimizers[name]?.load(state) }
      throw (error as? TrainingError) ?? TrainingError.data("\(path): \(error)")
    }
    let best = file.tensors.removingPrefix(bestPrefix)
    return (state, best.isEmpty ? nil : best)
  }

  /// Returns the rest of the state in a file, without its tensors.
  ///
  /// - Throws: ``TrainingError`` that names the file.
  package static func state<State: Decodable>(
    of path: String, as type: State.Type
  ) throws -> State {
    try state(in: file(at: path), of: path, as: type)
  }

  private static func state<State: Decodable>(
    in file: Safetensors, of path: String, as type: State.Type
  ) throws -> State {
    guard let text = file.metadata[stateKey] else {
      throw TrainingError.data("\(path): is not a checkpoint")
    }
    do {
      return try JSONText.decode(type, from: text.utf8)
    } catch {
      throw TrainingError.data(
        "\(path): the state cannot be read as \(type): \(JSONText.description(of: error))")
    }
  }

  // MARK: Workers that do not have the same state

  /// Returns the contents of a file with the state of this worker, for worker 0 to write.
  ///
  /// - Throws: ``TrainingError`` of kind `training` if a parameter is NaN or infinite.
  package static func encoded(
    _ model: any Module, _ optimizer: any Optimizer, state: some Encodable
  ) throws -> [UInt8] {
    do {
      return try contents(["": model], ["": optimizer], best: nil, state: state).encoded()
    } catch let error as TensorFileError {
      throw TrainingError(error)
    }
  }

  /// Writes the state of worker 0, and behind the prefixes `worker-1/`, `worker-2/`, … those that
  /// the others have ``encoded(_:_:state:)``.
  ///
  /// - Throws: What the variant for one worker throws.
  package static func save(
    to path: String, model: any Module, optimizer: any Optimizer, state: some Encodable,
    others: [[UInt8]]
  ) throws {
    var file = try contents(["": model], ["": optimizer], best: nil, state: state)
    if !others.isEmpty { file.metadata[workersKey] = String(others.count + 1) }
    do {
      for (index, other) in others.enumerated() {
        let part = try Safetensors(decoding: other)
        let prefix = "\(workerPrefix)\(index + 1)/"
        file.tensors.merge(part.tensors, prefix: prefix)
        for (key, value) in part.metadata { file.metadata[prefix + key] = value }
      }
      try file.write(to: path, checksummed: true)
    } catch {
      throw TrainingError(error)
    }
  }

  /// Sets a model and an optimizer to the state of a worker in a file, or to that of worker 0 if
  /// the file is of another number of workers.
  ///
  /// - Returns: The rest of the state, and whether it is the worker's own.
  /// - Throws: What the variant for one worker throws.
  package static func load<State: Decodable>(
    from path: String, into model: any Module, _ optimizer: any Optimizer, as type: State.Type,
    worker rank: Int, of count: Int
  ) throws -> (state: State, isOwn: Bool) {
    var file = try file(at: path)
    let isOwn = (file.metadata[workersKey].flatMap { Int($0) } ?? 1) == count
    if isOwn, rank > 0 {
      let prefix = "\(workerPrefix)\(rank)/"
      let metadata = file.metadata.filter { $0.key.hasPrefix(prefix) }
      file = Safetensors(
        file.tensors.removingPrefix(prefix),
        metadata: Dictionary(
          uniqueKeysWithValues: metadata.map { (String($0.key.dropFirst(prefix.count)), $0.value) }
        ))
    }
    return (try load(file, of: path, ["": model], ["": optimizer], as: type).state, isOwn)
  }
}
