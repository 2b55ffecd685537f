import CKernels
import Foundation
import Tensor
import Testing

// Every loop of CKernels against a plain oracle in Double, for each instruction set of this processor.
// The oracles stand in tables by operation; an operation without one fails its test.

// MARK: - The operations and what they should give

private struct UnaryOracle {
  /// The function in Double, which is also what float64 is compared with.
  var value: (Double) -> Double
  /// The largest error of float32, in units in the last place of the larger of |y| and `floor`.
  var ulps: Double
  var floor = 0.0
  /// The inputs for which the bound holds.
  var limit = Double.infinity
  var int32: ((Int32) -> Int32)?
}

private let unaryOracles: [String: UnaryOracle] = [
  "neg": UnaryOracle(value: { -$0 }, ulps: 0, int32: { 0 &- $0 }),
  "abs": UnaryOracle(value: { abs($0) }, ulps: 0, int32: { $0 < 0 ? 0 &- $0 : $0 }),
  "sign": UnaryOracle(
    value: { $0 > 0 ? 1 : $0 < 0 ? -1 : $0 }, ulps: 0, int32: { $0.signum() }),
  "square": UnaryOracle(value: { $0 * $0 }, ulps: 0.5, int32: { $0 &* $0 }),
  "relu": UnaryOracle(value: { $0 < 0 ? 0 : $0 }, ulps: 0, int32: { max(0, $0) }),
  "reciprocal": UnaryOracle(value: { 1 / $0 }, ulps: 0.5),
  "sqrt": UnaryOracle(value: { $0.squareRoot() }, ulps: 0.5),
  "rsqrt": UnaryOracle(value: { 1 / $0.squareRoot() }, ulps: 1.5),
  "exp": UnaryOracle(value: { exp($0) }, ulps: 1),
  "exp2": UnaryOracle(value: { exp2($0) }, ulps: 1),
  "expm1": UnaryOracle(value: { expm1($0) }, ulps: 1.5),
  "log": UnaryOracle(value: { log($0) }, ulps: 1),
  "log2": UnaryOracle(value: { log2($0) }, ulps: 2),
  "log10": UnaryOracle(value: { log10($0) }, ulps: 2),
  "log1p": UnaryOracle(value: { log1p($0) }, ulps: 1.5),
  "sin": UnaryOracle(value: { sin($0) }, ulps: 2),
  "cos": UnaryOracle(value: { cos($0) }, ulps: 2),
  "tanh": UnaryOracle(value: { tanh($0) }, ulps: 1.5),
  "sigmoid": UnaryOracle(value: sigmoid, ulps: 1.5),
  "erf": UnaryOracle(value: { erf($0) }, ulps: 1.5),
  "floor": UnaryOracle(value: { floor($0) }, ulps: 0),
  "ceil": UnaryOracle(value: { ceil($0) }, ulps: 0),
  "round": UnaryOracle(value: { $0.rounded(.toNearestOrEven) }, ulps: 0),
  // Without fused multiply-add, 2.3; with it, 2.
  "gelu": UnaryOracle(value: gelu, ulps: 2.3, floor: 0x1p-10),
  "silu": UnaryOracle(value: silu, ulps: 2.5, floor: 0x1p-119),
  "softplus": UnaryOracle(value: softplus, ulps: 2),
  "log_sigmoid": UnaryOracle(value: { -softplus(-$0) }, ulps: 2),
]

private func sigmoid(_ x: Double) -> Double {
  let e = exp(-abs(x))
  return (x < 0 ? e : 1) / (1 + e)
}
private func normal(_ x: Double) -> Double { 0.5 * erfc(-x * 0.5.squareRoot()) }
private func gelu(_ x: Double) -> Double { x == -.infinity ? 0 : x * normal(x) }
private func silu(_ x: Double) -> Double { x == -.infinity ? 0 : x * sigmoid(x) }
private func softplus(_ x: Double) -> Double {
  x.isNaN ? x : max(x, 0) + log1p(exp(-abs(x)))
}
private func geluSlope(_ x: Double) -> Double {
  x.isInfinite ? (x > 0 ? 1 : 0) : normal(x) + x * exp(-x * x / 2) / (2 * Double.pi).squareRoot()
}
private func siluSlope(_ x: Double) -> Double {
  x.isInfinite ? (x > 0 ? 1 : 0) : sigmoid(x) * (1 + x * sigmoid(-x))
}

