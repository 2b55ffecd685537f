"""Compares the ONNX files of runs with `train predict`, in onnxruntime.

    swift build -c release
    pip install -r Tests/Fixtures/onnx/requirements.txt
    python Tests/Fixtures/onnx/check_runs.py .build/release/train
"""

import csv
import io
import json
import os
import subprocess
import sys
import tempfile

import numpy as np
import onnxruntime

TRAIN = os.path.abspath(sys.argv[1])
TOLERANCE = 1e-5


def train(*arguments, data=None):
    environment = dict(os.environ, ADJOINT_DEBUG_NOTE="0")
    result = subprocess.run(
        [TRAIN, *map(str, arguments)], input=data, capture_output=True, text=True, env=environment)
    assert result.returncode == 0, (arguments, result.stderr)
    return result.stdout


def table(text):
    return list(csv.DictReader(io.StringIO(text)))


def exported(folder):
    train("export", folder, "--format", "onnx", "--force")
    return onnxruntime.InferenceSession(f"{folder}/model.onnx")


def report(name, error, agree=True):
    print(f"{name:24} largest difference {error:.2e}")
    assert agree and error <= TOLERANCE, name


def check_rows(name, folder, text, predictions=None):
    """Raw columns: numbers with gaps, and categories."""
    session = exported(folder)
    rows = table(text)
    missing = {"", "?", "na", "n/a", "null", "nan"}
    feeds = {}
    for column in session.get_inputs():
        values = [row[column.name] for row in rows]
        if column.type == "tensor(string)":
            values = ["" if value.lower() in missing else value for value in values]
            feeds[column.name] = np.array(values, dtype=object)[:, None]
        else:
            values = [float("nan") if value.lower() in missing else float(value) for value in values]
            feeds[column.name] = np.array(values, dtype=np.float32)[:, None]
    outputs = dict(zip((o.name for o in session.get_outputs()), session.run(None, feeds)))
    ours = table(predictions or train("predict", folder, "--data", "-", data=text))
    expected = [row["prediction"] for row in ours]
    if outputs["prediction"].dtype == np.float32:
        expected = np.array(expected, dtype=float)
        scale = max(1.0, np.abs(expected).max())
        report(name, np.abs(outputs["prediction"] - expected).max() / scale)
    elif "score" in outputs:
        scores = np.array([float(row["score"]) for row in ours])
        agree = [str(label) for label in outputs["prediction"]] == expected
        report(name, np.abs(outputs["score"] - scores).max(), agree)
    else:
        columns = [key for key in ours[0] if key.startswith("probability_")]
        numbers = np.array([[float(row[key]) for key in columns] for row in ours])
        agree = [str(label) for label in outputs["prediction"]] == expected
        report(name, np.abs(outputs["probabilities"] - numbers).max(), agree)


def check_images(name, folder):
    session = exported(folder)
    pixels = np.random.default_rng(0).integers(0, 256, (7, 1, 16, 16)).astype(np.float32)
    path = folder + "/images.npy"
    np.save(path, pixels)
    ours = table(train("predict", folder, "--data", path))
    columns = [key for key in ours[0] if key.startswith("probability_")]
    numbers = np.array([[float(row[key]) for key in columns] for row in ours])
    report(name, np.abs(session.run(None, {"pixels": pixels})[0] - numbers).max())


def softmax(scores):
    scores = np.exp(scores - scores.max(-1, keepdims=True))
    return scores / scores.sum(-1, keepdims=True)


def check_texts(name, folder, texts):
    session = exported(folder)
    meta = session.get_modelmeta().custom_metadata_map
    vocabulary, classes = json.loads(meta["vocabulary"]), json.loads(meta["classes"])
    worst, agree = 0.0, True
    for text in texts:
        ours = table(train("predict", folder, "--data", "-", data=text + "\n"))[0]
        tokens = np.array([[vocabulary.index(c) for c in text]], dtype=np.int64)
        # Two equal rows: the size of the batch is free.
        scores = session.run(None, {"tokens": np.repeat(tokens, 2, axis=0)})[0][1]
        probabilities = softmax(scores if scores.ndim == 1 else scores[-1])
        if f"probability_{classes[0]}" in ours:
            numbers = [float(ours[f"probability_{c}"]) for c in classes]
            worst = max(worst, np.abs(probabilities - numbers).max())
            agree &= classes[probabilities.argmax()] == ours["prediction"]
        elif name == "addition":
            agree &= classes[probabilities.argmax()] == ours["prediction"][0]
        else:
            worst = max(worst, abs(probabilities.max() - float(ours["probability"])))
            agree &= classes[probabilities.argmax()] == ours["prediction"]
    report(name, worst, agree)


def main():
    generator = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)

        def fit(name, *arguments):
            train("fit", *arguments, "--seed", 1, "--quiet", "--out", name)
            return name

        lines = ["width,length,kind,shop,size,price"]
        for row in range(400):
            width, length = generator.normal(50, 20), generator.exponential(3)
            kind = ["oak", "elm", "ash; white", "?"][row % 4]
            lines.append(
                f"{width:.3f},{'' if row % 9 == 0 else f'{length:.4f}'},{kind},"
                f"shop{int(generator.integers(0, 60))},"
                f"{['small', 'large', 'huge'][int(width + length) % 3]},{1000 + 7 * width:.2f}")
        text = "\n".join(lines) + "\n"
        with open("trees.csv", "w") as file:
            file.write(text)
        unseen = text + "500,1e9,fir,none,small,0\n-500,,oak,shop1,huge,1\n"
        for target in ("size", "price"):
            name = fit(target, "csv", "--data", "trees.csv", "--target", target, "--steps", 100)
            check_rows("table, " + target, name, unseen)
        points = "x,y\n" + "".join(f"{x:.4f},{y:.4f}\n" for x, y in generator.normal(size=(50, 2)))
        for activation in "relu gelu tanh sigmoid silu elu selu softplus leaky-relu".split():
            try:
                name = fit(activation, "moons", "--steps", 20, "--activation", activation)
            except AssertionError:
                continue
            check_rows("moons, " + activation, name, points)
        check_rows("hinge", fit("hinge", "moons", "--steps", 20, "--loss", "hinge"), points)
        check_rows("sine", fit("sine", "sine", "--steps", 20), points)
        for model in ("conv", "mlp"):
            name = "glyphs-" + model
            check_images(name, fit(name, "glyphs", "--model", model, "--steps", 3))
        for model in ("lstm", "gru", "rnn"):
            name = fit(model, "recall", "--model", model, "--steps", 5, "--delay", 6, "--layers", 2)
            check_texts(model, name, ["abcdefg", "hgfedcb", "aaaaaaa"])
        name = fit("addition", "addition", "--steps", 5)
        check_texts("addition", name, ["012+034=", "999+001="])
        with open("book.txt", "w") as file:
            file.write("the quick brown fox jumps over the lazy dog. " * 60)
        name = fit("text", "text", "--data", "book.txt", "--steps", 5, "--layers", 2, "--width", 32)
        check_texts("text", name, ["the quick", "q", "the lazy dog. the quick brown"])


main()
