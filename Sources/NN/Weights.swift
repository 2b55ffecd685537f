import Autograd
import Tensor

/// Why weights could not be loaded: every name that does not fit.
public struct WeightsError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file that the weights came from; nil for none.
  public var path: String?
  /// Names of the model for which there is no tensor.
  public var missing: [String] = []
  /// Tensors for which the model has no name.
  public var unexpected: [String] = []
  /// Names whose tensor has another shape or kind of number, with both.
  public var mismatched: [String] = []

  /// One line that lists all of them.
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
  /// The values of the parameters and buffers under their names; a tied one under each of its names.
  public var weights: NamedTensors {
    let tree = ModuleTree(self)
    var result = NamedTensors()
    for (name, parameter) in tree.parameters { result[name] = parameter.value }
    for (name, buffer) in tree.buffers { result[name] = buffer.value }
    return result
  }

  /// Writes the ``weights`` to a `.safetensors` file, which PyTorch's `load_state_dict` takes with `strict=True`
  /// where the module has a counterpart there.
  ///
  /// Whole numbers, such as how many batches a norm has seen, are stored as int64, as in PyTorch.
  ///
  /// - Parameters:
  ///   - path: The file, which is replaced if there is one; it is written whole or not at all.
  ///   - metadata: Free text to store beside the tensors.
  /// - Throws: `TensorFileError` where the system refuses to write.
  public func save(to path: String, metadata: [String: String] = [:]) throws(TensorFileError) {
    try Safetensors(weights, metadata: metadata).write(to: path, wideIntegers: true)
  }

  /// Sets the parameters and buffers to the tensors of their names in a `.safetensors` file.
  ///
  /// See ``load(_:strict:)``.
  ///
  /// - Throws: `TensorFileError` for a file that cannot be read, ``WeightsError`` for one that does not fit; then
  ///   nothing has been set.
  @discardableResult
  public func load(
    from path: String, strict: Bool = true
  ) throws -> (missing: [String], unexpected: [String]) {
    let weights = try Safetensors(contentsOf: path).tensors
    do {
      return try load(weights, strict: strict)
    } catch {
      var located = error
      located.path = path
      throw located
    }
  }

  /// Sets the parameters and buffers to the tensors of their names.
  ///
  /// A floating-point tensor is converted to the dtype of the parameter.  Of a tied parameter's names one is
  /// enough.
  ///
  /// - Parameters:
  ///   - weights: The tensors.
  ///   - strict: Whether missing and unexpected names are errors; otherwise what fits is loaded.
  /// - Returns: The names that were missing and those that were unexpected, both empty where `strict`.
  /// - Throws: ``WeightsError`` that lists all names that are missing, not known, or of another shape
  ///   or kind; then nothing has been set.
  @discardableResult
  public func load(
    _ weights: NamedTensors, strict: Bool = true
  ) throws(WeightsError) -> (missing: [String], unexpected: [String]) {
    let tree = ModuleTree(self)
    var error = WeightsError()
    var known = Set<String>()
    func value(_ name: String, _ shape: Shape, _ dtype: DType) -> Tensor? {
      known.insert(name)
      guard let value = weights[name] else {
        error.missing.append(name)
        return nil
      }
      if value.shape != shape || value.dtype.isFloatingPoint != dtype.isFloatingPoint {
        error.mismatched.append("\(name) (\(value.dtype) \(value.shape) for \(dtype) \(shape))")
        return nil
      }
      return value.converted(to: dtype)
    }
    let parameters = tree.parameters.map {
      (name: $0.name, $0.parameter, value: value($0.name, $0.parameter.shape, $0.parameter.dtype))
    }
    let buffers = tree.buffers.map {
      ($0.buffer, value: value($0.name, $0.buffer.value.shape, $0.buffer.value.dtype))
    }
    // A tied parameter that is there under another name is not missing.
    let found = Set(parameters.filter { $0.value != nil }.map { ObjectIdentifier($0.1) })
    let tied = Set(parameters.filter { found.contains(ObjectIdentifier($0.1)) }.map(\.name))
    error.missing.removeAll { tied.contains($0) }
    error.unexpected = weights.names.filter { !known.contains($0) }
    let rest = (error.missing, error.unexpected)
    if !strict { (error.missing, error.unexpected) = ([], []) }
    if error != WeightsError() { throw error }
    for (_, parameter, value) in parameters { if let value { parameter.value = value } }
    for (buffer, value) in buffers { if let value { buffer.value = value } }
    return rest
  }
}
