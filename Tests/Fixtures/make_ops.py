"""Golden values and gradients of the operations, in float64.

Run `python3 make_ops.py`; it writes the files ops-*.json beside itself.
Made with Python 3.11.7 and PyTorch 2.15.0.

A row is {"name", "op", "case", "inputs", "arguments", "output", "cotangent", "gradients"}. Operations and arguments are named
as in Swift; an argument that is left out has its default value. "gradients" has one entry for each input: the gradient of
sum(output * cotangent), or null for an int32 or bool input or a constant. For an operation without a derivative the cotangent is
null and the list empty.
"case" is the kind of the row:
  basic      ordinary values and shapes        broadcast  the inputs' shapes differ        empty  an axis has no elements
  ties       equal values at a kink: maximum, minimum, max and min share the gradient evenly, clamp passes none at its bounds
  special    zeros, very large and very small values, infinities and NaN
  integers   int32 or bool
"""

import itertools
import math

import torch
import torch.nn.functional as F

from goldens import number, sample, tensor, values, write

INF, NAN = math.inf, math.nan
TINY = 2.0**-1074  # the least subnormal number
PI = math.pi

CASES = []
NAMES = set()
RANDOM = torch.Generator()


def row(op, function, *inputs, case="basic", name=None, differentiable=True, constants=(), **arguments):
    """Adds one case: `function` of the inputs, with keyword arguments already bound into it. No gradient is taken with respect
    to the inputs at the positions `constants`."""
    inputs = [
        i.clone().requires_grad_(differentiable and i.is_floating_point() and n not in constants) for n, i in enumerate(inputs)
    ]
    output = function(*inputs)
    if output.dtype == torch.int64:
        output = output.int()
    sources = [i for i in inputs if i.requires_grad]
    cotangent, gradients = None, []
    if sources:
        cotangent = sample(RANDOM, *output.shape)
        if output.requires_grad:
            found = iter(torch.autograd.grad(output, sources, cotangent, allow_unused=True, materialize_grads=True))
        else:  # the output depends on the inputs in steps
            found = iter([torch.zeros_like(i) for i in sources])
        gradients = [values(next(found)) if i.requires_grad else None for i in inputs]
    if name is None:
        name = next(f"{op} {n}" for n in itertools.count(1) if f"{op} {n}" not in NAMES)
    assert name not in NAMES, name
    if case == "basic" and any(i.numel() == 0 for i in inputs):
        case = "empty"
    NAMES.add(name)
    CASES.append(
        {
            "name": name,
            "op": op,
            "case": case,
            "inputs": [tensor(i) for i in inputs],
            "arguments": {k: number(v) for k, v in arguments.items()},
            "output": tensor(output),
            "cotangent": None if cotangent is None else values(cotangent),
            "gradients": gradients,
        }
    )


def some(*shape, low=-2.0, high=2.0):
    return sample(RANDOM, *shape, low=low, high=high)


def distinct(*shape):
    """Numbers that are never equal, in random order."""
    count = math.prod(shape)
    return (torch.randperm(count, generator=RANDOM).double() * 0.25 - count / 8).reshape(shape)


def of(*numbers):
    return torch.tensor(numbers)


def ints(data):
    return torch.tensor(data, dtype=torch.int32)


def truths(data):
    return torch.tensor(data, dtype=torch.bool)


def some_truths(*shape):
    return torch.rand(shape, generator=RANDOM) < 0.5


# MARK: elementwise

BINARY = [
    ("add", torch.add),
    ("subtract", torch.subtract),
    ("multiply", torch.multiply),
    ("divide", torch.divide),
    ("remainder", torch.remainder),
    ("maximum", torch.maximum),
    ("minimum", torch.minimum),
    ("atan2", torch.atan2),
]
COMPARISONS = [
    ("equal", torch.eq),
    ("notEqual", torch.ne),
    ("less", torch.lt),
    ("lessEqual", torch.le),
    ("greater", torch.gt),
    ("greaterEqual", torch.ge),
]
ENDS = (0.0, -0.0, 1.0, -1.0, INF, -INF, NAN, TINY, -(2.0**-1030), 1e308)


def arithmetic():
    shapes = [((3, 2), (2,)), ((2, 1, 3), (4, 1)), ((), (2, 2)), ((1,), (3,))]
    every_pair = [of(*side) for side in zip(*itertools.product((0.0, -0.0, 2.0, -3.0, INF, -INF, NAN), repeat=2))]
    for op, function in BINARY:
        row(op, function, some(2, 3), some(2, 3, low=0.5))
        for one, other in shapes:
            row(op, function, some(*one), some(*other, low=0.5), case="broadcast")
        row(op, function, some(2, 0), some(2, 1))
        row(op, function, some(2, 0, 1), some(0, 3))
        row(op, function, *every_pair, case="special", name=f"{op} of ends")
        row(op, function, of(TINY, -1e-310, 1e308, 1e-200, 1e200), of(TINY, 2.0, 1e308, 1e-200, -1e200), case="special")
    for op, function in BINARY[:4]:
        row(op, lambda x: function(x, 2.5), some(2, 2), right=2.5)
        row(op, lambda x: function(torch.tensor(2.5), x), some(2, 2, low=0.2), left=2.5)
        row(op, lambda x: function(x, 0.0), of(*ENDS), case="special", right=0.0)
        row(op, lambda x: function(torch.tensor(1.0), x), of(*ENDS), case="special", left=1.0)
    for divisor in (0.75, -0.75, INF):
        row("remainder", lambda x: torch.remainder(x, divisor), of(-2.0, -0.75, -0.1, 0.0, 0.1, 0.75, 2.2, 1e6), right=divisor)
    row("remainder", torch.remainder, of(5.0, -5.0, 5.0, -5.0, 6.0, -0.0), of(3.0, 3.0, -3.0, -3.0, 3.0, 3.0))
    row("power", torch.pow, some(2, 3, low=0.2), some(2, 3))
    row("power", torch.pow, some(2, 1, 3, low=0.2), some(4, 1), case="broadcast")
    row("power", torch.pow, some(2, 0, low=0.2), some(1))
    row("power", torch.pow, of(0.0, 0.0, 2.0, -2.0, -2.0, 1.0, INF), of(0.0, 2.0, 0.0, 3.0, 0.5, INF, 2.0), case="special")
    row(
        "power",
        torch.pow,
        of(0.0, 0.0, 0.0, 0.0, -0.0, -0.0),
        of(1.0, 0.5, -1.0, -0.5, 3.0, -3.0),
        case="special",
        name="power of zero",
    )
    row(
        "power",
        torch.pow,
        of(NAN, 1.0, INF, -INF, -INF, 0.5, 0.5, -1.0),
        of(0.0, NAN, -1.0, 3.0, 2.0, INF, -INF, INF),
        case="special",
        name="power of ends",
    )
    for exponent in (2.0, 3.0, 4.0, 0.5, -0.5, -1.0, 1.0, 0.0, 2.5, -2.0):
        row("power", lambda x: torch.pow(x, exponent), some(4, low=0.2), exponent=exponent)
        row(
            "power",
            lambda x: torch.pow(x, exponent),
            of(*ENDS[:7], -2.0, -0.5, 1e200),
            case="special",
            exponent=exponent,
            name=f"power {exponent} of ends",
        )
    row("square", torch.square, some(2, 3))
    row("square", torch.square, of(*ENDS, 1e-200), case="special")
    for op, function in BINARY[5:7]:
        row(op, function, of(1.0, 2.0, -1.0, 0.0, INF, -INF, 0.0), of(1.0, 3.0, -1.0, -0.5, INF, -INF, -0.0), case="ties")
    for t in (0.0, 0.3, 0.5, 1.0, 1.5):
        row("lerp", lambda a, b: torch.lerp(a, b, t), some(2, 3), some(3), case="broadcast", t=t)
    row("lerp", torch.lerp, some(2, 3), some(2, 3), some(2, 3, low=0.0, high=1.0))
    row("lerp", torch.lerp, some(2, 1), some(3), some(), case="broadcast")
    row("lerp", torch.lerp, some(0), some(0), some(0))
    for bounds in ({"from": -1.0, "to": 0.5}, {"from": -1.0, "to": INF}, {"from": -INF, "to": 0.5}, {"from": 0.5, "to": 0.5}):
        clamp = lambda x: torch.clamp(x, bounds["from"], bounds["to"])
        row("clamp", clamp, some(2, 3), **bounds)
        row("clamp", clamp, of(-1.0, 0.5, 0.0, INF, -INF, -0.0, NAN), case="ties", **bounds)


