import CKernels

// A number beside a tensor takes the dtype of the tensor, and so does the number from which a
// tensor is made. Everything that takes a `Double` comes here, so that no number loses its fraction
// or its size without a message.

extension DType {
  /// Whether elements of this dtype can have the value `number`.
  ///
  /// A floating-point dtype rounds every number, too large ones to infinity; int32 holds the
  /// integers from −2³¹ to 2³¹ − 1, and bool holds 0 and 1.
  package func holds(_ number: Double) -> Bool {
    switch self {
    case .float32, .float64: true
    case .int32: Int32(exactly: number) != nil
    case .bool: number == 0 || number == 1
    }
  }

  /// The numbers that elements can have if all of them are integers.
  package var integers: ClosedRange<Double>? {
    switch self {
    case .float32, .float64: nil
    case .int32: Double(Int32.min)...Double(Int32.max)
    case .bool: 0...1
    }
  }
}

/// Stops the program unless a dtype can hold a number that stands beside a tensor.
@inline(__always)
package func requireHeld(
  _ number: Double, by dtype: DType, for operation: @autoclosure () -> String
) {
  if !dtype.holds(number) {
    fail("\(operation()): \(dtype) cannot hold \(spelled(number)); convert the tensor first")
  }
}

/// A number in a message: 2 and not 2.0, NaN and not -nan.
package func spelled(_ number: Double) -> String {
  if number.isNaN { return "NaN" }
  if number.isInfinite { return number < 0 ? "-infinity" : "infinity" }
  let text = "\(number)"
  return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}

/// A number of things in a message: "1 element" and "2 elements".
package func counted(_ count: Int, _ one: String, _ many: String? = nil) -> String {
  count == 1 ? "1 \(one)" : "\(count) \(many ?? one + "s")"
}

extension Tensor {
  /// Creates a tensor in which each element is a number that the dtype holds.
  package init(
    number value: Double, shape: Shape = [], dtype: DType, for operation: @autoclosure () -> String
  ) {
    if !dtype.holds(value) { Self.failToHold(value, dtype, operation()) }
    let scalar = Tensor(uninitialized: [], dtype: dtype)
    switch dtype {
    case .float32: scalar.pointer.storeBytes(of: Float(value), as: Float.self)
    case .float64: scalar.pointer.storeBytes(of: value, as: Double.self)
    case .int32: scalar.pointer.storeBytes(of: Int32(value), as: Int32.self)
    case .bool: scalar.pointer.storeBytes(of: value == 0 ? 0 : 1, as: UInt8.self)
    }
    self.init(viewing: scalar, shape: shape, strides: Strides(), offset: 0)
  }

  /// Creates a tensor of numbers in row order, all of which the dtype holds.
  init(numbers: [Double], shape: Shape, dtype: DType, for operation: StaticString) {
    if !dtype.isFloatingPoint, let other = numbers.first(where: { !dtype.holds($0) }) {
      Self.failToHold(other, dtype, "\(operation)")
    }
    self = Elementwise.convert(Tensor(numbers, shape: shape), to: dtype)
  }

  private static func failToHold(_ number: Double, _ dtype: DType, _ operation: String) -> Never {
    fail(
      """
      \(operation): \(dtype) cannot hold \(spelled(number)); create a float32 tensor and convert \
      it
      """
    )
  }
}

/// A comparison of elements with a number of their dtype.
struct NumberComparison {
  let op: ck_compare_op
  let number: Double

  /// The comparison that gives for each element of a dtype what `op` gives for `number`, which the
  /// dtype need not hold.
  ///
  /// Within the range of a floating-point dtype the number is rounded.
  init(_ op: ck_compare_op, _ number: Double, of dtype: DType) {
    (self.op, self.number) =
      if let integers = dtype.integers {
        Self.ofIntegers(op, number, integers)
      } else if dtype == .float32 && number.isFinite && Float(number).isInfinite {
        Self.beyondFloat(op, isPositive: number > 0)
      } else {
        (op, number)
      }
  }

  /// A comparison of integers of a range with any number.
  private static func ofIntegers(
    _ op: ck_compare_op, _ number: Double, _ range: ClosedRange<Double>
  ) -> (ck_compare_op, Double) {
    let always = (CK_COMPARE_LE, range.upperBound)
    let never = (CK_COMPARE_GT, range.upperBound)
    if number.isNaN { return op == CK_COMPARE_NE ? always : never }
    let (isBelow, isAbove) = (number < range.lowerBound, number > range.upperBound)
    switch op {
    case CK_COMPARE_EQ, CK_COMPARE_NE:
      if !isBelow && !isAbove && number == number.rounded() { return (op, number) }
      return op == CK_COMPARE_NE ? always : never
    case CK_COMPARE_LT, CK_COMPARE_LE:
      if isBelow || isAbove { return isAbove ? always : never }
    default:
      if isBelow || isAbove { return isBelow ? always : never }
    }
    // x < 0.5 is x < 1 and x ≤ 0.5 is x ≤ 0.
    let isRoundedUp = op == CK_COMPARE_LT || op == CK_COMPARE_GE
    return (op, number.rounded(isRoundedUp ? .up : .down))
  }

  /// A comparison of float32 elements with a finite number between the largest of them and
  /// infinity.
  private static func beyondFloat(
    _ op: ck_compare_op, isPositive: Bool
  ) -> (ck_compare_op, Double) {
    let largest = Double(Float.greatestFiniteMagnitude)
    switch op {
    case CK_COMPARE_EQ: return (CK_COMPARE_GT, .infinity)
    case CK_COMPARE_NE: return (CK_COMPARE_NE, .nan)
    case CK_COMPARE_LT, CK_COMPARE_LE:
      return isPositive ? (CK_COMPARE_LE, largest) : (CK_COMPARE_LT, -largest)
    default: return isPositive ? (CK_COMPARE_GT, largest) : (CK_COMPARE_GE, -largest)
    }
  }
}
