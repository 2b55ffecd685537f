"""The group `pullbacks` of mutate.py: mutates every pullback in turn.

In the copy of the package, the place where pullbacks are called is changed so that an environment
variable selects an operation, an input and a mutation:

  sign          the gradient with the opposite sign
  scale         the gradient times 1.01
  unbroadcast   the first elements of the gradient of a broadcast input instead of the sums
  swap          the pullback of the other of two inputs
"""
import random
import re
import sys
from dataclasses import dataclass

# Both pullbacks of a sum are the same, so swapping them changes nothing.
EQUIVALENT = {("+/2", "swap")}

HOOK = '''
import CLibrary

/// The selected mutation: operation/inputs, input, kind. With `list`, all possible ones are printed.
enum Mutation {
  static let current = getenv("ADJOINT_MUTATION").map { String(cString: $0) } ?? ""
  static let parts = current.split(separator: " ").map { String($0) }

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


def changed_sources(root):
    """The texts of the files that are changed or new; exits if the source does not contain the expected lines."""
    walk = "Sources/Autograd/Graph/BackwardWalk.swift"
    text = (root / walk).read_text()
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
    return {walk: text, "Sources/Autograd/Mutation.swift": "import Tensor\n" + HOOK.lstrip("\n")}


@dataclass
class PullbackMutant:
    operation: str  # with its number of inputs, as */2
    input: str
    kind: str

    @property
    def selection(self):
        return {"ADJOINT_MUTATION": str(self)}

    def __str__(self):
        return f"{self.operation} {self.input} {self.kind}"


def chosen(listing, filter, sample, seed):
    """The number of mutants of operations whose name contains `filter`, and a sample of them.

    The listing is the output of the tests with the mutation `list`.
    """
    broadcast = set(re.findall(r"BROADCAST (\S+) (\d+)", listing))
    mutants = []
    for operation, index in sorted(set(re.findall(r"MUTABLE (\S+) (\d+)", listing))):
        if filter not in operation:
            continue
        kinds = ["sign", "scale"]
        if (operation, index) in broadcast:
            kinds.append("unbroadcast")
        if operation.endswith("/2") and (operation, "swap") not in EQUIVALENT:
            kinds.append("swap")
        mutants += [PullbackMutant(operation, index, kind) for kind in kinds]
    random.Random(f"{seed} pullbacks").shuffle(mutants)
    return len(mutants), mutants[: sample or None]
