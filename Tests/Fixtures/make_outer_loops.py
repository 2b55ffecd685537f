"""Golden paths of outer loops around optimizers, on one worker and on several, in NumPy and float64.

Run `python3 make_outer_loops.py`; it writes outer-loops.json beside itself.
Made with Python 3.11.7, NumPy 2.4.6, JAX 0.10.2 and optax 0.2.8.

Every worker i has a loss of its own, a quadratic with a wave on it, and goes H steps from the common weights phi. Then
Delta = sum of w_i (phi - theta_i) is the gradient of a step of the outer optimizer. The rules are written out from the papers'
formulas. Where optax has the loop, `optax.lookahead`, the script fails unless both agree.
"""
import jax
import numpy as np
import optax

from goldens import write

jax.config.update("jax_enable_x64", True)

SIZE, STEPS = 6, 24
RECORDED = (1, 3, 4, 6, 12, 24)
WORKERS = 4
SHARES = [0.4, 0.3, 0.2, 0.1]

index = np.arange(SIZE)
START = np.round(np.cos(index * 1.7), 3)
CENTERS = [np.round(np.sin(index * 0.9 + i), 3) for i in range(WORKERS)]
CURVATURES = [np.round(1.0 + 0.5 * np.cos(index + 2 * i), 3) for i in range(WORKERS)]


def gradient(worker, x, step):
    """The gradient of ½ a(x − c)² − 0.1 cos(3x + step)/3 in step 0, 1, …"""
    return CURVATURES[worker] * (x - CENTERS[worker]) + 0.1 * np.sin(3 * x + step)


# --- Rules: each returns the function that changes weights by a gradient, with a state of its own ---------------------------

def sgd(rate, momentum=0.0, nesterov=False):
    buffer = [0.0]

    def update(x, g):
        buffer[0] = momentum * buffer[0] + g
        return x - rate * (g + momentum * buffer[0] if nesterov else buffer[0])

    return update


def adamw(rate, decay=0.01, beta1=0.9, beta2=0.999, epsilon=1e-8):
    state = [0.0, 0.0, 0]

    def update(x, g):
        state[2] += 1
        state[0] = beta1 * state[0] + (1 - beta1) * g
        state[1] = beta2 * state[1] + (1 - beta2) * g * g
        m, v = state[0] / (1 - beta1 ** state[2]), state[1] / (1 - beta2 ** state[2])
        return x * (1 - rate * decay) - rate * m / (np.sqrt(v) + epsilon)

    return update


def fedadam(rate, tau, beta1=0.9, beta2=0.99, start=None):
    """Algorithm 2 of 2003.00295, where Delta has the other sign."""
    state = [0.0, tau ** 2 if start is None else start]

    def update(x, g):
        state[0] = beta1 * state[0] + (1 - beta1) * -g
        state[1] = beta2 * state[1] + (1 - beta2) * g * g
        return x + rate * state[0] / (np.sqrt(state[1]) + tau)

    return update


def flower(rate, tau, beta1=0.9, beta2=0.99):
    """FedAdam as Flower has it: v from 0, and the rate corrected by powers of the round, from 1, plus one."""
    state = [0.0, 0.0, 0]

    def update(x, g):
        state[2] += 1
        state[0] = beta1 * state[0] + (1 - beta1) * -g
        state[1] = beta2 * state[1] + (1 - beta2) * g * g
        corrected = rate * np.sqrt(1 - beta2 ** (state[2] + 1)) / (1 - beta1 ** (state[2] + 1))
        return x + corrected * state[0] / (np.sqrt(state[1]) + tau)

    return update


# --- The loop ---------------------------------------------------------------------------------------------------------------

def run(inner, outer, period, workers, shares, resets):
    """The slow weights, and the weights of the first worker, after each step."""
    slow = START.copy()
    fast = [slow.copy() for _ in range(workers)]
    rules, outer = [inner() for _ in range(workers)], outer()
    history = []
    for step in range(STEPS):
        for i in range(workers):
            fast[i] = rules[i](fast[i], gradient(i, fast[i], step))
        if (step + 1) % period == 0:
            delta = sum(w * (slow - x) for w, x in zip(shares, fast))
            slow = outer(slow, delta)
            fast = [slow.copy() for _ in range(workers)]
            if resets:
                rules = [inner() for _ in range(workers)]
        history.append((slow.copy(), fast[0].copy()))
    return history


