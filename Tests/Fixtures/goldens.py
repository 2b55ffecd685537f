"""What the `make_*.py` scripts share: how tensors are written as JSON, and how a file is written.

A tensor is {"shape": [...], "values": [...]} in row-major order, with "dtype" unless it is float64. A float is written so
that reading it back gives the same bits; those that JSON has no word for are the strings "nan", "inf" and "-inf".
"""
import json
import math
import os

import torch

torch.set_default_dtype(torch.float64)

_DTYPES = {torch.int32: "int32", torch.int64: "int64", torch.bool: "bool", torch.float32: "float32",
           torch.float16: "float16", torch.bfloat16: "bfloat16"}


def number(value):
    """A scalar as JSON can hold it."""
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else ("inf" if value > 0 else "-inf")
    return value


def values(tensor):
    """The elements in row-major order."""
    return [number(v) for v in tensor.detach().flatten().tolist()]


def tensor(t):
    """A tensor with its shape."""
    result = {"shape": list(t.shape), "values": values(t)}
    if t.dtype in _DTYPES:
        result["dtype"] = _DTYPES[t.dtype]
    return result


def sample(generator, *shape, low=-2.0, high=2.0):
    """Random numbers of three decimals, so that the file stays short and the input exact."""
    raw = low + (high - low) * torch.rand(shape, generator=generator)
    return torch.tensor([round(v, 3) for v in raw.flatten().tolist()]).reshape(shape)


def write(name, document):
    """Writes {"key": [case, ...]} with one case a line, so that a difference shows the case."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), name)
    parts = []
    for key, value in document.items():
        if isinstance(value, list):
            lines = ",\n".join("    " + json.dumps(case, allow_nan=False) for case in value)
            parts.append(f"  {json.dumps(key)}: [\n{lines}\n  ]")
        else:
            parts.append(f"  {json.dumps(key)}: {json.dumps(value, allow_nan=False)}")
    with open(path, "w", encoding="utf-8") as file:
        file.write("{\n" + ",\n".join(parts) + "\n}\n")
    print(f"{name}: {os.path.getsize(path)} bytes")
