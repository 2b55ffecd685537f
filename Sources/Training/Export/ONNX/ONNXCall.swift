import Autograd
import Tensor

/// An operation that is being written: its inputs, settings and the shapes of its values.
struct ONNXCall {
  let builder: ONNXBuilder
  let name: String
  let inputs: [ONNXValue]
  /// The values, whose names are not known yet.
  let outputs: [ONNXValue]
  /// The settings in each trace.
  let attributes: [OperationAttributes]

  /// The first input.
  var x: ONNXValue { inputs[0] }
  /// The names of the inputs.
  var names: [String] { inputs.map(\.name) }
  /// The first value.
  var output: ONNXValue { outputs[0] }

  /// Whether the operation has a setting.
  func has(_ name: String) -> Bool { attributes[0][name] != nil }

  /// A setting that must be the same in all traces.
  private func fixed(_ name: String) throws(ONNXFailure) -> OperationAttribute {
    guard let first = attributes[0][name] else { throw .useParts }
    guard attributes.allSatisfy({ $0[name] == first }) else {
      throw .message("\(name) depends on the sizes or the values of the inputs")
    }
    return first
  }

  /// A setting of another kind is a mistake in a table of this library, not of its user.
  func integer(_ name: String) throws(ONNXFailure) -> Int {
    guard case .integer(let value) = try fixed(name) else { throw .useParts }
    return value
  }

  func list(_ name: String) throws(ONNXFailure) -> [Int] {
    guard case .integers(let values) = try fixed(name) else { throw .useParts }
    return values
  }

  func flag(_ name: String) throws(ONNXFailure) -> Bool {
    guard case .flag(let value) = try fixed(name) else { throw .useParts }
    return value
  }

  func text(_ name: String) throws(ONNXFailure) -> String {
    guard case .text(let value) = try fixed(name) else { throw .useParts }
    return value
  }

  func number(_ name: String) throws(ONNXFailure) -> Double {
    guard case .number(let value) = try fixed(name) else { throw .useParts }
    return value
  }

  /// A number in each trace.
  func numbers(_ name: String) throws(ONNXFailure) -> [Double] {
    var values = [Double]()
    for list in attributes {
      guard case .number(let value)? = list[name] else { throw .useParts }
      values.append(value)
    }
    return values
  }

  /// An integer in each trace.
  func integerInEachTrace(_ name: String) throws(ONNXFailure) -> [Int] {
    var values = [Int]()
    for list in attributes {
      guard case .integer(let value)? = list[name] else { throw .useParts }
      values.append(value)
    }
    return values
  }

  /// A list of integers, each one in each trace.
  func listInEachTrace(_ name: String) throws(ONNXFailure) -> [[Int]] {
    var lists = [[Int]]()
    for list in attributes {
      guard case .integers(let values)? = list[name],
        values.count == lists.first?.count ?? values.count
      else { throw .useParts }
      lists.append(values)
    }
    return lists[0].indices.map { i in lists.map { $0[i] } }
  }

  /// An axis of the first input, counted from the start.
  func axis(_ name: String = "axis") throws(ONNXFailure) -> Int {
    let axis = try integer(name)
    return axis < 0 ? axis + x.rank : axis
  }

  /// Appends a node with one output.
  func node(
    _ operatorName: String, _ inputs: [String],
    _ attributes: KeyValuePairs<String, ONNXGraph.Attribute> = [:]
  ) -> String {
    builder.node(operatorName, inputs, attributes)
  }

  /// A number as a scalar of the dtype of the first input.
  func scalar(_ number: Double) -> String { builder.scalar(number, x.dtype) }
}
