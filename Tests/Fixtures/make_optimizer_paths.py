"""Golden paths of every optimizer and wrapper, and of clipping by the global norm, in float64.

Run `python3 make_optimizer_paths.py`; it writes optimizer-paths.json beside itself.
Made with Python 3.11.7 and PyTorch 2.15.0.

Each case is an optimizer as the library's own expression, followed on three problems for 25 steps: a quadratic, Rosenbrock's
valley and a small perceptron. The gradients are those of the path itself, so an error anywhere grows. What PyTorch has is
PyTorch's; Lookahead, FedAdam, Lion, Schedule-Free AdamW, the relative step of Adafactor and averages are written out here after their
papers and reference implementations; Muon too, because PyTorch's rounds to bfloat16 inside.

Beside them SGD and AdamW, alone and within Lookahead, take ten steps on one sequence of given gradients, at low, high and
changing rates, so a test of these needs no autograd.
"""
import math

import torch

from goldens import tensor, values, write

STEPS = 25
RECORDED = (1, 2, 3, 5, 6, 10, 25)


# --- Problems: the initial parameters and the loss --------------------------------------------------------------------

CENTER = torch.tensor([[1.0, -2.0, 0.5], [0.25, 1.5, -1.0]]), torch.tensor([0.5, -0.5])
CURVATURE = torch.tensor([[0.5, 1.0, 2.0], [4.0, 0.25, 1.0]]), torch.tensor([3.0, 0.1])


def quadratic():
    start = [torch.zeros(2, 3), torch.tensor([2.0, 2.0])]
    return start, lambda p: sum(0.5 * (a * (x - c) ** 2).sum() for a, x, c in zip(CURVATURE, p, CENTER))


def rosenbrock():
    start = [torch.tensor([[-1.2, 1.0], [0.5, -0.5]])]

    def loss(p):
        x, y = p[0][:, 0], p[0][:, 1]
        return ((1 - x) ** 2 + 10 * (y - x * x) ** 2).sum()

    return start, loss


X = torch.tensor([[0.0, 0.5, -1.0], [1.0, -0.5, 0.25], [0.75, 1.0, 0.5], [-0.5, 0.25, 1.0]])
Y = torch.tensor([[1.0, -1.0], [0.5, 0.0], [-0.5, 1.0], [0.0, 0.25]])


def perceptron():
    start = [
        torch.tensor([[0.3, -0.2, 0.1], [-0.4, 0.5, 0.2], [0.1, 0.1, -0.6], [0.25, -0.35, 0.45]]),
        torch.tensor([0.1, -0.1, 0.2, 0.0]),
        torch.tensor([[0.5, -0.3, 0.2, 0.1], [-0.2, 0.4, 0.6, -0.5]]),
        torch.tensor([0.05, -0.05]),
    ]

    def loss(p):
        hidden = torch.tanh(X @ p[0].T + p[1])
        return ((hidden @ p[2].T + p[3] - Y) ** 2).mean()

    return start, loss


PROBLEMS = {"quadratic": quadratic, "rosenbrock": rosenbrock, "perceptron": perceptron}


# --- Rules that PyTorch does not have ---------------------------------------------------------------------------------

class Rule:
    """A rule of one parameter: `memory` makes what it keeps, `update` changes both."""

    def __init__(self, parameters, **options):
        self.parameters, self.o, self.t = parameters, options, 0
        self.memory = [self.initial(p.detach()) for p in parameters]
        self.moments = []

    @torch.no_grad()
    def step(self):
        self.t += 1
        for p, m in zip(self.parameters, self.memory):
            self.update(p, p.grad, m)

    def evaluation(self):
        return [p.detach().clone() for p in self.parameters]


class AveragedSGD(Rule):
    def initial(self, p):
        return [torch.zeros_like(p)]

    def update(self, p, g, m):
        m[0].mul_(self.o["momentum"]).add_(g, alpha=1 - self.o["momentum"])
        p.sub_(self.o["lr"] * m[0])


class SGDW(Rule):
    """Momentum with decoupled decay."""

    def initial(self, p):
        return [torch.zeros_like(p)]

    def update(self, p, g, m):
        m[0].mul_(self.o["momentum"]).add_(g)
        p.mul_(1 - self.o["lr"] * self.o["wd"]).sub_(self.o["lr"] * m[0])


