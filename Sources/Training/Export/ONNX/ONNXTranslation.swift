import Autograd
import NN
import Tensor

/// Traces a function and writes its operations as a graph.
struct ONNXTranslation {
  private let inputs: [ONNXModel.Input]
  private let outputNames: [String]
  /// The named sizes, with one size for each trace.
  private let namedSizes: [(name: String, sizes: [Int])]
  private let traces: [Trace]
  /// The inputs in each trace.
  private let examples: [[Tensor]]
  /// The names of the parameters and buffers, whose numbers are 0, 1, … in every trace.
  private let stateNames: [String]
  /// The numbers of the inputs and outputs in each trace.
  private let inputNumbers: [[Int]]
  private let outputNumbers: [[Int]]

  init(
    _ module: (any Module)?, _ inputs: [ONNXModel.Input], _ outputs: [String],
    _ function: ([Tensor]) throws -> [Tensor]
  ) throws {
    self.inputs = inputs
    outputNames = outputs
    namedSizes = try Self.sizes(of: inputs)
    var seen = Set<String>()
    for name in inputs.map(\.name) + outputs where !seen.insert(name).inserted {
      throw TrainingError.data("two inputs or outputs have the name '\(name)'")
    }
    let state = module.map { module in
      module.parameters.map { ($0.name, $0.parameter.value) }
        + module.buffers.map { ($0.name, $0.buffer.value) }
    }
    stateNames = state?.map(\.0) ?? []
    let named = namedSizes
    let count = named.isEmpty ? 2 : 4
    var traces = [Trace]()
    var (examples, inputNumbers, outputNumbers) = ([[Tensor]](), [[Int]](), [[Int]]())
    for i in 0..<count {
      var generator = RandomGenerator(seed: UInt64(i))
      let tensors = inputs.map { input in
        let shape = Shape(input.shape.map { Self.size($0, named, i) })
        return input.example(shape, &generator)
      }
      try Trace.run { trace in
        for (_, value) in state ?? [] { _ = trace.number(of: value) }
        inputNumbers.append(tensors.map { trace.number(of: $0) })
        let results = try withMode(.inference) { try function(tensors) }
        guard results.count == outputs.count else {
          throw TrainingError.data(
            """
            the function returned \(counted(results.count, "tensor")) for \
            \(counted(outputs.count, "output"))
            """
          )
        }
        outputNumbers.append(results.map { trace.number(of: $0) })
        traces.append(trace)
      }
      examples.append(tensors)
    }
    self.traces = traces
    self.examples = examples
    self.inputNumbers = inputNumbers
    self.outputNumbers = outputNumbers
  }

  private static func size(
    _ size: ONNXModel.AxisSize, _ named: [(name: String, sizes: [Int])], _ trace: Int
  ) -> Int {
    switch size {
    case .fixed(let size): size
    case .named(let name, _): named.first { $0.name == name }?.sizes[trace] ?? 0
    }
  }

  /// The named sizes of the inputs, four of each, that do not follow from one another.
  private static func sizes(
    of inputs: [ONNXModel.Input]
  ) throws(TrainingError) -> [(name: String, sizes: [Int])] {
    let defaults = [
      [3, 5, 2, 7], [7, 4, 9, 6], [5, 11, 8, 6], [9, 6, 13, 12], [4, 12, 7, 10], [11, 8, 6, 13],
    ]
    var named = [(name: String, sizes: [Int])]()
    for case .named(let name, let examples) in inputs.flatMap(\.shape) {
      if let known = named.firstIndex(where: { $0.name == name }) {
        if !examples.isEmpty { named[known].sizes = try spread(examples, name) }
        continue
      }
      let sizes =
        examples.isEmpty ? defaults[named.count % defaults.count] : try spread(examples, name)
      named.append((name, sizes))
    }
    return named
  }

  private static func spread(
    _ examples: [Int], _ name: String
  ) throws(TrainingError) -> [Int] {
    guard Set(examples).count >= 2 else {
      throw .data("the size '\(name)' needs at least two different examples, got \(examples)")
    }
    return (0..<4).map { examples[$0 % examples.count] }
  }

  /// The graph; operations that cannot be written as they are give way to their parts.
  func graph() throws(TrainingError) -> ONNXGraph {
    var replaced = Set<String>()
    while true {
      do throws(Attempt) {
        return try graph(replacing: replaced)
      } catch {
        switch error {
        case .retry(let name): replaced.insert(name)
        case .failure(let error): throw error
        }
      }
    }
  }

  private enum Attempt: Error {
    /// The operation is to be replaced by its parts.
    case retry(String)
    case failure(TrainingError)
  }

