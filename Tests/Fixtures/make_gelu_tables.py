#!/usr/bin/env python3
"""Fits the tables of Sources/CKernels/math/gelu_tables.inc.

Below zero the exact GELU is -g(|x|), and its slope g'(|x|), with the tail g(t) = t Φ(-t), g'(t) = Φ(-t) - t φ(t). Each is fitted
by a polynomial around the multiples of a width: weighted least squares at Chebyshev points, reweighted toward the least
greatest error (Lawson, 1961), with the coefficients rounded to float32 from the highest on and the rest fitted anew. The width has
so few bits that its first 31 multiples are exact; of the widths of 12 bits around 0.215 it is the one whose g at the multiples
lies nearest to float32 numbers, measured by the largest error of the result. The last polynomial is 0, where the tail is less than
half of the last place that counts.
"""
import math
import pathlib

import numpy as np

DEGREE, SEGMENTS, WIDTH = 5, 32, 882 / 4096
POINTS = 48


def tail(t):
    return t * 0.5 * math.erfc(t / math.sqrt(2))


def slope(t):
    return 0.5 * math.erfc(t / math.sqrt(2)) - t * math.exp(-t * t / 2) / math.sqrt(2 * math.pi)


def polynomial(function, segment, floor):
    """The coefficients of one segment; errors count relative to max(|f|, floor)."""
    low, high = (0 if segment == 0 else -WIDTH / 2), WIDTH / 2
    s = (low + high) / 2 + (high - low) / 2 * np.cos((np.arange(POINTS) + 0.5) * np.pi / POINTS)
    values = np.array([function(segment * WIDTH + v) for v in s])
    weight = 1 / np.maximum(np.abs(values), floor)
    # The tail is 0 at 0 and relative to t there: no constant term.
    fixed = {0: 0.0} if function(0) == 0 and segment == 0 else {}
    for power in reversed(range(len(fixed), DEGREE + 1)):
        free = [k for k in range(DEGREE + 1) if k not in fixed]
        rest = (values - sum(c * s**k for k, c in fixed.items())) * weight
        basis = np.stack([(2 * s / WIDTH) ** k for k in free], 1) * weight[:, None]
        emphasis = np.ones(POINTS)
        for _ in range(30):
            root = np.sqrt(emphasis)
            solution = np.linalg.lstsq(basis * root[:, None], rest * root, rcond=None)[0]
            error = np.abs(basis @ solution - rest)
            emphasis *= error / max(error.max(), 1e-300) + 1e-3
            emphasis /= emphasis.sum()
        fixed[power] = float(np.float32(solution[free.index(power)] / (WIDTH / 2) ** power))
    return [fixed[k] for k in range(DEGREE + 1)]


def literal(value):
    text = f"{np.float32(value):.9g}"
    return text + ("f" if set(text) & set(".e") else ".0f")


def table(name, function, floor):
    columns = [polynomial(function, i, floor) for i in range(SEGMENTS - 1)] + [[0.0] * (DEGREE + 1)]
    lines = [f"static const float {name}[GELU_DEGREE + 1][{SEGMENTS}] = {{"]
    for power in range(DEGREE + 1):
        rows = ([literal(c[power]) for c in columns[i:i + 4]] for i in range(0, SEGMENTS, 4))
        lines += ["  {"] + ["    " + ", ".join(row) + "," for row in rows] + ["  },"]
    return "\n".join(lines + ["};"])


target = pathlib.Path(__file__).resolve().parents[2] / "Sources/CKernels/math/gelu_tables.inc"
target.write_text(f"""// The tail t Φ(-t) of the GELU and its slope by segments of t; made by Tests/Fixtures/{pathlib.Path(__file__).name}.

enum {{ GELU_DEGREE = {DEGREE} }};
#define GELU_WIDTH {WIDTH}f  // exact

{table("gelu_tail", tail, 2.0**-10)}

{table("gelu_slope_tail", slope, 2.0**-2)}
""")
