"""The names, shapes and dtypes of PyTorch's state_dicts.

Run `python3 make_state_dicts.py`; it writes state_dicts.json beside itself.
Made with Python 3.11.7 and PyTorch 2.15.0.
"""
import torch

from goldens import write
from torch_layers import modules

if __name__ == "__main__":
    torch.set_default_dtype(torch.float32)
    write("state_dicts.json", {"modules": [
        {"name": name, "entries": [[key, list(value.shape), str(value.dtype).removeprefix("torch.")]
                                   for key, value in module.state_dict().items()]}
        for name, module in modules().items()]})
