import Autograd
import Tensor

/// How each operation is written in ONNX: the table that an export goes through.
///
/// An operation that is not in it is replaced by the operations that it is made of; if there are
/// none, the export fails and names it.
enum ONNXOperations {
  /// Writes an operation and returns the names of its values.
  typealias Rule = @Sendable (ONNXCall) throws(ONNXFailure) -> [String]

  /// The rules by the name of the operation.
  static let rules: [String: Rule] = [
    arithmetic, comparisons, functions, selections, shapes, indexing, reductions, orders, products,
    windows, normalizations, attention,
  ].reduce(into: [:]) { $0.merge($1) { first, _ in first } }

  /// Operations of which the number of elements depends on values in a way that no operator of ONNX
  /// has; their parts would have the sizes of the example.
  static let withoutCounterpart: Set<String> = ["binCounts", "logAbsDeterminant"]

  /// The rule of a function of one tensor that is one operator.
  private static func unary(_ operatorName: String) -> Rule {
    { call throws(ONNXFailure) in [call.node(operatorName, [call.x.name])] }
  }
}

// MARK: - Arithmetic

extension ONNXOperations {
  /// The operands of an operation of two tensors, or of a tensor and a number.
  private static func operands(_ call: ONNXCall) throws(ONNXFailure) -> (String, String) {
    if call.inputs.count == 2 { return (call.names[0], call.names[1]) }
    let number = try call.builder.number(call.numbers("number"), call.x.dtype, near: call.inputs)
    return call.has("isReversed") ? (number, call.x.name) : (call.x.name, number)
  }

  private static func binary(_ operatorName: String) -> Rule {
    { call throws(ONNXFailure) in
      let (a, b) = try operands(call)
      return [call.node(operatorName, [a, b])]
    }
  }

  static let arithmetic: [String: Rule] = [
    "+": binary("Add"), "+=": binary("Add"),
    "*": binary("Mul"),
    "-": { call throws(ONNXFailure) in
      if call.inputs.count == 1 && !call.has("number") { return [call.node("Neg", [call.x.name])] }
      let (a, b) = try operands(call)
      return [call.node("Sub", [a, b])]
    },
    "/": { call throws(ONNXFailure) in
      let (a, b) = try operands(call)
      if call.x.dtype != .int32 { return [call.node("Div", [a, b])] }
      // Rounded down, and 0 for a division by zero, which ONNX does not define.
      let isZero = call.node("Equal", [b, call.scalar(0)])
      let divisor = call.node("Where", [isZero, call.scalar(1), b])
      let rest = call.node("Mod", [a, divisor])
      let quotient = call.node("Div", [call.node("Sub", [a, rest]), divisor])
      return [call.node("Where", [isZero, call.scalar(0), quotient])]
    },
    "%": { call throws(ONNXFailure) in
      let (a, b) = try operands(call)
      if call.x.dtype == .int32 {
        let isZero = call.node("Equal", [b, call.scalar(0)])
        let divisor = call.node("Where", [isZero, call.scalar(1), b])
        return [call.node("Where", [isZero, call.scalar(0), call.node("Mod", [a, divisor])])]
      }
      // The remainder of ONNX's floating-point numbers has the sign of a.
      let rest = call.node("Mod", [a, b], ["fmod": .integer(1)])
      let differs = call.node(
        "Xor",
        [call.node("Less", [rest, call.scalar(0)]), call.node("Less", [b, call.scalar(0)])])
      let isNonzero = call.node("Not", [call.node("Equal", [rest, call.scalar(0)])])
      let isWrong = call.node("And", [differs, isNonzero])
      return [call.node("Where", [isWrong, call.node("Add", [rest, b]), rest])]
    },
    "pow": { call throws(ONNXFailure) in
      let (a, b) = try operands(call)
      return [call.node("Pow", [a, b])]
    },
    "square": { call throws(ONNXFailure) in [call.node("Mul", [call.x.name, call.x.name])] },
    "maximum": binary("Max"), "minimum": binary("Min"),
  ]
}

// MARK: - Comparisons

extension ONNXOperations {
  private static func comparison(_ operatorName: String, isNegated: Bool = false) -> Rule {
    { call throws(ONNXFailure) in
      let builder = call.builder
      var a = call.x.name
      var b: String
      if call.inputs.count == 2 {
        b = call.names[1]
        // Booleans have no order in ONNX.
        if call.x.dtype == .bool {
          (a, b) = (builder.cast(a, to: .int32), builder.cast(b, to: .int32))
        }
      } else if call.x.dtype.isFloatingPoint {
        b = try builder.number(call.numbers("number"), call.x.dtype, near: call.inputs)
      } else {
        // A number is compared as it is, also with a fraction.
        a = builder.cast(a, to: .float64)
        b = try builder.number(call.numbers("number"), .float64, near: call.inputs)
      }
      let result = call.node(operatorName, [a, b])
      return [isNegated ? call.node("Not", [result]) : result]
    }
  }

  static let comparisons: [String: Rule] = [
    ".==": comparison("Equal"), ".!=": comparison("Equal", isNegated: true),
    ".<": comparison("Less"), ".<=": comparison("LessOrEqual"), ".>": comparison("Greater"),
    ".>=": comparison("GreaterOrEqual"),
    ".&": binary("And"), ".|": binary("Or"), ".^": binary("Xor"), ".!": unary("Not"),
    "finiteElements": { call throws(ONNXFailure) in
      [call.node("Less", [call.node("Abs", [call.x.name]), call.scalar(.infinity)])]
    },
  ]
}

// MARK: - Functions

