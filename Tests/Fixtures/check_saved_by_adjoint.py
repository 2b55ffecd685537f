"""Checks that PyTorch loads the files that Adjoint saves, with strict=True, and computes the same outputs.

    ADJOINT_SAVED=/tmp/saved swift test -c release --filter SavedWeightsTests
    python3 Tests/Fixtures/check_saved_by_adjoint.py /tmp/saved

For each module of `torch_layers.py` the folder contains NAME.safetensors, written by `save(to:)`, and NAME.call.safetensors with
`input`, for some modules `input1`, and the `output` that Adjoint computed in inference mode. Checked with PyTorch 2.15.0.
"""
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

from torch_layers import call, modules


def main(folder):
    worst = 0.0
    for name, module in modules().items():
        saved = load_file(folder / f"{name}.safetensors")
        for key, value in module.state_dict().items():
            assert saved[key].dtype == value.dtype, (name, key, saved[key].dtype, value.dtype)
        module.load_state_dict(saved, strict=True)
        module.eval()
        example = load_file(folder / f"{name}.call.safetensors")
        inputs = [example[key] for key in ("input", "input1") if key in example]
        with torch.no_grad():
            output = call(name, module, *inputs)
        torch.testing.assert_close(example["output"], output, rtol=1e-4, atol=1e-5)
        error = ((example["output"] - output).abs().max() / output.abs().max()).item()
        worst = max(worst, error)
        print(f"{name}: {len(saved)} tensors, outputs differ by {error:.1e}")
    print(f"all {len(modules())} modules load with strict=True; outputs differ by at most {worst:.1e}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
