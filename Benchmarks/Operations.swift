import Adjoint
import Autograd
import Foundation
import NN

/// The rows of `operations.txt`: single operations, and their gradients.
enum Operations {
  typealias Body = @Sendable ([Tensor]) -> Tensor

  /// An input of a row, as the list writes it: a shape and letters; see `operations.txt`.
  struct Input {
    var shape: [Int] = []
    var dtype = DType.float32
    var isTransposed = false
    var isUniform = false
    /// The number below which whole numbers are drawn; 0 for other inputs.
    var bound = 0

    init?(_ text: Substring) {
      let letters = text.drop { $0.isNumber || $0 == "x" }
      shape = text[..<letters.startIndex].split(separator: "x").compactMap { Int($0) }
      var rest = letters
      while let letter = rest.popFirst() {
        switch letter {
        case "t": isTransposed = true
        case "d": dtype = .float64
        case "u": isUniform = true
        case "b": dtype = .bool
        case "i":
          dtype = .int32
          bound = Int(rest.prefix { $0.isNumber }) ?? 0
          rest = rest.drop { $0.isNumber }
        default: return nil
        }
      }
    }

    func tensor() -> Tensor {
      var shape = shape
      if isTransposed { shape.swapAt(shape.count - 1, shape.count - 2) }
      let x: Tensor
      switch dtype {
      case .int32: x = .integers(Shape(shape), in: 0..<bound)
      case .bool: x = .uniform(Shape(shape)) .< 0.5
      default:
        x = (isUniform ? Tensor.uniform(Shape(shape), in: 0.1..<0.9) : Tensor.normal(Shape(shape)))
          .converted(to: dtype)
      }
      return isTransposed ? x.transposed() : x
    }
  }

  /// The operations of a list that are not known here.
  static func unknown(in list: String) -> [Substring] {
    list.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap { line in
      let name = line.prefix { $0 != ":" }
      return bodies[String(name)] == nil ? name : nil
    }
  }

  /// Times the rows of a list.
  static func run(_ list: String, _ measurement: Measurement) {
    for line in list.split(separator: "\n") where !line.hasPrefix("#") {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let name = String(line[..<colon])
      for variant in line[line.index(after: colon)...].split(separator: "|") {
        let text = variant.filter { $0 != " " }
        run(
          name, inputs: text.filter { $0 != "!" }, timesGradient: text.hasSuffix("!"), measurement)
      }
    }
  }

  private static func run(
    _ name: String, inputs text: String, timesGradient: Bool, _ measurement: Measurement
  ) {
    let rows = (forward: "op/\(name)/\(text)", gradient: "op/\(name)-gradient/\(text)")
    guard measurement.wants(rows.forward) || timesGradient && measurement.wants(rows.gradient)
    else { return }
    let inputs = text.split(separator: ",").compactMap { Input($0)?.tensor() }
    guard let body = bodies[name] else { return }
    measurement.row(rows.forward, minimumTime: 0.1) { _ = body(inputs) }
    guard timesGradient else { return }
    let differentiated = inputs.indices.filter { inputs[$0].dtype.isFloatingPoint }
    measurement.row(rows.gradient, minimumTime: 0.1) {
      _ = valueWithGradients(at: differentiated.map { inputs[$0] }) { values in
        var inputs = inputs
        for (index, value) in zip(differentiated, values) { inputs[index] = value }
        return body(inputs).sum()
      }
    }
  }

  /// What each operation of the list computes.
  private static let bodies: [String: Body] = {
    var bodies: [String: Body] = [:]
    for (name, function) in functions { bodies[name] = { function($0[0]) } }
    for (name, function) in pairFunctions { bodies[name] = { function($0[0], $0[1]) } }
    for (name, function) in otherFunctions { bodies[name] = function }
    return bodies
  }()

