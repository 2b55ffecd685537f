// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

import Autograd
import Tensor

// Optimizers as PyTorch and MLX spell them.

extension Optimizer {
  @available(
    *, unavailable, message: "leave it out: gradients are returned, there is nothing to zero"
  )
  public func zero_grad() -> Void { fatalError() }
  @available(
    *, unavailable, message: "leave it out: gradients are returned, there is nothing to zero"
  )
  public func zeroGrad() -> Void { fatalError() }
  @available(*, unavailable, message: "pass the gradients: 'optimizer.step(gradients)'")
  public func step() -> Void { fatalError() }
  @available(*, unavailable, message: "use 'state'")
  public func state_dict() -> OptimizerState { fatalError() }
  @available(*, unavailable, message: "use 'load(_:)'")
  public func load_state_dict(_ state: OptimizerState) -> Void { fatalError() }
  @available(*, unavailable, message: "use 'step(gradients)'")
  public func update<Model>(model: Model, gradients: Gradients) -> Void { fatalError() }
  @available(*, unavailable, message: "use 'learningRate'")
  public var lr: Double { fatalError() }
  @available(*, unavailable, message: "use 'groups:' at creation, and 'learningRate'")
  public var param_groups: [ParameterGroup] { fatalError() }
}

extension Schedule {
  @available(
    *, unavailable, message: "schedules are values: 'optimizer.learningRate = schedule(step)'"
  )
  public func step() -> Void { fatalError() }
  @available(*, unavailable, message: "schedules are values: 'schedule(step)'")
  public func get_last_lr() -> Double { fatalError() }
}

extension SGD {
  @available(*, unavailable, message: "use 'SGD(model.parameters, learningRate: 1e-3)'")
  public convenience init(
    _ parameters: Parameters, lr: Double, momentum: Double = 0,
    betas: (Double, Double) = (0.9, 0.999), eps: Double = 1e-8, weight_decay: Double = 0
  ) { fatalError() }
  @available(*, unavailable, message: "use 'SGD(model.parameters, learningRate: 1e-3)'")
  public convenience init(learningRate: Double) { fatalError() }
}

extension Adam {
  @available(*, unavailable, message: "use 'Adam(model.parameters, learningRate: 1e-3)'")
  public convenience init(
    _ parameters: Parameters, lr: Double, momentum: Double = 0,
    betas: (Double, Double) = (0.9, 0.999), eps: Double = 1e-8, weight_decay: Double = 0
  ) { fatalError() }
  @available(*, unavailable, message: "use 'Adam(model.parameters, learningRate: 1e-3)'")
  public convenience init(learningRate: Double) { fatalError() }
  @available(*, unavailable, message: "use 'beta1: 0.9, beta2: 0.999'")
  public convenience init(
    _ parameters: Parameters, learningRate: Double, betas: (Double, Double), weightDecay: Double = 0
  ) { fatalError() }
}

extension AdamW {
  @available(*, unavailable, message: "use 'AdamW(model.parameters, learningRate: 1e-3)'")
  public convenience init(
    _ parameters: Parameters, lr: Double, momentum: Double = 0,
    betas: (Double, Double) = (0.9, 0.999), eps: Double = 1e-8, weight_decay: Double = 0
  ) { fatalError() }
  @available(*, unavailable, message: "use 'AdamW(model.parameters, learningRate: 1e-3)'")
  public convenience init(learningRate: Double) { fatalError() }
  @available(*, unavailable, message: "use 'beta1: 0.9, beta2: 0.999'")
  public convenience init(
    _ parameters: Parameters, learningRate: Double, betas: (Double, Double), weightDecay: Double = 0
  ) { fatalError() }
}

extension RMSProp {
  @available(*, unavailable, message: "use 'RMSProp(model.parameters, learningRate: 1e-3)'")
  public convenience init(
    _ parameters: Parameters, lr: Double, momentum: Double = 0,
    betas: (Double, Double) = (0.9, 0.999), eps: Double = 1e-8, weight_decay: Double = 0
  ) { fatalError() }
  @available(*, unavailable, message: "use 'RMSProp(model.parameters, learningRate: 1e-3)'")
  public convenience init(learningRate: Double) { fatalError() }
}

