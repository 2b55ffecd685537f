/// What is written between the parentheses of `Tensor([[1, 2], [3, 4]])`: a number or a nested list.
///
/// One type takes all literals, because a generic element type would make an `Int` array of `[0, 1]`.
public enum TensorLiteral: Sendable {
  /// A number.
  case number(Double)
  /// A truth value.
  case truth(Bool)
  /// A list along one axis, whose members have equal shapes.
  case list([TensorLiteral])
}

extension TensorLiteral: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral
{
  /// A whole number; it is exact up to 2⁵³.
  public init(integerLiteral value: Int) { self = .number(Double(value)) }
  /// A number.
  public init(floatLiteral value: Double) { self = .number(value) }
  /// A truth value.
  public init(booleanLiteral value: Bool) { self = .truth(value) }
  /// A list along one axis.
  public init(arrayLiteral elements: TensorLiteral...) { self = .list(elements) }
}

extension Tensor {
  /// A tensor with the numbers of a nested list, `Tensor([[1, 2], [3, 4]])`.
  ///
  /// The dtype is float32 unless given; that of truth values is bool.  Lists of unequal shape beside
  /// each other stop the program.
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
    if case .truth = first { literalType = .bool }
    let values = Tensor(numbers, shape: shape)
    self = Elementwise.convert(values, to: dtype ?? literalType)
  }

  /// A scalar tensor of a variable's value.
  @_disfavoredOverload  // a literal number is a `TensorLiteral`
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
        "tensor literal: ragged: \(members.count) members where the shape \(shape) wants "
          + (axis < shape.rank ? "\(shape[axis])" : "a number"))
      for member in members { member.flatten(into: &numbers, expecting: shape, axis: axis + 1) }
    case .number(let value):
      require(
        axis == shape.rank, "tensor literal: ragged: a number where shape \(shape) wants a list")
      numbers.append(value)
    case .truth(let value):
      require(
        axis == shape.rank, "tensor literal: ragged: a value where shape \(shape) wants a list")
      numbers.append(value ? 1 : 0)
    }
  }
}