  private static let functions: [String: @Sendable (Tensor) -> Tensor] = [
    "exp": { exp($0) }, "expm1": { expm1($0) }, "exp2": { exp2($0) }, "log": { log($0) },
    "log2": { log2($0) }, "log10": { log10($0) }, "log1p": { log1p($0) }, "sqrt": { sqrt($0) },
    "rsqrt": { rsqrt($0) }, "cbrt": { pow($0, 1.0 / 3) }, "square": { square($0) },
    "cube": { pow($0, 3) }, "pow-half": { pow($0, 0.5) }, "pow-2.7": { pow($0, 2.7) },
    "sin": { sin($0) }, "cos": { cos($0) }, "tan": { tan($0) }, "asin": { asin($0) },
    "acos": { acos($0) }, "atan": { atan($0) }, "sinh": { sinh($0) }, "cosh": { cosh($0) },
    "asinh": { asinh($0) }, "acosh": { acosh($0 + 1) }, "atanh": { atanh($0) },
    "tanh": { tanh($0) }, "erf": { erf($0) }, "erfinv": { inverseErf($0) },
    "lgamma": { logGamma($0) }, "digamma": { digamma($0) }, "abs": { abs($0) },
    "sign": { sign($0) }, "floor": { floor($0) }, "round": { round($0) },
    "reciprocal": { 1 / $0 }, "sigmoid": { sigmoid($0) }, "silu": { silu($0) },
    "gelu": { gelu($0) }, "gelu-tanh": { geluTanh($0) }, "relu": { relu($0) },
    "leaky-relu": { leakyRelu($0) }, "elu": { elu($0) }, "selu": { selu($0) },
    "softplus": { softplus($0) }, "mish": { mish($0) }, "hard-swish": { hardSwish($0) },
    "hard-sigmoid": { hardSigmoid($0) }, "log-sigmoid": { logSigmoid($0) },
    "clamp": { clamp($0, from: -0.5, to: 0.5) }, "is-nan": { $0 .!= $0 },
    "to-double": { $0.converted(to: .float64) }, "to-int": { $0.converted(to: .int32) },
    "quick-gelu-at-once": { $0 * sigmoid(1.702 * $0) },
    "polynomial-at-once": { ((0.3 * $0 + 0.2) * $0 - 0.5) * $0 + 1 },
    "quick-gelu": { x in fused { x * sigmoid(1.702 * x) } }, "glu": { glu($0) },
    "polynomial": { x in fused { ((0.3 * x + 0.2) * x - 0.5) * x + 1 } },
    "sum": { $0.sum() }, "mean": { $0.mean() }, "sum-last": { $0.sum(along: -1) },
    "sum-first": { $0.sum(along: 0) }, "sum-middle": { $0.sum(along: 1) },
    "sum-023": { $0.sum(along: 0, 2, 3) }, "max-last": { $0.max(along: -1) },
    "max-first": { $0.max(along: 0) }, "max-middle": { $0.max(along: 1) },
    "argmax-last": { $0.argmax(along: -1) }, "argmax-first": { $0.argmax(along: 0) },
    "argmax-middle": { $0.argmax(along: 1) }, "product-last": { $0.product(along: -1) },
    "var": { $0.variance() }, "var-last": { $0.variance(along: -1) },
    "var-first": { $0.variance(along: 0) }, "std-last": { $0.standardDeviation(along: -1) },
    "logsumexp-last": { $0.logSumExp(along: -1) }, "logsumexp-first": { $0.logSumExp(along: 0) },
    "norm": { $0.norm() }, "norm-last": { $0.norm(along: -1) }, "any": { $0.any() },
    "count": { $0.sum() },
    "softmax-last": { softmax($0) }, "softmax-first": { softmax($0, along: 0) },
    "softmax-middle": { softmax($0, along: 1) }, "log-softmax-last": { logSoftmax($0) },
    "log-softmax-first": { logSoftmax($0, along: 0) },
    "instance-norm": { InstanceNorm($0.shape[1])($0) },
    "sort": { $0.sorted() }, "sort-first": { $0.sorted(along: 0) }, "argsort": { $0.argsort() },
    "topk-40": { $0.topK(40).values }, "unique": { $0.unique() },
    "bin-counts": { $0.binCounts() }, "cumsum-last": { $0.cumulativeSum(along: -1) },
    "cumsum-first": { $0.cumulativeSum(along: 0) },
    "cumprod-last": { $0.cumulativeProduct(along: -1) },
    "transpose": { copied($0.transposed()) }, "permute-0231": { copied($0.permuted(0, 2, 3, 1)) },
    "permute-0213": { copied($0.permuted(0, 2, 1, 3)) },
    "split-last": { x in
      let parts = x.split(into: 4, along: -1)
      return parts[0] * parts[1] + parts[2] * parts[3]
    },
    "slice-last": { copied($0[.all, 100..<612]) }, "slice-step": { copied($0[.all, .every(2)]) },
    "flip": { copied($0.flipped(along: -1)) }, "roll": { $0.rolled(by: 100, along: -1) },
    "repeat": { $0.repeated(4, along: -1) }, "tile": { $0.tiled(4, 4) },
    "pad": { $0.padded(top: 1, bottom: 1, left: 1, right: 1) },
    "pad-reflect": { $0.padded(top: 2, bottom: 2, left: 2, right: 2, with: .reflect) },
    "pad-edge": { $0.padded(top: 2, bottom: 2, left: 2, right: 2, with: .edge) },
    "upsample-nearest": { interpolate($0, factor: 2) },
    "upsample-bilinear": { interpolate($0, factor: 2, mode: .bilinear) },
    "tril": { $0.lowerTriangle() }, "diagonal-matrix": { $0.diagonalMatrix() },
    "one-hot": { oneHot($0, classes: 100) }, "column": { copied($0[.all, 5]) },
    "broadcast-copy": { copied($0.broadcast(to: [1024, 1024])) },
    "full": { .full($0.shape, 3.0) }, "eye": { .eye($0.elementCount) },
    "arange": { .arange(to: Double($0.elementCount)) },
    "linspace": { .linspace(from: 0, to: 1, count: $0.elementCount) },
    "uniform": { .uniform($0.shape) },
    "normal": { .normal($0.shape) }, "integers": { .integers($0.shape, in: 0..<1000) },
    "bernoulli": { .bernoulli($0.shape, probability: 0.3) },
    "dropout": { x in withMode(.training) { Dropout(0.1)(x) } },
    "permutation": { .permutation(of: $0.elementCount) },
    "inverse": { LinearAlgebra.inverse($0) }, "determinant": { LinearAlgebra.determinant($0) },
    "cholesky": { x in
      let n = x.shape[x.rank - 1]
      return LinearAlgebra.cholesky(matmul(x, x.transposed()) + Double(n) * Tensor.eye(n))
    },
    "qr": { LinearAlgebra.qr($0).q }, "eigh": { LinearAlgebra.eigh($0 + $0.transposed()).vectors },
    "svd": { LinearAlgebra.svd($0).u },
    "max-pool": { maxPool2d($0, kernelSize: 2) },
    "average-pool": { averagePool2d($0, kernelSize: 2) },
    "adaptive-average-pool": { adaptiveAveragePool2d($0, outputSize: 7) },
    "ceil": { ceil($0) }, "softsign": { softsign($0) }, "celu": { celu($0, alpha: 0.5) },
    "trigamma": { polygamma(1, $0) },
    "pow-of-number": { pow(2.5, $0) }, "min-last": { $0.min(along: -1) },
    "argmin-last": { $0.argmin(along: -1) }, "all": { ($0 .> 0).all() },
    "all-last": { ($0 .> 0).all(along: -1) }, "max": { $0.max() }, "product": { $0.product() },
    "mean-first": { $0.mean(along: 0) }, "mean-23": { $0.mean(along: 2, 3) },
    "var-023": { $0.variance(along: 0, 2, 3) }, "logsumexp-middle": { $0.logSumExp(along: 1) },
    "norm-1-last": { $0.norm(.one, along: -1) },
    "norm-infinity-last": { $0.norm(.infinity, along: -1) },
    "median-last": { $0.median(along: -1).values },
    "quantile-last": { $0.quantile(0.3, along: -1) },
    "cummax-last": { $0.cumulativeMax(along: -1).values },
    "log-cumsum-exp-last": { $0.logCumulativeSumExp(along: -1) }, "nonzero": { $0.nonzero() },
    "trace": { $0.trace() }, "diagonal": { copied($0.diagonal()) },
    "triu": { $0.upperTriangle(offset: 1) },
    "unstack-sum": { x in x.unstacked().reduce(0.0 * x[0]) { $0 + $1 } },
    "expand-middle": {
      copied($0.expanded(along: 1).broadcast(to: [$0.shape[0], 8, $0.shape[1]]))
    },
    "log-determinant": { LinearAlgebra.logAbsDeterminant($0).logarithm },
    "matrix-exponential": { LinearAlgebra.matrixExponential($0) },
    "matrix-power-5": { LinearAlgebra.matrixPower($0, 5) },
    "pseudo-inverse": { LinearAlgebra.pseudoInverse($0) },
    "svdvals": { LinearAlgebra.svdvals($0) },
    "eigvalsh": { LinearAlgebra.eigvalsh($0 + $0.transposed()) },
    "max-pool-3x3-stride2": { maxPool2d($0, kernelSize: 3, stride: 2, padding: 1) },
    "average-pool-3x3": { averagePool2d($0, kernelSize: 3, stride: 1, padding: 1) },
    "max-pool-1d": { maxPool1d($0, kernelSize: 2) },
    "average-pool-1d": { averagePool1d($0, kernelSize: 4) },
    "adaptive-max-pool": { adaptiveMaxPool2d($0, outputSize: 7) },
    "resize-bilinear": { interpolate($0, size: 48, mode: .bilinear) },
  ]

