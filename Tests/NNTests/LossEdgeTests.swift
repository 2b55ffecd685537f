import Foundation
import TestSupport
import Testing

/// Values and derivatives of losses where logarithms are infinite and absolute values have kinks.
struct LossEdgeTests {
  private let eps = 1e-12

  /// Probabilities and targets at and near their ends, in every combination.
  private func pairs(_ dtype: DType) -> (p: Tensor, t: Tensor) {
    let ends = dtype == .float32 ? [1e-40, 1e-12, 1e-7] : [1e-300, 1e-40, 1e-12, 1e-9]
    let near = dtype == .float32 ? [1 - 0x1p-24, 1 - 1e-6] : [1 - 0x1p-53, 1 - 1e-9]
    let p = [0, 0.25, 0.5, 1] + ends + near
    let t: [Double] = [0, 0.25, 0.5, 1]
    let all = p.flatMap { p in t.map { (p, $0) } }
    return (
      Tensor(all.map(\.0), shape: [all.count]).converted(to: dtype),
      Tensor(all.map(\.1), shape: [all.count]).converted(to: dtype)
    )
  }

  @Test(arguments: [DType.float32, .float64])
  func binaryCrossEntropyAtItsEnds(_ dtype: DType) {
    let (p, t) = pairs(dtype)
    let numbers = zip(p.scalars(as: Double.self), t.scalars(as: Double.self))
    let relative = dtype == .float32 ? 2e-6 : 1e-12
    func loss(_ p: Tensor, _ t: Tensor) -> Tensor { binaryCrossEntropy(p, t, reduction: .none) }
    func check(_ actual: Tensor, _ what: String, _ expected: (Double, Double) -> Double) {
      #expect(actual.isFinite, "\(what)")
      expectClose(
        actual.scalars(as: Double.self), numbers.map(expected), relative: relative,
        absolute: relative, what)
    }
    check(loss(p, t), "loss") { p, t in
      -(t * max(log(p), -100) + (1 - t) * max(log1p(-p), -100))
    }
    // PyTorch's binary_cross_entropy_backward and binary_cross_entropy_double_backward.
    func spread(_ p: Double) -> Double { max(p * (1 - p), eps) }
    let slope = gradient(at: p) { loss($0, t).sum() }
    check(slope, "slope") { p, t in (p - t) / spread(p) }
    let curvature = gradient(at: p) { p in gradient(at: p) { loss($0, t).sum() }.sum() }
    check(curvature, "curvature") { p, t in
      ((p - t) * (p - t) + t * (1 - t)) / (pow(p + eps, 2) * pow(1 - p + eps, 2))
    }
    let byTarget = gradient(at: t) { loss(p, $0).sum() }
    check(byTarget, "slope of targets") { p, _ in max(log1p(-p), -100) - max(log(p), -100) }
    let mixed = gradient(at: p) { p in gradient(at: t) { loss(p, $0).sum() }.sum() }
    check(mixed, "mixed") { p, _ in -1 / spread(p) }
    let mixedAgain = gradient(at: t) { t in gradient(at: p) { loss($0, t).sum() }.sum() }
    check(mixedAgain, "mixed, the other way") { p, _ in -1 / spread(p) }
  }

  @Test func binaryCrossEntropyInsideIsDifferentiatedAsEver() {
    let p = Tensor.seeded([7], seed: 1, in: 0.05..<0.95)
    let t = Tensor.seeded([7], seed: 2, in: 0.05..<0.95)
    for order in 1...2 {
      let report = checkGradients(
        of: { binaryCrossEntropy($0[0], $0[1]) }, at: [p, t], order: order)
      #expect(report.passed, "\(report)")
    }
  }

  @Test func saturatedSigmoidsHaveGradients() {
    for dtype in [DType.float32, .float64] {
      let x = Tensor([-1000, -200, -104, -40, -17, 0, 17, 40, 200, 1000], dtype: dtype)
      for target in [0.0, 0.5, 1] {
        let t = Tensor.full(x.shape, target, dtype: dtype)
        let slope = gradient(at: x) { binaryCrossEntropy(sigmoid($0), t, reduction: .sum) }
        #expect(slope.isFinite, "\(dtype), \(target): \(slope)")
        let curvature = gradient(at: x) { x in
          gradient(at: x) { binaryCrossEntropy(sigmoid($0), t, reduction: .sum) }.sum()
        }
        #expect(curvature.isFinite, "\(dtype), \(target): \(curvature)")
      }
    }
  }

  // MARK: Every loss

  struct Edge: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let inputs: [[Double]]
    let shape: Shape
    let loss: @Sendable ([Tensor]) -> Tensor

