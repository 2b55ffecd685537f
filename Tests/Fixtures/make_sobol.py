"""Golden points of Sobol's sequence in 21 dimensions.

Run `python3 make_sobol.py`; it writes sobol.json beside itself.
Made with Python 3.11.7 and PyTorch 2.15.0.

PyTorch has the direction numbers of Joe and Kuo and goes through the points in the order of the Gray code. The file is
{"points": [{"index": ..., "point": [...]}, ...]}.
"""
import torch

from goldens import write

DIMENSIONS = 21
engine = torch.quasirandom.SobolEngine(DIMENSIONS)
points = engine.draw(5000, dtype=torch.float64)
indices = list(range(8)) + [37, 255, 256, 1000, 4095, 4999]
write("sobol.json", {"points": [{"index": i, "point": points[i].tolist()} for i in indices]})