  private static let pairFunctions: [String: @Sendable (Tensor, Tensor) -> Tensor] = [
    "add": { $0 + $1 }, "multiply": { $0 * $1 }, "divide": { $0 / $1 },
    "maximum": { maximum($0, $1) }, "power": { pow($0, $1) }, "atan2": { atan2($0, $1) },
    "remainder": { $0 % $1 }, "less": { $0 .< $1 }, "lerp": { lerp($0, $1, 0.3) },
    "log-add-exp": { logAddExp($0, $1) }, "bias-gelu": { x, y in fused { gelu(x + y) } },
    "update": { x, y in fused { x - 0.01 * y } },
    "gaussian": { x, y in fused { exp(-0.5 * square(x - y)) } },
    "mse": { meanSquaredError($0, $1) }, "huber": { huberLoss($0, $1) },
    "smooth-l1": { smoothL1Loss($0, $1) }, "bce-logits": { binaryCrossEntropy(logits: $0, $1) },
    "kl": { klDivergence(log($0), $1) }, "cross-entropy": { crossEntropy($0, labels: $1) },
    "cross-entropy-smoothed": { crossEntropy($0, labels: $1, labelSmoothing: 0.1) },
    "rms-norm": { rmsNorm($0, weight: $1) }, "search-sorted": { $0.sorted().searchSorted($1) },
    "concatenate-first": { concatenated([$0, $1]) },
    "concatenate-last": { concatenated([$0, $1], along: -1) },
    "stack-first": { stacked([$0, $1]) },
    "stack-last": { stacked([$0, $1], along: -1) }, "gather-rows": { embedding($0, at: $1) },
    "take-along": { $0.gathered(at: $1, along: 1) },
    "scatter-add": { $0.scatterAdded(at: $1, along: 1, into: [1024, 1024]) },
    "index-add": { x, ids in
      Tensor.zeros([10000, x.shape[1]]).adding(x, at: ids)
    },
    "masked-fill": { $0.filled(with: 0, where: $1) }, "masked-select": { $0[$1] },
    "masked-assign": { x, mask in
      var x = x
      x[mask] = 0
      return x
    },
    "outer": { outer($0, $1) }, "kron": { kron($0, $1) }, "meshgrid": { meshGrid($0, $1)[0] + 0 },
    "matmul": { matmul($0, $1) }, "dot": { dot($0, $1) },
    "einsum-bij": { einsum("bij,bjk->bik", $0, $1) }, "solve": { LinearAlgebra.solve($0, $1) },
    "conv-3x3": { conv2d($0, $1, padding: 1) }, "conv-1x1": { conv2d($0, $1) },
    "conv-stride2": { conv2d($0, $1, stride: 2, padding: 1) },
    "conv-5x5": { conv2d($0, $1, padding: 2) },
    "conv-depthwise": { conv2d($0, $1, padding: 1, groups: 64) },
    "conv-dilated": { conv2d($0, $1, padding: 2, dilation: 2) },
    "conv-grouped": { conv2d($0, $1, padding: 1, groups: 4) },
    "conv-transposed": { convTranspose2d($0, $1, stride: 2, padding: 1, outputPadding: 1) },
    "conv-1d": { conv1d($0, $1, padding: 1) },
    "subtract": { $0 - $1 }, "minimum": { minimum($0, $1) }, "equal": { $0 .== $1 },
    "and": { $0 .& $1 }, "mae": { meanAbsoluteError($0, $1) },
    "poisson-nll": { poissonNegativeLogLikelihood($0, $1) },
    "focal": { sigmoidFocalLoss($0, $1) }, "soft-margin": { softMarginLoss($0, $1) },
    "nll": { negativeLogLikelihood($0, labels: $1) },
    "cross-entropy-soft": { crossEntropy($0, probabilities: $1) },
    "cosine-similarity": { cosineSimilarity($0, $1) },
    "pairwise-distance": { pairwiseDistance($0, $1) }, "cross": { cross($0, $1) },
    "triangular-solve": {
      LinearAlgebra.triangularSolve($0.lowerTriangle() + 8 * Tensor.eye($0.shape[$0.rank - 1]), $1)
    },
    "least-squares": { LinearAlgebra.leastSquares($0, $1) },
    "select-columns": { $0.selected(at: $1, along: 1) },
    "scatter": { $0.scattered($0, at: $1, along: 1) },
    "bin-counts-weighted": { $1.binCounts(weights: $0) },
    "linear-unbiased": { linear($0, $1) },
    "conv-1d-stride2": { conv1d($0, $1, stride: 2, padding: 2) },
    "conv-transposed-1d": { convTranspose1d($0, $1, stride: 2, padding: 1) },
    "conv-7x7-stride2": { conv2d($0, $1, stride: 2, padding: 3) },
    "conv-depthwise-5x5": { conv2d($0, $1, padding: 2, groups: $0.shape[1]) },
    "conv-depthwise-stride2": { conv2d($0, $1, stride: 2, padding: 1, groups: $0.shape[1]) },
  ]

