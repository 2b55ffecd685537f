#!/usr/bin/env python3
"""What training on several workers costs and gives: the tables of docs/scaling.md.

    Benchmarks/scaling.py --train .build/release/train                      # loss against bytes, and the model of the time
    Benchmarks/scaling.py --train .build/release/train --mpirun mpirun      # and the time on two processes

Loss against bytes is that of simulated workers: each method takes the same number of steps on glyphs, with examples dealt
evenly or by class (Dirichlet). The bytes are those that a worker sends in a run, 2 (n - 1) / n of the gradients or weights for
each sum (a ring). The model of the time of a step is compute + 2 (n - 1) (latency + bytes / (n bandwidth)) / period.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

STEPS = 400
PERIOD = 20
# The name of each method, and its optimizer and learning rate on workers.
METHODS = [
    ("synchronous", "adamw", 1e-3, 1),
    ("local SGD", f"fedavg(sgd(momentum=0.9), sync-period={PERIOD})", 0.02, PERIOD),
    ("DiLoCo", f"diloco(adamw, sync-period={PERIOD})", 1e-3, PERIOD),
    ("FedAdam", f"fedadam(sgd(momentum=0.9), sync-period={PERIOD})", 0.02, PERIOD),
]
SPLITS = ["even", "classes(alpha=0.3)"]
LATENCY = 20e-6  # of a message between machines, in seconds


def run(command, threads=1):
    environment = os.environ | {
        "ADJOINT_THREADS": str(threads), "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        "OMPI_MCA_rmaps_base_oversubscribe": "1"}
    result = subprocess.run(command, capture_output=True, text=True, env=environment)
    if result.returncode != 0:
        sys.exit(f"scaling: {' '.join(command)} ended with {result.returncode}: {result.stderr.strip()}")


def summary(train, folder, *options, launcher=(), threads=1):
    """The summary of a run."""
    run([*launcher, train, "fit", *options, "--seed", "1", "--quiet", "--force", "--out", folder], threads)
    with open(os.path.join(folder, "summary.json")) as file:
        return json.load(file)


def ring_bytes(count, workers):
    return 2 * (workers - 1) / workers * 4 * count


def losses(train, folder, workers):
    print("| workers | data | method | bytes a worker sends | validation loss | accuracy |\n|---|---|---|---|---|---|")
    for count in workers:
        for split in SPLITS:
            for name, optimizer, rate, period in METHODS:
                options = ["glyphs", "--optimizer", optimizer, "--learning-rate", str(rate), "--steps", str(STEPS),
                           "--simulated-workers", str(count)]
                if period > 1:
                    # As many examples in a step of all workers as in a synchronous one.
                    options += ["--split", split, "--batch-size", str(max(1, 64 // count))]
                elif split != SPLITS[0]:
                    continue  # a synchronous batch is of all the data
                else:
                    options += ["--batch-size", "64"]
                result = summary(train, folder, *options)
                sent = ring_bytes(result["parameters"], count) * STEPS / period
                print(f"| {count} | {split} | {name} | {sent / 1e6:.1f} MB | {result['validationLoss']:.3f}"
                      f" | {result['validationAccuracy']:.3f} |", flush=True)


def modeled(compute, count, workers, bandwidth, period):
    """The seconds of a step of which each worker computes `compute`."""
    return compute + 2 * (workers - 1) * (LATENCY + 4 * count / workers / bandwidth) / period


def model_of_time(compute, count):
    print(f"\n{count} parameters, {compute * 1e3:.1f} ms of computation in a step of a machine,"
          f" {LATENCY * 1e6:.0f} µs of latency; share of the time that computes:\n")
    print("| machines | method | 1 Gbit/s | 10 Gbit/s | 100 Gbit/s |\n|---|---|---|---|---|")
    for workers in [8, 64, 1024]:
        for name, period in [("synchronous", 1), ("every 20 steps", 20), ("every 500 steps", 500)]:
            shares = [compute / modeled(compute, count, workers, gigabits * 1e9 / 8, period) for gigabits in (1, 10, 100)]
            print(f"| {workers} | {name} | " + " | ".join(f"{share:.0%}" for share in shares) + " |")


# The nets of the two-process measurement and of the model.
NETS = [("784-512-256-36, batch 512", ["glyphs", "--model", "mlp(hidden=512-256)", "--batch-size", "512", "--steps", "200"])]


def two_processes(train, folder, mpirun):
    print("\n| net | one process | two processes | ratio |\n|---|---|---|---|")
    for name, options in NETS:
        speeds = [
            summary(train, folder, *options, launcher=(mpirun, "-n", str(count)))["samplesPerSecond"] for count in (1, 2)]
        print(f"| {name} | {speeds[0]:.0f} samples/s | {speeds[1]:.0f} samples/s | {speeds[1] / speeds[0]:.2f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--train", required=True, help="the built command")
    parser.add_argument("--mpirun", help="a launcher: also measures two processes of one thread each")
    parser.add_argument("--workers", default="4,16", help="numbers of simulated workers (default 4,16)")
    arguments = parser.parse_args()
    train = os.path.abspath(arguments.train)
    with tempfile.TemporaryDirectory() as scratch:
        folder = os.path.join(scratch, "run")
        losses(train, folder, [int(count) for count in arguments.workers.split(",")])
        for name, options in NETS:
            result = summary(train, folder, *options)
            batch = int(options[options.index("--batch-size") + 1])
            model_of_time(batch / result["samplesPerSecond"], result["parameters"])
        if arguments.mpirun:
            two_processes(train, folder, arguments.mpirun)


if __name__ == "__main__":
    main()