class Lion(Rule):
    """1: the update of the paper's program, in its order."""

    def initial(self, p):
        return [torch.zeros_like(p)]

    def update(self, p, g, m):
        b1, b2 = self.o["betas"]
        direction = torch.sign(b1 * m[0] + (1 - b1) * g)
        p.mul_(1 - self.o["lr"] * self.o["wd"]).sub_(self.o["lr"] * direction)
        m[0].mul_(b2).add_(g, alpha=1 - b2)


class ScheduleFree(Rule):
    """`AdamWScheduleFree` of the authors, step by step."""

    def initial(self, p):
        return [torch.zeros_like(p), p.clone(), 0.0, 0.0]

    def update(self, p, g, m):
        b1, b2 = self.o["betas"]
        k = self.t - 1
        schedule = (k + 1) / self.o["warmup"] if k < self.o["warmup"] else 1.0
        lr = self.o["lr"] * schedule
        m[3] = max(lr, m[3])
        weight = (k + 1) ** self.o["r"] * m[3] ** self.o["power"]
        m[2] += weight
        c = weight / m[2]
        m[0].mul_(b2).addcmul_(g, g, value=1 - b2)
        normalized = g / (m[0].div(1 - b2 ** (k + 1)).sqrt() + 1e-8) + self.o["wd"] * p
        y = p + c * (m[1] - p)
        p.copy_(y + normalized * (lr * (b1 * (1 - c) - 1)))
        m[1].sub_(lr * normalized)

    def evaluation(self):
        b1 = self.o["betas"][0]
        return [p.detach() + (1 - 1 / b1) * (m[1] - p.detach()) for p, m in zip(self.parameters, self.memory)]


class RelativeAdafactor(Rule):
    """Hugging Face's Adafactor with relative_step and scale_parameter, warmup_init off, beta1 None."""

    def initial(self, p):
        if p.dim() >= 2:
            return [torch.zeros_like(p.mean(-1)), torch.zeros_like(p.mean(-2))]
        return [torch.zeros_like(p)]

    def update(self, p, g, m):
        rms = lambda x: x.norm(2) / x.numel() ** 0.5
        lr = max(1e-3, rms(p).item()) * min(self.o["lr"], 1 / math.sqrt(self.t))
        beta = 1 - self.t ** -0.8
        square = g ** 2 + 1e-30
        if p.dim() >= 2:
            m[0].mul_(beta).add_(square.mean(-1), alpha=1 - beta)
            m[1].mul_(beta).add_(square.mean(-2), alpha=1 - beta)
            row = (m[0] / m[0].mean(-1, keepdim=True)).rsqrt().unsqueeze(-1)
            update = row * m[1].unsqueeze(-2).rsqrt() * g
        else:
            m[0].mul_(beta).add_(square, alpha=1 - beta)
            update = m[0].rsqrt() * g
        update = update / max(1.0, rms(update).item()) * lr
        p.sub_(self.o["wd"] * lr * p).sub_(update)


class Muon(Rule):
    """PyTorch's Muon in float64; AdamW for what has not two axes."""

    def __init__(self, parameters, **options):
        super().__init__(parameters, **options)
        rest = [p for p in parameters if p.dim() != 2]
        self.adamw = torch.optim.AdamW(rest, lr=options["adamw"], weight_decay=options["wd"]) if rest else None

    def initial(self, p):
        return [torch.zeros_like(p)]

    @torch.no_grad()
    def step(self):
        for p, m in zip(self.parameters, self.memory):
            if p.dim() == 2:
                self.update(p, p.grad, m)
        if self.adamw:
            self.adamw.step()

    def update(self, p, g, m):
        mu = self.o["momentum"]
        m[0].lerp_(g, 1 - mu)
        x = g.lerp(m[0], mu) if self.o["nesterov"] else m[0].clone()
        tall = x.shape[0] > x.shape[1]
        x = x.T if tall else x
        x = x / max(x.norm().item(), 1e-7)
        for _ in range(self.o["iterations"]):
            gram = x @ x.T
            x = 3.4445 * x + (-4.775 * gram + 2.0315 * gram @ gram) @ x
        x = x.T if tall else x
        rows, columns = p.shape
        scale = math.sqrt(max(1, rows / columns)) if self.o["adjust"] == "original" else 0.2 * math.sqrt(max(rows, columns))
        p.mul_(1 - self.o["lr"] * self.o["wd"]).sub_(self.o["lr"] * scale * x)