def comparisons():
    row_of = lambda op, function, *inputs, **more: row(op, function, *inputs, differentiable=False, **more)
    every_pair = [of(*side) for side in zip(*itertools.product((0.0, -0.0, TINY, 2.0, INF, -INF, NAN), repeat=2))]
    for op, function in COMPARISONS:
        row_of(op, function, *every_pair, case="special")
        row_of(op, function, some(2, 1), some(3), case="broadcast")
        row_of(op, function, some(2, 0), some(1))
        row_of(op, lambda x: function(x, 0.0), of(*ENDS), case="special", right=0.0)
        row_of(op, function, ints([[1, -2], [3, 4]]), ints([1, 4]), case="integers")
    for op, function in (("and", torch.logical_and), ("or", torch.logical_or), ("exclusiveOr", torch.logical_xor)):
        row_of(op, function, truths([False, False, True, True]), truths([False, True, False, True]), case="integers")
        row_of(op, function, some_truths(2, 1), some_truths(3), case="integers")
    row_of("not", torch.logical_not, some_truths(2, 3), case="integers")
    row_of("finiteElements", torch.isfinite, of(*ENDS), case="special")
    for x in (of(1.0, NAN), of(-INF, 0.0), of(1e308, TINY, -0.0), some(0)):
        row_of("isFinite", lambda x: torch.isfinite(x).all(), x, case="special")
    condition = truths([[True, False, True], [False, False, True]])
    row("select", torch.where, condition, some(2, 3), some(2, 3))
    row("select", torch.where, condition, some(3), some(2, 1), case="broadcast")
    row("select", torch.where, truths([True, False, True]), some(2, 1), some(), case="broadcast")
    row("select", torch.where, truths([True, False]), of(1.0, NAN), of(INF, 2.0), case="special")
    row("select", torch.where, some_truths(0), some(2, 1), some(1))
    row("select", torch.where, condition, ints([1, 2, 3]), ints([[4], [5]]), case="integers")


def elementwise():
    # Compositions where PyTorch's kernels are inexact: softplus is x above 20, off by 2e-9; gelu loses its left tail;
    # hardsigmoid has 1/6, and celu 1/alpha, in float32.
    softplus = lambda x: torch.logaddexp(x, torch.zeros(()))
    gelu = lambda x: x * (torch.erfc(x * -math.sqrt(0.5)) / 2)
    hard_sigmoid = lambda x: torch.clamp(x / 6 + 0.5, 0, 1)
    celu = lambda x, alpha: torch.where(x > 0, x, alpha * F.elu(x / alpha))
    both, positive, unit, wide = (-2.0, 2.0), (0.1, 3.0), (-0.95, 0.95), (-5.0, 5.0)
    functions = [  # the operation, its ordinary numbers, and special ones besides ENDS
        ("negate", torch.neg, both, ()),
        ("abs", torch.abs, both, ()),
        ("sign", torch.sign, both, ()),
        ("floor", torch.floor, wide, (0.5, -0.5, 1.5, 2.0, 1e16, 4503599627370495.5)),
        ("ceil", torch.ceil, wide, (0.5, -0.5, 1.5, 2.0, 1e16, 4503599627370495.5)),
        ("round", torch.round, wide, (0.5, -0.5, 1.5, 2.5, -2.5, 0.49999999999999994, 1e16, 4503599627370495.5)),
        ("exp", torch.exp, both, (-1e-10, 700.0, 709.7, -708.0, -740.0, -745.0, 1000.0, -1000.0)),
        ("exp2", torch.exp2, both, (-1e-10, 0.5, 10.0, 1023.0, 1024.0, -1022.0, -1060.0, -1074.0, -1076.0)),
        ("expm1", torch.expm1, both, (1e-10, -1e-10, 1e-300, -50.0, 700.0, 1000.0)),
        ("log", torch.log, positive, (1e-300, 1e-310, 1e300, 1.0000000001)),
        ("log2", torch.log2, positive, (1e-300, 1e-310, 1e300, 8.0, 1.0000000001)),
        ("log10", torch.log10, positive, (1e-300, 1e-310, 1e300, 1000.0, 1.0000000001)),
        ("log1p", torch.log1p, positive, (1e-20, 1e-10, -1e-10, -0.9999999999, 1e300, -2.0)),
        ("sqrt", torch.sqrt, positive, (1e-300, 1e-310, 1e300, 4.0)),
        ("rsqrt", torch.rsqrt, positive, (1e-300, 1e-310, 1e300, 4.0)),
        ("sin", torch.sin, wide, (1e-10, 100.0, -1e5, 1e5, PI)),
        ("cos", torch.cos, wide, (1e-10, 100.0, -1e5, 1e5, PI / 2)),
        ("tan", torch.tan, both, (1e-10, 1.5, 100.0, -1e5)),
        ("asin", torch.asin, unit, (1e-10, 0.9999999999, -0.9999999999, 2.0)),
        ("acos", torch.acos, unit, (1e-10, 0.9999999999, -0.9999999999, 2.0)),
        ("atan", torch.atan, both, (1e-10, 1e10, -1e10, 1e160)),
        ("sinh", torch.sinh, both, (1e-10, 20.0, -20.0, 709.0, 711.0, -711.0)),
        ("cosh", torch.cosh, both, (1e-10, 20.0, -20.0, 709.0, 711.0, -711.0)),
        ("tanh", torch.tanh, both, (1e-10, -1e-10, 0.3, 20.0, -20.0, 1000.0)),
        ("sigmoid", torch.sigmoid, wide, (40.0, -40.0, -700.0, 1000.0, -1000.0)),
        ("erf", torch.erf, both, (1e-10, 0.5, -3.0, 5.5, 6.0, 1000.0)),
        ("relu", F.relu, both, (1e-300, -1e-300, 1000.0)),
        ("silu", F.silu, wide, (40.0, -40.0, -700.0, 1000.0)),
        ("gelu", gelu, wide, (1e-10, -5.0, 8.0, -8.0, -30.0, 1000.0)),
        ("geluTanh", lambda x: F.gelu(x, approximate="tanh"), wide, (1e-10, 8.0, 1000.0)),
        ("softplus", softplus, wide, (19.0, 21.0, 40.0, -40.0, 1000.0, -1000.0)),
        ("logSigmoid", F.logsigmoid, wide, (19.0, 21.0, 40.0, -40.0, 1000.0, -1000.0)),
        ("selu", F.selu, wide, (-1e-10, 1000.0, -1000.0)),
        ("mish", F.mish, wide, (1e-10, 40.0, -40.0, 1000.0, -1000.0)),
        ("hardSigmoid", hard_sigmoid, wide, (3.0, -3.0, 2.9999999999, -2.9999999999)),
        ("hardSwish", F.hardswish, wide, (3.0, -3.0, 2.9999999999, -2.9999999999)),
        ("softsign", F.softsign, wide, (1e-10, 30.0)),
    ]
    for op, function, (low, high), special in functions:
        row(op, function, some(2, 3, low=low, high=high))
        row(op, function, some(3, 0))
        row(op, function, some(low=low, high=high))
        row(op, function, of(*ENDS), case="special", name=f"{op} of ends")
        if special:
            row(op, function, of(*special), case="special", name=f"{op} of special numbers")
    for slope in (0.01, 0.3):
        row("leakyRelu", lambda x: F.leaky_relu(x, slope), some(2, 3), slope=slope)
        row("leakyRelu", lambda x: F.leaky_relu(x, slope), of(*ENDS), case="special", slope=slope)
    for op, function in (("elu", F.elu), ("celu", celu)):
        for alpha in (1.0, 0.7, 2.0):
            row(op, lambda x: function(x, alpha), some(2, 3), alpha=alpha)
            row(op, lambda x: function(x, alpha), of(*ENDS, -1e-10), case="special", alpha=alpha, name=f"{op} {alpha} of ends")
            row(op, lambda x: function(x, alpha), of(-20.0, -40.0, 1000.0, -1000.0), alpha=alpha)
    for axis, shape in ((-1, (2, 6)), (0, (4, 3)), (1, (2, 2, 3))):
        row("glu", lambda x: F.glu(x, axis), some(*shape), axis=axis)
    row("glu", lambda x: F.glu(x, -1), some(2, 0), axis=-1)
    row("glu", lambda x: F.glu(x, 0), of(1.0, INF, 2.0, 0.0, -1000.0, 1000.0, -INF, NAN), case="special", axis=0)
    inverses = [
        ("asinh", torch.asinh, both, (1e-10, -1e-10, 20.0, -1e10, 1e100)),
        ("acosh", torch.acosh, (1.05, 4.0), (1.0, 1.0000000001, 20.0, 1e10, 1e100)),
        ("atanh", torch.atanh, unit, (1e-10, 0.9999999999, -0.9999999999, 2.0)),
    ]
    for op, function, (low, high), special in inverses:
        row(op, function, some(2, 3, low=low, high=high))
        row(op, function, some(3, 0))
        row(op, function, of(*ENDS), case="special", name=f"{op} of ends")
        row(op, function, of(*special), case="special", name=f"{op} of special numbers")


