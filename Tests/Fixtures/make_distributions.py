"""Golden log-probabilities, gradients, moments, entropies and divergences of distributions, in float64.

Run `python3 make_distributions.py`; it writes distributions.json beside itself.
Made with Python 3.11.7 and PyTorch 2.15.0.
"""
import json
from pathlib import Path

import torch
import torch.distributions as D

torch.set_default_dtype(torch.float64)
CASES = []


def tensor(x):
    def number(v):
        return v if v == v and abs(v) != float("inf") else str(v)
    return {"shape": list(x.shape), "values": [number(v) for v in x.detach().reshape(-1).tolist()]}


def case(name, make, parameters, others, values, moments=True):
    """The distribution of `parameters`, that of `others`, and values."""
    parameters = [torch.tensor(p).requires_grad_(True) for p in parameters]
    others = [torch.tensor(p) for p in others]
    p, value = make(*parameters), torch.tensor(values)
    row = {"name": name, "parameters": [tensor(x) for x in parameters], "others": [tensor(x) for x in others],
           "value": tensor(value)}
    logs = p.log_prob(value)
    row["logProbability"] = tensor(logs)
    finite = torch.where(torch.isfinite(logs), logs, 0.0)
    row["slopes"] = [tensor(g) for g in torch.autograd.grad(finite.sum(), parameters, retain_graph=True)]
    if moments:
        row["mean"], row["variance"] = tensor(p.mean), tensor(p.variance)
    row["entropy"] = tensor(p.entropy())
    if others:
        divergence = D.kl_divergence(p, make(*others))
        row["divergence"] = tensor(divergence)
        row["divergenceSlopes"] = [
            tensor(g) for g in torch.autograd.grad(divergence.sum(), parameters, allow_unused=True)]
    try:
        row["cumulative"] = tensor(p.cdf(value))
    except NotImplementedError:
        pass
    CASES.append(row)


args = {"validate_args": False}
case("normal", lambda m, s: D.Normal(m, s, **args), [[-1.0, 2.0, 0.5], 0.7], [[0.3], [1.5]], [[0.0, 2.5, -30.0], [1.0, 1.0, 1.0]])
case("log-normal", lambda m, s: D.LogNormal(m, s, **args), [[-1.0, 0.4], [0.5, 1.2]], [0.3, 0.9], [0.2, 3.0])
case("uniform", lambda a, b: D.Uniform(a, b, **args), [[0.0, -1.0, 2.0], [1.0, 3.0, 2.5]], [-2.0, 4.0], [0.5, 2.9, 7.0])
case("exponential", lambda r: D.Exponential(r, **args), [[0.3, 2.0]], [1.5], [[0.0, 4.0], [1.0, 90.0]])
case("laplace", lambda m, s: D.Laplace(m, s, **args), [[-1.0, 2.0], [0.5, 3.0]], [0.2, 1.1], [[3.0, -1.0], [-40.0, 400.0]])
case("gamma", lambda a, b: D.Gamma(a, b, **args), [[0.2, 3.0, 40.0], [1.5, 0.5, 2.0]], [2.0, 1.0], [0.01, 4.0, 30.0])
case("beta", lambda a, b: D.Beta(a, b, **args), [[0.5, 3.0, 20.0], [0.7, 2.0, 5.0]], [2.0, 1.5], [0.01, 0.4, 0.99])
case("dirichlet", lambda a: D.Dirichlet(a, **args), [[[0.5, 2.0, 3.0], [9.0, 1.0, 0.1]]], [[1.0, 1.0, 2.5]], [[0.2, 0.5, 0.3], [0.7, 0.1, 0.2]])
case("student-t", lambda n, m, s: D.StudentT(n, m, s, **args), [[0.8, 1.5, 5.0], 0.5, 2.0], [], [0.0, -3.0, 80.0])
case("bernoulli-logits", lambda x: D.Bernoulli(logits=x, **args), [[-3.0, 0.0, 2.0, 60.0, -800.0]], [0.4], [0.0, 1.0, 1.0, 0.0, 1.0])
case("bernoulli-probabilities", lambda p: D.Bernoulli(probs=p, **args), [[0.1, 0.5, 0.99]], [0.3], [1.0, 0.0, 1.0])
case("geometric", lambda p: D.Geometric(probs=p, **args), [[0.1, 0.5, 0.9]], [0.3], [4.0, 0.0, 2.0])
case("categorical-logits", lambda x: D.Categorical(logits=x, **args), [[[1.0, -2.0, 0.5], [300.0, 0.0, -300.0]]], [[0.1, 0.4, 0.2]], [2, 1], moments=False)
case("categorical-probabilities", lambda p: D.Categorical(probs=p, **args), [[[0.2, 0.3, 0.5], [0.6, 0.3, 0.1]]], [[0.1, 0.4, 0.5]], [2, 1], moments=False)
case("multivariate-normal", lambda m, s: D.MultivariateNormal(m, scale_tril=torch.tril(s), **args),
     [[[1.0, -1.0, 0.5], [0.0, 0.0, 0.0]], [[1.2, 0.0, 0.0], [0.3, 0.8, 0.0], [-0.5, 0.2, 1.5]]],
     [[0.1, 0.2, 0.3], [[0.9, 0.0, 0.0], [0.1, 1.1, 0.0], [0.4, -0.2, 0.7]]], [[0.5, 0.5, 0.5], [3.0, -2.0, 1.0]])
case("independent", lambda m, s: D.Independent(D.Normal(m, s, **args), 1), [[[-1.0, 2.0], [0.0, 1.0]], [0.7, 0.3]],
     [[0.3, 0.1], [1.5, 1.0]], [[0.0, 2.5], [1.0, 1.0]])

rate = torch.tensor([0.3, 4.0, 50.0]).requires_grad_(True)
count = torch.tensor([0.0, 7.0, 44.0])
logs = D.Poisson(rate).log_prob(count)
divergence = D.kl_divergence(D.Poisson(rate), D.Poisson(torch.tensor(2.0)))
steps = torch.arange(300.0)
table = D.Poisson(rate.detach().unsqueeze(-1)).log_prob(steps)
CASES.append({
    "name": "poisson", "parameters": [tensor(rate)], "others": [tensor(torch.tensor(2.0))], "value": tensor(count),
    "logProbability": tensor(logs), "slopes": [tensor(g) for g in torch.autograd.grad(logs.sum(), [rate])],
    "mean": tensor(rate), "variance": tensor(rate), "entropy": tensor(-(table.exp() * table).sum(-1)),
    "divergence": tensor(divergence),
    "divergenceSlopes": [tensor(g) for g in torch.autograd.grad(divergence.sum(), [rate])]})

Path(__file__).with_name("distributions.json").write_text(json.dumps({"cases": CASES}, indent=0).replace("\n", " ") + "\n")