# --- Wrappers -----------------------------------------------------------------------------------------------------------

class Lookahead:
    """Zhang et al. 2019 (arXiv 1907.08610). `memory`: what becomes of the inner state at a synchronisation."""

    def __init__(self, inner, parameters, make, period=5, alpha=0.5, memory="keep"):
        self.inner, self.parameters, self.make = inner, parameters, make
        self.period, self.alpha, self.memory, self.count = period, alpha, memory, 0
        self.slow = [p.detach().clone() for p in parameters]
        self.cached = {}

    def step(self):
        self.inner.step()
        self.count += 1
        if self.count % self.period:
            return
        with torch.no_grad():
            for slow, fast in zip(self.slow, self.parameters):
                slow += self.alpha * (fast - slow)
                fast.copy_(slow)
            if self.memory == "reset":
                self.inner = self.make(self.parameters)
            elif self.memory == "pull-back":
                for p in self.parameters:
                    for name, moment in self.inner.state[p].items():
                        if name == "step" or moment is None:
                            continue
                        before = self.cached.get((p, name), torch.zeros_like(moment))
                        moment.copy_((1 - self.alpha) * before + self.alpha * moment)
                        self.cached[p, name] = moment.clone()

    def evaluation(self):
        return [s.clone() for s in self.slow]


class OuterLoop:
    """Slow weights that any optimizer moves, by the gradients slow - fast every `period` steps."""

    def __init__(self, inner, parameters, make_outer, period, reset=None):
        self.inner, self.parameters, self.period, self.reset, self.count = inner, parameters, period, reset, 0
        self.slow = [p.detach().clone() for p in parameters]
        self.outer = make_outer(self.slow)

    def step(self):
        self.inner.step()
        self.count += 1
        if self.count % self.period:
            return
        with torch.no_grad():
            for slow, fast in zip(self.slow, self.parameters):
                slow.grad = slow - fast
            self.outer.step()
            for slow, fast in zip(self.slow, self.parameters):
                fast.copy_(slow)
        if self.reset:
            self.inner = self.reset(self.parameters)

    def evaluation(self):
        return [s.clone() for s in self.slow]


class FedAdam(Rule):
    """Algorithm 2 of Reddi et al. 2020 (arXiv 2003.00295), whose Delta is -g: no bias correction, and v starts at tau^2
    unless `start` says otherwise. Adam without bias correction is the same from v = 0."""

    def initial(self, p):
        start = self.o["start"] if "start" in self.o else self.o["tau"] ** 2
        return [torch.zeros_like(p), torch.full_like(p, start)]

    def update(self, p, g, m):
        b1, b2 = self.o["betas"]
        delta = -g
        m[0].mul_(b1).add_(delta, alpha=1 - b1)
        m[1].mul_(b2).addcmul_(delta, delta, value=1 - b2)
        p.add_(self.o["lr"] * m[0] / (m[1].sqrt() + self.o["tau"]))


class Average:
    def __init__(self, inner, parameters, decay=None, start=None, period=None):
        self.inner, self.parameters = inner, parameters
        self.decay, self.start, self.period, self.count, self.kept = decay, start, period, 0, []
        self.average = None

    def step(self):
        self.inner.step()
        self.count += 1
        now = [p.detach().clone() for p in self.parameters]
        if self.decay is not None:
            self.average = now if self.average is None else [
                self.decay * a + (1 - self.decay) * p for a, p in zip(self.average, now)]
        elif self.count >= self.start and (self.count - self.start) % self.period == 0:
            self.kept.append(now)
            self.average = [sum(k[i] for k in self.kept) / len(self.kept) for i in range(len(now))]

    def evaluation(self):
        return self.average or [p.detach().clone() for p in self.parameters]