private struct BinaryOracle {
  var value: (Double, Double) -> Double
  var ulps: Double
  /// What the bound is relative to, beside |y|.
  var floor: (Double, Double) -> Double = { _, _ in 0 }
  var int32: ((Int32, Int32) -> Int32)?
}

private let binaryOracles: [String: BinaryOracle] = [
  "add": BinaryOracle(value: { $0 + $1 }, ulps: 0.5, int32: { $0 &+ $1 }),
  "sub": BinaryOracle(value: { $0 - $1 }, ulps: 0.5, int32: { $0 &- $1 }),
  "mul": BinaryOracle(value: { $0 * $1 }, ulps: 0.5, int32: { $0 &* $1 }),
  "div": BinaryOracle(value: { $0 / $1 }, ulps: 0.5, int32: floorQuotient),
  "rem": BinaryOracle(
    value: { a, b in
      let r = fmod(a, b)
      return r != 0 && (r < 0) != (b < 0) ? r + b : r
    }, ulps: 0.5, floor: { _, b in b.isFinite ? abs(b) : 0 },
    int32: { $1 == 0 ? 0 : Int32(truncatingIfNeeded: Int64($0) - Int64(floorQuotient($0, $1)) * Int64($1)) }),
  "pow": BinaryOracle(value: { pow($0, $1) }, ulps: 1, int32: integerPower),
  "max": BinaryOracle(
    value: { $0.isNaN || $1.isNaN ? .nan : max($0, $1) }, ulps: 0, int32: { max($0, $1) }),
  "min": BinaryOracle(
    value: { $0.isNaN || $1.isNaN ? .nan : min($0, $1) }, ulps: 0, int32: { min($0, $1) }),
  "atan2": BinaryOracle(value: { atan2($0, $1) }, ulps: 1),
  "relu_grad": BinaryOracle(value: { $1 <= 0 ? 0 : $0 }, ulps: 0),
  "tanh_grad": BinaryOracle(
    value: { $0 * (1 - $1 * $1) }, ulps: 3, floor: { dy, y in abs(dy) * max(1, y * y) }),
  "sigmoid_grad": BinaryOracle(
    value: { $0 * ($1 * (1 - $1)) }, ulps: 3, floor: { dy, y in abs(dy * y) * max(1, abs(y)) }),
  "gelu_grad": BinaryOracle(
    value: { $0 * geluSlope($1) }, ulps: 4, floor: { dy, _ in abs(dy) / 4 }),
  "silu_grad": BinaryOracle(
    value: { $0 * siluSlope($1) }, ulps: 4, floor: { dy, _ in abs(dy) / 4 }),
  "softplus_grad": BinaryOracle(value: { $0 * sigmoid($1) }, ulps: 3),
]

private func floorQuotient(_ a: Int32, _ b: Int32) -> Int32 {
  if b == 0 { return 0 }
  return Int32(truncatingIfNeeded: Int64(floor(Double(a) / Double(b))))
}
private func integerPower(_ base: Int32, _ exponent: Int32) -> Int32 {
  if exponent < 0 { return base == 1 ? 1 : base == -1 ? (exponent % 2 == 0 ? 1 : -1) : 0 }
  var (result, power, rest) = (Int32(1), base, exponent)
  while rest > 0 {
    if rest & 1 == 1 { result = result &* power }
    power = power &* power
    rest >>= 1
  }
  return result
}

private let boolUnaryOracles: [String: (Bool) -> Bool] = ["not": { !$0 }]
private let boolBinaryOracles: [String: (Bool, Bool) -> Bool] = [
  "and": { $0 && $1 }, "or": { $0 || $1 }, "xor": { $0 != $1 },
]
private let compareOracles: [String: (Double, Double) -> Bool] = [
  "eq": { $0 == $1 }, "ne": { $0 != $1 }, "lt": { $0 < $1 }, "le": { $0 <= $1 }, "gt": { $0 > $1 },
  "ge": { $0 >= $1 },
]

