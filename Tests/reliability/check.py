#!/usr/bin/env python3
"""Breaks `train` in every way that it is meant to withstand, and counts what it does not.

  check.py --train .build/release/train                     # a minute
  check.py --train .build/release/train --duration 3600     # an hour; the page docs/reliability.md
  check.py --train .build/release/train --kinds kill,power  # some kinds alone
  check.py --train .build/release/train --list              # what the kinds are

Every kind of fault gets an equal part of the time, kills five of them, and ends earlier if it has
no more cases. The seed decides all cases but those that depend on the moment at which a signal
arrives. A failure is printed with the command that showed it; the status is 1 if there is one.
"""

import argparse
import json
import math
import os
import random
import re
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time

import mutants

HERE = os.path.dirname(os.path.abspath(__file__))
CLEAN = {0, 64, 65, 70, 74}


class Failed(Exception):
    """A case that did not end as it should."""


def finish(process, seconds=60):
    """What a process printed, when it has ended; the seconds are those in which this program ran,
    so that a machine that is suspended fails no case."""
    for _ in range(seconds):
        try:
            return process.communicate(timeout=1)
        except subprocess.TimeoutExpired:
            pass
    process.kill()
    process.communicate()
    raise Failed(f"{' '.join(process.args)}: not finished after {seconds} s")


class Trial:
    """The program under test, a folder for its files, and a source of random numbers."""

    def __init__(self, train, folder, seed):
        self.train, self.folder, self.random = train, folder, random.Random(seed)
        self.references = {}

    def path(self, name):
        return os.path.join(self.folder, name)

    def environment(self, **more):
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("FAULT_", "ADJOINT_"))}
        return {**kept, "ADJOINT_DEBUG_NOTE": "0", "ADJOINT_THREADS": "1", **more}

    def faulty(self, **faults):
        preload = {"LD_PRELOAD": os.path.join(os.path.dirname(self.folder), "faults.so")}
        return {**preload, **{f"FAULT_{k}": str(v) for k, v in faults.items()}}

    def start(self, arguments, environment=None, **more):
        return subprocess.Popen(
            [self.train, *arguments], cwd=self.folder, env=self.environment(**(environment or {})),
            stdin=subprocess.DEVNULL, stdout=more.pop("stdout", subprocess.PIPE),
            stderr=subprocess.PIPE, preexec_fn=prepare, **more)

    def run(self, arguments, environment=None, allowed=CLEAN, timeout=60, interrupted_after=None, **more):
        """Runs the program to its end, which must be one of the allowed statuses, with one line that
        says why unless it is 0."""
        process = self.start(arguments, environment, **more)
        if interrupted_after:
            timer = threading.Timer(interrupted_after, process.send_signal, (signal.SIGINT,))
            timer.daemon = True
            timer.start()
        command = " ".join([f"{k}={v}" for k, v in (environment or {}).items()] + ["train", *arguments])
        try:
            output, errors = finish(process, timeout)
        except Failed:
            raise Failed(f"{command}: not finished after {timeout} s") from None
        finally:
            if interrupted_after:
                timer.cancel()
        errors = errors.decode(errors="replace")
        status = process.returncode
        if status not in allowed:
            raise Failed(f"{command}: status {status}: {errors.strip()[-300:]}")
        if status in (64, 65, 70, 74) and "train: error: " not in errors:
            raise Failed(f"{command}: status {status} without a message: {errors.strip()[-300:]}")
        for sign in ("Fatal error", "fatalError", "Stack dump", "AddressSanitizer"):
            if sign in errors:
                raise Failed(f"{command}: {errors.strip()[-300:]}")
        if re.search(r"[\x00-\x08\x0b-\x1f\x7f]", errors):
            raise Failed(f"{command}: control characters in {errors!r}")
        return status, output or b"", errors

    def bits(self, run):
        """What must be the same however often a run was interrupted."""
        found = {}
        for name in ("best.safetensors", "checkpoint.safetensors", "metrics.jsonl"):
            with open(os.path.join(self.folder, run, name), "rb") as file:
                found[name] = file.read()
        return found

    def reference(self, setup):
        """The bits of a run of a set-up that nothing interrupted, and its seconds."""
        if setup not in self.references:
            name = f"reference-{len(self.references)}"
            start = time.monotonic()
            self.run(["fit", *setup, "--out", name], allowed={0})
            self.references[setup] = (self.bits(name), time.monotonic() - start)
        return self.references[setup]

    def resume_to_reference(self, run, setup, fault):
        """Resumes a run that was broken; it must end with the bits of the reference."""
        if not os.path.exists(self.path(run + "/config.json")):
            self.run(["resume", run], allowed={74})
            return
        left = sorted(os.listdir(self.path(run)))
        self.run(["resume", run, "--quiet"], allowed={0})
        found, (expected, _) = self.bits(run), self.reference(setup)
        for name, content in expected.items():
            if found[name] != content:
                raise Failed(f"fit {' '.join(setup)}: {fault}: {name} differs after resuming from {left}")
        names = os.listdir(self.path(run))
        rest = [name for name in names if name.endswith(".partial")]
        if rest:
            raise Failed(f"fit {' '.join(setup)}: {fault}: {rest} left behind")
        missing = {"summary.json", "report.html", "loss.svg"} - set(names)
        if missing:
            raise Failed(f"fit {' '.join(setup)}: {fault}: no {missing} after resuming from {left}")


# What a program may take, in GiB; none for a program with the address sanitizer, which maps more.
memory_limit = 16


def prepare():
    # A shell that runs this program in the background lets it ignore interrupts.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if memory_limit > 0:
        resource.setrlimit(resource.RLIMIT_AS, (memory_limit << 30, memory_limit << 30))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