extension ONNXOperations {
  /// An operator of floating-point numbers that leaves integers as they are.
  private static func rounding(_ operatorName: String) -> Rule {
    { call throws(ONNXFailure) in
      [call.node(call.x.dtype.isFloatingPoint ? operatorName : "Identity", [call.x.name])]
    }
  }

  /// A function composed of operators.
  private static func function(
    _ body: @escaping @Sendable (ONNXCall, String) -> String
  ) -> Rule {
    { call throws(ONNXFailure) in [body(call, call.x.name)] }
  }

  static let functions: [String: Rule] = [
    "abs": unary("Abs"), "sign": unary("Sign"), "floor": rounding("Floor"),
    "ceil": rounding("Ceil"), "round": rounding("Round"),
    "exp": unary("Exp"), "log": unary("Log"), "sqrt": unary("Sqrt"), "erf": unary("Erf"),
    "sin": unary("Sin"), "cos": unary("Cos"), "tan": unary("Tan"), "asin": unary("Asin"),
    "acos": unary("Acos"), "atan": unary("Atan"), "sinh": unary("Sinh"), "cosh": unary("Cosh"),
    "asinh": unary("Asinh"), "acosh": unary("Acosh"), "atanh": unary("Atanh"),
    "tanh": unary("Tanh"), "sigmoid": unary("Sigmoid"), "softplus": unary("Softplus"),
    "relu": function { call, x in
      call.x.dtype.isFloatingPoint
        ? call.node("Relu", [x]) : call.node("Max", [x, call.scalar(0)])
    },
    "silu": function { call, x in call.node("Mul", [x, call.node("Sigmoid", [x])]) },
    "gelu": function { call, x in call.node("Gelu", [x], ["approximate": .string("none")]) },
    "geluTanh": function { call, x in call.node("Gelu", [x], ["approximate": .string("tanh")]) },
    "rsqrt": function { call, x in call.node("Reciprocal", [call.node("Sqrt", [x])]) },
    "gaussian": function { call, x in
      call.node("Exp", [call.node("Neg", [call.node("Mul", [x, x])])])
    },
    // tanh(x/2) · (eˣ + 1), which keeps its digits near 0.
    "expm1": function { call, x in
      let half = call.node("Tanh", [call.node("Mul", [x, call.scalar(0.5)])])
      let sum = call.node("Add", [call.node("Exp", [x]), call.scalar(1)])
      return call.node("Mul", [half, sum])
    },
    // 2 atanh(x / (2 + x)) near 0, where it keeps its digits.
    "log1p": function { call, x in
      let isSmall = call.node("Less", [call.node("Abs", [x]), call.scalar(0.5)])
      let ratio = call.node("Div", [x, call.node("Add", [x, call.scalar(2)])])
      let near = call.node("Mul", [call.node("Atanh", [ratio]), call.scalar(2)])
      let far = call.node("Log", [call.node("Add", [x, call.scalar(1)])])
      return call.node("Where", [isSmall, near, far])
    },
    "exp2": function { call, x in call.node("Pow", [call.scalar(2), x]) },
    "log2": function { call, x in
      call.node("Mul", [call.node("Log", [x]), call.scalar(1 / naturalLogarithmOf2)])
    },
    "log10": function { call, x in
      call.node("Mul", [call.node("Log", [x]), call.scalar(1 / naturalLogarithmOf10)])
    },
    "atan2": { call throws(ONNXFailure) in
      // The angle of the quotient, moved by half a turn on the left of the origin.
      let (y, x) = (call.names[0], call.names[1])
      let zero = call.scalar(0)
      let isZero = call.node("Equal", [x, zero])
      let angle = call.node(
        "Atan", [call.node("Div", [y, call.node("Where", [isZero, call.scalar(1), x])])])
      let isBelow = call.node("Less", [y, zero])
      func half(_ turn: Double) -> String {
        call.node("Where", [isBelow, call.scalar(-turn), call.scalar(turn)])
      }
      let moved = call.node(
        "Where",
        [
          call.node("Less", [x, zero]), call.node("Add", [angle, half(.pi)]), angle,
        ])
      let quarter = call.node(
        "Where", [call.node("Equal", [y, zero]), zero, half(.pi / 2)])
      return [call.node("Where", [isZero, quarter, moved])]
    },
  ]

  private static let naturalLogarithmOf2 = 0.693147180559945309
  private static let naturalLogarithmOf10 = 2.302585092994045684
}

// MARK: - Selections and conversions

extension ONNXOperations {
  static let selections: [String: Rule] = [
    "select": { call throws(ONNXFailure) in
      [call.node("Where", [call.names[2], call.names[0], call.names[1]])]
    },
    "clamp": { call throws(ONNXFailure) in
      let (lower, upper) = (try call.number("lower"), try call.number("upper"))
      var result = call.x.name
      if lower > -.infinity { result = call.node("Max", [result, call.scalar(lower)]) }
      if upper < .infinity { result = call.node("Min", [result, call.scalar(upper)]) }
      return [result == call.x.name ? call.node("Identity", [result]) : result]
    },
    "converted": { call throws(ONNXFailure) in
      let target = call.output.dtype
      guard target == .int32, call.x.dtype.isFloatingPoint else {
        return [call.builder.cast(call.x.name, to: ONNXGraph.ElementType(target))]
      }
      // ONNX leaves open what becomes of NaN and of numbers beyond the integers.
      let wide = call.builder.cast(call.x.name, to: .float64)
      let zero = call.builder.scalar(0, .float64)
      let number = call.node("Where", [call.node("IsNaN", [wide]), zero, wide])
      let least = call.builder.scalar(Double(Int32.min), .float64)
      let greatest = call.builder.scalar(Double(Int32.max), .float64)
      return [call.builder.cast(call.node("Clip", [number, least, greatest]), to: .int32)]
    },
  ]
}