def whole_numbers():
    a, b = ints([[7, -7, 7], [-7, 0, 9]]), ints([[2, 2, -2], [-2, 3, 3]])
    for op, function in BINARY[:3] + BINARY[4:7]:
        row(op, function, a, b, case="integers")
        row(op, function, a, ints([3, -1, 2]), case="integers")
    row("divide", lambda x, y: torch.div(x, y, rounding_mode="floor"), a, b, case="integers")
    largest = ints([2147483647, -2147483648, 65536])
    for op, function in BINARY[:3]:  # they wrap
        row(op, function, largest, ints([1, -1, 65536]), case="integers")
    for op, function in (("negate", torch.neg), ("abs", torch.abs), ("sign", torch.sign), ("square", torch.square)):
        row(op, function, a, case="integers")
    row("clamp", lambda x: torch.clamp(x, -2, 3), a, case="integers", **{"from": -2.0, "to": 3.0})
    for dtype, code in ((torch.int32, "int32"), (torch.bool, "bool"), (torch.float64, "float64"), (torch.float32, "float32")):
        for x in (of(-1.75, -0.5, -0.0, 0.5, 1e9, 3.0), a, truths([True, False])):
            row("converted", lambda x: x.to(dtype), x, case="integers" if not x.is_floating_point() else "basic", dtype=code)


# MARK: reductions


def reductions():
    x, ties = distinct(2, 3, 2), of(1.0, 3.0, 3.0, -2.0, 3.0, -2.0).reshape(2, 3)
    functions = [
        ("sum", torch.sum),
        ("mean", torch.mean),
        ("max", torch.amax),
        ("min", torch.amin),
        ("logSumExp", torch.logsumexp),
        ("product", product),
    ]
    axes_lists = [[0], [1], [-1], [0, 2], [2, 1], [0, 1, 2]]
    inexact = torch.tensor([[1.0, NAN, 2.0], [INF, 1.0, 2.0], [-INF, 1.0, 2.0], [INF, -INF, 0.0], [-INF, -INF, -INF]])
    for op, function in functions:
        for axes, keep in itertools.product(axes_lists, (False, True)):
            row(op, lambda t: function(t, dim=axes, keepdim=keep), x, axes=axes, keepingAxes=keep)
        row(op, lambda t: function(t, dim=[0, 1, 2]), x)
        row(op, lambda t: function(t, dim=[0]), some(1), axes=[0])
        row(op, lambda t: function(t, dim=[]), some(), name=f"{op} of a scalar") if op != "product" else None
        row(op, lambda t: function(t, dim=[0]), some(3, 0), axes=[0])
        row(op, lambda t: function(t, dim=[1]), inexact, case="special", axes=[1], name=f"{op} of ends")
    for op, function in functions:
        if op not in ("max", "min"):
            row(op, lambda t: function(t, dim=[1]), some(3, 0), axes=[1])
            row(op, lambda t: function(t, dim=[0, 2]), some(0, 3, 2), axes=[0, 2], keepingAxes=False)
        else:
            for axes in ([0], [1], [0, 1]):
                row(op, lambda t: function(t, dim=axes), ties, case="ties", axes=axes)
            row(op, lambda t: function(t, dim=[0]), of(-0.0, 0.0, -0.0), case="ties", axes=[0])
            row(op, lambda t: function(t, dim=[0]), ints([3, -5, 3]), case="integers", axes=[0])
    row("sum", torch.sum, ints([[1, 2], [3, -4]]), case="integers")
    row("sum", lambda t: torch.sum(t, dim=[1]), truths([[True, False, True], [False, False, False]]), case="integers", axes=[1])
    row("product", torch.prod, ints([[1, 2], [3, -4]]), case="integers")
    row(
        "product",
        lambda t: torch.prod(t, 1),
        torch.tensor([[2.0, 0.0, 3.0], [0.0, 0.0, 3.0], [0.0, 0.0, 0.0], [-1.0, 2.0, -0.0]]),
        case="special",
        axes=[1],
        name="product of zeros",
    )
    row("product", lambda t: torch.prod(t, 0), some(7, 2), axes=[0])
    large = torch.tensor([[1e4, -1e4, 0.0], [1e4, 1e4, 1e4], [-1e4, -1e4, -1e4 - 1], [-INF, 0.0, 1.0], [1e-20, 0.0, -1e-20]])
    row("logSumExp", lambda t: torch.logsumexp(t, 1), large, case="special", axes=[1], name="logSumExp of large numbers")


def product(t, dim, keepdim=False):
    """torch.prod along several axes."""
    for axis in sorted(d % t.dim() for d in dim)[::-1]:
        t = torch.prod(t, axis, keepdim=keepdim)
    return t


def spreads():
    x = some(2, 3, 2)
    shifted = lambda shift: of(1.0, 2.0, 4.0, 7.0) + shift
    for op, function in (("variance", torch.var), ("standardDeviation", torch.std)):
        for correction, keep, axes in itertools.product((0, 1), (False, True), ([0], [1], [-1], [0, 2])):
            row(
                op,
                lambda t: function(t, dim=axes, correction=correction, keepdim=keep),
                x,
                axes=axes,
                keepingAxes=keep,
                correction=correction,
            )
        row(op, lambda t: function(t), x)
        row(op, lambda t: function(t, correction=0), x, correction=0)
        row(op, lambda t: function(t, dim=[1], correction=2), x, axes=[1], correction=2)
        for correction in (0, 1):  # a large mean, where E[x^2] - E[x]^2 loses every digit
            row(
                op,
                lambda t: function(t, dim=[0], correction=correction),
                shifted(1e8),
                case="special",
                axes=[0],
                correction=correction,
            )
        row(op, lambda t: function(t, dim=[0], correction=0), of(3.0), axes=[0], correction=0, name=f"{op} of one element")
        row(
            op,
            lambda t: function(t, dim=[0], correction=1),
            of(3.0),
            axes=[0],
            correction=1,
            case="special",
            name=f"corrected {op} of one element",
        )
        row(
            op,
            lambda t: function(t, dim=[1]),
            torch.tensor([[2.0, 2.0, 2.0], [0.0, 0.0, 0.0]]),
            case="special",
            axes=[1],
            name=f"{op} of equal elements",
        )
        row(
            op,
            lambda t: function(t, dim=[1]),
            torch.tensor([[1.0, NAN], [INF, 1.0], [1e200, -1e200]]),
            case="special",
            axes=[1],
            name=f"{op} of ends",
        )
        row(op, lambda t: function(t, dim=[0], correction=0), some(0, 2), axes=[0], correction=0)
        row(op, lambda t: function(t, dim=[0]), some(3, 0), axes=[0])
    for kind, order in (("one", 1), ("two", 2), ("infinity", INF)):
        norm = lambda t, axes, keep=False: torch.linalg.vector_norm(t, order, dim=axes, keepdim=keep)
        for axes, keep in (([0], False), ([-1], True), ([0, 2], False), ([2, 1], True)):
            row("norm", lambda t: norm(t, axes, keep), x, kind=kind, axes=axes, keepingAxes=keep)
        row("norm", lambda t: norm(t, None), x, kind=kind)
        row("norm", lambda t: norm(t, [0]), some(3, 0), kind=kind, axes=[0])
        if kind != "infinity":
            row("norm", lambda t: norm(t, [1]), some(2, 0), kind=kind, axes=[1])
        row(
            "norm",
            lambda t: norm(t, [1]),
            torch.tensor([[0.0, 0.0], [-0.0, 0.0]]),
            case="special",
            kind=kind,
            axes=[1],
            name=f"norm {kind} at zero",
        )
        row(
            "norm",
            lambda t: norm(t, [1]),
            torch.tensor([[3.0, 0.0], [0.0, -4.0], [2.0, -2.0]]),
            case="ties",
            kind=kind,
            axes=[1],
            name=f"norm {kind} with a zero",
        )
        row(
            "norm",
            lambda t: norm(t, [1]),
            torch.tensor([[1.0, NAN], [INF, 1.0], [-INF, INF]]),
            case="special",
            kind=kind,
            axes=[1],
            name=f"norm {kind} of ends",
        )
    for scale in (1e200, 1e-200):
        row(
            "norm",
            lambda t: torch.linalg.vector_norm(t, 2),
            of(3.0, -4.0) * scale,
            case="special",
            kind="two",
            name=f"norm two of {scale:g}",
        )


