import Tensor

/// Layers one after another; each gets the output of the one before.
///
/// ```swift
/// let model = Sequential {
///   Linear(2, 16)
///   Tanh()
///   for _ in 0..<depth { Linear(16, 16) }
///   Linear(16, 2)
/// }
/// ```
/// Parameters are named by position, `0.weight`, as in PyTorch.
public struct Sequential: Layer {
  /// The layers in order.
  public let layers: [any Layer]

  /// Positions alone name the layers.
  public static var storedNames: [String: String] { ["layers": ""] }

  /// The layers that a builder lists.
  public init(@SequentialBuilder _ layers: () -> [any Layer]) {
    self.layers = layers()
  }

  /// The layers of an array.
  public init(_ layers: [any Layer]) {
    self.layers = layers
  }

  /// The output of the last layer; the input itself if there is none.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    observed(layers.reduce(input) { $1.observed($1($0)) })
  }
}

/// Collects the layers between the braces of ``Sequential``.
@resultBuilder
public enum SequentialBuilder {
  /// One layer.
  public static func buildExpression(_ layer: any Layer) -> [any Layer] { [layer] }
  /// Layers from elsewhere.
  public static func buildExpression(_ layers: [any Layer]) -> [any Layer] { layers }
  /// No layer at all.
  public static func buildBlock() -> [any Layer] { [] }
  /// The first statement.
  public static func buildPartialBlock(first: [any Layer]) -> [any Layer] { first }
  /// One more statement.
  public static func buildPartialBlock(
    accumulated: [any Layer], next: [any Layer]
  ) -> [any Layer] { accumulated + next }
  /// A `for` loop.
  public static func buildArray(_ parts: [[any Layer]]) -> [any Layer] { parts.flatMap { $0 } }
  /// An `if` without `else`: its layers, or none.
  public static func buildOptional(_ part: [any Layer]?) -> [any Layer] { part ?? [] }
  /// The first branch of an `if` or `switch`.
  public static func buildEither(first: [any Layer]) -> [any Layer] { first }
  /// Another branch.
  public static func buildEither(second: [any Layer]) -> [any Layer] { second }
  /// An `if #available`.
  public static func buildLimitedAvailability(_ part: [any Layer]) -> [any Layer] { part }
}
