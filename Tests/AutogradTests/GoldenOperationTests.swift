import TestSupport
import Testing

/// The operations against PyTorch's values and gradients in float64, with kinks, ties and special values.
struct GoldenOperationTests {
  /// A case of `ops.json`.
  struct Case: Sendable, CustomTestStringConvertible {
    let json: JSON
    let index: Int

    var testDescription: String {
      let name = (try? json["op"].text) ?? "?"
      let kind = (try? json["case"].text) ?? "?"
      let shapes = (try? json["inputs"].list.map { try $0["shape"].integers }) ?? []
      return "\(name), \(kind), \(shapes), case \(index)"
    }

    /// All but those of the approximate GELU, which the library does not have.
    static let all: [Case] = {
      let cases = (try? JSON.fixture("ops.json")["cases"].list) ?? []
      return cases.enumerated().map { Case(json: $1, index: $0) }
        .filter { $0.json["arguments"]["approximation"] == .null }
    }()
  }

  @Test func theCasesWereRead() { #expect(Case.all.count > 200) }

  @Test(arguments: Case.all)
  func agreesWithPyTorch(_ test: Case) throws {
    let json = test.json
    let inputs = try json["inputs"].list.map { try $0.tensor }
    guard let function = try Self.function(json["op"].text, json["arguments"]) else {
      Issue.record("no operation for this case")
      return
    }
    let output = function(inputs)
    let expected = try json["output"].tensor
    expectClose(
      output, expected, relative: 1e-14, absolute: try Self.absolute(json), nanEqual: true, "value")
    if json["cotangent"] == .null { return }
    let cotangent = Tensor(try json["cotangent"].numbers, shape: output.shape)
    let floating = inputs.indices.filter { inputs[$0].dtype.isFloatingPoint }
    let gradients = valueWithGradients(at: floating.map { inputs[$0] }) { leaves in
      var arguments = inputs
      for (place, leaf) in zip(floating, leaves) { arguments[place] = leaf }
      // A product with the cotangent would turn an infinite value into a NaN.
      return record("weighted", function(arguments)) {
        $0.sum()
      } pullback: { _, _ in
        cotangent
      }
    }.gradients
    for (place, gradient) in zip(floating, gradients) {
      var numbers = try json["gradients"].list[place].numbers
      if try json["op"].text == "clamp" {
        // A bound that is not given is infinite here, and an infinite element is at it, not inside.
        for (i, x) in inputs[place].scalars(as: Double.self).enumerated() where x.isInfinite {
          numbers[i] = 0
        }
      }
      let expected = Tensor(numbers, shape: inputs[place].shape)
      expectClose(
        gradient, expected, relative: 1e-13, absolute: try Self.absolute(json), nanEqual: true,
        "gradient of input \(place)")
    }
  }

  /// What is allowed beside a relative error.
  private static func absolute(_ json: JSON) throws -> Double {
    // Sums of numbers of ordinary size may cancel.
    if try json["case"].text != "special" { return 1e-14 }
    switch try json["op"].text {
    // PyTorch computes Φ(x) as (1 + erf(x/√2))/2, which is 0 for x = −30; here it keeps its digits.
    case "gelu": return 1e-15
    // The slope eˣ is computed from y = eˣ − 1, which has lost it for x = −40.
    case "elu": return 1e-16
    default: return 0
    }
  }

  /// The operation that a case is of.
  private static func function(_ name: String, _ arguments: JSON) throws -> (([Tensor]) -> Tensor)?
  {
    let axes = { try arguments["axes"].integers }
    switch name {
    case "add": return { $0[0] + $0[1] }
    case "subtract": return { $0[0] - $0[1] }
    case "multiply": return { $0[0] * $0[1] }
    case "divide": return { $0[0] / $0[1] }
    case "maximum": return { maximum($0[0], $0[1]) }
    case "minimum": return { minimum($0[0], $0[1]) }
    case "equal": return { $0[0] .== $0[1] }
    case "notEqual": return { $0[0] .!= $0[1] }
    case "less": return { $0[0] .< $0[1] }
    case "lessEqual": return { $0[0] .<= $0[1] }
    case "greater": return { $0[0] .> $0[1] }
    case "greaterEqual": return { $0[0] .>= $0[1] }
    case "power":
      if arguments["exponent"] == .null { return { pow($0[0], $0[1]) } }
      let exponent = try arguments["exponent"].number
      return { pow($0[0], exponent) }
    case "negate": return { -$0[0] }
    case "exp": return { exp($0[0]) }
    case "expm1": return { expm1($0[0]) }
    case "log": return { log($0[0]) }
    case "log1p": return { log1p($0[0]) }
    case "sqrt": return { sqrt($0[0]) }
    case "rsqrt": return { rsqrt($0[0]) }
    case "abs": return { abs($0[0]) }
    case "sin": return { sin($0[0]) }
    case "cos": return { cos($0[0]) }
    case "tanh": return { tanh($0[0]) }
    case "sigmoid": return { sigmoid($0[0]) }
    case "erf": return { erf($0[0]) }
    case "relu": return { relu($0[0]) }
    case "silu": return { silu($0[0]) }
    case "gelu":
      return { gelu($0[0]) }
    case "softplus": return { softplus($0[0]) }
    case "leakyRelu":
      let slope = try arguments["slope"].number
      return { leakyRelu($0[0], slope: slope) }
    case "elu":
      let alpha = try arguments["alpha"].number
      return { elu($0[0], alpha: alpha) }
    case "clamp":
      let lower = arguments["minimum"] == .null ? -.infinity : try arguments["minimum"].number
      let upper = arguments["maximum"] == .null ? .infinity : try arguments["maximum"].number
      return { clamp($0[0], from: lower, to: upper) }
    case "where": return { select($0[0], $0[1], $0[2]) }
    case "sum", "mean", "max", "min", "variance":
      return try reduction(name, axes(), arguments)
    case "softmax":
      let axis = try arguments["axis"].integer
      return { softmax($0[0], along: axis) }
    case "logSoftmax":
      let axis = try arguments["axis"].integer
      return { logSoftmax($0[0], along: axis) }
    case "matmul": return { matmul($0[0], $0[1]) }
    case "gather":
      let axis = try arguments["axis"].integer
      return { $0[0].gathered(at: $0[1], along: axis) }
    case "concatenate":
      let axis = try arguments["axis"].integer
      return { concatenated($0, along: axis) }
    case "stack":
      let axis = try arguments["axis"].integer
      return { stacked($0, along: axis) }
    case "transpose":
      let axes = try axes()
      return { $0[0].transposed(axes[0], axes[1]) }
    case "permute":
      let axes = try axes()
      return { $0[0].permuted(axes) }
    case "reshape":
      let shape = Shape(try arguments["shape"].integers)
      return { $0[0].reshaped(to: shape) }
    case "broadcast":
      let shape = Shape(try arguments["shape"].integers)
      return { $0[0].broadcast(to: shape) }
    case "slice":
      let ranges = try arguments["ranges"].list.map { range in
        let bounds = try range.integers
        return TensorIndex.range(start: bounds[0], end: bounds[1])
      }
      return { $0[0][ranges] }
    default: return nil
    }
  }

  private static func reduction(
    _ name: String, _ axes: [Int], _ arguments: JSON
  ) throws -> ([Tensor]) -> Tensor {
    let keeps = try arguments["keepDimensions"].truth
    switch name {
    case "sum": return { $0[0].sum(along: axes, keepingAxes: keeps) }
    case "mean": return { $0[0].mean(along: axes, keepingAxes: keeps) }
    case "max": return { $0[0].max(along: axes, keepingAxes: keeps) }
    case "min": return { $0[0].min(along: axes, keepingAxes: keeps) }
    default:
      let correction = try arguments["correction"].number
      return { $0[0].variance(along: axes, correction: correction, keepingAxes: keeps) }
    }
  }
}
