import Tensor

/// The elements that a convolution or pooling adds around its input: a number of them, `.same` or
/// `.valid`.
///
/// It is written as an integer, as a pair for the height and the width, or by name:
/// ```swift
/// conv2d(images, weight, padding: 1)
/// conv2d(images, weight, padding: [1, 0])
/// conv2d(images, weight, padding: kernelSize / 2)
/// conv2d(images, weight, stride: 2, padding: .same)
/// ```
public struct WindowPadding: Sendable, Hashable {
  /// The number of elements on each side of an axis, or `nil` for as many as `.same` needs.
  public let amount: IntOrPair?

  /// Creates a padding with a number of elements on each side.
  public init(_ amount: IntOrPair) { self.amount = amount }

  private init() { amount = nil }

  fileprivate static let sameSize = WindowPadding()
}

extension WindowPadding: CustomStringConvertible {
  /// The number of elements on each side, or `same`.
  public var description: String { amount.map { "\($0)" } ?? "same" }
}

/// A type of values that the `padding:` of a convolution or pooling takes: `Int`, `IntOrPair`, a
/// list of two integers, or ``WindowPadding``.
public protocol WindowPaddingConvertible: Sendable {
  /// The value as a padding.
  var windowPadding: WindowPadding { get }
}

extension WindowPaddingConvertible where Self == WindowPadding {
  /// As many elements as ⌈size / stride⌉ windows need, so that a stride of 1 keeps the size.
  ///
  /// With p = max((⌈size / stride⌉ − 1) · stride + dilation · (kernel − 1) + 1 − size, 0), ⌊p/2⌋
  /// elements are added before and ⌈p/2⌉ after: an even kernel has the odd element at the end. For
  /// a stride of 1 this is PyTorch's `padding="same"`, which refuses other strides; for those it is
  /// the `SAME` of TensorFlow and JAX.
  public static var same: WindowPadding { .sameSize }

  /// No elements: only windows that lie within the input count.
  public static var valid: WindowPadding { WindowPadding(0) }
}

extension WindowPadding: WindowPaddingConvertible {
  /// The padding itself.
  public var windowPadding: WindowPadding { self }
}

extension IntOrPair: WindowPaddingConvertible {
  /// The padding with these numbers of elements on each side.
  public var windowPadding: WindowPadding { WindowPadding(self) }
}

extension Int: WindowPaddingConvertible {
  /// The padding with this number of elements on each side.
  public var windowPadding: WindowPadding { WindowPadding(intOrPair) }
}

extension Array: WindowPaddingConvertible where Element == Int {
  /// The padding with a number of elements for the height and one for the width.
  public var windowPadding: WindowPadding { WindowPadding(intOrPair) }
}
