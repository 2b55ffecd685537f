import CKernels
import Foundation
import TestSupport
import Testing

// MARK: - Oracles

private struct UnaryOracle: Sendable {
  /// The function in `Double`, with which float64 is compared too.
  var value: @Sendable (Double) -> Double
  /// The largest error of float32, in units in the last place of the larger of |y| and `floor`.
  var ulps: Double
  var floor = 0.0
  /// The same floor for float64, where the kernel or the oracle has lost digits to underflow.
  var wideFloor = 0.0
  /// The largest difference of float64: two units of the kernel and two of the oracle.
  var wideUlps = 4.0
  var int32: (@Sendable (Int32) -> Int32)?
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
  "tan": UnaryOracle(value: { tan($0) }, ulps: 1.5),
  "asin": UnaryOracle(value: { asin($0) }, ulps: 1),
  "acos": UnaryOracle(value: { acos($0) }, ulps: 1),
  "atan": UnaryOracle(value: { atan($0) }, ulps: 1),
  "sinh": UnaryOracle(value: { sinh($0) }, ulps: 1),
  "cosh": UnaryOracle(value: { cosh($0) }, ulps: 1),
  "asinh": UnaryOracle(value: { asinh($0) }, ulps: 2),
  "acosh": UnaryOracle(value: { acosh($0) }, ulps: 2.1),
  "atanh": UnaryOracle(value: { atanh($0) }, ulps: 2),
  "tanh": UnaryOracle(value: { tanh($0) }, ulps: 1.5),
  "sigmoid": UnaryOracle(value: sigmoid, ulps: 2.1),
  "erf": UnaryOracle(value: { erf($0) }, ulps: 1.5),
  "inverse_erf": UnaryOracle(value: inverseErf, ulps: 2.5, wideUlps: 8),
  "log_gamma": UnaryOracle(
    value: { $0 == -.infinity ? .infinity : lgamma($0) }, ulps: 0.75, wideFloor: 1, wideUlps: 16),
  "digamma": UnaryOracle(value: digamma, ulps: 0.75, wideFloor: 1, wideUlps: 32),
  "trigamma": UnaryOracle(value: trigamma, ulps: 0.75, wideUlps: 16),
  "floor": UnaryOracle(value: { floor($0) }, ulps: 0),
  "ceil": UnaryOracle(value: { ceil($0) }, ulps: 0),
  "round": UnaryOracle(value: { $0.rounded(.toNearestOrEven) }, ulps: 0),
  "gauss": UnaryOracle(value: gauss, ulps: 2),
  "gelu": UnaryOracle(value: gelu, ulps: 4, wideFloor: 0x1p-1010),
  "gelu_tanh": UnaryOracle(value: geluTanh, ulps: 210, floor: 0x1p-119, wideFloor: 0x1p-1010),
  "silu": UnaryOracle(value: silu, ulps: 2.5, floor: 0x1p-119, wideFloor: 0x1p-1010),
  "softplus": UnaryOracle(value: softplus, ulps: 2),
  "log_sigmoid": UnaryOracle(value: { -softplus(-$0) }, ulps: 2),
  "hard_sigmoid": UnaryOracle(value: hardSigmoid, ulps: 2, floor: 0.5),
  "hard_swish": UnaryOracle(value: { $0 * hardSigmoid($0) }, ulps: 3, floor: 0.5),
]

