import Foundation
import OpTable
import TestSupport
import Testing

/// What is known of an element-wise function over all exponents of its argument.
private struct Tail: Sendable {
  /// The derivative in `Double`, free of cancellation; `nil` for a function without one.
  let slope: (@Sendable (Double) -> Double)?
  /// The largest errors of float32 in units in the last place.
  let (ulps, slopeUlps): (Double, Double)
  /// The magnitudes at an argument below which the errors are those of the magnitudes: near a zero
  /// where terms cancel.
  let (floor, slopeFloor): (@Sendable (Double) -> Double, @Sendable (Double) -> Double)
  /// The reason for the floors or for more than four units, for the page about accuracy.
  let note: String

  init(
    ulps: Double = 4, slopeUlps: Double = 4,
    floor: @escaping @Sendable (Double) -> Double = { _ in 0 },
    slopeFloor: @escaping @Sendable (Double) -> Double = { _ in 0 },
    note: String = "", _ slope: (@Sendable (Double) -> Double)?
  ) {
    (self.ulps, self.slopeUlps, self.slope, self.note) = (ulps, slopeUlps, slope, note)
    (self.floor, self.slopeFloor) = (floor, slopeFloor)
  }

  static func linear(_ slope: Double) -> Tail { Tail { _ in slope } }
  /// A floor of a quarter around the zero of a slope, and one for the product of the argument and
  /// a subnormal number.
  static func around(_ zero: Double, _ width: Double = 0.5) -> @Sendable (Double) -> Double {
    { Swift.abs($0 - zero) < width ? 0.25 : subnormal($0) }
  }
  @Sendable static func subnormal(_ x: Double) -> Double { x < -80 ? 0x1p-119 : 0 }

  // Each list apart, which the compiler checks faster.
  static let all = [
    arithmetic, powers, exponentials, trigonometry, units, activations, smooth, special,
  ].reduce(into: [:]) { $0.merge($1) { first, _ in first } }
}

extension Tail {
  private static let arithmetic: [String: Tail] = [
    "negative": .linear(-1),
    "sum with a number": .linear(1), "sum of a number": .linear(1),
    "difference from a number": .linear(1), "difference of a number": .linear(-1),
    "product with a number": .linear(-1.5), "product of a number": .linear(-1.5),
    "quotient by a number": .linear(1 / 3), "quotient of a number": Tail { -3 / ($0 * $0) },
    "remainder by a number": .linear(1), "remainder by a negative number": .linear(1),
    "abs": Tail { $0 < 0 ? -1 : 1 }, "clamp": Tail { $0 > -0.5 && $0 < 1 ? 1 : 0 },
    "sign": Tail(nil), "floor": Tail(nil), "ceil": Tail(nil), "round": Tail(nil),
  ]

  private static let powers: [String: Tail] = [
    "power -1.0": Tail { -1 / ($0 * $0) }, "power 0.0": .linear(0),
    "power 0.5": Tail { 0.5 / $0.squareRoot() }, "power 1.0": .linear(1),
    "power 2.0": Tail { 2 * $0 }, "power 2.5": Tail { 2.5 * pow($0, 1.5) },
    "power 3.0": Tail { 3 * $0 * $0 }, "square": Tail { 2 * $0 },
    "power of 0.5": Tail { log(0.5) * pow(0.5, $0) },
    "power of 2.0": Tail { log(2) * pow(2, $0) },
    "power of 10.0": Tail { log(10) * pow(10, $0) },
    "sqrt": Tail { 0.5 / $0.squareRoot() },
    "rsqrt": Tail(slopeUlps: 6, note: "y³ has three times the error of y") {
      -0.5 * pow($0, -1.5)
    },
  ]

