import Tensor

/// Layers in sequence; each one receives the output of the one before.
///
/// ```swift
/// let model = Sequential {
///   Linear(2, 16)
///   Tanh()
///   for _ in 0..<depth { Linear(16, 16) }
///   Linear(16, 2)
/// }
/// ```
/// Parameters are named by position, such as `0.weight`, as in PyTorch.
public struct Sequential: Layer {
  /// The layers in order.
  public let layers: [any Layer]

  /// Leaves out the name `layers`, so that positions alone name the layers.
  public static var storedNames: [String: String] { ["layers": ""] }

  /// Creates a sequence of the layers that a builder lists.
  public init(@SequentialBuilder _ layers: () -> [any Layer]) {
    self.layers = layers()
  }

  /// Creates a sequence of the layers of an array.
  public init(_ layers: [any Layer]) {
    self.layers = layers
  }

  /// Returns the output of the last layer, or the input if there are no layers.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    if OutputObserver.isAnyWatching {
      return observed(layers.reduce(input) { $1.observed($1($0)) })
    }
    var (x, next) = (input, 0)
    while next < layers.count {
      if type(of: layers[next]) == Linear.self {
        var run = DenseRun(of: x, layers: layers.count - next)
        next = run.append(layers, from: next)
        x = run.output
      } else {
        x = layers[next](x)
        next += 1
      }
    }
    return x
  }
}

/// The result builder of ``Sequential``.
@resultBuilder
public enum SequentialBuilder {
  /// Builds a single layer.
  public static func buildExpression(_ layer: any Layer) -> [any Layer] { [layer] }
  /// Builds the layers of an array.
  public static func buildExpression(_ layers: [any Layer]) -> [any Layer] { layers }
  /// Builds an empty block.
  public static func buildBlock() -> [any Layer] { [] }
  /// Builds the first statement of a block.
  public static func buildPartialBlock(first: [any Layer]) -> [any Layer] { first }
  /// Appends the next statement of a block.
  public static func buildPartialBlock(
    accumulated: [any Layer], next: [any Layer]
  ) -> [any Layer] { accumulated + next }
  /// Builds a `for` loop.
  public static func buildArray(_ parts: [[any Layer]]) -> [any Layer] { parts.flatMap { $0 } }
  /// Builds an `if` without `else`.
  public static func buildOptional(_ part: [any Layer]?) -> [any Layer] { part ?? [] }
  /// Builds the first branch of an `if` or `switch`.
  public static func buildEither(first: [any Layer]) -> [any Layer] { first }
  /// Builds another branch of an `if` or `switch`.
  public static func buildEither(second: [any Layer]) -> [any Layer] { second }
  /// Builds the body of an `if #available`.
  public static func buildLimitedAvailability(_ part: [any Layer]) -> [any Layer] { part }
}
