import Tensor

/// The inputs of examples, which lie along the first axis.
package enum ExampleInputs: Sendable {
  /// In memory.
  case tensor(Tensor)
  /// In a file.
  case pixels(PixelRows)

  /// The shape of all inputs.
  package var shape: Shape {
    switch self {
    case .tensor(let inputs): inputs.shape
    case .pixels(let images): images.shape
    }
  }

  /// The dtype of the inputs.
  package var dtype: DType {
    switch self {
    case .tensor(let inputs): inputs.dtype
    case .pixels: .float32
    }
  }

  /// All inputs in memory.
  package var tensor: Tensor {
    switch self {
    case .tensor(let inputs): inputs
    case .pixels(let images): images.rows(at: 0..<images.shape[0])
    }
  }

  /// Returns the inputs of some examples.
  package func rows(at indices: some Collection<Int>) -> Tensor {
    switch self {
    case .tensor(let inputs): Gathering.rows(inputs, at: indices)
    case .pixels(let images): images.rows(at: indices)
    }
  }

  /// Adds all inputs to a hash.
  func add(to hash: inout Fingerprint) {
    switch self {
    case .tensor(let inputs):
      inputs.converted(to: .float32).withUnsafeScalars(as: Float.self) { inputs in
        for input in inputs { hash.add(input.bitPattern) }
      }
    case .pixels(let images): images.forEachInput { hash.add($0.bitPattern) }
    }
  }
}
