import Autograd
import Tensor

/// Muon: the momentum of a matrix made orthogonal, and AdamW for all that is no matrix.  (Jordan et al., 2024;
/// PyTorch's `Muon`)
///
/// b ← b + (1 − μ)(g − b); u = g + μ(b − g), or b without Nesterov's momentum; O = the nearest orthogonal matrix
/// to u, by Newton–Schulz: X = u/‖u‖, then `iterations` times X ← aX + (bXXᵀ + c(XXᵀ)²)X; p ← p − ηλp − η·s·O
/// with the factor s of ``Adjustment``.  The products are in the parameter's own precision, where PyTorch
/// rounds to bfloat16.  Each iteration takes three matrix products.
public struct MuonRule: UpdateRule {
  /// `muon`.
  public var name: String { "muon" }

  /// s, by which the rate of a matrix [rows, columns] is adjusted.
  public enum Adjustment: String, Sendable, CaseIterable {
    /// √max(1, rows/columns).
    case original
    /// 0.2·√max(rows, columns): updates of the size of AdamW's.
    case matchingAdamW = "match-adamw"
  }

  /// Whether the parameter is a matrix for Muon; AdamW changes the others.
  public internal(set) var isMatrix: Bool
  /// μ, how much of the momentum buffer is kept.
  public var momentum: Double
  /// Whether to look ahead along the buffer.
  public var nesterov: Bool
  /// The Newton–Schulz iterations.
  public var iterations: Int
  /// ε, the least norm that is divided by.
  public var epsilon: Double
  /// The factor of the rate.
  public var adjustment: Adjustment
  /// How the parameter decays; decoupled.
  public var weightDecay: WeightDecay {
    didSet { adamW.weightDecay = weightDecay }
  }
  /// What changes the parameters that are no matrices.
  public var adamW: AdamRule
  /// The rate of AdamW as a multiple of Muon's.
  public var adamWRateScale: Double

  /// The momentum buffer of a matrix, AdamW's means of others.
  public func initialMemory(of parameter: Tensor) -> [Remembered] {
    isMatrix
      ? [.zeros("momentum_buffer", like: parameter)] : adamW.initialMemory(of: parameter)
  }

  /// Changes a parameter by one step.
  public func apply(
    to parameter: inout Tensor, gradient: Tensor, memory: inout [Tensor], _ update: Update
  ) {
    guard isMatrix else {
      var update = update
      update.learningRate *= adamWRateScale
      adamW.apply(to: &parameter, gradient: gradient, memory: &memory, update)
      return
    }
    guard parameter.elementCount > 0 else { return }
    memory[0] = lerp(memory[0], gradient, 1 - momentum)
    let direction = nesterov ? lerp(gradient, memory[0], momentum) : memory[0]
    let (rows, columns) = (Double(parameter.shape[0]), Double(parameter.shape[1]))
    let factor =
      switch adjustment {
      case .original: max(1, rows / columns).squareRoot()
      case .matchingAdamW: 0.2 * max(rows, columns).squareRoot()
      }
    let decay = update.learningRate * weightDecay.decoupledRate
    if decay != 0 { parameter = parameter * (1 - decay) }
    parameter -= orthogonalized(direction) * (update.learningRate * factor)
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

/// Muon; see ``MuonRule`` for what the settings do.
public final class Muon: RuleOptimizer<MuonRule>, @unchecked Sendable {
  /// Muon for the matrices, AdamW for the rest.
  ///
  /// - Parameters:
  ///   - parameters: What to change.
  ///   - learningRate: Muon's rate.
  ///   - momentum: μ.
  ///   - nesterov: Whether to look ahead along the buffer.
  ///   - iterations: The Newton–Schulz iterations.
  ///   - adjustment: The factor of the rate by the shape.
  ///   - weightDecay: The decoupled decay of both.
  ///   - adamWLearningRate: The rate of AdamW while Muon's is `learningRate`; it follows in proportion.
  ///   - beta1: β₁ of AdamW.
  ///   - beta2: β₂ of AdamW.
  ///   - maximize: Whether to climb instead of to descend.
  ///   - groups: Parameters that are treated differently.
  ///   - isMatrix: Which parameters with two axes Muon changes; embeddings and output layers most often go
  ///     better with AdamW.  Nil for all.
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
      "muon: the momentum \(momentum) is not in 0..<1, there are \(iterations) iterations, or the learning rate \(learningRate) is not positive"
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
