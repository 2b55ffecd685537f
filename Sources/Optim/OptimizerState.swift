import Autograd
import Tensor

/// The state of an optimizer between steps: named tensors and counters.
///
/// The state of a wrapped optimizer is part of that of its wrapper, with the prefix `inner.`.
public struct OptimizerState: Sendable {
  /// The ``Optimizer/name`` of the optimizer.
  public var optimizer: String
  /// The tensors by the name of the parameter and of the quantity, such as
  /// `layers.0.weight.exp_avg`.
  public var tensors = NamedTensors()
  /// The counters by name, such as `layers.0.weight.step`.
  public var counters: [String: Int] = [:]

  /// The prefix of the names in the state that this one was taken from.
  private var prefix = ""

  /// Creates an empty state of an optimizer of a name.
  public init(optimizer: String) { self.optimizer = optimizer }

  /// The number of bytes of the tensors.
  public var byteCount: Int { tensors.byteCount }
}

/// Why an optimizer cannot load a state.
public struct OptimizerStateError: Error, Sendable, Equatable, CustomStringConvertible {
  /// One line that names the difference.
  public let description: String

  init(_ description: String) { self.description = description }
}

extension OptimizerState {
  /// Checks that the state is that of an optimizer of a name.
  func require(_ name: String) throws(OptimizerStateError) {
    if optimizer != name {
      throw OptimizerStateError("the optimizer state is of \(optimizer), not of \(name)")
    }
  }

  /// Returns the counter of a name.
  func counter(_ name: String) throws(OptimizerStateError) -> Int {
    guard let value = counters[name] else {
      throw OptimizerStateError(
        "the optimizer state of \(optimizer) has no counter '\(prefix)\(name)'")
    }
    return value
  }

  /// Returns the tensor of a name, which must have the shape and dtype of another.
  func tensor(_ name: String, like model: Tensor) throws(OptimizerStateError) -> Tensor {
    guard let tensor = tensors[name] else {
      throw OptimizerStateError(
        "the optimizer state of \(optimizer) has no tensor '\(prefix)\(name)'")
    }
    if tensor.shape != model.shape || tensor.dtype != model.dtype {
      throw OptimizerStateError(
        """
        '\(prefix)\(name)' of the optimizer state is \(tensor.dtype) \(tensor.shape), not \
        \(model.dtype) \(model.shape)
        """
      )
    }
    return tensor
  }

  /// Adds the state of a wrapped optimizer under a name.
  mutating func embed(_ part: OptimizerState, as name: String) {
    tensors.merge(part.tensors, prefix: "\(name).")
    for (key, value) in part.counters { counters["\(name).\(key)"] = value }
  }

  /// Returns the state of a wrapped optimizer that was added under a name.
  func part(_ name: String, of optimizer: any Optimizer) -> OptimizerState {
    var part = OptimizerState(optimizer: optimizer.name)
    let prefix = "\(name)."
    part.prefix = self.prefix + prefix
    part.tensors = tensors.removingPrefix(prefix)
    for (key, value) in counters where key.hasPrefix(prefix) {
      part.counters[String(key.dropFirst(prefix.count))] = value
    }
    return part
  }
}
