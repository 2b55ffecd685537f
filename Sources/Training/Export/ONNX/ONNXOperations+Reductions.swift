import Autograd
import Tensor

// Sums, means and extremes along axes, and operations of ordered elements.

extension ONNXOperations {
  /// A reduction along the axes of a setting.
  private static func reduced(
    _ operatorName: String, _ x: String, _ call: ONNXCall, keepingAxes: Bool? = nil
  ) throws(ONNXFailure) -> String {
    let axes = try call.list("axes")
    let keepsAxes: Bool
    if let keepingAxes { keepsAxes = keepingAxes } else { keepsAxes = try call.flag("keepingAxes") }
    return call.node(
      operatorName, [x, call.builder.integers(axes)],
      // Without axes ONNX reduces along all of them.
      [
        "keepdims": .integer(keepsAxes ? 1 : 0),
        "noop_with_empty_axes": .integer(axes.isEmpty ? 1 : 0),
      ])
  }

  private static func reduction(_ operatorName: String) -> Rule {
    { call throws(ONNXFailure) in
      // Booleans are counted as integers.
      let isBool = call.x.dtype == .bool
      let x = isBool ? call.builder.cast(call.x.name, to: .int32) : call.x.name
      let y = try reduced(operatorName, x, call)
      if !isBool || call.output.dtype == .int32 { return [y] }
      return [call.builder.cast(y, to: ONNXGraph.ElementType(call.output.dtype))]
    }
  }

  /// The squares of the deviations from the mean along the axes of a setting.
  private static func deviations(_ call: ONNXCall) throws(ONNXFailure) -> String {
    call.node(
      "Sub", [call.x.name, try reduced("ReduceMean", call.x.name, call, keepingAxes: true)])
  }

  static let reductions: [String: Rule] = [
    "sum": reduction("ReduceSum"), "product": reduction("ReduceProd"),
    "any": reduction("ReduceSum"), "all": reduction("ReduceProd"),
    "max": reduction("ReduceMax"), "min": reduction("ReduceMin"), "norm": reduction("ReduceMax"),
    "logSumExp": reduction("ReduceLogSumExp"), "sumOfSquares": reduction("ReduceSumSquare"),
    "mean": { call throws(ONNXFailure) in
      let isBool = call.x.dtype == .bool
      let x = isBool ? call.builder.cast(call.x.name, to: .float32) : call.x.name
      return [try reduced("ReduceMean", x, call)]
    },
    "deviations": { call throws(ONNXFailure) in [try deviations(call)] },
    "variance": { call throws(ONNXFailure) in
      let axes = try call.list("axes")
      let correction = try call.number("correction")
      let counts = call.x.shapes.map { shape in
        max(0, Double(axes.reduce(1) { $0 * shape[$1] }) - correction)
      }
      let deviations = try deviations(call)
      let squares = call.node("Mul", [deviations, deviations])
      let divisor = try call.builder.number(counts, call.x.dtype, near: call.inputs)
      return [call.node("Div", [try reduced("ReduceSum", squares, call), divisor])]
    },
    "cumulativeSum": { call throws(ONNXFailure) in
      [call.node("CumSum", [call.x.name, call.builder.integerScalar(try call.axis())])]
    },
    "cumulativeProduct": { call throws(ONNXFailure) in
      guard let size = call.x.fixedShape?[try call.axis()] else {
        throw .message("cumulative products are exported along axes of a fixed size only")
      }
      let isWidened = call.x.dtype == .float32
      var result = isWidened ? call.builder.cast(call.x.name, to: .float64) : call.x.name
      let axis = call.builder.integers([try call.axis()])
      func slice(_ x: String, _ start: Int, _ end: Int) -> String {
        call.node(
          "Slice", [x, call.builder.integers([start]), call.builder.integers([end]), axis])
      }
      // After each round every element is the product of up to twice as many elements.
      var distance = 1
      while distance < size {
        let products = call.node(
          "Mul", [slice(result, distance, size), slice(result, 0, size - distance)])
        result = call.node(
          "Concat", [slice(result, 0, distance), products], ["axis": .integer(try call.axis())])
        distance *= 2
      }
      return [isWidened ? call.builder.cast(result, to: .float32) : result]
    },
  ]

