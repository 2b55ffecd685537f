"""The rows of ../operations.txt, for each peer: how its inputs are made and which rows it times."""
import os
import re

import numpy as np

LIST = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "operations.txt")


def make_input(text, generator):
    """The NumPy array that the list describes, and whether it is to be differentiated."""
    shape, letters = re.fullmatch(r"([\dx]+)(.*)", text).groups()
    shape = [int(size) for size in shape.split("x")]
    if "t" in letters:
        shape[-2:] = reversed(shape[-2:])
    whole = re.search(r"i(\d+)", letters)
    if whole:
        x = generator.integers(0, int(whole[1]), shape, np.int32)
    elif "b" in letters:
        x = generator.random(shape) < 0.5
    else:
        x = generator.uniform(0.1, 0.9, shape) if "u" in letters else generator.standard_normal(shape)
        x = x.astype(np.float64 if "d" in letters else np.float32)
    return np.swapaxes(x, -1, -2) if "t" in letters else x


def rows(bench):
    """The rows that were asked for: operation, inputs, and the names of the row and of its gradient."""
    generator = np.random.default_rng(0)
    with open(LIST, encoding="utf-8") as file:
        lines = [line.split("#")[0].strip() for line in file]
    for line in filter(None, lines):
        operation, variants = line.split(":")
        for variant in variants.replace(" ", "").split("|"):
            inputs = variant.rstrip("!")
            forward = f"op/{operation}/{inputs}"
            gradient = f"op/{operation}-gradient/{inputs}" if variant.endswith("!") else None
            if bench.wants(forward) or (gradient and bench.wants(gradient)):
                yield operation, [make_input(text, generator) for text in inputs.split(",")], forward, gradient


def time_rows(bench, functions, convert, with_gradient=None, suffix=""):
    """Times the rows of the peer's `functions`, which are given by operation.

    `convert(operation, array)` makes the peer's array; `with_gradient(function, inputs)` gives a call of both passes. The
    suffix names a variant of the peer.
    """
    for operation, inputs, forward, gradient in rows(bench):
        if operation not in functions:
            continue
        function, inputs = functions[operation], [convert(operation, x) for x in inputs]
        bench(forward + suffix, lambda: function(*inputs), minimum_time=0.1)
        if gradient and with_gradient and bench.wants(gradient):
            bench(gradient + suffix, with_gradient(function, inputs), minimum_time=0.1)