// MARK: - Operations and instruction sets by name

/// An operation as an argument of a test.
private struct Row: Sendable, CustomTestStringConvertible {
  var index: UInt32
  var name: String
  var testDescription: String { name }

  static func all(_ count: UInt32, _ name: (UInt32) -> UnsafePointer<CChar>?) -> [Row] {
    (0..<count).map { Row(index: $0, name: name($0).map { String(cString: $0) } ?? "?") }
  }
  static let unary = all(CK_UNARY_COUNT.rawValue) { ck_unary_name(ck_unary_op($0)) }
  static let binary = all(CK_BINARY_COUNT.rawValue) { ck_binary_name(ck_binary_op($0)) }
  static let compare = all(CK_COMPARE_COUNT.rawValue) { ck_compare_name(ck_compare_op($0)) }
}

/// The loops of one instruction set, with all that they are asked for.
private struct Kernels: CustomStringConvertible {
  var name: String
  var table: OpaquePointer
  var description: String { name }

  static var all: [Kernels] {
    zip(["baseline", "avx2", "avx512"], 0..<CK_ISA_COUNT.rawValue).compactMap { name, code in
      ck_table_for(ck_isa(code)).map { Kernels(name: name, table: $0) }
    }
  }

  func unary(_ row: Row, _ dtype: ck_dtype) -> ck_unary_fn? {
    ck_unary(table, ck_unary_op(row.index), dtype)
  }
  func binary(_ row: Row, _ dtype: ck_dtype) -> ck_binary_fn? {
    ck_binary(table, ck_binary_op(row.index), dtype)
  }
  func compare(_ row: Row, _ dtype: ck_dtype) -> ck_binary_fn? {
    ck_compare(table, ck_compare_op(row.index), dtype)
  }
}

private let dtypes: [ck_dtype] = [CK_F32, CK_F64, CK_I32, CK_BOOL]
private func elementSize(_ dtype: ck_dtype) -> Int { dtype == CK_F64 ? 8 : dtype == CK_BOOL ? 1 : 4 }

// MARK: - Numbers

