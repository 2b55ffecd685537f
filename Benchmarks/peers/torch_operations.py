"""The operations of ../operations.txt in PyTorch."""
import torch
import torch.nn.functional as F

from operations import time_rows

METHODS = (
    "exp expm1 exp2 log log2 log10 log1p sqrt rsqrt square sin cos tan asin acos atan sinh cosh tanh erf erfinv lgamma "
    "digamma abs sign floor round reciprocal sigmoid relu sum mean norm any tril").split()


def method(name):
    return lambda x: getattr(x, name)()


def along(name, axis):
    return lambda x: getattr(torch, name)(x, dim=axis)


FUNCTIONS = {name: method(name) for name in METHODS}
FUNCTIONS |= {
    "cbrt": lambda x: x ** (1 / 3), "cube": lambda x: x ** 3, "pow-half": lambda x: x ** 0.5, "pow-2.7": lambda x: x ** 2.7,
    "silu": F.silu, "gelu": F.gelu, "gelu-tanh": lambda x: F.gelu(x, approximate="tanh"), "leaky-relu": F.leaky_relu,
    "elu": F.elu, "selu": F.selu, "softplus": F.softplus, "mish": F.mish, "hard-swish": F.hardswish,
    "hard-sigmoid": F.hardsigmoid, "log-sigmoid": F.logsigmoid, "clamp": lambda x: x.clamp(-0.5, 0.5),
    "is-nan": torch.isnan, "to-double": lambda x: x.double(), "to-int": lambda x: x.int(),
    "quick-gelu": lambda x: x * torch.sigmoid(1.702 * x), "glu": F.glu,
    "polynomial": lambda x: ((0.3 * x + 0.2) * x - 0.5) * x + 1,
    "add": torch.add, "multiply": torch.mul, "divide": torch.div, "maximum": torch.maximum, "power": torch.pow,
    "atan2": torch.atan2, "remainder": torch.fmod, "less": torch.lt, "select": torch.where,
    "lerp": lambda x, y: torch.lerp(x, y, 0.3), "log-add-exp": torch.logaddexp, "bias-gelu": lambda x, y: F.gelu(x + y),
    "update": lambda x, y: torch.add(x, y, alpha=-0.01), "gaussian": lambda x, y: torch.exp(-0.5 * torch.square(x - y)),
    "mse": F.mse_loss, "huber": F.huber_loss, "smooth-l1": F.smooth_l1_loss,
    "bce-logits": F.binary_cross_entropy_with_logits, "kl": lambda x, y: F.kl_div(x.log(), y),
    "cross-entropy": lambda x, y: F.cross_entropy(x, y),
    "cross-entropy-smoothed": lambda x, y: F.cross_entropy(x, y, label_smoothing=0.1),
    "sum-last": along("sum", -1), "sum-first": along("sum", 0), "sum-middle": along("sum", 1),
    "sum-023": along("sum", (0, 2, 3)), "max-last": along("amax", -1), "max-first": along("amax", 0),
    "max-middle": along("amax", 1), "argmax-last": along("argmax", -1), "argmax-first": along("argmax", 0),
    "argmax-middle": along("argmax", 1), "product-last": along("prod", -1), "var": torch.var, "var-last": along("var", -1),
    "var-first": along("var", 0), "std-last": along("std", -1), "logsumexp-last": along("logsumexp", -1),
    "logsumexp-first": along("logsumexp", 0), "norm-last": lambda x: torch.linalg.vector_norm(x, dim=-1),
    "count": lambda x: x.sum(),
    "softmax-last": along("softmax", -1), "softmax-first": along("softmax", 0), "softmax-middle": along("softmax", 1),
    "log-softmax-last": along("log_softmax", -1), "log-softmax-first": along("log_softmax", 0),
    "layer-norm": lambda x, w, b: F.layer_norm(x, w.shape, w, b), "rms-norm": lambda x, w: F.rms_norm(x, w.shape, w, 1e-6),
    "batch-norm": lambda x, w, b: F.batch_norm(x, None, None, w, b, True),
    "batch-norm-rows": lambda x, w, b: F.batch_norm(x, None, None, w, b, True),
    "batch-norm-inference": lambda x, w, b, mean, variance: F.batch_norm(x, mean, variance, w, b),
    "group-norm": lambda x, w, b: F.group_norm(x, 8, w, b), "instance-norm": F.instance_norm,
    "sort": torch.sort, "sort-first": lambda x: x.sort(0), "argsort": torch.argsort, "topk-40": lambda x: x.topk(40)[0],
    "unique": torch.unique, "search-sorted": lambda x, y: torch.searchsorted(x.sort()[0], y), "bin-counts": torch.bincount,
    "cumsum-last": lambda x: x.cumsum(-1), "cumsum-first": lambda x: x.cumsum(0), "cumprod-last": lambda x: x.cumprod(-1),
    "transpose": lambda x: x.transpose(-1, -2).contiguous(), "permute-0231": lambda x: x.permute(0, 2, 3, 1).contiguous(),
    "permute-0213": lambda x: x.permute(0, 2, 1, 3).contiguous(),
    "concatenate-first": lambda x, y: torch.cat([x, y]), "concatenate-last": lambda x, y: torch.cat([x, y], -1),
    "stack-first": lambda x, y: torch.stack([x, y]), "stack-last": lambda x, y: torch.stack([x, y], -1),
    "slice-last": lambda x: x[:, 100:612].contiguous(), "slice-step": lambda x: x[:, ::2].contiguous(),
    "flip": lambda x: x.flip(-1), "roll": lambda x: x.roll(100, -1), "repeat": lambda x: x.repeat_interleave(4, -1),
    "tile": lambda x: x.repeat(4, 4), "pad": lambda x: F.pad(x, (1, 1, 1, 1)),
    "pad-reflect": lambda x: F.pad(x, (2, 2, 2, 2), mode="reflect"),
    "pad-edge": lambda x: F.pad(x, (2, 2, 2, 2), mode="replicate"),
    "upsample-nearest": lambda x: F.interpolate(x, scale_factor=2),
    "upsample-bilinear": lambda x: F.interpolate(x, scale_factor=2, mode="bilinear"), "diagonal-matrix": torch.diag,
    "one-hot": lambda x: F.one_hot(x, 100).float(), "gather-rows": lambda x, ids: F.embedding(ids, x),
    "take-along": lambda x, ids: x.gather(1, ids),
    "scatter-add": lambda x, ids: torch.zeros(1024, 1024).scatter_add(1, ids, x),
    "index-add": lambda x, ids: torch.zeros(10000, x.shape[1]).index_add(0, ids, x),
    "masked-fill": lambda x, mask: x.masked_fill(mask, 0), "masked-select": lambda x, mask: x[mask],
    "column": lambda x: x[:, 5].contiguous(), "broadcast-copy": lambda x: x.expand(1024, 1024).contiguous(),
    "outer": torch.outer, "kron": torch.kron, "meshgrid": lambda x, y: torch.meshgrid(x, y, indexing="ij")[0] + 0,
    "full": lambda x: torch.full(x.shape, 3.0), "eye": lambda x: torch.eye(x.numel()),
    "arange": lambda x: torch.arange(float(x.numel())), "linspace": lambda x: torch.linspace(0, 1, x.numel()),
    "uniform": lambda x: torch.rand(x.shape), "normal": lambda x: torch.randn(x.shape),
    "integers": lambda x: torch.randint(0, 1000, x.shape, dtype=torch.int32),
    "bernoulli": lambda x: torch.empty(x.shape).bernoulli_(0.3), "dropout": lambda x: F.dropout(x, 0.1),
    "permutation": lambda x: torch.randperm(x.numel(), dtype=torch.int32),
    "matmul": torch.matmul, "linear": F.linear, "dot": torch.dot,
    "bilinear": lambda x, w, y: F.bilinear(x, y, w), "einsum-bij": lambda x, y: torch.einsum("bij,bjk->bik", x, y),
    "attention": lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True),
    "inverse": torch.linalg.inv, "solve": torch.linalg.solve, "determinant": torch.linalg.det,
    "qr": lambda x: torch.linalg.qr(x)[0], "eigh": lambda x: torch.linalg.eigh(x + x.mT)[1],
    "svd": lambda x: torch.linalg.svd(x, full_matrices=False)[0],
    "cholesky": lambda x: torch.linalg.cholesky(x @ x.mT + x.shape[-1] * torch.eye(x.shape[-1])),
    "conv-3x3": lambda x, w: F.conv2d(x, w, padding=1), "conv-1x1": F.conv2d,
    "conv-stride2": lambda x, w: F.conv2d(x, w, stride=2, padding=1), "conv-5x5": lambda x, w: F.conv2d(x, w, padding=2),
    "conv-depthwise": lambda x, w: F.conv2d(x, w, padding=1, groups=64),
    "conv-dilated": lambda x, w: F.conv2d(x, w, padding=2, dilation=2),
    "conv-grouped": lambda x, w: F.conv2d(x, w, padding=1, groups=4),
    "conv-transposed": lambda x, w: F.conv_transpose2d(x, w, stride=2, padding=1, output_padding=1),
    "conv-1d": lambda x, w: F.conv1d(x, w, padding=1), "max-pool": lambda x: F.max_pool2d(x, 2),
    "average-pool": lambda x: F.avg_pool2d(x, 2), "adaptive-average-pool": lambda x: F.adaptive_avg_pool2d(x, 7),
}


