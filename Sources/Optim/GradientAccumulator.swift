import Autograd
import Tensor

/// The mean of the gradients of several batches, for steps on more examples than fit at once.
///
/// ```swift
/// var window = GradientAccumulator()
/// for batch in batches {
///   window.add(gradients(of: batch), examples: batch.count)
/// }
/// optimizer.step(window.take())
/// ```
///
/// Each gradient counts by its number of examples, Σ nᵢgᵢ / Σ nᵢ, so the result is the gradient of the mean
/// loss over all of them, for a last window that is short too.
public struct GradientAccumulator: Sendable {
  private var sums: [Tensor] = []
  private var parameters: Parameters?
  /// The examples that were added since the last ``take()``.
  public private(set) var exampleCount = 0

  /// An empty window.
  public init() {}

  /// Adds the gradients of the mean loss of a number of examples.
  ///
  /// All that are added must be of the same parameters, in the same order.
  public mutating func add(_ gradients: Gradients, examples: Int) {
    require(examples > 0, "gradient accumulator: gradients of \(examples) examples")
    let weight = Double(examples)
    if let parameters {
      require(
        gradients.parameters.isSame(as: parameters),
        "gradient accumulator: sums need the same parameters in the same order")
      for i in sums.indices { sums[i] += gradients[i] * weight }
    } else {
      parameters = gradients.parameters
      sums = gradients.scaled(by: weight).tensors
    }
    exampleCount += examples
  }

  /// The mean of what was added, after which the window is empty.
  ///
  /// An empty window stops the program.
  public mutating func take() -> Gradients {
    guard let parameters else { fail("gradient accumulator: nothing has been added") }
    let mean = Gradients(sums, for: parameters).scaled(by: 1 / Double(exampleCount))
    self = GradientAccumulator()
    return mean
  }
}
