"""Checks what `train export --format pytorch` writes, with PyTorch itself.

    python3 -m venv /tmp/pytorch && /tmp/pytorch/bin/pip install -r Tests/pytorch/requirements.txt
    swift build --product train
    /tmp/pytorch/bin/python Tests/pytorch/check.py [--train .build/debug/train] [CASE ...]

For every case a small run is killed after a checkpoint and exported. Then
- predict.py must predict what `train predict` does, to 1e-5;
- the next 20 losses or more of train.py must be those of `train resume`, and the validation losses
  too, to 1e-4 of the larger one of 1 and the loss;
- once, train.py under torchrun with two processes must give the losses of one process, which fall.
"""

import argparse
import csv
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import safetensors

SOME_STEPS, MORE_STEPS = 20, 40

CSV = ["csv", "--data", "table.csv", "--target", "size", "--batch-size", "60", "--hidden", "16-8"]
NUMBERS = ["csv", "--data", "numbers.csv", "--target", "price", "--batch-size", "60"]
TEXT = ["text", "--data", "text.txt", "--context", "16", "--width", "16", "--evaluate-every", "1"]
# An epoch of 20 steps: before the first evaluation a run has no weights to export.
SUMS = ["addition", "--digits", "2", "--batch-size", "1500", "--layers", "1", "--width", "8"]
RECALL = ["recall", "--delay", "5", "--batch-size", "1000", "--width", "8"]

OPTIMIZERS = [
    "sgd",
    "sgd(decay=decoupled, weight-decay=0.1)",
    "momentum(weight-decay=0.01)",
    "momentum(nesterov=true)",
    "momentum(dampening=0.3)",
    "momentum(buffer=average)",
    "adagrad(learning-rate-decay=0.01, initial-accumulator=0.1)",
    "rmsprop",
    "rmsprop(momentum=0.9, centered=true, weight-decay=0.01, decay=decoupled)",
    "adadelta",
    "adam(weight-decay=0.01)",
    "adam(weight-decay=0.1, decay=decoupled)",
    "amsgrad",
    "adamw(weight-decay=0.3, amsgrad=true)",
    "adamax(weight-decay=0.01)",
    "nadam",
    "nadam(weight-decay=0.1, decay=decoupled)",
    "radam",
    "radam(weight-decay=0.1, decay=decoupled)",
    "adafactor(weight-decay=0.1)",
    "lion",
    "schedule-free(warmup=30)",
    "lookahead(adamw)",
    "lookahead(momentum, sync-period=7, slow-step-size=0.3)",
    "ema(adamw)",
    "swa(adamw, start=25, period=3)",
    "swa(adamw, start=0, period=50)",
]

# A name, the options of the run, and the files to predict.
CASES = [
    ("table", CSV, ["table.csv", "other.csv"]),
    ("table-hinge", CSV[:4] + ["two", "--loss", "hinge", "--batch-size", "60"], ["table.csv"]),
    ("numbers", NUMBERS, ["numbers.csv"]),
    ("spirals", ["spirals", "--batch-size", "50"], ["points.csv"]),
    ("sine", ["sine"], ["x.csv"]),
    ("images", ["idx", "--data", "images", "--batch-size", "60", "--width", "4"],
     ["pixels.npy", "image.pgm", "images/t10k-images-idx3-ubyte"]),
    ("images-mlp", ["idx", "--data", "images", "--batch-size", "60", "--model", "mlp(hidden=9)"],
     ["pixels.npy"]),
    ("text", TEXT, ["lines.txt"]),
    ("text-bias", TEXT + ["--bias", "--layers", "1", "--batch-size", "5"], ["lines.txt"]),
    ("addition", SUMS, ["sums.txt"]),
    ("lstm", RECALL + ["--layers", "2"], ["symbols.txt"]),
    ("gru", RECALL + ["--model", "gru"], ["symbols.txt"]),
    ("rnn", RECALL + ["--model", "rnn"], ["symbols.txt"]),
    ("accumulate", CSV + ["--batch-size", "13", "--accumulate", "4"], []),
    ("clip", CSV + ["--clip-norm", "0.3", "--clip-value", "0.1", "--non-finite", "skip"], []),
    ("plateau", CSV + ["--schedule", "plateau(patience=1, gamma=0.5, cooldown=1)"], []),
    ("one-cycle", CSV + ["--schedule", "one-cycle(cycle-momentum=true)"], []),
    ("cyclic", CSV + ["--optimizer", "momentum", "--schedule", "cyclic(cycle-momentum=true)"], []),
    ("patience", CSV + ["--patience", "7", "--learning-rate", "0.1"], []),
]
CASES += [
    (f"activation-{name}", CSV + ["--activation", name], ["table.csv"])
    for name in "relu leaky-relu elu gelu silu tanh sigmoid softplus".split()
]
CASES += [(optimizer, CSV + ["--optimizer", optimizer], []) for optimizer in OPTIMIZERS]


