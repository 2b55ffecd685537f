import Autograd
import NN
import Tensor

/// A function of tensors in the ONNX format, which onnxruntime and other programs run.
///
/// The function is called with example inputs, and the operations that it calls are written down.
/// It is called several times, with other values and other sizes of the axes that have names: what
/// changes must be computed from the inputs, so nothing that depends on an input becomes a
/// constant. Parameters keep their names.
///
/// ```swift
/// let model = try ONNXModel(
///   tracing: gpt, inputs: [.init("tokens", .int32, ["batch", "length"], values: 0...64)]
/// ) { [gpt($0[0])] }
/// try model.write(to: "gpt.onnx")
/// ```
/// The operator set is 20, the file format 9. What the function computes without operations, for
/// example from `scalar()` or `isFinite`, a trace cannot see: creating the model throws if it
/// differs between the examples, and otherwise it is a constant.
public struct ONNXModel: Sendable {
  /// The graph.
  package internal(set) var graph: ONNXGraph
  /// The name of the graph.
  public let name: String
  /// Further properties of the file by name, such as a version or a license.
  public var metadata: [String: String] = [:]

  /// The size of an axis of an input.
  public enum AxisSize: Sendable, Equatable {
    /// A size that never changes.
    case fixed(Int)
    /// A size that may change from call to call. Axes of one name have one size; it is tried with
    /// the examples, of which there must be at least two.
    case named(String, examples: [Int])
  }

  /// An input of the function.
  public struct Input: Sendable {
    /// The name of the input.
    public let name: String
    /// The sizes of the axes.
    public let shape: [AxisSize]
    /// Whether int32 tensors are 64-bit integers in the file, which tokenizers give.
    public let wideIntegers: Bool
    package let example: @Sendable (Shape, inout RandomGenerator) -> Tensor

    /// Creates an input with examples of random numbers.
    ///
    /// - Parameters:
    ///   - name: The name of the input.
    ///   - dtype: The dtype.
    ///   - shape: The sizes of the axes, a number or a name for each one.
    ///   - values: The range of the examples. It matters for int32, which may be positions in a
    ///     table; bool is drawn from both values.
    ///   - wideIntegers: Whether int32 is a 64-bit integer in the file.
    public init(
      _ name: String, _ dtype: DType = .float32, _ shape: [AxisSize],
      values: ClosedRange<Double> = -1...1, wideIntegers: Bool = false
    ) {
      self.init(name, shape, wideIntegers: wideIntegers) { shape, generator in
        let numbers = (0..<shape.elementCount).map { _ in
          let number = generator.uniform(in: values.lowerBound..<values.upperBound.nextUp)
          switch dtype {
          case .float32, .float64: return number
          case .int32: return min(number.rounded(.down), values.upperBound)
          case .bool: return Double(generator.integer(below: 2))
          }
        }
        return Tensor(numbers, shape: shape).converted(to: dtype)
      }
    }

    /// Creates an input with given examples.
    ///
    /// - Parameters:
    ///   - name: The name of the input.
    ///   - shape: The sizes of the axes.
    ///   - wideIntegers: Whether int32 is a 64-bit integer in the file.
    ///   - example: Returns a tensor of a shape, a different one each time.
    public init(
      _ name: String, _ shape: [AxisSize], wideIntegers: Bool = false,
      example: @escaping @Sendable (Shape, inout RandomGenerator) -> Tensor
    ) {
      self.name = name
      self.shape = shape
      self.wideIntegers = wideIntegers
      self.example = example
    }
  }

  /// Traces a function.
  ///
  /// - Parameters:
  ///   - module: The module whose parameters and buffers the function reads; `nil` for none. It
  ///     runs in inference mode.
  ///   - inputs: The inputs.
  ///   - outputs: The names of the outputs.
  ///   - name: The name of the graph.
  ///   - function: The function, which returns a tensor for each output.
  /// - Throws: ``TrainingError`` that names the operation if an operation has no counterpart in
  ///   ONNX, or if something depends on the inputs in a way that cannot be written.
  public init(
    tracing module: (any Module)?, inputs: [Input], outputs: [String] = ["output"],
    name: String = "model", _ function: ([Tensor]) throws -> [Tensor]
  ) throws {
    self.name = name
    graph = try ONNXTranslation(module, inputs, outputs, function).graph()
  }

  /// Traces a layer.
  ///
  /// - Throws: ``TrainingError`` as ``init(tracing:inputs:outputs:name:_:)`` does.
  public init(_ layer: some Layer, input: Input) throws {
    try self.init(tracing: layer, inputs: [input]) { [layer($0[0])] }
  }

  /// The model as the bytes of an `.onnx` file.
  ///
  /// - Throws: ``TrainingError`` if it is larger than 2 GiB, which the format does not allow.
  public func encoded() throws(TrainingError) -> [UInt8] {
    let size = graph.constants.reduce(0) { $0 + $1.bytes.count }
    if size >= Int(Int32.max) {
      throw .data("an ONNX file holds less than 2 GiB, the parameters have \(size) bytes")
    }
    return graph.encodedModel(named: name, metadata: metadata)
  }

  /// Writes the model to an `.onnx` file, whole or not at all.
  ///
  /// - Throws: ``TrainingError`` if the file cannot be written.
  public func write(to path: String) throws(TrainingError) {
    try FileAccess.write(encoded(), to: path)
  }
}

extension ONNXModel.AxisSize: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
  /// Creates a size that never changes.
  public init(integerLiteral value: Int) { self = .fixed(value) }
  /// Creates a size with a name, with examples from 2 to 13.
  public init(stringLiteral value: String) { self = .named(value, examples: []) }
}
