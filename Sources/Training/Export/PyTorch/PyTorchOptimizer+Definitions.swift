extension PyTorchOptimizer {
  /// The class `Lion`.
  static let lion = """
    class Lion(torch.optim.Optimizer):
        \"""Steps of equal length along the sign of a mean. (Chen et al., 2023)\"""

        def __init__(self, params, lr, betas, weight_decay=0.0, maximize=False):
            defaults = dict(lr=lr, betas=betas, weight_decay=weight_decay, maximize=maximize)
            super().__init__(params, defaults)

        @torch.no_grad()
        def step(self):
            for group in self.param_groups:
                lr, (beta1, beta2) = group["lr"], group["betas"]
                for p in group["params"]:
                    grad = -p.grad if group["maximize"] else p.grad
                    state = self.state[p]
                    if not state:
                        state["exp_avg"] = torch.zeros_like(p)
                    mean = state["exp_avg"]
                    direction = mean.lerp(grad, 1 - beta1).sign()
                    p.mul_(1 - lr * group["weight_decay"]).sub_(lr * direction)
                    mean.lerp_(grad, 1 - beta2)
    """

  /// The class `ScheduleFreeAdamW`.
  static let scheduleFree = """
    class ScheduleFreeAdamW(torch.optim.Optimizer):
        \"""AdamW with an average in place of a schedule. (Defazio et al., 2024)

        The parameter is y, where gradients are taken; z takes the steps, and the average of the z,
        which is to be evaluated, is y + (1 - 1 / beta1) * (z - y).
        \"""

        def __init__(
            self, params, lr, betas, eps, warmup, r, power, weight_decay=0.0, maximize=False
        ):
            defaults = dict(
                lr=lr, betas=betas, eps=eps, warmup=warmup, r=r, power=power,
                weight_decay=weight_decay, maximize=maximize,
            )
            super().__init__(params, defaults)

        @torch.no_grad()
        def step(self):
            for group in self.param_groups:
                beta1, beta2 = group["betas"]
                for y in group["params"]:
                    grad = -y.grad if group["maximize"] else y.grad
                    state = self.state[y]
                    if not state:
                        state["exp_avg_sq"], state["z"] = torch.zeros_like(y), y.clone()
                        for name in ["step", "weight_sum", "lr_max"]:
                            state[name] = torch.tensor(0.0)
                    square, z = state["exp_avg_sq"], state["z"]
                    state["step"] += 1
                    t = state["step"].item()
                    lr = group["lr"] * (t / group["warmup"] if t < group["warmup"] else 1)
                    state["lr_max"].clamp_(min=lr)
                    weight = t ** group["r"] * state["lr_max"] ** group["power"]
                    state["weight_sum"] += weight
                    share = (weight / state["weight_sum"]).item() if weight > 0 else 0.0
                    square.mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
                    root = square.sqrt() / (1 - beta2**t) ** 0.5
                    update = grad / (root + group["eps"]) + group["weight_decay"] * y
                    y.lerp_(z, share).sub_(lr * (1 - beta1 * (1 - share)) * update)
                    z.sub_(lr * update)
    """
}

extension PyTorchOptimizer.Wrapper {
  /// The class.
  var type: String { if case .lookahead = self { "Lookahead" } else { "WeightAverage" } }

  /// The name of its instance.
  var name: String { if case .lookahead = self { "lookahead" } else { "average" } }

  /// The definition of the class.
  @PythonSource var definition: String {
    "class \(type):"
    switch self {
    case .lookahead:
      "    \"\"\"Slow weights, which follow those in training. (Zhang et al., 2019)\"\"\""
    case .exponentialAverage:
      "    \"\"\"The exponential moving average of the weights in training.\"\"\""
    case .uniformAverage:
      "    \"\"\"The mean of the weights at some of the steps. (Izmailov et al., 2018)\"\"\""
    }
    """

        def __init__(self, parameters, weights, steps):
            self.parameters, self.weights, self.steps = list(parameters), weights, steps

        @torch.no_grad()
        def step(self):
            self.steps += 1
    """
    switch self {
    case .lookahead(let period, let size):
      """
              if self.steps % \(period) == 0:
                  for fast, slow in zip(self.parameters, self.weights):
                      fast.copy_(slow.lerp_(fast, \(size)))
      """
    case .exponentialAverage(let decay):
      """
              for average, weight in zip(self.weights, self.parameters):
                  average.lerp_(weight, 1.0 if self.steps == 1 else 1 - \(decay))
      """
    case .uniformAverage(let start, let period):
      """
              count, rest = divmod(max(self.steps - \(start), 0), \(period))
              if rest == 0:  # before the first one, the average is the weights themselves
                  for average, weight in zip(self.weights, self.parameters):
                      average.lerp_(weight, 1 / (count + 1))
      """
    }
  }
}
