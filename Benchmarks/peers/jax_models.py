"""Small models, recurrent layers and a residual network in JAX, with the names of our rows."""
import jax
import jax.numpy as jnp
import numpy as np
import optax


def time_models(bench, train, normal, labels, cross_entropy):
    """`train` times a step; `normal` and `labels` make arrays, `cross_entropy` is the loss of logits."""

    def dense(*sizes, dtype=jnp.float32):
        return [(normal(i, o).astype(dtype) / np.sqrt(i), jnp.zeros(o, dtype)) for i, o in zip(sizes, sizes[1:])]

    def perceptron(p, x, activation):
        for weight, bias in p[:-1]:
            x = activation(x @ weight + bias)
        return x @ p[-1][0] + p[-1][1]

    def squares(x, y):
        return ((x - y) ** 2).mean()

    def step(name, make, samples):
        """`make()` gives the parameters and the loss."""

        def with_optimizer():
            parameters, loss = make()
            return parameters, optax.adamw(1e-3), loss

        train(name, with_optimizer, samples)

    def single():
        x, y = normal(1, 784), labels(10, 1)
        return dense(784, 128, 10), lambda p: cross_entropy(perceptron(p, x, jax.nn.relu), y)

    def logistic():
        x, y = normal(256, 20), jnp.arange(256.0).reshape(-1, 1) % 2
        return dense(20, 1), lambda p: optax.sigmoid_binary_cross_entropy(perceptron(p, x, None), y).mean()

    def full_batch():
        x, y = normal(10_000, 4), normal(10_000, 4)
        return dense(4, 32, 16, 4), lambda p: squares(perceptron(p, x, jnp.tanh), y)

    step("train/mlp-784-128-10-b1", single, 1)
    step("train/logistic-20-b256", logistic, 256)
    step("train/mlp-4-32-16-4-tanh-b10000", full_batch, 10_000)

    name = "gradient/mlp-24-8-2-dropout-float64-b200"
    if bench.wants(name):
        jax.config.update("jax_enable_x64", True)
        x, y = normal(200, 24).astype(jnp.float64), normal(200, 2).astype(jnp.float64)
        parameters = dense(24, 8, 2, dtype=jnp.float64)

        @jax.jit
        def gradient(parameters, key):
            key, now = jax.random.split(key)

            def loss(p):
                hidden = jnp.tanh(x @ p[0][0] + p[0][1])
                kept = jax.random.bernoulli(now, 0.8, hidden.shape)
                return squares(jnp.where(kept, hidden / 0.8, 0) @ p[1][0] + p[1][1], y)

            return jax.grad(loss)(parameters), key

        state = [jax.random.key(0)]

        def run():
            slopes, state[0] = gradient(parameters, state[0])
            return slopes

        bench(name, run, 200, "samples/s")
        jax.config.update("jax_enable_x64", False)

    name = "hessian-vector/mlp-1-13-1-b32"
    if bench.wants(name):
        x, y, p, v = normal(32, 1), normal(32, 1), dense(1, 13, 1), dense(1, 13, 1)
        slope = jax.grad(lambda p: squares(perceptron(p, x, jnp.tanh), y))
        product = jax.jit(lambda p, v: jax.jvp(slope, (p,), (v,))[1])
        bench(name, lambda: product(p, v), 1, "products/s")

    def lstm(gates, hidden_gates, h, c):
        i, f, g, o = jnp.split(gates + hidden_gates, 4, -1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        return jax.nn.sigmoid(o) * jnp.tanh(c), c

    def gru(gates, hidden_gates, h, c):
        (r, z, n), (hr, hz, hn) = jnp.split(gates, 3, -1), jnp.split(hidden_gates, 3, -1)
        z = jax.nn.sigmoid(z + hz)
        return (1 - z) * jnp.tanh(n + jax.nn.sigmoid(r + hr) * hn) + z * h, c

    def rnn(gates, hidden_gates, h, c):
        return jnp.tanh(gates + hidden_gates), c

    def recurrent(cell, gates, width, layers, batch):
        x, y = normal(50, batch, width), normal(50, batch, width)
        scale = 1 / np.sqrt(width)

        def layer():
            return {"input": normal(width, gates * width) * scale, "hidden": normal(width, gates * width) * scale,
                    "input_bias": jnp.zeros(gates * width), "hidden_bias": jnp.zeros(gates * width)}

        def loss(parameters):
            z = x
            for p in parameters:
                def advance(state, now):
                    state = cell(now, state[0] @ p["hidden"] + p["hidden_bias"], *state)
                    return state, state[0]

                start = (jnp.zeros((batch, width)),) * 2
                z = jax.lax.scan(advance, start, z @ p["input"] + p["input_bias"])[1]
            return squares(z, y)

        return [layer() for _ in range(layers)], loss

    for tag, cell, gates, width, layers, batch in (
            ("lstm-128", lstm, 4, 128, 1, 32), ("lstm-128", lstm, 4, 128, 1, 1), ("lstm-128", lstm, 4, 128, 1, 4),
            ("lstm-2x256", lstm, 4, 256, 2, 32), ("gru-128", gru, 3, 128, 1, 32), ("rnn-128", rnn, 1, 128, 1, 32)):
        step(f"train/{tag}-t50-b{batch}", lambda: recurrent(cell, gates, width, layers, batch), batch)

    def res_net(widths, blocks):
        images, classes = normal(32, 32, 32, 3), labels(10, 32)

        def convolution(inputs, outputs, size=3):
            return {"weight": normal(size, size, inputs, outputs) * np.sqrt(2 / (size * size * inputs)),
                    "scale": jnp.ones(outputs), "shift": jnp.zeros(outputs)}

        def normalized(p, x, stride=1):
            x = jax.lax.conv_general_dilated(x, p["weight"], (stride, stride), "SAME",
                                             dimension_numbers=("NHWC", "HWIO", "NHWC"))
            mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
            return (x - mean) * jax.lax.rsqrt(variance + 1e-5) * p["scale"] + p["shift"]

        parts, inputs = [], widths[0]
        for width in widths:
            for _ in range(blocks):
                part = {"first": convolution(inputs, width), "second": convolution(width, width)}
                if inputs != width:
                    part["shortcut"] = convolution(inputs, width, 1)
                parts.append(part)
                inputs = width

        def loss(p):
            x = jax.nn.relu(normalized(p["stem"], images))
            for q in p["blocks"]:
                stride = 2 if "shortcut" in q else 1
                inner = normalized(q["second"], jax.nn.relu(normalized(q["first"], x, stride)))
                x = jax.nn.relu(inner + (normalized(q["shortcut"], x, stride) if "shortcut" in q else x))
            return cross_entropy(x.mean((1, 2)) @ p["head"], classes)

        return {"stem": convolution(3, widths[0]), "blocks": parts, "head": normal(inputs, 10) * 0.05}, loss

    step("train/resnet20-32x32-b32", lambda: res_net((16, 32, 64), 3), 32)
    step("train/resnet18-32x32-b32", lambda: res_net((64, 128, 256, 512), 2), 32)