/// A small generator, the same numbers in every run.
private struct Numbers {
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

private let specialValues: [Double] = [
  0, -0.0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, .infinity, -.infinity, .nan, 0x1p-149, -0x1p-149, 0x1p-126,
  -0x1p-126, 0x1.fffffep127, -0x1.fffffep127, 88.7, -88.7, -103.9, 104, 1e6, 1e7, -1e7, 0.625, 2.25,
]

/// Float32 of every exponent and sign, special values, and many of ordinary size.
private let floatSamples: [Float] = {
  var samples = stride(from: UInt32(0), through: UInt32.max - 10_007, by: 10_007)
    .map(Float.init(bitPattern:))
  samples += specialValues.map { Float($0) }
  var numbers = Numbers(1)
  samples += numbers.floats(100_000, -12, 12)
  return samples
}()

/// Whether `value` is `expected` within an error; NaN is NaN, and beyond the largest number is infinity.
private func isClose(_ value: Float, _ expected: Double, ulps: Double, floor: Double = 0) -> Bool {
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
private func isClose(_ value: Double, _ expected: Double, ulps: Double = 8, floor: Double = 0) -> Bool
{
  if expected.isNaN || value.isNaN { return expected.isNaN && value.isNaN }
  if value.isInfinite || expected.isInfinite { return value == expected }
  let size = max(abs(expected), floor, Double.leastNormalMagnitude)
  return abs(value - expected) <= ulps * size.ulp
}

/// The bytes of an array, for comparing bit by bit.
private func bytes<Element>(_ array: [Element]) -> [UInt8] {
  array.withUnsafeBytes { Array($0) }
}

// MARK: - Element by element

@Suite("Element-wise kernels")
struct ElementwiseKernelTests {
  @Test("float32 functions are within their stated error", arguments: Row.unary)
  private func unaryFloat32(row: Row) throws {
    if boolUnaryOracles[row.name] != nil { return }
    let oracle = try #require(unaryOracles[row.name], "no oracle")
    let expected = floatSamples.map { oracle.value(Double($0)) }
    for kernels in Kernels.all {
      let function = try #require(kernels.unary(row, CK_F32))
      var y = [Float](repeating: 7, count: floatSamples.count)
      function(floatSamples, 1, &y, y.count)
      var failures = 0
      for (index, x) in floatSamples.enumerated() where Double(abs(x)) <= oracle.limit || x.isNaN {
        let ok =
          isClose(y[index], expected[index], ulps: oracle.ulps, floor: oracle.floor)
          && (x != 0 || expected[index] != 0 || y[index].sign == expected[index].sign)
        if !ok && failures < 3 {
          Issue.record("\(kernels) \(row.name)(\(x)) = \(y[index]), not \(expected[index])")
          failures += 1
        }
      }
    }
  }

  @Test("float64 functions agree with the library's", arguments: Row.unary)
  private func unaryFloat64(row: Row) throws {
    guard let oracle = unaryOracles[row.name] else { return }
    var numbers = Numbers(2)
    let x = specialValues + numbers.doubles(2000, -30, 30) + numbers.doubles(2000, -1, 1)
    for kernels in Kernels.all {
      let function = try #require(kernels.unary(row, CK_F64))
      var y = [Double](repeating: 7, count: x.count)
      function(x, 1, &y, y.count)
      for index in x.indices {
        #expect(
          isClose(y[index], oracle.value(x[index])), "\(kernels) \(row.name)(\(x[index]))")
      }
    }
  }

  @Test("int32 and bool functions are exact", arguments: Row.unary)
  private func unaryInteger(row: Row) throws {
    let x: [Int32] = [0, 1, -1, 2, -7, 46341, .max, .min, .min + 1] + (-20...20)
    for kernels in Kernels.all {
      let function = kernels.unary(row, CK_I32)
      #expect((function == nil) == (unaryOracles[row.name]?.int32 == nil))
      if let function, let oracle = unaryOracles[row.name]?.int32 {
        var y = [Int32](repeating: 7, count: x.count)
        function(x, 1, &y, y.count)
        #expect(y == x.map(oracle), "\(kernels)")
      }
      let onBool = kernels.unary(row, CK_BOOL)
      #expect((onBool == nil) == (boolUnaryOracles[row.name] == nil))
      if let onBool, let oracle = boolUnaryOracles[row.name] {
        var y: [UInt8] = [7, 7]
        onBool([0, 1] as [UInt8], 1, &y, 2)
        #expect(y == [oracle(false), oracle(true)].map { $0 ? 1 : 0 })
      }
    }
  }

  /// Special values in all pairs, then ordinary numbers, small whole ones among them.
  private static let floatPairs: (a: [Float], b: [Float]) = {
    var (a, b): ([Float], [Float]) = ([], [])
    for first in specialValues {
      for second in specialValues {
        a.append(Float(first))
        b.append(Float(second))
      }
    }
    var numbers = Numbers(3)
    for _ in 0..<20_000 {
      a.append(Float(numbers.uniform(-9, 9)))
      b.append(Float(numbers.uniform(-9, 9)))
      a.append(Float(numbers.integer(-9..<10)))
      b.append(Float(numbers.integer(-9..<10)))
    }
    return (a, b)
  }()

  @Test("float functions of two numbers are within their stated error", arguments: Row.binary)
  private func binaryFloat(row: Row) throws {
    if boolBinaryOracles[row.name] != nil { return }
    let oracle = try #require(binaryOracles[row.name], "no oracle")
    let (a, b) = ElementwiseKernelTests.floatPairs
    let (wideA, wideB) = (a.map(Double.init), b.map(Double.init))
    for kernels in Kernels.all {
      let function = try #require(kernels.binary(row, CK_F32))
      let wide = try #require(kernels.binary(row, CK_F64))
      var y = [Float](repeating: 7, count: a.count)
      var wideY = [Double](repeating: 7, count: a.count)
      function(a, 1, b, 1, &y, y.count)
      wide(wideA, 1, wideB, 1, &wideY, y.count)
      var failures = 0
      for index in a.indices {
        let expected = oracle.value(wideA[index], wideB[index])
        let floor = oracle.floor(wideA[index], wideB[index])
        // Where an intermediate result leaves the range of float32, so may the final one.
        let overflows = floor > Double(Float.greatestFiniteMagnitude) || floor.isNaN
        if overflows && row.name.hasSuffix("grad") { continue }
        let ok =
          isClose(y[index], expected, ulps: oracle.ulps, floor: floor)
          && isClose(wideY[index], expected, floor: floor)
        if !ok && failures < 3 {
          Issue.record(
            "\(kernels) \(row.name)(\(a[index]), \(b[index])) = \(y[index]), \(wideY[index]), not \(expected)"
          )
          failures += 1
        }
      }
    }
  }

  @Test("int32 and bool functions of two numbers are exact", arguments: Row.binary)
  private func binaryInteger(row: Row) throws {
    let values: [Int32] = [0, 1, -1, 2, -2, 3, -3, 7, -7, 10, 31, 1000, -1000, .max, .min]
    let a = values.flatMap { value in values.map { _ in value } }
    let b = values.flatMap { _ in values }
    for kernels in Kernels.all {
      let function = kernels.binary(row, CK_I32)
      #expect((function == nil) == (binaryOracles[row.name]?.int32 == nil))
      if let function, let oracle = binaryOracles[row.name]?.int32 {
        var y = [Int32](repeating: 7, count: a.count)
        function(a, 1, b, 1, &y, y.count)
        for index in a.indices {
          #expect(
            y[index] == oracle(a[index], b[index]), "\(kernels) \(a[index]), \(b[index])")
        }
      }
      let onBool = kernels.binary(row, CK_BOOL)
      #expect((onBool == nil) == (boolBinaryOracles[row.name] == nil))
      if let onBool, let oracle = boolBinaryOracles[row.name] {
        var y: [UInt8] = [7, 7, 7, 7]
        onBool([0, 0, 1, 1] as [UInt8], 1, [0, 1, 0, 1] as [UInt8], 1, &y, 4)
        let expected = [
          oracle(false, false), oracle(false, true), oracle(true, false), oracle(true, true),
        ]
        #expect(y == expected.map { $0 ? 1 : 0 })
      }
    }
  }

