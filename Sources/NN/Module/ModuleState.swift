import Autograd
import Tensor

/// The parameters and buffers of a module, found once.
///
/// A training loop makes one at its start. Reading and setting ``weights`` then needs no
/// reflection, so a snapshot after each evaluation is cheap:
/// ```swift
/// let state = ModuleState(of: model)
/// var best = state.weights
/// for step in 0..<1000 {
///   // … a training step for state.parameters …
///   if validationLoss() < lowest { best = state.weights }
/// }
/// try state.load(best)
/// ```
public struct ModuleState: Sendable {
  /// The parameters with their names, in the order of the module's properties.
  public let parameters: Parameters
  /// The buffers with their names, in the order of the module's properties.
  public let buffers: ModuleBuffers

  /// Finds the parameters and buffers of a module.
  ///
  /// - Complexity: A walk by reflection, about 10 µs per layer.
  public init(of module: some Module) {
    let tree = ModuleTree(module)
    let found = tree.parameters
    self.init(
      parameters: Parameters(
        found.map { ($0.name, $0.parameter) }, properties: found.map { ($0.path, $0.parameter) }),
      buffers: ModuleBuffers(tree.buffers))
  }

  /// Creates a state of given parameters and buffers, such as the part of a model that is trained.
  public init(parameters: Parameters, buffers: ModuleBuffers = []) {
    self.parameters = parameters
    self.buffers = buffers
  }

  /// The values of the parameters and buffers by name; a tied parameter is listed under each of
  /// its names.
  ///
  /// The values share storage with the parameters until one of them changes.
  public var weights: NamedTensors {
    var result = NamedTensors()
    for (name, parameter) in parameters.named { result[name] = parameter.value }
    for (name, buffer) in buffers { result[name] = buffer.value }
    return result
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
    let newParameters = parameters.named.map { name, parameter in
      (name: name, parameter, value: value(name, parameter.shape, parameter.dtype))
    }
    let newBuffers = buffers.map { name, buffer in
      (buffer, value: value(name, buffer.value.shape, buffer.value.dtype))
    }
    // A tied parameter that has a tensor under another of its names is not missing.
    let found = Set(newParameters.filter { $0.value != nil }.map { ObjectIdentifier($0.1) })
    let tied = Set(newParameters.filter { found.contains(ObjectIdentifier($0.1)) }.map(\.name))
    error.missing.removeAll { tied.contains($0) }
    error.unexpected = weights.names.filter { !known.contains($0) }
    let rest = (error.missing, error.unexpected)
    if !strict { (error.missing, error.unexpected) = ([], []) }
    if error != WeightsError() { throw error }
    for (_, parameter, value) in newParameters { if let value { parameter.value = value } }
    for (buffer, value) in newBuffers { if let value { buffer.value = value } }
    return rest
  }
}