  private static let exponentials: [String: Tail] = [
    "exp": Tail { exp($0) }, "expm1": Tail { exp($0) }, "exp2": Tail { exp2($0) * log(2) },
    "log": Tail { 1 / $0 }, "log1p": Tail { 1 / (1 + $0) }, "log2": Tail { 1 / ($0 * log(2)) },
    "log10": Tail { 1 / ($0 * log(10)) },
    "erf": Tail { 2 / Double.pi.squareRoot() * exp(-$0 * $0) },
  ]

  private static let trigonometry: [String: Tail] = [
    "sin": Tail { cos($0) }, "cos": Tail { -sin($0) }, "tan": Tail { 1 / (cos($0) * cos($0)) },
    "asin": Tail { 1 / ((1 - $0) * (1 + $0)).squareRoot() },
    "acos": Tail { -1 / ((1 - $0) * (1 + $0)).squareRoot() },
    "atan": Tail(
      slopeFloor: { Swift.abs($0) > 0x1p60 ? 0x1p-107 : 0 },
      note: "x² overflows where the slope is subnormal"
    ) { 1 / (1 + $0 * $0) },
    "sinh": Tail { cosh($0) }, "cosh": Tail { sinh($0) },
    "asinh": Tail { 1 / hypot(1, $0) },
    "acosh": Tail { 1 / (($0 - 1).squareRoot() * ($0 + 1).squareRoot()) },
    "atanh": Tail { 1 / ((1 - $0) * (1 + $0)) },
  ]

  private static let cancels = "the slope's two terms cancel near its zero"

  private static let units: [String: Tail] = [
    "relu": Tail { $0 > 0 ? 1 : 0 }, "leakyRelu 0.01": Tail { $0 > 0 ? 1 : 0.01 },
    "leakyRelu 0.3": Tail { $0 > 0 ? 1 : 0.3 }, "elu 1.0": Tail { $0 > 0 ? 1 : exp($0) },
    "elu 0.7": Tail { $0 > 0 ? 1 : 0.7 * exp($0) },
    "selu": Tail { 1.0507009873554805 * ($0 > 0 ? 1 : 1.6732632423543772 * exp($0)) },
    "celu 1.0": Tail { $0 > 0 ? 1 : exp($0) },
    "celu 0.75": Tail(slopeUlps: 80, note: "the rounding of x/α is multiplied by its size") {
      $0 > 0 ? 1 : exp($0 / 0.75)
    },
    "softsign": Tail { 1 / ((1 + Swift.abs($0)) * (1 + Swift.abs($0))) },
  ]

  private static let activations: [String: Tail] = [
    "tanh": Tail(slopeFloor: { _ in 1 }, note: "the slope is computed from y, rounded near ±1") {
      1 / (cosh($0) * cosh($0))
    },
    "sigmoid": Tail(
      slopeFloor: { $0 > 0 ? 1 : 0 }, note: "the slope is computed from y, rounded near 1"
    ) { sigmoid($0) * sigmoid(-$0) },
    "softplus": Tail { sigmoid($0) }, "logSigmoid": Tail { sigmoid(-$0) },
    "hardSigmoid": Tail(floor: { $0 < 0 ? 0.5 : 0 }, note: "x/6 and ½ cancel near −3") {
      $0 > -3 && $0 < 3 ? 1.0 / 6 : 0
    },
    "hardSwish": Tail(
      floor: { $0 < -2 ? 1 : 0 }, slopeFloor: { $0 < 0 ? 0.5 : 0 },
      note: "x/6 and ½ cancel near −3, and the slope's terms near −1.5"
    ) { $0 <= -3 ? 0 : $0 >= 3 ? 1 : $0 / 3 + 0.5 },
  ]

