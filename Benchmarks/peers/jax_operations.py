"""The operations of ../operations.txt in JAX, each under jit."""
import jax
import jax.numpy as jnp
import jax.scipy as jsp

from operations import time_rows

NAMES = ("exp expm1 exp2 log log2 log10 log1p sqrt square sin cos tan sinh cosh tanh abs sign floor round reciprocal "
         "sum mean any tril add multiply divide maximum power remainder less outer kron").split()
FUNCTIONS = {name: getattr(jnp, name) for name in NAMES}
FUNCTIONS |= {name: getattr(jax.nn, name) for name in "sigmoid silu relu elu selu softplus mish".split()}


def along(function, axis):
    return lambda x: function(x, axis=axis)


def normalized(x, axes, w=None, b=None, epsilon=1e-5):
    mean, variance = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
    y = (x - mean) * jax.lax.rsqrt(variance + epsilon)
    return y if w is None else y * w + b


def channels(w):
    return w[:, None, None]


def group_norm(x, w, b):
    n, c, h, v = x.shape
    y = normalized(x.reshape(n, 8, c // 8, h, v), (2, 3, 4)).reshape(x.shape)
    return y * channels(w) + channels(b)


def huber(x, y):
    d = jnp.abs(x - y)
    return jnp.where(d < 1, 0.5 * d * d, d - 0.5).mean()


def cross_entropy(x, labels, smoothing=0):
    rows = jax.nn.log_softmax(x)
    picked = jnp.take_along_axis(rows, labels[:, None], 1).mean()
    return -(1 - smoothing) * picked - smoothing * rows.mean()


def split_last(x):
    a, b, c, d = jnp.split(x, 4, -1)
    return a * b + c * d


def attention(q, k, v):
    scores = jnp.einsum("bhqd,bhkd->bhqk", q, k) / q.shape[-1] ** 0.5
    mask = jnp.tril(jnp.ones(scores.shape[-2:], bool))
    return jnp.einsum("bhqk,bhkd->bhqd", jax.nn.softmax(jnp.where(mask, scores, -jnp.inf)), v)


def convolution(stride=1, padding=0, dilation=1, groups=1):
    def function(x, w):
        axes = x.ndim - 2
        return jax.lax.conv_general_dilated(x, w, (stride,) * axes, [(padding, padding)] * axes, rhs_dilation=(dilation,) * axes,
                                            feature_group_count=groups)
    return function


def pool(function, start, size=2, stride=2, padding=0):
    def pooled(x):
        axes = x.ndim - 2
        around = [(0, 0), (0, 0)] + [(padding, padding)] * axes
        return jax.lax.reduce_window(x, start, function, (1, 1) + (size,) * axes, (1, 1) + (stride,) * axes, around)
    return pooled


FUNCTIONS |= {
    "rsqrt": jax.lax.rsqrt, "asin": jnp.arcsin, "acos": jnp.arccos, "atan": jnp.arctan, "atan2": jnp.arctan2, "cbrt": jnp.cbrt,
    "cube": lambda x: x ** 3, "pow-half": lambda x: x ** 0.5, "pow-2.7": lambda x: x ** 2.7,
    "erf": jax.lax.erf, "erfinv": jax.lax.erf_inv, "lgamma": jax.lax.lgamma, "digamma": jax.lax.digamma,
    "gelu": lambda x: jax.nn.gelu(x, approximate=False), "gelu-tanh": jax.nn.gelu, "leaky-relu": jax.nn.leaky_relu,
    "hard-swish": jax.nn.hard_swish, "hard-sigmoid": jax.nn.hard_sigmoid, "log-sigmoid": jax.nn.log_sigmoid,
    "clamp": lambda x: jnp.clip(x, -0.5, 0.5), "is-nan": jnp.isnan, "to-int": lambda x: x.astype(jnp.int32),
    "to-double": lambda x: x.astype(jnp.float64),
    "quick-gelu": lambda x: x * jax.nn.sigmoid(1.702 * x), "glu": jax.nn.glu,
    "polynomial": lambda x: ((0.3 * x + 0.2) * x - 0.5) * x + 1,
    "select": jnp.where, "lerp": lambda x, y: x + 0.3 * (y - x), "log-add-exp": jnp.logaddexp,
    "bias-gelu": lambda x, y: jax.nn.gelu(x + y, approximate=False), "update": lambda x, y: x - 0.01 * y,
    "gaussian": lambda x, y: jnp.exp(-0.5 * jnp.square(x - y)), "mse": lambda x, y: jnp.square(x - y).mean(),
    "huber": huber, "smooth-l1": huber,
    "bce-logits": lambda x, y: (jax.nn.softplus(x) - x * y).mean(), "kl": lambda x, y: (y * (jnp.log(y) - jnp.log(x))).mean(),
    "cross-entropy": cross_entropy, "cross-entropy-smoothed": lambda x, y: cross_entropy(x, y, 0.1),
    "sum-last": along(jnp.sum, -1), "sum-first": along(jnp.sum, 0), "sum-middle": along(jnp.sum, 1),
    "sum-023": along(jnp.sum, (0, 2, 3)), "max-last": along(jnp.max, -1), "max-first": along(jnp.max, 0),
    "max-middle": along(jnp.max, 1), "argmax-last": along(jnp.argmax, -1), "argmax-first": along(jnp.argmax, 0),
    "argmax-middle": along(jnp.argmax, 1), "product-last": along(jnp.prod, -1), "var": jnp.var, "var-last": along(jnp.var, -1),
    "var-first": along(jnp.var, 0), "std-last": along(jnp.std, -1), "logsumexp-last": along(jsp.special.logsumexp, -1),
    "logsumexp-first": along(jsp.special.logsumexp, 0), "norm": lambda x: jnp.sqrt(jnp.square(x).sum()),
    "norm-last": lambda x: jnp.sqrt(jnp.square(x).sum(-1)), "count": jnp.sum,
    "softmax-last": along(jax.nn.softmax, -1), "softmax-first": along(jax.nn.softmax, 0),
    "softmax-middle": along(jax.nn.softmax, 1), "log-softmax-last": along(jax.nn.log_softmax, -1),
    "log-softmax-first": along(jax.nn.log_softmax, 0), "layer-norm": lambda x, w, b: normalized(x, -1, w, b),
    "rms-norm": lambda x, w: x * jax.lax.rsqrt(jnp.square(x).mean(-1, keepdims=True) + 1e-6) * w,
    "batch-norm": lambda x, w, b: normalized(x, (0, 2, 3), channels(w), channels(b)),
    "batch-norm-rows": lambda x, w, b: normalized(x, 0, w, b),
    "batch-norm-inference": lambda x, w, b, m, v: (x - channels(m)) * channels(w * jax.lax.rsqrt(v + 1e-5)) + channels(b),
    "group-norm": group_norm, "instance-norm": lambda x: normalized(x, (2, 3)),
    "sort": jnp.sort, "sort-first": along(jnp.sort, 0), "argsort": jnp.argsort, "topk-40": lambda x: jax.lax.top_k(x, 40)[0],
    "search-sorted": lambda x, y: jnp.searchsorted(jnp.sort(x), y), "bin-counts": lambda x: jnp.bincount(x, length=1000),
    "cumsum-last": along(jnp.cumsum, -1), "cumsum-first": along(jnp.cumsum, 0), "cumprod-last": along(jnp.cumprod, -1),
    "transpose": lambda x: jnp.swapaxes(x, -1, -2), "permute-0231": lambda x: x.transpose(0, 2, 3, 1),
    "permute-0213": lambda x: x.transpose(0, 2, 1, 3),
    "concatenate-first": lambda x, y: jnp.concatenate([x, y]), "concatenate-last": lambda x, y: jnp.concatenate([x, y], -1),
    "stack-first": lambda x, y: jnp.stack([x, y]), "stack-last": lambda x, y: jnp.stack([x, y], -1),
    "split-last": split_last, "slice-last": lambda x: x[:, 100:612], "slice-step": lambda x: x[:, ::2],
    "flip": lambda x: jnp.flip(x, -1), "roll": lambda x: jnp.roll(x, 100, -1), "repeat": lambda x: jnp.repeat(x, 4, -1),
    "tile": lambda x: jnp.tile(x, (4, 4)), "pad": lambda x: jnp.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1))),
    "pad-reflect": lambda x: jnp.pad(x, ((0, 0), (0, 0), (2, 2), (2, 2)), "reflect"),
    "pad-edge": lambda x: jnp.pad(x, ((0, 0), (0, 0), (2, 2), (2, 2)), "edge"),
    "upsample-nearest": lambda x: jnp.repeat(jnp.repeat(x, 2, 2), 2, 3),
    "upsample-bilinear": lambda x: jax.image.resize(x, (*x.shape[:2], 2 * x.shape[2], 2 * x.shape[3]), "bilinear"),
    "diagonal-matrix": jnp.diag, "one-hot": lambda x: jax.nn.one_hot(x, 100), "gather-rows": lambda x, ids: x[ids],
    "take-along": lambda x, ids: jnp.take_along_axis(x, ids, 1),
    "scatter-add": lambda x, ids: jnp.zeros((1024, 1024)).at[jnp.arange(1024)[:, None], ids].add(x),
    "index-add": lambda x, ids: jnp.zeros((10000, x.shape[1])).at[ids].add(x),
    "masked-fill": lambda x, mask: jnp.where(mask, 0, x), "masked-assign": lambda x, mask: jnp.where(mask, 0, x),
    "column": lambda x: x[:, 5], "broadcast-copy": lambda x: jnp.broadcast_to(x, (1024, 1024)),
    "meshgrid": lambda x, y: jnp.meshgrid(x, y, indexing="ij")[0],
    "matmul": jnp.matmul, "linear": lambda x, w, b: x @ w.T + b, "dot": jnp.dot,
    "bilinear": lambda x, w, y: jnp.einsum("bi,oij,bj->bo", x, w, y), "einsum-bij": lambda x, y: jnp.einsum("bij,bjk->bik", x, y),
    "attention": attention, "inverse": jnp.linalg.inv, "solve": jnp.linalg.solve, "determinant": jnp.linalg.det,
    "qr": lambda x: jnp.linalg.qr(x)[0], "eigh": lambda x: jnp.linalg.eigh(x + x.mT)[1],
    "svd": lambda x: jnp.linalg.svd(x, full_matrices=False)[0],
    "cholesky": lambda x: jnp.linalg.cholesky(x @ x.mT + x.shape[-1] * jnp.eye(x.shape[-1])),
    "conv-3x3": convolution(padding=1), "conv-1x1": convolution(), "conv-stride2": convolution(stride=2, padding=1),
    "conv-5x5": convolution(padding=2), "conv-depthwise": convolution(padding=1, groups=64),
    "conv-dilated": convolution(padding=2, dilation=2), "conv-grouped": convolution(padding=1, groups=4),
    "conv-1d": convolution(padding=1), "max-pool": pool(jax.lax.max, -jnp.inf),
    "average-pool": lambda x: pool(jax.lax.add, 0.0)(x) / 4,
    "adaptive-average-pool": lambda x: x.reshape(*x.shape[:2], 7, x.shape[2] // 7, 7, x.shape[3] // 7).mean((3, 5)),
}