class Switch:
    def __init__(self, parameters, first, second, at):
        self.parameters, self.first, self.second, self.at, self.count = parameters, first(parameters), second, at, 0

    def step(self):
        if self.count == self.at:
            self.first = self.second(self.parameters)
        self.count += 1
        self.first.step()


# --- Cases: the expression, and how the same optimizer is made here ------------------------------------------------------

O = torch.optim


def sgd(**k): return lambda p: O.SGD(p, **k)
def adam(**k): return lambda p: O.Adam(p, **k)
def adamw(**k): return lambda p: O.AdamW(p, **k)
def look(make, **k): return lambda p: Lookahead(make(p), p, make, **k)
def loop(make, outer, period, reset=False):
    return lambda p: OuterLoop(make(p), p, outer, period, make if reset else None)
def nesterov(lr, momentum): return sgd(lr=lr, momentum=momentum, nesterov=True)
def fedadam(**k): return lambda p: FedAdam(p, **k)


CASES = [
    ("sgd(learning-rate=0.02)", sgd(lr=0.02)),
    ("sgd(learning-rate=0.02, weight-decay=0.1)", sgd(lr=0.02, weight_decay=0.1)),
    ("sgd(learning-rate=0.0001, maximize=true)", sgd(lr=0.0001, maximize=True)),
    ("momentum(learning-rate=0.01)", sgd(lr=0.01, momentum=0.9)),
    ("momentum(learning-rate=0.01, dampening=0.5, weight-decay=0.1)",
     sgd(lr=0.01, momentum=0.9, dampening=0.5, weight_decay=0.1)),
    ("momentum(learning-rate=0.01, nesterov=true, weight-decay=0.1)",
     sgd(lr=0.01, momentum=0.9, nesterov=True, weight_decay=0.1)),
    ("momentum(learning-rate=0.01, weight-decay=0.1, decay=decoupled)",
     lambda p: SGDW(p, lr=0.01, momentum=0.9, wd=0.1)),
    ("momentum(learning-rate=0.05, buffer=average)", lambda p: AveragedSGD(p, lr=0.05, momentum=0.9)),
    ("adagrad(learning-rate=0.1)", lambda p: O.Adagrad(p, lr=0.1)),
    ("adagrad(learning-rate=0.1, learning-rate-decay=0.1, initial-accumulator=0.3, epsilon=0.001, weight-decay=0.1)",
     lambda p: O.Adagrad(p, lr=0.1, lr_decay=0.1, initial_accumulator_value=0.3, eps=1e-3, weight_decay=0.1)),
    ("rmsprop(learning-rate=0.01)", lambda p: O.RMSprop(p, lr=0.01)),
    ("rmsprop(learning-rate=0.01, smoothing=0.9, epsilon=0.001, weight-decay=0.1)",
     lambda p: O.RMSprop(p, lr=0.01, alpha=0.9, eps=1e-3, weight_decay=0.1)),
    ("rmsprop(learning-rate=0.003, centered=true)", lambda p: O.RMSprop(p, lr=0.003, centered=True)),
    ("rmsprop(learning-rate=0.003, momentum=0.9)", lambda p: O.RMSprop(p, lr=0.003, momentum=0.9)),
    ("rmsprop(learning-rate=0.003, momentum=0.9, centered=true, weight-decay=0.1)",
     lambda p: O.RMSprop(p, lr=0.003, momentum=0.9, centered=True, weight_decay=0.1)),
    ("adadelta", lambda p: O.Adadelta(p)),
    ("adadelta(learning-rate=0.5, rho=0.8, epsilon=0.001, weight-decay=0.1)",
     lambda p: O.Adadelta(p, lr=0.5, rho=0.8, eps=1e-3, weight_decay=0.1)),
    ("adam(learning-rate=0.02)", adam(lr=0.02)),
    ("adam(learning-rate=0.02, beta1=0.8, beta2=0.95, epsilon=0.001, weight-decay=0.1)",
     adam(lr=0.02, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1)),
    ("adam(learning-rate=0.02, weight-decay=0.1, decay=decoupled)", adamw(lr=0.02, weight_decay=0.1)),
    ("adam(learning-rate=0.01, maximize=true)", adam(lr=0.01, maximize=True)),
    ("amsgrad(learning-rate=0.05, beta2=0.9)", adam(lr=0.05, betas=(0.9, 0.9), amsgrad=True)),
    ("adamw(learning-rate=0.02)", adamw(lr=0.02)),
    ("adamw(learning-rate=0.02, weight-decay=0, beta2=0.9)", adamw(lr=0.02, weight_decay=0, betas=(0.9, 0.9))),
    ("adamw(learning-rate=0.02, weight-decay=0.3, amsgrad=true, beta2=0.9)",
     adamw(lr=0.02, weight_decay=0.3, amsgrad=True, betas=(0.9, 0.9))),
    ("adamax(learning-rate=0.02)", lambda p: O.Adamax(p, lr=0.02)),
    ("adamax(learning-rate=0.02, beta1=0.8, beta2=0.9, epsilon=0.001, weight-decay=0.1)",
     lambda p: O.Adamax(p, lr=0.02, betas=(0.8, 0.9), eps=1e-3, weight_decay=0.1)),
    ("nadam(learning-rate=0.02)", lambda p: O.NAdam(p, lr=0.02)),
    ("nadam(learning-rate=0.02, momentum-decay=0.1, weight-decay=0.1)",
     lambda p: O.NAdam(p, lr=0.02, momentum_decay=0.1, weight_decay=0.1)),
    ("nadam(learning-rate=0.02, weight-decay=0.1, decay=decoupled)",
     lambda p: O.NAdam(p, lr=0.02, weight_decay=0.1, decoupled_weight_decay=True)),
    ("radam(learning-rate=0.02)", lambda p: O.RAdam(p, lr=0.02)),
    ("radam(learning-rate=0.02, beta2=0.9, weight-decay=0.1)",
     lambda p: O.RAdam(p, lr=0.02, betas=(0.9, 0.9), weight_decay=0.1)),
    ("radam(learning-rate=0.02, weight-decay=0.1, decay=decoupled)",
     lambda p: O.RAdam(p, lr=0.02, weight_decay=0.1, decoupled_weight_decay=True)),
    ("adafactor(learning-rate=0.05)", lambda p: O.Adafactor(p, lr=0.05)),
    ("adafactor(learning-rate=0.3, clip-threshold=1.5, weight-decay=0.1)",
     lambda p: O.Adafactor(p, lr=0.3, d=1.5, weight_decay=0.1)),
    ("adafactor(learning-rate=0.01, variant=relative-step)", lambda p: RelativeAdafactor(p, lr=0.01, wd=0.0)),
    ("adafactor(learning-rate=0.3, variant=relative-step, weight-decay=0.1)",
     lambda p: RelativeAdafactor(p, lr=0.3, wd=0.1)),
    ("lion(learning-rate=0.005)", lambda p: Lion(p, lr=0.005, betas=(0.9, 0.99), wd=0.0)),
    ("lion(learning-rate=0.005, beta1=0.8, beta2=0.9, weight-decay=0.3)",
     lambda p: Lion(p, lr=0.005, betas=(0.8, 0.9), wd=0.3)),
    ("muon(learning-rate=0.02, weight-decay=0)",
     lambda p: Muon(p, lr=0.02, momentum=0.95, nesterov=True, iterations=5, adjust="original", adamw=1e-3 , wd=0.0)),
    ("muon(learning-rate=0.02, nesterov=false, iterations=3, adjustment=match-adamw, adamw-learning-rate=0.01, "
     "momentum=0.8)",
     lambda p: Muon(p, lr=0.02, momentum=0.8, nesterov=False, iterations=3, adjust="match", adamw=0.01, wd=0.1)),
    ("schedule-free(learning-rate=0.02)",
     lambda p: ScheduleFree(p, lr=0.02, betas=(0.9, 0.999), wd=0.0, warmup=0, r=0, power=2)),
    ("schedule-free(learning-rate=0.05, beta1=0.8, weight-decay=0.1, warmup=8, r=1, weight-power=1)",
     lambda p: ScheduleFree(p, lr=0.05, betas=(0.8, 0.999), wd=0.1, warmup=8, r=1, power=1)),
    ("lookahead(sgd(learning-rate=0.02))", look(sgd(lr=0.02))),
    ("lookahead(momentum(learning-rate=0.01), sync-period=3, slow-step-size=0.8)",
     look(sgd(lr=0.01, momentum=0.9), period=3, alpha=0.8)),
    ("lookahead(momentum(learning-rate=0.01), sync-period=3, inner-state=reset)",
     look(sgd(lr=0.01, momentum=0.9), period=3, memory="reset")),
    ("lookahead(momentum(learning-rate=0.01), sync-period=3, inner-state=pull-back)",
     look(sgd(lr=0.01, momentum=0.9), period=3, memory="pull-back")),
    ("lookahead(adamw(learning-rate=0.02))", look(adamw(lr=0.02))),
    ("lookahead(adamw(learning-rate=0.02), sync-period=3, inner-state=reset)",
     look(adamw(lr=0.02), period=3, memory="reset")),
    ("lookahead(adamw(learning-rate=0.02), sync-period=3, slow-step-size=0.3, inner-state=pull-back)",
     look(adamw(lr=0.02), period=3, alpha=0.3, memory="pull-back")),
    ("lookahead(rmsprop(learning-rate=0.003, momentum=0.9), sync-period=2)",
     look(lambda p: O.RMSprop(p, lr=0.003, momentum=0.9), period=2)),
    ("lookahead(lion(learning-rate=0.005), sync-period=4)",
     look(lambda p: Lion(p, lr=0.005, betas=(0.9, 0.99), wd=0.0), period=4)),
    ("ema(adamw(learning-rate=0.02), average-decay=0.8)", lambda p: Average(O.AdamW(p, lr=0.02), p, decay=0.8)),
    ("swa(sgd(learning-rate=0.02), start=3, period=2)", lambda p: Average(O.SGD(p, lr=0.02), p, start=3, period=2)),
    ("switch(adam(learning-rate=0.02), sgd(learning-rate=0.01), at=4)",
     lambda p: Switch(p, adam(lr=0.02), sgd(lr=0.01), 4)),
    ("adam(learning-rate=0.02, bias-correction=false)", fedadam(lr=0.02, betas=(0.9, 0.999), tau=1e-8, start=0.0)),
    ("adam(learning-rate=0.02, beta1=0.8, beta2=0.9, epsilon=0.01, bias-correction=false, initial-accumulator=0.5)",
     fedadam(lr=0.02, betas=(0.8, 0.9), tau=0.01, start=0.5)),
    ("lookahead(adamw(learning-rate=0.02), sync-period=3, "
     "outer=momentum(learning-rate=0.7, momentum=0.9, nesterov=true))",
     loop(adamw(lr=0.02), nesterov(0.7, 0.9), 3)),
    ("lookahead(momentum(learning-rate=0.01), sync-period=4, inner-state=reset, outer=adam(learning-rate=0.05))",
     loop(sgd(lr=0.01, momentum=0.9), adam(lr=0.05), 4, reset=True)),
    ("lookahead(adamw(learning-rate=0.02), sync-period=2, outer=adamw(learning-rate=0.03, weight-decay=0.1))",
     loop(adamw(lr=0.02), adamw(lr=0.03, weight_decay=0.1), 2)),
    ("diloco(adamw(learning-rate=0.02), sync-period=5)", loop(adamw(lr=0.02), nesterov(0.7, 0.9), 5)),
    ("diloco(adamw(learning-rate=0.02), sync-period=2, outer-learning-rate=0.5, outer-momentum=0.8, inner-state=reset)",
     loop(adamw(lr=0.02), nesterov(0.5, 0.8), 2, reset=True)),
    ("snoo(sgd(learning-rate=0.02), sync-period=3)", loop(sgd(lr=0.02), nesterov(0.7, 0.9), 3)),
    ("fedavg(momentum(learning-rate=0.01), sync-period=5)",
     loop(sgd(lr=0.01, momentum=0.9), sgd(lr=1.0), 5, reset=True)),
    ("fedadam(sgd(learning-rate=0.02))",
     loop(sgd(lr=0.02), fedadam(lr=0.01, betas=(0.9, 0.99), tau=1e-3), 10)),
    ("fedadam(momentum(learning-rate=0.01), sync-period=3, outer-learning-rate=0.1, outer-beta1=0.8, outer-beta2=0.95, "
     "tau=0.1, initial-accumulator=0)",
     loop(sgd(lr=0.01, momentum=0.9), fedadam(lr=0.1, betas=(0.8, 0.95), tau=0.1, start=0.0), 3, reset=True)),
]


