"""Golden values of the schedules, in float64.

Run `python3 make_schedules.py`; it writes schedules.json beside itself.
Made with Python 3.11.7 and PyTorch 2.15.0.

Where PyTorch has a scheduler, the values are its own: an optimizer is stepped, and the learning rate read before each step.
Its closed form is taken where it has one, since the recursive form drifts, and the two must agree. The other schedules are
the formulas below, of Hugging Face's `transformers` (inverse square root, warm-up-stable-decay) and of the papers (Noam).

A case is {"name", "schedule", settings, "points": [[step, value], ...]}, with "momentum": [[step, value], ...] where there is
one. "torch": [[step, value], ...] are values of PyTorch's that differ on purpose from the one in "points".
"""
import math
import warnings

import torch
from torch.optim import lr_scheduler as lrs

from goldens import write

warnings.filterwarnings("ignore")
PEAK = 0.3


def follow(make, last, lr=PEAK, momentum=False):
    """The learning rates, and momenta, of the steps 0...last; fewer when the scheduler refuses to go on."""
    parameter = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([parameter], lr=lr, momentum=0.9)
    scheduler = make(optimizer)
    rates, momenta = [], []
    for step in range(last + 1):
        group = optimizer.param_groups[0]
        rate = float(group["lr"])
        if hasattr(scheduler, "_get_closed_form_lr"):
            closed = scheduler._get_closed_form_lr()[0]
            assert math.isclose(rate, closed, rel_tol=1e-9, abs_tol=1e-13), (step, rate, closed)
            rate = float(closed)
        rates.append(rate)
        momenta.append(float(group["momentum"]))
        optimizer.step()
        try:
            scheduler.step()
        except (ValueError, ZeroDivisionError):
            break
    return (rates, momenta) if momentum else rates


def at(values, steps):
    return [[step, values[step]] for step in steps if step < len(values)]


