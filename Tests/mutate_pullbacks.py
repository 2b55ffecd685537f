"""The group `pullbacks` of mutate.py: mutates every pullback in turn and runs the gradient tests.

It takes some twenty minutes on two cores. The package is copied. In the copy, the place where pullbacks are called is
changed so that an environment variable selects an operation, an input and a mutation:

  sign          the gradient with the opposite sign
  scale         the gradient times 1.01
  unbroadcast   the first elements of the gradient of a broadcast input instead of the sums
  swap          the pullback of the other of two inputs

The gradient tests then run once for each mutant.
"""
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TESTS = "OpTableTests.gradientsAgreeWithDifferences|GoldenOperationTests"
# Both pullbacks of a sum are the same, so swapping them changes nothing.
EQUIVALENT = {("+/2", "swap")}

HOOK = '''
import Foundation

/// The selected mutation: operation/inputs, input, kind. With `list`, all possible ones are printed.
enum Mutation {
  static let current = ProcessInfo.processInfo.environment["ADJOINT_MUTATION"] ?? ""
  static let parts = current.split(separator: " ").map(String.init)

  static func isOn(_ node: Node, _ index: Int, _ kind: String) -> Bool {
    if current == "list" {
      if kind == "sign" { print("MUTABLE \\(node.operation)/\\(node.inputs.count) \\(index)") }
      if kind == "unbroadcast" { print("BROADCAST \\(node.operation)/\\(node.inputs.count) \\(index)") }
      return false
    }
    return parts.count == 3 && parts[0] == "\\(node.operation)/\\(node.inputs.count)" && parts[1] == "\\(index)"
      && parts[2] == kind
  }

  static func change(_ gradient: Tensor, _ node: Node, _ index: Int) -> Tensor {
    if isOn(node, index, "sign") { return -gradient }
    if isOn(node, index, "scale") { return gradient * 1.01 }
    return gradient
  }
}
'''


def patch(package):
    """Changes the copy; exits if the source does not contain the expected lines."""
    walk = package / "Sources/Autograd/BackwardWalk.swift"
    text = walk.read_text()
    calls = "node.pulledBack(dy, toInput: i, scope: scope)"
    joint = "joint.map { $0[i] }"
    found = "        let found =\n"
    sums = "contribution = contribution.summed(to: input.shape, for: node.operation)"
    check = "if contribution.shape != input.shape {"
    for part in (calls, joint, found, sums, check):
        if text.count(part) != 1:
            sys.exit(f"mutate: {walk} must contain '{part}' exactly once")
    text = text.replace(calls, calls.replace("toInput: i", "toInput: source")).replace(joint, joint.replace("i]", "source]"))
    swap = 'let source = node.inputs.count == 2 && Mutation.isOn(node, i, "swap") ? 1 - i : i\n'
    text = text.replace(found, "        " + swap + found)
    text = text.replace(check, "contribution = Mutation.change(contribution, node, i)\n        " + check)
    text = text.replace(sums, """let count = input.shape.elementCount
          contribution = Mutation.isOn(node, i, "unbroadcast") && contribution.elementCount >= count
            ? contribution.reshaped(to: [-1])[0..<count].reshaped(to: input.shape)
            : contribution.summed(to: input.shape, for: node.operation)""")
    walk.write_text(text)
    (package / "Sources/Autograd/Mutation.swift").write_text("import Tensor\n" + HOOK)


def run(package, mutation, prefix):
    # A mutant may crash the tests, and printing a backtrace would take seconds.
    environment = dict(os.environ, ADJOINT_MUTATION=mutation, SWIFT_BACKTRACE="enable=no")
    command = prefix + ["swift", "test", "-c", "release", "--skip-build", "--filter", TESTS]
    try:
        return subprocess.run(command, cwd=package, env=environment, capture_output=True, text=True, timeout=300)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, "", "")


def run_all(folder, filter, prefix):
    """Builds in a folder, runs the mutants of operations whose name contains `filter`, and returns whether any survived."""
    package = folder / "package"
    package.mkdir(parents=True, exist_ok=True)
    for name in ("Sources", "Tests", "Benchmarks"):
        shutil.rmtree(package / name, ignore_errors=True)
        shutil.copytree(ROOT / name, package / name)
    for name in ("Package.swift", "README.md"):
        shutil.copy(ROOT / name, package / name)
    patch(package)
    command = prefix + ["swift", "build", "-c", "release", "--build-tests"]
    build = subprocess.run(command, cwd=package, capture_output=True, text=True)
    if build.returncode != 0:
        sys.exit(build.stdout[-4000:] + build.stderr[-2000:])
    listing = run(package, "list", prefix)
    if listing.returncode != 0:
        sys.exit("mutate: the tests fail without a mutation\n" + listing.stdout[-4000:])
    mutable = sorted(set(re.findall(r"MUTABLE (\S+) (\d+)", listing.stdout)))
    broadcast = set(re.findall(r"BROADCAST (\S+) (\d+)", listing.stdout))
    mutants = []
    for operation, index in mutable:
        if filter in operation:
            mutants += [(operation, index, kind) for kind in ("sign", "scale")]
            if (operation, index) in broadcast:
                mutants.append((operation, index, "unbroadcast"))
            if operation.endswith("/2") and (operation, "swap") not in EQUIVALENT:
                mutants.append((operation, index, "swap"))
    survivors = []
    for number, mutant in enumerate(mutants, 1):
        killed = run(package, " ".join(mutant), prefix).returncode != 0
        if not killed:
            survivors.append(mutant)
        print(f"pullbacks {number}/{len(mutants)} {'killed' if killed else 'SURVIVED'} {' '.join(mutant)}", flush=True)
    for mutant in survivors:
        print("survived:", *mutant)
    print(f"pullbacks: {len(mutants)} of {len(mutable)} pullbacks, {len(mutants) - len(survivors)} killed, "
          f"{len(survivors)} survived")
    return bool(survivors)