# Small runs that have something to lose: means of gradients, slow weights, random numbers.
def setups(trial):
    steps = ["--seed", "3", "--quiet", "--patience", "0", "--checkpoint-every", "40"]
    table = ["csv", "--data", "table.csv", "--target", "size"]
    return [tuple(task + steps + more) for task, more in (
        (["moons"], ["--steps", "600", "--optimizer", "lookahead(adamw)"]),
        (table, ["--steps", "400", "--optimizer", "ema(adamw)", "--test", "0.1"]),
        (["spirals"], ["--steps", "500", "--accumulate", "3", "--optimizer", "muon"]),
        (["xor"], ["--steps", "800", "--optimizer", "diloco(adamw)", "--keep", "2"]),
        (["sine"], ["--steps", "500", "--optimizer", "schedule-free"]),
        (["recall"], ["--steps", "120", "--batch-size", "8"]),
        (["text", "--data", "text.txt"], ["--steps", "120", "--batch-size", "4"]),
        (["moons"], ["--steps", "400", "--schedule", "plateau", "--optimizer", "sgd"]),
    )]


# Small searches, and a race, with what must be the same however often they were interrupted.
def searches():
    seed = ["--seed", "3", "--quiet"]
    table = ["csv", "--data", "table.csv", "--target", "size"]
    return [
        ("compare.json", ["compare", "xor", "--optimizers", "sgd,lookahead(adam)", "--seeds", "2",
                          "--search-budget", "5", "--steps", "120", *seed]),
        ("compare.json", ["compare", *table, "--optimizers", "adamw,muon", "--rates", "0.1,0.01", "--steps", "80", *seed]),
        ("sweep.json", ["sweep", "moons", "--over", "learning-rate=log(1e-3,1) hidden=choice(4,8)", "--trials", "12",
                        "--steps", "200", *seed]),
        ("sweep.json", ["sweep", *table, "--over", "hidden=choice(4,8,16)", "--folds", "3", "--steps", "60", *seed]),
        ("race.json", ["race", "--steps", "300", "--quiet"]),
    ]


def without_times(value):
    """A value of JSON without what was measured, and without checksums, which are over that too."""
    if isinstance(value, list):
        return [without_times(part) for part in value]
    if not isinstance(value, dict):
        return value
    measured = ("seconds", "secondsPerStep", "secondsToTarget", "liveBytes", "checksum", "command")
    return {key: without_times(part) for key, part in value.items() if key not in measured}


def results_of(trial, folder):
    """The results of a search or a race: all of its records, and its pictures."""
    found = {}
    for name in sorted(os.listdir(trial.path(folder))):
        with open(trial.path(f"{folder}/{name}"), encoding="utf-8") as file:
            text = file.read()
        if name.endswith(".jsonl"):
            # Trials that ran at the same time may have ended in another order.
            lines = [without_times(json.loads(line)) for line in text.splitlines()]
            found[name] = sorted(lines, key=lambda line: json.dumps(line, sort_keys=True))
        elif name.endswith(".json"):
            found[name] = without_times(json.loads(text))
        else:
            found[name] = text if name.endswith(".svg") else "</html>" in text
    return found


# --- Kinds: each yields once for a case that passed, and raises for one that did not ----------------


def kill_search(trial, number, expected):
    """Kills a comparison, a sweep or a race, which must end with the results of one that was not."""
    kind = number % len(searches())
    record, command = searches()[kind]
    if kind not in expected:
        start = time.monotonic()
        trial.run([*command, "--out", "whole", "--force"], allowed={0})
        expected[kind] = results_of(trial, "whole"), time.monotonic() - start
    results, seconds = expected[kind]
    again, line = [*command, "--out", "search", "--force"], " ".join(command)

    def rest():
        # A race is not resumed.
        is_resumed = record != "race.json" and os.path.exists(trial.path("search/" + record))
        return ["resume", "search", "--quiet"] if is_resumed else again

    for attempt in range(trial.random.randint(1, 3)):
        process = trial.start(rest())
        time.sleep(trial.random.uniform(0, seconds))
        process.kill()
        process.communicate()
    trial.run(rest(), allowed={0})
    found = results_of(trial, "search")
    different = [name for name in {*results, *found} if results.get(name) != found.get(name)]
    if different:
        raise Failed(f"train {line}: killed and resumed: {', '.join(different)} differ")
    shutil.rmtree(trial.path("search"))


