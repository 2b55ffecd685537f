import Tensor

/// A call of a gradient function that is under way: how deep it is nested, and which parameters carry a
/// graph inside it.
final class GradientScope: Sendable {
  @TaskLocal static var current: GradientScope?

  /// 1 for the outermost scope.
  let depth: Int32
  private let parameters: Parameters
  private let leaves: [Tensor]
  private let outer: GradientScope?

  /// A scope inside the current one, in which the parameters of a collection carry a graph.
  init(for parameters: Parameters = Parameters()) {
    let outer = GradientScope.current
    let depth = (outer?.depth ?? 0) + 1
    self.outer = outer
    self.depth = depth
    self.parameters = parameters
    leaves = parameters.map { GradientScope.leaf(for: $0.parameter.value, depth: depth) }
  }

  /// The nodes of the parameters' leaves, in their order.
  var parameterNodes: [Node] { leaves.compactMap(\.graph) }

  /// `value` as a start of this scope's graph.
  func leaf(for value: Tensor) -> Tensor { GradientScope.leaf(for: value, depth: depth) }

  private static func leaf(for value: Tensor, depth: Int32) -> Tensor {
    var leaf = value
    leaf.node = Node(leafFor: value, scope: depth)
    return leaf
  }

  /// What a parameter's value is inside this scope, where it is one of the scope's.
  func value(of parameter: Parameter) -> Tensor? {
    if let index = parameters.index(of: parameter) { return leaves[index] }
    return outer?.value(of: parameter)
  }

  /// Runs `body` inside this scope.
  func run<Result, Failure: Error>(
    mode: Mode, _ body: () throws(Failure) -> Result
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

  /// A result as the outside of this scope sees it: without the part of its graph that ends here.
  func leaving(_ value: Tensor) -> Tensor {
    guard let node = value.graph, node.outermostScope >= depth else { return value }
    return value.detached
  }
}

/// Whether layers behave as in training (dropout drops, batch statistics are taken) or as in use.
public enum Mode: Sendable, Hashable {
  /// As while learning: what is random is random.
  case training
  /// As in use: the same input gives the same output.
  case inference

  @TaskLocal fileprivate static var scoped: Mode = .inference

  /// The mode of the scope: ``training`` inside ``valueWithGradients(for:mode:allowingUnused:_:)``
  /// unless another was asked for, ``inference`` outside.
  public static var current: Mode { scoped }
}

/// Runs `body` in a mode, which ``Mode/current`` then is.
public func withMode<Result, Failure: Error>(
  _ mode: Mode, _ body: () throws(Failure) -> Result
) throws(Failure) -> Result {
  let outcome = Mode.$scoped.withValue(mode) { () -> Swift.Result<Result, Failure> in
    do throws(Failure) { return .success(try body()) } catch { return .failure(error) }
  }
  return try outcome.get()
}
