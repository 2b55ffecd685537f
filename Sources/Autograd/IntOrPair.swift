import Tensor

/// One integer for both axes of an image, or a pair of integers for the height and the width.
///
/// Convolutions and pooling take their kernel size, stride, padding and dilation in this form.
/// It is written as an integer or as an array literal of two:
/// ```swift
/// conv2d(images, weight, stride: 2, padding: [0, 1])
/// conv2d(images, weight, stride: IntOrPair(n), padding: [n / 2, n]) // with a variable n
/// ```
public struct IntOrPair: Sendable, Hashable {
  /// The value for the height.
  public var height: Int
  /// The value for the width.
  public var width: Int

  /// Creates a pair with the same value for the height and the width.
  public init(_ value: Int) { self.init(value, value) }

  /// Creates a pair from a value for the height and one for the width.
  public init(_ height: Int, _ width: Int) {
    self.height = height
    self.width = width
  }

  /// The height and the width, as the kernels take them.
  var tuple: (Int, Int) { (height, width) }
}

extension IntOrPair: ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral {
  /// Creates a pair with the same value for the height and the width.
  public init(integerLiteral value: Int) { self.init(value) }

  /// Creates a pair from a list of two integers, the height first.
  ///
  /// A list of any other length stops the program.
  public init(arrayLiteral values: Int...) {
    require(values.count == 2, "IntOrPair: \(values) is not a pair of a height and a width")
    self.init(values[0], values[1])
  }
}

extension IntOrPair: CustomStringConvertible {
  /// The pair as `(height, width)`.
  public var description: String { "(\(height), \(width))" }
}
