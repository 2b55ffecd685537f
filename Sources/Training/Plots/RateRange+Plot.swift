import CLibrary

extension RateRange {
  /// Returns a plot of the losses against the decimal logarithm of the learning rate.
  ///
  /// - Parameter title: What the losses are of.
  /// - Returns: The curves of the batches' losses and of their moving average.
  public func plot(title: String) -> LinePlot {
    func curve(_ name: String, _ value: (Point) -> Double) -> LinePlot.Curve {
      LinePlot.Curve(name: name, points: points.map { (log10($0.learningRate), value($0)) })
    }
    return LinePlot(
      title: "\(title), loss against log₁₀ of the learning rate", horizontal: "log₁₀ of the rate",
      curves: [curve("smoothed", \.smoothedLoss), curve("batch", \.loss)])
  }
}
