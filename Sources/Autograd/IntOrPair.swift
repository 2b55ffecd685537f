import Tensor

/// One integer for both axes of an image, or a pair of integers for the height and the width.
///
/// Convolutions and pooling take their kernel size, stride, padding and dilation in this form.
/// It is written as an integer or as an array literal of two:
/// ```swift
/// conv2d(images, weight, stride: 2, padding: [0, 1])
/// conv2d(images, weight, stride: n, padding: [n / 2, n])       // with a variable n
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
  public init(arrayLiteral values: Int...) { self = values.intOrPair }
}

/// A type of values that convolutions and pooling take for the height and the width: `Int`,
/// ``IntOrPair`` or a list of two integers.
public protocol IntOrPairConvertible: Sendable {
  /// The value for the height and that for the width.
  var intOrPair: IntOrPair { get }
}

extension IntOrPair: IntOrPairConvertible {
  /// The pair itself.
  public var intOrPair: IntOrPair { self }
}

extension Int: IntOrPairConvertible {
  /// The integer for both the height and the width.
  public var intOrPair: IntOrPair { IntOrPair(self) }
}

extension Array: IntOrPairConvertible where Element == Int {
  /// The two integers, the height first; a list of any other length stops the program.
  public var intOrPair: IntOrPair {
    require(count == 2, "IntOrPair: \(self) is not a pair of a height and a width")
    return IntOrPair(self[0], self[1])
  }
}

extension IntOrPair: CustomStringConvertible {
  /// The pair as `(height, width)`.
  public var description: String { "(\(height), \(width))" }
}