    static let all: [Edge] = [
      edge("squared error", [[0, 1, -1], [0, 1, 1]]) { meanSquaredError($0[0], $0[1]) },
      edge("absolute error", [[0, 1, -1], [0, 1, 1]]) { meanAbsoluteError($0[0], $0[1]) },
      edge("Huber", [[0, 1, -1, 1e30, -1e30], [0, 0, 0, 0, 0]]) { huberLoss($0[0], $0[1]) },
      edge("smooth L1", [[0, 2, -2, 1e30], [0, 0, 0, 0]]) { smoothL1Loss($0[0], $0[1], beta: 2) },
      edge("hinge", [[1, -1, 0, 1e30], [1, -1, 1, -1]]) { hingeLoss($0[0], $0[1]) },
      edge("Kullback-Leibler", [[-1, -100, -1e30, 0], [0, 1, 0, 1]]) { klDivergence($0[0], $0[1]) },
      edge("Kullback-Leibler, impossible", [[-.infinity, -1, 0], [0, 0, 1]]) {
        klDivergence($0[0], $0[1])
      },
      edge("logits", [[-1e4, 1e4, -1e4, 1e4, 0, 200], [0, 0, 1, 1, 1, 0.5]]) {
        binaryCrossEntropy(logits: $0[0], $0[1])
      },
      edge("probabilities", [[0, 1, 0, 1, 0.5], [0, 1, 1, 0, 1]]) {
        binaryCrossEntropy($0[0], $0[1])
      },
      edge("cross-entropy", [[0, -1e4, 1e4]], [1, 3]) {
        crossEntropy($0[0], labels: Tensor([1], dtype: .int32))
      },
      edge("smoothed cross-entropy", [[0, -1e4, 1e4]], [1, 3]) {
        crossEntropy($0[0], labels: Tensor([1], dtype: .int32), labelSmoothing: 0.1)
      },
      edge("hidden class", [[0, -.infinity, 1]], [1, 3]) {
        crossEntropy($0[0], labels: Tensor([2], dtype: .int32))
      },
      edge("cross-entropy of probabilities", [[0, -1e4, 1e4], [0, 0, 1]], [1, 3]) {
        crossEntropy($0[0], probabilities: $0[1])
      },
      edge("ignored and impossible", [[-.infinity, 0, -.infinity, -1]], [2, 2]) {
        negativeLogLikelihood($0[0], labels: Tensor([0, 1], dtype: .int32), ignoredLabel: 0)
      },
    ]

    private static func edge(
      _ name: String, _ inputs: [[Double]], _ shape: Shape? = nil,
      _ loss: @escaping @Sendable ([Tensor]) -> Tensor
    ) -> Edge {
      Edge(
        testDescription: name, inputs: inputs, shape: shape ?? [inputs[0].count], loss: loss)
    }
  }

  @Test(arguments: Edge.all, [DType.float32, .float64])
  func lossesAreFiniteAtTheirEdges(_ edge: Edge, _ dtype: DType) {
    let inputs = edge.inputs.map { Tensor($0, shape: edge.shape).converted(to: dtype) }
    let isHuge = edge.inputs.contains { $0.contains(1e30) }
    for (i, input) in inputs.enumerated() {
      func loss(_ x: Tensor) -> Tensor {
        var all = inputs
        all[i] = x
        return edge.loss(all)
      }
      if !isHuge || dtype == .float64 { #expect(loss(input).isFinite, "the loss") }
      let slope = gradient(at: input, of: loss)
      #expect(slope.isFinite, "gradient \(i): \(slope)")
      let curvature = gradient(at: input) { gradient(at: $0, of: loss).sum() }
      #expect(curvature.isFinite, "second derivative \(i): \(curvature)")
    }
  }

  /// d²/2 has second derivative 1 also at d = 0.
  @Test func huberLossIsQuadraticAroundZero() {
    let d = Tensor([-3, -2, -1.5, -0.0, 0, 0.5, 2, 3, .infinity] as [Double], shape: [9])
    let zero = Tensor.zeros(like: d)
    func slope(_ x: Tensor) -> Tensor {
      gradient(at: x) { huberLoss($0, zero, delta: 2, reduction: .sum) }
    }
    expectClose(
      slope(d), Tensor([-2, -2, -1.5, 0, 0, 0.5, 2, 2, 2], dtype: .float64), relative: 0)
    let curvature = gradient(at: d) { slope($0).sum() }
    expectClose(
      curvature.contiguous, Tensor([0, 0, 1, 1, 1, 1, 0, 0, 0], dtype: .float64), relative: 0)
  }

  @Test func impossibleClassesWithoutTargetCostNothing() {
    let logs = Tensor([-.infinity, 0, -1] as [Double], shape: [3])
    let targets = Tensor([0, 0.5, 0.5], dtype: .float64)
    let losses = klDivergence(logs, targets, reduction: .none)
    expectClose(
      losses.scalars(as: Double.self), [0, 0.5 * log(0.5), 0.5 * (log(0.5) + 1)], relative: 1e-14)
    let slope = gradient(at: logs) { klDivergence($0, targets, reduction: .sum) }
    expectClose(slope, Tensor([0, -0.5, -0.5], dtype: .float64), relative: 0)
  }
}
