#!/usr/bin/env python3
"""Fits the polynomials of Sources/CKernels/math/series.inc.

Each is the polynomial of least greatest error (Remez, 1934) on an interval, where the error counts as that of the whole function
that the kernel computes from it. Needs mpmath.
"""
import pathlib
import sys
import textwrap

import numpy as np
from mpmath import (
    atan, asin, cos, erf, erfc, erfinv, euler, exp, log, loggamma, lu_solve, matrix, mp, mpf, pi, polyval, psi, sin, sinh,
    sqrt, tan, tanh, taylor)

mp.dps = 60


def fit(function, weight, low, high, degree):
    """The coefficients by exchange from Chebyshev points, lowest first, and the largest weighted error."""
    low, high = mpf(low), mpf(high)
    center, radius = (low + high) / 2, (high - low) / 2
    # Where the weight is 0 there is no equation.
    least = mpf("1e-15") * max(weight(low), weight(high))
    grid = [center - radius * cos(pi * i / 400) for i in range(401)]
    targets = [(x, function(x), max(weight(x), least)) for x in grid]
    points = [targets[round(400 * (2 * i + 1) / (2 * degree + 4))] for i in range(degree + 2)]
    for _ in range(6):
        rows = [[x**k for k in range(degree + 1)] + [(-1) ** i / w] for i, (x, y, w) in enumerate(points)]
        solution = list(lu_solve(matrix(rows), matrix([y for x, y, w in points])))[:-1]
        errors = [w * (y - polyval(solution[::-1], x)) for x, y, w in targets]
        # The extrema between changes of sign.
        extrema, start = [], 0
        for i in range(1, len(grid) + 1):
            if i == len(grid) or errors[i] * errors[start] < 0:
                extrema.append(max(range(start, i), key=lambda j: abs(errors[j])))
                start = i
        while len(extrema) > degree + 2:
            extrema.pop(0 if abs(errors[extrema[0]]) < abs(errors[extrema[-1]]) else -1)
        if len(extrema) < degree + 2:
            break
        points = [targets[i] for i in extrema]
    return solution, max(map(abs, errors))


def even(f, first):
    """g(u) with f(x) = first·x (1 + u g(u)), u = x²; near 0 by the Taylor series."""
    series = taylor(lambda x: f(x) / first, 0, 40)[3::2]
    return lambda u: polyval(series[::-1], u) if u < 0.05 else (f(sqrt(u)) / sqrt(u) / first - 1) / u


def relative(g):
    return lambda u: u / (1 + u * g(u))


exp_series = lambda r: polyval([1 / mp.factorial(k + 2) for k in range(30)][::-1], r)
cosine = lambda u: polyval([(-1) ** k / mp.factorial(2 * k + 4) for k in range(20)][::-1], u)
erf_series = lambda u: (erf(sqrt(u)) / sqrt(u) if u > 1e-30 else 2 / sqrt(pi)) - 1
third = lambda u: polyval([2 / mpf(2 * k + 3) for k in range(40)][::-1], u)
fifth = lambda u: polyval([1 / mpf(2 * k + 5) for k in range(40)][::-1], u)
exp2_series = lambda r: exp(r * log(2))
mills_center = mpf(4)


def mills(q):
    """(1 + 0.8125 t) e^(t²/2) Φ(-t) for q = (t - 4) / (t + 4)."""
    t = mills_center * (1 + q) / (1 - q)
    return (1 + t * 13 / 16) * exp(t * t / 2) * erfc(t / sqrt(2)) / 2


def normal(s):
    """e^(t²/2) Φ(-t) for t = s + 2."""
    return exp((s + 2) ** 2 / 2) * erfc((s + 2) / sqrt(2)) / 2


def normal_weight(s):
    """Relative up to 3.25, and then in proportion to t - Φ(-t)."""
    return exp(-12 * max(s - mpf("1.27"), 0)) / normal(s)


