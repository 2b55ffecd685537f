import Tensor

/// The result of ``checkGradients(of:at:order:tolerance:seed:)``.
public struct GradientReport: Sendable, CustomStringConvertible {
  /// The comparison of the two derivatives with respect to one element of an input.
  public struct Comparison: Sendable {
    /// The position of the input, or the name of the parameter.
    public let input: String
    /// The position of the element in row-major order.
    public let element: Int
    /// The derivative computed by the pullbacks.
    public let analytic: Double
    /// The derivative estimated by central differences.
    public let numeric: Double

    /// The error |analytic − numeric| / max(1, |analytic|, |numeric|); NaN if one of them is NaN.
    public var error: Double {
      abs(analytic - numeric) / Swift.max(1, abs(analytic), abs(numeric))
    }
  }

  /// The order of derivative that was checked, 1 or 2.
  public let order: Int
  /// The greatest error that passes.
  public let tolerance: Double
  /// The comparison with the greatest error, or `nil` if there was nothing to compare.
  public private(set) var worst: Comparison?
  /// The number of elements that were compared.
  public private(set) var count = 0

  init(order: Int, tolerance: Double) {
    self.order = order
    self.tolerance = tolerance
  }

  mutating func add(_ comparison: Comparison) {
    count += 1
    guard let worst else {
      self.worst = comparison
      return
    }
    // A NaN is the worst of all.
    if !(comparison.error <= worst.error) && !worst.error.isNaN { self.worst = comparison }
  }

  /// Whether all errors are within the tolerance, which NaN is not.
  public var passed: Bool { worst.map { $0.error <= tolerance } ?? true }

  /// One line with the outcome and the worst comparison.
  public var description: String {
    guard let worst else { return "order \(order): nothing to compare" }
    return
      """
      order \(order): \(passed ? "passed" : "FAILED") at \(counted(count, "element")); worst \
      error \(spelled(worst.error)) at input \(worst.input), element \(worst.element): analytic \
      \(spelled(worst.analytic)), numeric \(spelled(worst.numeric))
      """
  }
}

/// Compares the gradients of a function with central differences, in float64.
///
/// The value of the function, of any shape, is multiplied by a random cotangent c, and the gradient
/// of ⟨c, f(x)⟩ is compared element by element with (⟨c, f(x + h)⟩ − ⟨c, f(x − h)⟩)/2h. A plain sum
/// in place of c would hide errors in operations whose outputs add up to a constant, such as
/// softmax. Order 2 does the same for the function x ↦ ⟨v, ∇⟨c, f⟩(x)⟩ with a random v, whose
/// gradient runs through the pullbacks of the pullbacks. Choose inputs away from kinks.
///
/// - Parameters:
///   - function: The function, of one tensor or several.
///   - inputs: The point, float64 tensors.
///   - order: 1 or 2.
///   - tolerance: The greatest error |a − n| / max(1, |a|, |n|) that passes.
///   - seed: The seed of the cotangents, and of the choice of elements where an input has more than
///     48.
/// - Returns: The worst error, and whether it is within the tolerance.
/// - Complexity: Two evaluations of the function for each element that is compared.
public func checkGradients(
  of function: ([Tensor]) -> Tensor, at inputs: [Tensor], order: Int = 1,
  tolerance: Double = 1e-6, seed: UInt64 = 0
) -> GradientReport {
  require(order == 1 || order == 2, "checkGradients: the order must be 1 or 2, got \(order)")
  for (i, input) in inputs.enumerated() {
    require(
      input.dtype == .float64,
      "checkGradients: input \(i) must be float64, got \(input.dtype)")
  }
  var generator = RandomGenerator(seed: seed)
  let cotangent = generator.normal(function(inputs).shape, dtype: .float64)
  let vectors = inputs.map { generator.normal($0.shape, dtype: .float64) }
  func first(_ inputs: [Tensor]) -> Tensor { (function(inputs) * cotangent).sum() }
  func second(_ inputs: [Tensor]) -> Tensor {
    let gradients = valueWithGradients(at: inputs, of: first).gradients
    return zip(gradients, vectors).map { ($0 * $1).sum() }.reduce(Tensor(0, dtype: .float64), +)
  }
  func scalar(_ inputs: [Tensor]) -> Tensor { order == 1 ? first(inputs) : second(inputs) }
  let analytic = valueWithGradients(at: inputs, of: scalar).gradients
  var report = GradientReport(order: order, tolerance: tolerance)
  for (i, input) in inputs.enumerated() {
    compare(analytic[i], at: input, named: String(i), into: &report, using: &generator) { moved in
      var point = inputs
      point[i] = moved
      return scalar(point).scalar()
    }
  }
  return report
}

/// Compares the gradients of a loss with respect to parameters with central differences.
///
/// This is ``checkGradients(of:at:order:tolerance:seed:)`` for a model built with dtype
/// `.float64`. The parameters that other tasks and threads see do not change.
///
/// - Parameters:
///   - parameters: The parameters to differentiate with respect to, float64.
///   - tolerance: The greatest error |a − n| / max(1, |a|, |n|) that passes.
///   - seed: The seed of the cotangent, and of the choice of elements where a parameter has more
///     than 48.
///   - function: Computes a tensor of any shape from the parameters.
/// - Returns: The worst error, and whether it is within the tolerance.
public func checkGradients(
  for parameters: Parameters, tolerance: Double = 1e-6, seed: UInt64 = 0,
  of function: () -> Tensor
) -> GradientReport {
  for element in parameters {
    require(
      element.parameter.dtype == .float64,
      "checkGradients: parameter '\(element.name)' must be float64, got \(element.parameter.dtype)")
  }
  var generator = RandomGenerator(seed: seed)
  let cotangent = generator.normal(function().shape, dtype: .float64)
  func scalar() -> Tensor { (function() * cotangent).sum() }
  let analytic = valueWithGradients(for: parameters, mode: .inference, scalar).gradients
  var report = GradientReport(order: 1, tolerance: tolerance)
  for (name, parameter) in parameters {
    compare(
      analytic[parameter], at: parameter.value, named: name, into: &report, using: &generator
    ) { moved in
      parameter.withValue(moved) { scalar().scalar() }
    }
  }
  return report
}

/// Compares the derivatives of a scalar function of one tensor at some of its elements.
private func compare(
  _ analytic: Tensor, at input: Tensor, named name: String, into report: inout GradientReport,
  using generator: inout RandomGenerator, _ function: (Tensor) -> Double
) {
  let gradient = analytic.scalars(as: Double.self)
  let values = input.scalars(as: Double.self)
  let limit = 48
  let elements =
    values.count <= limit
    ? Array(values.indices) : Array(generator.permutation(of: values.count).prefix(limit))
  func moved(_ element: Int, to value: Double) -> Tensor {
    var point = values
    point[element] = value
    return Tensor(point, shape: input.shape)
  }
  for element in elements {
    let value = values[element]
    // About the cube root of the rounding error, which balances it against the error of the
    // difference.
    let step = 6e-6 * Swift.max(1, abs(value))
    let (above, below) = (value + step, value - step)
    let difference = function(moved(element, to: above)) - function(moved(element, to: below))
    report.add(
      GradientReport.Comparison(
        input: name, element: element, analytic: gradient[element],
        numeric: difference / (above - below)))
  }
}