def choices():
    x = distinct(2, 3, 2)
    ties = torch.tensor([[1.0, 3.0, 3.0], [-2.0, -2.0, 3.0], [NAN, 1.0, NAN], [-INF, INF, INF], [0.0, -0.0, 0.0]])
    for op, function in (("argmax", torch.argmax), ("argmin", torch.argmin)):
        for axis, keep in itertools.product((0, 1, -1), (False, True)):
            row(op, lambda t: function(t, axis, keep), x, differentiable=False, axis=axis, keepingAxes=keep)
        row(op, lambda t: function(t, 1), ties, case="ties", differentiable=False, axis=1)
        row(op, lambda t: function(t, 0), some(3, 0), differentiable=False, axis=0)
        row(op, lambda t: function(t, 0), ints([[3, -1], [3, 4], [-2, -1]]), case="integers", axis=0)
    for op, function in (("any", torch.any), ("all", torch.all)):
        for axes, keep in (([0], False), ([1], True), ([0, 2], False)):
            row(
                op,
                lambda t: function(t, dim=axes, keepdim=keep),
                some_truths(3, 2, 2),
                case="integers",
                axes=axes,
                keepingAxes=keep,
            )
        row(op, lambda t: function(t), some_truths(2, 2), case="integers")
        row(op, lambda t: function(t, dim=[1]), some(3, 0) != 0, axes=[1])
        row(op, lambda t: function(t), some(0) != 0)
        row(
            op,
            lambda t: function(t, dim=[1]),
            torch.tensor([[0.0, -0.0], [NAN, 0.0], [TINY, 1.0], [-INF, 2.0]]),
            case="special",
            differentiable=False,
            axes=[1],
        )
        row(op, lambda t: function(t, dim=[0]), ints([[0, 2], [0, -1]]), case="integers", axes=[0])
    for axis in (0, 1, -1):
        row("cumulativeSum", lambda t: torch.cumsum(t, axis), x, axis=axis)
        row("cumulativeProduct", lambda t: torch.cumprod(t, axis), some(2, 3, 2), axis=axis)
    for op, function in (("cumulativeSum", torch.cumsum), ("cumulativeProduct", torch.cumprod)):
        row(op, lambda t: function(t, 0), some(7), axis=0)
        row(op, lambda t: function(t, 0), some(1), axis=0)
        row(op, lambda t: function(t, 1), some(2, 0), axis=1)
        row(op, lambda t: function(t, 0), some(2, 0), axis=0)
        row(
            op,
            lambda t: function(t, 1),
            torch.tensor([[1.0, INF, -INF, 2.0], [1.0, NAN, 0.0, 2.0], [INF, 0.0, 1.0, 1.0]]),
            case="special",
            axis=1,
            name=f"{op} of ends",
        )
        row(op, lambda t: function(t, 0), ints([[1, 2], [3, -4], [5, 0]]), case="integers", axis=0)
    row(
        "cumulativeProduct",
        lambda t: torch.cumprod(t, 1),
        torch.tensor([[2.0, 0.0, 3.0, 4.0], [0.0, 2.0, 0.0, 5.0], [0.0, 0.0, 0.0, 0.0]]),
        case="special",
        axis=1,
        name="cumulativeProduct of zeros",
    )
    for descending in (False, True):
        sort = lambda t, axis: torch.sort(t, dim=axis, stable=True, descending=descending)
        for axis in (0, 1, -1):
            row("sorted", lambda t: sort(t, axis)[0], x, axis=axis, descending=descending)
            row("argsort", lambda t: sort(t, axis)[1], x, differentiable=False, axis=axis, descending=descending)
        row("sorted", lambda t: sort(t, 1)[0], ties, case="ties", axis=1, descending=descending)
        row("argsort", lambda t: sort(t, 1)[1], ties, case="ties", differentiable=False, axis=1, descending=descending)
        row("sorted", lambda t: sort(t, 0)[0], some(0, 2), axis=0, descending=descending)
        row("sorted", lambda t: sort(t, 1)[0], ints([[3, 1, 2], [1, 1, 0]]), case="integers", axis=1, descending=descending)
    for count, axis in ((1, 0), (2, 1), (0, -1), (2, -1)):
        for part in (0, 1):
            row(
                "topK",
                lambda t: torch.topk(t, count, axis)[part],
                x,
                differentiable=part == 0,
                count=count,
                axis=axis,
                part=part,
            )
    row(
        "topK",
        lambda t: torch.topk(t, 2, 1)[0],
        torch.tensor([[1.0, NAN, 3.0], [-INF, INF, 0.0]]),
        case="special",
        count=2,
        axis=1,
        part=0,
    )


def normalized_exponentials():
    large = torch.tensor(
        [
            [1e4, -1e4, 0.0],
            [1e4, 1e4, 1e4],
            [-INF, 0.0, 1.0],
            [-INF, -INF, 2.0],
            [1e-20, 0.0, -1e-20],
            [-745.0, 0.0, 0.0],
            [1e308, -1e308, 0.0],
        ]
    )
    for op, function in (("softmax", F.softmax), ("logSoftmax", F.log_softmax)):
        for axis in (0, 1, -1):
            row(op, lambda t: function(t, axis), some(2, 3, 2), axis=axis)
        row(op, lambda t: function(t, -1), some(3, 1), axis=-1)
        row(op, lambda t: function(t, 0), some(4), axis=0)
        row(op, lambda t: function(t, -1), some(2, 19, low=-9.0, high=9.0), axis=-1)
        row(op, lambda t: function(t, -1), some(0, 3), axis=-1)
        row(op, lambda t: function(t, -1), some(3, 0), axis=-1)
        row(op, lambda t: function(t, -1), large, case="special", axis=-1, name=f"{op} of large numbers")
        row(
            op,
            lambda t: function(t, -1),
            torch.tensor([[-INF, -INF], [INF, 0.0], [INF, INF], [NAN, 0.0]]),
            case="special",
            axis=-1,
            name=f"{op} of rows without a finite greatest element",
        )


# MARK: products


def products():
    row("matmul", torch.matmul, some(3, 4), some(4, 2))
    row("matmul", torch.matmul, some(1, 1), some(1, 1))
    row("matmul", torch.matmul, some(1, 3), some(3, 1))
    row("matmul", torch.matmul, some(2, 3, 2), some(2, 2, 3))
    for one, other in (
        ((2, 3, 2), (2, 2)),
        ((3, 2), (2, 2, 2)),
        ((2, 1, 2, 3), (2, 3, 2)),
        ((1, 2, 2), (3, 2, 1)),
        ((2, 1, 1, 2), (3, 2, 2)),
    ):
        row("matmul", torch.matmul, some(*one), some(*other), case="broadcast")
    for one, other in (((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 2, 3), (3,)), ((3,), (2, 3, 2))):
        row("matmul", torch.matmul, some(*one), some(*other), case="vector")
    for one, other in (
        ((0, 3), (3, 2)),
        ((2, 0), (0, 3)),
        ((2, 3), (3, 0)),
        ((0, 2, 3), (3, 2)),
        ((0, 2, 3), (0, 3, 1)),
        ((2, 3, 0), (2, 0, 2)),
        ((0,), (0,)),
        ((0,), (0, 2)),
    ):
        row("matmul", torch.matmul, some(*one), some(*other))
    row(
        "matmul",
        torch.matmul,
        torch.tensor([[1.0, 0.0], [INF, 1.0], [NAN, 0.0], [0.0, -0.0]]),
        torch.tensor([[2.0, INF], [0.0, 1.0]]),
        case="special",
    )
    for batch in ((), (3,), (2, 3), (0,), (2, 0)):
        row("linear", F.linear, some(*batch, 4), some(2, 4))
        row("linear", F.linear, some(*batch, 4), some(2, 4), some(2))
    row("linear", F.linear, some(2, 0), some(3, 0), some(3))
    for count in (1, 3, 5, 0):
        row("dot", torch.dot, some(count), some(count))
    for one, other in ((1, 3), (3, 2), (0, 2), (2, 0)):
        row("outer", torch.outer, some(one), some(other))
    for shape in ((3, 3), (2, 4), (4, 2), (2, 2, 3), (1, 1), (0, 3), (0, 2, 2)):
        row("trace", lambda t: torch.diagonal(t, dim1=-2, dim2=-1).sum(-1), some(*shape))
    formulas = [
        ("ij,jk->ik", (2, 3), (3, 2)),
        ("ij,jk", (2, 3), (3, 2)),
        ("bij,bjk->bik", (2, 2, 3), (2, 3, 1)),
        ("bij,jk->bik", (2, 2, 3), (3, 2)),
        ("ij->ji", (2, 3)),
        ("ij->", (2, 3)),
        ("ij->j", (2, 3)),
        ("ii->i", (3, 3)),
        ("ii", (3, 3)),
        ("ii->", (3, 3)),
        ("i,j->ij", (2,), (3,)),
        ("i,i->", (3,), (3,)),
        ("i,i->i", (3,), (3,)),
        ("i,i", (3,), (3,)),
        ("ij,ij->", (2, 3), (2, 3)),
        ("ij,ij->ij", (2, 3), (2, 3)),
        ("bhqd,bhkd->bhqk", (2, 2, 2, 3), (2, 2, 3, 3)),
        ("ijk,k->ij", (2, 2, 3), (3,)),
        ("ij,kl->ijkl", (2, 2), (1, 3)),
        ("i,ij,j->", (2,), (2, 3), (3,)),
        ("ij,jk,kl->il", (2, 3), (3, 2), (2, 2)),
        ("ba,cb", (2, 3), (2, 2)),
        ("iij->j", (2, 2, 3)),
        ("ijij->ij", (2, 3, 2, 3)),
        ("ii,ij->ij", (2, 2), (2, 3)),
        ("ij, jk -> ki", (2, 3), (3, 2)),
        ("ij,k->i", (2, 3), (2,)),
        ("ab,ab,ab->b", (2, 3), (2, 3), (2, 3)),
        ("i->i", (3,)),
        (",->", (), ()),
        (",i->i", (), (3,)),
        ("ij,jk->ik", (2, 0), (0, 3)),
        ("ij,jk->ik", (0, 2), (2, 3)),
        ("ij->", (2, 0)),
    ]
    for formula, *shapes in formulas:
        row("einsum", lambda *t: torch.einsum(formula, *t), *(some(*s) for s in shapes), formula=formula)


