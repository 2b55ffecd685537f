"""Trains a run with --tensorboard and reads the files back with the tensorboard package, value for
value.

    pip install -r Tests/tensorboard/requirements.txt
    swift build && python Tests/tensorboard/check.py [--train .build/debug/train]
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import metadata
from tensorboard.util import tensor_util

TAGS = {
    "learningRate": "learning-rate",
    "trainLoss": "loss/train",
    "validationLoss": "loss/validation",
    "validationAccuracy": "accuracy/validation",
    "validationR2": "r2/validation",
}


def read(folder):
    events = EventAccumulator(str(folder), size_guidance={"tensors": 0})
    events.Reload()
    return events


def check_run(train, folder):
    runs, logs = folder / "run", folder / "logs"
    line = [train, "fit", "moons", "--steps", "100", "--seed", "1", "--quiet"]
    line += ["--out", str(runs), "--tensorboard", str(logs)]
    subprocess.run(line, check=True)
    events = read(logs / "run")
    records = [json.loads(line) for line in (runs / "metrics.jsonl").read_text().splitlines()]
    count = 0
    for key, tag in TAGS.items():
        expected = [(r["step"], numpy.float32(r[key])) for r in records if key in r]
        if not expected:
            assert tag not in events.Tags()["tensors"], tag
            continue
        found = events.Tensors(tag)
        values = [(e.step, tensor_util.make_ndarray(e.tensor_proto)[()]) for e in found]
        assert values == expected, tag
        count += len(values)
    content = events.SummaryMetadata(metadata.SESSION_START_INFO_TAG).plugin_data.content
    options = metadata.parse_session_start_info_plugin_data(content).hparams
    configuration = json.loads((runs / "config.json").read_text())
    for name, value in options.items():
        found = getattr(value, value.WhichOneof("kind"))
        expected = configuration[name]
        assert found == expected or str(found) == str(expected), (name, found, expected)
    end = events.SummaryMetadata(metadata.SESSION_END_INFO_TAG).plugin_data.content
    assert metadata.parse_session_end_info_plugin_data(end).status == 1
    print(f"{count} numbers of {len(records)} evaluations and {len(options)} options agree")


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
        check_run(train, pathlib.Path(folder))


if __name__ == "__main__":
    sys.exit(main())