@Sendable private func sigmoid(_ x: Double) -> Double {
  let e = exp(-abs(x))
  return (x < 0 ? e : 1) / (1 + e)
}
/// e^(-x² / scale), corrected for the rounding error of the square.
private func bell(_ x: Double, scale: Double) -> Double {
  let square = x * x
  return square.isFinite ? exp(-square / scale) * (1 - (-square).addingProduct(x, x) / scale) : 0
}
@Sendable private func gauss(_ x: Double) -> Double { x.isNaN ? x : bell(x, scale: 1) }
/// Φ(x), corrected like `bell`.
private func normal(_ x: Double) -> Double {
  let root = 0.5.squareRoot()
  let t = -x * root
  if x.isNaN || abs(t) > 40 { return x.isNaN ? x : x > 0 ? 1 : 0 }
  let rest = (-t).addingProduct(-x, root) + x * 4.833646656726457e-17
  return 0.5 * erfc(t) - rest * exp(-t * t) / Double.pi.squareRoot()
}
@Sendable private func gelu(_ x: Double) -> Double { x == -.infinity ? 0 : x * normal(x) }
@Sendable private func silu(_ x: Double) -> Double { x == -.infinity ? 0 : x * sigmoid(x) }
/// sigmoid(sqrt(8/π) (x + 0.044715 x³)), corrected like `bell`.
private func geluTanhSigmoid(_ x: Double) -> Double {
  if !(abs(x) < 50) { return x.isNaN ? x : x > 0 ? 1 : 0 }
  let (linear, cubic, square) = (1.5957691216057308, 0.07135481627260025, x * x)
  let term = cubic * square
  let sum = linear + term
  let lost = Swift.max(linear, term) - sum + Swift.min(linear, term)
  let squareRest = (-square).addingProduct(x, x)
  let rests = (-term).addingProduct(cubic, square) + cubic * squareRest
  let constants = -9.96930880911092e-17 - 6.175149918155315e-19 * square
  let doubled = x * sum
  let rest = (-doubled).addingProduct(x, sum) + x * (lost + rests + constants)
  return sigmoid(doubled) * (1 + rest * sigmoid(-doubled))
}
@Sendable private func geluTanh(_ x: Double) -> Double {
  x == -.infinity ? 0 : x * geluTanhSigmoid(x)
}
private func geluTanhSlope(_ x: Double) -> Double {
  if abs(x) > 50 { return x > 0 ? 1 : 0 }
  let inner = (8 / Double.pi).squareRoot() * (1 + 3 * 0.044715 * x * x)
  return geluTanhSigmoid(x) * (1 + x * geluTanhSigmoid(-x) * inner)
}
private func softplus(_ x: Double) -> Double {
  x.isNaN ? x : max(x, 0) + log1p(exp(-abs(x)))
}
@Sendable private func hardSigmoid(_ x: Double) -> Double {
  x.isNaN ? x : min(max(x / 6 + 0.5, 0), 1)
}
@Sendable private func huber(_ d: Double, _ delta: Double) -> Double {
  if d.isNaN || delta.isNaN { return .nan }
  let near = min(max(d, -delta), delta)
  return 0.5 * near * near + (abs(d) - abs(near)) * delta
}
/// By Newton's method from its asymptotic form; the complement keeps the digits near ±1.
@Sendable private func inverseErf(_ x: Double) -> Double {
  let size = abs(x)
  if !(size < 1) { return size == 1 ? x * .infinity : .nan }
  if size < 1e-8 { return x * Double.pi.squareRoot() / 2 }
  let w = -log((1 - size) * (1 + size))
  let a = 2 / (Double.pi * 0.147) - w / 2
  var y = ((a * a + w / 0.147).squareRoot() - a).squareRoot()
  for _ in 0..<4 {
    let excess = size < 0.5 ? erf(y) - size : (1 - size) - erfc(y)
    let step = excess * Double.pi.squareRoot() / 2 * exp(y * y)
    y -= step / (1 + y * step)
  }
  return x < 0 ? -y : y
}
/// By the recurrence and the asymptotic series, and by reflection below 0.
@Sendable private func digamma(_ x: Double) -> Double {
  if x == -.infinity || (x <= 0 && x == x.rounded()) { return .nan }
  if x < 0 { return digamma(1 - x) - .pi / tan(.pi * (x - x.rounded())) }
  var (sum, y) = (0.0, x)
  while y < 20 {
    sum -= 1 / y
    y += 1
  }
  let u = 1 / (y * y)
  let series = u * (1.0 / 12 - u * (1.0 / 120 - u * (1.0 / 252 - u * (1.0 / 240 - u / 132))))
  return sum + log(y) - 0.5 / y - series
}
@Sendable private func trigamma(_ x: Double) -> Double {
  if x <= 0 && x == x.rounded() { return x == -.infinity ? .nan : .infinity }
  if x < 0 {
    let ratio = Double.pi / sin(.pi * (x - x.rounded()))
    return ratio * ratio - trigamma(1 - x)
  }
  var (sum, y) = (0.0, x)
  while y < 20 {
    sum += 1 / (y * y)
    y += 1
  }
  let u = 1 / (y * y)
  let series = u / y * (1.0 / 6 - u * (1.0 / 30 - u * (1.0 / 42 - u * (1.0 / 30 - u * 5 / 66))))
  return sum + 1 / y + u / 2 + series
}
private func geluSlope(_ x: Double) -> Double {
  x.isInfinite ? (x > 0 ? 1 : 0) : normal(x) + x * bell(x, scale: 2) / (2 * Double.pi).squareRoot()
}
private func siluSlope(_ x: Double) -> Double {
  x.isInfinite ? (x > 0 ? 1 : 0) : sigmoid(x) * (1 + x * sigmoid(-x))
}