# MARK: movements


def movements():
    x = some(2, 3, 2)
    for axis in (0, 1, -1):
        row("concatenated", lambda *t: torch.cat(t, axis), some(2, 2, 2), some(2, 2, 2), axis=axis)
        row("stacked", lambda *t: torch.stack(t, axis), some(2, 3), some(2, 3), some(2, 3), axis=axis)
    row("concatenated", lambda *t: torch.cat(t, 1), some(2, 1), some(2, 3), some(2, 2), axis=1)
    row("concatenated", lambda *t: torch.cat(t, 1), some(2, 0), some(2, 3), some(2, 0), axis=1)
    row("concatenated", lambda *t: torch.cat(t, 1), some(0, 2), some(0, 3), axis=1)
    row("concatenated", lambda t: torch.cat([t], 0), some(2), axis=0)
    row("concatenated", lambda *t: torch.cat(t, 0), ints([1, 2]), ints([3]), case="integers", axis=0)
    row("stacked", lambda *t: torch.stack(t, 0), some(), some(), axis=0)
    row("stacked", lambda *t: torch.stack(t, 1), some(2, 0), some(2, 0), axis=1)
    for axes in ([0, 1], [1, 2], [0, -1]):
        row("transposed", lambda t: torch.transpose(t, *axes), x, axes=axes)
    row("transposed", lambda t: t.mT, x)
    for axes in ([2, 0, 1], [1, 0, 2], [0, 1, 2], [-1, 0, -2]):
        row("permuted", lambda t: torch.permute(t, axes), x, axes=axes)
    for shape in ([6, 2], [-1], [4, -1], [2, 1, 3, 2]):
        row("reshaped", lambda t: torch.reshape(t, shape), x, shape=shape)
    row("reshaped", lambda t: torch.reshape(t, []), some(1, 1), shape=[])
    row("reshaped", lambda t: torch.reshape(t, [0, 5]), some(2, 0), shape=[0, 5])
    for shape, target in (((3, 1), [2, 3, 2]), ((), [2, 2]), ((1, 3), [2, 3]), ((2,), [2]), ((1,), [0]), ((1, 2), [0, 2])):
        row(
            "broadcast",
            lambda t: torch.broadcast_to(t, target),
            some(*shape),
            case="empty" if 0 in target else "broadcast",
            shape=target,
        )
    for axis in (0, 1, 2, -1, -2):
        row("expanded", lambda t: torch.unsqueeze(t, axis), some(2, 3), axis=axis)
    for axis, shape in ((0, (1, 3)), (1, (2, 1, 3)), (-1, (3, 1)), (0, (1,))):
        row("squeezed", lambda t: torch.squeeze(t, axis), some(*shape), axis=axis)
    for start, shape in ((0, (2, 3, 2)), (1, (2, 3, 2)), (-1, (2, 3)), (0, ()), (1, (2, 0, 3))):
        row("flattened", lambda t: torch.flatten(t, start), some(*shape), start=start)
    for axes in ([0], [1], [-1], [0, 2], [0, 1, 2]):
        row("flipped", lambda t: torch.flip(t, axes), x, axes=axes)
    row("flipped", lambda t: torch.flip(t, [0]), some(0, 2), axes=[0])
    for shift, axis in ((1, 0), (1, 1), (-1, 1), (2, 1), (3, 1), (-4, 1), (7, -1), (0, 0)):
        row("rolled", lambda t: torch.roll(t, shift, axis), x, shift=shift, axis=axis)
    row("rolled", lambda t: torch.roll(t, 1, 0), some(0, 2), shift=1, axis=0)
    for counts, shape in (
        ([2], (3,)),
        ([2, 3], (2, 2)),
        ([1, 2], (2, 1)),
        ([3, 1, 2], (1, 2, 2)),
        ([0, 2], (2, 2)),
        ([2, 2], (0, 2)),
        ([], ()),
    ):
        row("tiled", lambda t: torch.tile(t, counts), some(*shape), counts=counts)
    for count, axis in ((2, 0), (3, 1), (1, -1), (0, 1)):
        row("repeated", lambda t: torch.repeat_interleave(t, count, axis), x, count=count, axis=axis)
    y = some(7, 2)
    for sizes, axis, part in (([2, 5], 0, 0), ([2, 5], 0, 1), ([0, 7], 0, 0), ([1, 1], 1, 1), ([1, 0, 1], -1, 2)):
        row("split", lambda t: torch.split(t, sizes, axis)[part], y, sizes=sizes, axis=axis, part=part)
    for count, axis, part in ((3, 0, 0), (3, 0, 1), (3, 0, 2), (7, 0, 6), (8, 0, 7), (2, 1, 1)):
        row("split", lambda t: torch.tensor_split(t, count, axis)[part], y, count=count, axis=axis, part=part)
    for size, axis, part in ((3, 0, 0), (3, 0, 2), (7, 0, 0), (9, 0, 0), (1, -1, 1)):
        row("chunks", lambda t: torch.split(t, size, axis)[part], y, size=size, axis=axis, part=part)


def pads_and_triangles():
    image = some(1, 2, 3, 4)
    for (before, after), axis in itertools.product(((1, 2), (0, 0), (2, 0)), (2, 3, -1)):
        widths = [before, after] if axis in (3, -1) else [0, 0, before, after]
        for mode, theirs in (("constant", "constant"), ("reflect", "reflect"), ("edge", "replicate")):
            if (before, after) == (0, 0) and mode != "reflect":
                continue
            padded = widths if mode == "constant" or len(widths) == 4 else widths + [0, 0]
            row("padded", lambda t: F.pad(t, padded, mode=theirs), image, before=before, after=after, axis=axis, mode=mode)
    for value in (1.5, INF, -INF, NAN):
        row(
            "padded",
            lambda t: F.pad(t, [1, 1], value=value),
            some(2, 2),
            case="special",
            before=1,
            after=1,
            axis=1,
            mode="constant",
            value=value,
        )
    row("padded", lambda t: F.pad(t, [1, 2]), some(0), before=1, after=2, axis=0, mode="constant")
    row("padded", lambda t: F.pad(t, [0, 0, 1, 1]), some(2, 0), before=1, after=1, axis=0, mode="constant")
    row("padded", lambda t: F.pad(t, [2, 2], mode="reflect"), some(1, 3), before=2, after=2, axis=1, mode="reflect")
    row("padded", lambda t: F.pad(t, [3, 1], mode="replicate"), some(2, 1), before=3, after=1, axis=1, mode="edge")
    for offset, shape in itertools.product((0, 1, -1, 2, -3), ((3, 3), (2, 3), (2, 3, 2))):
        row("diagonal", lambda t: torch.diagonal(t, offset, -2, -1), some(*shape), offset=offset)
        row("lowerTriangle", lambda t: torch.tril(t, offset), some(*shape), offset=offset)
        row("upperTriangle", lambda t: torch.triu(t, offset), some(*shape), offset=offset)
    row("diagonal", lambda t: torch.diagonal(t), some(0, 3), offset=0)
    for op, function in (("lowerTriangle", torch.tril), ("upperTriangle", torch.triu)):
        row(op, function, torch.tensor([[1.0, NAN], [INF, 2.0]]), case="special", offset=0)
        row(op, function, some(0, 2), offset=0)
    for shape in ((3,), (1,), (2, 2), (0,), (2, 0)):
        row("diagonalMatrix", torch.diag_embed, some(*shape))
    for rows, columns, offset in ((3, 3, 0), (2, 4, 1), (4, 2, -1), (3, 3, -3), (0, 2, 0)):
        row(
            "lowerTriangleMask",
            lambda: torch.tril(torch.ones(rows, columns, dtype=torch.bool), offset),
            case="integers",
            rows=rows,
            columns=columns,
            offset=offset,
        )


