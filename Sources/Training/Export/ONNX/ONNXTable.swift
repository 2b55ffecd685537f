import NN
import Tensor

// The preprocessing of tables: from raw columns to features, and from outputs to predictions.

extension ONNXModel {
  /// A model of table rows that reads raw columns, such as `train csv` makes.
  ///
  /// Each column of the encoder is an input [n, 1] of its name: float32 for numbers, where NaN
  /// stands for a missing value, and strings for categories, where the empty string does. Numbers
  /// with a unit are given without it, dates and times in days, since 1970-01-01 or of the day, as
  /// float64: ONNX has no operators that read texts. They are
  /// encoded as ``FeatureEncoder`` does it, by operators of ONNX. The outputs are
  ///
  /// - for classes `prediction`, the names of the most probable classes, strings [n], and
  ///   `probabilities`, the softmax of the model's outputs, [n, classes];
  /// - for a number `prediction`, in the unit of the target, [n].
  ///
  /// - Parameters:
  ///   - model: A layer of features, [n, ``FeatureEncoder/width``] → [n, outputs].
  ///   - encoder: The encoding of the columns.
  ///   - target: What the outputs stand for.
  /// - Throws: ``TrainingError`` as ``init(tracing:inputs:outputs:name:_:)`` does.
  public init(
    _ model: some Layer, reading encoder: FeatureEncoder, predicting target: TargetEncoding
  ) throws {
    try self.init(model, reading: encoder, predicting: target, isScore: false)
  }

  /// A model of table rows, whose output for two classes may be a score [n, 1], positive for the
  /// second: then the outputs are `prediction` and `score` [n].
  init(
    _ model: some Layer, reading encoder: FeatureEncoder, predicting target: TargetEncoding,
    isScore: Bool
  ) throws {
    let features = Input("/features", .float32, ["rows", .fixed(encoder.width)])
    try self.init(tracing: model, inputs: [features], outputs: ["/outputs"]) { [model($0[0])] }
    try readColumns(of: encoder)
    try predict(target, isScore: isScore)
  }

  /// Replaces the features by the columns of a table.
  private mutating func readColumns(of encoder: FeatureEncoder) throws(TrainingError) {
    let taken = Set(graph.constants.map(\.name))
    let builder = ONNXBuilder(prefix: "/columns")
    var parts = [String]()
    for column in encoder.columns {
      if taken.contains(column.name) || ["prediction", "probabilities"].contains(column.name) {
        throw .data("the column '\(column.name)' has the name of a parameter or of an output")
      }
      let type: ONNXGraph.ElementType =
        switch column.encoding {
        case .number: .float32
        case .date: .float64
        case .oneHot, .rank: .string
        }
      builder.addInput(column.name, type, [.named("rows"), .fixed(1)])
      parts += builder.features(of: column)
    }
    var columns = builder.graph
    columns.append("Concat", parts, outputs: ["/features"], ["axis": .integer(1)])
    graph.nodes = columns.nodes + graph.nodes
    graph.constants = columns.constants + graph.constants
    graph.inputs = columns.inputs
  }

  /// Replaces the outputs by predictions.
  private mutating func predict(_ target: TargetEncoding, isScore: Bool) throws(TrainingError) {
    let builder = ONNXBuilder(prefix: "/prediction")
    let rows = ONNXGraph.Size.named("rows")
    func label(_ place: String, _ names: [String]) -> String {
      builder.node(
        "LabelEncoder", [place],
        [
          "keys_int64s": .integers(Array(names.indices)), "values_strings": .strings(names),
          "default_string": .string(""),
        ], domain: ONNXGraph.machineLearning)
    }
    switch target {
    case .classes(let names) where isScore:
      let score = builder.reshape("/outputs", to: [-1])
      let isSecond = builder.node("Greater", [score, builder.scalar(0, .float32)])
      builder.addOutput(
        label(builder.cast(isSecond, to: .int64), names),
        ONNXGraph.ValueInfo(name: "prediction", type: .string, sizes: [rows]))
      builder.addOutput(
        score, ONNXGraph.ValueInfo(name: "score", type: .float32, sizes: [rows]))
    case .classes(let names):
      let probabilities = builder.node("Softmax", ["/outputs"], ["axis": .integer(-1)])
      let place = builder.node(
        "ArgMax", ["/outputs"], ["axis": .integer(-1), "keepdims": .integer(0)])
      builder.addOutput(
        label(place, names), ONNXGraph.ValueInfo(name: "prediction", type: .string, sizes: [rows]))
      builder.addOutput(
        probabilities,
        ONNXGraph.ValueInfo(
          name: "probabilities", type: .float32, sizes: [rows, .fixed(names.count)]))
    case .number(let mean, let deviation, let logarithm, _):
      let scaled = builder.node("Mul", ["/outputs", builder.scalar(deviation, .float32)])
      let sum = builder.node("Add", [scaled, builder.scalar(mean, .float32)])
      let number = logarithm.map { builder.inverse(of: $0, sum) } ?? sum
      builder.addOutput(
        builder.reshape(number, to: [-1]),
        ONNXGraph.ValueInfo(name: "prediction", type: .float32, sizes: [rows]))
    }
    let added = builder.graph
    graph.nodes += added.nodes
    graph.constants += added.constants
    graph.outputs = added.outputs
  }
}

