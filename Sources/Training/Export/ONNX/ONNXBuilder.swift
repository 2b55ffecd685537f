import Autograd
import Tensor

/// A value of the graph that is being built: its name, and its shape in each trace.
struct ONNXValue {
  let name: String
  let dtype: DType
  let shapes: [Shape]

  /// The number of axes.
  var rank: Int { shapes[0].rank }

  /// The size of an axis in each trace.
  func sizes(_ axis: Int) -> [Int] { shapes.map { $0[axis] } }

  /// The shape if it is the same in all traces, else `nil`.
  var fixedShape: Shape? { shapes.allSatisfy { $0 == shapes[0] } ? shapes[0] : nil }
}

/// Why an operation cannot be written as it is: its parts may be tried instead, or a message.
enum ONNXFailure: Error {
  case useParts
  case message(String)
}

/// Builds a graph: names values, shares constants, and computes sizes from those of the inputs.
final class ONNXBuilder {
  private(set) var graph = ONNXGraph()
  private var usedNames = Set<String>()
  private var counters = [String: Int]()
  private var scalars = [String: String]()
  private var integerLists = [[Int]: String]()
  private var computedSizes = [[Int]: String]()
  private var axisSizes = [String: String]()
  /// What the names of computed values begin with, so that no input or parameter has them.
  private let prefix: String
  /// The values whose sizes others may be computed from, those of the inputs first.
  private var sources: [ONNXValue] = []
  /// The names of the sizes of inputs, in each trace.
  private var namedSizes: [(name: String, sizes: [Int])] = []

  init(prefix: String = "") { self.prefix = prefix }

  // MARK: Names, inputs and outputs

  /// A name that no other value has, the given one if possible.
  func uniqueName(_ name: String) -> String {
    if usedNames.insert(name).inserted { return name }
    while true {
      counters[name, default: 0] += 1
      let candidate = "\(name)_\(counters[name] ?? 0)"
      if usedNames.insert(candidate).inserted { return candidate }
    }
  }

  /// Adds an input of the graph.
  func addInput(_ name: String, _ type: ONNXGraph.ElementType, _ sizes: [ONNXGraph.Size]) {
    usedNames.insert(name)
    graph.inputs.append(ONNXGraph.ValueInfo(name: name, type: type, sizes: sizes))
  }

  /// Gives the sizes that an axis has in each trace a name.
  func name(_ name: String, _ sizes: [Int]) {
    if !namedSizes.contains(where: { $0.name == name }) { namedSizes.append((name, sizes)) }
  }

  /// Makes a value an output of the graph.
  func addOutput(_ value: ONNXValue, named name: String) {
    usedNames.insert(name)
    graph.append("Identity", [value.name], outputs: [name])
    let sizes = (0..<value.rank).map { axis -> ONNXGraph.Size in
      let sizes = value.sizes(axis)
      if let named = namedSizes.first(where: { $0.sizes == sizes && !isConstant(sizes) }) {
        return .named(named.name)
      }
      return isConstant(sizes) ? .fixed(sizes[0]) : .unknown
    }
    graph.outputs.append(
      ONNXGraph.ValueInfo(name: name, type: ONNXGraph.ElementType(value.dtype), sizes: sizes))
  }

  /// Makes a value an output of the graph that the caller describes.
  func addOutput(_ value: String, _ info: ONNXGraph.ValueInfo) {
    usedNames.insert(info.name)
    graph.append("Identity", [value], outputs: [info.name])
    graph.outputs.append(info)
  }

  /// Lets sizes be computed from those of a value.
  func register(_ value: ONNXValue) { sources.append(value) }

  // MARK: Nodes

  /// Appends a node and returns the name of its output.
  func node(
    _ operatorName: String, _ inputs: [String],
    _ attributes: KeyValuePairs<String, ONNXGraph.Attribute> = [:], domain: String = ""
  ) -> String {
    nodes(operatorName, inputs, attributes, count: 1, domain: domain)[0]
  }