  @Test("comparisons, NaN included", arguments: Row.compare)
  private func comparisons(row: Row) throws {
    let oracle = try #require(compareOracles[row.name], "no oracle")
    let values: [Double] = [0, -0.0, 1, -1, 2, .infinity, -.infinity, .nan]
    let a = values.flatMap { value in values.map { _ in value } }
    let b = values.flatMap { _ in values }
    let whole = [Int32.min, -1, 0, 1, 2, .max]
    let wholeA = whole.flatMap { value in whole.map { _ in value } }
    let wholeB = whole.flatMap { _ in whole }
    let (boolA, boolB): ([UInt8], [UInt8]) = ([0, 0, 1, 1], [0, 1, 0, 1])
    for kernels in Kernels.all {
      func check(_ dtype: ck_dtype, _ x: UnsafeRawPointer, _ y: UnsafeRawPointer, _ expected: [Bool])
        throws
      {
        let function = try #require(kernels.compare(row, dtype))
        var result = [UInt8](repeating: 7, count: expected.count)
        function(x, 1, y, 1, &result, result.count)
        #expect(result == expected.map { $0 ? 1 : 0 }, "\(kernels), dtype \(dtype.rawValue)")
      }
      let expected = zip(a, b).map(oracle)
      try check(CK_F64, a, b, expected)
      try check(CK_F32, a.map(Float.init), b.map(Float.init), expected)
      try check(CK_I32, wholeA, wholeB, zip(wholeA, wholeB).map { oracle(Double($0), Double($1)) })
      try check(CK_BOOL, boolA, boolB, zip(boolA, boolB).map { oracle(Double($0), Double($1)) })
    }
  }