def simple():
    """Schedulers whose values are all taken over."""
    cases = []

    def add(name, schedule, settings, steps, make):
        values = follow(make, max(steps))
        cases.append({"name": name, "schedule": schedule, **settings, "points": at(values, steps)})

    for gamma, period in ((0.1, 7), (0.5, 1), (0.9, 30), (1.5, 4)):
        add(f"times {gamma} every {period}", "step", {"peak": PEAK, "every": period, "gamma": gamma},
            (0, 1, period - 1, period, period + 1, 2 * period - 1, 2 * period, 10 * period, 11 * period + 1),
            lambda o: lrs.StepLR(o, period, gamma))
    for milestones in ([5], [3, 9, 20], [20, 3, 9], [4, 4, 8], [0, 2], [1, 1, 1], []):
        steps = sorted({0, 1, 2, 40} | {m + d for m in milestones for d in (-1, 0, 1) if m + d >= 0})
        for gamma in (0.1, 0.3):
            add(f"times {gamma} at {milestones}", "multi-step",
                {"peak": PEAK, "milestones": milestones, "gamma": gamma}, steps,
                lambda o: lrs.MultiStepLR(o, milestones, gamma))
    for gamma in (0.9, 0.999, 1.01, 0.1):
        add(f"times {gamma} at each step", "exponential", {"peak": PEAK, "gamma": gamma}, (0, 1, 2, 10, 99, 300),
            lambda o: lrs.ExponentialLR(o, gamma))
    for factor, total in ((1 / 3, 5), (0.5, 1), (0.25, 12)):
        add(f"{factor:.2f} of it over {total}", "constant", {"rate": PEAK, "factor": factor, "over": total},
            (0, 1, total - 1, total, total + 1, 2 * total, 50), lambda o: lrs.ConstantLR(o, factor, total))
    for start, end, total in ((1 / 3, 1, 5), (1, 0, 10), (1, 0.1, 7), (0.01, 1, 1), (1e-3, 0.5, 100)):
        add(f"from {start:.3f} to {end} over {total}", "linear",
            {"start": PEAK * start, "end": PEAK * end, "total": total},
            sorted({0, 1, total // 2, total - 1, total, total + 1, 2 * total, 300}),
            lambda o: lrs.LinearLR(o, start, end, total))
    for total, power in ((5, 1.0), (10, 2.0), (10, 0.5), (33, 0.9), (1, 3.0)):
        add(f"to the {power} over {total}", "polynomial", {"peak": PEAK, "total": total, "power": power},
            sorted({0, 1, total // 2, total - 1, total, total + 1, 2 * total, 100}),
            lambda o: lrs.PolynomialLR(o, total, power))
    for period, multiplier, floor in ((10, 1, 0.0), (10, 2, 0.0), (7, 3, 0.01), (1, 2, 0.05), (1, 1, 0.05), (4, 1, 0.3)):
        starts = [0]
        while len(starts) < 5:
            starts.append(starts[-1] + period * multiplier ** (len(starts) - 1))
        add(f"restarts after {period}, times {multiplier}, to {floor}", "cosine-restarts",
            {"peak": PEAK, "period": period, "multiplier": multiplier, "floor": floor},
            sorted({s + d for s in starts for d in (-1, 0, 1, 2) if s + d >= 0}),
            lambda o: lrs.CosineAnnealingWarmRestarts(o, period, multiplier, floor))
    return cases


def cosine():
    """Clamped after its end, where PyTorch's climbs again."""
    cases = []
    for total, floor in ((10, 0.0), (10, 0.01), (33, 1e-4), (1, 0.1), (2, 0.3)):
        values = follow(lambda o: lrs.CosineAnnealingLR(o, total, floor), 3 * total)
        inside = sorted({0, 1, total // 2, total - 1, total})
        outside = sorted({total + 1, 2 * total, 3 * total - 1})
        differing = [s for s in outside if abs(values[s] - floor) > 1e-9]
        cases.append({
            "name": f"to {floor} over {total}", "schedule": "cosine", "peak": PEAK, "total": total, "floor": floor,
            "points": at(values, inside) + [[s, floor] for s in outside], "torch": at(values, differing)})
    return cases


def one_cycle():
    """Stays at its floor, where PyTorch's jumps up in the step after the last and then stops with an error."""
    cases = []
    for total, rise, options in (
            (10, 0.3, {}), (100, 0.3, {}), (100, 0.25, {"anneal_strategy": "linear"}), (57, 0.4, {"three_phase": True}),
            (64, 0.1, {"three_phase": True, "anneal_strategy": "linear"}), (11, 0.37, {}), (2, 0.7, {}),
            (40, 0.5, {"div_factor": 10, "final_div_factor": 100, "base_momentum": 0.8, "max_momentum": 0.9})):
        values, momenta = follow(
            lambda o: lrs.OneCycleLR(o, PEAK, total_steps=total, pct_start=rise, **options), total, momentum=True)
        initial = PEAK / options.get("div_factor", 25)
        top = rise * total - 1
        steps = sorted({0, 1, math.floor(top), math.ceil(top), math.floor(2 * top), math.ceil(2 * top) + 1, total // 2,
                        total - 2, total - 1} & set(range(total)))
        after = [total, total + 1, 3 * total]
        cases.append({
            "name": f"{total} steps, {rise} of them up, {options}", "schedule": "one-cycle", "peak": PEAK, "total": total,
            "rise": rise, "initial": initial, "floor": initial / options.get("final_div_factor", 1e4),
            "shape": options.get("anneal_strategy", "cos"), "symmetric": options.get("three_phase", False),
            "low": options.get("base_momentum", 0.85), "high": options.get("max_momentum", 0.95),
            "points": at(values, steps) + [[s, values[total - 1]] for s in after],
            "momentum": at(momenta, steps) + [[s, momenta[total - 1]] for s in after],
            "torch": [[total, values[total]]]})
    return cases


def cyclic():
    cases = []
    for up, down, mode, gamma in ((4, None, "triangular", 1.0), (5, 3, "triangular", 1.0), (4, None, "triangular2", 1.0),
                                  (3, 8, "triangular2", 1.0), (4, None, "exp_range", 0.95), (1, None, "triangular", 1.0),
                                  (2000, None, "triangular", 1.0)):
        size = up + (down or up)
        steps = sorted({0, 1, up - 1, up, up + 1, size - 1, size, size + 1, size + up, 2 * size, 3 * size + up - 1})
        values, momenta = follow(
            lambda o: lrs.CyclicLR(o, 0.01, PEAK, up, down, mode, gamma), max(steps), momentum=True)
        cases.append({
            "name": f"{up} up, {down} down, {mode}", "schedule": "cyclic", "low": 0.01, "high": PEAK, "rise": up,
            "fall": down or up, "mode": mode, "gamma": gamma, "points": at(values, steps), "momentum": at(momenta, steps)})
    return cases


def sequential():
    """PyTorch's SequentialLR, whose schedulers begin at 0 at their milestones."""
    def constant_exponential(o):
        return lrs.SequentialLR(o, [lrs.ConstantLR(o, 0.1, 20), lrs.ExponentialLR(o, 0.9)], [20])

    def linear_cosine(o):
        return lrs.SequentialLR(o, [lrs.LinearLR(o, 0.1, 1, 5), lrs.CosineAnnealingLR(o, 10)], [5])

    def three(o):
        return lrs.SequentialLR(
            o, [lrs.LinearLR(o, 0.25, 1, 4), lrs.StepLR(o, 3, 0.5), lrs.PolynomialLR(o, 6, 2.0)], [4, 12])

    def at_once(o):
        return lrs.SequentialLR(o, [lrs.ConstantLR(o, 0.1, 20), lrs.ExponentialLR(o, 0.9)], [0])

    return [{"name": name, "schedule": "sequential", "points": at(follow(make, max(steps)), steps)}
            for name, make, steps in (
                ("constant, exponential at 20", constant_exponential, (0, 1, 19, 20, 21, 22, 40)),
                ("linear, cosine at 5", linear_cosine, (0, 1, 4, 5, 6, 10, 14)),
                ("linear, step at 4, polynomial at 12", three, (0, 1, 3, 4, 5, 6, 7, 11, 12, 13, 17, 18, 19, 30)),
                ("constant, exponential at 0", at_once, (0, 1, 2, 30)))]


def warmup(step, length):
    return (step + 1) / (length + 1)


def formulas():
    """Warm-ups rise with (t + 1)/(W + 1), where transformers has t/W and the rate 0 in its first step."""
    cases = []

    def add(name, schedule, settings, steps, value):
        cases.append({"name": name, "schedule": schedule, **settings, "points": [[s, value(s)] for s in steps]})

    for length, scale in ((100, 100), (0, 10_000), (10, 40)):
        shift = scale - length
        add(f"warm-up {length}, timescale {scale}", "inverse-sqrt", {"peak": PEAK, "warmup": length, "timescale": scale},
            sorted({0, 1, max(length - 1, 0), length, length + 1, 2 * length, 1000, 100_000}),
            lambda t: PEAK * (warmup(t, length) if t < length else 1 / math.sqrt((t + shift) / scale)))
    remaining = {"linear": lambda p: 1 - p, "cosine": lambda p: 0.5 * (1 + math.cos(math.pi * p)),
                 "1-sqrt": lambda p: 1 - math.sqrt(p)}
    for length, decay, total, ratio in ((10, 20, 100, 0.0), (0, 100, 100, 0.1), (5, 1, 20, 0.01)):
        for shape, left in remaining.items():
            def wsd(t):
                if t < length:
                    return PEAK * warmup(t, length)
                if t < total - decay:
                    return PEAK
                progress = min((t - (total - decay)) / decay, 1)
                return PEAK * (left(progress) * (1 - ratio) + ratio)
            add(f"{total} steps, warm-up {length}, {shape} over {decay} to {ratio}", "wsd",
                {"peak": PEAK, "warmup": length, "decay": decay, "total": total, "shape": shape, "floor": ratio * PEAK},
                sorted({0, 1, max(length - 1, 0), length, max(total - decay - 1, 0), total - decay, total - decay + 1,
                        total - decay // 2, total - 1, total, total + 1, 3 * total}), wsd)
    for width, length, factor in ((512, 4000, 1.0), (64, 1, 2.0), (128, 100, 0.5)):
        add(f"width {width}, warm-up {length}, times {factor}", "noam",
            {"width": width, "warmup": length, "factor": factor},
            sorted({0, 1, length - 1, length, length + 1, 2 * length, 100_000}),
            lambda t: factor * width ** -0.5 * min((t + 1) ** -0.5, (t + 1) * length ** -1.5))
    return cases


def plateau():
    """Sequences of metrics and the rates after each."""
    down = [1.0, 0.9, 0.9, 0.9, 0.9, 0.85, 0.85, 0.85, 0.84999, 0.85, 0.85, 0.85, 0.85, 0.85, 0.85, 0.85, 0.7, 0.7, 0.7]
    flat = [1.0] * 40
    cases = []
    for name, metrics, options in (
            ("defaults", flat, {}), ("patience 2", down, {"patience": 2}), ("patience 0", flat[:9], {"patience": 0}),
            ("cooldown", flat, {"patience": 1, "cooldown": 3, "factor": 0.5}), ("floor", flat, {"patience": 1, "min_lr": 0.02}),
            ("absolute", down, {"patience": 1, "threshold": 0.1, "threshold_mode": "abs", "factor": 0.3}),
            ("relative", down, {"patience": 1, "threshold": 0.1, "factor": 0.3}),
            ("maximum", [-m + 2 for m in down], {"patience": 2, "mode": "max"}),
            ("maximum, absolute", [-m for m in down], {"patience": 1, "mode": "max", "threshold_mode": "abs"}),
            ("negative, absolute", [m - 5 for m in down], {"patience": 1, "threshold_mode": "abs"}),
            ("not a number", [1.0, math.nan, math.nan, 0.5, math.nan, math.nan, math.nan, 0.4], {"patience": 1}),
            ("infinite", [math.inf, math.inf, math.inf, 3.0, math.inf, 2.0, 2.0, 2.0, 2.0], {"patience": 1}),
            ("too small to be worth it", flat, {"patience": 0, "eps": 1e-3}),
            # Worse and worse; PyTorch compares with best * (1 - threshold), which is above a negative best.
            ("negative, relative", [-1.0, -0.99, -0.98, -0.97, -0.96, -0.95, -0.94], {"patience": 1, "threshold": 0.1})):
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=PEAK)
        scheduler = lrs.ReduceLROnPlateau(optimizer, **options)
        rates = []
        for metric in metrics:
            scheduler.step(metric)
            rates.append(optimizer.param_groups[0]["lr"])
        cases.append({"name": name, "rate": PEAK, "mode": options.get("mode", "min"), "factor": options.get("factor", 0.1),
                      "patience": options.get("patience", 10), "threshold": options.get("threshold", 1e-4),
                      "thresholdMode": options.get("threshold_mode", "rel"), "cooldown": options.get("cooldown", 0),
                      "floor": options.get("min_lr", 0.0), "epsilon": options.get("eps", 1e-8),
                      "metrics": [str(m) if not math.isfinite(m) else m for m in metrics], "rates": rates})
    return cases


def cosine_formula(step, peak, floor, total):
    return floor + 0.5 * (peak - floor) * (1 + math.cos(math.pi * min(step, total) / total))


def warmup_formula(step, peak, length):
    return peak * (step + 1) / (length + 1) if step < length else peak


def warmup_cosine(step, peak, floor, length, total):
    """nanoGPT's: the warm-up, then a cosine over what is left."""
    return warmup_formula(step, peak, length) if step < length else cosine_formula(step - length, peak, floor, total - length)


def warmups():
    """The constant, the warm-up, the cosine and both together, by their formulas, past their ends too."""
    result = []

    def add(name, kind, arguments, steps, function):
        points = [[step, function(step)] for step in steps]
        result.append({"name": name, "schedule": kind, **arguments, "points": points})

    add("constant", "constant", dict(rate=0.03, factor=1, over=0), (0, 1, 1000), lambda step: 0.03)
    for length in (0, 1, 9):
        add(f"warm-up over {length}", "warmup", dict(peak=0.5, warmup=length), (0, 1, 4, 8, 9, 10, 11, 1000),
            lambda step: warmup_formula(step, 0.5, length))
    for floor in (0.0, 0.01):
        add(f"cosine to {floor}", "cosine", dict(peak=0.4, floor=floor, total=10), (0, 1, 5, 9, 10, 11, 20, 1000),
            lambda step: cosine_formula(step, 0.4, floor, 10))
    add("cosine over one step", "cosine", dict(peak=0.4, floor=0.1, total=1), (0, 1, 2),
        lambda step: cosine_formula(step, 0.4, 0.1, 1))
    for length, total, floor in ((4, 20, 0.0), (4, 20, 0.05), (0, 20, 0.0), (19, 20, 0.05)):
        steps = sorted({0, 1, max(length - 1, 0), length, length + 1, (length + total) // 2, total - 1, total,
                        total + 1, 2 * total, 1000})
        add(f"warm-up over {length}, cosine to {floor} at {total}", "warmup-cosine",
            dict(peak=0.2, floor=floor, warmup=length, total=total), steps,
            lambda step: warmup_cosine(step, 0.2, floor, length, total))
    return result


def main():
    write("schedules.json", {
        "schedules": simple() + cosine() + one_cycle() + cyclic() + sequential() + formulas() + warmups(),
        "plateaus": plateau(),
    })


if __name__ == "__main__":
    main()
