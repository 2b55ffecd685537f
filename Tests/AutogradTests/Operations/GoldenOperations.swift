import TestSupport

/// An operation of the golden rows, as a function of the inputs and the arguments of a row.
typealias GoldenOperation = @Sendable (_ x: [Tensor], _ arguments: JSON) throws -> Tensor

/// The operations of the rows of `Tests/Fixtures/ops-*.json`, by name.
enum GoldenOperations {
  static let all: [String: GoldenOperation] = [
    arithmetic, comparisons, functions, activations, reductions, orders, products, movements,
    picks, windows, fused,
  ].reduce(into: [:]) { all, part in all.merge(part) { first, _ in first } }

  private static let arithmetic: [String: GoldenOperation] = [
    "add": { x, a in
      try withNumbers(x, a, both: { $0 + $1 }, right: { $0 + $1 }, left: { $0 + $1 })
    },
    "subtract": { x, a in
      try withNumbers(x, a, both: { $0 - $1 }, right: { $0 - $1 }, left: { $0 - $1 })
    },
    "multiply": { x, a in
      try withNumbers(x, a, both: { $0 * $1 }, right: { $0 * $1 }, left: { $0 * $1 })
    },
    "divide": { x, a in
      try withNumbers(x, a, both: { $0 / $1 }, right: { $0 / $1 }, left: { $0 / $1 })
    },
    "remainder": { x, a in try withNumber(x, a, both: { $0 % $1 }, right: { $0 % $1 }) },
    "power": { x, a in
      if let exponent = try a.number("exponent") { return pow(x[0], exponent) }
      return pow(x[0], x[1])
    },
    "square": { x, _ in square(x[0]) },
    "negate": { x, _ in -x[0] },
    "abs": { x, _ in abs(x[0]) },
    "sign": { x, _ in sign(x[0]) },
    "floor": { x, _ in floor(x[0]) },
    "ceil": { x, _ in ceil(x[0]) },
    "round": { x, _ in round(x[0]) },
    "maximum": { x, _ in maximum(x[0], x[1]) },
    "minimum": { x, _ in minimum(x[0], x[1]) },
    "lerp": { x, a in
      if let t = try a.number("t") { return lerp(x[0], x[1], t) }
      return lerp(x[0], x[1], x[2])
    },
    "clamp": { x, a in try clamp(x[0], from: a["from"].number, to: a["to"].number) },
    "converted": { x, a in try x[0].converted(to: a["dtype"].dtype) },
  ]

  private static let comparisons: [String: GoldenOperation] = [
    "equal": { x, a in try withNumber(x, a, both: { $0 .== $1 }, right: { $0 .== $1 }) },
    "notEqual": { x, a in try withNumber(x, a, both: { $0 .!= $1 }, right: { $0 .!= $1 }) },
    "less": { x, a in try withNumber(x, a, both: { $0 .< $1 }, right: { $0 .< $1 }) },
    "lessEqual": { x, a in try withNumber(x, a, both: { $0 .<= $1 }, right: { $0 .<= $1 }) },
    "greater": { x, a in try withNumber(x, a, both: { $0 .> $1 }, right: { $0 .> $1 }) },
    "greaterEqual": { x, a in try withNumber(x, a, both: { $0 .>= $1 }, right: { $0 .>= $1 }) },
    "and": { x, _ in x[0] .& x[1] },
    "or": { x, _ in x[0] .| x[1] },
    "exclusiveOr": { x, _ in x[0] .^ x[1] },
    "not": { x, _ in .!x[0] },
    "finiteElements": { x, _ in x[0].finiteElements },
    "isFinite": { x, _ in Tensor([x[0].isFinite], shape: []) },
    "select": { x, _ in select(x[0], x[1], x[2]) },
  ]

