/// The mean of some values, and their sample deviation √(Σ(x − mean)² / (n − 1)).
public struct MeanAndDeviation: Codable, Sendable, Equatable, CustomStringConvertible {
  /// The mean.
  public var mean: Double
  /// The sample deviation, or `nil` for a single value.
  public var deviation: Double?

  /// Creates the mean and deviation of some values, or `nil` if there are none.
  public init?(_ values: [Double]) {
    guard !values.isEmpty else { return nil }
    let mean = values.reduce(0, +) / Double(values.count)
    self.mean = mean
    guard values.count > 1 else { return }
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    deviation = (squares / Double(values.count - 1)).squareRoot()
  }

  /// The mean and the deviation in few digits: `0.123 ± 0.01`.
  public var description: String {
    Format.number(mean) + (deviation.map { " ± " + Format.number($0, digits: 2) } ?? "")
  }
}
