#!/usr/bin/env python3
"""What training on several workers costs and gives: the tables of docs/scaling.md.

    Benchmarks/scaling.py --train .build/release/train losses --workers 4,16,64   # loss against bytes, on glyphs
    Benchmarks/scaling.py --train .build/release/train text                       # the same on a text
    Benchmarks/scaling.py --train .build/release/train time --mpirun mpirun       # the time on two processes, and the model
    Benchmarks/scaling.py --train .build/release/train memory --workers 1,2,4     # what each process reads and holds

Loss against bytes is that of simulated workers: each method takes the same number of steps, with examples dealt evenly or by
class (Dirichlet). The bytes are those that a worker sends in a run, 2 (n - 1) / n of the gradients or weights for each sum (a
ring). The model of the time of a step is compute + 2 (n - 1) (latency + bytes / (n bandwidth)) / period; latency and bandwidth
of two processes on this machine come from a small and a large net, and are checked on the others. Two processes that know
nothing of each other, with half of the batch each, show what they would reach if sending were free. The share of the sums is
what `--profile` shows of worker 0: the time that it copies, adds and waits for the other.
"""
import argparse
import glob
import json
import os
import random
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time

STEPS = 400
PERIOD = 20
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# The name of each method, its optimizer, learning rate and period, on workers.
METHODS = [
    ("synchronous", "adamw", 1e-3, 1),
    ("local SGD", f"fedavg(sgd(momentum=0.9), sync-period={PERIOD})", 0.02, PERIOD),
    ("DiLoCo", f"diloco(adamw, sync-period={PERIOD})", 1e-3, PERIOD),
    ("FedAdam", f"fedadam(sgd(momentum=0.9), sync-period={PERIOD})", 0.02, PERIOD),
]
SPLITS = ["even", "classes(alpha=0.3)"]
LATENCY = 20e-6  # of a message between machines, in seconds
BACKWARD = 2 / 3  # of a step's computation, in which a sum of parts could be hidden at best


