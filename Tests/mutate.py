#!/usr/bin/env python3
"""Breaks the library in one place at a time and reports the changes that its tests do not notice.

  python3 Tests/mutate.py --group rules --sample 40 --seed 1
  python3 Tests/mutate.py --list

Groups: known, pullbacks, rules, schedules, layers, losses, kernels, drivers, files; without --group, all.

The package is copied and built once. In the copy, every chosen mutant is in the code beside the
original, and the environment variable ADJOINT_MUTANT selects one of them at run time; the tests of
the group then run once for each. In Swift, a mutated operator is an operator of its own with the
same precedence, which computes one or the other; in C, the expression is one arm of a conditional.
Mutants that do not compile are found by the errors of the build and left out. Only the test targets
that a group needs are built, and a run of the tests ends at its first failure.

The mutants of the group known are written by hand, in mutate_known.py; two tests must notice each.
Those of pullbacks are others, at the place where pullbacks are called; see mutate_pullbacks.py.

A run may use five times the processor time of a run without a mutant, whatever else the machine
does. One that uses more, as in a loop without an end, is neither killed nor a survivor: it is
reported as timed out. Survivors are printed with file, line and change. The script exits with 1 if
there are any.
"""
import argparse
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

import mutate_known
import mutate_pullbacks

ROOT = Path(__file__).resolve().parent.parent

# The sources of a group, and the tests that must notice its mutants: the later ones run only for the
# mutants that the earlier ones leave.
GROUPS = {
    "known": ([], [m.tests for m in mutate_known.mistakes(ROOT)]),
    "pullbacks": ([], ["OpTableTests/gradientsAgreeWithDifferences", "GoldenOperationTests"]),
    "rules": (
        ["Sources/Optim/Rules", "Sources/Optim/Wrappers", "Sources/Optim/*.swift"],
        ["^OptimTests\\.(RuleFormula|OptimizerPath|Wrapper)", "^OptimTests\\."],
    ),
    "schedules": (["Sources/Optim/Schedules"], ["^OptimTests\\..*Schedule", "^OptimTests\\."]),
    "layers": (
        ["Sources/NN/Layers", "Sources/NN/Models", "Sources/NN/Initializer.swift"],
        ["^NNTests\\..*(Layer|Linear|Norm|Recurrent|Attention|Positional|Sequential|Initializer)", "^NNTests\\."],
    ),
    "losses": (["Sources/NN/*Losses.swift", "Sources/NN/Metrics.swift"], ["^NNTests\\..*(Loss|Metric)", "^NNTests\\."]),
    "kernels": (
        ["Sources/CKernels"],
        ["KernelTests", "^TensorTests\\.", "^AutogradTests\\..*(Golden|OpTable|Tail|Extreme|FarFromZero)"],
    ),
    "drivers": (
        ["Sources/Tensor/Drivers"],
        ["^TensorTests\\.(Kernel|Gathering|Matrix|Reduction|Elementwise)",
         "^AutogradTests\\..*(Index|Gather|Scan|EmptyAxis|Number)", "^TensorTests\\.", "^AutogradTests\\."],
    ),
    "files": (
        ["Sources/Tensor/Files", "Sources/Training/Files"],
        ["^TensorTests\\..*(NumPy|Safetensors|Zip|File|Stored)|^TrainingTests\\..*(Checkpoint|File|JSON|RunFolder)",
         "^TensorTests\\.|^TrainingTests\\."],
    ),
}  # fmt: skip
TEST_TARGETS = ["TensorTests", "AutogradTests", "NNTests", "OptimTests", "TrainingTests", "TrainTests", "AdjointTests"]

OPPOSITES = {
    "+": ["-"], "-": ["+"], "*": ["/"], "/": ["*"], "<": ["<=", ">="], "<=": ["<"], ">": [">=", "<="],
    ">=": [">"], "==": ["!="], "!=": ["=="], "&&": ["||"], "||": ["&&"],
}  # fmt: skip
PRECEDENCE = {"+": "Addition", "-": "Addition", "*": "Multiplication", "/": "Multiplication", "..<": "RangeFormation",
              "&&": "LogicalConjunction", "||": "LogicalDisjunction"}  # fmt: skip