  /// Appends a node and returns the names of its outputs.
  func nodes(
    _ operatorName: String, _ inputs: [String],
    _ attributes: KeyValuePairs<String, ONNXGraph.Attribute> = [:], count: Int, domain: String = ""
  ) -> [String] {
    let outputs = (0..<count).map { _ in uniqueName(prefix + "/" + operatorName.lowercased()) }
    graph.append(operatorName, inputs, outputs: outputs, attributes, domain: domain)
    return outputs
  }

  /// The elements of a value converted.
  func cast(_ name: String, to type: ONNXGraph.ElementType) -> String {
    node("Cast", [name], ["to": .integer(type.rawValue)])
  }

  /// Constants as a vector of 64-bit integers.
  func integers(_ values: [Int]) -> String {
    if let name = integerLists[values] { return name }
    let name = uniqueName(prefix + "/integers")
    graph.append(constant: name, integers: values)
    integerLists[values] = name
    return name
  }

  /// A constant scalar.
  func scalar(_ number: Double, _ dtype: DType) -> String {
    let key = "\(dtype) \(number.bitPattern)"
    if let name = scalars[key] { return name }
    let name = constant(Tensor(number, dtype: dtype), named: prefix + "/scalar")
    scalars[key] = name
    return name
  }

  /// A constant 64-bit integer without axes.
  func integerScalar(_ number: Int) -> String {
    let key = "int64 \(number)"
    if let name = scalars[key] { return name }
    let name = uniqueName(prefix + "/integer")
    graph.append(constant: name, integers: [number], isScalar: true)
    scalars[key] = name
    return name
  }

  /// A constant tensor.
  func constant(_ tensor: Tensor, named name: String) -> String {
    let name = uniqueName(name)
    graph.append(constant: name, tensor)
    return name
  }

  /// A value with a shape of constant sizes, of which one may be −1.
  func reshape(_ name: String, to sizes: [Int]) -> String {
    node("Reshape", [name, integers(sizes)], sizes.contains(0) ? ["allowzero": .integer(1)] : [:])
  }

  /// The sizes of a value as a vector.
  func shape(of name: String) -> String { node("Shape", [name]) }

  /// The size of one axis of a value, a vector of one integer.
  func size(of name: String, axis: Int) -> String {
    let key = "\(name) \(axis)"
    if let size = axisSizes[key] { return size }
    let size = node("Shape", [name], ["start": .integer(axis), "end": .integer(axis + 1)])
    axisSizes[key] = size
    return size
  }

  // MARK: Sizes

  /// Whether an integer is the same in all traces.
  func isConstant(_ integer: [Int]) -> Bool { integer.allSatisfy { $0 == integer[0] } }

  /// An integer as a vector of one: a constant, or computed from the sizes of values.
  ///
  /// - Parameters:
  ///   - integer: The integer in each trace.
  ///   - nearby: Values whose sizes are tried first.
  /// - Returns: The name of the vector.
  /// - Throws: `ONNXFailure` if the integer does not follow from sizes.
  func integer(_ integer: [Int], near nearby: [ONNXValue]) throws(ONNXFailure) -> String {
    if isConstant(integer) { return integers([integer[0]]) }
    if let name = computedSizes[integer] { return name }
    guard let name = computed(integer, near: nearby) else {
      throw .message(
        """
        the integer \(integer.map(String.init).joined(separator: ", ")) does not follow from the \
        sizes of the inputs
        """
      )
    }
    computedSizes[integer] = name
    return name
  }

  private struct Factor {
    let sizes: [Int]
    let name: () -> String
  }

  private func factors(of values: [ONNXValue]) -> [Factor] {
    values.flatMap { value in
      (0..<value.rank).compactMap { axis in
        let sizes = value.sizes(axis)
        if isConstant(sizes) { return nil }
        return Factor(sizes: sizes) { [unowned self] in size(of: value.name, axis: axis) }
      }
    }
  }

