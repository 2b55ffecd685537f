import Tensor

/// A graph of ONNX: nodes in the order of execution, constants, inputs and outputs.
///
/// The messages and the numbers of their fields are those of `onnx.proto`.
package struct ONNXGraph: Sendable {
  /// The type of a tensor's elements, with its number in ONNX.
  package enum ElementType: Int, Sendable {
    case float32 = 1
    case int32 = 6
    case int64 = 7
    case string = 8
    case bool = 9
    case float64 = 11

    package init(_ dtype: DType) {
      switch dtype {
      case .float32: self = .float32
      case .float64: self = .float64
      case .int32: self = .int32
      case .bool: self = .bool
      }
    }
  }

  /// A setting of a node.
  package enum Attribute: Sendable {
    case integer(Int)
    case float(Double)
    case string(String)
    case integers([Int])
    case floats([Double])
    case strings([String])
  }

  /// An operator with its inputs and outputs by name.
  package struct Node: Sendable {
    package let operatorName: String
    package let inputs: [String]
    package let outputs: [String]
    package let attributes: KeyValuePairs<String, Attribute>
    package let domain: String
  }

  /// A constant tensor.
  package struct Constant: Sendable {
    package let name: String
    package let type: ElementType
    package let sizes: [Int]
    /// The elements in row order, little-endian.
    package let bytes: [UInt8]
  }

  /// The size of an axis.
  package enum Size: Sendable, Equatable {
    case fixed(Int)
    case named(String)
    case unknown
  }

  /// An input or output.
  package struct ValueInfo: Sendable {
    package let name: String
    package let type: ElementType
    package let sizes: [Size]
  }

  package internal(set) var nodes: [Node] = []
  package internal(set) var constants: [Constant] = []
  package internal(set) var inputs: [ValueInfo] = []
  package internal(set) var outputs: [ValueInfo] = []

  /// The domain of the operators of classical machine learning.
  package static let machineLearning = "ai.onnx.ml"
}

// MARK: - Building

extension ONNXGraph {
  /// Appends a node and returns the names of its outputs.
  mutating func append(
    _ operatorName: String, _ inputs: [String], outputs: [String],
    _ attributes: KeyValuePairs<String, Attribute> = [:], domain: String = ""
  ) {
    nodes.append(
      Node(
        operatorName: operatorName, inputs: inputs, outputs: outputs, attributes: attributes,
        domain: domain))
  }

  /// Appends a constant.
  mutating func append(constant name: String, _ tensor: Tensor) {
    constants.append(
      Constant(
        name: name, type: ElementType(tensor.dtype), sizes: Array(tensor.shape),
        bytes: tensor.littleEndianBytes))
  }

  /// Appends a constant vector of 64-bit integers, or a scalar.
  mutating func append(constant name: String, integers: [Int], isScalar: Bool = false) {
    constants.append(
      Constant(
        name: name, type: .int64, sizes: isScalar ? [] : [integers.count],
        bytes: integers.flatMap { withUnsafeBytes(of: Int64($0).littleEndian, Array.init) }))
  }
}

extension Tensor {
  /// The elements in row order; all supported processors are little-endian.
  package var littleEndianBytes: [UInt8] {
    let source = contiguous
    return withExtendedLifetime(source.storage) {
      Array(
        UnsafeRawBufferPointer(start: source.pointer, count: elementCount * dtype.byteCount))
    }
  }
}

// MARK: - Encoding

extension ONNXGraph {
  /// The version of the operators, `opset_import`.
  static let operatorSet = 20
  /// The version of the operators of classical machine learning.
  static let machineLearningOperatorSet = 4
  /// The version of the file format that belongs to the operators.
  static let fileFormat = 9

  /// The graph as a `ModelProto`.
  func encodedModel(named name: String, metadata: [String: String]) -> [UInt8] {
    var model = ProtobufWriter()
    model.integer(1, Self.fileFormat)
    model.string(2, "Adjoint")
    model.message(7) { write(to: &$0, named: name) }
    model.message(8) {
      $0.string(1, "")
      $0.integer(2, Self.operatorSet)
    }
    if nodes.contains(where: { $0.domain == Self.machineLearning }) {
      model.message(8) {
        $0.string(1, Self.machineLearning)
        $0.integer(2, Self.machineLearningOperatorSet)
      }
    }
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      model.message(14) {
        $0.string(1, key)
        $0.string(2, value)
      }
    }
    return model.bytes
  }

  private func write(to writer: inout ProtobufWriter, named name: String) {
    for (i, node) in nodes.enumerated() {
      writer.message(1) { node.write(to: &$0, number: i) }
    }
    writer.string(2, name)
    for constant in constants { writer.message(5) { constant.write(to: &$0) } }
    for input in inputs { writer.message(11) { input.write(to: &$0) } }
    for output in outputs { writer.message(12) { output.write(to: &$0) } }
  }
}

extension ONNXGraph.Node {
  fileprivate func write(to writer: inout ProtobufWriter, number: Int) {
    for input in inputs { writer.string(1, input) }
    for output in outputs { writer.string(2, output) }
    writer.string(3, "\(operatorName)_\(number)")
    writer.string(4, operatorName)
    for (name, attribute) in attributes {
      writer.message(5) {
        $0.string(1, name)
        attribute.write(to: &$0)
      }
    }
    if !domain.isEmpty { writer.string(7, domain) }
  }
}

extension ONNXGraph.Attribute {
  /// Writes the content and then the number of its type.
  fileprivate func write(to writer: inout ProtobufWriter) {
    let type: Int
    switch self {
    case .float(let value):
      writer.float(2, Float(value))
      type = 1
    case .integer(let value):
      writer.integer(3, value)
      type = 2
    case .string(let value):
      writer.string(4, value)
      type = 3
    case .floats(let values):
      for value in values { writer.float(7, Float(value)) }
      type = 6
    case .integers(let values):
      for value in values { writer.integer(8, value) }
      type = 7
    case .strings(let values):
      for value in values { writer.string(9, value) }
      type = 8
    }
    writer.integer(20, type)
  }
}

extension ONNXGraph.Constant {
  fileprivate func write(to writer: inout ProtobufWriter) {
    for size in sizes { writer.integer(1, size) }
    writer.integer(2, type.rawValue)
    writer.string(8, name)
    writer.data(9, bytes)
  }
}

extension ONNXGraph.ValueInfo {
  fileprivate func write(to writer: inout ProtobufWriter) {
    writer.string(1, name)
    writer.message(2) {
      $0.message(1) {
        $0.integer(1, type.rawValue)
        $0.message(2) { shape in
          for size in sizes {
            shape.message(1) {
              switch size {
              case .fixed(let size): $0.integer(1, size)
              case .named(let name): $0.string(2, name)
              case .unknown: break
              }
            }
          }
        }
      }
    }
  }
}
