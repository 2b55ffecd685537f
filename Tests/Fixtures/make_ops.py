"""Golden values and gradients of the operations, in float64.

Run `python3 make_ops.py`; it writes ops.json beside itself.
Made with Python 3.11.7 and PyTorch 2.15.0.

"gradients" has one entry an input: that of sum(output * cotangent), or null for an input of integers or truth values; for an
operation without a derivative the cotangent is null and the list empty. "case" names what is special about the row:
  basic      ordinary values and shapes        broadcast  the inputs' shapes differ
  ties       equal values at a kink: maximum, minimum, max and min share the gradient evenly, clamp passes none at its bounds
  special    zeros, very large and very small values, infinities and NaN
"""
import itertools
import math

import torch
import torch.nn.functional as F

from goldens import sample, tensor, values, write

INF, NAN = math.inf, math.nan
CASES = []
RANDOM = torch.Generator().manual_seed(1)


def row(op, function, *inputs, case="basic", differentiable=True, **arguments):
    """Adds one case: `function` of the inputs, with keyword arguments already bound into it."""
    inputs = [i.clone().requires_grad_(differentiable and i.is_floating_point()) for i in inputs]
    output = function(*inputs)
    sources = [i for i in inputs if i.requires_grad]
    cotangent, gradients = None, []
    if sources:
        cotangent = sample(RANDOM, *output.shape)
        found = iter(torch.autograd.grad(output, sources, cotangent))
        gradients = [values(next(found)) if i.requires_grad else None for i in inputs]
    CASES.append({"op": op, "case": case, "inputs": [tensor(i) for i in inputs], "arguments": arguments,
                  "output": tensor(output), "cotangent": None if cotangent is None else values(cotangent),
                  "gradients": gradients})


def some(*shape, low=-2.0, high=2.0):
    return sample(RANDOM, *shape, low=low, high=high)


def of(*numbers):
    return torch.tensor(numbers)


def arithmetic():
    shapes = [((3, 2), (2,)), ((2, 1, 3), (4, 1)), ((), (2, 2)), ((1,), (3,))]
    for op, function in (("add", torch.add), ("subtract", torch.subtract), ("multiply", torch.multiply),
                         ("divide", torch.divide), ("maximum", torch.maximum), ("minimum", torch.minimum)):
        row(op, function, some(2, 3), some(2, 3, low=0.5))
        for one, other in shapes:
            row(op, function, some(*one), some(*other, low=0.5), case="broadcast")
    row("power", torch.pow, some(2, 3, low=0.2), some(2, 3))
    row("power", torch.pow, some(2, 1, 3, low=0.2), some(4, 1), case="broadcast")
    row("power", torch.pow, of(0.0, 0.0, 2.0, -2.0, -2.0, 1.0, INF), of(0.0, 2.0, 0.0, 3.0, 0.5, INF, 2.0), case="special")
    for exponent in (2.0, 3.0, 0.5, -1.0, 1.0, 0.0, 2.5):
        row("power", lambda x: torch.pow(x, exponent), some(4, low=0.2), exponent=exponent)
    for exponent in (2.0, 3.0, 0.0, -1.0):
        row("power", lambda x: torch.pow(x, exponent), of(-2.0, -0.5, 0.0, 3.0), case="special", exponent=exponent)
    row("divide", torch.divide, of(1.0, -1.0, 0.0, 1.0, INF), of(0.0, 0.0, 0.0, INF, 2.0), case="special")
    for op, function in (("maximum", torch.maximum), ("minimum", torch.minimum)):
        row(op, function, of(1.0, 2.0, -1.0, 0.0), of(1.0, 3.0, -1.0, -0.5), case="ties")
        row(op, function, of(NAN, 1.0, INF, -INF), of(1.0, NAN, 1.0, 1.0), case="special", differentiable=False)
    for op, function in (("equal", torch.eq), ("notEqual", torch.ne), ("less", torch.lt), ("lessEqual", torch.le),
                         ("greater", torch.gt), ("greaterEqual", torch.ge)):
        row(op, function, of(1.0, 2.0, 3.0, NAN, NAN, INF, 0.0), of(1.0, 3.0, 2.0, NAN, 1.0, INF, -0.0), case="special",
            differentiable=False)