private struct BinaryOracle: Sendable {
  var value: @Sendable (Double, Double) -> Double
  var ulps: Double
  /// The smallest magnitude to which the bound is relative.
  var floor: @Sendable (Double, Double) -> Double = { _, _ in 0 }
  var int32: (@Sendable (Int32, Int32) -> Int32)?
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
    int32: {
      $1 == 0 ? 0 : Int32(truncatingIfNeeded: Int64($0) - Int64(floorQuotient($0, $1)) * Int64($1))
    }),
  "pow": BinaryOracle(value: { pow($0, $1) }, ulps: 2, int32: integerPower),
  "max": BinaryOracle(
    value: { $0.isNaN || $1.isNaN ? .nan : max($0, $1) }, ulps: 0, int32: { max($0, $1) }),
  "min": BinaryOracle(
    value: { $0.isNaN || $1.isNaN ? .nan : min($0, $1) }, ulps: 0, int32: { min($0, $1) }),
  "atan2": BinaryOracle(value: { atan2($0, $1) }, ulps: 1),
  "equality": BinaryOracle(value: { $0 == $1 ? 1 : 0 }, ulps: 0),
  "max_slope": BinaryOracle(value: { $0 < $1 ? 0 : $0 == $1 ? 0.5 : 1 }, ulps: 0),
  "share": BinaryOracle(value: { $1 == 0 ? 0 : $0 * $1 }, ulps: 0.5),
  "leaky_relu": BinaryOracle(value: { $0 > 0 ? $0 : $0 * $1 }, ulps: 0.5),
  "huber": BinaryOracle(
    value: huber, ulps: 3,
    floor: { d, delta in
      let near = min(max(d, -delta), delta)
      return near * near + (abs(d) + abs(near)) * abs(delta)
    }),
  "relu_grad": BinaryOracle(value: { $1 <= 0 ? 0 : $0 }, ulps: 0),
  "hard_sigmoid_grad": BinaryOracle(
    value: { abs($1) < 3 ? $0 / 6 : 0 }, ulps: 1),
  "hard_swish_grad": BinaryOracle(
    value: { $0 * hardSigmoid($1) + (abs($1) < 3 ? $0 * $1 / 6 : 0) }, ulps: 4,
    floor: { dy, _ in abs(dy) }),
  "tanh_grad": BinaryOracle(
    value: { $0 * ((1 - $1) * (1 + $1)) }, ulps: 3, floor: { dy, y in abs(dy) * squareInRange(y) }),
  "sigmoid_grad": BinaryOracle(
    value: { $0 * ($1 * (1 - $1)) }, ulps: 3,
    floor: { dy, y in abs(dy) * max(abs(y), squareInRange(y)) }),
  "gelu_grad": BinaryOracle(
    value: { $0 * geluSlope($1) }, ulps: 8,
    floor: { dy, x in abs(dy) * (x > -3.25 && x < 0 ? 0.25 : 0x1p-122) }),
  "gelu_tanh_grad": BinaryOracle(
    value: { $0 * geluTanhSlope($1) }, ulps: 210,
    floor: { dy, x in abs(dy) * (x > -1.5 && x < 0 ? 0.25 : 0x1p-119) }),
  "silu_grad": BinaryOracle(
    value: { $0 * siluSlope($1) }, ulps: 4, floor: { dy, _ in abs(dy) / 4 }),
  "softplus_grad": BinaryOracle(
    value: { $0 * sigmoid($1) }, ulps: 3, floor: { dy, _ in abs(dy) * 0x1p-126 }),
]

