import CKernels
import Foundation
import TestSupport
import Testing

// Helpers for the tests of the kernels.

/// An operation of the kernels, as an argument of a test.
struct KernelRow: Sendable, CustomTestStringConvertible {
  var index: UInt32
  var name: String
  var testDescription: String { name }

  static func all(_ count: UInt32, _ name: (UInt32) -> UnsafePointer<CChar>?) -> [KernelRow] {
    (0..<count).map { KernelRow(index: $0, name: name($0).map { String(cString: $0) } ?? "?") }
  }
  static let unary = all(CK_UNARY_COUNT.rawValue) { ck_unary_name(ck_unary_op($0)) }
  static let binary = all(CK_BINARY_COUNT.rawValue) { ck_binary_name(ck_binary_op($0)) }
  static let compare = all(CK_COMPARE_COUNT.rawValue) { ck_compare_name(ck_compare_op($0)) }
}

/// The kernels of one instruction set.
struct Kernels: CustomStringConvertible {
  var name: String
  var table: OpaquePointer
  var description: String { name }

  static var all: [Kernels] {
    zip(["baseline", "avx2", "avx512"], 0..<CK_ISA_COUNT.rawValue).compactMap { name, code in
      ck_table_for(ck_isa(code)).map { Kernels(name: name, table: $0) }
    }
  }

  func unary(_ row: KernelRow, _ dtype: ck_dtype) -> ck_unary_fn? {
    ck_unary(table, ck_unary_op(row.index), dtype)
  }
  func binary(_ row: KernelRow, _ dtype: ck_dtype) -> ck_binary_fn? {
    ck_binary(table, ck_binary_op(row.index), dtype)
  }
  func compare(_ row: KernelRow, _ dtype: ck_dtype) -> ck_binary_fn? {
    ck_compare(table, ck_compare_op(row.index), dtype)
  }
}

let kernelDTypes: [ck_dtype] = [CK_F32, CK_F64, CK_I32, CK_BOOL]
func elementSize(_ dtype: ck_dtype) -> Int { dtype == CK_F64 ? 8 : dtype == CK_BOOL ? 1 : 4 }

/// Numbers as the kernels see them: the bytes of an array of a floating-point type.
struct KernelNumbers {
  let dtype: ck_dtype
  var bytes: [UInt8]

  init(_ values: [Double], _ dtype: ck_dtype) {
    self.dtype = dtype
    bytes =
      dtype == CK_F32 ? TensorTests.bytes(values.map(Float.init)) : TensorTests.bytes(values)
  }

  init(bytes: [UInt8], _ dtype: ck_dtype) {
    self.dtype = dtype
    self.bytes = bytes
  }

  var values: [Double] {
    bytes.withUnsafeBytes {
      dtype == CK_F32
        ? $0.bindMemory(to: Float.self).map(Double.init) : Array($0.bindMemory(to: Double.self))
    }
  }
}

extension RandomGenerator {
  mutating func integer(in range: Range<Int>) -> Int { Int.random(in: range, using: &self) }

  mutating func floats(_ count: Int, in range: Range<Double> = -4..<4) -> [Float] {
    (0..<count).map { _ in Float(uniform(in: range)) }
  }

  mutating func doubles(_ count: Int, in range: Range<Double> = -4..<4) -> [Double] {
    (0..<count).map { _ in uniform(in: range) }
  }
}

/// Returns whether `value` is within an error of `expected`.
///
/// NaN is close to NaN alone. An expected number beyond the range of float32 may be infinity.
func isClose(_ value: Float, _ expected: Double, ulps: Double, floor: Double = 0) -> Bool {
  if expected.isNaN || value.isNaN { return expected.isNaN && value.isNaN }
  let largest = Double(Float.greatestFiniteMagnitude)
  if value.isInfinite || expected.isInfinite || abs(expected) > largest {
    let overflows = abs(expected) >= largest && (value.isInfinite || !expected.isInfinite)
    return overflows && abs(value) >= Float.greatestFiniteMagnitude
      && (value < 0) == (expected < 0)
  }
  let size = max(abs(expected), floor, Double(Float.leastNormalMagnitude))
  return abs(Double(value) - expected) <= ulps * scalbn(1, Int(size.exponent) - 23) * 1.0000001
}

/// Returns whether `value` is within an error of `expected`; NaN is close to NaN alone.
func isClose(_ value: Double, _ expected: Double, ulps: Double = 8, floor: Double = 0) -> Bool {
  if expected.isNaN || value.isNaN { return expected.isNaN && value.isNaN }
  if value.isInfinite || expected.isInfinite { return value == expected }
  let size = max(abs(expected), floor, Double.leastNormalMagnitude)
  return abs(value - expected) <= ulps * size.ulp
}

/// Returns the bytes of an array.
func bytes<Element>(_ array: [Element]) -> [UInt8] {
  array.withUnsafeBytes { Array($0) }
}