def path(make, problem):
    start, loss = PROBLEMS[problem]()
    parameters = [p.clone().requires_grad_() for p in start]
    optimizer = make(parameters)
    recorded = []
    for step in range(1, STEPS + 1):
        for p in parameters:
            p.grad = None
        for p, g in zip(parameters, torch.autograd.grad(loss(parameters), parameters)):
            p.grad = g
        optimizer.step()
        if step in RECORDED:
            kept = optimizer.evaluation() if hasattr(optimizer, "evaluation") else parameters
            entry = {"step": step, "parameters": [v for p in parameters for v in values(p)]}
            if any(not torch.equal(a, b) for a, b in zip(kept, parameters)):
                entry["evaluation"] = [v for p in kept for v in values(p)]
            recorded.append(entry)
    return recorded


# --- SGD and AdamW on a sequence of given gradients ---------------------------------------------------------------------

SEQUENCE_STEPS = 10
SEQUENCE_RECORDED = (1, 2, 5, 10)
SGD = [
    dict(learning_rate=0.1),
    dict(learning_rate=1e-3),
    dict(learning_rate=10.0),
    dict(learning_rate=0.1, momentum=0.9),
    dict(learning_rate=0.1, momentum=0.9, dampening=0.5),
    dict(learning_rate=0.1, momentum=0.9, nesterov=True),
    dict(learning_rate=0.1, weight_decay=0.01),
    dict(learning_rate=0.1, momentum=0.9, weight_decay=0.1),
    dict(learning_rate=0.05, momentum=0.8, dampening=0.3, weight_decay=0.1),
    dict(learning_rate=0.05, momentum=0.8, nesterov=True, weight_decay=0.1),
    dict(learning_rate=10.0, momentum=0.9, nesterov=True),
    dict(learning_rate=0.1, momentum=0.9, changing=True),
]
ADAMW = [
    dict(learning_rate=1e-3),
    dict(learning_rate=1e-3, weight_decay=0.0),
    dict(learning_rate=1e-2, weight_decay=0.1),
    dict(learning_rate=1e-2, beta1=0.8, beta2=0.95),
    dict(learning_rate=1e-2, epsilon=1e-3),
    dict(learning_rate=3e-2, beta1=0.5, beta2=0.9, epsilon=1e-6, weight_decay=0.2),
    dict(learning_rate=1.0),
    dict(learning_rate=1e-2, weight_decay=0.1, changing=True),
]
LOOKAHEADS = [None, dict(sync_period=5, slow_step_size=0.5), dict(sync_period=3, slow_step_size=0.8)]


