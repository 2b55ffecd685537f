import Autograd
import Tensor

/// The contents of a module, property by property, found by reflection.
struct ModuleTree {
  enum Item {
    /// `path` is that of the properties that lead to the parameter, such as `blocks.0.norm.weight`.
    case parameter(name: String, path: String, Parameter)
    case buffer(name: String, ModuleBuffer)
    case module(ModuleTree)
    /// A property that holds no parameter, buffer or module.
    case setting(name: String, Any)
  }

  let module: any Module
  /// The dotted path that leads to the module and begins the names of its contents.
  let path: String
  /// The property that holds the module, with its position in an array.
  let property: String
  fileprivate(set) var items: [Item] = []

  init(_ module: any Module) {
    var walk = ModuleWalk()
    self = walk.tree(of: module, path: "", property: "")
  }

  fileprivate init(_ module: any Module, path: String, property: String) {
    self.module = module
    self.path = path
    self.property = property
  }

  /// The parameters with their full names, in the order of the properties, and the paths of the
  /// properties; a tied parameter appears once for each of its names.
  var parameters: [(name: String, path: String, parameter: Parameter)] {
    items.flatMap { item -> [(name: String, path: String, parameter: Parameter)] in
      switch item {
      case .parameter(let name, let path, let parameter): [(name, path, parameter)]
      case .module(let tree): tree.parameters
      default: []
      }
    }
  }

  /// The buffers with their full names, in the order of the properties.
  var buffers: [(name: String, buffer: ModuleBuffer)] {
    items.flatMap { item -> [(name: String, buffer: ModuleBuffer)] in
      switch item {
      case .buffer(let name, let buffer): [(name, buffer)]
      case .module(let tree): tree.buffers
      default: []
      }
    }
  }
}

/// A walk through a module and its parts that names what it finds.
private struct ModuleWalk {
  /// The stored names that the modules on the path declare, with the depth of each module.
  private var naming: [(depth: Int, names: [String: String])] = []
  /// The properties that lead to the current value, with `*` for positions in arrays.
  private var path: [String] = []
  /// The properties, positions and keys that lead to the current value.
  private var steps: [String] = []
  /// The positions that the `*` of the path stand for.
  private var positions: [Int] = []

  mutating func tree(of module: any Module, path name: String, property: String) -> ModuleTree {
    var tree = ModuleTree(module, path: name, property: property)
    naming.append((path.count, type(of: module).storedNames))
    defer { naming.removeLast() }
    var mirror: Mirror? = Mirror(reflecting: module)
    while let level = mirror {
      for child in level.children {
        guard let label = child.label else { continue }
        path.append(label)
        steps.append(label)
        let count = tree.items.count
        visit(child.value, name: join(name, storedName ?? label), property: label, &tree)
        if tree.items.count == count { tree.items.append(.setting(name: label, child.value)) }
        path.removeLast()
        steps.removeLast()
      }
      mirror = level.superclassMirror
    }
    return tree
  }

  /// The name that the outermost module gives to the value at the end of the path, if any does.
  private var storedName: String? {
    for (depth, names) in naming where !names.isEmpty {
      guard let name = names[path[depth...].joined(separator: ".")] else { continue }
      guard let position = positions.last else { return name }
      return name.split(separator: "*", omittingEmptySubsequences: false)
        .joined(separator: String(position))
    }
    return nil
  }

  private mutating func visit(
    _ value: Any, name: String, property: String, _ tree: inout ModuleTree
  ) {
    switch value {
    case let parameter as Parameter:
      tree.items.append(.parameter(name: name, path: steps.joined(separator: "."), parameter))
    case let buffer as ModuleBuffer: tree.items.append(.buffer(name: name, buffer))
    case let inner as any Module:
      tree.items.append(.module(self.tree(of: inner, path: name, property: property)))
    default: visit(container: value, name: name, property: property, &tree)
    }
  }

  private mutating func visit(
    container value: Any, name: String, property: String, _ tree: inout ModuleTree
  ) {
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .optional:
      for child in mirror.children { visit(child.value, name: name, property: property, &tree) }
    case .collection:
      path.append("*")
      for (i, child) in mirror.children.enumerated() {
        positions.append(i)
        steps.append(String(i))
        visit(
          child.value, name: join(name, storedName ?? String(i)), property: "\(property).\(i)",
          &tree)
        positions.removeLast()
        steps.removeLast()
      }
      path.removeLast()
    case .dictionary:
      var entries = [(key: String, value: Any)]()
      for child in mirror.children {
        let pair = Mirror(reflecting: child.value).children.map(\.value)
        guard pair.count == 2, let key = pair[0] as? String else {
          refuse(child.value, name, tree.module)
          continue
        }
        entries.append((key, pair[1]))
      }
      for entry in entries.sorted(by: { $0.key < $1.key }) {
        steps.append(entry.key)
        visit(entry.value, name: join(name, entry.key), property: entry.key, &tree)
        steps.removeLast()
      }
    default: refuse(value, name, tree.module)
    }
  }

  /// Stops the program if a property of a type that is not searched holds a parameter.
  ///
  /// Otherwise that parameter would silently not be trained.
  private func refuse(_ value: Any, _ name: String, _ module: any Module) {
    require(
      !holdsParameter(value, depth: 4),
      """
      parameters: '\(name)' of \(type(of: module)) is a \(type(of: value)) that holds parameters; \
      use a Module, an array, an optional or a dictionary with string keys instead
      """
    )
  }

  private func holdsParameter(_ value: Any, depth: Int) -> Bool {
    if value is Parameter || value is ModuleBuffer || value is any Module { return true }
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
