import Autograd
import Synchronization
import Tensor

/// A part of a model: a struct that holds parameters, buffers and other modules.
///
/// They are found by name: stored properties that are a `Parameter`, a ``Buffer``, a module, or an array,
/// optional or dictionary (with string keys) of these.  A copy of a module shares its parameters, as two
/// names for the same weights; to have weights of its own build it anew and ``load(_:strict:)`` them.
public protocol Module: Sendable {
  /// The names under which properties are stored, where they differ from the properties' own.
  ///
  /// A key is the path to a property, such as `attention.output`, with `*` for a position in an array.  An
  /// empty name leaves the property's level out, and a name that ends in `_` is joined to what follows
  /// without a dot: `["projection": "in_proj_"]` gives `in_proj_weight`.  What a module says of the paths
  /// inside its parts goes before what they say themselves.
  static var storedNames: [String: String] { get }
}

/// A module that maps one tensor to one tensor.
public protocol Layer: Module {
  /// The output for an input.
  func callAsFunction(_ input: Tensor) -> Tensor
}

/// A tensor that a module keeps and saves but that no optimizer changes, such as a running mean.
public final class Buffer: Sendable {
  private let stored: Mutex<Tensor>

  /// A buffer that starts as `value`.
  public init(_ value: Tensor) { stored = Mutex(value.contiguous) }

  /// The numbers; they carry no graph.
  public var value: Tensor {
    get { stored.withLock { $0 } }
    set {
      let plain = newValue.contiguous
      stored.withLock { $0 = plain }
    }
  }
}

extension Module {
  /// No property is stored under another name.
  public static var storedNames: [String: String] { [:] }

  /// The parameters with their dotted names, in the order of the properties.
  ///
  /// - Complexity: a walk by reflection, some 10 µs a layer.  Do it once, not in every step.
  public var parameters: Parameters { Parameters(ModuleWalk(self).parameters) }

  /// The buffers with their dotted names, in the order of the properties.
  public var buffers: [(name: String, buffer: Buffer)] { ModuleWalk(self).buffers }
}

/// One walk over a module: everything it holds, by name.
private struct ModuleWalk {
  private(set) var parameters: [(name: String, parameter: Parameter)] = []
  private(set) var buffers: [(name: String, buffer: Buffer)] = []

  /// What modules on the way said of names: the depth at which each stands, and its names.
  private var naming: [(depth: Int, names: [String: String])] = []
  /// The properties that lead to where the walk is, `*` for positions.
  private var path: [String] = []

  init(_ module: any Module) { visit(module: module, name: "") }

  private mutating func visit(module: any Module, name: String) {
    naming.append((path.count, type(of: module).storedNames))
    defer { naming.removeLast() }
    var mirror: Mirror? = Mirror(reflecting: module)
    while let level = mirror {
      for child in level.children {
        guard let label = child.label else { continue }
        path.append(label)
        visit(child.value, name: join(name, storedName ?? label), in: module)
        path.removeLast()
      }
      mirror = level.superclassMirror
    }
  }

  /// The name that the outermost module gives to the property at the end of the path.
  private var storedName: String? {
    for (depth, names) in naming where !names.isEmpty {
      if let name = names[path[depth...].joined(separator: ".")] { return name }
    }
    return nil
  }

  private mutating func visit(_ value: Any, name: String, in module: any Module) {
    switch value {
    case let parameter as Parameter: parameters.append((name, parameter))
    case let buffer as Buffer: buffers.append((name, buffer))
    case let inner as any Module: visit(module: inner, name: name)
    default: visit(container: Mirror(reflecting: value), of: value, name: name, in: module)
    }
  }