def elementwise():
    signed, positive = some(2, 3), some(2, 3, low=0.1, high=3.0)
    # The functions' own names; softplus by logaddexp, because PyTorch's returns x itself above 20, which is off by 2e-9.
    functions = [
        ("negate", torch.neg, signed, of(0.0, INF, NAN)),
        ("exp", torch.exp, signed, of(0.0, -1e-10, 700.0, -745.0, 1000.0, -1000.0, INF, -INF, NAN)),
        ("expm1", torch.expm1, signed, of(0.0, 1e-10, -1e-10, -50.0, 1000.0, -INF, NAN)),
        ("log", torch.log, positive, of(0.0, 1.0, 1e-300, 5e-324, 1e300, INF, -1.0, NAN)),
        ("log1p", torch.log1p, positive, of(0.0, 1e-10, -1e-10, -1.0, 1e300, INF, -2.0, NAN)),
        ("sqrt", torch.sqrt, positive, of(0.0, 1e-300, 1e300, INF, -1.0, NAN)),
        ("rsqrt", torch.rsqrt, positive, of(0.0, 1e-300, 1e300, INF, -1.0, NAN)),
        ("abs", torch.abs, signed, of(0.0, -0.0, -1e-300, INF, -INF)),
        ("sin", torch.sin, signed, of(0.0, 1e-10, 100.0, -1e5, 1e5, INF, NAN)),
        ("cos", torch.cos, signed, of(0.0, 1e-10, 100.0, -1e5, 1e5, INF, NAN)),
        ("tanh", torch.tanh, signed, of(0.0, 1e-10, -1e-10, 20.0, -20.0, 1000.0, INF, -INF, NAN)),
        ("sigmoid", torch.sigmoid, signed, of(0.0, 40.0, -40.0, 1000.0, -1000.0, INF, -INF, NAN)),
        ("erf", torch.erf, signed, of(0.0, 1e-10, 0.5, -3.0, 6.0, 1000.0, INF, -INF, NAN)),
        ("relu", F.relu, signed, of(0.0, -0.0, 1e-300, -1e-300, 1000.0, INF, -INF)),
        ("silu", F.silu, signed, of(0.0, 40.0, -40.0, 1000.0, NAN)),
        ("gelu", F.gelu, signed, of(0.0, 1e-10, -5.0, 8.0, -30.0, 1000.0, NAN)),
        ("softplus", lambda x: torch.logaddexp(x, torch.zeros(())), signed, of(0.0, 19.0, 21.0, 40.0, -40.0, 1000.0, -1000.0)),
    ]
    for op, function, ordinary, special in functions:
        row(op, function, ordinary)
        row(op, function, special, case="special")
    row("gelu", lambda x: F.gelu(x, approximate="tanh"), signed, approximation="tanh")
    for slope in (0.01, 0.3):
        row("leakyRelu", lambda x: F.leaky_relu(x, slope), signed, slope=slope)
        row("leakyRelu", lambda x: F.leaky_relu(x, slope), of(0.0, -0.0, 1e5, -1e5, INF, -INF), case="special", slope=slope)
    for alpha in (1.0, 0.7):
        row("elu", lambda x: F.elu(x, alpha), signed, alpha=alpha)
        row("elu", lambda x: F.elu(x, alpha), of(0.0, -1e-10, -40.0, 1000.0, -1000.0, INF), case="special", alpha=alpha)
    for bounds in (dict(minimum=-1.0, maximum=0.5), dict(minimum=-1.0), dict(maximum=0.5)):
        clamp = lambda x: torch.clamp(x, bounds.get("minimum"), bounds.get("maximum"))
        row("clamp", clamp, signed, **bounds)
        row("clamp", clamp, of(-1.0, 0.5, 0.0, INF, -INF), case="ties", **bounds)
    condition = torch.tensor([[True, False, True], [False, False, True]])
    row("where", torch.where, condition, some(2, 3), some(2, 3))
    row("where", torch.where, condition, some(3), some(2, 1), case="broadcast")
    row("where", torch.where, torch.tensor([True, False]), of(1.0, NAN), of(INF, 2.0), case="special")