def start(command, threads=1):
    environment = os.environ | {
        "ADJOINT_THREADS": str(threads), "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        "OMPI_MCA_rmaps_base_oversubscribe": "1"}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)


def finish(process):
    output = process.communicate()[0]
    if process.returncode != 0:
        sys.exit(f"scaling: {' '.join(process.args)} ended with {process.returncode}: {output.strip()}")


def fit(train, folder, options):
    return [train, "fit", *options, "--seed", "1", "--quiet", "--force", "--out", folder]


def read_summary(folder):
    with open(os.path.join(folder, "summary.json")) as file:
        return json.load(file)


def summary(train, folder, *options, launcher=(), threads=1):
    """The summary of a run."""
    finish(start([*launcher, *fit(train, folder, options)], threads))
    return read_summary(folder)


def share_of_sums(train, folder, launcher, options, steps):
    """The share of the time of a step that worker 0 is in sums over the workers."""
    process = start([*launcher, *fit(train, folder, [*options, "--profile"])])
    output = process.communicate()[0]
    if process.returncode != 0:
        sys.exit(f"scaling: {' '.join(process.args)} ended with {process.returncode}: {output.strip()}")
    row = next(line.split() for line in output.splitlines() if line.startswith("allReduce"))
    result = read_summary(folder)
    batch = int(options[options.index("--batch-size") + 1])
    return float(row[2]) * 1e-3 / (steps * batch / result["samplesPerSecond"])


def ring_bytes(count, workers):
    return 2 * (workers - 1) / workers * 4 * count


def losses(train, folder, task, splits, workers, batch):
    print("| workers | data | method | bytes a worker sends | validation loss | accuracy |\n|---|---|---|---|---|---|")
    for count in workers:
        for split in splits:
            for name, optimizer, rate, period in METHODS:
                options = [*task, "--optimizer", optimizer, "--learning-rate", str(rate), "--steps", str(STEPS),
                           "--simulated-workers", str(count)]
                if period > 1:
                    # As many examples in a step of all workers as in a synchronous one.
                    options += ["--split", split, "--batch-size", str(max(1, batch // count))]
                elif split != splits[0]:
                    continue  # a synchronous batch is of all the data
                else:
                    options += ["--batch-size", str(batch)]
                result = summary(train, folder, *options)
                sent = ring_bytes(result["parameters"], count) * STEPS / period
                accuracy = result["validationAccuracy"]
                accuracy = "–" if accuracy is None else f"{accuracy:.3f}"
                print(f"| {count} | {split} | {name} | {sent / 1e6:.1f} MB | {result['validationLoss']:.3f}"
                      f" | {accuracy} |", flush=True)


def text(folder, copies=1):
    """A file with the pages of this repository, as a text to learn, so many times."""
    path = os.path.join(folder, "text.txt")
    pages = [os.path.join(ROOT, "README.md"), *sorted(glob.glob(os.path.join(ROOT, "docs", "*.md")))]
    content = "".join(open(name).read() for name in pages)
    with open(path, "w") as file:
        for _ in range(copies):
            file.write(content)
    return path


def images(folder, count=8192):
    """A folder of random images of 28 by 28 pixels in 36 classes, in the format of MNIST."""
    path = os.path.join(folder, "images")
    os.mkdir(path)
    generator = random.Random(1)
    for name, count in [("train", count), ("t10k", 512)]:
        with open(os.path.join(path, f"{name}-images-idx3-ubyte"), "wb") as file:
            file.write(struct.pack(">4i", 0x803, count, 28, 28) + generator.randbytes(count * 28 * 28))
        with open(os.path.join(path, f"{name}-labels-idx1-ubyte"), "wb") as file:
            file.write(struct.pack(">2i", 0x801, count) + bytes(index % 36 for index in range(count)))
    return path


def table(folder, rows):
    """A table of random numbers in ten columns, and a class."""
    path = os.path.join(folder, "table.csv")
    generator = random.Random(1)
    with open(path, "w") as file:
        file.write(",".join(f"x{index}" for index in range(10)) + ",kind\n")
        for row in range(rows):
            file.write("".join(f"{generator.random():.4f}," for _ in range(10)) + f"{'ab'[row % 2]}\n")
    return path


def processes(train, folder):
    """The processes of the command that write to a folder."""
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/cmdline") as file:
                if folder in file.read().split("\0") and os.path.samefile(f"/proc/{name}/exe", train):
                    yield int(name)
        except OSError:
            pass


def held(process):
    """The memory that a process has for itself, and the most that it had at once, with pages of files; in bytes."""
    with open(f"/proc/{process}/status") as lines:
        rows = dict(line.split(":", 1) for line in lines)
    return [1024 * int(rows[name].split()[0]) for name in ("RssAnon", "VmHWM")]


def memory(train, folder, mpirun, scratch, workers):
    """Prints the memory of each process for large data, once it takes steps: that of the one with the most."""
    tasks = [
        ("text", ["text", "--data", text(scratch, 60), "--layers", "1", "--heads", "1", "--width", "16", "--context", "16"]),
        ("IDX images", ["idx", "--data", images(scratch, 60_000), *mlp(8)[1:]]),
        ("table", ["csv", "--data", table(scratch, 500_000), "--target", "kind", "--hidden", "8", "--batch-size", "64"]),
    ]
    print("| data | files | workers | memory of each | while it reads |\n|---|---|---|---|---|")
    for name, options in tasks:
        path = options[options.index("--data") + 1]
        files = [path] if os.path.isfile(path) else [os.path.join(path, file) for file in os.listdir(path)]
        size = sum(os.path.getsize(file) for file in files)
        for count in workers:
            run = start([mpirun, "-n", str(count), *fit(train, folder, [*options, "--steps", "100000000"])])
            while run.poll() is None and not os.path.exists(os.path.join(folder, "metrics.jsonl")):
                time.sleep(0.1)
            time.sleep(1)
            found = list(processes(train, folder))
            memories = [held(process) for process in found]
            for process in found:
                os.kill(process, signal.SIGKILL)
            run.communicate()
            if len(found) != count:
                sys.exit(f"scaling: {len(found)} of {count} workers were found")
            own, peak = (max(column) for column in zip(*memories))
            print(f"| {name} | {size / 1e6:.0f} MB | {count} | {own / 1e6:.0f} MB | {peak / 1e6:.0f} MB |", flush=True)
            shutil.rmtree(folder)


def seconds(compute, count, workers, latency, bandwidth, period=1, hidden=0.0):
    """The seconds of a step of which each worker computes `compute`, and of which a part hides what is sent."""
    sending = 2 * (workers - 1) * (latency + 4 * count / workers / bandwidth) / period
    return compute + max(sending - hidden * compute, 0)


def model_of_time(compute, count):
    print(f"\n{count} parameters, {compute * 1e3:.1f} ms of computation in a step of a machine,"
          f" {LATENCY * 1e6:.0f} µs of latency; share of the time that computes:\n")
    print("| machines | method | 1 Gbit/s | 10 Gbit/s | 100 Gbit/s |\n|---|---|---|---|---|")
    for workers in [8, 64, 1024]:
        for name, period, hidden in [
                ("synchronous", 1, 0), ("the same, sent during the backward pass", 1, BACKWARD), ("every 20 steps", 20, 0),
                ("every 500 steps", 500, 0)]:
            shares = [
                compute / seconds(compute, count, workers, LATENCY, gigabits * 1e9 / 8, period, hidden)
                for gigabits in (1, 10, 100)]
            print(f"| {workers} | {name} | " + " | ".join(f"{share:.0%}" for share in shares) + " |")


def mlp(*hidden):
    return ["idx", "--model", f"mlp(hidden={'-'.join(str(size) for size in hidden)})"]


# The name of each net, its options, the examples of a batch and the steps. The latency comes from the first, the bandwidth
# from the second.
NETS = [
    ("784-8-36", mlp(8), 64, 3000),
    ("784-2048-512-36", mlp(2048, 512), 32, 100),
    ("784-512-256-36", mlp(512, 256), 512, 400),
    ("gpt-6x384, context 64", ["text", "--layers", "6", "--heads", "6", "--width", "384", "--context", "64"], 32, 5),
]


def two_processes(train, folder, mpirun, data, nets, rounds):
    """Prints what two processes of one thread reach, and what the model of the time says."""
    print("| net | batch | one process | half the batch | two apart | two processes | speed-up | as modeled | sums |"
          "\n|---|---|---|---|---|---|---|---|---|")
    latency = bandwidth = None
    for name, options, batch, steps in NETS[:2] + nets:
        options = options + ["--data", data[options[0]]]
        count = 0

        def time_of(batch, workers):
            nonlocal count
            result = summary(
                train, folder, *options, "--batch-size", str(batch), "--steps", str(steps),
                launcher=(mpirun, "-n", str(workers)))
            count = result["parameters"]
            return batch / result["samplesPerSecond"]

        def time_apart(batch):
            """The time of the slower of two processes that run at once, alone."""
            folders = [folder + "-1", folder + "-2"]
            half = [*options, "--batch-size", str(batch), "--steps", str(steps)]
            processes = [
                start(["taskset", "-c", str(index), *fit(train, path, half)]) for index, path in enumerate(folders)]
            for process in processes:
                finish(process)
            return max(batch / read_summary(path)["samplesPerSecond"] for path in folders)

        times = [
            (time_of(batch, 1), time_of(batch // 2, 1), time_apart(batch // 2), time_of(batch, 2))
            for _ in range(rounds)]
        sums = share_of_sums(
            train, folder, (mpirun, "-n", "2"), [*options, "--batch-size", str(batch), "--steps", str(steps)], steps)
        one, half, apart, two = (statistics.median(column) for column in zip(*times))
        modeled = "–"
        if latency is None:
            latency = max(two - apart, 0) / 2
        elif bandwidth is None:
            bandwidth = 4 * count / max(two - apart - 2 * latency, 1e-9)
        else:
            modeled = f"{seconds(apart, count, 2, latency, bandwidth) * 1e3:.2f} ms"
        print(f"| {name} | {batch} | {one * 1e3:.2f} ms | {half * 1e3:.2f} ms | {apart * 1e3:.2f} ms"
              f" | {two * 1e3:.2f} ms | {one / two:.2f} | {modeled} | {sums:.1%} |", flush=True)
    print(f"\nLatency {latency * 1e6:.0f} µs, bandwidth {bandwidth / 1e9:.1f} GB/s.")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=["losses", "text", "time", "memory"])
    parser.add_argument("--train", required=True, help="the built command")
    parser.add_argument("--mpirun", default="mpirun", help="the launcher (default mpirun)")
    parser.add_argument("--workers", default="4,16", help="numbers of simulated workers (default 4,16)")
    parser.add_argument("--net", default="", help="time: only the nets with this in their names")
    parser.add_argument("--rounds", type=int, default=3, help="time: runs of which the median counts (default 3)")
    arguments = parser.parse_args()
    train = os.path.abspath(arguments.train)
    workers = [int(count) for count in arguments.workers.split(",")]
    with tempfile.TemporaryDirectory() as scratch:
        folder = os.path.join(scratch, "run")
        if arguments.part == "losses":
            losses(train, folder, ["glyphs"], SPLITS, workers, batch=64)
        elif arguments.part == "text":
            task = ["text", "--data", text(scratch), "--layers", "2", "--heads", "2", "--width", "64", "--context", "32"]
            losses(train, folder, task, SPLITS[:1], workers, batch=64)
        elif arguments.part == "memory":
            memory(train, folder, arguments.mpirun, scratch, workers)
        else:
            nets = [net for net in NETS[2:] if arguments.net in net[0]]
            data = {"idx": images(scratch), "text": text(scratch)}
            two_processes(train, folder, arguments.mpirun, data, nets, arguments.rounds)
            result = summary(train, folder, *NETS[2][1], "--data", data["idx"], "--batch-size", "512", "--steps", "200")
            model_of_time(512 / result["samplesPerSecond"], result["parameters"])


if __name__ == "__main__":
    main()