  private static let functions: [String: GoldenOperation] = [
    "exp": { x, _ in exp(x[0]) },
    "exp2": { x, _ in exp2(x[0]) },
    "expm1": { x, _ in expm1(x[0]) },
    "log": { x, _ in log(x[0]) },
    "log2": { x, _ in log2(x[0]) },
    "log10": { x, _ in log10(x[0]) },
    "log1p": { x, _ in log1p(x[0]) },
    "sqrt": { x, _ in sqrt(x[0]) },
    "rsqrt": { x, _ in rsqrt(x[0]) },
    "erf": { x, _ in erf(x[0]) },
    "sin": { x, _ in sin(x[0]) },
    "cos": { x, _ in cos(x[0]) },
    "tan": { x, _ in tan(x[0]) },
    "asin": { x, _ in asin(x[0]) },
    "acos": { x, _ in acos(x[0]) },
    "atan": { x, _ in atan(x[0]) },
    "atan2": { x, _ in atan2(x[0], x[1]) },
    "sinh": { x, _ in sinh(x[0]) },
    "asinh": { x, _ in asinh(x[0]) },
    "acosh": { x, _ in acosh(x[0]) },
    "atanh": { x, _ in atanh(x[0]) },
    "cosh": { x, _ in cosh(x[0]) },
    "tanh": { x, _ in tanh(x[0]) },
  ]

  private static let activations: [String: GoldenOperation] = [
    "sigmoid": { x, _ in sigmoid(x[0]) },
    "relu": { x, _ in relu(x[0]) },
    "leakyRelu": { x, a in try leakyRelu(x[0], slope: a["slope"].number) },
    "elu": { x, a in try elu(x[0], alpha: a["alpha"].number) },
    "selu": { x, _ in selu(x[0]) },
    "celu": { x, a in try celu(x[0], alpha: a["alpha"].number) },
    "silu": { x, _ in silu(x[0]) },
    "gelu": { x, _ in gelu(x[0]) },
    "geluTanh": { x, _ in geluTanh(x[0]) },
    "softplus": { x, _ in softplus(x[0]) },
    "logSigmoid": { x, _ in logSigmoid(x[0]) },
    "mish": { x, _ in mish(x[0]) },
    "hardSigmoid": { x, _ in hardSigmoid(x[0]) },
    "hardSwish": { x, _ in hardSwish(x[0]) },
    "softsign": { x, _ in softsign(x[0]) },
    "glu": { x, a in try glu(x[0], along: a.axis) },
    "softmax": { x, a in try softmax(x[0], along: a.axis) },
    "logSoftmax": { x, a in try logSoftmax(x[0], along: a.axis) },
  ]

  private static let reductions: [String: GoldenOperation] = [
    "sum": { x, a in
      guard let axes = try a.axes else { return x[0].sum() }
      return try x[0].sum(along: axes, keepingAxes: a.keepingAxes)
    },
    "mean": { x, a in
      guard let axes = try a.axes else { return x[0].mean() }
      return try x[0].mean(along: axes, keepingAxes: a.keepingAxes)
    },
    "product": { x, a in
      guard let axes = try a.axes else { return x[0].product() }
      return try x[0].product(along: axes, keepingAxes: a.keepingAxes)
    },
    "max": { x, a in
      guard let axes = try a.axes else { return x[0].max() }
      return try x[0].max(along: axes, keepingAxes: a.keepingAxes)
    },
    "min": { x, a in
      guard let axes = try a.axes else { return x[0].min() }
      return try x[0].min(along: axes, keepingAxes: a.keepingAxes)
    },
    "logSumExp": { x, a in
      guard let axes = try a.axes else { return x[0].logSumExp() }
      return try x[0].logSumExp(along: axes, keepingAxes: a.keepingAxes)
    },
    "variance": { x, a in
      let correction = try a.number("correction") ?? 1
      guard let axes = try a.axes else { return x[0].variance(correction: correction) }
      return try x[0].variance(along: axes, correction: correction, keepingAxes: a.keepingAxes)
    },
    "standardDeviation": { x, a in
      let correction = try a.number("correction") ?? 1
      guard let axes = try a.axes else { return x[0].standardDeviation(correction: correction) }
      return try x[0].standardDeviation(
        along: axes, correction: correction, keepingAxes: a.keepingAxes)
    },
    "norm": { x, a in
      let kind: Tensor.Norm =
        switch try a["kind"].text {
        case "one": .one
        case "two": .two
        default: .infinity
        }
      guard let axes = try a.axes else { return x[0].norm(kind) }
      return try x[0].norm(kind, along: axes, keepingAxes: a.keepingAxes)
    },
    "any": { x, a in
      guard let axes = try a.axes else { return x[0].any() }
      return try x[0].any(along: axes, keepingAxes: a.keepingAxes)
    },
    "all": { x, a in
      guard let axes = try a.axes else { return x[0].all() }
      return try x[0].all(along: axes, keepingAxes: a.keepingAxes)
    },
  ]