def expression(name, options, inner=None):
    """The optimizer as the library's own expression."""
    given = [f"{key.replace('_', '-')}={str(value).lower()}" for key, value in options.items() if key != "changing"]
    return f"{name}({', '.join(([inner] if inner else []) + given)})"


def sequence_cases():
    """The expression, the options and the wrapper of each case."""
    for name, table in (("sgd", SGD), ("adamw", ADAMW)):
        for options in table:
            for lookahead in LOOKAHEADS:
                text = expression(name, options)
                yield expression("lookahead", lookahead, text) if lookahead else text, name, options, lookahead


def sequence_start():
    """The matrix [3, 2] and the vector [4] that every case starts from."""
    return [torch.tensor([[0.5, -1.25], [2.0, 0.125], [-0.75, 1.5]]), torch.tensor([1.0, -2.0, 0.25, 0.5])]


def gradient_sequence():
    """The gradients of an objective along the path that plain gradient descent takes.

    Two elements are there for a reason: the gradient of matrix[2, 1] is always zero, which leaves weight decay alone, and
    that of vector[3] is near 1e-9, which shows where epsilon is added.
    """
    def objective(matrix, vector):
        used = matrix[:, 0].exp().sum() + (matrix[:2, 1] * vector[:2]).sin().sum()
        return used + (vector[:3].cos() * matrix[:, 0]).sum() + 1e-9 * vector[3].sin()

    parameters = [p.requires_grad_() for p in sequence_start()]
    sequence = []
    for _ in range(SEQUENCE_STEPS):
        gradients = torch.autograd.grad(objective(*parameters), parameters)
        sequence.append([g.clone() for g in gradients])
        with torch.no_grad():
            for parameter, gradient in zip(parameters, gradients):
                parameter -= 0.05 * gradient
    return sequence