def split_last(x):
    a, b, c, d = x.chunk(4, -1)
    return a * b + c * d


def masked_assign(x, mask):
    x = x.clone()
    x[mask] = 0
    return x


FUNCTIONS |= {"split-last": split_last, "masked-assign": masked_assign}

FUNCTIONS |= {
    "asinh": torch.asinh, "acosh": lambda x: torch.acosh(x + 1), "atanh": torch.atanh, "ceil": torch.ceil,
    "softsign": F.softsign, "celu": lambda x: F.celu(x, 0.5), "trigamma": lambda x: torch.polygamma(1, x),
    "pow-of-number": lambda x: 2.5 ** x,
    "min-last": along("amin", -1), "argmin-last": along("argmin", -1),
    "all": lambda x: (x > 0).all(), "all-last": lambda x: (x > 0).all(-1),
    "max": torch.max, "product": torch.prod, "mean-first": along("mean", 0), "mean-23": along("mean", (2, 3)),
    "var-023": along("var", (0, 2, 3)), "logsumexp-middle": along("logsumexp", 1),
    "norm-1-last": lambda x: torch.linalg.vector_norm(x, 1, dim=-1),
    "norm-infinity-last": lambda x: torch.linalg.vector_norm(x, float("inf"), dim=-1),
    "median-last": lambda x: x.median(-1)[0], "quantile-last": lambda x: x.quantile(0.3, dim=-1),
    "cummax-last": lambda x: x.cummax(-1)[0], "log-cumsum-exp-last": lambda x: x.logcumsumexp(-1),
    "nonzero": torch.nonzero, "trace": torch.trace,
    "diagonal": lambda x: torch.diagonal(x, dim1=-2, dim2=-1).contiguous(), "triu": lambda x: x.triu(1),
    "unstack-sum": lambda x: sum(x.unbind(0), 0.0 * x[0]),
    "expand-middle": lambda x: x[:, None].expand(-1, 8, -1).contiguous(),
    "log-determinant": lambda x: torch.linalg.slogdet(x)[1], "matrix-exponential": torch.matrix_exp,
    "matrix-power-5": lambda x: torch.linalg.matrix_power(x, 5), "pseudo-inverse": torch.linalg.pinv,
    "svdvals": torch.linalg.svdvals, "eigvalsh": lambda x: torch.linalg.eigvalsh(x + x.mT),
    "max-pool-3x3-stride2": lambda x: F.max_pool2d(x, 3, 2, 1), "average-pool-3x3": lambda x: F.avg_pool2d(x, 3, 1, 1),
    "max-pool-1d": lambda x: F.max_pool1d(x, 2), "average-pool-1d": lambda x: F.avg_pool1d(x, 4),
    "adaptive-max-pool": lambda x: F.adaptive_max_pool2d(x, 7),
    "resize-bilinear": lambda x: F.interpolate(x, size=(48, 48), mode="bilinear"),
    "subtract": torch.sub, "minimum": torch.minimum, "equal": torch.eq, "and": torch.logical_and, "mae": F.l1_loss,
    "poisson-nll": F.poisson_nll_loss, "soft-margin": F.soft_margin_loss, "nll": F.nll_loss,
    "cross-entropy-soft": F.cross_entropy, "cosine-similarity": lambda x, y: F.cosine_similarity(x, y, dim=-1),
    "pairwise-distance": F.pairwise_distance, "cross": lambda x, y: torch.linalg.cross(x, y),
    "triangular-solve": lambda x, y: torch.linalg.solve_triangular(
        x.tril() + 8 * torch.eye(x.shape[-1], dtype=x.dtype), y, upper=False),
    "least-squares": lambda x, y: torch.linalg.lstsq(x, y)[0], "select-columns": lambda x, ids: x.index_select(1, ids),
    "scatter": lambda x, ids: x.scatter(1, ids, x), "bin-counts-weighted": lambda x, ids: torch.bincount(ids, weights=x),
    "linear-unbiased": F.linear, "conv-1d-stride2": lambda x, w: F.conv1d(x, w, stride=2, padding=2),
    "conv-transposed-1d": lambda x, w: F.conv_transpose1d(x, w, stride=2, padding=1),
    "conv-7x7-stride2": lambda x, w: F.conv2d(x, w, stride=2, padding=3),
    "conv-depthwise-5x5": lambda x, w: F.conv2d(x, w, padding=2, groups=x.shape[1]),
    "conv-depthwise-stride2": lambda x, w: F.conv2d(x, w, stride=2, padding=1, groups=x.shape[1]),
    "attention-full": F.scaled_dot_product_attention,
    "gaussian-nll": lambda x, y, v: F.gaussian_nll_loss(x, y, v), "triplet": F.triplet_margin_loss,
}


