/// The type of a tensor's elements.
public enum DType: UInt8, Sendable, Hashable, CaseIterable, CustomStringConvertible {
  /// IEEE 754 single precision, the default.
  case float32
  /// IEEE 754 double precision, the type of gradient checks.
  case float64
  /// Two's-complement 32-bit integers: class labels, tokens, indices.
  case int32
  /// Truth values, a byte each.
  case bool

  /// The size of one element in bytes.
  @inlinable
  public var byteCount: Int {
    switch self {
    case .float32, .int32: 4
    case .float64: 8
    case .bool: 1
    }
  }

  /// Whether elements are floating-point numbers, the only ones that have gradients.
  @inlinable
  public var isFloatingPoint: Bool { self == .float32 || self == .float64 }

  /// The name as it is written in code: `float32`, `float64`, `int32` or `bool`.
  public var description: String {
    switch self {
    case .float32: "float32"
    case .float64: "float64"
    case .int32: "int32"
    case .bool: "bool"
    }
  }
}

/// A Swift type that is the element of some tensor: `Float`, `Double`, `Int32` or `Bool`.
public protocol TensorScalar: Sendable, BitwiseCopyable {
  /// The dtype whose elements are stored as this type.
  static var dtype: DType { get }
}

extension Float: TensorScalar {
  /// `.float32`.
  @inlinable public static var dtype: DType { .float32 }
}

extension Double: TensorScalar {
  /// `.float64`.
  @inlinable public static var dtype: DType { .float64 }
}

extension Int32: TensorScalar {
  /// `.int32`.
  @inlinable public static var dtype: DType { .int32 }
}

extension Bool: TensorScalar {
  /// `.bool`.
  @inlinable public static var dtype: DType { .bool }
}