def picks():
    x = some(2, 3, 2)
    for axis, indices in ((0, [[1, 0, 1], [1, 1, 0]]), (1, [[2, 0], [1, 1]]), (-1, [[2, 2, 0], [0, 1, 2]])):
        row("gathered", lambda t, i: torch.take_along_dim(t, i.long(), axis), some(2, 3), ints(indices), axis=axis)
    row("gathered", lambda t, i: torch.take_along_dim(t, i.long(), 1), some(4, 3), ints([[2], [0], [0], [1]]), axis=1)
    row(
        "gathered",
        lambda t, i: torch.take_along_dim(t, i.long(), 1),
        x,
        ints([[[1, 0], [2, 2], [0, 1], [1, 1]], [[0, 0], [0, 0], [0, 0], [0, 0]]]),
        axis=1,
    )
    row("gathered", lambda t, i: torch.take_along_dim(t, i.long(), 1), some(2, 3), torch.zeros(2, 0, dtype=torch.int32), axis=1)
    row(
        "gathered",
        lambda t, i: torch.take_along_dim(t, i.long(), 0),
        ints([4, 5, 6]),
        ints([2, 2, 0, 1]),
        case="integers",
        axis=0,
    )
    for axis, indices, shape in (
        (0, [[1, 0, 1], [1, 1, 0]], [3, 3]),
        (1, [[2, 0, 2], [1, 1, 1]], [2, 4]),
        (-1, [[0, 0, 0], [3, 1, 2]], [2, 4]),
    ):
        row(
            "scatterAdded",
            lambda t, i: torch.zeros(shape).scatter_add(axis, i.long(), t),
            some(2, 3),
            ints(indices),
            axis=axis,
            shape=shape,
        )
    row(
        "scatterAdded",
        lambda t, i: torch.zeros(3).scatter_add(0, i.long(), t),
        some(0),
        torch.zeros(0, dtype=torch.int32),
        axis=0,
        shape=[3],
    )
    row(
        "scatterAdded",
        lambda t, i: torch.zeros(3, dtype=torch.int32).scatter_add(0, i.long(), t),
        ints([1, 2, 3, 4]),
        ints([0, 2, 0, 2]),
        case="integers",
        axis=0,
        shape=[3],
    )
    for axis, indices, shape in (
        (0, [[1, 0, 2]], (3, 3)),
        (1, [[2, 0], [1, 3]], (2, 4)),
        (-1, [[3, 1, 0, 2], [0, 1, 2, 3]], (2, 4)),
        (0, [0], (1,)),
    ):
        i = ints(indices)
        row("scattered", lambda t, v, i: torch.scatter(t, axis, i.long(), v), some(*shape), some(*i.shape), i, axis=axis)
    row(
        "scattered",
        lambda t, v, i: torch.scatter(t, 1, i.long(), v),
        some(2, 3),
        some(2, 0),
        torch.zeros(2, 0, dtype=torch.int32),
        axis=1,
    )
    for axis, positions in ((0, [1, 0, 1]), (1, [2]), (1, [0, 2, 2, 1]), (-1, [1, 1]), (0, [])):
        row("selected", lambda t, i: torch.index_select(t, axis, i.long()), x, ints(positions), axis=axis)
    for positions in ([1, 3, 1], [[0, 2], [2, 2]], 3, [], [[]]):
        i = ints(positions)
        row("embedding", lambda t, i: F.embedding(i.long(), t), some(4, 3), i)
    for labels, classes in (([0, 2, 1], 3), ([[1, 1], [0, 3]], 4), (1, 2), ([], 3)):
        row("oneHot", lambda i: F.one_hot(i.long(), classes).double(), ints(labels), case="integers", classes=classes)
    every = lambda *bounds: ("range", list(bounds))
    for indices in (
        [every(0, 2, 1), every(1, 3, 1), every(0, 2, 1)],
        [every(1, 2, 1), every(0, 3, 1), every(0, 1, 1)],
        [every(0, 0, 1)],
        [0],
        [-1, 2],
        [1, every(None, None, 1), -2],
        [every(None, None, 1), every(None, None, 2)],
        [every(None, None, 1), every(1, None, 2)],
        [every(None, None, 1), every(-2, None, 1), 0],
        [every(None, None, 1), every(None, -1, 1)],
        ["newAxis", 1],
        [0, "newAxis", 2, 1],
        [every(None, None, 1), "newAxis", every(0, 1, 1)],
        [1, 2, 1],
    ):
        row("subscript", lambda t: t[where(indices)], x, indices=written(indices))
    # PyTorch has no negative steps; NumPy's meaning of them, by flipping.
    for indices, equivalent in (
        ([every(None, None, -1)], lambda t: t.flip(0)),
        ([every(None, None, 1), every(None, None, -2)], lambda t: t.flip(1)[:, ::2]),
        ([every(None, None, 1), every(1, None, -1)], lambda t: t[:, :2].flip(1)),
        ([every(None, None, 1), every(2, 0, -1)], lambda t: t[:, 1:3].flip(1)),
    ):
        row("subscript", equivalent, x, indices=written(indices))
    for indices, shape in (
        ([0], (3, 2)),
        ([every(None, None, 1), 1], (2,)),
        ([every(None, None, 1), every(0, 2, 1)], ()),
        ([-1, every(None, None, 2), 0], (2,)),
        ([1, 2, 1], ()),
        ([every(0, 0, 1)], (1, 3, 2)),
        ([every(None, None, 1), every(1, None, 1)], (2, 2, 2)),
    ):

        def assigned(t, v):
            t = t.clone()
            t[where(indices)] = v
            return t

        row("assignment", assigned, x, some(*shape), indices=written(indices))


def where(indices):
    return tuple(None if i == "newAxis" else slice(*i[1]) if isinstance(i, tuple) else i for i in indices)


def written(indices):
    """A position, [start, end, step], or "newAxis"."""
    return [i[1] if isinstance(i, tuple) else i for i in indices]


# MARK: windows