def reductions():
    x, ties = some(2, 3, 2), of(1.0, 3.0, 3.0, -2.0, 3.0, -2.0).reshape(2, 3)
    functions = [("sum", torch.sum), ("mean", torch.mean), ("max", torch.amax), ("min", torch.amin)]
    axes_lists = [[0], [1], [-1], [0, 2], [0, 1, 2]]
    for (op, function), keep in itertools.product(functions, (False, True)):
        for axes in axes_lists:
            row(op, lambda t: function(t, dim=axes, keepdim=keep), x, axes=axes, keepDimensions=keep)
    for op, function in functions:
        row(op, lambda t: function(t, dim=[0]), some(1), axes=[0], keepDimensions=False)
    for op, function in functions[2:]:
        for axes in ([0], [1], [0, 1]):
            row(op, lambda t: function(t, dim=axes), ties, case="ties", axes=axes, keepDimensions=False)
        row(op, lambda t: function(t, dim=[1]), torch.tensor([[1.0, NAN], [INF, 1.0], [-INF, 1.0]]), case="special",
            differentiable=False, axes=[1], keepDimensions=False)
    for correction, keep, axes in itertools.product((0, 1), (False, True), axes_lists[:4]):
        row("variance", lambda t: torch.var(t, dim=axes, correction=correction, keepdim=keep), x, axes=axes,
            keepDimensions=keep, correction=correction)
    for correction in (0, 1):  # a large mean, where E[x^2] - E[x]^2 loses every digit
        row("variance", lambda t: torch.var(t, dim=[0], correction=correction), of(1.0, 2.0, 4.0, 7.0) + 1e8,
            case="special", axes=[0], keepDimensions=False, correction=correction)


def normalised_exponentials():
    large = torch.tensor([[1e4, -1e4, 0.0], [1e4, 1e4, 1e4], [-INF, 0.0, 1.0]])
    for op, function in (("softmax", F.softmax), ("logSoftmax", F.log_softmax)):
        for axis in (0, 1, -1):
            row(op, lambda t: function(t, axis), some(2, 3, 2), axis=axis)
        row(op, lambda t: function(t, -1), some(3, 1), axis=-1)
        row(op, lambda t: function(t, -1), large, case="special", axis=-1)


def products():
    row("matmul", torch.matmul, some(3, 4), some(4, 2))
    row("matmul", torch.matmul, some(1, 1), some(1, 1))
    row("matmul", torch.matmul, some(1, 3), some(3, 1))
    row("matmul", torch.matmul, some(2, 3, 2), some(2, 2, 3))
    for one, other in (((2, 3, 2), (2, 2)), ((3, 2), (2, 2, 2)), ((2, 1, 2, 3), (2, 3, 2)), ((1, 2, 2), (3, 2, 1))):
        row("matmul", torch.matmul, some(*one), some(*other), case="broadcast")
    for one, other in (((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 2, 3), (3,)), ((3,), (2, 3, 2))):
        row("matmul", torch.matmul, some(*one), some(*other), case="vector")


def movements():
    int32 = lambda data: torch.tensor(data, dtype=torch.int32)
    for axis, indices in ((0, [[1, 0, 1], [1, 1, 0]]), (1, [[2, 0], [1, 1]]), (-1, [[2, 2, 0], [0, 1, 2]])):
        row("gather", lambda t, i: torch.take_along_dim(t, i.long(), axis), some(2, 3), int32(indices), axis=axis)
    row("gather", lambda t, i: torch.take_along_dim(t, i.long(), 1), some(4, 3), int32([[2], [0], [0], [1]]), axis=1)
    for axis in (0, 1, -1):
        row("concatenate", lambda *t: torch.cat(t, axis), some(2, 2, 3), some(2, 2, 3), axis=axis)
        row("stack", lambda *t: torch.stack(t, axis), some(2, 3), some(2, 3), some(2, 3), axis=axis)
    row("concatenate", lambda *t: torch.cat(t, 1), some(2, 1), some(2, 3), some(2, 2), axis=1)
    row("stack", lambda *t: torch.stack(t, 0), some(), some(), axis=0)
    x = some(2, 3, 2)
    for axes in ([0, 1], [1, 2], [0, -1]):
        row("transpose", lambda t: torch.transpose(t, *axes), x, axes=axes)
    for axes in ([2, 0, 1], [1, 0, 2], [0, 1, 2]):
        row("permute", lambda t: torch.permute(t, axes), x, axes=axes)
    for shape in ([6, 2], [-1], [4, -1], [2, 1, 3, 2]):
        row("reshape", lambda t: torch.reshape(t, shape), x, shape=shape)
    row("broadcast", lambda t: torch.broadcast_to(t, (2, 3, 2)), some(3, 1), case="broadcast", shape=[2, 3, 2])
    for ranges in ([[0, 2], [1, 3], [0, 2]], [[1, 2], [0, 3], [0, 1]], [[0, 0], [0, 3], [0, 2]]):
        row("slice", lambda t: t[tuple(slice(*r) for r in ranges)], x, ranges=ranges)


if __name__ == "__main__":
    for part in (arithmetic, elementwise, reductions, normalised_exponentials, products, movements):
        part()
    write("ops.json", {"cases": CASES})