  @Test("every conversion between element types")
  func conversions() throws {
    let values: [Double] = [
      0, -0.0, 1, -1, 0.5, -0.5, 1.9, -1.9, 2.5, 1e9, -1e9, 3e9, -3e9, 2147483647, -2147483648,
      2147483648, .infinity, -.infinity, .nan, 1e-40, 1e300, 16777217, 255, 256,
    ]
    let whole: [Int32] = [0, 1, -1, 255, 256, 16_777_217, .max, .min]
    func toInteger(_ x: Double) -> Int32 {
      x.isNaN ? 0 : x >= 2147483647 ? .max : x <= -2147483648 ? .min : Int32(x)
    }
    for kernels in Kernels.all {
      func convert<From, To>(_ x: [From], _ from: ck_dtype, _ to: ck_dtype, _ zero: To) throws -> [To]
      {
        let function = try #require(ck_convert(kernels.table, from, to))
        // Enough of them to fill vectors.
        let many = x + x + x
        var y = [To](repeating: zero, count: many.count)
        function(many, 1, &y, y.count)
        #expect(bytes(Array(y.prefix(x.count))) == bytes(Array(y.suffix(x.count))))
        return Array(y.prefix(x.count))
      }
      let floats = values.map(Float.init)
      let flags: [UInt8] = [0, 1]
      #expect(bytes(try convert(values, CK_F64, CK_F32, Float(7))) == bytes(floats))
      #expect(bytes(try convert(floats, CK_F32, CK_F64, 7.0)) == bytes(floats.map(Double.init)))
      #expect(bytes(try convert(values, CK_F64, CK_F64, 7.0)) == bytes(values))
      #expect(bytes(try convert(floats, CK_F32, CK_F32, Float(7))) == bytes(floats))
      #expect(try convert(values, CK_F64, CK_I32, Int32(7)) == values.map(toInteger))
      #expect(
        try convert(floats, CK_F32, CK_I32, Int32(7)) == floats.map { toInteger(Double($0)) })
      #expect(try convert(values, CK_F64, CK_BOOL, UInt8(7)) == values.map { $0 != 0 ? 1 : 0 })
      #expect(try convert(floats, CK_F32, CK_BOOL, UInt8(7)) == floats.map { $0 != 0 ? 1 : 0 })
      #expect(try convert(whole, CK_I32, CK_F32, Float(7)) == whole.map(Float.init))
      #expect(try convert(whole, CK_I32, CK_F64, 7.0) == whole.map(Double.init))
      #expect(try convert(whole, CK_I32, CK_I32, Int32(7)) == whole)
      #expect(try convert(whole, CK_I32, CK_BOOL, UInt8(7)) == whole.map { $0 != 0 ? 1 : 0 })
      #expect(try convert(flags, CK_BOOL, CK_F32, Float(7)) == [0, 1])
      #expect(try convert(flags, CK_BOOL, CK_F64, 7.0) == [0, 1])
      #expect(try convert(flags, CK_BOOL, CK_I32, Int32(7)) == [0, 1])
      #expect(try convert(flags, CK_BOOL, CK_BOOL, UInt8(7)) == [0, 1])
    }
  }
}

// MARK: - Strides, lengths, places

/// A run of elements laid out with a stride around the middle of a block of memory.
private final class Run {
  let block: UnsafeMutableRawPointer
  let start: UnsafeMutableRawPointer

  init(_ contiguous: UnsafeRawPointer, count: Int, stride: Int, size: Int) {
    let reach = count * max(1, abs(stride)) * size + 64
    block = .allocate(byteCount: 2 * reach, alignment: 8)
    start = block + reach
    for index in 0..<count {
      (start + index * stride * size).copyMemory(from: contiguous + index * size, byteCount: size)
    }
  }
  deinit { block.deallocate() }

  /// What a loop over the run reads: with stride 0 the same element each time.
  func read(count: Int, stride: Int, size: Int) -> UnsafeMutableRawPointer {
    let copy = UnsafeMutableRawPointer.allocate(byteCount: max(1, count * size), alignment: 8)
    for index in 0..<count {
      (copy + index * size).copyMemory(from: start + index * stride * size, byteCount: size)
    }
    return copy
  }
}