def make_data():
    """Writes the files of the cases into the working directory."""
    random.seed(3)
    generator = np.random.default_rng(3)

    def table(path, count, is_new=False):
        with open(path, "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["width", "height", "same", "kind", "city", "size", "two"])
            for row in range(count):
                width, height = random.gauss(5, 2), random.gauss(100, 20)
                kind = random.choice(["7.0" if is_new else "7", "elm", "ash, \"white\"", "na"])
                size = "large" if width + height / 50 > 7.3 else "odd" if kind == "elm" else "small"
                if is_new and row % 5 == 0:
                    width, kind = 1e6, "a new one"
                text = "?" if random.random() < 0.1 else f"{height:.2f}"
                same = 3 if random.random() < 0.8 else ""
                city = f"city {random.randrange(50 if is_new else 40)}"
                writer.writerow([f"{width:.3f}", text, same, kind, city, size, width > 5])

    table("table.csv", 150)
    table("other.csv", 1500, is_new=True)
    with open("numbers.csv", "w") as file:
        file.write("a;b;price\n")
        for _ in range(150):
            a, b = random.random(), random.gauss(0, 1)
            file.write(f"{a:.4f};{b:.4f};{1000 * a + 30 * b * b:.3f}\n")
    points = generator.normal(size=(40, 2))
    np.savetxt("points.csv", points, delimiter=",", header="x,y", comments="")
    np.savetxt("x.csv", points[:, :1], delimiter=",", header="x", comments="")

    def idx(path, array):
        sizes = np.array(array.shape, ">u4").tobytes()
        header = bytes([0, 0, 8, array.ndim])
        Path(path).write_bytes(header + sizes + array.astype(np.uint8).tobytes())

    Path("images").mkdir()
    for part, count in [("train", 120), ("t10k", 40)]:
        labels = np.arange(count) % 3
        pixels = generator.integers(0, 80, (count, 9, 11))
        for i, label in enumerate(labels):
            pixels[i, 3 * label : 3 * label + 3] += 120
        idx(f"images/{part}-images-idx3-ubyte", pixels)
        idx(f"images/{part}-labels-idx1-ubyte", labels)
    np.save("pixels.npy", pixels[:7].astype(np.float32))
    Path("image.pgm").write_bytes(b"P5\n# made here\n11 9 255\n" + pixels[3].astype(np.uint8).tobytes())

    words = ["the ", "naïve ", "fox ", "“jumps” ", "over\n", "it, "]
    text = "".join(random.choice(words) for _ in range(400))
    Path("text.txt").write_text(text, encoding="utf-8")
    lines = ["the fox jumps over it, the naïve fox", "t", "it, ", "“j"]
    Path("lines.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    Path("sums.txt").write_text("12+34=\n99+01=\n05+70=\n")
    Path("symbols.txt").write_text("abcdef\nhaaaaa\ncgdh\r\n")


def run(*arguments, **options):
    """Runs a program, which must succeed, and returns what it prints."""
    result = subprocess.run([str(a) for a in arguments], capture_output=True, text=True, **options)
    if result.returncode != 0:
        raise AssertionError(f"{arguments}: {result.stdout}{result.stderr}")
    return result.stdout


def state(folder):
    """Returns the state of the training in the checkpoint of a run."""
    with safetensors.safe_open(folder / "checkpoint.safetensors", "np") as file:
        return json.loads(file.metadata()["state"])["training"]


def interrupted_run(train, options, folder):
    """Starts a run and kills it after a checkpoint."""
    total = str(SOME_STEPS + MORE_STEPS)
    arguments = [train, "fit", *options, "--seed", "5", "--quiet", "--out", folder]
    arguments += ["--steps", total, "--checkpoint-every", str(SOME_STEPS), "--threads", "1"]
    process = subprocess.Popen([str(a) for a in arguments], stderr=subprocess.PIPE, text=True)
    while process.poll() is None:
        if (folder / "checkpoint.safetensors").exists() and state(folder)["step"] >= SOME_STEPS:
            process.send_signal(signal.SIGKILL)
            break
        time.sleep(0.002)
    error = process.communicate()[1]
    assert process.returncode in (0, -signal.SIGKILL), error
    step = state(folder)["step"]
    assert step <= SOME_STEPS + MORE_STEPS - 20, f"the run was at step {step} before it was killed"


def is_close(a, b, tolerance):
    return abs(a - b) <= tolerance * max(1, abs(a), abs(b))


def check_predictions(train, folder, data):
    """Compares the tables of train predict and predict.py."""
    run(train, "predict", folder, "--data", data, "--out", "expected.csv")
    run(sys.executable, folder / "pytorch/predict.py", "--data", data, "--out", "got.csv")
    with open("expected.csv", newline="") as a, open("got.csv", newline="") as b:
        expected, got = list(csv.reader(a)), list(csv.reader(b))
    assert len(expected) == len(got) > 1 and expected[0] == got[0], (data, expected[0], got[0])
    for a, b in zip(expected, got):
        assert len(a) == len(b), (data, a, b)
        for x, y in zip(a, b):
            assert x == y or is_close(float(x), float(y), 1e-5), (data, a, b)


def train_losses(output):
    """Returns the losses that train.py printed, of steps and of validation."""
    steps, validation = {}, {}
    for line in output.splitlines():
        words = line.split()
        if words[:1] == ["step"]:
            target = validation if "validation" in words else steps
            target[int(words[1])] = float(words[-1])
    return steps, validation


def check_training(train, folder):
    """Compares the next losses of train resume and train.py."""
    start = state(folder)
    with safetensors.safe_open(folder / "pytorch/schedule.safetensors", "np") as file:
        sizes = dict(enumerate(file.get_tensor("batch_sizes").tolist(), start["step"] + 1))
    run(train, "resume", folder, "--quiet")
    records = [json.loads(line) for line in open(folder / "metrics.jsonl")]
    output = run(sys.executable, folder / "pytorch/train.py", "--log-every", "1")
    losses, validation = train_losses(output)
    summary = json.loads((folder / "summary.json").read_text())
    assert len(losses) >= 20 or summary["stoppedEarly"], output
    last = start["step"]
    before = max((r["step"] for r in records if r["step"] <= last), default=0)
    # The first mean counts the steps before the checkpoint too.
    total, count = (0, 0) if before == last else (start["lossSum"], start["lossCount"])
    factor = loss_factor(folder)
    compared = 0
    for record in records:
        if record["step"] <= start["step"]:
            continue
        for step in range(last + 1, record["step"] + 1):
            total += losses[step] / factor * sizes[step]
            count += sizes[step]
        last = record["step"]
        mean = total / count * factor
        assert is_close(mean, record["trainLoss"], 1e-4), (record, mean)
        assert is_close(validation[last], record["validationLoss"], 1e-4), (record, validation)
        total, count, compared = 0, 0, compared + 1
    assert last == max(losses), (last, losses)
    return len(losses), compared


def loss_factor(folder):
    """Returns the factor between the loss of a step and the one that is reported."""
    target = json.loads((folder / "config.json").read_text())["input"].get("target", {})
    return target["number"]["deviation"] ** 2 if "number" in target else 1


def check_processes(folder):
    """Compares train.py on two processes with one."""
    pair = folder.with_name("pair")
    shutil.copytree(folder / "pytorch", pair)
    options = ["--steps", "60", "--learning-rate", "0.003", "--log-every", "1"]
    alone = train_losses(run(sys.executable, folder / "pytorch/train.py", *options))[0]
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    together = train_losses(run(*torchrun, pair / "train.py", *options))[0]
    assert alone.keys() == together.keys() and len(alone) == 60
    for step, loss in alone.items():
        assert is_close(loss, together[step], 1e-4), (step, loss, together[step])
    values = list(together.values())
    assert sum(values[-10:]) < sum(values[:10]), values


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--train", type=Path, default=Path(".build/debug/train"))
    parser.add_argument("cases", nargs="*", metavar="CASE", help="the cases; all by default")
    arguments = parser.parse_args()
    train = arguments.train.resolve()
    os.environ |= {"ADJOINT_DEBUG_NOTE": "0", "OMP_NUM_THREADS": "1"}
    failures = 0
    with tempfile.TemporaryDirectory() as work:
        os.chdir(work)
        make_data()
        for name, options, files in CASES:
            if arguments.cases and name not in arguments.cases:
                continue
            folder = Path(work) / "run"
            shutil.rmtree(folder, ignore_errors=True)
            try:
                interrupted_run(train, options, folder)
                note = run(train, "export", folder, "--format", "pytorch")
                assert "note" not in note, note
                shutil.copytree(folder / "pytorch", Path(work) / "exported", dirs_exist_ok=True)
                for file in files:
                    check_predictions(train, folder, file)
                steps, records = check_training(train, folder)
                if name == "table":
                    shutil.rmtree(folder / "pytorch")
                    run(train, "export", folder, "--format", "pytorch")
                    check_processes(folder)
                print(f"ok    {name}: {len(files)} files, {steps} steps, {records} evaluations", flush=True)
            except AssertionError as error:
                failures += 1
                print(f"FAIL  {name}: {error}", flush=True)
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
