"""Golden values of the optimizers, gradient clipping and the schedules, in float64.

Run `python3 make_optimizers.py`; it writes optimizers.json beside itself.
Made with Python 3.11.7 and PyTorch 2.15.0.

One sequence of gradients is shared by all the cases, so a test feeds them and needs no autograd. They are the gradients of
`objective` along the path that plain gradient descent takes. Two elements are there for a reason: the gradient of
matrix[2, 1] is always zero, which leaves weight decay alone, and that of vector[3] is near 1e-9, which shows where epsilon
is added.
"""
import math

import torch

from goldens import tensor, values, write

STEPS = 10
RECORDED = (1, 2, 5, 10)


def initial():
    """The matrix [3, 2] and the vector [4] that every case starts from."""
    return [torch.tensor([[0.5, -1.25], [2.0, 0.125], [-0.75, 1.5]]), torch.tensor([1.0, -2.0, 0.25, 0.5])]


def objective(matrix, vector):
    used = matrix[:, 0].exp().sum() + (matrix[:2, 1] * vector[:2]).sin().sum()
    return used + (vector[:3].cos() * matrix[:, 0]).sum() + 1e-9 * vector[3].sin()


def gradient_sequence():
    parameters = [p.requires_grad_() for p in initial()]
    sequence = []
    for _ in range(STEPS):
        gradients = torch.autograd.grad(objective(*parameters), parameters)
        sequence.append([g.clone() for g in gradients])
        with torch.no_grad():
            for parameter, gradient in zip(parameters, gradients):
                parameter -= 0.05 * gradient
    return sequence


class Lookahead:
    """Zhang et al. 2019 (arXiv 1907.08610), with the inner state kept at a synchronisation.

    The slow weights phi start as a copy of the initial weights; every k steps phi <- phi + alpha (theta - phi), theta <- phi.
    """

    def __init__(self, inner, parameters, period, step_size):
        self.inner, self.parameters, self.period, self.step_size = inner, parameters, period, step_size
        self.slow = [p.detach().clone() for p in parameters]
        self.count = 0

    def step(self):
        self.inner.step()
        self.count += 1
        if self.count % self.period == 0:
            with torch.no_grad():
                for slow, fast in zip(self.slow, self.parameters):
                    slow += self.step_size * (fast - slow)
                    fast.copy_(slow)


SGD = [
    ("plain", dict(learningRate=0.1)),
    ("low rate", dict(learningRate=1e-3)),
    ("high rate", dict(learningRate=10.0)),
    ("momentum", dict(learningRate=0.1, momentum=0.9)),
    ("dampening", dict(learningRate=0.1, momentum=0.9, dampening=0.5)),
    ("nesterov", dict(learningRate=0.1, momentum=0.9, nesterov=True)),
    ("weight decay", dict(learningRate=0.1, weightDecay=0.01)),
    ("momentum, weight decay", dict(learningRate=0.1, momentum=0.9, weightDecay=0.1)),
    ("momentum, dampening, weight decay", dict(learningRate=0.05, momentum=0.8, dampening=0.3, weightDecay=0.1)),
    ("nesterov, weight decay", dict(learningRate=0.05, momentum=0.8, nesterov=True, weightDecay=0.1)),
    ("nesterov, high rate", dict(learningRate=10.0, momentum=0.9, nesterov=True)),
    ("momentum, changing rate", dict(learningRate=0.1, momentum=0.9, changing=True)),
]
ADAMW = [
    ("defaults", dict(learningRate=1e-3)),
    ("no weight decay", dict(learningRate=1e-3, weightDecay=0.0)),
    ("weight decay 0.1", dict(learningRate=1e-2, weightDecay=0.1)),
    ("other betas", dict(learningRate=1e-2, beta1=0.8, beta2=0.95)),
    ("other epsilon", dict(learningRate=1e-2, epsilon=1e-3)),
    ("all different", dict(learningRate=3e-2, beta1=0.5, beta2=0.9, epsilon=1e-6, weightDecay=0.2)),
    ("high rate", dict(learningRate=1.0)),
    ("changing rate", dict(learningRate=1e-2, weightDecay=0.1, changing=True)),
]
DEFAULTS = {
    "sgd": dict(momentum=0.0, dampening=0.0, nesterov=False, weightDecay=0.0),
    "adamw": dict(beta1=0.9, beta2=0.999, epsilon=1e-8, weightDecay=1e-2),
}
LOOKAHEADS = [None, dict(syncPeriod=5, slowStepSize=0.5), dict(syncPeriod=3, slowStepSize=0.8)]