@Suite("Kernels and layout")
struct LayoutTests {
  private static let counts = [0, 1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 33, 47, 64, 70, 256, 300]
  private static let strides = [1, 0, 2, 3, -1, -2, 7]

  private func values(_ dtype: ck_dtype, _ count: Int, _ seed: UInt64) -> [UInt8] {
    var numbers = Numbers(seed)
    switch dtype {
    case CK_F32: return bytes(numbers.floats(count))
    case CK_F64: return bytes(numbers.doubles(count))
    case CK_I32: return bytes((0..<count).map { _ in Int32(numbers.integer(-20..<21)) })
    default: return (0..<count).map { _ in UInt8(numbers.integer(0..<2)) }
    }
  }

  /// A loop over one or two inputs, as a function of two.
  private typealias Loop = (UnsafeRawPointer, Int, UnsafeRawPointer, Int, UnsafeMutableRawPointer, Int)
    -> Void

  /// Every way to run the loop gives the bits of the loop run on one element after another.
  private func check(
    _ label: String, _ dtype: ck_dtype, outputSize: Int, usesSecond: Bool, _ loop: Loop
  ) {
    let size = elementSize(dtype)
    for count in LayoutTests.counts {
      let (a, b) = (values(dtype, count, 5), values(dtype, count, 6))
      var reference = [UInt8](repeating: 0, count: count * outputSize)
      func oneByOne(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer) {
        reference.withUnsafeMutableBytes { target in
          guard let start = target.baseAddress else { return }
          for index in 0..<count {
            loop(a + index * size, 1, b + index * size, 1, start + index * outputSize, 1)
          }
        }
      }
      a.withUnsafeBytes { a in
        b.withUnsafeBytes { b in
          guard let first = a.baseAddress, let second = b.baseAddress else { return }
          for strideA in LayoutTests.strides {
            for strideB in usesSecond ? LayoutTests.strides : [1] {
              let runA = Run(first, count: count, stride: strideA, size: size)
              let runB = Run(second, count: count, stride: strideB, size: size)
              let readA = runA.read(count: count, stride: strideA, size: size)
              let readB = runB.read(count: count, stride: strideB, size: size)
              defer {
                readA.deallocate()
                readB.deallocate()
              }
              oneByOne(readA, readB)
              // One element late, with a margin on both sides that must stay as it is.
              var output = [UInt8](repeating: 0x5a, count: (count + 2) * outputSize)
              output.withUnsafeMutableBytes { target in
                guard let start = target.baseAddress else { return }
                loop(runA.start, strideA, runB.start, strideB, start + outputSize, count)
              }
              let margin = [UInt8](repeating: 0x5a, count: outputSize)
              #expect(
                output == margin + reference + margin,
                "\(label), \(count) elements, strides \(strideA) and \(strideB)")
            }
          }
          if outputSize == size {
            oneByOne(first, second)
            var inPlace = Array(a)
            inPlace.withUnsafeMutableBytes { target in
              guard let start = target.baseAddress else { return }
              loop(start, 1, second, 1, start, count)
            }
            #expect(inPlace == reference, "\(label), \(count) elements, in place of the first")
            var second = Array(b)
            second.withUnsafeMutableBytes { target in
              guard let start = target.baseAddress, usesSecond else { return }
              loop(first, 1, start, 1, start, count)
            }
            #expect(
              !usesSecond || second == reference,
              "\(label), \(count) elements, in place of the second")
          }
        }
      }
    }
  }

  @Test("strides, lengths and in-place runs of unary loops", arguments: Row.unary)
  private func unary(row: Row) {
    for kernels in Kernels.all {
      for dtype in dtypes {
        guard let function = kernels.unary(row, dtype) else { continue }
        check("\(kernels) \(row.name)", dtype, outputSize: elementSize(dtype), usesSecond: false) {
          function($0, $1, $4, $5)
        }
      }
    }
  }

  @Test("strides, lengths and in-place runs of binary loops", arguments: Row.binary)
  private func binary(row: Row) {
    for kernels in Kernels.all {
      for dtype in dtypes {
        guard let function = kernels.binary(row, dtype) else { continue }
        check("\(kernels) \(row.name)", dtype, outputSize: elementSize(dtype), usesSecond: true) {
          function($0, $1, $2, $3, $4, $5)
        }
      }
    }
  }

  @Test("strides and lengths of comparisons", arguments: Row.compare)
  private func compare(row: Row) {
    for kernels in Kernels.all {
      for dtype in dtypes {
        guard let function = kernels.compare(row, dtype) else { continue }
        check("\(kernels) \(row.name)", dtype, outputSize: 1, usesSecond: true) {
          function($0, $1, $2, $3, $4, $5)
        }
      }
    }
  }

  @Test("strides of conversions")
  func conversions() {
    for kernels in Kernels.all {
      for from in dtypes {
        for to in dtypes {
          guard let function = ck_convert(kernels.table, from, to) else {
            Issue.record("no conversion from \(from.rawValue) to \(to.rawValue)")
            continue
          }
          check(
            "\(kernels) \(from.rawValue) to \(to.rawValue)", from, outputSize: elementSize(to),
            usesSecond: false
          ) { function($0, $1, $4, $5) }
        }
      }
    }
  }

  @Test("selection, with any strides")
  func select() throws {
    for kernels in Kernels.all {
      for dtype in dtypes {
        let function = try #require(ck_select(kernels.table, dtype))
        for strideC in [1, 0, 2, -1] {
          let condition: [UInt8] = (0..<700).map { UInt8($0 * 7 % 3 == 0 ? 1 : 0) }
          condition.withUnsafeBufferPointer { condition in
            guard let base = condition.baseAddress else { return }
            let size = elementSize(dtype)
            check(
              "\(kernels) select, condition's stride \(strideC)", dtype, outputSize: size,
              usesSecond: true
            ) { a, strideA, b, strideB, y, count in
              // Run on one element the loop is asked for its first condition; so make all runs start there.
              if count == 1 {
                function(base + 320, strideC, a, strideA, b, strideB, y, count)
              } else {
                function(base + 320, 0, a, strideA, b, strideB, y, count)
              }
            }
            // And the condition itself, element by element.
            let (a, b) = (values(dtype, 50, 8), values(dtype, 50, 9))
            var y = [UInt8](repeating: 7, count: 50 * size)
            a.withUnsafeBytes { a in
              b.withUnsafeBytes { b in
                function(base + 320, strideC, a.baseAddress, 1, b.baseAddress, 1, &y, 50)
              }
            }
            let expected = (0..<50).flatMap { index in
              (condition[320 + index * strideC] != 0 ? a : b)[index * size..<(index + 1) * size]
            }
            #expect(y == expected)
          }
        }
      }
    }
  }

  @Test("copies between strides, and transposing copies")
  func moves() throws {
    for kernels in Kernels.all {
      for size in [1, 4, 8] {
        let copy = try #require(ck_copy(kernels.table, size))
        let transpose = try #require(ck_transpose(kernels.table, size))
        let source = (0..<60 * 70 * size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        for (from, to) in [(1, 1), (2, 1), (1, 3), (5, 2)] {
          var target = [UInt8](repeating: 0, count: 64 * 3 * size)
          copy(source, from, &target, to, 40)
          for index in 0..<40 {
            #expect(
              target[index * to * size..<(index * to + 1) * size]
                == source[index * from * size..<(index * from + 1) * size])
          }
        }
        for (rows, columns) in [(1, 1), (1, 9), (16, 16), (17, 33), (59, 70), (3, 64)] {
          var target = [UInt8](repeating: 0x5a, count: 70 * 61 * size)
          transpose(source, 70, &target, 61, rows, columns)
          for i in 0..<rows {
            for j in 0..<columns {
              let (read, written) = ((i * 70 + j) * size, (j * 61 + i) * size)
              #expect(target[written..<written + size] == source[read..<read + size])
            }
          }
        }
      }
    }
    #expect(Kernels.all.allSatisfy { ck_copy($0.table, 3) == nil && ck_copy($0.table, 99) == nil })
  }
}
