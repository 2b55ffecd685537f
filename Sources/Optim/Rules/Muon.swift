import Autograd
import Tensor

/// Muon: the orthogonalized momentum for matrices, and AdamW for all other parameters. (Jordan et
/// al., 2024; PyTorch's `Muon`)
///
/// b ← b + (1 − μ)(g − b); u = g + μ(b − g), or b without Nesterov's momentum; O = the nearest
/// orthogonal matrix to u, by Newton–Schulz: X = u/‖u‖, then `iterations` times X ← aX + (bXXᵀ +
/// c(XXᵀ)²)X; p ← p − ηλp − η·s·O with the factor s of ``Adjustment``. The products are in the
/// parameter's own precision, or that of `withMatmulPrecision`, where PyTorch keeps X in bfloat16.
/// Each iteration takes three matrix products.
public struct MuonRule: UpdateRule {
  /// The factor s of the rate of a matrix [rows, columns].
  public enum Adjustment: String, Sendable, CaseIterable {
    /// √max(1, rows/columns).
    case original
    /// 0.2·√max(rows, columns): updates of the size of AdamW's.
    case matchingAdamW = "match-adamw"
  }

  /// Whether Muon changes the parameter, or AdamW.
  public internal(set) var isMatrix: Bool
  /// μ, the decay rate of the momentum buffer.
  public var momentum: Double
  /// Whether to use Nesterov's momentum.
  public var nesterov: Bool
  /// The number of Newton–Schulz iterations.
  public var iterations: Int
  /// ε, the least norm that a matrix is divided by.
  public var epsilon: Double
  /// The factor of the rate.
  public var adjustment: Adjustment
  /// The weight decay, decoupled.
  public var weightDecay: WeightDecay {
    didSet { adamW.weightDecay = weightDecay }
  }
  /// The rule of the other parameters.
  public var adamW: AdamRule
  /// The rate of AdamW as a multiple of Muon's.
  public var adamWRateScale: Double

  /// Returns the momentum buffer of a matrix, or AdamW's state of another parameter.
  public func initialState(of parameter: Tensor) -> [StateSlot] {
    isMatrix
      ? [.zeros("momentum_buffer", like: parameter)] : adamW.initialState(of: parameter)
  }

  /// Changes a parameter by one step.
  public func apply(
    to parameter: inout Tensor, gradient: Tensor, state: inout [Tensor], context: UpdateContext
  ) {
    guard isMatrix else {
      var context = context
      context.learningRate *= adamWRateScale
      adamW.apply(to: &parameter, gradient: gradient, state: &state, context: context)
      return
    }
    guard parameter.elementCount > 0 else { return }
    state[0] = lerp(state[0], gradient, 1 - momentum)
    let direction = nesterov ? lerp(gradient, state[0], momentum) : state[0]
    let (rows, columns) = (Double(parameter.shape[0]), Double(parameter.shape[1]))
    let factor =
      switch adjustment {
      case .original: max(1, rows / columns).squareRoot()
      case .matchingAdamW: 0.2 * max(rows, columns).squareRoot()
      }
    let decay = context.learningRate * weightDecay.decoupledRate
    if decay != 0 { parameter = parameter * (1 - decay) }
    parameter -= orthogonalized(direction) * (context.learningRate * factor)
  }

  /// The quintic Newton–Schulz iteration, on the side with the smaller product.
  private func orthogonalized(_ matrix: Tensor) -> Tensor {
    let (a, b, c) = (3.4445, -4.775, 2.0315)
    let isTall = matrix.shape[0] > matrix.shape[1]
    var x = isTall ? matrix.transposed() : matrix
    x = x / max(square(x).sum().scalar().squareRoot(), epsilon)
    for _ in 0..<iterations {
      let gram = matmul(x, x.transposed())
      x = x * a + matmul(gram * b + matmul(gram, gram) * c, x)
    }
    return isTall ? x.transposed() : x
  }
}

/// Muon; ``MuonRule`` describes the settings.
public final class Muon: RuleOptimizer<MuonRule>, @unchecked Sendable {
  /// Creates Muon for the matrices and AdamW for the rest.
  ///
  /// - Parameters:
  ///   - parameters: The parameters to optimize.
  ///   - learningRate: Muon's rate.
  ///   - momentum: μ.
  ///   - nesterov: Whether to use Nesterov's momentum.
  ///   - iterations: The number of Newton–Schulz iterations.
  ///   - adjustment: The factor of the rate by the shape.
  ///   - weightDecay: The decoupled decay of both.
  ///   - adamWLearningRate: The rate of AdamW while Muon's is `learningRate`; it follows in
  ///     proportion.
  ///   - beta1: β₁ of AdamW.
  ///   - beta2: β₂ of AdamW.
  ///   - maximize: Whether to maximize the objective instead of minimizing it.
  ///   - groups: Parameters that are treated differently.
  ///   - isMatrix: Which parameters with two axes Muon changes; embeddings and output layers
  ///     usually do better with AdamW. `nil` for all.
  public init(
    _ parameters: Parameters, learningRate: Double = 1e-3, momentum: Double = 0.95,
    nesterov: Bool = true, iterations: Int = 5, adjustment: MuonRule.Adjustment = .original,
    weightDecay: Double = 0.1, adamWLearningRate: Double = 1e-3, beta1: Double = 0.9,
    beta2: Double = 0.999, maximize: Bool = false, groups: [ParameterGroup] = [],
    where isMatrix: ((Parameters.Element) -> Bool)? = nil
  ) {
    requireBetas(beta1, beta2, 0, "muon")
    require(
      (0..<1).contains(momentum) && iterations >= 1 && learningRate > 0,
      """
      muon: momentum must be in 0..<1, iterations at least 1 and the learning rate above 0, got \
      \(momentum), \(iterations) and \(learningRate)
      """
    )
    let adamW = AdamRule(
      name: "adamw", beta1: beta1, beta2: beta2, epsilon: 1e-8,
      weightDecay: .decoupled(weightDecay), amsgrad: false)
    let rule = MuonRule(
      isMatrix: true, momentum: momentum, nesterov: nesterov, iterations: iterations,
      epsilon: 1e-7, adjustment: adjustment, weightDecay: .decoupled(weightDecay), adamW: adamW,
      adamWRateScale: adamWLearningRate / learningRate)
    super.init(
      rule, parameters, learningRate: learningRate, maximize: maximize, groups: groups
    ) { rule, element in
      rule.isMatrix = element.parameter.shape.rank == 2 && isMatrix?(element) ?? true
    }
  }
}