def sequence_path(text, name, options, lookahead, gradients):
    base = options["learning_rate"]
    rates = [base * (1 + step) / 4 if options.get("changing") else base for step in range(SEQUENCE_STEPS)]
    parameters = [p.requires_grad_() for p in sequence_start()]
    if name == "sgd":
        inner = O.SGD(parameters, lr=base, momentum=options.get("momentum", 0.0), dampening=options.get("dampening", 0.0),
                      nesterov=options.get("nesterov", False), weight_decay=options.get("weight_decay", 0.0))
    else:
        inner = O.AdamW(parameters, lr=base, betas=(options.get("beta1", 0.9), options.get("beta2", 0.999)),
                        eps=options.get("epsilon", 1e-8), weight_decay=options.get("weight_decay", 0.01))
    optimizer = inner
    if lookahead:
        optimizer = Lookahead(inner, parameters, None, lookahead["sync_period"], lookahead["slow_step_size"])
    recorded = []
    for step in range(SEQUENCE_STEPS):
        inner.param_groups[0]["lr"] = rates[step]
        for parameter, gradient in zip(parameters, gradients[step]):
            parameter.grad = gradient.clone()
        optimizer.step()
        if step + 1 in SEQUENCE_RECORDED:
            recorded.append({"step": step + 1, "parameters": [v for p in parameters for v in values(p)]})
    return {"optimizer": text, "rates": rates, "path": recorded}