  private static let orders: [String: GoldenOperation] = [
    "argmax": { x, a in try x[0].argmax(along: a.axis, keepingAxes: a.keepingAxes) },
    "argmin": { x, a in try x[0].argmin(along: a.axis, keepingAxes: a.keepingAxes) },
    "cumulativeSum": { x, a in try x[0].cumulativeSum(along: a.axis) },
    "cumulativeProduct": { x, a in try x[0].cumulativeProduct(along: a.axis) },
    "sorted": { x, a in try x[0].sorted(along: a.axis, descending: a["descending"].truth) },
    "argsort": { x, a in try x[0].argsort(along: a.axis, descending: a["descending"].truth) },
    "topK": { x, a in
      let (values, indices) = try x[0].topK(a["count"].integer, along: a.axis)
      return try a["part"].integer == 0 ? values : indices
    },
  ]

  private static let products: [String: GoldenOperation] = [
    "matmul": { x, _ in matmul(x[0], x[1]) },
    "linear": { x, _ in x.count == 3 ? linear(x[0], x[1], x[2]) : linear(x[0], x[1]) },
    "dot": { x, _ in dot(x[0], x[1]) },
    "outer": { x, _ in outer(x[0], x[1]) },
    "trace": { x, _ in x[0].trace() },
    "einsum": { x, a in
      let formula = try a["formula"].text
      switch x.count {
      case 1: return einsum(formula, x[0])
      case 2: return einsum(formula, x[0], x[1])
      default: return einsum(formula, x[0], x[1], x[2])
      }
    },
  ]
}

// MARK: - Arguments

/// An operation of two tensors, or of a tensor and the number `right` or `left`.
private func withNumbers(
  _ x: [Tensor], _ arguments: JSON, both: (Tensor, Tensor) -> Tensor,
  right: (Tensor, Double) -> Tensor, left: (Double, Tensor) -> Tensor
) throws -> Tensor {
  if let number = try arguments.number("left") { return left(number, x[0]) }
  return try withNumber(x, arguments, both: both, right: right)
}

/// An operation of two tensors, or of a tensor and the number `right`.
private func withNumber(
  _ x: [Tensor], _ arguments: JSON, both: (Tensor, Tensor) -> Tensor,
  right: (Tensor, Double) -> Tensor
) throws -> Tensor {
  if let number = try arguments.number("right") { return right(x[0], number) }
  return both(x[0], x[1])
}

extension JSON {
  /// A number, or `nil` if it is left out.
  func number(_ key: String) throws -> Double? {
    self[key] == .null ? nil : try self[key].number
  }

  /// A list of integers, such as the sizes of a shape, or `nil` if it is left out.
  func integers(_ key: String) throws -> [Int]? {
    self[key] == .null ? nil : try self[key].integers
  }

  var axis: Int { get throws { try self["axis"].integer } }
  var axes: [Int]? { get throws { try integers("axes") } }

  /// Whether reduced axes are kept; false if it is left out.
  var keepingAxes: Bool {
    get throws { self["keepingAxes"] == .null ? false : try self["keepingAxes"].truth }
  }

  var dtype: DType {
    get throws {
      let name = try text
      guard let dtype = [DType.float32, .float64, .int32, .bool].first(where: { "\($0)" == name })
      else { throw FixtureError(description: "no dtype: \(name)") }
      return dtype
    }
  }
}
