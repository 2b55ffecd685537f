import Autograd
import Tensor

/// The error of weights that do not fit a model, with every name that does not.
public struct WeightsError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file that the weights were read from, or `nil` if they come from memory.
  public var path: String?
  /// The names of the model for which there is no tensor.
  public var missing: [String] = []
  /// The names of tensors that the model does not have.
  public var unexpected: [String] = []
  /// The names whose tensor has another shape or kind of number, with both shapes and dtypes.
  public var mismatched: [String] = []

  /// All the names in one line.
  public var description: String {
    let parts = [
      ("missing", missing), ("unexpected", unexpected), ("of another shape or dtype", mismatched),
    ]
    return (path.map { $0 + ": " } ?? "") + "weights do not fit the model: "
      + parts.filter { !$0.1.isEmpty }
      .map { "\($0.0): \($0.1.joined(separator: ", "))" }.joined(separator: "; ")
  }
}

extension Module {
  /// The values of the parameters and buffers by name; a tied parameter is listed under each of its
  /// names.
  ///
  /// - Complexity: A walk by reflection, about 10 µs per layer. To read the weights often, make a
  ///   ``ModuleState``.
  public var weights: NamedTensors { ModuleState(of: self).weights }

  /// Writes the ``weights`` to a `.safetensors` file.
  ///
  /// PyTorch's `load_state_dict` accepts the file with `strict=True` if the module has a
  /// counterpart there. Integers, such as the number of batches that a norm has seen, are stored as
  /// int64, as in PyTorch.
  ///
  /// - Parameters:
  ///   - path: The file, which is replaced if it exists. It is written whole or not at all.
  ///   - metadata: Text to store along with the tensors.
  /// - Throws: `TensorFileError` if the file cannot be written.
  public func save(to path: String, metadata: [String: String] = [:]) throws(TensorFileError) {
    try Safetensors(weights, metadata: metadata).write(to: path, wideIntegers: true)
  }

  /// Sets the parameters and buffers to the tensors with their names in a `.safetensors` file.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - strict: Whether missing and unexpected names are errors. Otherwise what fits is loaded.
  /// - Returns: The names that were missing and those that were unexpected; see
  ///   ``load(_:strict:)``.
  /// - Throws: `TensorFileError` if the file cannot be read, ``WeightsError`` if its tensors do not
  ///   fit the model. Nothing has been set then.
  @discardableResult
  public func load(
    from path: String, strict: Bool = true
  ) throws -> (missing: [String], unexpected: [String]) {
    let file = try Safetensors(contentsOf: path, copying: true)
    do {
      return try load(file.tensors, strict: strict)
    } catch {
      var located = error
      located.path = path
      throw located
    }
  }

  /// Sets the parameters and buffers to the tensors with their names.
  ///
  /// A floating-point tensor is converted to the dtype of the parameter. A tied parameter needs a
  /// tensor for only one of its names.
  ///
  /// - Parameters:
  ///   - weights: The tensors.
  ///   - strict: Whether missing and unexpected names are errors. Otherwise what fits is loaded.
  /// - Returns: The names that were missing and those that were unexpected; both are empty if
  ///   `strict` is true.
  /// - Throws: ``WeightsError``, which lists all names that are missing, unexpected, or of another
  ///   shape or kind of number. Nothing has been set then.
  @discardableResult
  public func load(
    _ weights: NamedTensors, strict: Bool = true
  ) throws(WeightsError) -> (missing: [String], unexpected: [String]) {
    try ModuleState(of: self).load(weights, strict: strict)
  }
}
