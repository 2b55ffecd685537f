/// How much a ``Trainer`` measures about its gradients and weights.
///
/// Measuring changes neither the weights nor any random number, so a run with diagnostics is the
/// same as one without.
public enum DiagnosticsLevel: String, Codable, Sendable, CaseIterable {
  /// Nothing is measured.
  case off
  /// Norms at some 100 steps of a run, at most one in 100, and histograms at a tenth of those.
  case light
  /// Norms and histograms at up to 1200 steps of a run.
  case full
}

/// What a ``Trainer`` measured at a step: norms of gradients, weights and updates for each layer,
/// and the settings, time and memory of the step.
///
/// ```swift
/// options.diagnostics = .light
/// let trainer = Trainer(objective, optimizer: optimizer, options: options)
/// try trainer.run(afterStep: { trainer in
///   if let record = trainer.lastStep?.diagnostics { print(record.step, record.gradientNorm) }
///   return true
/// })
/// ```
public struct DiagnosticsRecord: Codable, Sendable, Equatable {
  /// The parameters of one layer: those whose names differ in their last part alone, such as
  /// `layers.0.weight` and `layers.0.bias`.
  public struct Layer: Codable, Sendable, Equatable {
    /// The common part of the parameters' names, or the whole name of a parameter without one.
    public var name: String
    /// The Euclidean norm ‖g‖ of the gradients, before clipping.
    public var gradientNorm: Double
    /// The Euclidean norm ‖w‖ of the weights before the step.
    public var weightNorm: Double
    /// The norm of the step's change of the weights by that of the weights, ‖Δw‖ / ‖w‖, or `nil` if
    /// all weights were zero.
    ///
    /// About 10⁻³ is common; 1 and more means that the weights are overwritten.
    public var updateRatio: Double?
    /// The weights before the step, or `nil` at steps without histograms.
    public var weights: Histogram?
    /// The decimal logarithms log₁₀ |g| of the elements of the gradients other than zero, or `nil`
    /// at steps without histograms.
    public var gradients: Histogram?
  }

  /// The number of steps taken, this one included.
  public var step: Int
  /// The learning rate of the step.
  public var learningRate: Double
  /// The momentum of the step: μ of SGD, β₁ of Adam, 0 for an optimizer without one.
  public var momentum: Double
  /// The mean loss of the step's examples, before the weights changed.
  public var loss: Double
  /// The Euclidean norm of all gradients together, before clipping.
  public var gradientNorm: Double
  /// The layers, in the order of the optimizer's parameters.
  public var layers: [Layer]
  /// The mean duration of a step since the previous record, in seconds and without evaluations, or
  /// `nil` in the first record after a start or a resumption.
  public var secondsPerStep: Double?
  /// The bytes of all tensors of the process, the gradients of the step included.
  public var memoryBytes: Int

  /// The norm of the step's change of all weights by that of the weights, or `nil` if all weights
  /// were zero.
  public var updateRatio: Double? {
    let weights = layers.reduce(0) { $0 + $1.weightNorm * $1.weightNorm }
    let updates = layers.reduce(0) { sum, layer in
      let norm = (layer.updateRatio ?? 0) * layer.weightNorm
      return sum + norm * norm
    }
    return weights > 0 ? (updates / weights).squareRoot() : nil
  }
}
