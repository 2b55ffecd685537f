import Autograd
import Tensor

/// A running mean of the gradients of several batches, for steps on more examples than fit at once.
///
/// ```swift
/// var window = GradientAccumulator()
/// for batch in batches {
///   window.add(gradients(of: batch), examples: batch.count)
/// }
/// optimizer.step(window.take())
/// ```
///
/// Each gradient counts by its number of examples, Σ nᵢgᵢ / Σ nᵢ, so the result is the gradient of
/// the mean loss over all of them, even if the last window is short.
public struct GradientAccumulator: Sendable {
  private var sums: [Tensor] = []
  private var parameters: Parameters?
  /// The number of examples added since the last ``take()``.
  public private(set) var exampleCount = 0

  /// Creates an empty accumulator.
  public init() {}

  /// Adds the gradients of the mean loss of a number of examples.
  ///
  /// All that are added must be of the same parameters, in the same order.
  public mutating func add(_ gradients: Gradients, examples: Int) {
    require(examples > 0, "GradientAccumulator: examples must be at least 1, got \(examples)")
    let weight = Double(examples)
    if let parameters {
      require(
        gradients.parameters.isSame(as: parameters),
        "GradientAccumulator: sums need the same parameters in the same order")
      for i in sums.indices { sums[i] += gradients[i] * weight }
    } else {
      parameters = gradients.parameters
      sums = gradients.scaled(by: weight).tensors
    }
    exampleCount += examples
  }

  /// Returns the mean of the gradients that were added, and empties the accumulator.
  ///
  /// An empty accumulator stops the program.
  public mutating func take() -> Gradients {
    guard let parameters else { fail("GradientAccumulator: no gradients have been added") }
    let mean = Gradients(sums, for: parameters).scaled(by: 1 / Double(exampleCount))
    self = Self()
    return mean
  }
}
