import CKernels
import Foundation
import Testing

// What the tests of the numeric loops share.

/// An operation as an argument of a test.
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

/// The loops of one instruction set, with all that they are asked for.
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

/// A small generator, the same numbers in every run.
struct SeededNumbers {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func bits() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
  mutating func uniform(_ low: Double, _ high: Double) -> Double {
    low + (high - low) * Double(bits() >> 11) * 0x1p-53
  }
  mutating func integer(_ range: Range<Int>) -> Int {
    range.lowerBound + Int(bits() % UInt64(range.count))
  }
  mutating func floats(_ count: Int, _ low: Double = -4, _ high: Double = 4) -> [Float] {
    (0..<count).map { _ in Float(uniform(low, high)) }
  }
  mutating func doubles(_ count: Int, _ low: Double = -4, _ high: Double = 4) -> [Double] {
    (0..<count).map { _ in uniform(low, high) }
  }
}

/// Whether `value` is `expected` within an error; NaN is NaN, and beyond the largest number is infinity.
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
func isClose(_ value: Double, _ expected: Double, ulps: Double = 8, floor: Double = 0) -> Bool {
  if expected.isNaN || value.isNaN { return expected.isNaN && value.isNaN }
  if value.isInfinite || expected.isInfinite { return value == expected }
  let size = max(abs(expected), floor, Double.leastNormalMagnitude)
  return abs(value - expected) <= ulps * size.ulp
}

/// The bytes of an array, for comparing bit by bit.
func bytes<Element>(_ array: [Element]) -> [UInt8] {
  array.withUnsafeBytes { Array($0) }
}
