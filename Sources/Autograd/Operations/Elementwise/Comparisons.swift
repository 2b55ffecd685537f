import CKernels
import Tensor

// Comparisons give bool tensors, which carry no gradient. Operands broadcast and have the same
// dtype. A comparison with NaN is false, except for `.!=`, which is true.
//
// A number is compared as it is with int32 and bool, also with a fraction or beyond their range:
// `i .< 0.5` is `i .<= 0`. For floating-point tensors it is rounded to their dtype, so that
// `Tensor(0.1) .== 0.1` is true.

extension Tensor {
  /// True where the elements are equal.
  public static func .== (a: Tensor, b: Tensor) -> Tensor {
    recordConstant(".==", a, b) { Elementwise.compare(CK_COMPARE_EQ, a, b) }
  }
  /// True where the elements equal a number.
  public static func .== (a: Tensor, b: Double) -> Tensor {
    recordConstant(".==", a, attributes: ["number": .number(b)]) {
      Elementwise.compare(CK_COMPARE_EQ, a, b)
    }
  }
  /// True where the elements differ.
  public static func .!= (a: Tensor, b: Tensor) -> Tensor {
    recordConstant(".!=", a, b) { Elementwise.compare(CK_COMPARE_NE, a, b) }
  }
  /// True where the elements differ from a number.
  public static func .!= (a: Tensor, b: Double) -> Tensor {
    recordConstant(".!=", a, attributes: ["number": .number(b)]) {
      Elementwise.compare(CK_COMPARE_NE, a, b)
    }
  }
  /// True where an element of a is less than that of b.
  public static func .< (a: Tensor, b: Tensor) -> Tensor {
    recordConstant(".<", a, b) { Elementwise.compare(CK_COMPARE_LT, a, b) }
  }
  /// True where the elements are less than a number.
  public static func .< (a: Tensor, b: Double) -> Tensor {
    recordConstant(".<", a, attributes: ["number": .number(b)]) {
      Elementwise.compare(CK_COMPARE_LT, a, b)
    }
  }
  /// True where an element of a is at most that of b.
  public static func .<= (a: Tensor, b: Tensor) -> Tensor {
    recordConstant(".<=", a, b) { Elementwise.compare(CK_COMPARE_LE, a, b) }
  }
  /// True where the elements are at most a number.
  public static func .<= (a: Tensor, b: Double) -> Tensor {
    recordConstant(".<=", a, attributes: ["number": .number(b)]) {
      Elementwise.compare(CK_COMPARE_LE, a, b)
    }
  }
  /// True where an element of a is greater than that of b.
  public static func .> (a: Tensor, b: Tensor) -> Tensor {
    recordConstant(".>", a, b) { Elementwise.compare(CK_COMPARE_GT, a, b) }
  }
  /// True where the elements are greater than a number.
  public static func .> (a: Tensor, b: Double) -> Tensor {
    recordConstant(".>", a, attributes: ["number": .number(b)]) {
      Elementwise.compare(CK_COMPARE_GT, a, b)
    }
  }
  /// True where an element of a is at least that of b.
  public static func .>= (a: Tensor, b: Tensor) -> Tensor {
    recordConstant(".>=", a, b) { Elementwise.compare(CK_COMPARE_GE, a, b) }
  }
  /// True where the elements are at least a number.
  public static func .>= (a: Tensor, b: Double) -> Tensor {
    recordConstant(".>=", a, attributes: ["number": .number(b)]) {
      Elementwise.compare(CK_COMPARE_GE, a, b)
    }
  }
  /// True where a number equals the elements.
  public static func .== (a: Double, b: Tensor) -> Tensor { b .== a }
  /// True where a number differs from the elements.
  public static func .!= (a: Double, b: Tensor) -> Tensor { b .!= a }
  /// True where a number is less than the elements.
  public static func .< (a: Double, b: Tensor) -> Tensor { b .> a }
  /// True where a number is at most the elements.
  public static func .<= (a: Double, b: Tensor) -> Tensor { b .>= a }
  /// True where a number is greater than the elements.
  public static func .> (a: Double, b: Tensor) -> Tensor { b .< a }
  /// True where a number is at least the elements.
  public static func .>= (a: Double, b: Tensor) -> Tensor { b .<= a }

  /// The logical and of each pair of elements of two bool tensors.
  public static func .& (a: Tensor, b: Tensor) -> Tensor {
    recordConstant(".&", a, b) { Elementwise.binary(CK_BINARY_AND, a, b) }
  }
  /// The logical or of each pair of elements of two bool tensors.
  public static func .| (a: Tensor, b: Tensor) -> Tensor {
    recordConstant(".|", a, b) { Elementwise.binary(CK_BINARY_OR, a, b) }
  }
  /// The exclusive or of each pair of elements of two bool tensors.
  public static func .^ (a: Tensor, b: Tensor) -> Tensor {
    recordConstant(".^", a, b) { Elementwise.binary(CK_BINARY_XOR, a, b) }
  }
  /// The logical negation of each element of a bool tensor.
  public static prefix func .! (x: Tensor) -> Tensor {
    recordConstant(".!", x) { Elementwise.unary(CK_UNARY_NOT, x) }
  }

  /// A bool tensor that is true where the elements are neither NaN nor infinite.
  public var finiteElements: Tensor {
    if !dtype.isFloatingPoint { return Self.ones(shape, dtype: .bool) }
    return recordConstant("finiteElements", self) {
      Elementwise.compare(CK_COMPARE_LT, Elementwise.unary(CK_UNARY_ABS, self), Double.infinity)
    }
  }

  /// Whether no element is NaN or infinite.
  public var isFinite: Bool {
    if !dtype.isFloatingPoint || elementCount == 0 { return true }
    // x · 0 is 0 for finite x and NaN for all else.
    let zeros = Elementwise.binary(CK_BINARY_MUL, self, 0.0)
    return Reduction.reduce(
      CK_REDUCE_SUM, zeros, along: AxisMask(allOf: rank), keepingAxes: false, name: "isFinite"
    ).scalar() == 0
  }
}
