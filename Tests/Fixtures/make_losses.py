"""Golden values and gradients of the losses, in float64.

Run `python3 make_losses.py`; it writes losses.json beside itself.
Made with Python 3.11.7 and PyTorch 2.15.0.

The gradient is that of sum(output * cotangent), with respect to the prediction (and to the target of a mean squared error).
"""
import torch
import torch.nn.functional as F

from goldens import sample, tensor, values, write

REDUCTIONS = ("mean", "sum", "none")


def finish(case, output, inputs, generator):
    cotangent = sample(generator, *output.shape)
    gradients = torch.autograd.grad(output, inputs, cotangent)
    return {**case, "output": tensor(output), "cotangent": values(cotangent), "gradients": [values(g) for g in gradients]}


def mean_squared_error(generator):
    cases = []
    for shape in ((1,), (1, 1), (4,), (3, 2), (2, 2, 3)):
        for reduction in REDUCTIONS:
            prediction = sample(generator, *shape).requires_grad_()
            target = sample(generator, *shape).requires_grad_()
            case = {"name": f"{list(shape)}", "loss": "mse", "reduction": reduction,
                    "prediction": tensor(prediction), "target": tensor(target)}
            cases.append(finish(case, F.mse_loss(prediction, target, reduction=reduction), (prediction, target), generator))
    return cases


def cross_entropy(generator):
    inf = float("inf")
    inputs = [
        ("one row", sample(generator, 1, 3), [2]),
        ("one class", sample(generator, 2, 1), [0, 0]),
        ("four rows", sample(generator, 4, 3), [0, 2, 1, 2]),
        ("many classes", sample(generator, 2, 9), [8, 3]),
        ("large logits", torch.tensor([[1e4, -1e4, 0.0], [1e4, -1e4, 0.0], [-1e4, -1e4, -1e4], [1e4, 1e4, 9999.0]]), [0, 1, 2, 1]),
        ("equal logits", torch.zeros(2, 4), [0, 3]),
        ("masked class", torch.tensor([[0.5, -inf, 1.5], [-inf, 2.0, -inf]]), [2, 1]),
    ]
    cases = []
    for name, logits, labels in inputs:
        for reduction in REDUCTIONS:
            prediction, target = logits.clone().requires_grad_(), torch.tensor(labels)
            case = {"name": name, "loss": "crossEntropy", "reduction": reduction,
                    "prediction": tensor(prediction), "target": tensor(target.to(torch.int32))}
            cases.append(finish(case, F.cross_entropy(prediction, target, reduction=reduction), (prediction,), generator))
    return cases


if __name__ == "__main__":
    random = torch.Generator().manual_seed(0)
    write("losses.json", {"cases": mean_squared_error(random) + cross_entropy(random)})
