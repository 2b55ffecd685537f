"""Runs exported models in onnxruntime and compares their outputs with Adjoint's.

    ADJOINT_ONNX_FOLDER=/tmp/onnx swift test --filter ONNXExportTests
    python3 -m venv onnx-venv
    onnx-venv/bin/pip install -r Tests/Fixtures/onnx/requirements.txt
    onnx-venv/bin/python Tests/Fixtures/onnx/check.py /tmp/onnx

Each NAME.onnx comes with NAME.0.npz, NAME.1.npz, …, which hold the inputs as `in:…` and the outputs
as `out:…`. Numbers may differ by 1e-5 plus 1e-5 of their size, integers and booleans not at all.
Strings are in NAME.strings.json: lists by the name of the input or output, one for each case.
"""

import json
import pathlib
import sys

import numpy
import onnx
import onnxruntime

TOLERANCE = 1e-5


def differs(actual, expected):
    """What is wrong with an output, or None."""
    if actual.shape != expected.shape:
        return f"shape {actual.shape}, not {expected.shape}"
    if expected.dtype.kind in "OU":
        return None if (actual == expected).all() else f"{actual}, not {expected}"
    if actual.dtype != expected.dtype:
        return f"dtype {actual.dtype}, not {expected.dtype}"
    if expected.dtype.kind == "f":
        if numpy.allclose(actual, expected, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True):
            return None
        with numpy.errstate(invalid="ignore"):
            return f"differs by {numpy.nanmax(numpy.abs(actual - expected)):.3g}"
    return None if (actual == expected).all() else "differs"


def check(path):
    """The problems of a model."""
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    kinds = {x.name: x.type for x in session.get_inputs()}
    strings = path.with_suffix(".strings.json")
    texts = json.loads(strings.read_text()) if strings.exists() else []
    problems = []
    for i in range(10**6):
        arrays = path.with_suffix(f".{i}.npz")
        if not arrays.exists():
            break
        inputs, outputs = {}, {}
        with numpy.load(arrays) as file:
            for name in file.files:
                (inputs if name.startswith("in:") else outputs)[name.split(":", 1)[1]] = file[name]
        for name, values in (texts[i] if texts else {}).items():
            target = inputs if name in kinds else outputs
            shape = (-1, 1) if name in kinds else (-1,)
            target[name] = numpy.array(values, dtype=object).reshape(shape)
        for name, kind in kinds.items():
            if kind == "tensor(int64)":
                inputs[name] = inputs[name].astype(numpy.int64)
        names = list(outputs)
        for name, actual in zip(names, session.run(names, inputs)):
            problem = differs(numpy.asarray(actual), outputs[name])
            if problem:
                problems.append(f"case {i}, {name}: {problem}")
    return problems


def main():
    onnxruntime.set_default_logger_severity(3)
    paths = sorted(pathlib.Path(sys.argv[1]).glob("*.onnx"))
    failed = 0
    for path in paths:
        try:
            problems = check(path)
        except Exception as error:  # noqa: BLE001 onnxruntime has many
            problems = [f"{type(error).__name__}: {str(error).splitlines()[0][:300]}"]
        failed += bool(problems)
        for problem in problems:
            print(f"{path.stem}: {problem}")
    print(f"{len(paths) - failed} of {len(paths)} models agree")
    sys.exit(failed > 0 or not paths)


if __name__ == "__main__":
    main()