def convolutions():
    images, kernels = some(2, 2, 5, 4), some(2, 2, 3, 2)
    settings = [
        {},
        {"stride": [2, 1]},
        {"padding": [1, 1]},
        {"padding": [0, 2]},
        {"dilation": [2, 1]},
        {"stride": [2, 3], "padding": [1, 2]},
        {"stride": [3, 2], "padding": [2, 1], "dilation": [2, 2]},
    ]
    for more in settings:
        row("conv2d", lambda x, w: F.conv2d(x, w, **more), images, kernels, **more)
    row("conv2d", lambda x, w, b: F.conv2d(x, w, b, padding=1), images, kernels, some(2), padding=[1, 1])
    for groups, channels, out in ((2, 4, 2), (3, 3, 6), (2, 2, 4)):
        row(
            "conv2d",
            lambda x, w, b: F.conv2d(x, w, b, stride=2, padding=1, groups=groups),
            some(2, channels, 3, 3),
            some(out, channels // groups, 2, 2),
            some(out),
            stride=[2, 2],
            padding=[1, 1],
            groups=groups,
        )
    row("conv2d", F.conv2d, some(1, 3, 2, 2), some(2, 3, 1, 1), name="conv2d with a window of one")
    row("conv2d", F.conv2d, some(1, 1, 3, 3), some(1, 1, 3, 3), name="conv2d of the whole image")
    row("conv2d", lambda x, w, b: F.conv2d(x, w, b), some(0, 2, 4, 4), some(3, 2, 2, 2), some(3))
    row(
        "conv2d",
        F.conv2d,
        torch.tensor([[[[1.0, INF, 0.0], [NAN, 1.0, 2.0]]]]),
        torch.tensor([[[[1.0, -1.0]]]]),
        case="special",
    )
    sequences, weights = some(2, 2, 7), some(2, 2, 3)
    for more in ({}, {"stride": 2}, {"padding": 2}, {"dilation": 2}, {"stride": 2, "padding": 1, "dilation": 2}):
        row("conv1d", lambda x, w: F.conv1d(x, w, **more), sequences, weights, **more)
    row(
        "conv1d",
        lambda x, w, b: F.conv1d(x, w, b, groups=2, padding=1),
        some(2, 4, 3),
        some(4, 2, 2),
        some(4),
        groups=2,
        padding=1,
    )
    row("conv1d", F.conv1d, some(0, 2, 4), some(3, 2, 2))
    images, kernels = some(2, 2, 3, 2), some(2, 3, 2, 3)
    for more in (
        {},
        {"stride": [2, 3]},
        {"stride": [2, 2], "padding": [1, 1]},
        {"stride": [2, 3], "outputPadding": [1, 2]},
        {"dilation": [2, 1]},
        {"stride": [2, 1], "padding": [1, 0], "outputPadding": [1, 0], "dilation": [1, 2]},
        {"dilation": [3, 2], "outputPadding": [2, 1]},
    ):
        theirs = {"output_padding" if k == "outputPadding" else k: v for k, v in more.items()}
        row("convTranspose2d", lambda x, w: F.conv_transpose2d(x, w, **theirs), images, kernels, **more)
    row("convTranspose2d", lambda x, w, b: F.conv_transpose2d(x, w, b), images, kernels, some(3))
    for groups in (2, 4):
        row(
            "convTranspose2d",
            lambda x, w, b: F.conv_transpose2d(x, w, b, stride=2, padding=1, groups=groups),
            some(1, 4, 2, 2),
            some(4, 2, 3, 3),
            some(2 * groups),
            stride=[2, 2],
            padding=[1, 1],
            groups=groups,
        )
    row("convTranspose2d", F.conv_transpose2d, some(0, 2, 2, 2), some(2, 1, 2, 2))


def pools():
    image = distinct(2, 2, 5, 4)
    settings = [
        {"kernelSize": [2, 2]},
        {"kernelSize": [3, 2], "stride": [1, 1]},
        {"kernelSize": [3, 3], "stride": [2, 2], "padding": [1, 1]},
        {"kernelSize": [1, 1]},
        {"kernelSize": [2, 3], "stride": [1, 2], "padding": [1, 1]},
        {"kernelSize": [5, 4], "stride": [1, 1]},
    ]
    for more in settings:
        stride, padding = more.get("stride"), more.get("padding", [0, 0])
        row("maxPool2d", lambda x: F.max_pool2d(x, more["kernelSize"], stride, padding), image, **more)
        row("averagePool2d", lambda x: F.avg_pool2d(x, more["kernelSize"], stride, padding), image, **more)
    row("maxPool2d", lambda x: F.max_pool2d(x, 2, 1, 0, dilation=(2, 1)), image, kernelSize=[2, 2], stride=[1, 1], dilation=[2, 1])
    for op, function in (("maxPool2d", F.max_pool2d), ("averagePool2d", F.avg_pool2d)):
        row(op, lambda x: function(x, 2, 2), some(0, 1, 4, 4), kernelSize=[2, 2])
        row(
            op,
            lambda x: function(x, 2, 1, 1),
            torch.tensor([[[[1.0, INF, 0.0], [NAN, 1.0, 2.0], [-INF, 0.0, -0.0]]]]),
            case="special",
            kernelSize=[2, 2],
            stride=[1, 1],
            padding=[1, 1],
            name=f"{op} of ends",
        )
    row(
        "maxPool2d",
        lambda x: F.max_pool2d(x, 2, 2),
        torch.tensor([[[[1.0, 1.0, 0.0, -0.0], [1.0, 0.0, 2.0, 2.0]]]]),
        case="ties",
        kernelSize=[2, 2],
    )
    row(
        "maxPool2d",
        lambda x: F.max_pool2d(x, 3, 2, 1),
        torch.full((1, 1, 3, 3), -INF),
        case="special",
        kernelSize=[3, 3],
        stride=[2, 2],
        padding=[1, 1],
        name="maxPool2d of negative infinity beside padding",
    )
    for height, width in ((1, 1), (2, 2), (3, 3), (5, 4), (4, 3), (7, 5)):
        row(
            "adaptiveAveragePool2d",
            lambda x: F.adaptive_avg_pool2d(x, (height, width)),
            some(1, 2, 5, 4),
            outputSize=[height, width],
        )
    row("adaptiveAveragePool2d", lambda x: F.adaptive_avg_pool2d(x, (2, 2)), some(0, 2, 3, 3), outputSize=[2, 2])
    row(
        "adaptiveAveragePool2d",
        lambda x: F.adaptive_avg_pool2d(x, (2, 1)),
        torch.tensor([[[[1.0, INF], [2.0, NAN], [3.0, 4.0], [5.0, -INF]]]]),
        case="special",
        outputSize=[2, 1],
        name="adaptiveAveragePool2d of ends",
    )
    for factor in (1, 2, 3):
        row(
            "interpolate",
            lambda x: F.interpolate(x, scale_factor=factor, mode="nearest"),
            some(1, 2, 2, 3),
            factor=factor,
        )
    row("interpolate", lambda x: F.interpolate(x, scale_factor=2, mode="nearest"), some(0, 2, 2, 3), factor=2)


def same_windows():
    for size, kernel, dilation in ((5, 3, 1), (5, 4, 1), (6, 2, 3), (2, 5, 1), (1, 2, 2)):
        row(
            "conv1d",
            lambda x, w: F.conv1d(x, w, padding="same", dilation=dilation),
            some(1, 2, size),
            some(2, 2, kernel),
            padding="same",
            dilation=dilation,
            name=f"conv1d of the same length with a kernel of {kernel} and dilation {dilation}",
        )
    for kernel, dilation in (((3, 2), (1, 1)), ((4, 1), (1, 2)), ((2, 2), (2, 3))):
        row(
            "conv2d",
            lambda x, w, b: F.conv2d(x, w, b, padding="same", dilation=dilation),
            some(1, 2, 4, 5),
            some(2, 2, *kernel),
            some(2),
            padding="same",
            dilation=list(dilation),
            name=f"conv2d of the same size with a kernel of {kernel} and dilation {dilation}",
        )
    for mode, theirs in (("reflect", "reflect"), ("edge", "replicate"), ("circular", "circular")):
        row(
            "conv2d",
            lambda x, w: F.conv2d(F.pad(x, (2, 2, 1, 1), mode=theirs), w, stride=2),
            some(1, 1, 4, 3),
            some(1, 1, 3, 2),
            stride=[2, 2],
            padding=[1, 2],
            mode=mode,
        )
        row(
            "conv1d",
            lambda x, w: F.conv1d(F.pad(x, (1, 2), mode=theirs), w),
            some(1, 2, 4),
            some(1, 2, 4),
            padding="same",
            mode=mode,
        )
    for more in ({}, {"stride": 2}, {"stride": 3, "padding": 1, "outputPadding": 2, "dilation": 2}):
        theirs = {"output_padding" if k == "outputPadding" else k: v for k, v in more.items()}
        row("convTranspose1d", lambda x, w, b: F.conv_transpose1d(x, w, b, **theirs), some(2, 2, 3), some(2, 3, 2), some(3), **more)
    row(
        "convTranspose1d",
        lambda x, w: F.conv_transpose1d(x, w, groups=2, stride=2),
        some(1, 4, 3),
        some(4, 2, 3),
        groups=2,
        stride=2,
    )


def more_pools():
    line, image = distinct(2, 2, 7), distinct(1, 2, 5, 4)
    for more in ({"kernelSize": 2}, {"kernelSize": 3, "stride": 1}, {"kernelSize": 4, "stride": 3, "padding": 2}):
        stride, padding = more.get("stride"), more.get("padding", 0)
        row("maxPool1d", lambda x: F.max_pool1d(x, more["kernelSize"], stride, padding), line, **more)
        row("averagePool1d", lambda x: F.avg_pool1d(x, more["kernelSize"], stride, padding), line, **more)
    row("maxPool1d", lambda x: F.max_pool1d(x, 2, 1, 1, dilation=3), line, kernelSize=2, stride=1, padding=1, dilation=3)
    row(
        "averagePool1d",
        lambda x: F.avg_pool1d(x, 3, 2, 1, count_include_pad=False),
        line,
        kernelSize=3,
        stride=2,
        padding=1,
        countsPadding=False,
    )
    for kernel, stride, padding in (([2, 3], [1, 2], [1, 1]), ([3, 3], [2, 2], [1, 1])):
        row(
            "averagePool2d",
            lambda x: F.avg_pool2d(x, kernel, stride, padding, count_include_pad=False),
            image,
            kernelSize=kernel,
            stride=stride,
            padding=padding,
            countsPadding=False,
            name=f"averagePool2d of {kernel} without the padding",
        )
    for size in (1, 3, 7, 9):
        row("adaptiveAveragePool1d", lambda x: F.adaptive_avg_pool1d(x, size), line, outputSize=size)
        row("adaptiveMaxPool1d", lambda x: F.adaptive_max_pool1d(x, size), line, outputSize=size)
    for height, width in ((1, 1), (2, 3), (5, 4), (7, 5)):
        row("adaptiveMaxPool2d", lambda x: F.adaptive_max_pool2d(x, (height, width)), image, outputSize=[height, width])
    row(
        "adaptiveMaxPool2d",
        lambda x: F.adaptive_max_pool2d(x, 1),
        torch.tensor([[[[1.0, 2.0], [2.0, 2.0]]]]),
        case="ties",
        outputSize=[1, 1],
    )


def resizings():
    image = some(1, 1, 4, 3)
    for mode, corners in (("nearest", None), ("bilinear", False), ("bilinear", True)):
        more = {"mode": mode} if corners is None else {"mode": mode, "alignCorners": corners}
        for size in ((4, 3), (7, 5), (2, 2), (1, 1), (3, 9), (13, 1)):
            row(
                "interpolate",
                lambda x: F.interpolate(x, size=size, mode=mode, align_corners=corners),
                image,
                size=list(size),
                name=f"interpolate to {size}, {mode} {corners}",
                **more,
            )
        for factor in (1.0, 2.0, 1.5, 0.5, 0.7, 2.3, 3.0):
            row(
                "interpolate",
                lambda x: F.interpolate(x, scale_factor=factor, mode=mode, align_corners=corners),
                image,
                factor=factor,
                name=f"interpolate by {factor}, {mode} {corners}",
                **more,
            )
    for factor, mode in itertools.product((1.2, 2.1), ("nearest", "bilinear")):
        row(
            "interpolate",
            lambda x: F.interpolate(x, scale_factor=factor, mode=mode),
            some(1, 1, 3, 4),
            factor=factor,
            mode=mode,
            name=f"interpolate by {factor}, {mode}, to about the same or twice the size",
        )
    for size, length in ((49, 50), (61, 60), (60, 100), (5, 41)):
        row("interpolate", lambda x: F.interpolate(x, size=(1, length), mode="nearest"), some(1, 1, 1, size), size=[1, length])


# MARK: fused


def normalizations():
    layer = lambda x, w, b, epsilon=1e-5: F.layer_norm(x, w.shape, w, b, epsilon)
    rms = lambda x, w, epsilon=1e-6: F.rms_norm(x, w.shape, w, epsilon)
    for shape in ((4,), (3, 5), (2, 2, 3), (3, 1), (2, 17)):
        row("layerNorm", layer, some(*shape), some(shape[-1]), some(shape[-1]), name=f"layerNorm of {list(shape)}")
        row("rmsNorm", rms, some(*shape), some(shape[-1]))
    row("layerNorm", lambda x, w, b: layer(x, w, b, 0.1), some(2, 3), some(3), some(3), epsilon=0.1)
    row("rmsNorm", lambda x, w: rms(x, w, 0.1), some(2, 3), some(3), epsilon=0.1)
    row("layerNorm", layer, some(0, 3), some(3), some(3))
    row("rmsNorm", rms, some(0, 3), some(3))
    hard = torch.tensor([[1e8 + 1.0, 1e8 + 2.0, 1e8 + 6.0], [3.0, 3.0, 3.0], [0.0, 0.0, 0.0], [1e-20, -1e-20, 0.0]])

    def exact(x, w, b):  # PyTorch's gradient is off by 5e-8 beside a mean of 1e8
        deviations = x - x.mean(-1, keepdim=True)
        return deviations / torch.sqrt((deviations * deviations).mean(-1, keepdim=True) + 1e-5) * w + b

    row("layerNorm", exact, hard, some(3), some(3), case="special", name="layerNorm of hard rows")
    row("rmsNorm", rms, hard, some(3), case="special", name="rmsNorm of hard rows")
    ends = torch.tensor([[1.0, NAN, 2.0], [INF, 1.0, 2.0]])
    row("layerNorm", layer, ends, some(3), some(3), case="special", name="layerNorm of ends")
    row("rmsNorm", rms, ends, some(3), case="special", name="rmsNorm of ends")


def losses():
    entropy = lambda x, i: F.cross_entropy(x.reshape(-1, x.shape[-1]), i.reshape(-1).long(), reduction="none").reshape(i.shape)
    for shape in ((4,), (3, 5), (2, 2, 3), (3, 1), (2, 17)):
        labels = torch.randint(shape[-1], shape[:-1], generator=RANDOM, dtype=torch.int32)
        row("softmaxCrossEntropy", entropy, some(*shape, low=-5.0, high=5.0), labels)
    row("softmaxCrossEntropy", entropy, some(0, 3), torch.zeros(0, dtype=torch.int32))
    large = torch.tensor([[1e4, -1e4, 0.0], [1e4, -1e4, 0.0], [1e4, 1e4, 1e4], [-INF, 0.0, 1.0], [-745.0, 0.0, 0.0]])
    row(
        "softmaxCrossEntropy",
        entropy,
        large,
        ints([0, 1, 2, 1, 0]),
        case="special",
        name="softmaxCrossEntropy of large numbers",
    )
    row(
        "softmaxCrossEntropy",
        entropy,
        torch.tensor([[-INF, 0.0], [-INF, -INF], [NAN, 0.0], [INF, 0.0]]),
        ints([0, 1, 1, 0]),
        case="special",
        name="softmaxCrossEntropy of ends",
    )


def attention():
    def row_of(q, k, v, mask=None, case="basic", name=None, **more):
        theirs = {"is_causal" if key == "isCausal" else key: value for key, value in more.items()}
        if mask is None:
            row(
                "scaledDotProductAttention",
                lambda q, k, v: F.scaled_dot_product_attention(q, k, v, **theirs),
                q,
                k,
                v,
                case=case,
                name=name,
                **more,
            )
        else:
            row(
                "scaledDotProductAttention",
                lambda q, k, v, m: F.scaled_dot_product_attention(q, k, v, attn_mask=m, **theirs),
                q,
                k,
                v,
                mask,
                case=case,
                name=name,
                constants=(3,),
                **more,
            )

    of_size = lambda length, size: some(2, 2, length, size)
    for size in (1, 3, 8):
        row_of(of_size(3, size), of_size(3, size), of_size(3, size))
        row_of(of_size(3, size), of_size(3, size), of_size(3, size), isCausal=True)
    row_of(of_size(2, 3), of_size(4, 3), of_size(4, 2))
    row_of(of_size(2, 3), of_size(4, 3), of_size(4, 3), scale=0.3)
    row_of(of_size(4, 3), of_size(4, 3), of_size(4, 3), scale=1.5, isCausal=True)
    row_of(some(1, 1, 1, 2), some(1, 1, 1, 2), some(1, 1, 1, 2), isCausal=True)
    row_of(some(0, 2, 3, 2), some(0, 2, 3, 2), some(0, 2, 3, 2))
    seen = truths([[True, False, True], [True, True, False]])
    row_of(of_size(2, 3), of_size(3, 3), of_size(3, 3), seen)
    row_of(
        some(2, 1, 2, 3),
        some(2, 1, 3, 3),
        some(2, 1, 3, 3),
        truths([[[[True, False, True]]], [[[True, True, True]]]]),
        case="broadcast",
    )
    row_of(
        some(1, 1, 2, 3),
        some(1, 1, 3, 3),
        some(1, 1, 3, 3),
        truths([[True, False, True], [False, False, False]]),
        case="special",
        name="scaledDotProductAttention where a query sees nothing",
    )
    row_of(some(1, 2, 2, 3), some(1, 2, 3, 3), some(1, 2, 3, 3), torch.tensor([[0.5, -1.25, -INF], [2.0, 0.0, 1e4]]))
    row_of(
        some(1, 1, 2, 2),
        some(1, 1, 3, 2),
        some(1, 1, 3, 2),
        isCausal=True,
        name="scaledDotProductAttention, causal, of more keys than queries",
    )
    row_of(
        some(1, 1, 3, 2),
        some(1, 1, 3, 2),
        some(1, 1, 3, 2),
        truths([[False, True, True], [True, True, False], [False, False, False]]),
        case="special",
        name="scaledDotProductAttention where one of three queries sees nothing",
    )
    large = some(1, 1, 3, 2) * 1e3
    row_of(large, large, some(1, 1, 3, 2), case="special", name="scaledDotProductAttention of large scores")


def image_pads():
    modes = (("constant", "constant"), ("reflect", "reflect"), ("edge", "replicate"), ("circular", "circular"))
    for (mode, theirs), widths in itertools.product(modes, ([1, 2, 2, 1], [0, 3, -1, 1], [-1, -1, 2, -2])):
        top, bottom, left, right = widths
        row(
            "paddedImages",
            lambda t: F.pad(t, [left, right, top, bottom], mode=theirs),
            some(1, 1, 4, 4),
            top=top,
            bottom=bottom,
            left=left,
            right=right,
            mode=mode,
            name=f"images padded by {widths}, {mode}",
        )


FILES = {
    "ops-arithmetic.json": (arithmetic, whole_numbers),
    "ops-comparisons.json": (comparisons,),
    "ops-functions.json": (elementwise,),
    "ops-reductions.json": (reductions, spreads),
    "ops-orders.json": (choices,),
    "ops-exponentials.json": (normalized_exponentials,),
    "ops-products.json": (products,),
    "ops-movements.json": (movements, pads_and_triangles, image_pads),
    "ops-picks.json": (picks,),
    "ops-windows.json": (convolutions, pools, same_windows, more_pools, resizings),
    "ops-fused.json": (normalizations, losses, attention),
}

if __name__ == "__main__":
    for file, parts in FILES.items():
        CASES.clear()
        RANDOM.manual_seed(1)
        for part in parts:
            part()
        write(file, {"cases": CASES})
