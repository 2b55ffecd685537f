import Tensor

/// A running call of a gradient function: its nesting depth, and the parameters that carry a graph
/// inside it.
final class GradientScope: Sendable {
  @TaskLocal static var current: GradientScope?

  /// 1 for the outermost scope.
  let depth: Int32
  private let parameters: Parameters
  private let leaves: [Tensor]
  private let outer: GradientScope?

  /// Creates a scope inside the current one, in which the given parameters carry a graph.
  init(for parameters: Parameters = Parameters()) {
    let outer = Self.current
    let depth = (outer?.depth ?? 0) + 1
    self.outer = outer
    self.depth = depth
    self.parameters = parameters
    leaves = parameters.map { Self.leaf(for: $0.parameter.value, depth: depth) }
  }

  /// Creates a scope inside the current one, of the same depth, in which a parameter has another
  /// value.
  init(replacing parameter: Parameter, by value: Tensor) {
    let outer = Self.current
    self.outer = outer
    depth = outer?.depth ?? 0
    parameters = Parameters([("", parameter)])
    leaves = [value]
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

  /// Runs `body` inside this scope.
  func run<Result, Failure: Error>(
    mode: LayerMode, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let outcome = GradientScope.$current.withValue(self) { () -> Swift.Result<Result, Failure> in
      do throws(Failure) {
        return .success(try withMode(mode, body))
      } catch {
        return .failure(error)
      }
    }
    return try outcome.get()
  }

  /// A result as code outside of this scope sees it, without a graph that ends in this scope.
  func leaving(_ value: Tensor) -> Tensor {
    guard let node = value.graph, node.outermostScope >= depth else { return value }
    return value.detached
  }
}

/// Runs `body` without recording a graph and returns its value as a constant.
///
/// It excludes a part of a loss from its gradient. Outside of gradient scopes nothing is recorded
/// anyway.
public func withoutGradient<Failure: Error>(
  _ body: () throws(Failure) -> Tensor
) throws(Failure) -> Tensor {
  let outcome = GradientScope.$current.withValue(nil) { () -> Result<Tensor, Failure> in
    do throws(Failure) { return .success(try body()) } catch { return .failure(error) }
  }
  return try outcome.get().detached
}