  private static func extremePosition(_ operatorName: String) -> Rule {
    { call throws(ONNXFailure) in
      var x =
        call.x.dtype == .bool ? call.builder.cast(call.x.name, to: .int32) : call.x.name
      if call.x.dtype.isFloatingPoint {
        // NaN comes first of all: where there is one, the position is that of the first.
        let isNaN = call.node("IsNaN", [x])
        let sign = call.scalar(operatorName == "ArgMax" ? 1 : -1)
        let marks = call.node("Where", [isNaN, sign, call.scalar(0)])
        let extreme = call.node(
          operatorName == "ArgMax" ? "ReduceMax" : "ReduceMin",
          [marks, call.builder.integers([try call.axis()])])
        let hasNaN = call.node("Not", [call.node("Equal", [extreme, call.scalar(0)])])
        x = call.node("Where", [hasNaN, marks, x])
      }
      let position = call.node(
        operatorName, [x],
        [
          "axis": .integer(try call.axis()),
          "keepdims": .integer(try call.flag("keepingAxes") ? 1 : 0),
        ])
      return [call.builder.cast(position, to: .int32)]
    }
  }

  /// The elements of the order along an axis, and their positions.
  private static func ordered(_ call: ONNXCall) throws(ONNXFailure) -> [String] {
    let count = try call.builder.integer(call.x.sizes(try call.axis()), near: call.inputs)
    return try first(count, of: call, isLargest: try call.flag("descending"))
  }

  /// The first elements of the order along an axis, and their positions.
  ///
  /// Of equal elements ONNX takes the first one first, as we do.
  private static func first(
    _ count: String, of call: ONNXCall, isLargest: Bool
  ) throws(ONNXFailure) -> [String] {
    let x = call.x.dtype == .bool ? call.builder.cast(call.x.name, to: .int32) : call.x.name
    return call.builder.nodes(
      "TopK", [x, count],
      [
        "axis": .integer(try call.axis()), "largest": .integer(isLargest ? 1 : 0),
        "sorted": .integer(1),
      ], count: 2)
  }

  static let orders: [String: Rule] = [
    "argmax": extremePosition("ArgMax"), "argmin": extremePosition("ArgMin"),
    "argsort": { call throws(ONNXFailure) in
      [call.builder.cast(try ordered(call)[1], to: .int32)]
    },
    "sorted": { call throws(ONNXFailure) in
      let values = try ordered(call)[0]
      return [call.x.dtype == .bool ? call.builder.cast(values, to: .bool) : values]
    },
    "topPositions": { call throws(ONNXFailure) in
      let count = call.builder.integers([try call.integer("count")])
      return [call.builder.cast(try first(count, of: call, isLargest: true)[1], to: .int32)]
    },
    "searchSorted": { call throws(ONNXFailure) in
      // As many elements of the vector are less than a value as stand before it.
      let column = call.node("Unsqueeze", [call.names[1], call.builder.integers([-1])])
      let isAfterEqual = try call.flag("afterEqual")
      var isBefore = call.node(isAfterEqual ? "LessOrEqual" : "Less", [call.x.name, column])
      if call.x.dtype.isFloatingPoint {
        // NaN is greater than every number, and equal to itself.
        var isLast = call.node("IsNaN", [column])
        if !isAfterEqual {
          let isNumber = call.node("Not", [call.node("IsNaN", [call.x.name])])
          isLast = call.node("And", [isLast, isNumber])
        }
        isBefore = call.node("Or", [isBefore, isLast])
      }
      let counts = call.builder.cast(isBefore, to: .int32)
      return [
        call.node(
          "ReduceSum", [counts, call.builder.integers([-1])], ["keepdims": .integer(0)])
      ]
    },
    "softmax": { call throws(ONNXFailure) in
      [call.node("Softmax", [call.x.name], ["axis": .integer(try call.integer("axis"))])]
    },
    "logSoftmax": { call throws(ONNXFailure) in
      [call.node("LogSoftmax", [call.x.name], ["axis": .integer(try call.integer("axis"))])]
    },
    "softmaxCrossEntropy": { call throws(ONNXFailure) in
      let logarithms = call.node("LogSoftmax", [call.x.name], ["axis": .integer(-1)])
      let last = call.builder.integers([-1])
      let labels = call.node("Unsqueeze", [call.names[1], last])
      let chosen = call.node("GatherElements", [logarithms, labels], ["axis": .integer(-1)])
      return [call.node("Neg", [call.node("Squeeze", [chosen, last])])]
    },
  ]
}
