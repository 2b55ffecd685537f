/// The literal in `Tensor([[1, 2], [3, 4]])`: a number, a bool, or a nested list of them.
///
/// There is one type for all literals, because with a generic element type `[0, 1]` would be an
/// array of `Int`.
public enum TensorLiteral: Sendable {
  /// A single number.
  case number(Double)
  /// A single bool.
  case bool(Bool)
  /// A list along an axis, whose elements have equal shapes.
  case list([TensorLiteral])
}

extension TensorLiteral: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral
{
  /// Creates an integer, which is exact up to 2⁵³.
  public init(integerLiteral value: Int) { self = .number(Double(value)) }
  /// Creates a number.
  public init(floatLiteral value: Double) { self = .number(value) }
  /// Creates a bool.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// Creates a list along an axis.
  public init(arrayLiteral elements: TensorLiteral...) { self = .list(elements) }
}

extension Tensor {
  /// Creates a tensor from a literal, such as `Tensor([[1, 2], [3, 4]])`.
  ///
  /// The default dtype is float32 for numbers and bool for bools. A ragged list stops the program,
  /// as does a number that the dtype cannot hold, such as 0.5 for int32.
  ///
  /// A list with a variable or a calculation in it, such as `[2 * d, .pi]`, is an array of Swift's
  /// own type instead: see ``init(_:dtype:)``.
  public init(_ literal: TensorLiteral, dtype: DType? = nil) {
    if case .number(let value) = literal {
      self.init(repeating: value, shape: [], dtype: dtype ?? .float32)
      return
    }
    var shape = Shape()
    var first = literal
    while case .list(let members) = first {
      shape.append(members.count)
      guard let member = members.first else { break }
      first = member
    }
    var numbers = [Double]()
    numbers.reserveCapacity(shape.elementCount)
    literal.flatten(into: &numbers, expecting: shape, axis: 0)
    var literalType = DType.float32
    if case .bool = first { literalType = .bool }
    self.init(
      numbers: numbers, shape: shape, dtype: dtype ?? literalType, for: "tensor literal")
  }

  /// Creates a scalar tensor from a number, which the dtype must be able to hold.
  @_disfavoredOverload  // so that a literal is a `TensorLiteral`
  public init(_ value: Double, dtype: DType = .float32) {
    self.init(repeating: value, shape: [], dtype: dtype)
  }
}

extension TensorLiteral {
  fileprivate func flatten(into numbers: inout [Double], expecting shape: Shape, axis: Int) {
    switch self {
    case .list(let members):
      require(
        axis < shape.rank && members.count == shape[axis],
        """
        tensor literal: ragged: \(counted(members.count, "element")) where shape \(shape) \
        requires 
        """
          + (axis < shape.rank ? "\(shape[axis])" : "a number"))
      for member in members { member.flatten(into: &numbers, expecting: shape, axis: axis + 1) }
    case .number(let value):
      require(
        axis == shape.rank, "tensor literal: ragged: a number where shape \(shape) requires a list")
      numbers.append(value)
    case .bool(let value):
      require(
        axis == shape.rank, "tensor literal: ragged: a bool where shape \(shape) requires a list")
      numbers.append(value ? 1 : 0)
    }
  }
}