@dataclass
class Mutant:
    group: str
    file: str  # relative to the package
    line: int  # from 0
    start: int  # columns of the code that is replaced
    end: int
    kind: str  # operator, constant, swap, negate, drop, range, expression
    original: str
    changed: str
    id: int = 0

    @property
    def key(self):
        return f"{self.start} {self}"

    @property
    def selection(self):
        return {"ADJOINT_MUTANT": str(self.id)}

    def __str__(self):
        return f"{self.file}:{self.line + 1}: {self.original} → {self.changed or 'nothing'}"


# --- Finding mutants ------------------------------------------------------------------------------


def blanked(line):
    """The line with comments and string literals replaced by spaces of the same length."""
    line = re.sub(r'"(?:\\.|[^"\\])*"', lambda m: " " * len(m.group()), line)
    return re.sub(r"//.*", lambda m: " " * len(m.group()), line)


def other_number(text):
    """A constant times 1.01, or an integer plus 1; None for a number that is no such constant."""
    if re.fullmatch(r"\d+", text):
        return str(int(text) + 1)
    if re.fullmatch(r"\d+\.\d+(e-?\d+)?", text):
        return repr(float(text) * 1.01) if float(text) else "0.01"
    return None


def swift_mutants(group, file, text):
    inside_comment = False
    in_string = False
    for number, line in enumerate(text.splitlines()):
        if line.count('"""') % 2:
            in_string = not in_string
            continue
        if in_string or line.lstrip().startswith(("//", "import", "case ", "#", "@", "public init", "public func", "func ")):
            continue
        code = blanked(line)
        if re.search(r"\b(func|struct|class|enum|extension|protocol|typealias|operator|require|fail|assert)\b", code):
            continue

        def mutant(match, kind, changed, part=0):
            return Mutant(group, file, number, match.start(part), match.end(part), kind, match.group(part), changed)

        for m in re.finditer(r"(?<= )(\+|-|\*|/|<=?|>=?|==|!=|&&|\|\|)(?= \S)", code):
            for changed in OPPOSITES[m.group()][:1]:
                yield mutant(m, "operator", changed)
        for m in re.finditer(r"(?<=[\w\])])\.\.<(?=[\w(])", code):
            yield mutant(m, "operator", "..<, one less")
        for m in re.finditer(r"(?<![\w.$\"])(\d+(?:\.\d+)?(?:e-?\d+)?)(?![\w.x\"])", code):
            if (changed := other_number(m.group(1))) and not code[: m.start()].endswith(("$", "[", "-")):
                yield mutant(m, "constant", changed, 1)
        for m in re.finditer(r"\b(true|false)\b", code):
            yield mutant(m, "constant", "false" if m.group() == "true" else "true")
        for m in re.finditer(r"(?<![\w.])(?:Swift\.)?(min|max)\((?=[^)])", code):
            yield mutant(m, "bound", ("max(" if m.group(1) == "min" else "min("))
        for m in re.finditer(r"(?<![\w.])([a-z]\w*)\(([a-z]\w*), ([a-z]\w*)\)", code):
            if m.group(1) not in ("min", "max", "if", "switch", "add"):
                yield mutant(m, "swap", f"{m.group(1)}({m.group(3)}, {m.group(2)})")
        if m := re.match(r"\s*(?:\} else )?(?:if|guard|while) ([^{},]*?) (?:\{|else \{)", code):
            if not re.search(r"\b(let|var|case)\b|#", m.group(1)):
                yield mutant(m, "negate", f"!({m.group(1)})", 1)
        if m := re.fullmatch(r"\s+((?:[\w.\[\]?!]+ [-+*/]?= [^{}]+)|(?:[a-z][\w.]*\([^{}]*\)))\s*", code):
            if "//" in line or re.match(r"\s*self\.\w+ = \w+\s*$", code):
                continue
            if code.count("(") == code.count(")") and not code.rstrip().endswith((",", "=", "+", "?", ":", "(")):
                text_of = line[m.start(1) : m.end(1)]
                yield Mutant(group, file, number, m.start(1), len(line), "drop", text_of, "")