def focal(x, y):
    loss = F.binary_cross_entropy_with_logits(x, y, reduction="none")
    p = torch.sigmoid(x)
    hit = p * y + (1 - p) * (1 - y)
    return ((0.25 * y + 0.75 * (1 - y)) * loss * (1 - hit) ** 2).mean()


FUNCTIONS |= {"focal": focal}


# Operations of numbers, which are int32 elsewhere too.
KEPT = ("sort", "unique", "bin-counts", "bin-counts-weighted", "equal")


def convert(operation, x):
    x = torch.from_numpy(x)  # keeps the strides
    # Indices and labels must be int64.
    return x.long() if x.dtype == torch.int32 and operation not in KEPT else x


def convert_images(operation, x):
    x = convert(operation, x)
    return x.to(memory_format=torch.channels_last) if x.dim() == 4 else x


def with_gradient(function, inputs):
    inputs = [x.detach().requires_grad_(x.is_floating_point()) for x in inputs]

    def both():
        for x in inputs:
            x.grad = None
        result = function(*inputs)
        (result[0] if isinstance(result, tuple) else result).sum().backward()

    return both


def time_operations(bench):
    time_rows(bench, FUNCTIONS, convert, with_gradient)
    windows = {name: function for name, function in FUNCTIONS.items() if name.startswith("conv-") or "pool" in name}
    time_rows(bench, windows, convert_images, with_gradient, suffix="+channels_last")
