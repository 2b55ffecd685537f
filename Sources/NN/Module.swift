import Autograd
import Tensor

/// A part of a model: a struct that holds parameters and other modules.
///
/// Its parameters are found by name: stored properties that are a ``Parameter``, a module, or an array,
/// optional or dictionary (with string keys) of these.  A copy of a module shares its parameters, as two
/// names for the same weights; to have weights of its own build it anew and ``load(_:)`` them.
public protocol Module: Sendable {
  /// The names under which properties are stored, where they differ from the properties' own, such as
  /// `["innerProjection": "fc1"]`.  An empty name leaves the property's level out.
  static var storedNames: [String: String] { get }
}

/// A module that maps one tensor to one tensor.
public protocol Layer: Module {
  /// The output for an input.
  func callAsFunction(_ input: Tensor) -> Tensor
}

extension Module {
  /// No property is stored under another name.
  public static var storedNames: [String: String] { [:] }

  /// The parameters with their dotted names, in the order of the properties.
  ///
  /// - Complexity: a walk by reflection, some 10 µs a layer.  Do it once, not in every step.
  public var parameters: Parameters {
    var found = [(name: String, parameter: Parameter)]()
    ParameterWalk.visit(module: self, path: "", into: &found)
    return Parameters(found)
  }
}

private enum ParameterWalk {
  typealias Found = [(name: String, parameter: Parameter)]

  static func visit(module: any Module, path: String, into found: inout Found) {
    let names = type(of: module).storedNames
    var mirror: Mirror? = Mirror(reflecting: module)
    while let level = mirror {
      for child in level.children {
        guard let label = child.label else { continue }
        let name = names[label] ?? label
        visit(child.value, path: join(path, name), in: module, into: &found)
      }
      mirror = level.superclassMirror
    }
  }

  private static func visit(
    _ value: Any, path: String, in module: any Module, into found: inout Found
  ) {
    if let parameter = value as? Parameter {
      found.append((path, parameter))
      return
    }
    if let inner = value as? any Module {
      visit(module: inner, path: path, into: &found)
      return
    }
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .optional:
      for child in mirror.children { visit(child.value, path: path, in: module, into: &found) }
    case .collection:
      for (i, child) in mirror.children.enumerated() {
        visit(child.value, path: join(path, String(i)), in: module, into: &found)
      }
    case .dictionary:
      var entries = [(key: String, value: Any)]()
      for child in mirror.children {
        let pair = Mirror(reflecting: child.value).children.map(\.value)
        guard pair.count == 2, let key = pair[0] as? String else {
          refuse(child.value, path, module)
          continue
        }
        entries.append((key, pair[1]))
      }
      for entry in entries.sorted(by: { $0.key < $1.key }) {
        visit(entry.value, path: join(path, entry.key), in: module, into: &found)
      }
    default: refuse(value, path, module)
    }
  }

  /// Stops the program if a property of a kind that is not searched holds a parameter, which would
  /// otherwise silently not be trained.
  private static func refuse(_ value: Any, _ path: String, _ module: any Module) {
    require(
      !holdsParameter(value, depth: 4),
      "parameters: '\(path)' of \(type(of: module)) is a \(type(of: value)) that holds parameters; use a Module, an array, an optional or a dictionary with string keys"
    )
  }

  private static func holdsParameter(_ value: Any, depth: Int) -> Bool {
    if value is Parameter || value is any Module { return true }
    if depth == 0 { return false }
    return Mirror(reflecting: value).children.contains {
      holdsParameter($0.value, depth: depth - 1)
    }
  }

  private static func join(_ path: String, _ name: String) -> String {
    path.isEmpty ? name : name.isEmpty ? path : path + "." + name
  }
}

// MARK: - Weights in and out

/// Why weights could not be loaded: every name that does not fit.
public struct WeightsError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Parameters of the model for which there is no tensor.
  public var missing: [String] = []
  /// Tensors for which the model has no parameter.
  public var unexpected: [String] = []
  /// Parameters whose tensor has another shape or dtype, with both.
  public var mismatched: [String] = []

  /// One line that lists all of them.
  public var description: String {
    let parts = [
      ("missing", missing), ("unexpected", unexpected), ("of another shape or dtype", mismatched),
    ]
    return "weights do not fit the model: "
      + parts.filter { !$0.1.isEmpty }
      .map { "\($0.0): \($0.1.joined(separator: ", "))" }.joined(separator: "; ")
  }
}

extension Module {
  /// The values of the parameters under their names; a tied one under each of its names.
  public var weights: Safetensors {
    let parameters = self.parameters
    var result = Safetensors()
    for element in parameters { result[element.name] = element.parameter.value }
    for alias in parameters.aliases {
      result[alias.name] = parameters[alias.index].parameter.value
    }
    return result
  }

  /// Sets the parameters to the tensors of their names.
  ///
  /// - Throws: ``WeightsError`` that lists all names that are missing, not known, or of another shape
  ///   or dtype; then nothing has been set.
  public func load(_ weights: Safetensors) throws(WeightsError) {
    let parameters = self.parameters
    var error = WeightsError()
    var known = Set(parameters.aliases.map(\.name))
    var values = [Tensor]()
    for (name, parameter) in parameters.map({ ($0.name, $0.parameter) }) {
      known.insert(name)
      guard let value = weights[name] else {
        error.missing.append(name)
        continue
      }
      if value.shape != parameter.shape || value.dtype != parameter.dtype {
        error.mismatched.append(
          "\(name) (\(value.dtype) \(value.shape) for \(parameter.dtype) \(parameter.shape))")
      }
      values.append(value)
    }
    error.unexpected = weights.names.filter { !known.contains($0) }
    if error != WeightsError() { throw error }
    for (element, value) in zip(parameters, values) { element.parameter.value = value }
  }
}
