"""The benchmark rows in JAX on the CPU, each under jit; `--help` lists the options."""
import functools

from timing import GEMM_SIZES, ODD_GEMM_SIZES, Bench, limit_processors, parse_options

options = parse_options(__doc__)
limit_processors(options.threads)  # before the import, which is when JAX starts its threads

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
import optax  # noqa: E402

from jax_models import time_models
from jax_operations import time_operations  # noqa: E402

generator = np.random.default_rng(0)


def repeat(function, count):
    for _ in range(count):
        result = function()
    jax.block_until_ready(result)


def normal(*shape):
    return jnp.asarray(generator.standard_normal(shape, np.float32))


def labels(classes, *shape):
    return jnp.asarray(generator.integers(0, classes, shape))


bench = Bench(options.only, repeat)


def matrix_products():
    product = jax.jit(jnp.matmul)
    shapes = [(str(n), n, n, n) for n in GEMM_SIZES + ODD_GEMM_SIZES] + [("768x128x512", 768, 128, 512)]
    for tag, m, k, n in shapes:
        if bench.wants(f"gemm/{tag}"):
            x, y = normal(m, k), normal(k, n)
            bench(f"gemm/{tag}", lambda: product(x, y), 2 * m * k * n / 1e9, "GFLOP/s")


def exact_gelu(x):
    return jax.nn.gelu(x, approximate=False)


def elementwise():
    rows = (("add", jnp.add, 2, 12), ("exp", jnp.exp, 1, 8), ("tanh", jnp.tanh, 1, 8), ("gelu", exact_gelu, 1, 8),
            ("sum", jnp.sum, 1, 4))
    for n, tag in ((1 << 20, "1M"), (1 << 24, "16M")):
        for name, function, operands, bytes_an_element in rows:
            if bench.wants(f"{name}/{tag}"):
                compiled, inputs = jax.jit(function), [normal(n) for _ in range(operands)]
                bench(f"{name}/{tag}", lambda: compiled(*inputs), bytes_an_element * n / 1e9, "GB/s")
    if bench.wants("softmax/4096x1024"):
        x, softmax = normal(4096, 1024), jax.jit(jax.nn.softmax)
        bench("softmax/4096x1024", lambda: softmax(x), 8 * x.size / 1e9, "GB/s")


def train(name, make, samples):
    """`make()` gives the parameters, the optimizer and the loss of the parameters."""
    if not bench.wants(name):
        return
    parameters, optimizer, loss = make()

    # The new values take the memory of the old ones.
    @functools.partial(jax.jit, donate_argnums=(0, 1))
    def update(parameters, state):
        changes, state = optimizer.update(jax.grad(loss)(parameters), state, parameters)
        return optax.apply_updates(parameters, changes), state

    current = [parameters, optimizer.init(parameters)]

    def step():
        current[:] = update(*current)
        return current[0]

    bench(name, step, samples, "samples/s", minimum_time=1.0)


def cross_entropy(logits, classes):
    return optax.softmax_cross_entropy_with_integer_labels(logits, classes).mean()


def mlp_parameters(*sizes):
    return [(normal(i, o) / np.sqrt(i), jnp.zeros(o)) for i, o in zip(sizes, sizes[1:])]


def mlp(parameters, x):
    for weight, bias in parameters[:-1]:
        x = jax.nn.relu(x @ weight + bias)
    weight, bias = parameters[-1]
    return x @ weight + bias


def tiny_mlp():
    x, y = normal(32, 2), normal(32, 1)
    return mlp_parameters(2, 16, 16, 1), optax.adamw(1e-3), lambda p: ((mlp(p, x) - y) ** 2).mean()


def image_mlp():
    x, y = normal(64, 784), labels(10, 64)
    return mlp_parameters(784, 512, 256, 10), optax.adamw(1e-3), lambda p: cross_entropy(mlp(p, x), y)


def linear(inputs, outputs):
    return {"weight": normal(inputs, outputs) * 0.02, "bias": jnp.zeros(outputs)}


def affine(p, x):
    return x @ p["weight"] + p["bias"]


def norm(width):
    return {"weight": jnp.ones(width), "bias": jnp.zeros(width)}


