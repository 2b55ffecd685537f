#!/usr/bin/env python3
"""What the command costs beside its arithmetic: calls of malloc in a training step of five models,
time to start, and the size of the program.

  footprint.py --train .build/release/train           # compares with footprint.json
  footprint.py --train .build/release/train --write   # writes it anew

The calls of malloc are those of twice as many steps less those of a run, with one thread; the C
library and the Swift runtime make them too, so they may differ by a twentieth. Blocks of tensors
come from the library's own allocator, whose exact counts TrainingAllocationTests compares. Times
and sizes depend on the machine and are shown, not compared.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
COUNTS = os.path.join(HERE, "footprint.json")
TOLERANCE = 0.05
STEPS = 200

MODELS = {
    "mlp": "moons --hidden 32-32 --batch-size 16",
    "conv": "glyphs --model conv --batch-size 16",
    "gpt": "addition --model gpt(layers=2) --batch-size 8",
    "lstm": "recall --model lstm --batch-size 8",
    "lookahead-muon": "sine --hidden 16 --batch-size 16 --optimizer lookahead(muon)",
}

COUNTER = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
static long calls;
void *malloc(size_t size) {
  static void *(*real)(size_t);
  if (real == NULL) real = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
  __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
  return real(size);
}
__attribute__((destructor)) static void report(void) {
  FILE *file = fopen(getenv("MALLOC_COUNT"), "w");
  fprintf(file, "%ld", calls);
  fclose(file);
}
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", default=".build/release/train")
    parser.add_argument("--write", action="store_true", help="write footprint.json")
    arguments = parser.parse_args()
    train = os.path.abspath(arguments.train)
    folder = tempfile.mkdtemp()
    try:
        library, counted = os.path.join(folder, "count.so"), os.path.join(folder, "count")
        compiler = os.environ.get("CC") or shutil.which("cc") or os.path.join(
            os.path.dirname(os.path.realpath(shutil.which("swift"))), "clang")
        subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-xc", "-", "-o", library, "-ldl"],
                       input=COUNTER.encode(), check=True)
        environment = {**os.environ, "ADJOINT_THREADS": "1"}

        def calls(line, steps):
            subprocess.run(
                [train, "fit", *line.split(), "--seed", "1", "--patience", "0", "--diagnostics", "off", "--quiet",
                 "--checkpoint-every", "1000000", "--steps", str(steps), "--schedule", "constant", "--warmup", "0",
                 "--out", os.path.join(folder, "run"), "--force"],
                env={**environment, "LD_PRELOAD": library, "MALLOC_COUNT": counted}, check=True)
            with open(counted, encoding="utf-8") as file:
                return int(file.read())

        found = {name: round((calls(line, 2 * STEPS) - calls(line, STEPS)) / STEPS) for name, line in MODELS.items()}
        times = []
        for _ in range(20):
            start = time.perf_counter()
            subprocess.run([train, "--version"], env=environment, stdout=subprocess.DEVNULL, check=True)
            times.append(time.perf_counter() - start)
        print(f"starting and ending: {1000 * sorted(times)[10]:.1f} ms")
        print(f"size of the program: {os.path.getsize(train) / 1e6:.1f} MB")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if arguments.write:
        with open(COUNTS, "w", encoding="utf-8") as file:
            file.write(json.dumps(found, indent=2) + "\n")
    with open(COUNTS, encoding="utf-8") as file:
        expected = json.load(file)
    wrong = False
    for name, count in found.items():
        differs = abs(count - expected[name]) > max(2, TOLERANCE * expected[name])
        wrong = wrong or differs
        print(f"{name:16} {count:6} calls of malloc a step" + (f", not {expected[name]}" if differs else ""))
    sys.exit(wrong)


if __name__ == "__main__":
    main()