def kill(trial):
    """kill -9 of a run, a comparison, a sweep or a race at a random moment, up to three times, then
    resumed to the same bits or results; a race begun again"""
    cases, searched = setups(trial), {}
    for number in range(1 << 30):
        if number % 3 == 2:
            kill_search(trial, number // 3, searched)
            yield
            continue
        setup = cases[number % len(cases)]
        seconds, run = trial.reference(setup)[1], f"kill-{number}"
        fault = "killed"
        for attempt in range(trial.random.randint(1, 3)):
            exists = os.path.exists(trial.path(run + "/config.json"))
            process = trial.start(["resume", run, "--quiet"] if exists else ["fit", *setup, "--out", run, "--force"])
            delay = trial.random.uniform(0, seconds)
            time.sleep(delay)
            process.kill()
            process.communicate()
            fault += f" after {delay:.3f} s"
        trial.resume_to_reference(run, setup, fault)
        shutil.rmtree(trial.path(run), ignore_errors=True)
        yield


def calls_of(trial, setup):
    """The number of calls of a run that change files."""
    # Replacing an older run would be more calls.
    shutil.rmtree(trial.path("counted"), ignore_errors=True)
    trial.run(["fit", *setup, "--out", "counted"], trial.faulty(LOG=trial.path("calls")))
    with open(trial.path("calls"), encoding="utf-8") as file:
        return sum(not line.startswith(("folder", "leave")) for line in file)


def injected(trial, how, statuses):
    cases = setups(trial)
    for number in range(1 << 30):
        setup = cases[number % len(cases)]
        trial.reference(setup)
        total = calls_of(trial, setup)
        places = list(range(1, total - 2))
        trial.random.shuffle(places)
        # The last calls first, after which nothing else would notice.
        for at in [total, total - 1, total - 2, *places[: max(5, total // 8)]]:
            run = f"{how}-{number}-{at}"
            trial.run(["fit", *setup, "--out", run], trial.faulty(AT=at, HOW=how), allowed=statuses)
            trial.resume_to_reference(run, setup, f"{how} at call {at}")
            shutil.rmtree(trial.path(run), ignore_errors=True)
            yield


def exit_at_write(trial):
    """the process ends before one of its calls that change files, then resumed to the same bits"""
    yield from injected(trial, "exit", {0, 99})


def half_write(trial):
    """the process ends in the middle of a write, then resumed to the same bits"""
    yield from injected(trial, "half", {0, 99})


def byte(trial):
    """the process ends at a byte of all that a small run writes, each byte once, then resumed to the
    same bits"""
    setup = ("xor", "--hidden", "2", "--steps", "4", "--seed", "3", "--quiet", "--checkpoint-every", "2")
    trial.reference(setup)
    calls_of(trial, setup)
    total = os.path.getsize(trial.path("calls.data"))
    # Steps of about the golden section of the whole, so that a part of them is spread evenly.
    step = next(n for n in range(int(total * 0.618), total) if math.gcd(n, total) == 1)
    for number in range(total):
        at = number * step % total
        # The times of a run, and so its bytes, differ from those of the run that was counted.
        trial.run(["fit", *setup, "--out", "byte"], trial.faulty(BYTE=at), allowed={99} if at < total - 1000 else {0, 99})
        trial.resume_to_reference("byte", setup, f"ended after {at} of {total} bytes")
        shutil.rmtree(trial.path("byte"), ignore_errors=True)
        yield


def removal(trial):
    """the process ends before each call of `runs remove` for three runs: each is whole or gone, and the
    next removal deletes what was left"""
    table = ["csv", "--data", "table.csv", "--target", "size"]
    for name in ("one", "two", "three"):
        run_of(trial, "kept/" + name, table, steps=10)
    with open(trial.path("kept/two/notes.txt"), "w", encoding="utf-8") as file:
        file.write("mine")
    before, status = {name: trial.bits("kept/" + name) for name in ("one", "two", "three")}, 99
    for at in range(1, 1 << 30):
        if status != 99:
            return
        shutil.rmtree(trial.path("runs"), ignore_errors=True)
        shutil.copytree(trial.path("kept"), trial.path("runs"))
        line = ["runs", "remove", "one", "two", "three"]
        status, _, _ = trial.run(line, trial.faulty(AT=at, HOW="exit"), allowed={0, 99})
        whole = [name for name in before if os.path.exists(trial.path(f"runs/{name}/config.json"))]
        for name in whole:
            if trial.bits("runs/" + name) != before[name]:
                raise Failed(f"{' '.join(line)}, ended at call {at}: {name} is half removed")
        # Another run takes away what was left of them.
        shutil.copytree(trial.path("kept/one"), trial.path("runs/last"))
        half = ["two"] if "two" not in whole and len(os.listdir(trial.path("runs/two"))) > 1 else []
        trial.run(["runs", "remove", "last", *whole, *half], allowed={0})
        left = os.listdir(trial.path("runs")) + os.listdir(trial.path("runs/two"))
        if left != ["two", "notes.txt"]:
            raise Failed(f"{' '.join(line)}, ended at call {at}, and once more: {left} are left")
        yield


def full_disk(trial):
    """from some call on the disk is full: status 74, then resumed to the same bits"""
    yield from injected(trial, "enospc", {74})


def broken_disk(trial):
    """from some call on every write fails with EIO: status 74, then resumed to the same bits"""
    yield from injected(trial, "eio", {74})


def power(trial):
    """the power fails: what was not synchronized is lost, then resumed to the same bits"""
    cases = setups(trial)
    for number in range(1 << 30):
        setup, log = cases[number % len(cases)], trial.path("power.log")
        trial.run(["fit", *setup, "--out", "power", "--force"], trial.faulty(LOG=log), allowed={0})
        with open(log, encoding="utf-8") as file:
            calls = file.read().splitlines()
        with open(log + ".data", "rb") as file:
            data = file.read()
        shutil.rmtree(trial.path("power"))
        cuts = list(range(2, len(calls) + 1))
        trial.random.shuffle(cuts)
        for cut in cuts[: max(5, len(cuts) // 8)]:
            keeps_names = trial.random.random() < 0.5
            files = mutants.after_power_failure(calls[:cut], data, keeps_names)
            shutil.rmtree(trial.path("power"), ignore_errors=True)
            os.makedirs(trial.path("power"))
            for name, content in files.items():
                with open(trial.path(name), "wb") as file:
                    file.write(content)
            lost = "data alone" if keeps_names else "data and names"
            trial.resume_to_reference("power", setup, f"power failed after call {cut}, losing {lost}")
            yield


def signals(trial):
    """SIGINT, SIGTERM, SIGHUP or SIGXCPU at a random moment: a checkpoint, 128 + N, resumed to the same bits"""
    cases = setups(trial)
    for number in range(1 << 30):
        setup = cases[number % len(cases)]
        _, seconds = trial.reference(setup)
        run = f"signal-{number}"
        sent = trial.random.choice([signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGXCPU])
        process = trial.start(["fit", *setup, "--out", run])
        delay = trial.random.uniform(0.03, seconds)
        time.sleep(delay)
        process.send_signal(sent)
        # This one comes again until the process has ended.
        for _ in range(3 if sent == signal.SIGXCPU else 0):
            time.sleep(0.01)
            process.send_signal(sent)
        _, errors = finish(process)
        # Before the handler is installed, the signal ends the process as it does any other.
        if process.returncode not in (0, 128 + sent, -sent):
            raise Failed(f"fit {' '.join(setup)}: {sent.name} after {delay:.3f} s: status {process.returncode}: {errors[-200:]}")
        trial.resume_to_reference(run, setup, f"{sent.name} after {delay:.3f} s")
        shutil.rmtree(trial.path(run), ignore_errors=True)
        yield


def two_writers(trial):
    """a second process on the folder of a run that goes on: status 74; reports of a comparison and a
    sweep that go on; and the first process finishes"""
    setup = tuple(list(setups(trial)[0]) + ["--steps", "20000"])
    others = [
        ["compare", "xor", "--optimizers", "sgd,adam", "--rates", "0.1,0.03,0.01", "--seeds", "3", "--steps", "60"],
        ["sweep", "xor", "--over", "hidden=choice(4,8,16)", "--trials", "12", "--steps", "60"]]
    for number in range(1 << 30):
        for command in others:
            shutil.rmtree(trial.path("shared"), ignore_errors=True)
            process = trial.start([*command, "--seed", "1", "--quiet", "--out", "shared"])
            while process.poll() is None:
                # There is nothing yet, or a comparison that is not finished.
                trial.run(["report", "shared", "--quiet"], allowed={0, 64, 74})
            _, errors = finish(process)
            if process.returncode != 0:
                raise Failed(f"train {' '.join(command)}, reported meanwhile: status {process.returncode}: {errors[-300:]}")
            trial.run(["report", "shared", "--quiet"], allowed={0})
            shutil.rmtree(trial.path("shared"))
            yield
        process = trial.start(["fit", *setup, "--out", "shared", "--force"])
        while not os.path.exists(trial.path("shared/checkpoint.safetensors")):
            time.sleep(0.01)
        other = trial.random.choice([["resume", "shared"], ["fit", *setup, "--out", "shared", "--force"]])
        if process.poll() is None:
            trial.run(other, allowed={74})
        finish(process)
        trial.references.setdefault(setup, (trial.bits("shared"), 0))
        if process.returncode != 0 or trial.bits("shared") != trial.references[setup][0]:
            raise Failed(f"{' '.join(other)} beside a run: it ended otherwise, status {process.returncode}")
        shutil.rmtree(trial.path("shared"))
        yield


def output(trial):
    """standard output full, closed or a pipe that nobody reads: 74, or a quiet end"""
    run_of(trial, "table", ["csv", "--data", "table.csv", "--target", "size"])
    run_of(trial, "words", ["text", "--data", "text.txt", "--batch-size", "4"], steps=5)
    commands = [
        ["list"], ["help"], ["help", "fit", "csv"], ["man"], ["doctor"], ["runs"],
        ["completions", "bash"], ["evaluate", "table"], ["evaluate", "table", "--json"],
        ["predict", "table", "--data", "table.csv", "--out", "-"],
        ["fit", "xor", "--steps", "20", "--seed", "1", "--out", "full", "--force"],
        ["runs", "compare", "table", "table"], ["runs", "--in", "."], ["sample", "words", "--length", "9"],
        ["compare", "xor", "--steps", "20", "--optimizers", "sgd", "--rates", "0.1", "--out", "full", "--force"],
        ["sweep", "xor", "--steps", "20", "--trials", "2", "--over", "hidden=choice(4,8)", "--out", "full", "--force"],
        ["find-rate", "xor", "--test-steps", "20"], ["race", "bowl", "--steps", "20", "--out", "full", "--force"],
        ["report", "table"], ["resume", "table"], ["gradcheck", "--filter", "exp"]]
    for command in commands:
        with open("/dev/full", "wb") as full:
            trial.run(command, allowed={74}, stdout=full)
        yield
        reader, writer = os.pipe()
        os.close(reader)
        process = trial.start(command, stdout=writer)
        os.close(writer)
        _, errors = finish(process)
        if process.returncode not in (0, 74, 141, -signal.SIGPIPE) or b"Fatal" in errors:
            raise Failed(f"train {' '.join(command)} | true: status {process.returncode}: {errors[-200:]}")
        yield


def streams(trial):
    """standard streams closed at the start: the bits of the run are the same, and no message is in them"""
    cases = setups(trial)
    for number in range(1 << 30):
        setup = [part for part in cases[number % len(cases)] if part != "--quiet"]
        closed = trial.random.choice([(0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)])
        shell = f'exec "$@" {" ".join(f"{stream}>&-" for stream in closed)}'
        shutil.rmtree(trial.path("closed"), ignore_errors=True)
        process = subprocess.Popen(
            ["sh", "-c", shell, "sh", trial.train, "fit", *setup, "--out", "closed"], cwd=trial.folder,
            env=trial.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        finish(process)
        status = process.returncode
        if status != (74 if 1 in closed else 0):
            raise Failed(f"fit {' '.join(setup)} without streams {closed}: status {status}")
        trial.resume_to_reference("closed", cases[number % len(cases)], f"without streams {closed}")
        yield


def shorten_images(trial):
    """Shortens the images of a run that takes steps; once they are whole again, it is resumed."""
    setup = ("idx", "--data", "images", "--model", "mlp", "--hidden", "8", "--batch-size", "16", "--steps", "20000",
             "--seed", "3", "--quiet", "--checkpoint-every", "500")
    if not os.path.exists(trial.path("images")):
        os.makedirs(trial.path("images"))
        for part in ("train", "t10k"):
            count = 2000
            with open(trial.path(f"images/{part}-images-idx3-ubyte"), "wb") as file:
                file.write(struct.pack(">IIII", 0x803, count, 8, 8) + trial.random.randbytes(count * 64))
            with open(trial.path(f"images/{part}-labels-idx1-ubyte"), "wb") as file:
                file.write(struct.pack(">II", 0x801, count) + bytes(i % 3 for i in range(count)))
    seconds = trial.reference(setup)[1]
    images = trial.path("images/train-images-idx3-ubyte")
    with open(images, "rb") as file:
        whole = file.read()
    process = trial.start(["fit", *setup, "--out", "cut"])
    delay = trial.random.uniform(0, seconds)
    time.sleep(delay)
    size = trial.random.choice([0, 16, 4096, 1 << 16])
    os.truncate(images, size)
    _, errors = finish(process)
    if process.returncode not in (0, 65, 74) or process.returncode and b"train: error: " not in errors:
        raise Failed(f"images were cut to {size} bytes after {delay:.3f} s: status {process.returncode}: {errors[-300:]}")
    with open(images, "wb") as file:
        file.write(whole)
    trial.resume_to_reference("cut", setup, f"images were cut to {size} bytes after {delay:.3f} s")
    shutil.rmtree(trial.path("cut"), ignore_errors=True)


def shortened(trial):
    """a table, or the images of a run that takes steps, are cut while they are read: an error, or a
    result from before; with its images the run is then resumed to the same bits"""
    row = "".join(f"{i % 10},{i % 7}.5,oak,{'large' if i % 3 else 'small'}\n" for i in range(2000))
    for number in range(1 << 30):
        if number % 2 == 0:
            shorten_images(trial)
            yield
            continue
        with open(trial.path("long.csv"), "w", encoding="utf-8") as file:
            file.write("width,length,kind,size\n" + row * 400)
        process = trial.start(["fit", "csv", "--data", "long.csv", "--target", "size", "--steps", "2", "--seed", "1",
                               "--quiet", "--out", "shortened", "--force"])
        time.sleep(trial.random.uniform(0.01, 0.5))
        os.truncate(trial.path("long.csv"), trial.random.choice([0, 30, 1 << 20]))
        _, errors = finish(process)
        if process.returncode not in (0, 65, 74) or process.returncode and b"train: error: " not in errors:
            raise Failed(f"long.csv was cut: status {process.returncode}: {errors[-300:]}")
        yield


def memory(trial):
    """an allocation fails: one message, then resumed to the same bits"""
    cases = setups(trial)
    for number in range(1 << 30):
        setup = cases[number % len(cases)]
        trial.reference(setup)
        at, run = int(2 ** trial.random.uniform(0, 9)), f"memory-{number}"
        process = trial.start(["fit", *setup, "--out", run], trial.faulty(MEMORY=at))
        _, errors = finish(process)
        # Without memory the program stops with a message, as for a mistake of the programmer.
        stopped = process.returncode < 0 and b"memory" in errors
        if process.returncode not in CLEAN and not stopped:
            raise Failed(f"FAULT_MEMORY={at} fit {' '.join(setup)}: status {process.returncode}: {errors[-300:]}")
        trial.resume_to_reference(run, setup, f"allocation {at} failed")
        shutil.rmtree(trial.path(run), ignore_errors=True)
        yield


def threads(trial):
    """the system has no more threads: the same bits with those that there are, or a message"""
    cases = setups(trial)
    sweep = ["sweep", "xor", "--steps", "20", "--trials", "4", "--over", "hidden=choice(4,8)", "--parallel", "3"]
    for number in range(1 << 30):
        setup, first = cases[number % len(cases)], trial.random.randint(1, 3)
        few = {**trial.faulty(THREADS=first), "ADJOINT_THREADS": "4"}
        shutil.rmtree(trial.path("few"), ignore_errors=True)
        trial.run(["fit", *setup, "--out", "few"], few, allowed={0})
        trial.resume_to_reference("few", setup, f"no thread {first}")
        yield
        trial.run([*sweep, "--quiet", "--out", "few", "--force"], few, allowed={70 if first == 1 else 0})
        workers = trial.random.randint(2, 4)
        trial.run(["fit", "moons", "--steps", "20", "--quiet", "--simulated-workers", str(workers), "--out", "few", "--force"],
                  few, allowed={70 if workers >= first else 0})
        yield


def clock(trial):
    """the clocks jump by up to 15 years either way: the same bits"""
    cases = setups(trial)
    for number in range(1 << 30):
        setup = cases[number % len(cases)]
        jumps = trial.faulty(CLOCK=trial.random.randint(1, 1 << 30))
        trial.run(["fit", *setup, "--out", "clock", "--force"], jumps, allowed={0})
        trial.resume_to_reference("clock", setup, "the clock jumps")
        yield


def run_of(trial, name, task, steps=40):
    """A small finished run."""
    if not os.path.exists(trial.path(name)):
        trial.run(["fit", *task, "--steps", str(steps), "--seed", "1", "--quiet", "--out", name], allowed={0})
    return name


def readers(trial):
    """damaged files of every kind that the command reads: an error that names them, or a result"""
    table = ["csv", "--data", "table.csv", "--target", "size"]
    run_of(trial, "table", table)
    run_of(trial, "images", ["glyphs"], steps=5)
    run_of(trial, "words", ["text", "--data", "text.txt", "--batch-size", "4"], steps=5)
    trial.run(["compare", *table, "--optimizers", "sgd,adam", "--rates", "0.1,0.01", "--seeds", "1",
               "--steps", "20", "--quiet", "--out", "comparison", "--force"], allowed={0})
    trial.run(["sweep", *table, "--over", "hidden=choice(4,8)", "--trials", "2", "--steps", "20",
               "--quiet", "--out", "sweep", "--force"], allowed={0})
    trial.run(["export", "table", "--format", "adjoint", "--out", "table.adjoint"], allowed={0})
    mutants.write_images(trial.folder)
    new = ["--seed", "1", "--steps", "2", "--quiet", "--out", "made", "--force"]
    # The file, the folder that is copied for it or None, and commands that read the damaged file.
    files = [
        ("table.csv", None, [["fit", "csv", "--data", "FILE", "--target", "size", *new],
                             ["predict", "table", "--data", "FILE", "--out", "out.csv"],
                             ["evaluate", "table", "--data", "FILE"]]),
        ("text.txt", None, [["fit", "text", "--data", "FILE", "--batch-size", "2", *new],
                            ["predict", "words", "--data", "FILE", "--out", "out.txt"]]),
        ("idx/train-images-idx3-ubyte", "idx", [["fit", "idx", "--data", "FOLDER", *new]]),
        ("idx/train-labels-idx1-ubyte", "idx", [["fit", "idx", "--data", "FOLDER", *new]]),
        ("idx-gz/train-images-idx3-ubyte.gz", "idx-gz", [["fit", "idx", "--data", "FOLDER", *new]]),
        ("image.npy", None, [["predict", "images", "--data", "FILE", "--out", "out.csv"]]),
        ("image.png", None, [["predict", "images", "--data", "FILE", "--out", "out.csv"]]),
        ("image.pgm", None, [["predict", "images", "--data", "FILE", "--out", "out.csv"]]),
        ("table.adjoint", None, [["predict", "FILE", "--data", "table.csv", "--out", "out.csv"]]),
        ("table/config.json", "table", [
            ["fit", "csv", "--config", "FILE", *new], ["resume", "FOLDER", "--steps", "42", "--quiet"],
            ["evaluate", "FOLDER"], ["report", "FOLDER"]]),
        ("table/checkpoint.safetensors", "table", [["resume", "FOLDER", "--steps", "42", "--quiet"]]),
        ("table/best.safetensors", "table", [
            ["evaluate", "FOLDER"], ["fit", *table, "--from", "FILE", *new], ["report", "FOLDER"]]),
        ("table/metrics.jsonl", "table", [["report", "FOLDER"], ["resume", "FOLDER", "--steps", "42", "--quiet"]]),
        ("table/diagnostics.jsonl", "table", [["report", "FOLDER"], ["resume", "FOLDER", "--steps", "42", "--quiet"]]),
        ("table/summary.json", "table", [["report", "FOLDER"], ["runs"], ["runs", "compare", "FOLDER", "table"]]),
        ("comparison/compare.json", "comparison", [["report", "FOLDER"], ["resume", "FOLDER", "--quiet"]]),
        ("sweep/sweep.json", "sweep", [["report", "FOLDER"], ["resume", "FOLDER", "--quiet"]]),
    ]
    files = [case for case in files if os.path.exists(trial.path(case[0]))]
    for number in range(1 << 30):
        name, folder, commands = files[number % len(files)]
        with open(trial.path(name), "rb") as file:
            content = file.read()
        damaged = mutants.mutated(content, trial.random)
        shutil.rmtree(trial.path("damaged"), ignore_errors=True)
        os.makedirs(trial.path("damaged"))
        if folder:
            shutil.copytree(trial.path(folder), trial.path("damaged/" + folder))
        place = "damaged/" + name
        with open(trial.path(place), "wb") as file:
            file.write(damaged)
        command = trial.random.choice(commands)
        names = {"FILE": place, "FOLDER": f"damaged/{folder}"}
        limit = ["--time-limit", "2s"] if command[0] == "fit" or command[:2] == ["resume", "damaged/table"] else []
        arguments = [names.get(part, part) for part in command] + limit
        try:
            trial.run(arguments, timeout=30)
        except Failed as failure:
            kept = os.path.join(tempfile.gettempdir(), f"reliability-{number}-{os.path.basename(name)}")
            with open(kept, "wb") as file:
                file.write(damaged)
            raise Failed(f"{failure} (the damaged file is {kept})") from None
        yield


def options(trial):
    """every option of a command with values that nobody should give, alone and in pairs: wrong usage, or a result"""
    commands = [
        (["fit", "csv"], ["--data", "table.csv", "--target", "size", "--steps", "2", "--seed", "1", "--out", "made", "--force"]),
        (["fit", "text"], ["--data", "text.txt", "--steps", "2", "--seed", "1", "--out", "made", "--force"]),
        (["fit", "glyphs"], ["--steps", "1", "--seed", "1", "--out", "made", "--force"]),
        (["compare", "csv"], ["--data", "table.csv", "--target", "size", "--steps", "5", "--seeds", "1",
                              "--optimizers", "sgd", "--rates", "0.1", "--out", "made", "--force"]),
        (["sweep", "csv"], ["--data", "table.csv", "--target", "size", "--steps", "5", "--trials", "2",
                            "--over", "hidden=choice(4,8)", "--out", "made", "--force"]),
        (["find-rate", "moons"], ["--test-steps", "20", "--seed", "1"]),
        (["race"], ["--steps", "20", "--out", "made", "--force"]),
        (["predict", "table"], ["--data", "table.csv", "--out", "made.csv"]),
        (["sample", "words"], ["--length", "5"]), (["evaluate", "table"], []), (["report", "table"], []),
        (["export", "table"], ["--format", "onnx", "--out", "made.onnx", "--force"]),
        (["runs", "compare", "table", "words"], []), (["gradcheck"], ["--filter", "exp"]),
    ]
    run_of(trial, "table", ["csv", "--data", "table.csv", "--target", "size"])
    run_of(trial, "words", ["text", "--data", "text.txt", "--batch-size", "4"], steps=5)
    known = []
    for command, usual in commands:
        _, text, _ = trial.run(["help", *command[: 2 if command[0] in ("fit", "compare", "sweep", "find-rate") else 1]])
        names = re.findall(r"^  (--[a-z0-9-]+)", text.decode(), re.MULTILINE)
        # Files would be written outside of the folder of this trial.
        known += [(command, usual, name) for name in names if name not in ("--out", "--tensorboard", "--name")]
    for number in range(1 << 30):
        command, usual, name = known[number] if number < len(known) else trial.random.choice(known)
        names = [name]
        if trial.random.random() < 0.5:
            names.append(trial.random.choice([other for of, _, other in known if of is command]))
        rest = list(usual)
        for name in set(names) & set(rest):
            at = rest.index(name)
            del rest[at : at + (1 if name == "--force" else 2)]
        given = [part for name in names for part in (name, trial.random.choice(mutants.HOSTILE_VALUES))]
        limit = ["--time-limit", "1s"] if command[0] == "fit" and "--time-limit" not in names else []
        shutil.rmtree(trial.path("made"), ignore_errors=True)
        # A search of 2⁶³ steps is no error; it ends when it is asked to.
        statuses, wait = (CLEAN, None) if command[0] == "fit" else ({*CLEAN, 130}, 20)
        trial.run([*command, *rest, *limit, *given], allowed=statuses, timeout=40, interrupted_after=wait)
        yield


def names(trial):
    """names and symbolic links that lead elsewhere or hold markup: nothing outside the run's folder
    changes, pages hold no markup of data, exported Python only its strings"""
    import ast
    import csv
    import html.parser
    import xml.dom.minidom
    marks = ["<script>alert(1)</script>", "</script><img src=x onerror=alert(2)>", "a\"b'c&d", "\\", "\\\"+x+\"",
             "{{x}}", "${x}", "'''", "é✓", "a,b", "=1+1"]
    for number in range(1 << 30):
        picked = trial.random.sample(marks, 4)
        with open(trial.path("marks.csv"), "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow([picked[0], picked[1], "kind", "class"])
            for i in range(120):
                a, b = trial.random.random(), trial.random.random()
                writer.writerow([f"{a:.3f}", f"{b:.3f}", picked[2 + (b > 0.5)], picked[2 + (a + b > 1)]])
        shutil.rmtree(trial.path("marked"), ignore_errors=True)
        trial.run(["fit", "csv", "--data", "marks.csv", "--target", "class", "--seed", "1", "--steps", "40", "--quiet", "--out", "marked"], allowed={0})
        allowed = {"script", "img", "svg"}

        class Reader(html.parser.HTMLParser):
            def handle_starttag(self, tag, attributes):
                given = dict(attributes)
                if tag in ("img", "iframe", "object", "embed", "link") or any(k.startswith("on") for k in given):
                    raise Failed(f"report.html has <{tag} {given}> for {picked}")
                for key in ("src", "href"):
                    if not (given.get(key) or "#").startswith("#"):
                        raise Failed(f"report.html leads to {given[key]}")

            def handle_data(self, data):
                if self.rawdata and "alert(" in data and self.lasttag == "script":
                    raise Failed(f"report.html runs {data[:100]}")

        with open(trial.path("marked/report.html"), encoding="utf-8") as file:
            Reader().feed(file.read())
        xml.dom.minidom.parse(trial.path("marked/loss.svg"))
        trial.run(["export", "marked", "--format", "pytorch", "--out", "marked-torch", "--force"] if os.path.exists(trial.path("marked-torch")) else
                  ["export", "marked", "--format", "pytorch", "--out", "marked-torch"], allowed={0, 64, 74})
        for name in os.listdir(trial.path("marked-torch")):
            if name.endswith(".py"):
                with open(trial.path("marked-torch/" + name), encoding="utf-8") as file:
                    ast.parse(file.read())
        shutil.rmtree(trial.path("marked-torch"))
        yield
        # A link in place of each file of a run.
        for command in (["fit", "xor", "--steps", "20", "--seed", "1", "--quiet", "--out", "linked", "--force"],
                        ["resume", "linked", "--steps", "60", "--quiet"]):
            shutil.rmtree(trial.path("linked"), ignore_errors=True)
            trial.run(["fit", "xor", "--steps", "40", "--seed", "1", "--quiet", "--out", "linked"], allowed={0})
            with open(trial.path("precious"), "w", encoding="utf-8") as file:
                file.write("precious")
            name = trial.random.choice(os.listdir(trial.path("linked")))
            os.unlink(trial.path("linked/" + name))
            os.symlink(trial.path("precious"), trial.path("linked/" + name))
            trial.run(command)
            with open(trial.path("precious"), encoding="utf-8") as file:
                if file.read() != "precious":
                    raise Failed(f"train {' '.join(command)} wrote through the link {name}")
            yield
        # Names of weights that lead elsewhere.
        before = set(os.listdir(os.path.dirname(trial.folder)))
        mutants.write_weights(trial.path("names.safetensors"), ["../../escaped", "/tmp/escaped", "a/../../b"])
        trial.run(["fit", "xor", "--steps", "2", "--quiet", "--from", "names.safetensors", "--out", "named", "--force"])
        if set(os.listdir(os.path.dirname(trial.folder))) != before or os.path.exists("/tmp/escaped"):
            raise Failed("a name of a weight made a file")
        yield


def results(trial):
    """results go into pipes and never over what they are made of, nor over a run; words that are no text are refused"""
    run_of(trial, "table", ["csv", "--data", "table.csv", "--target", "size"])
    with open(trial.path("table.csv"), "rb") as file:
        table = file.read()
    predict, report = ["predict", "table", "--data", "table.csv"], ["report", "table", "--quiet"]

    def content(folders=("table",)):
        names = [f"{folder}/{name}" for folder in folders for name in sorted(os.listdir(trial.path(folder)))]
        found = {}
        for name in ["table.csv", *names]:
            with open(trial.path(name), "rb") as file:
                found[name] = file.read()
        return found

    before = content()
    # The results of other commands, and folders that are read.
    fit = ["fit", "csv", "--data", "table.csv", "--target", "size", "--from", "table", "--force"]
    for command, target in [
            (predict, "other/config.json"), (predict, "other/summary.json"), (predict, "other"),
            (report, "other/report.html"), (["find-rate", "xor", "--test-steps", "20"], "other/loss.svg"),
            (["export", "table", "--format", "onnx", "--force"], "other/metrics.jsonl"),
            (["export", "table", "--format", "pytorch", "--force"], "other"),
            (["race", "--around", "table", "--force"], "table"), (fit, "table")]:
        shutil.rmtree(trial.path("other"), ignore_errors=True)
        shutil.copytree(trial.path("table"), trial.path("other"))
        os.unlink(trial.path("other/summary.json"))
        both = content(("table", "other"))
        trial.run([*command, "--out", target], allowed={64})
        if content(("table", "other")) != both:
            raise Failed(f"train {' '.join(command)} --out {target}: changed a run")
        yield
    inputs = ["config.json", "best.safetensors", "checkpoint.safetensors", "metrics.jsonl", "summary.json"]
    for number in range(1 << 30):
        name = trial.random.choice(["table/" + name for name in inputs])
        command = trial.random.choice([predict, report])
        if command == predict and trial.random.random() < 0.3:
            name = "table.csv"
        way = trial.random.choice(["itself", "hard link", "symbolic link", "path"])
        target = {"itself": name, "path": "./table/../" + name}.get(way, "link")
        if target == "link":
            if os.path.lexists(trial.path("link")):
                os.unlink(trial.path("link"))
            (os.link if way == "hard link" else os.symlink)(trial.path(name), trial.path("link"))
        trial.run([*command, "--out", target], allowed={64} if command == predict else {74})
        if content() != before:
            raise Failed(f"train {' '.join(command)} --out {target}: changed {name}")
        yield
        if not os.path.exists(trial.path("pipe")):
            os.mkfifo(trial.path("pipe"))
        reader = os.open(trial.path("pipe"), os.O_RDWR)
        trial.run([*predict, "--out", "pipe"], allowed={0})
        got = os.read(reader, 1 << 16)
        os.close(reader)
        _, printed, _ = trial.run([*predict, "--out", "/dev/fd/1"], allowed={0})
        _, expected, _ = trial.run(predict, allowed={0})
        if not got == printed == expected or got.count(b"\n") != table.count(b"\n"):
            raise Failed(f"train {' '.join(predict)} --out pipe, /dev/fd/1 or nothing: another table")
        yield
        word = bytes(trial.random.randint(128, 255) for _ in range(3)) + b"\xff.csv"
        status = subprocess.run(
            [trial.train.encode(), b"fit", b"csv", b"--data", word, b"--target", b"size"], cwd=trial.folder,
            env=trial.environment(), capture_output=True, check=False).returncode
        if status != 64:
            raise Failed(f"fit csv --data {word!r}: status {status}")
        yield


def places(trial):
    """something else in the place of a file of a run: a message that names it at once, status 74"""
    run_of(trial, "table", ["csv", "--data", "table.csv", "--target", "size"])
    names = sorted(os.listdir(trial.path("table")))
    makers = [lambda path: os.mkfifo(path), lambda path: os.mkdir(path),
              lambda path: os.symlink("/dev/zero", path), lambda path: os.symlink(os.path.basename(path), path)]
    commands = [["resume", "odd", "--steps", "60"], ["report", "odd"], ["evaluate", "odd"],
                ["predict", "odd", "--data", "table.csv"], ["export", "odd", "--format", "onnx", "--force"],
                ["fit", "csv", "--data", "table.csv", "--target", "size", "--from", "odd", "--steps", "2", "--out", "made", "--force"]]
    for number in range(1 << 30):
        shutil.rmtree(trial.path("odd"), ignore_errors=True)
        shutil.copytree(trial.path("table"), trial.path("odd"))
        name = names[number % len(names)]
        os.unlink(trial.path("odd/" + name))
        trial.random.choice(makers)(trial.path("odd/" + name))
        command = trial.random.choice(commands)
        _, _, errors = trial.run(command, allowed={74}, timeout=20)
        # Of a link that leads to itself nothing is there.
        if f"odd/{name}: " not in errors and "holds no run" not in errors:
            raise Failed(f"train {' '.join(command)} with another kind of {name}: {errors}")
        yield


KINDS = {
    "kill": kill, "exit": exit_at_write, "half-write": half_write, "byte": byte, "removal": removal, "full-disk": full_disk,
    "broken-disk": broken_disk, "power": power, "signals": signals, "two-writers": two_writers,
    "output": output, "streams": streams,
    "shortened": shortened, "memory": memory, "threads": threads, "clock": clock, "readers": readers, "options": options,
    "names": names, "results": results, "places": places}


# The parts of the time, where not 1: a kill takes a second, since it waits for a moment of the run.
SHARES = {"kill": 5}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", default=".build/release/train")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--duration", type=float, default=60, help="seconds for all kinds")
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--failures", type=int, default=20, help="failures of a kind after which it ends")
    parser.add_argument("--memory", type=int, default=16, help="GiB that a program may take; 0 is no limit")
    parser.add_argument("--list", action="store_true")
    arguments = parser.parse_args()
    global memory_limit
    memory_limit = arguments.memory
    if arguments.list:
        for name, kind in KINDS.items():
            print(f"{name:12} {' '.join(kind.__doc__.split())}")
        return
    chosen = arguments.kinds.split(",")
    total = 0
    folder = tempfile.mkdtemp()
    try:
        library = os.path.join(folder, "faults.so")
        # The compiler of the Swift toolchain, where there is no other.
        compiler = os.environ.get("CC") or shutil.which("cc") or os.path.join(
            os.path.dirname(os.path.realpath(shutil.which("swift"))), "clang")
        subprocess.run([compiler, "-O1", "-shared", "-fPIC", os.path.join(HERE, "faults.c"), "-o", library, "-ldl"], check=True)
        print("| kind | what happens | cases | failures |\n|---|---|---|---|", flush=True)
        for name in chosen:
            trial = Trial(os.path.abspath(arguments.train), os.path.join(folder, name), f"{arguments.seed} {name}")
            os.makedirs(trial.folder)
            mutants.write_data(trial.folder)
            parts = sum(SHARES.get(kind, 1) for kind in chosen)
            end = time.monotonic() + arguments.duration * SHARES.get(name, 1) / parts
            cases, failures = 0, []
            running = KINDS[name](trial)
            while time.monotonic() < end and len(failures) < arguments.failures:
                try:
                    next(running)
                    cases += 1
                except StopIteration:
                    break
                except (Failed, subprocess.TimeoutExpired) as failure:
                    cases += 1
                    failures.append(failure)
                    print(f"{name}: {failure}", file=sys.stderr, flush=True)
                    # The generator has ended; it goes on with other numbers.
                    running = KINDS[name](trial)
            print(f"| {name} | {' '.join(KINDS[name].__doc__.split())} | {cases} | {len(failures)} |", flush=True)
            total += len(failures)
            shutil.rmtree(trial.folder, ignore_errors=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(total > 0)


if __name__ == "__main__":
    main()
