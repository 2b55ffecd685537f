import Tensor

/// The tensors that an operation saved for its pullbacks: inputs, the output, or both.
///
/// They carry their graph only where an outer gradient scope may ask for the derivative of the
/// gradient, so the backward pass of the outermost scope records nothing.
public struct SavedTensors: Sendable {
  let node: Node
  let scope: Int32

  /// The tensors that an operation saves.
  public struct Selection: OptionSet, Sendable {
    /// The set as bits.
    public let rawValue: UInt8

    /// Creates a set from its bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The input of an operation of one input, ``SavedTensors/input``.
    public static let input = Selection(rawValue: 1)
    /// The first input, ``SavedTensors/first``.
    public static let first = input
    /// The second input, ``SavedTensors/second``.
    public static let second = Selection(rawValue: 2)
    /// The third input, ``SavedTensors/third``.
    public static let third = Selection(rawValue: 4)
    /// The output, ``SavedTensors/output``.
    public static let output = Selection(rawValue: 8)
    /// All inputs, in any number, read by their position.
    public static let everyInput = Selection(rawValue: 16)
  }

  /// The input of an operation of one input.
  public var input: Tensor { savedInput(0) }
  /// The first input.
  public var first: Tensor { savedInput(0) }
  /// The second input.
  public var second: Tensor { savedInput(1) }
  /// The third input.
  public var third: Tensor { savedInput(2) }

  /// The output.
  public var output: Tensor {
    guard let value = node.savedValues.last, node.saving.contains(.output) else {
      fail("\(node.operation): its pullback reads the output, which it does not save")
    }
    return attached(value, node)
  }

  /// The input at a position, of an operation that saves ``Selection/everyInput``.
  public subscript(index: Int) -> Tensor {
    guard node.saving.contains(.everyInput) else { return savedInput(index) }
    return attached(node.savedValues[index], node.inputs[index])
  }

  private func savedInput(_ index: Int) -> Tensor {
    let flag = Selection(rawValue: 1 << UInt8(index))
    guard node.saving.contains(flag) else {
      fail("\(node.operation): its pullback reads input \(index), which it does not save")
    }
    let earlier = node.saving.rawValue & (flag.rawValue - 1)
    return attached(node.savedValues[earlier.nonzeroBitCount], node.inputs[index])
  }

  private func attached(_ value: Tensor, _ node: Node?) -> Tensor {
    guard let node, node.outermostScope < scope else { return value }
    var value = value
    value.node = node
    return value
  }
}