extension ONNXBuilder {
  /// The features of a column, each [n, 1] or, for categories, [n, categories].
  fileprivate func features(of column: FeatureEncoder.Column) -> [String] {
    switch column.encoding {
    case .number(let mean, let deviation, let marksMissing, let logarithm):
      let isMissing = node("IsNaN", [column.name])
      let value = logarithm.map { self.logarithm($0, column.name) } ?? column.name
      let number = standardized(value, mean, deviation)
      let feature = node("Where", [isMissing, scalar(0, .float32), number])
      return marksMissing ? [feature, cast(isMissing, to: .float32)] : [feature]
    case .date(let mean, let deviation, let marksMissing, let periods):
      let isMissing = node("IsNaN", [column.name])
      let zero = scalar(0, .float32)
      var parts = [node("Where", [isMissing, zero, standardized(column.name, mean, deviation)])]
      for period in periods {
        let turns = node("Div", [column.name, scalar(period, .float64)])
        let angle = node("Mul", [turns, scalar(2 * .pi, .float64)])
        for wave in ["Sin", "Cos"] {
          parts.append(
            node("Where", [isMissing, zero, cast(node(wave, [angle]), to: .float32)]))
        }
      }
      return marksMissing ? parts + [cast(isMissing, to: .float32)] : parts
    case .oneHot(let categories):
      // A category that the encoder does not know has number −1, which equals none.
      let number = numbers(of: column.name, categories, unknown: -1)
      let places = integers(Array(categories.indices))
      return [cast(node("Equal", [number, places]), to: .float32)]
    case .rank(let categories, let mean, let deviation):
      let number = numbers(of: column.name, categories, unknown: categories.count)
      return [standardized(cast(number, to: .float32), mean, deviation)]
    }
  }

  /// sign(x) · log(1 + |x| / unit), in double precision.
  private func logarithm(_ logarithm: SignedLogarithm, _ name: String) -> String {
    let number = cast(name, to: .float64)
    let ratio = node("Div", [node("Abs", [number]), scalar(logarithm.unit, .float64)])
    let size = node("Log", [node("Add", [ratio, scalar(1, .float64)])])
    return node("Mul", [node("Sign", [number]), size])
  }

  /// The number with a logarithm: sign(t) · unit · (exp |t| − 1).
  fileprivate func inverse(of logarithm: SignedLogarithm, _ name: String) -> String {
    let number = cast(name, to: .float64)
    let power = node("Exp", [node("Abs", [number])])
    let size = node(
      "Mul", [node("Sub", [power, scalar(1, .float64)]), scalar(logarithm.unit, .float64)])
    return cast(node("Mul", [node("Sign", [number]), size]), to: .float32)
  }

  /// The numbers of categories, from 0 on; that of one which is not among them is given.
  private func numbers(of name: String, _ categories: [String], unknown: Int) -> String {
    // Whole numbers with a fraction are names of their category too.
    let keys = indices(of: categories).sorted { $0.value < $1.value }.flatMap { text, number in
      [text, text + ".0"].filter { ColumnValue.category($0) == text }.map { ($0, number) }
    }
    return node(
      "LabelEncoder", [name],
      [
        "keys_strings": .strings(keys.map(\.0)), "values_int64s": .integers(keys.map(\.1)),
        "default_int64": .integer(unknown),
      ], domain: ONNXGraph.machineLearning)
  }

  /// (x − mean) / deviation clamped to ±10; 0 for a constant.
  private func standardized(_ name: String, _ mean: Double, _ deviation: Double) -> String {
    if deviation <= 0 { return node("Mul", [name, scalar(0, .float32)]) }
    // In double precision, as the encoder computes: a mean may be large beside the deviation.
    let difference = node("Sub", [cast(name, to: .float64), scalar(mean, .float64)])
    let quotient = node("Div", [difference, scalar(deviation, .float64)])
    let clamped = node("Clip", [quotient, scalar(-10, .float64), scalar(10, .float64)])
    return cast(clamped, to: .float32)
  }
}