  private mutating func visit(
    container mirror: Mirror, of value: Any, name: String, in module: any Module
  ) {
    switch mirror.displayStyle {
    case .optional:
      for child in mirror.children { visit(child.value, name: name, in: module) }
    case .collection:
      path.append("*")
      for (i, child) in mirror.children.enumerated() {
        visit(child.value, name: join(name, String(i)), in: module)
      }
      path.removeLast()
    case .dictionary:
      var entries = [(key: String, value: Any)]()
      for child in mirror.children {
        let pair = Mirror(reflecting: child.value).children.map(\.value)
        guard pair.count == 2, let key = pair[0] as? String else {
          refuse(child.value, name, module)
          continue
        }
        entries.append((key, pair[1]))
      }
      for entry in entries.sorted(by: { $0.key < $1.key }) {
        visit(entry.value, name: join(name, entry.key), in: module)
      }
    default: refuse(value, name, module)
    }
  }

  /// Stops the program if a property of a kind that is not searched holds a parameter, which would
  /// otherwise silently not be trained.
  private func refuse(_ value: Any, _ name: String, _ module: any Module) {
    require(
      !holdsParameter(value, depth: 4),
      "parameters: '\(name)' of \(type(of: module)) is a \(type(of: value)) that holds parameters; use a Module, an array, an optional or a dictionary with string keys"
    )
  }

  private func holdsParameter(_ value: Any, depth: Int) -> Bool {
    if value is Parameter || value is Buffer || value is any Module { return true }
    if depth == 0 { return false }
    return Mirror(reflecting: value).children.contains {
      holdsParameter($0.value, depth: depth - 1)
    }
  }

  private func join(_ path: String, _ name: String) -> String {
    path.isEmpty
      ? name : name.isEmpty ? path : path.hasSuffix("_") ? path + name : path + "." + name
  }
}

// MARK: - Weights in and out

/// Why weights could not be loaded: every name that does not fit.
public struct WeightsError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Names of the model for which there is no tensor.
  public var missing: [String] = []
  /// Tensors for which the model has no name.
  public var unexpected: [String] = []
  /// Names whose tensor has another shape or dtype, with both.
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
  /// The values of the parameters and buffers under their names; a tied one under each of its names.
  public var weights: Safetensors {
    let walk = ModuleWalk(self)
    var result = Safetensors()
    for (name, parameter) in walk.parameters { result[name] = parameter.value }
    for (name, buffer) in walk.buffers { result[name] = buffer.value }
    return result
  }

  /// Sets the parameters and buffers to the tensors of their names.
  ///
  /// A floating-point tensor is converted to the dtype of the parameter.
  ///
  /// - Parameters:
  ///   - weights: The tensors.
  ///   - strict: Whether missing and unexpected names are errors; otherwise what fits is loaded.
  /// - Throws: ``WeightsError`` that lists all names that are missing, not known, or of another shape
  ///   or kind; then nothing has been set.
  public func load(_ weights: Safetensors, strict: Bool = true) throws(WeightsError) {
    let walk = ModuleWalk(self)
    var error = WeightsError()
    var known = Set<String>()
    func value(_ name: String, _ shape: Shape, _ dtype: DType) -> Tensor? {
      known.insert(name)
      guard let value = weights[name] else {
        if strict { error.missing.append(name) }
        return nil
      }
      if value.shape != shape || value.dtype.isFloatingPoint != dtype.isFloatingPoint {
        error.mismatched.append("\(name) (\(value.dtype) \(value.shape) for \(dtype) \(shape))")
        return nil
      }
      return value.converted(to: dtype)
    }
    let parameters = walk.parameters.map {
      ($0.parameter, value($0.name, $0.parameter.shape, $0.parameter.dtype))
    }
    let buffers = walk.buffers.map {
      ($0.buffer, value($0.name, $0.buffer.value.shape, $0.buffer.value.dtype))
    }
    if strict { error.unexpected = weights.names.filter { !known.contains($0) } }
    if error != WeightsError() { throw error }
    for (parameter, value) in parameters { if let value { parameter.value = value } }
    for (buffer, value) in buffers { if let value { buffer.value = value } }
  }
}
