import Training
import Foundation
import NN
import Tensor

extension RateRange {
  /// The losses against the decimal logarithm of the learning rate.
  func plot(title: String) -> LinePlot {
    func curve(_ name: String, _ value: (Point) -> Double) -> LinePlot.Curve {
      LinePlot.Curve(name: name, points: points.map { (log10($0.learningRate), value($0)) })
    }
    return LinePlot(
      title: "\(title), loss against log₁₀ of the learning rate", horizontal: "log₁₀ of the rate",
      curves: [curve("smoothed", \.smoothedLoss), curve("batch", \.loss)])
  }
}

extension TrainingConfiguration {
  /// The range test of the model and optimizer that the configuration describes, from their start.
  func rateRange(
    on data: TaskData, rates: ClosedRange<Double>, steps: Int
  ) -> RateRange {
    let subject = subject(of: data)
    let parameters = subject.model.parameters
    func find() -> RateRange {
      findLearningRate(
        of: subject.objective, optimizer: optimizer(parameters), batchSize: batchSize, rates: rates, steps: steps,
        clipNorm: clipNorm > 0 ? clipNorm : nil, seed: seed)
    }
    guard let threads else { return find() }
    return withThreads(threads, find)
  }
}