  private static let smooth: [String: Tail] = [
    "silu": Tail(
      slopeUlps: 6, floor: Tail.subnormal, slopeFloor: Tail.around(-1.278), note: cancels
    ) {
      sigmoid($0) * (1 + $0 * sigmoid(-$0))
    },
    "gelu": Tail(
      slopeUlps: 8, slopeFloor: { $0 < -12 ? 0x1p-122 : Tail.around(-1, 2.25)($0) }, note: cancels
    ) { x in
      let density = exp(-x * x / 2) / (2 * Double.pi).squareRoot()
      return 0.5 * erfc(-x * 0.5.squareRoot()) + x * density
    },
    "geluTanh": Tail(
      ulps: 210, slopeUlps: 210, floor: { $0 < -8 ? 0x1p-119 : 0 },
      slopeFloor: { $0 < -8 ? 0x1p-119 : Tail.around(-0.753)($0) },
      note: "the rounding of the argument of the sigmoid is multiplied by its size; \(cancels)"
    ) { x in
      let twice = (8 / Double.pi).squareRoot()
      let u = twice * (x + 0.044715 * x * x * x)
      return sigmoid(u) * (1 + x * sigmoid(-u) * twice * (1 + 3 * 0.044715 * x * x))
    },
    "mish": Tail(
      ulps: 6, slopeUlps: 8, floor: Tail.subnormal,
      slopeFloor: { $0 > 0 ? 1 : Tail.around(-1.192)($0) },
      note: "\(cancels), and a tanh near 1 is rounded"
    ) { x in
      let soft = x > 40 ? x : log1p(exp(x))
      return tanh(soft) + x * sigmoid(x) / (cosh(soft) * cosh(soft))
    },
  ]
}

extension Tail {
  /// Of an order from 0 on, by the recurrence and Stirling's series.
  @Sendable private static func polygamma(_ order: Int, _ x: Double) -> Double {
    var (sum, y) = (0.0, x)
    let n = Double(order)
    let factorial = (1...Swift.max(order, 1)).reduce(1.0) { $0 * Double($1) }
    let sign = order % 2 == 0 ? -1.0 : 1.0
    while y < 200 {
      sum += sign * factorial / pow(y, n + 1)
      y += 1
    }
    if order == 0 {
      return sum + log(y) - 1 / (2 * y) - 1 / (12 * pow(y, 2)) + 1 / (120 * pow(y, 4))
    }
    let first = 1 / (n * pow(y, n)) + 1 / (2 * pow(y, n + 1))
    let second = (n + 1) / (12 * pow(y, n + 2))
    let third = (n + 1) * (n + 2) * (n + 3) / (720 * pow(y, n + 4))
    return sum + sign * factorial * (first + second - third)
  }

  /// A floor where the functions have zeros, left of 0 and from 0.9 to 2.1.
  @Sendable private static func aroundZeros(_ x: Double) -> Double {
    x < 0 || (0.9...2.1).contains(x) ? 0.25 : 0
  }
  private static let zeros = "the reference cancels near the zeros"

  private static let special: [String: Tail] = [
    "logGamma": Tail(floor: aroundZeros, slopeFloor: aroundZeros, note: zeros) {
      polygamma(0, $0)
    },
    "digamma": Tail(floor: aroundZeros, note: zeros) { polygamma(1, $0) },
    "digamma below 0": Tail(floor: aroundZeros, note: zeros) { polygamma(1, $0) },
    "polygamma": Tail(floor: aroundZeros, note: zeros) { polygamma(3, $0) },
    "inverseErf": Tail(slopeUlps: 12, note: "the slope is computed from y, rounded near ±1") {
      inverseErfSlope($0)
    },
  ]

  @Sendable private static func inverseErfSlope(_ x: Double) -> Double {
    let y =
      OpCase.specialFunctions.first { $0.name == "inverseErf" }?
      .reference([PlainArray(shape: [1], values: [x])]).values[0] ?? .nan
    return Double.pi.squareRoot() / 2 * exp(y * y)
  }
}

@Sendable private func sigmoid(_ x: Double) -> Double {
  let e = exp(-Swift.abs(x))
  return (x < 0 ? e : 1) / (1 + e)
}

