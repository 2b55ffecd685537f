import Tensor

/// A running call of a gradient function: its nesting depth, and the parameters that carry a graph
/// inside it; or a scope in which parameters have other values, see ``withValues(_:of:_:)``.
///
/// It belongs to a task: other tasks and threads see neither.
final class GradientScope: Sendable {
  @TaskLocal static var current: GradientScope?

  /// The number of gradient functions around, 1 for the outermost one.
  let depth: Int32
  private let parameters: Parameters
  private let leaves: [Tensor]
  private let outer: GradientScope?
  /// Whether this scope replaces values instead of asking for gradients.
  private let isReplacement: Bool

  private init(
    for parameters: Parameters, leaves: [Tensor], depth: Int32, in outer: GradientScope?,
    isReplacement: Bool
  ) {
    self.parameters = parameters
    self.leaves = leaves
    self.depth = depth
    self.outer = outer
    self.isReplacement = isReplacement
  }

  /// Creates a scope inside the current one, in which the given parameters carry a graph.
  convenience init(for parameters: Parameters = Parameters()) {
    let outer = Self.current
    let depth = (outer?.depth ?? 0) + 1
    let leaves = parameters.map { Self.leaf(for: $0.parameter.value(in: outer), depth: depth) }
    self.init(for: parameters, leaves: leaves, depth: depth, in: outer, isReplacement: false)
  }

  /// Creates a scope inside the current one, in which the given parameters carry a graph that
  /// begins at the given values.
  convenience init(for parameters: Parameters, at values: [Tensor]) {
    let outer = Self.current
    let depth = (outer?.depth ?? 0) + 1
    let leaves = values.map { Self.leaf(for: $0, depth: depth) }
    self.init(for: parameters, leaves: leaves, depth: depth, in: outer, isReplacement: false)
  }

  /// Creates a scope inside the current one, in which the given parameters have the given values.
  convenience init(replacing parameters: Parameters, by values: [Tensor]) {
    self.init(replacing: parameters, by: values, in: Self.current)
  }

  private convenience init(
    replacing parameters: Parameters, by values: [Tensor], in outer: GradientScope?
  ) {
    self.init(
      for: parameters, leaves: values, depth: outer?.depth ?? 0, in: outer, isReplacement: true)
  }

  /// The scope in place of this one for code whose gradient is not asked for: the values that this
  /// scope and the outer ones replace, as constants, or `nil` if they replace none.
  var withoutGradients: GradientScope? {
    let outer = outer?.withoutGradients
    if !isReplacement { return outer }
    return GradientScope(replacing: parameters, by: leaves.map(\.detached), in: outer)
  }

  /// The nodes of the parameters' leaves, in the order of the parameters.
  var parameterNodes: [Node] { leaves.compactMap(\.graph) }

  /// The value as a leaf of this scope's graph.
  func leaf(for value: Tensor) -> Tensor { Self.leaf(for: value, depth: depth) }

  private static func leaf(for value: Tensor, depth: Int32) -> Tensor {
    var leaf = value
    leaf.node = Node(leafFor: value, scope: depth)
    return leaf
  }

  /// The value of a parameter inside this scope, or `nil` if neither this scope nor an outer one
  /// has it.
  func value(of parameter: Parameter) -> Tensor? {
    if let index = parameters.index(of: parameter) { return leaves[index] }
    return outer?.value(of: parameter)
  }

  /// Runs `body` inside a scope, or outside of all.
  static func run<Result, Failure: Error>(
    in scope: GradientScope?, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let outcome = GradientScope.$current.withValue(scope) { () -> Swift.Result<Result, Failure> in
      do throws(Failure) { return .success(try body()) } catch { return .failure(error) }
    }
    return try outcome.get()
  }

  /// Runs `body` inside this scope.
  func run<Result, Failure: Error>(
    mode: LayerMode, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try Self.run(in: self) { () throws(Failure) in try withMode(mode, body) }
  }

  /// A result as code outside of this scope sees it, without a graph that ends in this scope.
  func leaving(_ value: Tensor) -> Tensor {
    guard let node = value.graph, node.outermostScope >= depth else { return value }
    return value.detached
  }

  /// An auxiliary result as code outside of the current scope sees it: tensors in it have no graph
  /// that ends in this scope.
  static func leavingCurrent<Auxiliary>(_ auxiliary: Auxiliary) -> Auxiliary {
    guard let scope = current else { return auxiliary }
    return run(in: scope.outer) { mappingTensors(in: auxiliary) { scope.leaving($0) } }
  }
}

/// Runs `body` without recording a graph and returns its value as a constant.
///
/// It excludes a part of a loss from its gradient. Outside of gradient scopes nothing is recorded
/// anyway.
public func withoutGradient<Failure: Error>(
  _ body: () throws(Failure) -> Tensor
) throws(Failure) -> Tensor {
  try GradientScope.run(in: GradientScope.current?.withoutGradients, body).detached
}
