import TestSupport
import Testing

/// What is written to a file, and the errors of what cannot be.
struct ONNXModelTests {
  private let batch = ONNXModel.Input("x", .float32, ["n", 2])

  private func export(
    _ inputs: [ONNXModel.Input]? = nil, _ function: ([Tensor]) -> Tensor
  ) throws -> ONNXModel {
    try ONNXModel(tracing: nil, inputs: inputs ?? [batch]) { [function($0)] }
  }

  private func expectError(
    _ message: String, _ inputs: [ONNXModel.Input]? = nil, _ function: ([Tensor]) -> Tensor
  ) {
    do {
      _ = try export(inputs, function)
      Issue.record("no error: \(message)")
    } catch {
      #expect("\(error)".contains(message), "\(error)")
    }
  }

  private func operators(_ model: ONNXModel) -> [String] { model.graph.nodes.map(\.operatorName) }

  // MARK: Files

  /// A field with bytes as its content, of fewer than 16384 bytes.
  private func field(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
    let count = content.count
    let length = count < 128 ? [UInt8(count)] : [UInt8(count & 127 | 128), UInt8(count >> 7)]
    return [number << 3 | 2] + length + content
  }

  private func field(_ number: UInt8, _ text: String) -> [UInt8] { field(number, Array(text.utf8)) }

  @Test func theBytesAreThoseOfTheFormat() throws {
    // The numbers of the fields are those of onnx.proto.
    func node(_ operatorName: String, _ input: String, _ output: String, _ name: String) -> [UInt8]
    {
      var content = field(1, input) + field(2, output)
      content += field(3, name) + field(4, operatorName)
      return field(1, content)
    }
    func value(_ number: UInt8, _ name: String) -> [UInt8] {
      let sizes = field(1, field(2, "n")) + field(1, [0x08, 2])
      let type: [UInt8] = [0x08, 1] + field(2, sizes)
      return field(number, field(1, name) + field(2, field(1, type)))
    }
    var graph = node("Relu", "x", "/relu", "Relu_0")
    graph += node("Identity", "/relu", "output", "Identity_1")
    graph += field(2, "model")
    graph += value(11, "x")
    graph += value(12, "output")
    var expected: [UInt8] = [0x08, 9]
    expected += field(2, "Adjoint")
    expected += field(7, graph)
    expected += field(8, field(1, "") + [0x10, 20])
    let model = try export { relu($0[0]) }
    #expect(try model.encoded() == expected)
  }

  @Test func numbersAreOfVariableLength() {
    func written(_ body: (inout ProtobufWriter) -> Void) -> [UInt8] {
      var writer = ProtobufWriter()
      body(&writer)
      return writer.bytes
    }
    #expect(written { $0.integer(1, 300) } == [0x08, 0xAC, 0x02])
    let ones = [UInt8](repeating: 0xFF, count: 9)
    #expect(written { $0.integer(2, -1) } == [0x10] + ones + [0x01])
    #expect(written { $0.float(20, 1) } == [0xA5, 0x01, 0, 0, 0x80, 0x3F])
    #expect(written { $0.message(3) { $0.string(1, "é") } } == [0x1A, 4, 0x0A, 2, 0xC3, 0xA9])
  }

  @Test func aFileIsWritten() throws {
    var model = try export { $0[0] * 2 }
    model.metadata["author"] = "me"
    try withTemporaryFolder { folder in
      try model.write(to: folder + "/model.onnx")
      #expect(try FileAccess.read(folder + "/model.onnx") == model.encoded())
    }
    #expect(throws: TrainingError.self) { try model.write(to: "/nowhere/model.onnx") }
  }

  // MARK: Structure

