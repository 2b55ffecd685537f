"""Compares asynchronous successive halving with the full grid that it searches.

    swift build -c release --product train
    python3 Tests/sweep/check.py --train .build/release/train --data wine.csv --target class

On a table and on the task glyphs, for each seed, every configuration of a grid is trained in full;
then `train sweep --method asha` searches the same grid. The figure is the lowest validation loss of
a configuration when it is trained in full, of which the grid knows the best one. The check fails if
ASHA chooses a configuration whose loss is more than 1 % above it, if it takes more than a fifth of
the grid's steps, or if a configuration trained in full by both has two losses.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

RATES = "learning-rate=log(1e-4,1e-1,7)"
OPTIMIZERS = "optimizer=choice(adamw,sgd(momentum=0.9),lookahead(adamw))"
TABLE = f"{RATES} hidden=choice(16,32-32,64-64) {OPTIMIZERS}"
GLYPHS = f"{RATES} {OPTIMIZERS} hidden=choice(32,64,96,128)"


def sweep(train, words, over, method, seed, folder):
    """Runs a sweep and returns its results."""
    line = [train, "sweep", *words, "--over", over, "--method", method, "--seed", str(seed)]
    line += ["--out", str(folder), "--json"] + (["--trials", "10000"] if method == "asha" else [])
    return json.loads(subprocess.run(line, check=True, capture_output=True, text=True).stdout)


def best(results):
    """The loss and the values of the best configuration that was trained in full."""
    trial = results["trials"][0]
    assert trial["isComplete"] and "loss" in trial, "no configuration was trained in full"
    return trial["loss"]["mean"], key(trial)


def key(trial):
    """The values of a trial, in one order."""
    return tuple(sorted(trial["values"].items()))


def compare(train, name, words, over, seed, folder):
    """Prints the figures of one seed, and returns what is wrong."""
    grid = sweep(train, words, over, "grid", seed, folder / f"{name}-{seed}-grid")
    asha = sweep(train, words, over, "asha", seed, folder / f"{name}-{seed}-asha")
    full = {key(t): t["loss"]["mean"] for t in grid["trials"] if "loss" in t}
    lowest, _ = best(grid)
    _, values = best(asha)
    share = asha["steps"] / grid["steps"]
    excess = full[values] / lowest - 1
    rank = sorted(full.values()).index(full[values]) + 1
    trained = [t for t in asha["trials"] if t["isComplete"]]
    print(
        f"{name}, seed {seed}: {len(grid['trials'])} configurations; grid {lowest:.5g} after"
        f" {grid['steps']} steps; asha {full[values]:.5g} ({100 * excess:+.2f} %, rank {rank}) after"
        f" {asha['steps']} steps ({100 * share:.1f} %), {len(trained)} in full:"
        f" {', '.join(f'{k} {v}' for k, v in values)}",
        flush=True,
    )
    problems = []
    if excess > 0.01:
        problems.append(f"{100 * excess:.2f} % above the best")
    if share > 0.2:
        problems.append(f"{100 * share:.1f} % of the steps")
    for trial in trained:
        if full.get(key(trial)) != trial.get("loss", {}).get("mean"):
            problems.append(f"trial {trial['trial']} has another loss than in the grid")
    return [f"{name}, seed {seed}: {problem}" for problem in problems]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--train", default=".build/release/train")
    parser.add_argument("--data", required=True, help="a table, such as wine.csv")
    parser.add_argument("--target", required=True, help="the column to predict")
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--out", help="where to keep the folders of the sweeps")
    arguments = parser.parse_args()
    problems = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(arguments.out or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        table = ["csv", "--data", arguments.data, "--target", arguments.target, "--folds", "5"]
        glyphs = ["glyphs", "--model", "mlp", "--epochs", "4", "--batch-size", "128"]
        for name, words, over in [("table", table, TABLE), ("glyphs", glyphs, GLYPHS)]:
            for seed in map(int, arguments.seeds.split(",")):
                problems += compare(arguments.train, name, words, over, seed, folder)
    print("\n".join(problems) if problems else "all within 1 % for a fifth of the steps")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