erfc_root = lambda s: erfc(s + mpf("2.53125")) ** mpf("0.25")
erfc_root_slope = (erfc_root(mpf("1e-20")) - erfc_root(mpf(0))) * mpf("1e20")
ERFC_ROOT = mpf(float(np.float32(float(erfc_root(mpf(0))))))  # also in math_f32.inc
NORMAL_AT_2 = mpf(float(np.float32(float(normal(mpf(0))))))  # also in special_f32.inc
MILLS_AT_4 = mpf(float(mills(mpf(0))))  # also in special_f64.inc
ratio = (sqrt(mpf(2)) - 1) / (sqrt(mpf(2)) + 1)
LOG_RANGE = ratio ** 2 * mpf("1.0001")
QUARTER = (pi / 4) ** 2 * mpf("1.0001")

FITS = []


def add(name, comment, function, weight, low, high, **degrees):
    for kind, degree in degrees.items():
        FITS.append((name, comment, function, weight, low, high, kind, degree))


def add_even(name, comment, f, high, first=1, **degrees):
    g = even(f, first)
    add(name, comment, g, relative(g), 0, high, **degrees)


add("v_exp_series", "(e^r - 1 - r) / r² for |r| <= ln 2 / 2, relative to e^r",
    exp_series, lambda r: r * r / exp(r), "-0.34667", "0.34667", vf=5, vd=9)
add_even("v_tanh_series", "(tanh(t)/t - 1) / t² in t² < 0.625²", tanh, mpf("0.625") ** 2, vf=4, vd=11)
add_even("v_sinh_series", "(sinh(t)/t - 1) / t² in t² < 1", sinh, 1, vf=3, vd=6)
add("v_log_series", "(2 atanh(s)/s - 2) / s² in s² for (1+s) / (1-s) within sqrt(2)",
    third, lambda u: u / 2, 0, LOG_RANGE, vd=6)
add("v_log_tail", "(atanh(s)/s - 1 - s²/3) / s⁴ in s² for (1+s) / (1-s) within sqrt(2)",
    fifth, lambda u: u * u, 0, LOG_RANGE, vd=7)
add("v_exp2_series", "(2^r - 1) / r for |r| <= 1/2, relative to 2^r",
    lambda r: (exp2_series(r) - 1) / r if abs(r) > 1e-20 else log(2), lambda r: abs(r) / exp2_series(r), "-0.5", "0.5", vf=5)
add("v_erf_series", "erf(x)/x - 1 in x² for |x| < 1.125 in float32 and 0.9375 in float64",
    erf_series, lambda u: 1 / (1 + erf_series(u)), 0, mpf("1.125") ** 2, vf=6)
add("v_erf_series", "", erf_series, lambda u: 1 / (1 + erf_series(u)), 0, mpf("0.9375") ** 2, vd=11)
add("v_erfc_root_series", "(r - r₀) / s, r = erfc(t)^¼, s = t - 2.53125, r₀ at s = 0, for 1.125 <= t <= 3.9375, relative to erf",
    lambda s: (erfc_root(s) - ERFC_ROOT) / s if abs(s) > 1e-9 else erfc_root_slope, lambda s: 4 * abs(s) * erfc_root(s) ** 3, -1.40625, 1.40625, vf=9)
add("v_log_erfc_series", "log(erfc(t)) / t for 0.9375 <= t <= 6, relative to erf",
    lambda t: log(erfc(t)) / t, lambda t: t * erfc(t) / erf(t), "0.9375", 6, vd=19)
add("v_mills_series", "(m - m₀) / q, m = (1 + 0.8125 t) e^(t²/2) Φ(-t), m₀ = m(4), q = (t - 4) / (t + 4), 0 <= t <= 40",
    lambda q: (mills(q) - MILLS_AT_4) / q, lambda q: abs(q) / mills(q), -1, mpf(36) / 44, vd=22)
add("v_normal_series", "(m - m₀) / s, m = e^(t²/2) Φ(-t), s = t - 2, m₀ = m(2), 0 <= t <= 4.5, less exact from 3.25 on",
    lambda s: (normal(s) - NORMAL_AT_2) / s, lambda s: abs(s) * normal_weight(s), -2, mpf("2.5"), vf=12)