/// Returns y², or infinity if it exceeds the range of float32.
@Sendable private func squareInRange(_ y: Double) -> Double {
  y * y > Double(Float.greatestFiniteMagnitude) ? .infinity : y * y
}
@Sendable private func floorQuotient(_ a: Int32, _ b: Int32) -> Int32 {
  if b == 0 { return 0 }
  return Int32(truncatingIfNeeded: Int64(floor(Double(a) / Double(b))))
}
@Sendable private func integerPower(_ base: Int32, _ exponent: Int32) -> Int32 {
  if exponent < 0 { return base == 1 ? 1 : base == -1 ? (exponent % 2 == 0 ? 1 : -1) : 0 }
  var (result, power, rest) = (Int32(1), base, exponent)
  while rest > 0 {
    if rest & 1 == 1 { result = result &* power }
    power = power &* power
    rest >>= 1
  }
  return result
}

private let boolUnaryOracles: [String: @Sendable (Bool) -> Bool] = ["not": { !$0 }]
private let boolBinaryOracles: [String: @Sendable (Bool, Bool) -> Bool] = [
  "and": { $0 && $1 }, "or": { $0 || $1 }, "xor": { $0 != $1 },
]
private let compareOracles: [String: @Sendable (Double, Double) -> Bool] = [
  "eq": { $0 == $1 }, "ne": { $0 != $1 }, "lt": { $0 < $1 }, "le": { $0 <= $1 }, "gt": { $0 > $1 },
  "ge": { $0 >= $1 },
]

// MARK: - Samples

private let specialValues: [Double] = [
  0, -0.0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, .infinity, -.infinity, .nan, 0x1p-149, -0x1p-149,
  0x1p-126,
  -0x1p-126, 0x1.fffffep127, -0x1.fffffep127, 88.7, -88.7, -103.9, 104, 1e6, 1e7, -1e7, 0.625, 2.25,
]

/// Numbers of every exponent and sign, special values, and many numbers of ordinary size.
private let floatSamples: [Float] = {
  var samples = stride(from: UInt32(0), through: UInt32.max - 10_007, by: 10_007)
    .map(Float.init(bitPattern:))
  samples += specialValues.map { Float($0) }
  var numbers = RandomGenerator(seed: 1)
  samples += numbers.floats(100_000, in: -12..<12)
  return samples
}()

// MARK: - Tests

