"""Trains runs with --tensorboard, resumes one, and writes their records afterwards; reads the files
back with the tensorboard package, value for value.

    pip install -r Tests/tensorboard/requirements.txt
    swift build && python Tests/tensorboard/check.py [--train .build/debug/train]
"""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import numpy
from tensorboard.backend.event_processing.plugin_event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import metadata
from tensorboard.util import tensor_util

TAGS = {
    "learningRate": "learning-rate",
    "trainLoss": "loss/train",
    "validationLoss": "loss/validation",
    "validationAccuracy": "accuracy/validation",
    "validationR2": "r2/validation",
}


# All values of each plugin, and not a sample.
SIZES = {name: 0 for name in ["scalars", "histograms", "text", "images", "hparams"]}


def read(folder):
    # The reader of TensorBoard's own pages, which keeps each step of a resumed run once.
    events = EventAccumulator(str(folder), size_guidance={"tensors": 0}, tensor_size_guidance=SIZES)
    events.Reload()
    return events


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def array(event):
    return tensor_util.make_ndarray(event.tensor_proto)


def histogram(layer):
    """The rows that a histogram of diagnostics.jsonl stands for."""
    counts = [int(word) for word in layer["counts"].split()]
    width = (layer["high"] - layer["low"]) / max(len(counts), 1)
    ends = [layer["low"] + i * width for i in range(len(counts))] + [layer["high"]]
    return numpy.array([[ends[i], ends[i + 1], count] for i, count in enumerate(counts)])


def expected(run):
    """What a run has recorded: tags with their steps and values."""
    series = {}

    def add(tag, step, value):
        if value is not None:
            series.setdefault(tag, []).append((step, value))

    for record in lines(run / "metrics.jsonl"):
        for key, tag in TAGS.items():
            add(tag, record["step"], record.get(key))
    for record in lines(run / "diagnostics.jsonl"):
        step, layers = record["step"], record["layers"]
        add("gradient-norm", step, record["gradientNorm"])
        weights = sum(layer["weightNorm"] ** 2 for layer in layers)
        updates = sum((l.get("updateRatio", 0) * l["weightNorm"]) ** 2 for l in layers)
        add("update-to-weight", step, (updates / weights) ** 0.5 if weights > 0 else None)
        for layer in layers:
            add(f"gradient-norm/{layer['name']}", step, layer["gradientNorm"])
            add(f"update-to-weight/{layer['name']}", step, layer.get("updateRatio"))
            for key, tag in [("weights", "weights"), ("gradients", "log10-gradients")]:
                if layer.get(key, {}).get("counts"):
                    add(f"{tag}/{layer['name']}", step, histogram(layer[key]))
    summary = json.loads((run / "summary.json").read_text())
    add("loss/test", summary["steps"], summary["testLoss"])
    add("accuracy/test", summary["steps"], summary["testAccuracy"])
    add("r2/test", summary["steps"], summary["testR2"])
    return series


def compare(events, run):
    """Every value of the run, and no others; returns their number."""
    series = expected(run)
    tags = {tag for tag in events.Tags()["tensors"] if not tag.startswith("_hparams_")}
    assert tags == set(series), tags ^ set(series)
    count = 0
    for tag, values in series.items():
        found = events.Tensors(tag)
        steps = [event.step for event in found]
        assert steps == [step for step, _ in values], (tag, steps)
        for event, (step, value) in zip(found, values):
            if isinstance(value, numpy.ndarray):
                assert numpy.allclose(array(event), value, rtol=1e-12), (tag, step)
            # Sums of products in another order.
            elif tag == "update-to-weight":
                assert numpy.isclose(array(event)[()], value, rtol=1e-6), (tag, step)
            else:
                assert array(event)[()] == numpy.float32(value), (tag, step)
        count += len(found)
    return count


def fit(train, line, run, logs):
    subprocess.run(
        [train, "fit", *line.split(), "--quiet", "--out", str(run), "--tensorboard", str(logs)],
        check=True,
    )


def check_run(train, folder, line):
    name = line.split()[0]
    run, logs, later = folder / name, folder / "logs", folder / "later"
    fit(train, line, run, logs)
    events = read(logs / name)
    count = compare(events, run)
    content = events.SummaryMetadata(metadata.SESSION_START_INFO_TAG).plugin_data.content
    options = metadata.parse_session_start_info_plugin_data(content).hparams
    configuration = json.loads((run / "config.json").read_text())
    for option, value in options.items():
        found = getattr(value, value.WhichOneof("kind"))
        wanted = configuration[option]
        assert found == wanted or str(found) == str(wanted), (option, found, wanted)
    end = events.SummaryMetadata(metadata.SESSION_END_INFO_TAG).plugin_data.content
    assert metadata.parse_session_end_info_plugin_data(end).status == 1
    # Written afterwards, and once more: the same, and nothing twice.
    for _ in range(2):
        subprocess.run([train, "report", run, "--tensorboard", later, "--quiet"], check=True)
        assert compare(read(later / name), run) == count
    print(f"{name}: {count} values and {len(options)} options agree, live and afterwards")


def check_resumed(train, folder):
    run, logs = folder / "resumed", folder / "logs"
    line = "xor --steps 100 --seed 1 --diagnostics full --checkpoint-every 30 --keep 9"
    fit(train, line, run, logs)
    # As if the process had been killed after step 100, with a checkpoint of step 60.
    shutil.copy(run / "checkpoint-60.safetensors", run / "checkpoint.safetensors")
    (run / "summary.json").unlink()
    subprocess.run([train, "resume", run, "--quiet"], check=True)
    assert len(list((logs / "resumed").iterdir())) == 2
    count = compare(read(logs / "resumed"), run)
    subprocess.run([train, "resume", run, "--steps", "130", "--quiet"], check=True)
    assert len(list((logs / "resumed").iterdir())) == 3
    more = compare(read(logs / "resumed"), run)
    assert more > count
    # Another run in place of the first: nothing of it is left.
    fit(train, "xor --steps 20 --seed 2 --force", run, logs)
    compare(read(logs / "resumed"), run)
    print(f"a resumed run: {count} values, prolonged {more}, each step once")


def check_golden():
    """The file that the tests compare bytes with, read back."""
    path = pathlib.Path(__file__).parent.parent / "Fixtures" / "tensorboard.tfevents"
    events = read(path)
    tensor = lambda tag, index: tensor_util.make_ndarray(events.Tensors(tag)[index].tensor_proto)
    assert tensor("loss/train", 1) == numpy.float32(0.1)
    assert tensor("weights", 0)[:, 2].sum() == 6
    assert tensor("note", 0)[()].decode() == "**bold** ✓\n\nline"
    assert [part for part in tensor("gray", 0)[:2]] == [b"3", b"2"]
    print("scalars, histograms, texts and images of the golden file agree")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--train", default=".build/debug/train")
    train = str(pathlib.Path(parser.parse_args().train).absolute())
    check_golden()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        check_run(train, folder, "moons --steps 100 --seed 1 --test 0.1 --diagnostics full")
        check_run(train, folder, "sine --steps 60 --seed 1 --hidden 8")
        check_resumed(train, folder)


if __name__ == "__main__":
    sys.exit(main())