add_even("v_sine_series", "(sin(r)/r - 1) / r² in r² <= (π/4)²", sin, QUARTER, vd=5)
add("v_cosine_series", "(cos(r) - 1 + r²/2) / r⁴ in r² <= (π/4)²",
    cosine, lambda u: u * u / cos(sqrt(u)), 0, QUARTER, vd=5)
add_even("v_tangent_series", "(tan(r)/r - 1) / r² in r² <= (π/4)²", tan, QUARTER, vf=6, vd=14)
add_even("v_atan_series", "(atan(t)/t - 1) / t² in t² <= 1/4", atan, mpf("0.2501"), vf=5, vd=11)
add_even("v_asin_series", "(asin(x)/x - 1) / x² in x² <= 1/4", asin, mpf("0.25"), vf=5, vd=12)

LOG1P_RANGE = sqrt(mpf(2)) / 2 - 1, sqrt(mpf(2)) - 1
add("v_log1p_series", "(log(1+f) - f + f²/2) / f³ in f with 1+f within sqrt(2), relative to log(1+f)",
    lambda f: log_series(f), lambda f: abs(f ** 3 / log(1 + f)) if f != 0 else mpf(0), *LOG1P_RANGE, vf=7)


def log2_series(f):
    return (log(1 + f) / f if abs(f) > 1e-20 else mpf(1)) / log(2)


add("v_log2_series", "log₂(1+f) / f in f with 1+f within sqrt(2)", log2_series, lambda f: 1 / log2_series(f), *LOG1P_RANGE, vw=12)

# Functions of the gamma function, and the inverse of erf.


def gamma_series(s):
    """log Γ(1+t) / (t (t-1)), t = s + 1/2."""
    t = s + mpf("0.5")
    if min(abs(t), abs(1 - t)) < 1e-20:
        return euler if t < 0.5 else 1 - euler
    return loggamma(1 + t) / (t * (t - 1))


def asymptotic(exact, terms):
    """A function of y >= 8 in u = 1/y², by the terms of its series near 0."""
    return lambda u: exact(1 / sqrt(u)) if u > 1e-6 else polyval(terms[::-1], u)


def inverse_erf(w):
    """erf⁻¹(x) / x with -log(1 - x²) = w."""
    x = sqrt(1 - exp(-w))
    return erfinv(x) / x if w > 1e-15 else sqrt(pi) / 2


inverse_erf_slope = (inverse_erf(mpf("1e-14")) - sqrt(pi) / 2) / mpf("1e-14")


def add_inverse_erf(name, comment, f, low, high, center, **degrees):
    center = mpf(center)
    add(name, comment, lambda s: f(s + center), lambda s: 1 / f(s + center), mpf(low) - center, mpf(high) - center, **degrees)


add("v_log_gamma_series", "log Γ(1+t) / (t (t-1)) in t - 1/2 for 0 <= t <= 1",
    gamma_series, lambda s: 1 / gamma_series(s), -0.5, 0.5, vd=20)
add("v_stirling_series", "y (log Γ(y) - (y - 1/2) log y + y - log(2π) / 2) in 1/y² for y >= 8, relative to log Γ(8)",
    asymptotic(lambda y: y * (loggamma(y) - (y - 0.5) * log(y) + y - log(2 * pi) / 2), [mpf(1) / 12, -mpf(1) / 360, mpf(1) / 1260]),
    lambda u: sqrt(u) / loggamma(8), 0, mpf(1) / 64, vd=5)
add("v_digamma_series", "y² (log y - 1/(2y) - ψ(y)) in 1/y² for y >= 8",
    asymptotic(lambda y: y * y * (log(y) - 1 / (2 * y) - psi(0, y)), [mpf(1) / 12, -mpf(1) / 120, mpf(1) / 252]),
    lambda u: u, 0, mpf(1) / 64, vd=5)
