"""Small files written by the reference libraries, and what a reader must find in them.

Run `python3 make_files.py`; it writes tiny.safetensors, tiny*.npy and tiny.json beside itself.
Made with Python 3.11.7, PyTorch 2.15.0, NumPy 2.4.6 and safetensors 0.8.0.

The values of tiny.json are those of the stored numbers, so for float16, bfloat16 and float32 they are already rounded.
"""
import os

import numpy as np
import torch
from safetensors.torch import save_file

from goldens import number, tensor, write

HERE = os.path.dirname(os.path.abspath(__file__))
INF, NAN = float("inf"), float("nan")
# Ordinary numbers, both zeros, the largest and the smallest of each format, a tie that rounds to even, infinities, NaN.
HALVES = [0.0, -0.0, 1.0, -2.5, 0.1, 65504.0, 2.0**-14, 2.0**-24, 1.5 * 2.0**-20, 1 + 2.0**-11, INF, -INF, NAN]
BRAINS = [0.0, -0.0, 1.0, -2.5, 0.1, 3.3895313892515355e38, 2.0**-126, 2.0**-133, 1 + 2.0**-8, INF, -INF, NAN]


def tensors():
    return {
        "float32": torch.tensor([[1.5, -2.25, 0.1], [1e-40, 3.4e38, -0.0]], dtype=torch.float32),
        "float64": torch.tensor([0.1, -1e300, 5e-324, INF], dtype=torch.float64),
        "float16": torch.tensor(HALVES, dtype=torch.float16),
        "bfloat16": torch.tensor(BRAINS, dtype=torch.bfloat16),
        "int32": torch.tensor([[0, -1], [2**31 - 1, -(2**31)]], dtype=torch.int32),
        "int64": torch.tensor([0, -1, 7, 2**53 + 1, -(2**63)], dtype=torch.int64),
        "bool": torch.tensor([True, False, True]),
        "scalar": torch.tensor(3.25, dtype=torch.float32),
        "empty": torch.zeros(0, 3, dtype=torch.float32),
        "layer.0.weight": torch.arange(6, dtype=torch.float32).reshape(3, 2),
    }


def arrays():
    matrix = np.array([[1.5, -2.25, 0.1], [4.0, 5.0, -0.0]], dtype=np.float32)
    return {
        "tiny.npy": matrix,
        "tiny-float64.npy": np.array([0.1, -1e300, INF, NAN]),
        "tiny-float16.npy": np.array(HALVES, dtype=np.float16),
        "tiny-int32.npy": np.array([[1, -2], [3, 2**31 - 1]], dtype=np.int32),
        "tiny-int64.npy": np.array([1, -2, 2**53 + 1], dtype=np.int64),
        "tiny-bool.npy": np.array([[True], [False]]),
        "tiny-scalar.npy": np.array(3.25, dtype=np.float32),
        "tiny-empty.npy": np.zeros((0, 3), dtype=np.float32),
        "tiny-fortran.npy": np.asfortranarray(matrix),
        "tiny-bigendian.npy": matrix.astype(">f4"),
    }


if __name__ == "__main__":
    metadata = {"format": "pt", "note": "made by safetensors"}
    save_file(tensors(), os.path.join(HERE, "tiny.safetensors"), metadata=metadata)
    files = []
    for name, array in arrays().items():
        np.save(os.path.join(HERE, name), array)
        files.append({"file": name, "dtype": array.dtype.newbyteorder("=").name, "shape": list(array.shape),
                      "descr": np.lib.format.dtype_to_descr(array.dtype), "fortranOrder": name == "tiny-fortran.npy",
                      "values": [number(v) for v in array.flatten().tolist()]})
    stored = [{"name": name, **{"dtype": "float64", **tensor(t)}} for name, t in tensors().items()]
    write("tiny.json", {"safetensors": stored, "metadata": metadata, "npy": files})
