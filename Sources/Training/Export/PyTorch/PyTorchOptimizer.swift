import Optim
import Tensor

/// The optimizer of a run in PyTorch: how it is created, and the state that it continues from.
struct PyTorchOptimizer {
  /// What follows the steps of the optimizer, and has the weights to evaluate.
  enum Wrapper {
    case lookahead(period: Int, slowStepSize: Double)
    case exponentialAverage(decay: Double)
    case uniformAverage(start: Int, period: Int)
  }

  /// The class.
  let type: String
  /// The definition of the class, or `nil` for one of PyTorch.
  let definition: String?
  /// The arguments of its initializer besides the parameters, the rate and the weight decay.
  let arguments: [String]
  /// The weight decay of the matrices; that of the other parameters is 0.
  let weightDecay: Double
  /// Whether the weight decay is decoupled where the class knows a coupled one only.
  let decaysApart: Bool
  /// What follows the steps, or `nil`.
  let wrapper: Wrapper?
  /// β₁ of an optimizer that evaluates an average of its own, or `nil`.
  let averageBeta: Double?
  /// Whether a schedule of the momentum changes β₁, and not a setting `momentum`.
  let hasBetas: Bool

  /// Whether the state counts the steps of each parameter.
  private let countsSteps: Bool
  /// Whether the state before the first step differs from what PyTorch begins with.
  private let hasInitialState: Bool

  /// The prefix of the rule in the state of the optimizer.
  private var prefix: String { wrapper == nil ? "" : "inner." }

  /// Finds the counterpart of an optimizer.
  ///
  /// - Throws: ``TrainingError`` of kind `data` that says why there is none.
  init(_ expression: OptimizerExpression) throws(TrainingError) {
    wrapper = try Self.wrapper(expression)
    let rule = expression.inner.first ?? expression
    guard rule.inner.isEmpty else {
      throw .data("a wrapper around \(rule.name) is not written to train.py")
    }
    let translation = try Translation(rule)
    type = translation.type
    definition = translation.definition
    arguments = translation.arguments + (rule.flag("maximize") ? ["maximize=True"] : [])
    weightDecay = rule.number("weight-decay")
    decaysApart = translation.decaysApart && weightDecay > 0
    averageBeta = rule.name == "schedule-free" ? rule.number("beta1") : nil
    hasBetas = rule.has("beta1")
    countsSteps = type != "torch.optim.SGD" && type != "Lion"
    hasInitialState = rule.has("buffer") && rule.word("buffer") == "average"
  }

  private static func wrapper(_ expression: OptimizerExpression) throws(TrainingError) -> Wrapper? {
    switch expression.name {
    case "lookahead":
      guard expression.isAuto("outer") else { throw withoutOuterLoop(expression) }
      guard expression.word("step-size") == "fixed", expression.word("inner-state") == "keep" else {
        throw .data(
          "lookahead has no counterpart in PyTorch with step-size=adaptive, or an inner-state that"
            + " is not kept")
      }
      return .lookahead(
        period: expression.count("sync-period"), slowStepSize: expression.number("slow-step-size"))
    case "ema": return .exponentialAverage(decay: expression.number("average-decay"))
    case "swa":
      let period = expression.count("period")
      // The weights before the first step are not part of the average.
      return .uniformAverage(
        start: expression.count("start") == 0 ? period : expression.count("start"), period: period)
    case _ where expression.inner.isEmpty: return nil
    case "diloco", "snoo", "fedavg", "fedadam": throw withoutOuterLoop(expression)
    default:
      throw .data("\(expression.name) has no counterpart in PyTorch: no optimizer there takes over")
    }
  }

  private static func withoutOuterLoop(_ expression: OptimizerExpression) -> TrainingError {
    .data(
      "\(expression.name) has no counterpart in PyTorch with an outer optimizer, as none there"
        + " moves slow weights")
  }

