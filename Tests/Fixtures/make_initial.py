"""Golden values of the distributions of initial weights: the bounds and standard deviations that PyTorch passes to its generator.

Run `python3 make_initial.py`; it writes linear_init.json beside itself.
Made with Python 3.11.7 and PyTorch 2.15.0.

The values are recorded, not recomputed: `Tensor.uniform_` and `Tensor.normal_` are replaced by recorders while PyTorch
initializes its layers.
"""
import contextlib
import math
from unittest import mock

import torch
from torch import nn

from goldens import write


@contextlib.contextmanager
def recorded(method):
    """Yields a list of the arguments of every call of one of Tensor's random methods."""
    calls = []

    def record(self, *arguments, **options):
        calls.append(arguments)
        return self

    with mock.patch.object(torch.Tensor, method, record):
        yield calls


def linear(inputs, outputs):
    with recorded("uniform_") as calls:
        nn.Linear(inputs, outputs)
    (low, high), (bias_low, bias_high) = calls
    assert low == -high and bias_low == -bias_high
    assert math.isclose(high, 1 / math.sqrt(inputs)) and math.isclose(bias_high, 1 / math.sqrt(inputs))
    return {"inputs": inputs, "outputs": outputs, "weightBound": high, "biasBound": bias_high}


def uniform_and_normal(uniform, normal, inputs, outputs, **options):
    weight = torch.empty(outputs, inputs)
    with recorded("uniform_") as uniforms:
        uniform(weight, **options)
    with recorded("normal_") as normals:
        normal(weight, **options)
    (low, high), (mean, deviation) = uniforms[0], normals[0]
    assert low == -high and mean == 0
    return {"uniformBound": high, "normalDeviation": deviation}


GAINS = [("linear", None), ("sigmoid", None), ("relu", None), ("tanh", None), ("leaky_relu", 0.01), ("leaky_relu", 0.2)]
SHAPES = [(1, 1), (2, 16), (784, 512), (10, 3)]

if __name__ == "__main__":
    xavier, kaiming = [], []
    for inputs, outputs in SHAPES:
        for name, slope in GAINS:
            gain = nn.init.calculate_gain(name, slope)
            common = {"inputs": inputs, "outputs": outputs, "nonlinearity": name, "slope": slope, "gain": gain}
            xavier.append({**common, **uniform_and_normal(
                nn.init.xavier_uniform_, nn.init.xavier_normal_, inputs, outputs, gain=gain)})
            for mode in ("fan_in", "fan_out"):
                kaiming.append({**common, "mode": mode, **uniform_and_normal(
                    nn.init.kaiming_uniform_, nn.init.kaiming_normal_, inputs, outputs, a=slope or 0, mode=mode,
                    nonlinearity=name)})
    write("linear_init.json", {"linear": [linear(*shape) for shape in SHAPES], "xavier": xavier, "kaiming": kaiming})
