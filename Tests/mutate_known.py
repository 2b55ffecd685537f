"""The group `known` of mutate.py: mistakes that must make two different tests fail.

Each is a change that is easy to make and whose result looks plausible: a factor left out, a position
counted from the wrong place, a statistic of the wrong rows. One test alone can be lost in a rewrite
without anyone noticing, so a mistake that only one test notices counts as a survivor.
"""
from dataclasses import dataclass

NN = r"^NNTests\..*(Layer|Dropout|Loss|Attention|Positional|Generation)"
OPTIM = r"^OptimTests\."
TRAINING = r"^TrainingTests\."
RANDOM = r"^TensorTests\..*(Random|Generator)|^NNTests\..*(Layer|Initializer)"
INDEXING = r"^AutogradTests\..*(Indexing|GatherAndScatter)|OpTableTests.gradientsAgreeWithDifferences"
GRADIENTS = r"^AutogradTests\..*(Gradient|Parameter|Lifetime|Jacobian|Vmap|Mode|Checkpoint)"
ALGEBRA = r"^AutogradTests\..*LinearAlgebra|OpTableTests.gradientsAgreeWithDifferences"


@dataclass
class Mistake:
    group: str
    name: str
    file: str  # relative to the package
    line: int  # from 0
    edits: list  # (code, change), each code once in the file
    tests: str
    id: int = 0
    kind: str = "mistake"

    @property
    def selection(self):
        return {"ADJOINT_MUTANT": str(self.id)}

    @property
    def key(self):
        return f"known {self.name}"

    def __str__(self):
        return f"{self.file}:{self.line + 1}: {self.name}"