  private static let otherFunctions: [String: Body] = [
    "select": { select($0[0], $0[1], $0[2]) },
    "layer-norm": { layerNorm($0[0], weight: $0[1], bias: $0[2]) },
    "batch-norm": {
      groupNormalized(
        $0[0], by: .channels, weight: $0[1], bias: $0[2], epsilon: 1e-5, in: "batchNorm"
      ).value
    },
    "batch-norm-rows": {
      groupNormalized(
        $0[0], by: .channels, weight: $0[1], bias: $0[2], epsilon: 1e-5, in: "batchNorm"
      ).value
    },
    "batch-norm-inference": {
      normalizedByChannels(
        $0[0], mean: $0[3], variance: $0[4], weight: $0[1], bias: $0[2], epsilon: 1e-5,
        in: "batchNorm")
    },
    "group-norm": {
      groupNormalized(
        $0[0], by: .perExample(8), weight: $0[1], bias: $0[2], epsilon: 1e-5, in: "groupNorm"
      ).value
    },
    "linear": { linear($0[0], $0[1], $0[2]) },
    "bilinear": { einsum("bi,oij,bj->bo", $0[0], $0[1], $0[2]) },
    "attention": { scaledDotProductAttention($0[0], $0[1], $0[2], isCausal: true) },
    "attention-full": { scaledDotProductAttention($0[0], $0[1], $0[2]) },
    "gaussian-nll": { gaussianNegativeLogLikelihood($0[0], $0[1], variance: $0[2]) },
    "triplet": { tripletMarginLoss($0[0], positive: $0[1], negative: $0[2]) },
  ]

  /// The elements in the order of the shape, as a copy.
  private static func copied(_ x: Tensor) -> Tensor { x.reshaped(to: [-1]) }
}
