"""What the peers' scripts share: the options, and how a row is timed and printed."""
import argparse
import json
import os
import statistics
import time

GEMM_SIZES = (64, 128, 256, 512, 1024, 2048)
ODD_GEMM_SIZES = (31, 63, 127, 255, 333)  # no multiple of a register block


def parse_options(description, *flags):
    """Reads `--only`, `--threads` and the script's own flags, each a (name, help) pair."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--only", default="", metavar="TEXT", help="only the rows whose name contains TEXT")
    parser.add_argument("--threads", type=int, default=2, metavar="N", help="threads to use (default 2)")
    for name, explanation in flags:
        parser.add_argument(name, action="store_true", help=explanation)
    return parser.parse_args()


def limit_processors(count):
    """Keeps this process to `count` processors; for libraries that size their thread pool by what they see."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:count])


def resident_set(peak=False):
    """The bytes of this process in memory, now or at its peak; 0 where the system does not say."""
    field = "VmHWM:" if peak else "VmRSS:"
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith(field))
    except (OSError, StopIteration):
        return 0


def forget_peak():
    """Lets the peak start again from what is in memory now (Linux)."""
    try:
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
    except OSError:
        pass


class Bench:
    """Times rows and prints each as a JSON object: name, seconds (median of one repetition), unit, value, peak.

    The peak is the greatest resident set of the process so far in bytes, less what the imports took.
    """

    def __init__(self, only, repeat):
        """`repeat(function, count)` calls the function `count` times and waits until its results are there."""
        self.only, self.repeat = only, repeat
        forget_peak()
        self.imports = resident_set()

    def wants(self, name):
        """Whether the row was asked for; ask before building what only this row needs."""
        return self.only in name

    def __call__(self, name, function, work=None, unit="s", minimum_time=0.4, samples=5):
        """`work` is what one repetition does, in the unit's numerator; without it the value is the seconds."""
        if not self.wants(name):
            return
        self.repeat(function, 2)
        inner = max(1, int(minimum_time / samples / max(self._time(function, 1), 1e-7)))
        seconds = statistics.median(self._time(function, inner) / inner for _ in range(samples))
        value = work / seconds if work else seconds
        peak = max(resident_set(peak=True) - self.imports, 0)
        print(json.dumps({"name": name, "seconds": seconds, "unit": unit, "value": value, "peak": peak}), flush=True)

    def _time(self, function, count):
        start = time.perf_counter()
        self.repeat(function, count)
        return time.perf_counter() - start