extension Adagrad {
  @available(*, unavailable, message: "use 'Adagrad(model.parameters, learningRate: 1e-3)'")
  public convenience init(
    _ parameters: Parameters, lr: Double, momentum: Double = 0,
    betas: (Double, Double) = (0.9, 0.999), eps: Double = 1e-8, weight_decay: Double = 0
  ) { fatalError() }
  @available(*, unavailable, message: "use 'Adagrad(model.parameters, learningRate: 1e-3)'")
  public convenience init(learningRate: Double) { fatalError() }
}

extension NAdam {
  @available(*, unavailable, message: "use 'NAdam(model.parameters, learningRate: 1e-3)'")
  public convenience init(
    _ parameters: Parameters, lr: Double, momentum: Double = 0,
    betas: (Double, Double) = (0.9, 0.999), eps: Double = 1e-8, weight_decay: Double = 0
  ) { fatalError() }
  @available(*, unavailable, message: "use 'NAdam(model.parameters, learningRate: 1e-3)'")
  public convenience init(learningRate: Double) { fatalError() }
  @available(*, unavailable, message: "use 'beta1: 0.9, beta2: 0.999'")
  public convenience init(
    _ parameters: Parameters, learningRate: Double, betas: (Double, Double), weightDecay: Double = 0
  ) { fatalError() }
}

extension RAdam {
  @available(*, unavailable, message: "use 'RAdam(model.parameters, learningRate: 1e-3)'")
  public convenience init(
    _ parameters: Parameters, lr: Double, momentum: Double = 0,
    betas: (Double, Double) = (0.9, 0.999), eps: Double = 1e-8, weight_decay: Double = 0
  ) { fatalError() }
  @available(*, unavailable, message: "use 'RAdam(model.parameters, learningRate: 1e-3)'")
  public convenience init(learningRate: Double) { fatalError() }
  @available(*, unavailable, message: "use 'beta1: 0.9, beta2: 0.999'")
  public convenience init(
    _ parameters: Parameters, learningRate: Double, betas: (Double, Double), weightDecay: Double = 0
  ) { fatalError() }
}

extension Lion {
  @available(*, unavailable, message: "use 'Lion(model.parameters, learningRate: 1e-3)'")
  public convenience init(
    _ parameters: Parameters, lr: Double, momentum: Double = 0,
    betas: (Double, Double) = (0.9, 0.999), eps: Double = 1e-8, weight_decay: Double = 0
  ) { fatalError() }
  @available(*, unavailable, message: "use 'Lion(model.parameters, learningRate: 1e-3)'")
  public convenience init(learningRate: Double) { fatalError() }
}

extension Muon {
  @available(*, unavailable, message: "use 'Muon(model.parameters, learningRate: 1e-3)'")
  public convenience init(
    _ parameters: Parameters, lr: Double, momentum: Double = 0,
    betas: (Double, Double) = (0.9, 0.999), eps: Double = 1e-8, weight_decay: Double = 0
  ) { fatalError() }
  @available(*, unavailable, message: "use 'Muon(model.parameters, learningRate: 1e-3)'")
  public convenience init(learningRate: Double) { fatalError() }
}

extension WeightAverage {
  @available(*, unavailable, message: "use 'WeightAverage(optimizer, .exponential(decay: 0.999))'")
  public convenience init(_ optimizer: any Optimizer, decay: Double) { fatalError() }
  @available(
    *, unavailable,
    message: "wrap the optimizer: 'WeightAverage(AdamW(parameters), .exponential(decay: 0.999))'"
  )
  public convenience init(_ parameters: Parameters, decay: Double) { fatalError() }
}

extension ParameterGroup {
  @available(*, unavailable, message: "use 'ParameterGroup(names: \"head.*\")'")
  public init(
    _ patterns: String..., learningRateScale: Double = 1, weightDecay: Double? = nil,
    momentum: Double? = nil
  ) { fatalError() }
}

@available(*, unavailable, message: "use 'WeightAverage(optimizer, .exponential(decay: 0.999))'")
public typealias EMA = WeightAverage
@available(*, unavailable, renamed: "StepDecay")
public typealias StepLR = StepDecay
@available(*, unavailable, renamed: "CosineDecay")
public typealias CosineAnnealingLR = CosineDecay
@available(*, unavailable, renamed: "ExponentialDecay")
public typealias ExponentialLR = ExponentialDecay
@available(*, unavailable, renamed: "OneCycle")
public typealias OneCycleLR = OneCycle
@available(*, unavailable, renamed: "ReduceOnPlateau")
public typealias ReduceLROnPlateau = ReduceOnPlateau
@available(*, unavailable, renamed: "RMSProp")
public typealias RMSprop = RMSProp
