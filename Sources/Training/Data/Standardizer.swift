import Autograd
import Tensor

/// The mean and deviation of each feature of some rows, to standardize features with.
///
/// ```swift
/// let scale = Standardizer(fitting: x, rows: split.training)
/// let standardized = scale.transform(x)            // (x − mean) / deviation
/// let original = scale.inverse(standardized)
/// ```
/// The rows are those to train on: with the statistics of all rows, the validation rows would
/// influence the training. Targets can be standardized too, and predictions converted back with
/// ``inverse(_:)``. It is `Codable`, so that it can be stored with a model.
public struct Standardizer: Sendable, Equatable, Codable {
  /// The shape of a row's statistics: that of the features, with size 1 along axes that share them.
  public let shape: [Int]
  /// The means, in row-major order.
  public let means: [Double]
  /// The deviations √(Σ(x − mean)² / n), in row-major order; 1 for a feature with one value.
  public let deviations: [Double]

  /// Computes the statistics of rows, which lie along the first axis.
  ///
  /// - Parameters:
  ///   - x: The features `[n, ...]`.
  ///   - rows: The rows to use, or `nil` for all of them.
  ///   - axes: Axes that share statistics besides the first one, such as 2 and 3 for the channels
  ///     of images `[n, channels, height, width]`.
  public init(fitting x: Tensor, rows: [Int]? = nil, sharedAlong axes: [Int] = []) {
    require(x.rank > 0, "Standardizer: a scalar has no axis of rows")
    let used = rows.map { Gathering.rows(x, at: $0) } ?? x
    require(used.shape[0] > 0, "Standardizer: there are no rows to fit to")
    let values = used.converted(to: .float64)
    let axes = [0] + axes
    let mean = values.mean(along: axes, keepingAxes: true)
    let distance = values - mean
    let deviation = sqrt(square(distance).mean(along: axes, keepingAxes: true))
    // A feature with one value has a deviation of 0 or, by rounding, hardly more.
    let highest = values.max(along: axes, keepingAxes: true)
    let isConstant = (highest .== values.min(along: axes, keepingAxes: true)).scalars(as: Bool.self)
    shape = Array(mean.shape.dropFirst())
    means = mean.scalars(as: Double.self)
    deviations = zip(deviation.scalars(as: Double.self), isConstant).map { $1 || $0 == 0 ? 1 : $0 }
  }

  /// Returns (x − mean) / deviation, float32 or, for float64, float64.
  ///
  /// - Parameter x: Any number of rows `[n, ...]` of the features that the statistics are of.
  /// - Returns: The standardized features, of the same shape.
  public func transform(_ x: Tensor) -> Tensor {
    let x = prepared(x, in: "Standardizer.transform")
    return (x - statistics(means, x)) / statistics(deviations, x)
  }

  /// Returns x · deviation + mean, which undoes ``transform(_:)``.
  public func inverse(_ x: Tensor) -> Tensor {
    let x = prepared(x, in: "Standardizer.inverse")
    return x * statistics(deviations, x) + statistics(means, x)
  }

  private func prepared(_ x: Tensor, in name: StaticString) -> Tensor {
    let features = x.shape.dropFirst()
    require(
      x.rank == shape.count + 1 && zip(shape, features).allSatisfy { $0 == $1 || $0 == 1 },
      "\(name): a tensor of shape \(x.shape) does not have the features of the fitted rows,"
        + " \(shape)")
    return x.dtype == .float64 ? x : x.converted(to: .float32)
  }

  private func statistics(_ values: [Double], _ x: Tensor) -> Tensor {
    Tensor(values, shape: Shape([1] + shape)).converted(to: x.dtype)
  }
}
