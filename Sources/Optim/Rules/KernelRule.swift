import Autograd
import CKernels
import CLibrary
import Tensor

/// A rule whose step is one pass of a C kernel over a parameter, its gradient and its state.
///
/// The kernel multiplies the gradient by its scale as it reads it, so clipping costs no pass.
protocol KernelRule: UpdateRule {
  /// The kernel of a step.
  var kernel: ck_step_rule { get }

  /// Completes the settings of the kernel, which has the gradient's scale, the rate and the weight
  /// decay already.
  ///
  /// A rule whose state holds more than the kernel's tensors, which are the first ones, changes it
  /// here.
  func configure(
    _ settings: inout ck_step_settings, state: inout [Tensor], context: UpdateContext)
}

extension KernelRule {
  /// Returns `true`: the kernel multiplies the gradient as it reads it.
  public var scalesGradient: Bool { true }

  /// Changes a parameter by one pass of the kernel.
  public func apply(
    to parameter: inout Tensor, gradient: Tensor, state: inout [Tensor], context: UpdateContext
  ) {
    var settings = ck_step_settings(context, weightDecay)
    configure(&settings, state: &state, context: context)
    OptimizerSteps.step(kernel, &parameter, gradient, state: state, settings)
  }
}

/// A rule whose momentum is β₁.
protocol BetaRule: UpdateRule {
  /// β₁, the decay rate of the mean of the gradients.
  var beta1: Double { get set }
}

extension BetaRule {
  /// β₁.
  public var momentum: Double {
    get { beta1 }
    set { beta1 = newValue }
  }
}

/// A rule that keeps a running mean of squared gradients, v ← β₂v + (1 − β₂)g² from v = 0.
protocol SecondMomentRule: UpdateRule {
  /// β₂, the decay rate of the mean of squares.
  var beta2: Double { get }
  /// The position of v in the state.
  var secondMomentPosition: Int { get }
}

extension SecondMomentRule {
  /// The second tensor of the state, after the mean of the gradients.
  var secondMomentPosition: Int { 1 }

  /// Returns v/(1 − β₂ᵗ), or v itself before the first step.
  public func secondMoment(in state: [Tensor], step: Int) -> Tensor? {
    correctedSecondMoment(in: state, step: step)
  }

  /// Returns v/(1 − β₂ᵗ), or v itself before the first step.
  func correctedSecondMoment(in state: [Tensor], step: Int) -> Tensor {
    let v = state[secondMomentPosition]
    return step == 0 ? v : v / (1 - pow(beta2, Double(step)))
  }
}

extension ck_step_settings {
  /// Creates the settings that every kernel needs: the scale of the gradient, the weight decay and
  /// the rate.
  init(_ context: UpdateContext, _ decay: WeightDecay) {
    self.init()
    grad_scale = context.gradientScale
    l2 = decay.coupledRate
    shrink = context.learningRate * decay.decoupledRate
    rate = context.learningRate
    correction = 1
    first = context.step == 1 ? 1 : 0
  }

  /// Sets how much of a first mean is kept; the rest comes from the new value.
  mutating func keep(_ beta1: Double) {
    self.beta1 = beta1
    weight1 = 1 - beta1
  }

  /// Sets how much of a mean of squares is kept.
  mutating func keepSquares(_ beta2: Double) {
    self.beta2 = beta2
    weight2 = 1 - beta2
  }

  /// Sets the decay rates of Adam's means, and the corrections for their start at 0.
  mutating func correct(_ beta1: Double, _ beta2: Double, step: Int) {
    keep(beta1)
    keepSquares(beta2)
    rate /= 1 - pow(beta1, Double(step))
    correction = 1 / (1 - pow(beta2, Double(step))).squareRoot()
  }
}

/// Stops the program if decay rates or ε are out of range for Adam and its variants.
func requireBetas(_ beta1: Double, _ beta2: Double, _ epsilon: Double, _ name: String) {
  require(
    (0..<1).contains(beta1) && (0..<1).contains(beta2) && epsilon >= 0,
    """
    \(name): beta1 and beta2 must be in 0..<1 and epsilon at least 0, got \(beta1), \(beta2) and \
    \(epsilon)
    """
  )
}