def inner_optimizer(kind, parameters, rate, o):
    if kind == "sgd":
        return torch.optim.SGD(parameters, lr=rate, momentum=o["momentum"], dampening=o["dampening"],
                               nesterov=o["nesterov"], weight_decay=o["weightDecay"])
    return torch.optim.AdamW(parameters, lr=rate, betas=(o["beta1"], o["beta2"]), eps=o["epsilon"],
                             weight_decay=o["weightDecay"])


def trajectory(kind, name, options, lookahead, gradients):
    options = {**DEFAULTS[kind], **options}
    base = options.pop("learningRate")
    changing = options.pop("changing", False)
    rates = [base * (1 + step) / 4 if changing else base for step in range(STEPS)]
    parameters = [p.requires_grad_() for p in initial()]
    inner = inner_optimizer(kind, parameters, base, options)
    optimizer = Lookahead(inner, parameters, lookahead["syncPeriod"], lookahead["slowStepSize"]) if lookahead else inner
    recorded = []
    for step in range(STEPS):
        inner.param_groups[0]["lr"] = rates[step]
        for parameter, gradient in zip(parameters, gradients[step]):
            parameter.grad = gradient.clone()
        optimizer.step()
        if step + 1 in RECORDED:
            recorded.append({"step": step + 1, "parameters": [values(p) for p in parameters]})
    return {"name": name, "optimizer": kind, "learningRates": rates, **options, "lookahead": lookahead,
            "trajectory": recorded}


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


def cosine(step, peak, floor, total):
    return floor + 0.5 * (peak - floor) * (1 + math.cos(math.pi * min(step, total) / total))


def warmup(step, peak, length):
    return peak * (step + 1) / (length + 1) if step < length else peak


def warmup_cosine(step, peak, floor, length, total):
    """nanoGPT's: the warm-up, then a cosine over what is left."""
    return warmup(step, peak, length) if step < length else cosine(step - length, peak, floor, total - length)


def check_cosine_against_torch(peak, floor, total):
    parameter = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([parameter], lr=peak)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, total, eta_min=floor)
    for step in range(total + 1):
        theirs = optimizer.param_groups[0]["lr"]
        assert math.isclose(theirs, cosine(step, peak, floor, total), rel_tol=1e-12, abs_tol=1e-15 * peak), step
        optimizer.step()
        scheduler.step()


def schedules():
    """Steps count from 0. Each schedule keeps its last value after its end, where PyTorch's cosine climbs again."""
    result = []

    def add(name, kind, arguments, steps, function):
        points = [[step, function(step)] for step in steps]
        result.append({"name": name, "schedule": kind, **arguments, "points": points})

    add("constant", "constant", dict(rate=0.03), (0, 1, 1000), lambda step: 0.03)
    for length in (0, 1, 9):
        add(f"warm-up over {length}", "warmup", dict(peak=0.5, warmup=length), (0, 1, 4, 8, 9, 10, 11, 1000),
            lambda step: warmup(step, 0.5, length))
    for floor in (0.0, 0.01):
        check_cosine_against_torch(0.4, floor, 10)
        add(f"cosine to {floor}", "cosine", dict(peak=0.4, floor=floor, total=10), (0, 1, 5, 9, 10, 11, 20, 1000),
            lambda step: cosine(step, 0.4, floor, 10))
    add("cosine over one step", "cosine", dict(peak=0.4, floor=0.1, total=1), (0, 1, 2),
        lambda step: cosine(step, 0.4, 0.1, 1))
    for length, total, floor in ((4, 20, 0.0), (4, 20, 0.05), (0, 20, 0.0), (19, 20, 0.05)):
        steps = sorted({0, 1, max(length - 1, 0), length, length + 1, (length + total) // 2, total - 1, total,
                        total + 1, 2 * total, 1000})
        add(f"warm-up over {length}, cosine to {floor} at {total}", "warmupCosine",
            dict(peak=0.2, floor=floor, warmup=length, total=total), steps,
            lambda step: warmup_cosine(step, 0.2, floor, length, total))
    return result


def main():
    gradients = gradient_sequence()
    cases = [trajectory(kind, name, options, lookahead, gradients)
             for kind, table in (("sgd", SGD), ("adamw", ADAMW))
             for name, options in table for lookahead in LOOKAHEADS]
    write("optimizers.json", {
        "parameters": [tensor(p) for p in initial()],
        "gradients": [[values(g) for g in step] for step in gradients],
        "cases": cases,
        "clipping": clipping(),
        "schedules": schedules(),
    })


if __name__ == "__main__":
    main()
