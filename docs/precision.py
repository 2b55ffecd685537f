"""Makes the table of precision.md: final losses in float32 and with products of bfloat16.

    python3 docs/precision.py --text tinyshakespeare.txt    # trains everything, writes the table into the page

It needs `.build/release/train` (swift build -c release) and Python 3.9 alone. With the same instruction set the losses come
out bit for bit, on any number of threads.
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
    "micrograd": ["moons", "--preset", "micrograd"],
    "spirals, MLP": ["spirals"],
    "spirals, Muon": ["spirals", "--optimizer", "muon", "--steps", "500"],
    "recall, LSTM": ["recall", "--model", "lstm", "--delay", "8", "--steps", "300"],
    "addition, GPT": ["addition", "--digits", "2", "--steps", "1000"],
    "glyphs, ConvNet": ["glyphs", "--model", "conv", "--steps", "600"],
    "text, nano-gpt": ["text", "--preset", "nano-gpt", "--steps", "250"],
}


def loss(arguments, seed, precision):
    """The last validation loss of a run."""
    with tempfile.TemporaryDirectory() as folder:
        command = [str(TRAIN), "fit", *arguments, "--seed", str(seed), "--precision", precision, "--patience", "0",
                   "--out", folder + "/run", "--quiet"]
        subprocess.run(command, check=True)
        lines = (pathlib.Path(folder) / "run/metrics.jsonl").read_text().splitlines()
        return [json.loads(line)["validationLoss"] for line in lines if json.loads(line).get("validationLoss") is not None][-1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--text", required=True, help="the text of the last run")
    text = parser.parse_args().text
    rows = ["| run | seed | float32 | bf16 | difference |", "|---|---|---|---|---|"]
    for name, arguments in RUNS.items():
        if "nano-gpt" in name:
            arguments = [*arguments, "--data", text]
        pairs = [[loss(arguments, seed, precision) for precision in ("float32", "bf16")] for seed in SEEDS]
        for seed, (plain, rounded) in zip(SEEDS, pairs):
            rows.append(f"| {name} | {seed} | {plain:.5f} | {rounded:.5f} | {rounded - plain:+.5f} |")
        means = [statistics.mean(values) for values in zip(*pairs)]
        rows.append(f"| | mean | {means[0]:.5f} | {means[1]:.5f} | {means[1] - means[0]:+.5f} |")
        print("\n".join(rows[-1 - len(SEEDS):]), flush=True)
    page = PAGE.read_text()
    start, end = page.index("<!-- table -->"), page.index("<!-- end -->")
    PAGE.write_text(page[:start] + "<!-- table -->\n" + "\n".join(rows) + "\n" + page[end:])


if __name__ == "__main__":
    main()