def focal(x, y):
    loss, p = jax.nn.softplus(x) - x * y, jax.nn.sigmoid(x)
    hit = p * y + (1 - p) * (1 - y)
    return ((0.25 * y + 0.75 * (1 - y)) * loss * (1 - hit) ** 2).mean()


def distance(x, y):
    return jnp.sqrt(jnp.square(x - y + 1e-6).sum(-1))


def cosine_similarity(x, y):
    return (x * y).sum(-1) / jnp.sqrt(jnp.square(x).sum(-1) * jnp.square(y).sum(-1))


FUNCTIONS |= {
    "asinh": jnp.arcsinh, "acosh": lambda x: jnp.arccosh(x + 1), "atanh": jnp.arctanh, "ceil": jnp.ceil,
    "softsign": jax.nn.soft_sign, "celu": lambda x: jax.nn.celu(x, 0.5), "trigamma": lambda x: jsp.special.polygamma(1, x),
    "pow-of-number": lambda x: 2.5 ** x,
    "min-last": along(jnp.min, -1), "argmin-last": along(jnp.argmin, -1),
    "all": lambda x: (x > 0).all(), "all-last": lambda x: (x > 0).all(-1),
    "max": jnp.max, "product": jnp.prod, "mean-first": along(jnp.mean, 0), "mean-23": along(jnp.mean, (2, 3)),
    "var-023": along(jnp.var, (0, 2, 3)), "logsumexp-middle": along(jsp.special.logsumexp, 1),
    "norm-1-last": lambda x: jnp.abs(x).sum(-1), "norm-infinity-last": lambda x: jnp.abs(x).max(-1),
    "median-last": along(jnp.median, -1), "quantile-last": lambda x: jnp.quantile(x, 0.3, -1),
    "cummax-last": lambda x: jax.lax.cummax(x, x.ndim - 1), "log-cumsum-exp-last": lambda x: jax.lax.cumlogsumexp(x, x.ndim - 1),
    "trace": jnp.trace, "diagonal": lambda x: jnp.diagonal(x, axis1=-2, axis2=-1), "triu": lambda x: jnp.triu(x, 1),
    "unstack-sum": lambda x: sum((x[i] for i in range(x.shape[0])), 0.0 * x[0]),
    "expand-middle": lambda x: jnp.broadcast_to(x[:, None], (x.shape[0], 8, x.shape[1])),
    "log-determinant": lambda x: jnp.linalg.slogdet(x)[1], "matrix-exponential": jsp.linalg.expm,
    "matrix-power-5": lambda x: jnp.linalg.matrix_power(x, 5), "pseudo-inverse": jnp.linalg.pinv,
    "svdvals": lambda x: jnp.linalg.svd(x, compute_uv=False), "eigvalsh": lambda x: jnp.linalg.eigvalsh(x + x.mT),
    "max-pool-3x3-stride2": pool(jax.lax.max, -jnp.inf, 3, 2, 1),
    "average-pool-3x3": lambda x: pool(jax.lax.add, 0.0, 3, 1, 1)(x) / 9,
    "max-pool-1d": pool(jax.lax.max, -jnp.inf, 2, 2, 0), "average-pool-1d": lambda x: pool(jax.lax.add, 0.0, 4, 4, 0)(x) / 4,
    "adaptive-max-pool": lambda x: x.reshape(*x.shape[:2], 7, x.shape[2] // 7, 7, x.shape[3] // 7).max((3, 5)),
    "resize-bilinear": lambda x: jax.image.resize(x, (*x.shape[:2], 48, 48), "bilinear", antialias=False),
    "subtract": jnp.subtract, "minimum": jnp.minimum, "equal": jnp.equal, "and": jnp.logical_and,
    "mae": lambda x, y: jnp.abs(x - y).mean(), "poisson-nll": lambda x, y: (jnp.exp(x) - y * x).mean(), "focal": focal,
    "soft-margin": lambda x, y: jnp.log1p(jnp.exp(-x * y)).mean(),
    "nll": lambda x, labels: -jnp.take_along_axis(x, labels[:, None], 1).mean(),
    "cross-entropy-soft": lambda x, y: -(jax.nn.log_softmax(x) * y).sum(-1).mean(),
    "cosine-similarity": cosine_similarity, "pairwise-distance": distance, "cross": jnp.cross,
    "triangular-solve": lambda x, y: jsp.linalg.solve_triangular(jnp.tril(x) + 8 * jnp.eye(x.shape[-1], dtype=x.dtype), y, lower=True),
    "select-columns": lambda x, ids: jnp.take(x, ids, axis=1),
    "scatter": lambda x, ids: x.at[jnp.arange(x.shape[0])[:, None], ids].set(x),
    "bin-counts-weighted": lambda x, ids: jnp.bincount(ids, x, length=1000), "linear-unbiased": lambda x, w: x @ w.T,
    "conv-1d-stride2": convolution(stride=2, padding=2), "conv-7x7-stride2": convolution(stride=2, padding=3),
    "conv-depthwise-5x5": lambda x, w: convolution(padding=2, groups=x.shape[1])(x, w),
    "conv-depthwise-stride2": lambda x, w: convolution(stride=2, padding=1, groups=x.shape[1])(x, w),
    "attention-full": lambda q, k, v: jnp.einsum(
        "bhqk,bhkd->bhqd", jax.nn.softmax(jnp.einsum("bhqd,bhkd->bhqk", q, k) / q.shape[-1] ** 0.5), v),
    "gaussian-nll": lambda x, y, v: (0.5 * (jnp.log(v) + jnp.square(x - y) / v)).mean(),
    "triplet": lambda a, p, n: jax.nn.relu(distance(a, p) - distance(a, n) + 1).mean(),
}


def drawn(draw):
    """The shape is known when the function is compiled; the key is an argument, as without one it would be a constant."""
    return lambda x: draw(jax.random.key(x.ravel()[0].astype(jnp.int32)), x.shape)


FUNCTIONS |= {
    "uniform": drawn(jax.random.uniform), "normal": drawn(jax.random.normal),
    "integers": drawn(lambda key, shape: jax.random.randint(key, shape, 0, 1000)),
    "bernoulli": drawn(lambda key, shape: jax.random.bernoulli(key, 0.3, shape).astype(jnp.float32)),
    "dropout": lambda x: x * drawn(lambda key, shape: jax.random.bernoulli(key, 0.9, shape))(x) / 0.9,
    "permutation": drawn(lambda key, shape: jax.random.permutation(key, shape[0])),
}


def with_gradient(function, inputs):
    places = tuple(i for i, x in enumerate(inputs) if jnp.issubdtype(x.dtype, jnp.floating))
    both = jax.jit(jax.value_and_grad(lambda *inputs: function(*inputs).sum(), places))
    return lambda: both(*inputs)


def time_operations(bench):
    with jax.enable_x64(True):
        compiled = {name: jax.jit(function) for name, function in FUNCTIONS.items()}
        time_rows(bench, compiled, lambda operation, x: jnp.asarray(x), with_gradient)