/// Values and slopes of element-wise functions over all exponents: in the tails and near zeros.
struct TailTests {
  /// Operations beside numbers of other types are those beside a `Double`; of their table, powers of
  /// a number are functions of their own.
  private static let rows = OpCase.all.filter {
    $0.isUnary && $0.resultType == nil
      && (!forwarding.contains($0.name) || Tail.all[$0.name] != nil)
  }
  private static let forwarding = Set(OpCase.numbers.map(\.name))

  /// ±2ᵏ for k from −140 to 120 with their neighbors, numbers that close in on ±1, and numbers of
  /// ordinary size.
  private static let points: [Double] = {
    var points = [Float]()
    for exponent in -140...120 {
      let power = Float(sign: .plus, exponent: exponent, significand: 1)
      for x in [power.nextDown, power, power.nextUp] { points += [x, -x] }
    }
    for exponent in -24 ... -2 {
      let rest = Float(sign: .plus, exponent: exponent, significand: 1)
      points += [1 - rest, rest - 1, 1 + rest, -1 - rest]
    }
    var generator = RandomGenerator(seed: 5)
    for range in [-1.0..<1, -12.0..<12, -110.0..<110] {
      for _ in 0..<600 { points.append(Float(generator.uniform(in: range))) }
    }
    return points.map(Double.init)
  }()

  @Test func everyElementwiseFunctionIsListed() {
    let names = Self.rows.map(\.name)
    #expect(names.count > 40)
    let missing = names.filter { Tail.all[$0] == nil }
    #expect(missing.isEmpty, "functions without known tails: \(missing)")
    let unknown = Set(Tail.all.keys).subtracting(names)
    #expect(unknown.isEmpty, "tails of functions that do not exist: \(unknown)")
  }

  @Test(arguments: rows)
  func valuesAndSlopesAreAccurate(_ op: OpCase) {
    guard let tail = Tail.all[op.name] else { return }
    let sweep = Sweep(op, tail, Self.points)
    for error in sweep.errors(in: .float32) { error.check() }
    if let slope = tail.slope, op.isDifferentiable {
      for gradient in Sweep.gradients(of: op, at: sweep.tensor) {
        let error = sweep.error(
          gradient, sweep.x.map(slope), bound: 1e5, tail.slopeFloor, "\(op.name)′ in float64")
        error.check()
      }
    }
  }

  /// The table of docs/accuracy.md, which this test writes with ADJOINT_WRITE_ACCURACY=1 in the
  /// environment.
  @Test func thePageAboutAccuracyListsEveryFunction() throws {
    let page = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../../docs/accuracy.md").standardizedFileURL
    var parts = try String(contentsOf: page, encoding: .utf8)
      .components(separatedBy: "<!-- table -->\n")
    try #require(parts.count == 3)
    let listed = parts[1].split(separator: "\n").dropFirst(2).map {
      $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
    }
    if ProcessInfo.processInfo.environment["ADJOINT_WRITE_ACCURACY"] != nil {
      parts[1] = "| function | value | slope | |\n|---|---|---|---|\n"
      for op in Self.rows {
        guard let tail = Tail.all[op.name] else { continue }
        let errors = Sweep(op, tail, Self.points).errors(in: .float32)
        func worst(_ isSlope: Bool) -> String {
          let ulps = errors.filter { $0.isSlope == isSlope }.map(\.ulps).max()
          return ulps.map { String(format: "%.1f", $0) } ?? ""
        }
        parts[1] += "| \(op.name) | \(worst(false)) | \(worst(true)) | \(tail.note) |\n"
      }
      try parts.joined(separator: "<!-- table -->\n").write(
        to: page, atomically: true, encoding: .utf8)
    } else {
      #expect(listed.map { $0[0] } == Self.rows.map(\.name))
      for (op, line) in zip(Self.rows, listed) {
        let note = Tail.all[op.name]?.note ?? ""
        #expect((line.count > 3 ? line[3] : "") == note, "\(op.name)")
      }
    }
  }
}