def layer_norm(p, x):
    mean = x.mean(-1, keepdims=True)
    variance = ((x - mean) ** 2).mean(-1, keepdims=True)
    return (x - mean) * jax.lax.rsqrt(variance + 1e-5) * p["weight"] + p["bias"]


def gpt(layers, heads, width, context, batch, vocabulary=65):
    def block_parameters():
        return {"norm1": norm(width), "qkv": linear(width, 3 * width), "projection": linear(width, width),
                "norm2": norm(width), "inner": linear(width, 4 * width), "outer": linear(4 * width, width)}

    parameters = {"tokens": normal(vocabulary, width) * 0.02, "positions": normal(context, width) * 0.02,
                  "blocks": [block_parameters() for _ in range(layers)],
                  "norm": norm(width), "head": normal(width, vocabulary) * 0.02}
    x, y = labels(vocabulary, batch, context), labels(vocabulary, batch, context)
    visible = jnp.tril(jnp.ones((context, context), bool))

    def block(p, x):
        parts = jnp.split(affine(p["qkv"], layer_norm(p["norm1"], x)), 3, -1)
        q, k, v = (t.reshape(batch, context, heads, width // heads).transpose(0, 2, 1, 3) for t in parts)
        weights = jnp.where(visible, q @ k.swapaxes(-1, -2) / np.sqrt(width // heads), -1e30)
        y = (jax.nn.softmax(weights) @ v).transpose(0, 2, 1, 3).reshape(batch, context, width)
        x = x + affine(p["projection"], y)
        return x + affine(p["outer"], exact_gelu(affine(p["inner"], layer_norm(p["norm2"], x))))

    def loss(p):
        z = p["tokens"][x] + p["positions"]
        for q in p["blocks"]:
            z = block(q, z)
        return cross_entropy(layer_norm(p["norm"], z) @ p["head"], y)

    return parameters, optax.adamw(1e-3, b2=0.99, weight_decay=0.1), loss


def cnn():
    x, y = normal(64, 1, 28, 28), labels(10, 64)
    parameters = {"conv1": normal(16, 1, 3, 3) * 0.1, "bias1": jnp.zeros((16, 1, 1)),
                  "conv2": normal(32, 16, 3, 3) * 0.1, "bias2": jnp.zeros((32, 1, 1)),
                  "weight": normal(1568, 10) * 0.02, "bias": jnp.zeros(10)}

    def convolution(x, weight, bias):
        y = jax.nn.relu(jax.lax.conv_general_dilated(x, weight, (1, 1), "SAME") + bias)
        return jax.lax.reduce_window(y, -jnp.inf, jax.lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")

    def loss(p):
        z = convolution(convolution(x, p["conv1"], p["bias1"]), p["conv2"], p["bias2"])
        return cross_entropy(z.reshape(64, -1) @ p["weight"] + p["bias"], y)

    return parameters, optax.adamw(1e-3), loss


def optimizer_step():
    """The step alone, on 10M parameters in 8 tensors; the old parameters and moments are given up for the new."""
    if not bench.wants("optim/adamw-10M"):
        return
    parameters, gradients = ([normal(1_250_000) for _ in range(8)] for _ in range(2))
    optimizer = optax.adamw(1e-3)

    @functools.partial(jax.jit, donate_argnums=(0, 1))
    def update(parameters, state):
        changes, state = optimizer.update(gradients, state, parameters)
        return optax.apply_updates(parameters, changes), state

    current = [parameters, optimizer.init(parameters)]

    def step():
        current[:] = update(*current)
        return current[0]

    bench("optim/adamw-10M", step, 28 * 1e7 / 1e9, "GB/s", minimum_time=1.0)


matrix_products()
elementwise()
train("train/mlp-tiny-2-16-16-1-b32", tiny_mlp, 32)
train("train/mlp-784-512-256-10-b64", image_mlp, 64)
train("train/gpt-4x128-t64-b12", lambda: gpt(4, 4, 128, 64, 12), 64 * 12)
train("train/gpt-6x384-t256-b4", lambda: gpt(6, 6, 384, 256, 4), 256 * 4)
train("train/gpt-2x256-t128-b8-v50k", lambda: gpt(2, 4, 256, 128, 8, 50257), 128 * 8)
train("train/cnn-28x28-b64", cnn, 64)
time_models(bench, train, normal, labels, cross_entropy)
optimizer_step()
time_operations(bench)