def c_mutants(group, file, text):
    lines = text.splitlines()
    regions = []  # whether each enclosing #if compiles here
    for number, line in enumerate(lines):
        if m := re.match(r"#\s*(if|ifdef|ifndef|elif|else|endif)\b(.*)", line):
            if m.group(1).startswith("if"):
                regions.append("AVX512" not in m.group(2))
            elif m.group(1) == "endif":
                regions.pop()
            else:
                regions[-1] = "AVX512" not in m.group(2)
            continue
        code = blanked(line)
        if not all(regions) or re.match(r"\s*(enum|typedef|static const|extern|#include|#undef)", code):
            continue
        spans = [(m.start(1), m.end(1)) for m in re.finditer(r"(?:(?<![=!<>])=|return) ([^=;{}]+)(?=;)", code)]
        for m in re.finditer(r"\b(?:for \([^;]*; ([^;]+);|if \((.+?)\) (?:return|continue|break|for|\w+ [-+*]?=|\{))", code):
            part = 1 if m.group(1) else 2
            spans.append((m.start(part), m.end(part)))
        for start, end in spans:
            piece = code[start:end]
            if piece.count("(") != piece.count(")") or "{" in piece or '"' in piece or "?" in piece and ":" not in piece:
                continue
            changes = [(m, c) for m in re.finditer(r"(?<= )(\+|-|\*|/|<=?|>=?|==|!=|&&|\|\||&|\|)(?= )", piece)
                       for c in (OPPOSITES.get(m.group()) or ["|" if m.group() == "&" else "&"])[:1]]
            changes += [(m, c) for m in re.finditer(r"(?<![\w.])\d+(?:\.\d+(?:e-?\d+)?(?=f?\b))?(?![\w.]*x)", piece)
                        if (c := other_number(m.group()))]
            if re.fullmatch(r"[-+*/ \w\[\]().,>]+", piece) and "," in piece:
                changes += [(m, f"{m.group(1)}({m.group(3)}, {m.group(2)}") for m in re.finditer(r"(v_\w+|N\(\w+\))\((\w+), (\w+)", piece)]
            for m, changed in changes:
                mutated = piece[: m.start()] + changed + piece[m.end() :]
                yield Mutant(group, file, number, start, end, "expression", line[start:end], mutated)


def mutants_of(group):
    found = []
    for pattern in GROUPS[group][0]:
        paths = ROOT.glob(pattern) if "*" in pattern else [ROOT / pattern]
        for path in paths:
            files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
            for file in files:
                name = str(file.relative_to(ROOT))
                if file.suffix == ".swift":
                    found += swift_mutants(group, name, file.read_text())
                elif file.suffix in (".inc", ".c") and "tables" not in file.name:
                    found += c_mutants(group, name, file.read_text())
    return found


# --- Building them --------------------------------------------------------------------------------


def operator_name(mutant):
    """The operator followed by the digits of its number, base 16, as arrows, which are operator characters."""
    return mutant.original + "".join(chr(0x2190 + int(digit, 16)) for digit in f"{mutant.id:x}")


def operator_declarations(mutant, has_tensors):
    name, old, new = operator_name(mutant), mutant.original, mutant.changed
    on = f"selectedMutant == {mutant.id}"
    precedence = PRECEDENCE.get(old, "Comparison")
    lines = [f"infix operator {name}: {precedence}Precedence"]
    if old == "..<":
        lines.append(f"func {name} (a: Int, b: Int) -> Range<Int> {{ a..<({on} ? max(a, b - 1) : b) }}")
    elif precedence == "Comparison":
        protocol = "Equatable" if old in ("==", "!=") else "Comparable"
        lines.append(f"func {name} <T: {protocol}>(a: T, b: T) -> Bool {{ {on} ? a {new} b : a {old} b }}")
    elif precedence.startswith("Logical"):
        lines.append(f"func {name} (a: Bool, b: @autoclosure () throws -> Bool) rethrows -> Bool "
                     f"{{ {on} ? try a {new} b() : try a {old} b() }}")
    else:
        types = [(t, t, t) for t in ("Int", "Double", "Float", "UInt64", "Int64", "UInt32")]
        if has_tensors:
            types += [("Tensor", "Tensor", "Tensor"), ("Tensor", "Double", "Tensor"), ("Double", "Tensor", "Tensor")]
        for a, b, y in types:
            safe = f"(b == 0 ? 0 : a {new} b)" if "Int" in a and new == "/" else f"a {new} b"
            wrapped = safe.replace("+", "&+").replace("-", "&-").replace("*", "&*") if "Int" in a else safe
            lines.append(f"func {name} (a: {a}, b: {b}) -> {y} {{ {on} ? {wrapped} : a {old} b }}")
    return lines