/// The errors of one function over all points.
private struct Sweep {
  let op: OpCase
  let tail: Tail
  let x: [Double]
  let y: [Double]

  /// Arguments outside the domain, and results beyond the range, are those of other tests.
  init(_ op: OpCase, _ tail: Tail, _ points: [Double]) {
    let values = op.reference([PlainArray(shape: [points.count], values: points)]).values
    let chosen = points.indices.filter {
      values[$0].isFinite && Swift.abs(values[$0]) < Double(Float.greatestFiniteMagnitude)
    }
    (self.op, self.tail) = (op, tail)
    (x, y) = (chosen.map { points[$0] }, chosen.map { values[$0] })
  }

  var tensor: Tensor { Tensor(x, shape: [x.count]) }

  /// The errors of values and slopes on each instruction set.
  func errors(in dtype: DType) -> [TailError] {
    let converted = tensor.converted(to: dtype)
    return InstructionSet.available.flatMap { set in
      withInstructionSet(set) {
        var errors = [
          error(op.apply([converted]), y, bound: tail.ulps, tail.floor, "\(op.name), \(set)")
        ]
        if let slope = tail.slope, op.isDifferentiable {
          let slopes = x.map(slope)
          for gradient in Self.gradients(of: op, at: converted) {
            var error = error(
              gradient, slopes, bound: tail.slopeUlps, tail.slopeFloor, "\(op.name)′, \(set)")
            error.isSlope = true
            errors.append(error)
          }
        }
        return errors
      }
    }
  }

  /// The derivative at each element, in the outermost gradient scope and in a nested one, which
  /// computes it by operations that are recorded.
  static func gradients(of op: OpCase, at x: Tensor) -> [Tensor] {
    let outermost = valueWithGradients(at: [x]) { op.apply([$0[0]]).sum() }.gradients[0]
    var nested = x
    _ = valueWithGradients(at: [x]) { inputs in
      nested = valueWithGradients(at: [inputs[0]]) { op.apply([$0[0]]).sum() }.gradients[0]
      return nested.sum() + inputs[0].sum()
    }
    return [outermost, nested.detached]
  }

  /// The largest error, in units in the last place of the greater of the expected magnitude and a
  /// floor.
  func error(
    _ actual: Tensor, _ expected: [Double], bound: Double, _ floor: (Double) -> Double,
    _ text: String
  ) -> TailError {
    let isFloat = actual.dtype == .float32
    let least = isFloat ? Double(Float.leastNormalMagnitude) : 1e-290
    // A result that is nearly out of range may be rounded out of it.
    let greatest =
      (isFloat ? Double(Float.greatestFiniteMagnitude) : .greatestFiniteMagnitude) * 0.999
    let values = actual.contiguous.scalars(as: Double.self)
    var worst = TailError(text: text, bound: bound)
    for (i, e) in expected.enumerated() where e.isFinite && Swift.abs(e) < greatest {
      let size = Swift.max(Swift.abs(e), floor(x[i]), least)
      let unit = isFloat ? Double(Float(size).ulp) : size.ulp
      let ulps = Swift.abs(values[i] - e) / unit
      // Written so that NaN is the worst.
      if !(ulps <= worst.ulps) {
        worst.ulps = ulps.isNaN ? .infinity : ulps
        (worst.x, worst.actual, worst.expected) = (x[i], values[i], e)
      }
    }
    return worst
  }
}

/// The largest error of a function, and where it is.
private struct TailError {
  let text: String
  let bound: Double
  var isSlope = false
  var ulps = 0.0
  var x = 0.0
  var actual = 0.0
  var expected = 0.0

  func check() {
    #expect(
      ulps <= bound, "\(text)(\(x)) = \(actual), not \(expected): \(ulps) units in the last place")
  }
}
