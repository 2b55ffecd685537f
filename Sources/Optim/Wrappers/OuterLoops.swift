import Autograd
import Tensor

// Outer loops that have names, with the values of their papers.

extension Lookahead {
  /// DiLoCo: Nesterov's momentum outside. (Douillard et al., 2023, 2311.08105)
  ///
  /// φ ← φ − η(Δ + μb) with b ← μb + Δ. The paper has AdamW inside, whose state each worker keeps.
  ///
  /// - Parameters:
  ///   - inner: The optimizer that takes the steps.
  ///   - syncPeriod: H, the number of steps between synchronizations.
  ///   - outerLearningRate: η.
  ///   - outerMomentum: μ; 0 for gradient descent outside.
  ///   - workers: The workers, which start from the weights of worker 0.
  ///   - weight: The weight of this worker in Δ, such as the number of its examples.
  ///   - innerState: What happens to the state of the inner optimizer at a synchronization.
  /// - Returns: The loop, before its first step.
  public static func diLoCo(
    _ inner: any Optimizer, syncPeriod: Int = 500, outerLearningRate: Double = 0.7,
    outerMomentum: Double = 0.9, across workers: any Communicator = OneWorker(),
    weight: Double = 1, innerState: InnerStatePolicy = .keep
  ) -> Lookahead {
    Lookahead(
      inner, syncPeriod: syncPeriod,
      outer: {
        SGD(
          $0, learningRate: outerLearningRate, momentum: outerMomentum, nesterov: outerMomentum > 0)
      },
      across: workers, weight: weight, innerState: innerState)
  }

  /// SNOO: DiLoCo on a single worker, with a shorter period. (Kallusky et al., 2025,
  /// 2510.15830)
  ///
  /// φ ← φ − η(Δ + μb) with b ← μb + Δ; Lookahead of step size η where μ is 0. The paper tunes K, η
  /// and μ for each model; the rate and the momentum here are those of DiLoCo.
  ///
  /// - Parameters:
  ///   - inner: The optimizer that takes the steps.
  ///   - syncPeriod: K, the number of steps between synchronizations.
  ///   - outerLearningRate: η.
  ///   - outerMomentum: μ; 0 for gradient descent outside.
  ///   - workers: The workers, which start from the weights of worker 0.
  ///   - weight: The weight of this worker in Δ, such as the number of its examples.
  ///   - innerState: What happens to the state of the inner optimizer at a synchronization.
  /// - Returns: The loop, before its first step.
  public static func snoo(
    _ inner: any Optimizer, syncPeriod: Int = 30, outerLearningRate: Double = 0.7,
    outerMomentum: Double = 0.9, across workers: any Communicator = OneWorker(),
    weight: Double = 1, innerState: InnerStatePolicy = .keep
  ) -> Lookahead {
    diLoCo(
      inner, syncPeriod: syncPeriod, outerLearningRate: outerLearningRate,
      outerMomentum: outerMomentum, across: workers, weight: weight, innerState: innerState)
  }

  /// Federated averaging: gradient descent outside, which at the rate 1 takes the mean of
  /// the workers' weights. (McMahan et al., 2016, 1602.05629)
  ///
  /// φ ← φ − ηΔ. A worker keeps no state between its turns. On a single worker a rate of 1 is the
  /// inner optimizer itself.
  ///
  /// - Parameters:
  ///   - inner: The optimizer that takes the steps, SGD in the paper.
  ///   - syncPeriod: The number of steps between synchronizations; the default is that of five
  ///     epochs over 600 examples in batches of ten.
  ///   - outerLearningRate: η.
  ///   - workers: The workers, which start from the weights of worker 0.
  ///   - weight: The weight of this worker in Δ, such as the number of its examples.
  ///   - innerState: What happens to the state of the inner optimizer at a synchronization.
  /// - Returns: The loop, before its first step.
  public static func fedAvg(
    _ inner: any Optimizer, syncPeriod: Int = 300, outerLearningRate: Double = 1,
    across workers: any Communicator = OneWorker(), weight: Double = 1,
    innerState: InnerStatePolicy = .reset
  ) -> Lookahead {
    Lookahead(
      inner, syncPeriod: syncPeriod, outer: { SGD($0, learningRate: outerLearningRate) },
      across: workers, weight: weight, innerState: innerState)
  }

  /// FedAdam: Adam without bias correction outside. (Reddi et al., 2020, 2003.00295,
  /// algorithm 2)
  ///
  /// m ← β₁m + (1 − β₁)Δ; v ← β₂v + (1 − β₂)Δ²; φ ← φ − ηm/(√v + τ), from m = 0 and v = τ². The
  /// paper asks for v ≥ τ² at the start; Flower starts at 0 and multiplies η by √(1 − β₂ᵗ⁺¹)/(1 −
  /// β₁ᵗ⁺¹). A worker keeps no state between its turns.
  ///
  /// - Parameters:
  ///   - inner: The optimizer that takes the steps, SGD in the paper.
  ///   - syncPeriod: The number of steps between synchronizations; the default is that of an epoch
  ///     over 200 examples in batches of twenty.
  ///   - outerLearningRate: η, which the paper tunes for each task.
  ///   - outerBeta1: β₁, the decay rate of the mean of Δ.
  ///   - outerBeta2: β₂, the decay rate of the mean of Δ².
  ///   - tau: τ, the degree of adaptivity, above 0.
  ///   - initialAccumulator: v at the start, or `nil` for τ².
  ///   - workers: The workers, which start from the weights of worker 0.
  ///   - weight: The weight of this worker in Δ, such as the number of its examples.
  ///   - innerState: What happens to the state of the inner optimizer at a synchronization.
  /// - Returns: The loop, before its first step.
  public static func fedAdam(
    _ inner: any Optimizer, syncPeriod: Int = 10, outerLearningRate: Double = 0.01,
    outerBeta1: Double = 0.9, outerBeta2: Double = 0.99, tau: Double = 1e-3,
    initialAccumulator: Double? = nil, across workers: any Communicator = OneWorker(),
    weight: Double = 1, innerState: InnerStatePolicy = .reset
  ) -> Lookahead {
    require(tau > 0, "fedadam: tau must be above 0, got \(tau)")
    return Lookahead(
      inner, syncPeriod: syncPeriod,
      outer: {
        Adam(
          $0, learningRate: outerLearningRate, beta1: outerBeta1, beta2: outerBeta2, epsilon: tau,
          biasCorrection: false, initialAccumulator: initialAccumulator ?? tau * tau)
      },
      across: workers, weight: weight, innerState: innerState)
  }
}