# --- Clipping ---------------------------------------------------------------------------------------------------------

def clipping():
    one, other = torch.tensor([[3.0, -4.0], [0.0, 12.0]]), torch.tensor([84.0])  # 3, 4, 12, 84: the norm is exactly 85
    cases = [
        ("above", [one, other], 1.0),
        ("below", [one, other], 100.0),
        ("equal: PyTorch adds 1e-6 to the norm, so it scales a little", [one, other], 85.0),
        ("zero gradients", [torch.zeros(2, 2), torch.zeros(1)], 1.0),
        ("tiny gradients", [one * 1e-12, other * 1e-12], 1e-11),
        ("limit zero", [one, other], 0.0),
        ("one tensor", [torch.tensor([0.1, -0.7, 1.3])], 0.5),
    ]
    result = []
    for name, gradients, limit in cases:
        parameters = [torch.zeros_like(g).requires_grad_() for g in gradients]
        for parameter, gradient in zip(parameters, gradients):
            parameter.grad = gradient.clone()
        norm = torch.nn.utils.clip_grad_norm_(parameters, limit)
        result.append({"name": name, "maximumNorm": limit, "gradients": [tensor(g) for g in gradients],
                       "norm": norm.item(), "clipped": [values(p.grad) for p in parameters]})
    return result


def main():
    problems = []
    for name, make in PROBLEMS.items():
        start, _ = make()
        problems.append({"name": name, "shapes": [list(p.shape) for p in start], "start": [values(p) for p in start]})
    paths = [{"optimizer": text, "problem": problem, "path": path(make, problem)}
             for text, make in CASES for problem in PROBLEMS]
    gradients = gradient_sequence()
    write("optimizer-paths.json", {
        "problems": problems,
        "paths": paths,
        "sequence": {
            "start": [tensor(p) for p in sequence_start()],
            "gradients": [[values(g) for g in step] for step in gradients],
        },
        "sequencePaths": [sequence_path(*case, gradients) for case in sequence_cases()],
        "clipping": clipping(),
    })


main()