SUPPORT = '''
let selectedMutant = getenv("ADJOINT_MUTANT").flatMap { Int(String(cString: $0)) } ?? 0
@inline(never) func mutated<T>(_ id: Int, _ original: T, _ other: T) -> T { selectedMutant == id ? other : original }
@inline(never) func mutated<T>(swap id: Int, _ original: @autoclosure () throws -> T, _ other: @autoclosure () throws -> T) rethrows -> T {
  selectedMutant == id ? try other() : try original()
}
@inline(never) func mutatedBound<T: Comparable>(_ id: Int, takesLeast: Bool, _ a: T, _ b: T) -> T {
  (selectedMutant == id) != takesLeast ? min(a, b) : max(a, b)
}
'''


def replacement(mutant, code):
    """The code that stands in place of `code`."""
    id = mutant.id
    if mutant.kind == "operator":
        return operator_name(mutant)
    if mutant.kind == "constant":
        return f"mutated({id}, {code}, {mutant.changed})"
    if mutant.kind == "bound":
        return f"mutatedBound({id}, takesLeast: {'true' if 'min' in code else 'false'}, "
    if mutant.kind == "swap":
        return f"mutated(swap: {id}, {code}, {mutant.changed})"
    if mutant.kind == "negate":
        return f"(selectedMutant == {id}) != ({code})"
    if mutant.kind == "drop":
        return f"if selectedMutant != {id} {{ {code} }}"
    return f"(ck_mutant == {id} ? ({mutant.changed}) : ({code}))"


def test_targets(groups):
    """The test targets that the tests of the groups are in."""
    tests = " ".join(pattern for group in groups for pattern in GROUPS[group][1])
    named = {target for target in TEST_TARGETS if target in tests}
    if "OpTableTests" in tests:
        named.add("AutogradTests")
    return named | ({"TensorTests"} if "KernelTests" in tests else set())


def manifest(groups):
    """The manifest without the test targets and programs that no group needs."""
    text = (ROOT / "Package.swift").read_text()
    removed = {*TEST_TARGETS, "Benchmarks"} - test_targets(groups)
    if "TrainTests" in removed:
        removed.add("Train")
        text = text.replace('    .executable(name: "train", targets: ["Train"]),\n', "")
    for target in removed:
        text = re.sub(rf'    \.(testTarget|executableTarget)\(\s*name: "{target}"(.|\n)*?\),\n(?=    \.|  \])', "", text)
    return text


def write_sources(package, mutants, groups):
    """Writes the sources with all mutants; one per place, so that none is inside another."""
    texts = {"Package.swift": manifest(groups)}  # of the files that are not copies
    modules = {}
    by_file = {}
    for mutant in mutants:
        by_file.setdefault(mutant.file, []).append(mutant)
    for file, chosen in by_file.items():
        lines = (ROOT / file).read_text().split("\n")
        for mutant in sorted((m for m in chosen if m.kind != "mistake"), key=lambda m: (m.line, -m.start)):
            line = lines[mutant.line]
            code = line[mutant.start : mutant.end]
            lines[mutant.line] = line[: mutant.start] + replacement(mutant, code) + line[mutant.end :]
        texts[file] = "\n".join(lines)
        for mistake in chosen:
            if mistake.kind == "mistake":
                texts[file] = mutate_known.apply(mistake, texts[file])
        if file.endswith(".swift"):
            modules.setdefault(file.split("/")[1], []).extend(chosen)
    for module, chosen in modules.items():
        text = "import CLibrary\n"
        text += "" if module == "Tensor" else "import Tensor\nimport Autograd\n" if module != "Autograd" else "import Tensor\n"
        declarations = [line for m in chosen if m.kind == "operator"
                        for line in operator_declarations(m, module not in ("Tensor",))]
        texts[f"Sources/{module}/SelectedMutant.swift"] = text + SUPPORT + "\n".join(declarations) + "\n"
    if any(m.kind == "expression" for m in mutants):
        header = "Sources/CKernels/include/CKernels.h"
        text = (ROOT / header).read_text()
        first = text.index("#include")
        texts[header] = text[:first] + "extern int ck_mutant;\n" + text[first:]
        texts["Sources/CKernels/SelectedMutant.c"] = (
            '#include <stdlib.h>\nint ck_mutant;\n__attribute__((constructor)) static void select_mutant(void) {\n'
            '  const char *text = getenv("ADJOINT_MUTANT");\n  ck_mutant = text ? atoi(text) : 0;\n}\n')
    if "pullbacks" in groups:
        texts |= mutate_pullbacks.changed_sources(ROOT)
    for file, text in texts.items():
        write_if_changed(package / file, text)
    copied = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True,
                            text=True, check=True).stdout.split("\n")
    for file in copied:
        if file and file not in texts and (ROOT / file).is_file():
            copy_if_changed(ROOT / file, package / file)
    for path in [p for folder in ("Sources", "Tests") for p in (package / folder).rglob("*") if p.is_file()]:
        if str(path.relative_to(package)) not in {*texts, *copied}:
            path.unlink()