add("v_trigamma_series", "y³ (ψ′(y) - 1/y - 1/(2y²)) in 1/y² for y >= 8, relative to ψ′",
    asymptotic(lambda y: y ** 3 * (psi(1, y) - 1 / y - 1 / (2 * y * y)), [mpf(1) / 6, -mpf(1) / 30, mpf(1) / 42]),
    lambda u: u, 0, mpf(1) / 64, vd=6)
add("v_inverse_erf_series", "(erf⁻¹(x) / x - √π/2) / w, w = -log(1 - x²) <= 5",
    lambda w: (inverse_erf(w) - sqrt(pi) / 2) / w if w > 1e-15 else inverse_erf_slope, lambda w: w / inverse_erf(w), 0, 5, vf=8, vd=21)
add_inverse_erf("v_inverse_erf_tail", "erf⁻¹(x) / x in √w - 3 for 2.2 <= √w <= 3.75", lambda s: inverse_erf(s * s), "2.2", "3.75", 3, vd=20)
add_inverse_erf("v_inverse_erf_end", "erf⁻¹(x) / x in √w - 4.875 for 3.75 <= √w <= 6.05",
    lambda s: inverse_erf(s * s), "3.75", "6.05", "4.875", vd=20)

# For random numbers, whose bits do not depend on the instruction set.
UNFUSED = ["v_plain_log_series", "v_plain_atanh_series", "v_turn_sine_series", "v_turn_cosine_series"]


def log_series(f):
    return log_rest(f) if abs(f) < 0.01 else (log(1 + f) - f + f * f / 2) / f ** 3


log_rest = lambda f: polyval([(-1) ** k / mpf(k + 3) for k in range(30)][::-1], f)
add("v_plain_log_series", "(log(1+f) - f + f²/2) / f³ in f with 1+f within sqrt(2), relative to log(1+f)",
    log_series, lambda f: abs(f ** 3 / log(1 + f)) if f != 0 else mpf(0), *LOG1P_RANGE, vf=7)
add("v_plain_atanh_series", "(2 atanh(s)/s - 2) / s² in s², as v_log_series", third, lambda u: u / 2, 0, LOG_RANGE, vd=6)
add("v_turn_sine_series", "sin(πt/4) / t in t² <= 1",
    lambda u: sin(pi * sqrt(u) / 4) / sqrt(u) if u > 1e-30 else pi / 4, lambda u: mpf(1), 0, 1, vf=3, vd=6)
add("v_turn_cosine_series", "(cos(πt/4) - 1) / t² in t² <= 1",
    lambda u: (pi / 4) ** 2 * polyval([(-1) ** (k + 1) / mp.factorial(2 * k + 2) * (pi / 4) ** (2 * k) for k in range(25)][::-1], u),
    lambda u: u, 0, 1, vf=2, vd=6)


def literal(value, type):
    return f"{np.float32(float(value)):.9g}f" if type == "float" else f"{float(value):.17g}"


lines = [f"// Polynomials of least greatest error; made by Tests/Fixtures/{pathlib.Path(__file__).name}."]
last = None
for name, comment, function, weight, low, high, kind, degree in FITS:
    type = "float" if kind == "vf" else "double"
    if sys.argv[1:] and name not in sys.argv[1:]:
        continue
    coefficients, error = fit(function, weight, low, high, degree)
    print(name, kind, degree, f"2^{float(log(error, 2)):.1f}")
    if name != last:
        lines += ["", *textwrap.wrap(comment, 100, initial_indent="// ", subsequent_indent="// ")]
    last = name
    head = f"{'UNFUSED_' * (name in UNFUSED)}POLYNOMIAL({name}, {kind}, {type},"
    texts = [literal(c, type) for c in reversed(coefficients)]
    lines.append(f"// Error 2^{float(log(error, 2)):.1f}.")
    lines.append(head)
    row = " "
    for i, text in enumerate(texts):
        item = " " + text + (")" if i == len(texts) - 1 else ",")
        if len(row + item) > 100:
            lines.append(row)
            row = " "
        row += item
    lines.append(row)
if not sys.argv[1:]:
    target = pathlib.Path(__file__).resolve().parents[2] / "Sources/CKernels/math/series.inc"
    target.write_text("\n".join(lines) + "\n")
