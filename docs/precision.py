"""Makes the table of precision.md: final losses in float32 and with products of bfloat16.

    python3 docs/precision.py --text tinyshakespeare.txt    # trains everything, writes the table into the page

The runs are the presets of `train`, whole, and a run of every kind of model. It needs `.build/release/train` (swift build
-c release) and Python 3.9 alone. With the same instruction set the losses come out bit for bit, on any number of threads.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
PAGE = HERE / "precision.md"
TRAIN = HERE.parent / ".build/release/train"
SEEDS = (1, 2, 3)
RUNS = {
    "preset micrograd": ["moons", "--preset", "micrograd"],
    "preset nano-gpt": ["text", "--preset", "nano-gpt"],
    "spirals, MLP": ["spirals"],
    "spirals, Muon": ["spirals", "--optimizer", "muon", "--steps", "500"],
    "recall, LSTM": ["recall", "--model", "lstm", "--delay", "8", "--steps", "300"],
    "recall, GRU": ["recall", "--model", "gru", "--delay", "8", "--steps", "300"],
    "addition, GPT": ["addition", "--digits", "2", "--steps", "1000"],
    "glyphs, ConvNet": ["glyphs", "--model", "conv", "--steps", "600"],
}


def train(arguments, seed, precision):
    """The last validation loss of a run, and its steps."""
    with tempfile.TemporaryDirectory() as folder:
        command = [str(TRAIN), "fit", *arguments, "--seed", str(seed), "--precision", precision, "--patience", "0",
                   "--out", folder + "/run", "--quiet"]
        subprocess.run(command, check=True)
        records = [json.loads(line) for line in (pathlib.Path(folder) / "run/metrics.jsonl").read_text().splitlines()]
        last = [record for record in records if record.get("validationLoss") is not None][-1]
        return last["validationLoss"], last["step"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--text", required=True, help="the text of nano-gpt")
    parser.add_argument("--threads", help="threads to compute on; one per processor if not given")
    options = parser.parse_args()
    rows = ["| run | steps | seed | float32 | bf16 | difference |", "|---|---|---|---|---|---|"]
    for name, arguments in RUNS.items():
        if "nano-gpt" in name:
            arguments = [*arguments, "--data", options.text]
        if options.threads:
            arguments = [*arguments, "--threads", options.threads]
        pairs = []
        for seed in SEEDS:
            (plain, steps), (rounded, _) = (train(arguments, seed, precision) for precision in ("float32", "bf16"))
            rows.append(f"| {name} | {steps} | {seed} | {plain:.5f} | {rounded:.5f} | {rounded - plain:+.5f} |")
            pairs.append((plain, rounded))
        means = [statistics.mean(values) for values in zip(*pairs)]
        rows.append(f"| | | mean | {means[0]:.5f} | {means[1]:.5f} | {means[1] - means[0]:+.5f} |")
        print("\n".join(rows[-1 - len(SEEDS):]), flush=True)
    page = PAGE.read_text()
    start, end = page.index("<!-- table -->"), page.index("<!-- end -->")
    PAGE.write_text(page[:start] + "<!-- table -->\n" + "\n".join(rows) + "\n" + page[end:])


if __name__ == "__main__":
    main()
