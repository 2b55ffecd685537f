#!/usr/bin/env python3
"""Compares the final weights of ten short runs with committed hashes, on each instruction set of
this machine and on one and several threads.

  golden.py --train .build/release/train            # compares with golden.json
  golden.py --train .build/debug/train              # the same bits without optimization
  golden.py --train .build/debug/train --sets avx2 --threads 2  # in two minutes
  golden.py --train .build/release/train --write    # after numbers were meant to change

The hash is that of the names, shapes and bytes of the tensors of best.safetensors.
"""

import argparse
import hashlib
import json
import os
import platform
import shutil
import struct
import subprocess
import sys
import tempfile

import mutants

HERE = os.path.dirname(os.path.abspath(__file__))
GOLDEN = os.path.join(HERE, "golden.json")
SETS = ["baseline", "avx2", "avx512"]
TABLE = ["csv", "--data", "table.csv", "--target"]
RUNS = {
    "spirals, adamw": ["spirals", "--steps", "200"],
    "moons, lookahead(adamw)": ["moons", "--steps", "200", "--optimizer", "lookahead(adamw)"],
    "xor, sgd": ["xor", "--steps", "200", "--optimizer", "sgd(momentum=0.9,nesterov=true)"],
    "sine, schedule-free": ["sine", "--steps", "200", "--optimizer", "schedule-free"],
    "table of classes, muon": [*TABLE, "size", "--steps", "100", "--optimizer", "muon"],
    "table of numbers, lion": [*TABLE, "width", "--steps", "100", "--optimizer", "lion"],
    "glyphs, conv": ["glyphs", "--steps", "20", "--batch-size", "16"],
    "recall, lstm": ["recall", "--steps", "20", "--batch-size", "8"],
    "text, gpt": ["text", "--data", "text.txt", "--steps", "20", "--batch-size", "4"],
    "spirals, bfloat16": ["spirals", "--steps", "100", "--precision", "bf16"],
}


def hash_of(path):
    with open(path, "rb") as file:
        content = file.read()
    size = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8 : 8 + size])
    digest = hashlib.sha256()
    for name in sorted(set(header) - {"__metadata__"}):
        start, end = header[name]["data_offsets"]
        digest.update(json.dumps([name, header[name]["dtype"], header[name]["shape"]]).encode())
        digest.update(content[8 + size + start : 8 + size + end])
    return digest.hexdigest()[:16]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", default=".build/release/train")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--sets", default=",".join(SETS), help="instruction sets")
    parser.add_argument("--threads", default="1,2,3", help="numbers of threads")
    arguments = parser.parse_args()
    train = os.path.abspath(arguments.train)
    with open(GOLDEN, encoding="utf-8") as file:
        golden = json.load(file)
    failures = 0
    folder = tempfile.mkdtemp()
    try:
        mutants.write_data(folder)
        counts = arguments.threads.split(",")
        for name in arguments.sets.split(","):
            key, found = f"{platform.machine()} {name}", {}
            for run, words in RUNS.items():
                for threads in counts:
                    environment = {**os.environ, "ADJOINT_ISA": name, "ADJOINT_THREADS": threads, "ADJOINT_DEBUG_NOTE": "0"}
                    result = subprocess.run(
                        [train, "fit", *words, "--seed", "5", "--quiet", "--out", "run", "--force"],
                        cwd=folder, env=environment, capture_output=True, text=True, check=False)
                    if "not an instruction set of this processor" in result.stderr:
                        break
                    if result.returncode != 0:
                        sys.exit(f"golden: {key}, {run}: {result.stderr}")
                    value = hash_of(os.path.join(folder, "run", "best.safetensors"))
                    if found.setdefault(run, value) != value:
                        print(f"golden: {key}, {run}: {threads} threads give {value}, {counts[0]} {found[run]}")
                        failures += 1
            if not found:
                print(f"golden: {key}: not on this machine")
                continue
            if arguments.write:
                golden[key] = found
            for run in RUNS:
                if golden.get(key, {}).get(run) != found[run]:
                    print(f"golden: {key}, {run}: {found[run]}, not {golden.get(key, {}).get(run)}")
                    failures += 1
            print(f"golden: {key}: {len(found)} runs on {' and '.join(counts)} threads, {failures} differences so far")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if arguments.write:
        with open(GOLDEN, "w", encoding="utf-8") as file:
            json.dump(golden, file, indent=2)
            file.write("\n")
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