# Name, file, tests, and edits: code and what stands in its place. The code is an expression, or a
# statement if the change is empty; a change with {on}, the condition, stands in its place as it is.
MISTAKES = [
    ("dropout without rescaling", "Sources/NN/Layers/Dropout.swift", NN,
     [("dropout(input, rate: rate, slope: 1 / (1 - rate))", "dropout(input, rate: rate, slope: 1)")]),
    ("channel dropout without rescaling", "Sources/NN/Layers/Dropout.swift", NN,
     [("dropout(ones, rate: rate, slope: 1 / (1 - rate))", "dropout(ones, rate: rate, slope: 1)")]),
    ("alpha dropout without its shift", "Sources/NN/Layers/Dropout.swift", NN,
     [("-scale * saturation * rate", "0.0")]),
    ("alpha dropout without its scale", "Sources/NN/Layers/Dropout.swift", NN,
     [("1 / ((1 - rate) * (1 + rate * saturation * saturation)).squareRoot()", "1.0")]),
    ("the last block of random words is drawn twice", "Sources/Tensor/Random/RandomGenerator.swift", RANDOM,
     [("UInt64(count)", "UInt64(max(count - 1, 1))")]),
    ("random tensors do not advance the generator", "Sources/Tensor/Random/RandomGenerator.swift", RANDOM,
     [("mutating func skip(blocks count: Int) {", "mutating func skip(blocks count: Int) {\n    if {on} { return }")]),
    ("a child generator without its stream", "Sources/Tensor/Random/RandomGenerator.swift", RANDOM,
     [("    child.stream = UInt64(words[3]) << 32 | UInt64(words[2])", "")]),
    ("a resumed run draws another order", "Sources/Training/Trainer/Trainer.swift", TRAINING,
     [("    state.generator = order.generator", "")]),
    ("dropout does not advance the state's generator", "Sources/Training/Trainer/Trainer.swift", TRAINING,
     [("state.stepInEpoch += 1", "state.stepInEpoch += 1\n    if {on} { state.noise = RandomGenerator(seed: 1) }")]),
    ("folds are standardized by all rows", "Sources/Training/Data/CrossValidation.swift", TRAINING,
     [("Standardizer(fitting: x, rows: fold.training)", "Standardizer(fitting: x)")]),
    ("numeric columns are standardized by all rows", "Sources/Training/Data/FeatureEncoder.swift", TRAINING,
     [("return try fittedNumber(of: table, column: column, rows: rows)",
       "return try fittedNumber(of: table, column: column, rows: {on} ? Array(everyRow) : rows)")]),
    ("categories are counted in all rows", "Sources/Training/Data/FeatureEncoder.swift", TRAINING,
     [("rows.map { categories.codes[$0] }", "({on} ? Array(everyRow) : rows).map { categories.codes[$0] }")]),
    ("accumulated batches count alike", "Sources/Optim/GradientAccumulator.swift", OPTIM + "|" + TRAINING,
     [("Double(examples)", "1.0"), ("exampleCount += examples", "exampleCount += {on} ? 1 : examples")]),
    ("an accumulated loss is not weighted", "Sources/Training/Trainer/Trainer.swift", TRAINING,
     [("loss * Double(batch.count)", "loss")]),
    ("ignored labels are smoothed", "Sources/NN/Losses.swift", NN,
     [("targets.masked(uniform)", "uniform")]),
    ("smoothing without class weights", "Sources/NN/Losses.swift", NN,
     [("(-logSoftmax(logits) * classWeights)", "(-logSoftmax(logits))")]),
    ("rotary positions do not count the cache", "Sources/NN/Layers/Sequences/MultiHeadAttention.swift", NN,
     [("cache?.count ?? 0", "0")]),
    ("keys of a cache are rotated as if first", "Sources/NN/Layers/Sequences/MultiHeadAttention.swift", NN,
     [("rotary(k, from: start)", "rotary(k, from: 0)")]),
    ("Adafactor without 1/√t", "Sources/Optim/Rules/Adafactor.swift", OPTIM,
     [("min(context.learningRate, 1 / t.squareRoot())", "context.learningRate")]),
    ("Adafactor without the size of the parameter", "Sources/Optim/Rules/Adafactor.swift", OPTIM,
     [("max(epsilon2, rootMeanSquare(parameter))", "epsilon2")]),
    ("RMSProp replaces an epsilon of 0", "Sources/Optim/Rules/RMSProp.swift", OPTIM,
     [("settings.epsilon = epsilon", "settings.epsilon = {on} && epsilon == 0 ? 1e-8 : epsilon")]),
    ("a gradient flows to elements that were overwritten", "Sources/Autograd/Operations/Shapes/Indexing.swift", INDEXING,
     [("        gradient[indices] = Tensor(0, dtype: dy.dtype)", "")]),
    ("a gradient flows to values that others overwrote", "Sources/Autograd/Operations/Shapes/Indexing.swift", INDEXING,
     [("picks?.mayRepeat != true", "true")]),
    ("negative positions in index tensors are one off", "Sources/Autograd/Operations/Shapes/AdvancedIndices.swift", INDEXING,
     [("numbers[i] = position + size", "numbers[i] = {on} ? Swift.max(position + size - 1, 0) : position + size")]),
    ("pairs of positions are joined by the wrong axis", "Sources/Autograd/Operations/Shapes/AdvancedIndices.swift", INDEXING,
     [("joined * Double(pick.size)", "joined * Double(picks[0].size)")]),
    ("separated picks stay in their place", "Sources/Autograd/Operations/Shapes/AdvancedIndices.swift", INDEXING,
     [("isSeparated ? 0 : joinedAxis", "joinedAxis")]),
    ("the order of axes is not undone in a gradient", "Sources/Autograd/Operations/Shapes/AdvancedIndices.swift", INDEXING,
     [("order.firstIndex(of: axis) ?? axis", "order[axis]")]),
    ("auxiliary results keep the graph", "Sources/Autograd/Graph/GradientScope.swift", GRADIENTS,
     [("run(in: scope.outer) { mappingTensors(in: auxiliary) { scope.leaving($0) } }", "auxiliary")]),
    ("the second of two auxiliary results keeps the graph", "Sources/Autograd/GradientFunctions.swift", GRADIENTS,
     [("mappingTensors(in: second, transform)", "second")]),
    ("replaced values are lost where no gradient is asked for", "Sources/Autograd/Graph/GradientScope.swift", GRADIENTS,
     [("if !isReplacement { return outer }", "if {on} || !isReplacement { return outer }")]),
    ("replaced values keep their graph where no gradient is asked for", "Sources/Autograd/Graph/GradientScope.swift", GRADIENTS,
     [("leaves.map(\\.detached)", "leaves")]),
    ("a scope hides the values of the outer one", "Sources/Autograd/Graph/GradientScope.swift", GRADIENTS,
     [("return outer?.value(of: parameter)", "if {on} { return nil }\n    return outer?.value(of: parameter)")]),
    ("a gradient function ignores the mode", "Sources/Autograd/GradientFunctions.swift", GRADIENTS,
     [("scope.run(mode: mode)", "scope.run(mode: {on} ? .current : mode)")]),
    ("a value leaves its scope with the graph", "Sources/Autograd/Graph/GradientScope.swift", GRADIENTS,
     [("return value.detached", "return {on} ? value : value.detached")]),
    ("the gradient of a solution solves with the matrix itself", "Sources/Autograd/Operations/LinearAlgebra/LinearSystems.swift",
     ALGEBRA, [("factors.solve(dx, batch: batch, isTransposed: true)", "factors.solve(dx, batch: batch)")]),
    ("the gradient of a transposed triangle", "Sources/Autograd/Operations/LinearAlgebra/LinearSystems.swift",
     ALGEBRA, [("isTransposed ? (x, db) : (db, x)", "(db, x)")]),
    ("a gradient flows to a diagonal of ones", "Sources/Autograd/Operations/LinearAlgebra/LinearSystems.swift",
     ALGEBRA, [("if !hasUnitDiagonal { return [slope, db] }", "if {on} || !hasUnitDiagonal { return [slope, db] }")]),
    ("the diagonal of a Cholesky gradient is not halved", "Sources/Autograd/Operations/LinearAlgebra/LinearSystems.swift",
     ALGEBRA, [("(product.diagonal() * 0.5)", "(product.diagonal() * 0)")]),
    ("the gradient at a singular determinant", "Sources/Autograd/Operations/LinearAlgebra/LinearSystems.swift",
     ALGEBRA, [("determinant(u) * determinant(vt)", "determinant(u)")]),
    ("the gradient of a log-determinant is not transposed", "Sources/Autograd/Operations/LinearAlgebra/LinearSystems.swift",
     ALGEBRA, [("inverse(saved.input).transposed()", "inverse(saved.input)")]),
    ("the gradient of QR mirrors with the diagonal", "Sources/Autograd/Operations/LinearAlgebra/Decompositions.swift",
     ALGEBRA, [("inner.lowerTriangle(offset: -1).transposed()", "inner.lowerTriangle().transposed()")]),
    ("the gradient of eigh is not symmetric", "Sources/Autograd/Operations/LinearAlgebra/Decompositions.swift",
     ALGEBRA, [("return symmetric(whole)", "return {on} ? whole : symmetric(whole)")]),
    ("the gradient of eigh has gaps of the other sign", "Sources/Autograd/Operations/LinearAlgebra/Decompositions.swift",
     ALGEBRA, [("values.expanded(along: -2) - values.expanded(along: -1)", "values.expanded(along: -1) - values.expanded(along: -2)")]),
    ("the gradient of SVD stays within the space of u", "Sources/Autograd/Operations/LinearAlgebra/Decompositions.swift",
     ALGEBRA, [("inside + matmul((outside * reciprocalOrZero(column)).transposed(), vt)", "inside")]),
    ("the pseudo-inverse misses a term of its gradient", "Sources/Autograd/Operations/LinearAlgebra/MatrixFunctions.swift",
     ALGEBRA, [("third - matmul(matmul(third, y), x) - first", "third - first")]),
]  # fmt: skip


def mistakes(root):
    """The mistakes, with the lines at which their first edit is."""
    found = []
    for name, file, tests, edits in MISTAKES:
        text = (root / file).read_text()
        for code, _ in edits:
            if text.count(code) != 1:
                raise SystemExit(f"mutate: {file} must contain '{code}' exactly once")
        found.append(Mistake("known", name, file, text[: text.index(edits[0][0].lstrip())].count("\n"), edits, tests))
    return found


def apply(mistake, text):
    """The text of a file with a mistake beside the original code."""
    for code, change in mistake.edits:
        on = f"selectedMutant == {mistake.id}"
        if not change:
            change = f"if selectedMutant != {mistake.id} {{ {code.strip()} }}"
        elif "{on}" in change:
            change = change.replace("{on}", on)
        else:
            change = f"({on} ? {change} : {code})"
        text = text.replace(code, change)
    return text
