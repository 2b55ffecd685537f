"""Golden values (NumPy) and gradients (PyTorch) of linear algebra, in float64.

Run `python3 make_linear_algebra.py`; it writes linear-algebra.json beside itself.
Made with Python 3.11.7, NumPy 2 and PyTorch 2.15.0.
"""
import json
from pathlib import Path

import numpy as np
import torch

torch.set_default_dtype(torch.float64)
generator = np.random.default_rng(5)
CASES = []


def tensor(x):
    x = np.asarray(x)
    return {"shape": list(x.shape), "values": x.reshape(-1).tolist()}


def case(name, x, numpy, torch_function):
    value = numpy(x)
    y = torch.tensor(x, requires_grad=True)
    output = torch_function(y)
    np.testing.assert_allclose(output.detach().numpy(), value, rtol=1e-9, atol=1e-11)
    cotangent = torch.tensor(generator.standard_normal(value.shape))
    (slope,) = torch.autograd.grad((output * cotangent).sum(), [y])
    CASES.append({"name": name, "input": tensor(x), "value": tensor(value), "cotangent": tensor(cotangent.numpy()),
                  "slope": tensor(slope.numpy())})


square, tall = generator.standard_normal((2, 4, 4)), generator.standard_normal((5, 3))
symmetric = square + square.swapaxes(-1, -2)
definite = square @ square.swapaxes(-1, -2) + np.eye(4)
right = np.arange(4.0).reshape(4, 1)
case("solve", square, lambda x: np.linalg.solve(x, np.broadcast_to(right, (2, 4, 1))),
     lambda x: torch.linalg.solve(x, torch.tensor(right)))
case("cholesky", definite, np.linalg.cholesky, torch.linalg.cholesky)
case("inverse", square, np.linalg.inv, torch.linalg.inv)
case("determinant", square, np.linalg.det, torch.linalg.det)
case("logAbsDeterminant", square, lambda x: np.linalg.slogdet(x)[1], lambda x: torch.linalg.slogdet(x)[1])
case("eigvalsh", symmetric, np.linalg.eigvalsh, torch.linalg.eigvalsh)
case("svdvals", tall, lambda x: np.linalg.svd(x, compute_uv=False), torch.linalg.svdvals)
case("qr.q", tall, lambda x: np.linalg.qr(x)[0], lambda x: torch.linalg.qr(x)[0])
case("qr.r", tall, lambda x: np.linalg.qr(x)[1], lambda x: torch.linalg.qr(x)[1])
case("wide qr.r", tall.T, lambda x: np.linalg.qr(x)[1], lambda x: torch.linalg.qr(x[:, :3])[0].T @ x)
case("pseudoInverse", tall, np.linalg.pinv, torch.linalg.pinv)
case("matrixExponential", square, lambda x: torch.linalg.matrix_exp(torch.tensor(x)).numpy(), torch.linalg.matrix_exp)
case("matrixPower", square, lambda x: np.linalg.matrix_power(x, -3), lambda x: torch.linalg.matrix_power(x, -3))

Path(__file__).with_name("linear-algebra.json").write_text(json.dumps({"cases": CASES}, indent=0).replace("\n", " ") + "\n")