def write_if_changed(path, text):
    if not path.exists() or path.read_text() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def copy_if_changed(source, target):
    if not target.exists() or source.read_bytes() != target.read_bytes():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


def chosen_mutants(group, sample, seed, known):
    """A sample of places, at most one mutant per piece of code and none where a known one is."""
    found = mutants_of(group)
    random.Random(f"{seed} {group}").shuffle(found)
    chosen, taken = [], set()
    known_lines = {(m.file, m.line) for m in known}
    for mutant in found:
        if (mutant.file, mutant.line) in known_lines:
            continue
        span = {(mutant.file, mutant.line, column) for column in range(mutant.start, mutant.end)}
        if not span & taken:
            taken |= span
            chosen.append(mutant)
        if sample and len(chosen) == sample:
            break
    return len(found), chosen


def build(package, mutants, groups, prefix):
    """Builds, leaving out the mutants on lines with errors; returns the mutants that compile."""
    # A module alone shows its errors sooner than all tests do.
    modules = [name for name in ("CKernels", "Tensor", "Autograd", "NN", "Optim", "Training")
               if any(m.file.startswith(f"Sources/{name}/") for m in mutants)]
    steps = [["--target", module] for module in modules] + [["--build-tests"]]
    known = package.parent / "not-compiling.txt"
    lines = known.read_text().splitlines() if known.exists() else []
    rejected = [m for m in mutants if m.key in lines]
    mutants = [m for m in mutants if m.key not in lines]
    write_sources(package, mutants, groups)
    while steps:
        result = subprocess.run(prefix + ["swift", "build", *steps[0]], cwd=package, capture_output=True, text=True)
        if result.returncode == 0:
            steps.pop(0)
            continue
        text = result.stdout + result.stderr
        places = {(m.group(1), int(m.group(2))) for m in re.finditer(r"(Sources/[\w/+.-]+):(\d+):\d+: (?:fatal )?(?:error|note)", text)}
        bad = [m for m in mutants if (m.file, m.line + 1) in places]
        if not bad:
            files = {file for file, _ in places}
            bad = [m for m in mutants if m.file in files]
        if not bad:
            sys.exit("mutate: the copy does not build\n" + "\n".join(l for l in text.splitlines() if "error:" in l)[-5000:])
        rejected += bad
        mutants = [m for m in mutants if m not in bad]
        known.write_text("".join(f"{m.key}\n" for m in rejected))
        print(f"{len(bad)} mutants do not compile", flush=True)
        write_sources(package, mutants, groups)
    return mutants, rejected


@dataclass
class Run:
    outcome: str  # passed, failed, timed out
    processor_time: float
    output: str
    failures: list  # the names of tests that failed


def run_known(package, mistakes, prefix):
    """Runs the tests for each known mistake; returns those that fewer than two tests notice, and none."""
    left = []
    for number, mistake in enumerate(mistakes, 1):
        run = run_tests(package, mistake.selection, mistake.tests, prefix, 300, enough=2)
        if len(run.failures) < 2:
            left.append(mistake)
        print(f"known {number}/{len(mistakes)} {run.outcome}, noticed by {run.failures} {mistake}", flush=True)
    return left, []


