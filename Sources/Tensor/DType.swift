/// The type of a tensor's elements.
public enum DType: UInt8, Sendable, Hashable, CaseIterable, CustomStringConvertible {
  /// IEEE 754 single precision, the default.
  case float32
  /// IEEE 754 double precision, used by gradient checks.
  case float64
  /// 32-bit integers, used for class labels, tokens and indices.
  case int32
  /// Boolean values, one byte each.
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

  /// Whether the elements are floating-point numbers, the only ones that can have gradients.
  @inlinable
  public var isFloatingPoint: Bool { self == .float32 || self == .float64 }

  /// The name as written in code: `float32`, `float64`, `int32` or `bool`.
  public var description: String {
    switch self {
    case .float32: "float32"
    case .float64: "float64"
    case .int32: "int32"
    case .bool: "bool"
    }
  }
}

/// A Swift type that corresponds to a dtype: `Float`, `Double`, `Int32` or `Bool`.
public protocol TensorScalar: Sendable, BitwiseCopyable {
  /// The dtype of tensors whose elements have this type.
  static var dtype: DType { get }
}

extension Float: TensorScalar {
  /// The dtype of `Float`, `.float32`.
  @inlinable public static var dtype: DType { .float32 }
}

extension Double: TensorScalar {
  /// The dtype of `Double`, `.float64`.
  @inlinable public static var dtype: DType { .float64 }
}

extension Int32: TensorScalar {
  /// The dtype of `Int32`, `.int32`.
  @inlinable public static var dtype: DType { .int32 }
}

extension Bool: TensorScalar {
  /// The dtype of `Bool`, `.bool`.
  @inlinable public static var dtype: DType { .bool }
}

// MARK: - Messages

extension DType {
  /// What is said of an operation that is not defined for the dtype.
  package var isUndefined: String {
    "not defined for \(self)"
      + (isFloatingPoint ? "" : "; convert the tensor first: 'x.converted(to: .float32)'")
  }

  /// What is said of an operation of two dtypes that must be equal.
  package static func differ(_ a: DType, _ b: DType) -> String {
    let target = a.isFloatingPoint || b == .bool ? a : b
    return "dtypes \(a) and \(b) differ; convert one of the tensors: 'x.converted(to: .\(target))'"
  }
}
