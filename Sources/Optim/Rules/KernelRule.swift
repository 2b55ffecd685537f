import CKernels

extension ck_step_settings {
  /// What every rule's kernel is told: the scale of the gradient and the decay, and the rate.
  init(_ update: Update, _ decay: WeightDecay) {
    self.init()
    grad_scale = update.gradientScale
    l2 = decay.coupledRate
    shrink = update.learningRate * decay.decoupledRate
    rate = update.learningRate
    correction = 1
    first = update.step == 1 ? 1 : 0
  }

  /// Sets how much of a first mean is kept; the rest comes from what is new.
  mutating func keep(_ beta1: Double) {
    self.beta1 = beta1
    weight1 = 1 - beta1
  }

  /// Sets how much of a mean of squares is kept.
  mutating func keepSquares(_ beta2: Double) {
    self.beta2 = beta2
    weight2 = 1 - beta2
  }
}