  @Test func parametersKeepTheirNamesAndValues() throws {
    let model = Sequential {
      Linear(2, 3)
      BatchNorm(3)
    }
    let graph = try ONNXModel(model, input: batch).graph
    let constants = Dictionary(uniqueKeysWithValues: graph.constants.map { ($0.name, $0) })
    for (name, parameter) in model.parameters {
      #expect(constants[name]?.bytes == parameter.value.littleEndianBytes, "\(name)")
    }
    for (name, buffer) in model.buffers where !name.hasSuffix("num_batches_tracked") {
      #expect(constants[name]?.bytes == buffer.value.littleEndianBytes, "\(name)")
    }
    #expect(graph.inputs.map(\.sizes) == [[.named("n"), .fixed(2)]])
    #expect(graph.outputs.map(\.sizes) == [[.named("n"), .fixed(3)]])
  }

  @Test func whatDoesNotDependOnInputsIsConstant() throws {
    let model = try export { $0[0] + exp(Tensor([1, 2]) * 3).sum() }
    #expect(operators(model) == ["Add", "Identity"])
  }

  @Test func valuesThatNoOutputNeedsAreLeftOut() throws {
    let model = try export {
      _ = exp($0[0])
      return -$0[0]
    }
    #expect(operators(model) == ["Neg", "Identity"])
  }

  @Test func updatesInPlaceAreSeen() throws {
    let model = try export {
      var x = $0[0] * 2
      x += 1
      x[.all, 0] = Tensor(5)
      return x
    }
    expectWellFormed(model.graph, "updates")
    #expect(operators(model).contains("ScatterElements") && operators(model).contains("Add"))
  }

  @Test func operationsOfTheUserAreWrittenByTheirParts() throws {
    let model = try export {
      record("cube", $0[0]) {
        $0 * $0 * $0
      } pullback: { dy, _ in
        dy
      }
    }
    #expect(operators(model) == ["Mul", "Mul", "Identity"])
  }

  @Test func anOperationThatChangesNothingIsToldFromItsInput() throws {
    // For one of the examples the reshaped tensor is stored as the input is.
    let model = try export([.init("x", .float32, ["n", 4])]) {
      $0[0].reshaped(to: [-1, 2, 2]).reshaped(to: [-1, 4]) + $0[0]
    }
    #expect(operators(model) == ["Reshape", "Reshape", "Add", "Identity"])
  }

  // MARK: Errors

  @Test func anOperationWithoutACounterpartIsNamed() {
    expectError("logGamma: the operation has no counterpart in ONNX") { logGamma($0[0]) }
    expectError("binCounts: the operation has no counterpart in ONNX") {
      $0[0].converted(to: .int32).binCounts(minimumCount: 4) + 0
    }
    let square = ONNXModel.Input("x", .float32, [2, 2])
    expectError("pseudoInverse: 'svd', which it is made of, has no counterpart in ONNX", [square]) {
      LinearAlgebra.pseudoInverse($0[0])
    }
  }

  @Test func whatIsComputedByOtherCodeIsRefused() {
    expectError("+: a constant of shape [] changes with the inputs") {
      $0[0] + Tensor($0[0].sum().scalar())
    }
    expectError("*: the number") { $0[0] * $0[0].sum().scalar() }
    expectError("*: a constant of shape [2] changes with the inputs") {
      $0[0] * Tensor.normal([2])
    }
    expectError("which operations are called depends on the values or the sizes") {
      $0[0].shape[0] > 4 ? exp($0[0]) : log($0[0])
    }
  }

  @Test func numbersOfOutputsAndNamesAreChecked() {
    do {
      _ = try ONNXModel(tracing: nil, inputs: [batch], outputs: ["a", "b"]) { [$0[0]] }
      Issue.record("no error")
    } catch {
      #expect("\(error)" == "the function returned 1 tensor for 2 outputs")
    }
    do {
      _ = try ONNXModel(tracing: nil, inputs: [batch, batch]) { [$0[0]] }
      Issue.record("no error")
    } catch {
      #expect("\(error)" == "two inputs or outputs have the name 'x'")
    }
  }
}