  /// The simplest of some expressions of sizes that is right in all traces.
  private func computed(_ target: [Int], near nearby: [ONNXValue]) -> String? {
    let near = factors(of: nearby)
    if let factor = near.first(where: { $0.sizes == target }) { return factor.name() }
    let inputs = factors(of: sources.filter { source in isInput(source.name) })
    if let factor = inputs.first(where: { $0.sizes == target }) { return factor.name() }
    var distinct = [Factor]()
    for factor in inputs + near where !distinct.contains(where: { $0.sizes == factor.sizes }) {
      distinct.append(factor)
    }
    if let name = product(target, of: distinct) { return name }
    for factor in distinct {
      if let name = affine(target, of: factor) { return name }
    }
    for factor in distinct {
      if let name = quotient(target, of: factor) { return name }
    }
    let all = factors(of: sources)
    if let factor = all.first(where: { $0.sizes == target }) { return factor.name() }
    for factor in all {
      if let name = affine(target, of: factor) { return name }
    }
    return nil
  }

  private func isInput(_ name: String) -> Bool { graph.inputs.contains { $0.name == name } }

  /// c · a, c · a · b or c · a · b · d.
  private func product(_ target: [Int], of factors: [Factor]) -> String? {
    func search(_ rest: [Int], from start: Int, _ chosen: [Factor]) -> [Factor]? {
      if !chosen.isEmpty, isConstant(rest), rest[0] > 0 {
        return chosen
      }
      if chosen.count == 3 { return nil }
      for i in start..<factors.count {
        let sizes = factors[i].sizes
        if zip(rest, sizes).allSatisfy({ $1 != 0 && $0 % $1 == 0 }) {
          let quotient = zip(rest, sizes).map { $0 / $1 }
          if let found = search(quotient, from: i, chosen + [factors[i]]) { return found }
        }
      }
      return nil
    }
    guard let chosen = search(target, from: 0, []) else { return nil }
    let names = chosen.map { $0.name() }
    var name = names.dropFirst().reduce(names[0]) { node("Mul", [$0, $1]) }
    let scale = chosen.reduce(target[0]) { $0 / $1.sizes[0] }
    if scale != 1 { name = node("Mul", [name, integers([scale])]) }
    return name
  }

  /// c · a + b.
  private func affine(_ target: [Int], of factor: Factor) -> String? {
    let sizes = factor.sizes
    guard let other = sizes.indices.first(where: { sizes[$0] != sizes[0] }) else { return nil }
    let (rise, run) = (target[other] - target[0], sizes[other] - sizes[0])
    if rise == 0 || rise % run != 0 { return nil }
    let slope = rise / run
    let shift = target[0] - slope * sizes[0]
    guard zip(target, sizes).allSatisfy({ $0 == slope * $1 + shift }) else { return nil }
    var name = factor.name()
    if slope != 1 { name = node("Mul", [name, integers([slope])]) }
    if shift != 0 { name = node("Add", [name, integers([shift])]) }
    return name
  }

  /// ⌊(a + b) / c⌋, which is the number of windows along an axis.
  private func quotient(_ target: [Int], of factor: Factor) -> String? {
    for divisor in 2...16 {
      for shift in [0] + (1...16).flatMap({ [$0, -$0] }) {
        let isRight = zip(target, factor.sizes).allSatisfy {
          $1 + shift >= 0 && $0 == ($1 + shift) / divisor
        }
        if !isRight { continue }
        var name = factor.name()
        if shift != 0 { name = node("Add", [name, integers([shift])]) }
        return node("Div", [name, integers([divisor])])
      }
    }
    return nil
  }

