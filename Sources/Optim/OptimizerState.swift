import Autograd
import Tensor

/// What an optimizer remembers between steps: named tensors and counters.
///
/// What an optimizer around another has of the inner one stands under `inner.`.
public struct OptimizerState: Sendable {
  /// ``Optimizer/kind`` of the optimizer it is of.
  public var kind: String
  /// The tensors by the name of the parameter and of the quantity, such as `layers.0.weight.exp_avg`.
  public var tensors = NamedTensors()
  /// The counters by name, such as `layers.0.weight.step`.
  public var counters: [String: Int] = [:]

  /// What stands before the names in the state that this one is a part of.
  private var prefix = ""

  /// A state without content.
  public init(kind: String) { self.kind = kind }

  /// The bytes of the tensors.
  public var byteCount: Int { tensors.byteCount }
}

/// Why the state of an optimizer does not fit another.
public struct OptimizerStateError: Error, Sendable, Equatable, CustomStringConvertible {
  /// One line that says what differs.
  public let description: String

  init(_ description: String) { self.description = description }
}

extension OptimizerState {
  /// Checks that the state is of an optimizer of `kind`.
  func require(kind: String) throws(OptimizerStateError) {
    if self.kind != kind {
      throw OptimizerStateError("the optimizer state is of \(self.kind), not of \(kind)")
    }
  }

  /// The counter of a name.
  func counter(_ name: String) throws(OptimizerStateError) -> Int {
    guard let value = counters[name] else {
      throw OptimizerStateError("the optimizer state of \(kind) has no counter '\(prefix)\(name)'")
    }
    return value
  }

  /// The tensor of a name, which must have the shape and dtype of another.
  func tensor(_ name: String, like model: Tensor) throws(OptimizerStateError) -> Tensor {
    guard let tensor = tensors[name] else {
      throw OptimizerStateError("the optimizer state of \(kind) has no tensor '\(prefix)\(name)'")
    }
    if tensor.shape != model.shape || tensor.dtype != model.dtype {
      throw OptimizerStateError(
        "'\(prefix)\(name)' of the optimizer state is \(tensor.dtype) \(tensor.shape), not \(model.dtype) \(model.shape)"
      )
    }
    return tensor
  }

  /// Takes in the state of an optimizer inside of this one.
  mutating func embed(_ part: OptimizerState, as name: String) {
    tensors.merge(part.tensors, prefix: "\(name).")
    for (key, value) in part.counters { counters["\(name).\(key)"] = value }
  }

  /// The state of the optimizer of a kind that was embedded under a name.
  func part(_ name: String, kind: String) -> OptimizerState {
    var part = OptimizerState(kind: kind)
    let prefix = "\(name)."
    part.prefix = self.prefix + prefix
    part.tensors = tensors.removingPrefix(prefix)
    for (key, value) in counters where key.hasPrefix(prefix) {
      part.counters[String(key.dropFirst(prefix.count))] = value
    }
    return part
  }
}
