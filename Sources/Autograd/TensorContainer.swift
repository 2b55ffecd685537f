import Tensor

/// A value that holds tensors, such as an array of them or the state of a recurrent network.
///
/// The auxiliary results of a loss leave its gradient scope as constants, so that nothing keeps the
/// graph alive. This holds for tensors, for tuples of up to three of them, and for types that
/// conform; conform with a type of your own:
/// ```swift
/// struct Prediction: TensorContainer {
///   var mean: Tensor, deviation: Tensor
///
///   func mapTensors(_ transform: (Tensor) -> Tensor) -> Prediction {
///     Prediction(mean: transform(mean), deviation: transform(deviation))
///   }
/// }
/// ```
public protocol TensorContainer {
  /// Returns the same value with each tensor replaced by its transform.
  func mapTensors(_ transform: (Tensor) -> Tensor) -> Self
}

extension Tensor: TensorContainer {
  /// Returns the transform of the tensor.
  public func mapTensors(_ transform: (Tensor) -> Tensor) -> Tensor { transform(self) }
}

extension Array: TensorContainer where Element: TensorContainer {
  /// Returns an array of the elements with their tensors replaced.
  public func mapTensors(_ transform: (Tensor) -> Tensor) -> [Element] {
    map { $0.mapTensors(transform) }
  }
}

extension Optional: TensorContainer where Wrapped: TensorContainer {
  /// Returns the value with its tensors replaced, or `nil`.
  public func mapTensors(_ transform: (Tensor) -> Tensor) -> Wrapped? {
    map { $0.mapTensors(transform) }
  }
}

extension Dictionary: TensorContainer where Value: TensorContainer {
  /// Returns a dictionary of the values with their tensors replaced.
  public func mapTensors(_ transform: (Tensor) -> Tensor) -> [Key: Value] {
    mapValues { $0.mapTensors(transform) }
  }
}

extension NamedTensors: TensorContainer {
  /// Returns the tensors replaced, under the same names.
  public func mapTensors(_ transform: (Tensor) -> Tensor) -> NamedTensors {
    var result = NamedTensors()
    for name in names { result[name] = self[name].map(transform) }
    return result
  }
}

extension Gradients: TensorContainer {
  /// Returns gradients with each tensor replaced.
  public func mapTensors(_ transform: (Tensor) -> Tensor) -> Gradients { map(transform) }
}

/// Returns a value with each tensor in it replaced by its transform, if the value is a
/// ``TensorContainer`` or a tuple of two or three, and the value itself otherwise.
func mappingTensors<Value>(in value: Value, _ transform: (Tensor) -> Tensor) -> Value {
  // The casts compare types that the compiler knows, and a tuple cannot conform to a protocol.
  if let pair = value as? (Tensor, Tensor) {
    return (transform(pair.0), transform(pair.1)) as? Value ?? value
  }
  if let triple = value as? (Tensor, Tensor, Tensor) {
    return (transform(triple.0), transform(triple.1), transform(triple.2)) as? Value ?? value
  }
  guard let container = value as? any TensorContainer else { return value }
  return container.mapTensors(transform) as? Value ?? value
}