  private func graph(replacing replaced: Set<String>) throws(Attempt) -> ONNXGraph {
    let matched: MatchedTraces
    do throws(TrainingError) {
      matched = try MatchedTraces(traces, inputs: inputNumbers, outputs: outputNumbers) {
        ONNXOperations.withoutCounterpart.contains($0.name)
          || ONNXOperations.rules[$0.name] != nil && !replaced.contains($0.name)
      }
    } catch {
      throw .failure(error)
    }
    var writer = Writer(
      builder: ONNXBuilder(), matched: matched, stateNames: stateNames)
    for named in namedSizes { writer.builder.name(named.name, named.sizes) }
    for (i, input) in inputs.enumerated() {
      writer.addInput(input, examples.map { $0[i] }, inputNumbers.map { $0[i] })
    }
    for call in matched.calls {
      do throws(ONNXFailure) {
        try writer.write(call)
      } catch {
        switch error {
        case .message(let message): throw .failure(.data("\(call.userName): \(message)"))
        case .useParts:
          if replaced.contains(call.name) || call.operations[0].parts.isEmpty {
            throw .failure(.data("\(call.userName): \(Self.missing(call))"))
          }
          throw .retry(call.name)
        }
      }
    }
    for (i, name) in outputNames.enumerated() {
      do throws(ONNXFailure) {
        let value = try writer.value(outputNumbers.map { $0[i] })
        writer.builder.addOutput(value, named: name)
      } catch {
        guard case .message(let message) = error else { continue }
        throw .failure(.data("output '\(name)': \(message)"))
      }
    }
    return writer.builder.graph
  }

  private static func missing(_ call: MatchedTraces.Call) -> String {
    call.name == call.userName
      ? "the operation has no counterpart in ONNX"
      : "'\(call.name)', which it is made of, has no counterpart in ONNX"
  }

  /// The values of a graph that is being written.
  private struct Writer {
    let builder: ONNXBuilder
    let matched: MatchedTraces
    let stateNames: [String]
    /// The values of the graph by their numbers in each trace.
    private var known: [[Int]: ONNXValue] = [:]

    init(builder: ONNXBuilder, matched: MatchedTraces, stateNames: [String]) {
      self.builder = builder
      self.matched = matched
      self.stateNames = stateNames
    }

    mutating func addInput(_ input: ONNXModel.Input, _ examples: [Tensor], _ numbers: [Int]) {
      let dtype = examples[0].dtype
      let isWide = input.wideIntegers && dtype == .int32
      builder.addInput(
        input.name, isWide ? .int64 : ONNXGraph.ElementType(dtype),
        input.shape.map {
          switch $0 {
          case .fixed(let size): .fixed(size)
          case .named(let name, _): .named(name)
          }
        })
      let shapes = examples.map(\.shape)
      builder.register(ONNXValue(name: input.name, dtype: dtype, shapes: shapes))
      let name = isWide ? builder.cast(input.name, to: .int32) : input.name
      known[numbers] = ONNXValue(name: name, dtype: dtype, shapes: shapes)
    }

    /// A value that an earlier operation computed, a parameter or a constant.
    mutating func value(_ numbers: [Int]) throws(ONNXFailure) -> ONNXValue {
      if let value = known[numbers] { return value }
      let tensors = matched.tensors(numbers)
      let name: String
      if numbers[0] < stateNames.count {
        name = builder.constant(tensors[0], named: stateNames[numbers[0]])
      } else if matched.dependsOnInputs(numbers) {
        throw .message(
          matched.replacedOperation(numbers).map {
            "the operation '\($0)' before it has no counterpart in ONNX"
          } ?? "which of its operands depend on the inputs changes with their values or sizes")
      } else if tensors.areEqual {
        name = builder.constant(tensors[0], named: "/constant")
      } else if let computed = try builder.constant(tensors, near: []) {
        name = computed
      } else {
        throw .message(
          """
          a constant of shape \(tensors[0].shape) changes with the inputs; it was computed from \
          them by other code than operations, depends on their sizes, or is random
          """
        )
      }
      let value = ONNXValue(
        name: name, dtype: tensors[0].dtype, shapes: tensors.map(\.shape))
      known[numbers] = value
      return value
    }

    /// Whether a value is a constant without a name, so far.
    private func isPlainConstant(_ numbers: [Int]) -> Bool {
      numbers[0] >= stateNames.count && !matched.dependsOnInputs(numbers)
        && matched.tensors(numbers).areEqual
    }

    /// Writes an operation, unless its values are constants.
    mutating func write(_ call: MatchedTraces.Call) throws(ONNXFailure) {
      let first = call.operations[0]
      guard
        call.operations.allSatisfy({
          $0.inputs.count == first.inputs.count && $0.outputs.count == first.outputs.count
            && $0.attributes.keys == first.attributes.keys
        })
      else { throw .message("its operands depend on the values or sizes of the inputs") }
      let inputs = first.inputs.indices.map { i in call.operations.map { $0.inputs[i] } }
      let outputs = first.outputs.indices.map { i in call.operations.map { $0.outputs[i] } }
      let isConstant = outputs.allSatisfy(isPlainConstant)
      if isConstant && inputs.allSatisfy(isPlainConstant) { return }
      guard let rule = ONNXOperations.rules[call.name] else {
        if isConstant { return }
        throw .useParts
      }
      var values = [ONNXValue]()
      for numbers in inputs { values.append(try value(numbers)) }
      let types = outputs.map { numbers in
        let tensors = matched.tensors(numbers)
        return ONNXValue(name: "", dtype: tensors[0].dtype, shapes: tensors.map(\.shape))
      }
      for type in types where !type.shapes.allSatisfy({ $0.rank == type.shapes[0].rank }) {
        throw .message("the number of axes depends on the values or sizes of the inputs")
      }
      let names = try rule(
        ONNXCall(
          builder: builder, name: call.name, inputs: values, outputs: types,
          attributes: call.operations.map(\.attributes)))
      for (i, name) in names.enumerated() {
        let value = ONNXValue(name: name, dtype: types[i].dtype, shapes: types[i].shapes)
        known[outputs[i]] = value
        builder.register(value)
      }
    }
  }
}
