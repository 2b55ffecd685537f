"""The rows of ../operations.txt that NumPy is fast at; `--help` lists the options."""
import numpy as np

from operations import time_rows
from timing import Bench, parse_options

options = parse_options(__doc__)
generator = np.random.Generator(np.random.SFC64(0))

FUNCTIONS = {name: getattr(np, name) for name in (
    "exp expm1 exp2 log log2 log10 log1p sqrt square sin cos tan sinh cosh tanh abs sign floor reciprocal "
    "sum mean any add multiply divide maximum power less outer kron argsort unique sort dot").split()}
FUNCTIONS |= {
    "sum-last": lambda x: x.sum(-1), "sum-first": lambda x: x.sum(0), "sum-middle": lambda x: x.sum(1),
    "max-last": lambda x: x.max(-1), "max-first": lambda x: x.max(0), "max-middle": lambda x: x.max(1),
    "argmax-last": lambda x: x.argmax(-1), "argmax-first": lambda x: x.argmax(0), "argmax-middle": lambda x: x.argmax(1),
    "sort-first": lambda x: np.sort(x, 0), "topk-40": lambda x: np.sort(np.partition(x, -40)[..., -40:])[..., ::-1],
    "search-sorted": lambda x, y: np.searchsorted(np.sort(x), y), "bin-counts": np.bincount,
    "cumsum-last": lambda x: x.cumsum(-1), "cumsum-first": lambda x: x.cumsum(0), "cumprod-last": lambda x: x.cumprod(-1),
    "transpose": lambda x: np.ascontiguousarray(np.swapaxes(x, -1, -2)), "flip": lambda x: np.flip(x, -1).copy(),
    "roll": lambda x: np.roll(x, 100, -1), "repeat": lambda x: np.repeat(x, 4, -1), "tile": lambda x: np.tile(x, (4, 4)),
    "gather-rows": lambda x, ids: x[ids], "take-along": lambda x, ids: np.take_along_axis(x, ids, 1),
    "masked-select": lambda x, mask: x[mask], "select": np.where, "any": np.any, "count": np.count_nonzero,
    "slice-last": lambda x: x[:, 100:612].copy(), "slice-step": lambda x: x[:, ::2].copy(),
    "full": lambda x: np.full(x.shape, 3.0, np.float32), "eye": lambda x: np.eye(x.size, dtype=np.float32),
    "arange": lambda x: np.arange(x.size, dtype=np.float32), "uniform": lambda x: generator.random(x.shape, np.float32),
    "normal": lambda x: generator.standard_normal(x.shape, np.float32),
    "integers": lambda x: generator.integers(0, 1000, x.shape, np.int32),
    "permutation": lambda x: generator.permutation(x.size),
    "min-last": lambda x: x.min(-1), "argmin-last": lambda x: x.argmin(-1),
    "all": lambda x: (x > 0).all(), "all-last": lambda x: (x > 0).all(-1),
    "max": np.max, "product": np.prod, "median-last": lambda x: np.median(x, -1), "quantile-last": lambda x: np.quantile(x, 0.3, -1),
    "cummax-last": lambda x: np.maximum.accumulate(x, -1), "nonzero": lambda x: np.stack(np.nonzero(x), 1), "trace": np.trace,
    "diagonal": lambda x: np.diagonal(x, axis1=-2, axis2=-1).copy(), "triu": lambda x: np.triu(x, 1), "ceil": np.ceil,
    "subtract": np.subtract, "minimum": np.minimum, "equal": np.equal, "and": np.logical_and,
    "bin-counts-weighted": lambda x, ids: np.bincount(ids, x), "select-columns": lambda x, ids: x[:, ids],
}


def repeat(function, count):
    for _ in range(count):
        function()


time_rows(Bench(options.only, repeat), FUNCTIONS, lambda operation, x: x)
