import Autograd
import CLibrary
import Tensor

/// Adafactor: the mean of squares of a matrix from those of its rows and columns. (Shazeer and
/// Stern, 2018, 1804.04235)
///
/// With t from 1, ρ = min(η, 1/√t) and α = max(ε₂, RMS(p))·ρ: R and C are running means, with
/// weight t^(decay) for the new value, of the means of g² along the last axis and the one before; V
/// = RC/mean(R), or a mean of g² itself where there are fewer than two axes; U = g/√V, then U ←
/// U/max(1, RMS(U)/d), p ← p − αU. The state of a matrix [rows, columns] is rows + columns numbers
/// instead of 2·rows·columns. Each step takes several passes.
public struct AdafactorRule: UpdateRule {
  /// The implementation whose details are followed.
  public enum Variant: String, Sendable, CaseIterable {
    /// PyTorch's: V at least ε₁², the mean of R at least ε₁, and p ← p − ηλp before.
    case torch
    /// The relative step of Hugging Face and MLX: ε₁ is added to g², and p ← p − αλp before. A
    /// learning rate of 0.01 gives their `relative_step` with `scale_parameter`, which fixes that
    /// bound.
    case relativeStep = "relative-step"
  }

  /// The implementation whose details are followed.
  public let variant: Variant
  /// The exponent of t in the decay rate 1 − t^(decay) of the means, at most 0.
  public var beta2Decay: Double
  /// ε₁; `nil` for the spacing of numbers at 1 in the parameter's dtype, or 10⁻³⁰ with the relative
  /// step.
  public var epsilon1: Double?
  /// ε₂, the least root mean square of the parameter that is used.
  public var epsilon2: Double
  /// d, the largest root mean square of an update.
  public var clipThreshold: Double
  /// The weight decay, decoupled.
  public var weightDecay: WeightDecay

  /// Returns the means of rows and columns, or of all squares of a parameter with fewer than two
  /// axes.
  public func initialState(of parameter: Tensor) -> [StateSlot] {
    guard parameter.rank >= 2 else { return [.zeros("variance", like: parameter)] }
    let (rows, columns) = (
      parameter.mean(along: -1, keepingAxes: true), parameter.mean(along: -2, keepingAxes: true)
    )
    return [.zeros("row_var", like: rows), .zeros("col_var", like: columns)]
  }

  /// Changes a parameter by one step.
  public func apply(
    to parameter: inout Tensor, gradient: Tensor, state: inout [Tensor], context: UpdateContext
  ) {
    guard parameter.elementCount > 0 else { return }
    let t = Double(context.step)
    let g = weightDecay.coupledRate == 0 ? gradient : gradient + parameter * weightDecay.coupledRate
    let share = pow(t, beta2Decay)
    let step =
      max(epsilon2, rootMeanSquare(parameter)) * min(context.learningRate, 1 / t.squareRoot())
    let spacing = parameter.dtype == .float64 ? Double.ulpOfOne : Double(Float.ulpOfOne)
    let squares: Tensor
    let least: Double
    switch variant {
    case .torch:
      squares = square(g)
      least = epsilon1 ?? spacing
    case .relativeStep:
      squares = square(g) + (epsilon1 ?? 1e-30)
      least = 0
    }
    let variance: Tensor
    if parameter.rank >= 2 {
      state[0] = lerp(state[0], squares.mean(along: -1, keepingAxes: true), share)
      state[1] = lerp(state[1], squares.mean(along: -2, keepingAxes: true), share)
      let mean = state[0].mean(along: -2, keepingAxes: true)
      variance = state[0] / maximum(mean, Tensor.full(like: mean, least)) * state[1]
    } else {
      state[0] = lerp(state[0], squares, share)
      variance = state[0]
    }
    let root = rsqrt(maximum(variance, Tensor.full(like: variance, least * least)))
    let direction = root * g
    let size = max(1, rootMeanSquare(direction) / clipThreshold)
    let decay = weightDecay.decoupledRate * (variant == .torch ? context.learningRate : step)
    if decay != 0 { parameter = parameter * (1 - decay) }
    parameter -= direction * (step / size)
  }

  private func rootMeanSquare(_ x: Tensor) -> Double {
    square(x).mean().scalar().squareRoot()
  }
}

/// Adafactor; ``AdafactorRule`` describes the settings.
public final class Adafactor: RuleOptimizer<AdafactorRule>, @unchecked Sendable {
  /// Creates Adafactor with decoupled weight decay of the rate `weightDecay`.
  public init(
    _ parameters: Parameters, learningRate: Double = 1e-2,
    variant: AdafactorRule.Variant = .torch, beta2Decay: Double = -0.8, epsilon1: Double? = nil,
    epsilon2: Double = 1e-3, clipThreshold: Double = 1, weightDecay: Double = 0,
    maximize: Bool = false, groups: [ParameterGroup] = []
  ) {
    require(
      beta2Decay <= 0 && epsilon1 ?? 0 >= 0 && epsilon2 >= 0 && clipThreshold > 0,
      """
      adafactor: beta2Decay must be at most 0, the epsilons at least 0 and clipThreshold above 0, \
      got \(beta2Decay), \(epsilon1 ?? 0), \(epsilon2) and \(clipThreshold)
      """
    )
    super.init(
      AdafactorRule(
        variant: variant, beta2Decay: beta2Decay, epsilon1: epsilon1, epsilon2: epsilon2,
        clipThreshold: clipThreshold, weightDecay: .decoupled(weightDecay)),
      parameters, learningRate: learningRate, maximize: maximize, groups: groups)
  }
}