def run_tests(package, selection, tests, prefix, processor_time, enough=1):
    """Runs tests until `enough` of them have failed, with at most `processor_time` seconds of a processor."""
    # A mutant may crash the tests, and printing a backtrace would take seconds.
    environment = dict(os.environ, SWIFT_BACKTRACE="enable=no", **selection)
    binary = package / ".build/debug/AdjointPackageTests.xctest"

    def limit():
        resource.setrlimit(resource.RLIMIT_CPU, (int(processor_time), int(processor_time) + 5))
        resource.setrlimit(resource.RLIMIT_AS, (16 << 30, 16 << 30))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    process = subprocess.Popen(
        prefix + [str(binary), "--testing-library", "swift-testing", "--filter", tests], cwd=package, env=environment,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", preexec_fn=limit,
        start_new_session=True)
    # A mutant that waits for ever uses no processor time.
    patience = threading.Timer(600 + 20 * processor_time, os.killpg, (process.pid, signal.SIGXCPU))
    patience.start()
    lines, failures = [], set()
    for line in process.stdout:
        lines.append(line)
        if m := re.search(r"Test (.+?)(?:\(.*)? recorded an issue", line):
            failures.add(m.group(1))
            if len(failures) == enough:
                break
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    if len(failures) == enough:
        os.killpg(process.pid, signal.SIGKILL)
    process.stdout.close()
    code = process.wait()
    patience.cancel()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    stopped = code in (-signal.SIGXCPU, -signal.SIGKILL) and len(failures) < enough
    outcome = "failed" if failures else "timed out" if stopped else "failed" if code else "passed"
    return Run(outcome, used, "".join(lines), sorted(failures))


def run_group(group, package, mutants, prefix):
    """Runs the tests of a group for each of its mutants; returns those that survive and those that time out."""
    left, stuck = mutants, []
    for tests in GROUPS[group][1]:
        if not left:
            break
        plain = run_tests(package, {}, tests, prefix, 3000)
        if plain.outcome != "passed":
            sys.exit(f"mutate: the tests of {group} fail without a mutant\n" + plain.output[-4000:])
        limit = 20 + 5 * plain.processor_time
        print(f"{group}: {tests} takes {plain.processor_time:.1f} s", flush=True)
        survivors = []
        for number, mutant in enumerate(left, 1):
            outcome = run_tests(package, mutant.selection, tests, prefix, limit).outcome
            if outcome == "passed":
                survivors.append(mutant)
            elif outcome == "timed out":
                stuck.append(mutant)
            said = {"passed": "survives", "failed": "killed"}.get(outcome, outcome)
            print(f"{group} {number}/{len(left)} {said} {mutant}", flush=True)
        left = survivors
    return left, stuck


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--group", action="append", choices=[*GROUPS], help="only this group; may be repeated")
    parser.add_argument("--sample", type=int, default=40, help="mutants of each group, 0 for all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--filter", default="", metavar="TEXT", help="pullbacks: only operations with TEXT in their names")
    parser.add_argument("--keep", metavar="FOLDER", help="build in FOLDER and keep the build for the next run")
    parser.add_argument("--prefix", default="", metavar="COMMAND", help="run builds and tests by this command")
    parser.add_argument("--list", action="store_true", help="print the mutants of the sample and stop")
    options = parser.parse_args()
    groups = options.group or [*GROUPS]
    prefix = options.prefix.split()
    known = mutate_known.mistakes(ROOT) if "known" in groups else []
    chosen = {g: (len(known), known) if g == "known" else chosen_mutants(g, options.sample, options.seed, known)
              for g in groups if g != "pullbacks"}
    mutants = [m for _, some in chosen.values() for m in some]
    for id, mutant in enumerate(mutants, 1):
        mutant.id = id
    if options.list:
        for mutant in mutants:
            print(mutant.group, mutant)
        return
    folder = Path(options.keep or tempfile.mkdtemp())
    package = folder / "package"
    package.mkdir(parents=True, exist_ok=True)
    compiling, rejected = build(package, mutants, groups, prefix)
    print(f"{len(compiling)} mutants built", flush=True)
    failed = False
    for group in groups:
        if group == "pullbacks":
            listing = run_tests(package, {"ADJOINT_MUTATION": "list"}, "|".join(GROUPS[group][1]), prefix, 3000)
            total, of_group = mutate_pullbacks.chosen(listing.output, options.filter, options.sample, options.seed)
        else:
            total, of_group = chosen[group][0], [m for m in compiling if m.group == group]
        if group == "known":
            survivors, stuck = run_known(package, of_group, prefix)
        else:
            survivors, stuck = run_group(group, package, of_group, prefix)
        failed = failed or bool(survivors)
        for mutant in survivors:
            print("survived:", mutant, flush=True)
        for mutant in stuck:
            print("timed out:", mutant, flush=True)
        left_out = sum(m.group == group for m in rejected)
        print(f"{group}: {len(of_group)} of {total} places, {left_out} not compiling, "
              f"{len(of_group) - len(survivors) - len(stuck)} killed, {len(survivors)} survived, {len(stuck)} timed out",
              flush=True)
    if not options.keep:
        shutil.rmtree(folder)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
