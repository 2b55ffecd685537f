import TestSupport
import Testing

/// Every optimizer with gradients near the ends of the range of float32.
struct ExtremeGradientTests {
  private static let rules = OptimizerCatalog.entries.filter { $0.innerCount == 0 }.map(\.name)

  /// The weights after steps with one gradient, whose elements have both signs.
  private static func weights(
    _ rule: String, _ size: Double, _ dtype: DType, steps: Int
  ) throws -> Tensor {
    let parameter = Parameter(Tensor([[1, -2], [0.5, 3]], dtype: dtype))
    let parameters = Parameters([("weight", parameter)])
    let optimizer = try OptimizerExpression(rule).optimizer(
      of: parameters, learningRate: 0.01, groups: [])
    let gradient = Tensor([[1, -1], [0.5, -0.25]], dtype: dtype) * size
    for _ in 0..<steps { optimizer.step(Gradients([gradient], for: parameters)) }
    return parameter.value
  }

  /// Also where squares of the gradient are 0 or infinite in float32, except for Adafactor, which
  /// divides means of squares by one another.
  @Test(arguments: rules, [0, 1e-40, 1e-30, 1e-25, 1e-20, 1e20, 1e25, 1e30])
  func weightsStayFinite(_ rule: String, _ size: Double) throws {
    if rule == "adafactor" && size > 1e19 { return }
    let weights = try Self.weights(rule, size, .float32, steps: 5)
    #expect(weights.isFinite, "\(weights)")
  }

  /// The weighted squares of Adam, RMSProp and their kin are within the range for gradients whose squares are not.
  @Test(
    arguments: ["adam", "adamw", "amsgrad", "nadam", "rmsprop", "adamax"], [1e-20, 1e-25, 5e19])
  func stepsAreThoseOfFloat64(_ rule: String, _ size: Double) throws {
    guard Self.rules.contains(rule) else { return }
    let float = try Self.weights(rule, size, .float32, steps: 5)
    let wide = try Self.weights(rule, size, .float64, steps: 5)
    expectClose(float.converted(to: .float64), wide, relative: 2e-5, absolute: 1e-6)
  }

  /// The variance of equal gradients is 0, and rounding must not make it negative.
  @Test(arguments: [0.1, 0.3, 1.7, 123.4])
  func aCenteredSecondMomentIsNeverNegative(_ size: Double) throws {
    for dtype in [DType.float32, .float64] {
      let parameter = Parameter(Tensor([1, 1], dtype: dtype))
      let parameters = Parameters([("weight", parameter)])
      let optimizer = RMSProp(parameters, learningRate: 1e-6, smoothing: 0.9, centered: true)
      let gradient = Tensor([1, -0.3], dtype: dtype) * size
      for _ in 0..<500 {
        optimizer.step(Gradients([gradient], for: parameters))
        #expect(parameter.value.isFinite)
      }
    }
  }
}
