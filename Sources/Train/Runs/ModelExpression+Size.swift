import Optim
import Training

extension ModelExpression {
  /// The most weights that a model may have: with optimizer and gradients some gigabytes.
  private static var maximumWeightCount: Double { 200_000_000 }

  /// Rejects a model that is too large, or too large for the data.
  ///
  /// - Throws: ``UsageError`` that names the setting to lower, or the model to replace.
  func checkSize(_ shape: ModelShape) throws {
    if let problem = entry.traits.problem(shape) {
      throw UsageError("--model: \(name): \(problem)")
    }
    let count = entry.traits.weightCount(self, shape)
    guard count > Self.maximumWeightCount else { return }
    throw UsageError(
      "--\(entry.traits.sizeSetting): \(Format.count(count)) weights; at most"
        + " \(Format.count(Self.maximumWeightCount)) can be trained")
  }
}
