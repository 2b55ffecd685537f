import Foundation
import NN
import Tensor

extension RateRange {
  /// The losses against the decimal logarithm of the learning rate.
  package func plot(title: String) -> LossPlot {
    func curve(_ name: String, _ value: (Point) -> Double) -> LossPlot.Curve {
      LossPlot.Curve(name: name, points: points.map { (log10($0.learningRate), value($0)) })
    }
    return LossPlot(
      title: "\(title), loss against log₁₀ of the learning rate", horizontal: "log₁₀ of the rate",
      curves: [curve("smoothed", \.smoothedLoss), curve("batch", \.loss)])
  }
}

extension TrainingConfiguration {
  /// The range test of the model and optimizer that the configuration describes, from their start.
  package func rateRange(
    on data: TaskData, rates: ClosedRange<Double>, steps: Int
  ) throws -> RateRange {
    let subject = subject(of: data)
    let parameters = subject.model.parameters
    func find() throws -> RateRange {
      try findLearningRate(
        of: subject.objective, parameters: parameters, buffers: subject.model.buffers,
        optimizer: optimizer(parameters), batchSize: batchSize, rates: rates, steps: steps,
        clipNorm: clipNorm > 0 ? clipNorm : nil, seed: seed)
    }
    guard let threads else { return try find() }
    return try withThreads(threads, find)
  }
}
