"""Small files written by the reference libraries, and what a reader must find in them.

Run `python3 make_files.py`; it writes tiny*.npy, tiny*.npz, tiny.safetensors, tiny.json and exact* beside itself.
Made with Python 3.11.7, PyTorch 2.15.0, NumPy 2.4.6 and safetensors 0.8.0.

The values of tiny.json are those of the stored numbers, so for float16, bfloat16 and float32 they are already rounded.
The files exact* hold what Adjoint writes too, so that its bytes can be compared; exact-wide* have 64-bit integers.
"""
import os

import numpy as np
import torch
from safetensors.numpy import save_file as save_arrays
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


def archived():
    """Every dtype in both byte orders and both element orders, as a reader of .npz must find it."""
    values = {"f2": [[1.5, -2.0, 65504.0], [6e-8, 0.1, -INF]], "f4": [[1.5, -2.25, 0.1], [1e-40, 3.4e38, NAN]],
              "f8": [[1.5, -2.25, 0.1], [1e-320, -1e300, INF]], "b1": [[1, 0, 0], [1, 1, 0]]}
    for size in (1, 2, 4, 8):
        largest = min(2 ** (8 * size - 1) - 1, 2**31 - 1)
        values[f"i{size}"] = [[0, 1, -1], [100, largest, -largest - 1]]
        values[f"u{size}"] = [[0, 1, 2], [100, 200, min(2 ** (8 * size) - 1, 2**31 - 1)]]
    for name, rows in values.items():
        array = np.array(rows, dtype=name)
        for byte_order in "<>":
            for element_order in "CF":
                yield f"{name}{byte_order}{element_order}", np.asarray(array.astype(byte_order + name), order=element_order)
    yield "scalar", np.array(2.5, dtype=np.float32)
    yield "empty", np.zeros((2, 0, 3), dtype=np.int32)
    yield "rank 3", np.asarray(np.arange(24, dtype=np.float32).reshape(2, 3, 4), order="F")
    yield "naïve/名", np.array([7], dtype=np.int32)


def exact(integer):
    """What a writer must make the same bytes of; the names sort otherwise by characters than by bytes."""
    return {
        "b": np.array([1.5, -2.25, 0.1], dtype=np.float32),
        "a": np.array([[0.1], [-1e300]]),
        "Z": np.arange(12, dtype=np.float32).reshape(3, 4),
        "é": np.array([[[1, -2]], [[3, 2**31 - 1]]], dtype=integer),
        "e": np.array(7, dtype=integer),
        "ｚ\U0001d41a": np.array([True, False, True]),
        'quote " back \\ slash / tab \t bell \a line \u2028': np.array(3.25, dtype=np.float32),
        "empty": np.zeros((0, 3), dtype=np.float32),
        "shape": np.zeros((1, 12345, 0), dtype=np.float64),
        "long": np.zeros(1000, dtype=bool),
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
    with open(os.path.join(HERE, "tiny-version2.npy"), "wb") as file:
        np.lib.format.write_array(file, arrays()["tiny.npy"], version=(2, 0))
    with open(os.path.join(HERE, "tiny-version3.npy"), "wb") as file:
        np.lib.format.write_array(file, arrays()["tiny.npy"], version=(3, 0))
    np.savez(os.path.join(HERE, "tiny.npz"), **dict(archived()))
    np.savez_compressed(os.path.join(HERE, "tiny-compressed.npz"), weight=np.zeros(100))
    for name, integer in (("exact", np.int32), ("exact-wide", np.int64)):
        save_arrays(exact(integer), os.path.join(HERE, f"{name}.safetensors"), metadata={"note": "one \"entry\""})
        np.savez(os.path.join(HERE, f"{name}.npz"), **exact(integer))
    entries = [{"name": name, **tensor(torch.from_numpy(array.astype(array.dtype.newbyteorder("="), order="C").astype(np.float64)))}
               for name, array in archived()]
    stored = [{"name": name, **{"dtype": "float64", **tensor(t)}} for name, t in tensors().items()]
    write("tiny.json", {"safetensors": stored, "metadata": metadata, "npy": files, "npz": entries})
