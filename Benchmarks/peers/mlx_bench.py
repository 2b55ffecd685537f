"""The benchmark rows in MLX on the CPU, train steps compiled; `--help` lists the options."""
from functools import partial

from timing import Bench, limit_processors, parse_options

options = parse_options(__doc__)
limit_processors(options.threads)

import mlx.core as mx  # noqa: E402
import mlx.nn as nn  # noqa: E402
import mlx.optimizers as optim  # noqa: E402

mx.set_default_device(mx.cpu)


def repeat(function, count):
    for _ in range(count):
        mx.eval(function())  # each repetition, or the lazy graph would grow


bench = Bench(options.only, repeat)


def kernels():
    for n in (64, 128, 256, 512, 1024):
        x, y = mx.random.normal((n, n)), mx.random.normal((n, n))
        bench(f"gemm/{n}", lambda: x @ y, 2 * n**3 / 1e9, "GFLOP/s")
    n = 1 << 20
    x = mx.random.normal((n,))
    for name, function, bytes_an_element in (("exp", mx.exp, 8), ("tanh", mx.tanh, 8), ("sum", mx.sum, 4)):
        bench(f"{name}/1M", lambda: function(x), bytes_an_element * n / 1e9, "GB/s")


def train(name, make, samples):
    """`make()` gives the model, the optimizer and the loss of the model."""
    if not bench.wants(name):
        return
    model, optimizer, loss = make()
    mx.eval(model.parameters())
    value_and_gradient = nn.value_and_grad(model, loss)
    state = [model.state, optimizer.state]

    @partial(mx.compile, inputs=state, outputs=state)
    def update():
        value, gradient = value_and_gradient(model)
        optimizer.update(model, gradient)
        return value

    bench(name, lambda: [update(), state], samples, "samples/s", minimum_time=1.0)


def cross_entropy(logits, classes):
    return nn.losses.cross_entropy(logits, classes, reduction="mean")


class MLP(nn.Module):
    def __init__(self, *sizes):
        super().__init__()
        self.layers = [nn.Linear(i, o) for i, o in zip(sizes, sizes[1:])]

    def __call__(self, x):
        for layer in self.layers[:-1]:
            x = nn.relu(layer(x))
        return self.layers[-1](x)


def tiny_mlp():
    x, y = mx.random.normal((32, 2)), mx.random.normal((32, 1))
    return MLP(2, 16, 16, 1), optim.AdamW(1e-3), lambda model: nn.losses.mse_loss(model(x), y)


def image_mlp():
    x, y = mx.random.normal((64, 784)), mx.random.randint(0, 10, (64,))
    return MLP(784, 512, 256, 10), optim.AdamW(1e-3), lambda model: cross_entropy(model(x), y)


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.projection = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.inner, self.outer = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.heads = heads

    def __call__(self, x):
        batch, length, width = x.shape
        parts = mx.split(self.qkv(self.norm1(x)), 3, -1)
        q, k, v = (t.reshape(batch, length, self.heads, -1).transpose(0, 2, 1, 3) for t in parts)
        scale = (width // self.heads) ** -0.5
        y = mx.fast.scaled_dot_product_attention(q, k, v, scale=scale, mask="causal")
        x = x + self.projection(y.transpose(0, 2, 1, 3).reshape(batch, length, width))
        return x + self.outer(nn.gelu(self.inner(self.norm2(x))))


class GPT(nn.Module):
    def __init__(self, vocabulary, context, layers, heads, width):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(vocabulary, width), nn.Embedding(context, width)
        self.blocks = [Block(width, heads) for _ in range(layers)]
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, vocabulary, bias=False)

    def __call__(self, indices):
        x = self.tokens(indices) + self.positions(mx.arange(indices.shape[1]))
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


def gpt():
    x, y = mx.random.randint(0, 65, (12, 64)), mx.random.randint(0, 65, (12, 64))
    optimizer = optim.AdamW(1e-3, betas=[0.9, 0.99], weight_decay=0.1)
    return GPT(65, 64, 4, 4, 128), optimizer, lambda model: cross_entropy(model(x), y)


kernels()
train("train/mlp-tiny-2-16-16-1-b32", tiny_mlp, 32)
train("train/mlp-784-512-256-10-b64", image_mlp, 64)
train("train/gpt-4x128-t64-b12", gpt, 64 * 12)