  /// Integers as a vector.
  func integers(_ list: [[Int]], near nearby: [ONNXValue]) throws(ONNXFailure) -> String {
    if list.allSatisfy(isConstant) { return integers(list.map { $0[0] }) }
    // Neighbors that are constant are one part.
    var parts = [String]()
    var constants = [Int]()
    for integer in list {
      if isConstant(integer) {
        constants.append(integer[0])
        continue
      }
      if !constants.isEmpty { parts.append(integers(constants)) }
      constants = []
      parts.append(try self.integer(integer, near: nearby))
    }
    if !constants.isEmpty { parts.append(integers(constants)) }
    return parts.count == 1 ? parts[0] : node("Concat", parts, ["axis": .integer(0)])
  }

  /// The sizes of shapes as a vector.
  func sizes(of shapes: [Shape], near nearby: [ONNXValue]) throws(ONNXFailure) -> String {
    try integers(shapes[0].indices.map { axis in shapes.map { $0[axis] } }, near: nearby)
  }

  /// A number as a scalar: a constant, an integer computed from sizes, or the reciprocal of one.
  func number(
    _ number: [Double], _ dtype: DType, near nearby: [ONNXValue]
  ) throws(ONNXFailure) -> String {
    if number.allSatisfy({ $0.bitPattern == number[0].bitPattern }) {
      return scalar(number[0], dtype)
    }
    func converted(_ integer: [Int]) throws(ONNXFailure) -> String {
      let name = try self.integer(integer, near: nearby)
      return cast(node("Squeeze", [name, integers([0])]), to: ONNXGraph.ElementType(dtype))
    }
    func whole(_ numbers: [Double]) -> [Int]? {
      numbers.allSatisfy { $0 == $0.rounded() && abs($0) < 1e9 } ? numbers.map { Int($0) } : nil
    }
    if let integer = whole(number) { return try converted(integer) }
    let reciprocals = number.map { (1 / $0).rounded() }
    if zip(number, reciprocals).allSatisfy({ 1 / $1 == $0 }), let integer = whole(reciprocals) {
      return node("Reciprocal", [try converted(integer)])
    }
    throw .message(
      """
      the number \(number.map { "\($0)" }.joined(separator: ", ")) does not follow from the sizes \
      of the inputs
      """
    )
  }

  /// The scalars 0, 1, … up to a size, as 64-bit integers.
  func range(to size: [Int], near nearby: [ONNXValue]) throws(ONNXFailure) -> String {
    let limit = node("Squeeze", [try integer(size, near: nearby), integers([0])])
    return node("Range", [integerScalar(0), limit, integerScalar(1)])
  }

  // MARK: Constants that depend on sizes

  /// A constant whose shape differs between traces: one number everywhere, or numbers at equal
  /// steps.
  func constant(_ tensors: [Tensor], near nearby: [ONNXValue]) throws(ONNXFailure) -> String? {
    let dtype = tensors[0].dtype
    guard tensors.allSatisfy({ $0.rank == tensors[0].rank && $0.dtype == dtype }) else {
      return nil
    }
    let numbers = tensors.map { $0.scalars(as: Double.self) }
    if numbers.contains(where: \.isEmpty) { return nil }
    let first = numbers[0][0]
    if numbers.allSatisfy({ $0.allSatisfy { $0.bitPattern == first.bitPattern } }) {
      let sizes = try sizes(of: tensors.map(\.shape), near: nearby)
      return node("Expand", [scalar(first, dtype), sizes])
    }
    guard tensors[0].rank == 1, dtype != .bool else { return nil }
    let step = (numbers.first { $0.count > 1 }.map { $0[1] } ?? first) - first
    let isArithmetic = numbers.allSatisfy { list in
      list.indices.allSatisfy {
        let expected = first + step * Double($0)
        return list[$0] == (dtype == .float32 ? Double(Float(expected)) : expected)
      }
    }
    guard isArithmetic else { return nil }
    var name = cast(
      try range(to: numbers.map(\.count), near: nearby), to: ONNXGraph.ElementType(dtype))
    if step != 1 { name = node("Mul", [name, scalar(step, dtype)]) }
    return first == 0 ? name : node("Add", [name, scalar(first, dtype)])
  }
}