  /// The tensors of a state under the names that PyTorch has for them, by parameter; the steps
  /// of a wrapper are `wrapper.steps`, and its weights have the prefix `wrapper/`.
  func tensors(of state: OptimizerState, parameters: [String]) -> NamedTensors {
    var tensors = NamedTensors()
    for name in parameters {
      let steps = state.counters["\(prefix)\(name).step"] ?? 0
      if steps > 0 || hasInitialState {
        for (slot, tensor) in state.tensors.removingPrefix("\(prefix)\(name).") {
          tensors["optimizer/\(name).\(slot)"] = tensor.converted(to: .float32)
        }
        if countsSteps {
          tensors["optimizer/\(name).step"] = Tensor(Float(steps))
        }
      }
      switch wrapper {
      case nil: break
      case .lookahead: tensors["wrapper/\(name)"] = state.tensors["\(name).slow"]
      case .exponentialAverage, .uniformAverage:
        tensors["wrapper/\(name)"] = state.tensors["\(name).average"]
      }
    }
    if let wrapper, let name = parameters.first {
      let counter = if case .lookahead = wrapper { "steps_since_sync" } else { "steps" }
      tensors["wrapper.steps"] = Tensor(Int32(state.counters["\(name).\(counter)"] ?? 0))
    }
    return tensors
  }
}

/// The class and the arguments of a rule in PyTorch.
private struct Translation {
  var type: String
  var definition: String?
  var arguments: [String]
  var decaysApart = false

  init(_ rule: OptimizerExpression) throws(TrainingError) {
    let isDecoupled = rule.has("decay") && rule.word("decay") == "decoupled"
    let betas = { "betas=(\(rule.number("beta1")), \(rule.number("beta2")))" }
    let epsilon = { "eps=\(rule.number("epsilon"))" }
    let decoupled = isDecoupled ? ["decoupled_weight_decay=True"] : []
    switch rule.name {
    case "sgd", "momentum":
      type = "torch.optim.SGD"
      let momentum = rule.number("momentum")
      // A mean of the gradients is a sum of them without a part, except in the first step.
      let dampening = rule.word("buffer") == "average" ? momentum : rule.number("dampening")
      arguments = []
      if momentum > 0 { arguments.append("momentum=\(momentum)") }
      if momentum > 0, dampening > 0 { arguments.append("dampening=\(dampening)") }
      if rule.flag("nesterov") { arguments.append("nesterov=True") }
      decaysApart = isDecoupled
    case "adagrad":
      type = "torch.optim.Adagrad"
      arguments = [
        "lr_decay=\(rule.number("learning-rate-decay"))",
        "initial_accumulator_value=\(rule.number("initial-accumulator"))", epsilon(),
      ]
      decaysApart = isDecoupled
    case "rmsprop":
      type = "torch.optim.RMSprop"
      arguments = ["alpha=\(rule.number("smoothing"))", epsilon()]
      if rule.number("momentum") > 0 { arguments.append("momentum=\(rule.number("momentum"))") }
      if rule.flag("centered") { arguments.append("centered=True") }
      decaysApart = isDecoupled
    case "adadelta":
      type = "torch.optim.Adadelta"
      arguments = ["rho=\(rule.number("rho"))", epsilon()]
      decaysApart = isDecoupled
    case "adam", "amsgrad", "adamw":
      guard rule.name == "adamw" || rule.flag("bias-correction") else {
        throw .data("\(rule.name) has no counterpart in PyTorch with bias-correction=false")
      }
      type = isDecoupled || rule.name == "adamw" ? "torch.optim.AdamW" : "torch.optim.Adam"
      arguments = [betas(), epsilon()]
      if rule.name == "amsgrad" || rule.has("amsgrad") && rule.flag("amsgrad") {
        arguments.append("amsgrad=True")
      }
    case "adamax":
      type = "torch.optim.Adamax"
      arguments = [betas(), epsilon()]
      decaysApart = isDecoupled
    case "nadam":
      type = "torch.optim.NAdam"
      arguments =
        [betas(), epsilon(), "momentum_decay=\(rule.number("momentum-decay"))"] + decoupled
    case "radam":
      type = "torch.optim.RAdam"
      arguments = [betas(), epsilon()] + decoupled
    case "adafactor":
      guard rule.word("variant") == "torch" else {
        throw .data("adafactor has a counterpart in PyTorch with variant=torch only")
      }
      type = "torch.optim.Adafactor"
      arguments = ["d=\(rule.number("clip-threshold"))"]
    case "lion":
      type = "Lion"
      definition = PyTorchOptimizer.lion
      arguments = [betas()]
    case "schedule-free":
      type = "ScheduleFreeAdamW"
      definition = PyTorchOptimizer.scheduleFree
      arguments = [
        betas(), epsilon(), "warmup=\(rule.count("warmup"))", "r=\(rule.number("r"))",
        "power=\(rule.number("weight-power"))",
      ]
    case "muon":
      throw .data(
        "muon has no counterpart in PyTorch, whose Muon rounds its products to bfloat16")
    default: throw .data("\(rule.name) has no counterpart in PyTorch")
    }
  }
}