def optax_run(inner, period, alpha):
    """The same by `optax.lookahead`."""
    optimizer = optax.lookahead(inner, sync_period=period, slow_step_size=alpha)
    params = optax.LookaheadParams.init_synced(jax.numpy.asarray(START))
    state = optimizer.init(params)
    history = []
    for step in range(STEPS):
        updates, state = optimizer.update(gradient(0, params.fast, step), state, params)
        params = optax.apply_updates(params, updates)
        history.append((np.asarray(params.slow), np.asarray(params.fast)))
    return history


NESTEROV = "outer=momentum(learning-rate=0.7, momentum=0.9, nesterov=true)"

# The expression, the inner and the outer rule, the period, whether the inner state is reset.
CASES = [
    ("lookahead(sgd(learning-rate=0.1), sync-period=3)",
     lambda: sgd(0.1), lambda: sgd(0.5), 3, False),
    ("lookahead(adamw(learning-rate=0.05), sync-period=4, slow-step-size=0.8)",
     lambda: adamw(0.05), lambda: sgd(0.8), 4, False),
    (f"lookahead(adamw(learning-rate=0.05), sync-period=3, {NESTEROV})",
     lambda: adamw(0.05), lambda: sgd(0.7, 0.9, True), 3, False),
    ("diloco(adamw(learning-rate=0.02), sync-period=6)",
     lambda: adamw(0.02), lambda: sgd(0.7, 0.9, True), 6, False),
    ("snoo(momentum(learning-rate=0.02), sync-period=4, outer-learning-rate=0.5, outer-momentum=0.6)",
     lambda: sgd(0.02, 0.9), lambda: sgd(0.5, 0.6, True), 4, False),
    ("fedavg(momentum(learning-rate=0.05), sync-period=4)",
     lambda: sgd(0.05, 0.9), lambda: sgd(1.0), 4, True),
    ("fedadam(sgd(learning-rate=0.1), sync-period=3)",
     lambda: sgd(0.1), lambda: fedadam(0.01, 1e-3), 3, True),
    ("fedadam(sgd(learning-rate=0.1), sync-period=2, outer-learning-rate=0.1, tau=0.1, initial-accumulator=0)",
     lambda: sgd(0.1), lambda: fedadam(0.1, 0.1, start=0.0), 2, True),
]

OPTAX = {
    0: (optax.sgd(0.1), 3, 0.5),
    1: (optax.adamw(0.05, weight_decay=0.01), 4, 0.8),
}


def path(history):
    return [{"step": t, "slow": history[t - 1][0].tolist(), "first": history[t - 1][1].tolist()} for t in RECORDED]


def main():
    cases = []
    for i, (text, inner, outer, period, resets) in enumerate(CASES):
        for workers in (1, WORKERS):
            shares = SHARES if workers > 1 else [1.0]
            history = run(inner, outer, period, workers, shares, resets)
            cases.append({"optimizer": text, "workers": workers, "path": path(history)})
            if workers == 1 and i in OPTAX:
                for (slow, fast), (their_slow, their_fast) in zip(history, optax_run(*OPTAX[i])):
                    np.testing.assert_allclose(slow, their_slow, rtol=1e-12, atol=1e-14)
                    np.testing.assert_allclose(fast, their_fast, rtol=1e-12, atol=1e-14)
    # How much the correction of Flower's rule changes.
    ours = run(lambda: sgd(0.1), lambda: fedadam(0.01, 1e-3), 3, 1, [1.0], True)[-1][0]
    theirs = run(lambda: sgd(0.1), lambda: flower(0.01, 1e-3), 3, 1, [1.0], True)[-1][0]
    print("largest difference to Flower's FedAdam after", STEPS // 3, "outer steps:", abs(ours - theirs).max())
    write("outer-loops.json", {
        "start": START.tolist(), "shares": SHARES,
        "centers": [c.tolist() for c in CENTERS], "curvatures": [a.tolist() for a in CURVATURES],
        "cases": cases,
    })


main()