/// Compares every element-wise loop with an oracle in `Double`.
///
/// An operation without an oracle fails its test.
struct ElementwiseKernelTests {
  @Test(arguments: KernelRow.unary)
  func float32FunctionsAreWithinTheirStatedError(row: KernelRow) throws {
    if boolUnaryOracles[row.name] != nil { return }
    let oracle = try #require(unaryOracles[row.name], "no oracle")
    let expected = floatSamples.map { oracle.value(Double($0)) }
    for kernels in Kernels.all {
      let function = try #require(kernels.unary(row, CK_F32))
      var y = [Float](repeating: 7, count: floatSamples.count)
      function(floatSamples, 1, &y, y.count)
      var failures = 0
      for (index, x) in floatSamples.enumerated() {
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

  /// Numbers of every exponent and sign, special values, and numbers of ordinary size.
  private static let doubleSamples: [Double] = {
    var numbers = RandomGenerator(seed: 2)
    let step = UInt64.max / 20_011
    return (0..<20_011).map { Double(bitPattern: $0 * step) } + specialValues
      + [.init(bitPattern: 0x7ff0_0000_0000_0001), 1e-300, 1e300, 0x1p-1074, -0x1p-1074]
      + [-745.5, -708.4, 709.8, 710.3, 26.5, -38.4]
      + [-800.0..<800, -30.0..<30, -1.0..<1].flatMap { numbers.doubles(3000, in: $0) }
  }()

  @Test(arguments: KernelRow.unary)
  func float64FunctionsAgreeWithTheCLibrary(row: KernelRow) throws {
    guard let oracle = unaryOracles[row.name] else { return }
    let x = Self.doubleSamples
    for kernels in Kernels.all {
      let function = try #require(kernels.unary(row, CK_F64))
      var y = [Double](repeating: 7, count: x.count)
      function(x, 1, &y, y.count)
      for index in x.indices {
        let expected = oracle.value(x[index])
        #expect(
          isClose(y[index], expected, ulps: oracle.wideUlps, floor: oracle.wideFloor)
            && (x[index] != 0 || expected != 0 || y[index].sign == expected.sign),
          "\(kernels) \(row.name)(\(x[index])) = \(y[index]), not \(expected)")
      }
    }
  }

  @Test(arguments: KernelRow.unary)
  func integerAndBoolFunctionsAreExact(row: KernelRow) throws {
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

  /// All pairs of special values, then ordinary numbers, small integers among them.
  private static let floatPairs: (a: [Float], b: [Float]) = {
    var (a, b): ([Float], [Float]) = ([], [])
    for first in specialValues {
      for second in specialValues {
        a.append(Float(first))
        b.append(Float(second))
      }
    }
    var numbers = RandomGenerator(seed: 3)
    for _ in 0..<20_000 {
      a.append(Float(numbers.uniform(in: -9..<9)))
      b.append(Float(numbers.uniform(in: -9..<9)))
      a.append(Float(numbers.integer(in: -9..<10)))
      b.append(Float(numbers.integer(in: -9..<10)))
    }
    return (a, b)
  }()

  @Test(arguments: KernelRow.binary)
  func binaryFloatFunctionsAreWithinTheirStatedError(row: KernelRow) throws {
    if boolBinaryOracles[row.name] != nil { return }
    let oracle = try #require(binaryOracles[row.name], "no oracle")
    let (a, b) = Self.floatPairs
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
        // If an intermediate result exceeds the range of float32, so may the final one.
        let overflows = floor > Double(Float.greatestFiniteMagnitude) || floor.isNaN
        if overflows && (row.name.hasSuffix("grad") || row.name == "huber") { continue }
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

  /// Pairs of numbers over all exponents whose power, angle and remainder are of ordinary size, and
  /// pairs of any size.
  private static func pairs(_ row: KernelRow, exponents: Int) -> (a: [Double], b: [Double]) {
    var numbers = RandomGenerator(seed: 4)
    var (a, b): ([Double], [Double]) = ([], [])
    for index in 0..<6000 {
      let size = numbers.uniform(in: -1..<1) * Double(exponents)
      let first = numbers.uniform(in: 1..<2) * exp2(size.rounded())
      var second = numbers.uniform(in: -3..<3) * exp2(numbers.uniform(in: -1..<1) * size)
      if row.name == "pow" {
        second = numbers.uniform(in: -1..<1) * Double(exponents) / (log2(first) + 0x1p-60)
        if index % 3 == 0 { second = Double(numbers.integer(in: -12..<13)) / 2 }
      }
      if row.name == "rem" { second = first / numbers.uniform(in: 0.1..<1e5) }
      a += [first, -first]
      b += [second, index % 2 == 0 ? second : second.rounded()]
    }
    return (a, b)
  }

  @Test(arguments: KernelRow.binary.filter { ["pow", "atan2", "rem"].contains($0.name) })
  func binaryFunctionsKeepTheirErrorOverAllExponents(row: KernelRow) throws {
    let oracle = try #require(binaryOracles[row.name])
    let isExact = row.name == "rem"
    for kernels in Kernels.all {
      let (a, b) = Self.pairs(row, exponents: 1000)
      var y = [Double](repeating: 7, count: a.count)
      let wide = try #require(kernels.binary(row, CK_F64))
      wide(a, 1, b, 1, &y, a.count)
      for i in a.indices {
        let expected = oracle.value(a[i], b[i])
        #expect(
          isClose(y[i], expected, ulps: isExact ? 0 : 3),
          "\(kernels) \(row.name)(\(a[i]), \(b[i])) = \(y[i]), not \(expected)")
      }
      let pairs = Self.pairs(row, exponents: 120)
      let (c, d) = (pairs.a.map(Float.init), pairs.b.map(Float.init))
      var z = [Float](repeating: 7, count: c.count)
      let narrow = try #require(kernels.binary(row, CK_F32))
      narrow(c, 1, d, 1, &z, c.count)
      for i in c.indices {
        let value = oracle.value(Double(c[i]), Double(d[i]))
        let expected = isExact ? Double(Float(value)) : value
        #expect(
          isClose(z[i], expected, ulps: isExact ? 0 : 2),
          "\(kernels) \(row.name)(\(c[i]), \(d[i])) = \(z[i]), not \(expected)")
      }
    }
  }

  /// A power by one number has the bits of the same power by a tensor, also where it is computed as
  /// a product.
  @Test func powersByOneNumberAreThoseByATensor() throws {
    let row = try #require(KernelRow.binary.first { $0.name == "pow" })
    let x = Self.doubleSamples.filter { !$0.isNaN }
    for kernels in Kernels.all {
      let (wide, narrow) = (kernels.binary(row, CK_F64), kernels.binary(row, CK_F32))
      for exponent in stride(from: -4, through: 5, by: 0.5) {
        var results = [[Double]](repeating: x, count: 2)
        var floats = [[Float]](repeating: x.map(Float.init), count: 2)
        for step in 0...1 {
          let exponents = [Double](repeating: exponent, count: x.count)
          wide?(x, 1, exponents, step, &results[step], x.count)
          narrow?(floats[step], 1, exponents.map(Float.init), step, &floats[step], x.count)
        }
        #expect(bytes(results[0]) == bytes(results[1]), "\(kernels), \(exponent)")
        #expect(bytes(floats[0]) == bytes(floats[1]), "\(kernels), \(exponent)")
        for (x, y) in zip(x, results[0]) {
          #expect(
            isClose(y, pow(x, exponent), ulps: 3), "\(kernels): pow(\(x), \(exponent)) = \(y)")
        }
      }
    }
  }

  @Test(arguments: KernelRow.binary)
  func binaryIntegerAndBoolFunctionsAreExact(row: KernelRow) throws {
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

  @Test(arguments: KernelRow.compare)
  func comparisonsAreExact(row: KernelRow) throws {
    let oracle = try #require(compareOracles[row.name], "no oracle")
    let values: [Double] = [0, -0.0, 1, -1, 2, .infinity, -.infinity, .nan]
    let a = values.flatMap { value in values.map { _ in value } }
    let b = values.flatMap { _ in values }
    let whole = [Int32.min, -1, 0, 1, 2, .max]
    let wholeA = whole.flatMap { value in whole.map { _ in value } }
    let wholeB = whole.flatMap { _ in whole }
    let (boolA, boolB): ([UInt8], [UInt8]) = ([0, 0, 1, 1], [0, 1, 0, 1])
    for kernels in Kernels.all {
      func check(
        _ dtype: ck_dtype, _ x: UnsafeRawPointer, _ y: UnsafeRawPointer, _ expected: [Bool]
      )
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

  @Test func conversionsBetweenAllElementTypesAreExact() throws {
    let values: [Double] = [
      0, -0.0, 1, -1, 0.5, -0.5, 1.9, -1.9, 2.5, 1e9, -1e9, 3e9, -3e9, 2147483647, -2147483648,
      2147483648, .infinity, -.infinity, .nan, 1e-40, 1e300, 16777217, 255, 256,
    ]
    let whole: [Int32] = [0, 1, -1, 255, 256, 16_777_217, .max, .min]
    func toInteger(_ x: Double) -> Int32 {
      x.isNaN ? 0 : x >= 2147483647 ? .max : x <= -2147483648 ? .min : Int32(x)
    }
    for kernels in Kernels.all {
      func convert<From: BitwiseCopyable, To: BitwiseCopyable>(
        _ x: [From], _ from: ck_dtype, _ to: ck_dtype, _ zero: To
      ) throws
        -> [To]
      {
        let function = try #require(ck_convert(kernels.table, from, to))
        // Repeated to fill vectors.
        let many = x + x + x
        var y = [To](repeating: zero, count: many.count)
        function(many, 1, &y, y.count)
        #expect(bytes(Array(y.prefix(x.count))) == bytes(Array(y.suffix(x.count))))
        return Array(y.prefix(x.count))
      }
      let floats = values.map(Float.init)
      let flags: [UInt8] = [0, 1]
      #expect(try bytes(convert(values, CK_F64, CK_F32, Float(7))) == bytes(floats))
      #expect(try bytes(convert(floats, CK_F32, CK_F64, 7.0)) == bytes(floats.map(Double.init)))
      #expect(try bytes(convert(values, CK_F64, CK_F64, 7.0)) == bytes(values))
      #expect(try bytes(convert(floats, CK_F32, CK_F32, Float(7))) == bytes(floats))
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
