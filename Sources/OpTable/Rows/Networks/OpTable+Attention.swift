import Autograd
import CLibrary
import Tensor

extension OpCase {
  /// The kind of the mask, which is the fourth input.
  private enum Mask {
    /// No mask.
    case none
    /// Halves of integers; the input is int32, so that its gradient is not checked.
    case numbers
    /// A bool mask of the keys that are seen.
    case truths
  }

  static let attention: [OpCase] = [
    attentionRow("", [([3, 2], [4, 2], [4, 3]), ([1, 1], [1, 1], [1, 1])]).with {
      $0.errors = [
        OpError(
          "scaledDotProductAttention: queries [2, 3], keys [2, 4] and values [2, 3] do not fit"
        ) {
          _ = scaledDotProductAttention(
            Tensor.ones([2, 3]), Tensor.ones([2, 4]), Tensor.ones([2, 3]))
        },
        OpError("scaledDotProductAttention: queries [2], keys [2] and values [2] do not fit") {
          let x = Tensor.ones([2])
          _ = scaledDotProductAttention(x, x, x)
        },
        OpError(
          """
          scaledDotProductAttention: queries [2, 3, 2], keys [1, 3, 2] and values [1, 3, 2] do \
          not fit
          """
        ) {
          let x = Tensor.ones([1, 3, 2])
          _ = scaledDotProductAttention(Tensor.ones([2, 3, 2]), x, x)
        },
        OpError(
          """
          scaledDotProductAttention: a mask of shape [3] does not broadcast to scores of shape \
          [2, 2]
          """
        ) {
          let x = Tensor.ones([2, 3])
          _ = scaledDotProductAttention(x, x, x, mask: Tensor.zeros([3]))
        },
      ]
    },
    attentionRow(
      ", batches",
      [([2, 2, 2], [2, 3, 2], [2, 3, 1]), ([1, 2, 2, 3], [1, 2, 2, 3], [1, 2, 2, 2])],
      large: ([2, 4, 130, 16], [2, 4, 140, 16], [2, 4, 140, 20])),
    attentionRow(
      ", size 0", [([0, 2, 2], [0, 3, 2], [0, 3, 1]), ([0, 2], [3, 2], [3, 2])]),
    attentionRow(", scaled", scale: 0.25, [([3, 2], [4, 2], [4, 3])]),
    attentionRow(
      ", causal", isCausal: true,
      [([3, 2], [3, 2], [3, 2]), ([2, 2, 2], [2, 4, 2], [2, 4, 1])],
      large: ([2, 4, 140, 16], [2, 4, 140, 16], [2, 4, 140, 16])),
    // The first queries see no key.
    attentionRow(", causal, more queries than keys", isCausal: true, [([4, 2], [2, 2], [2, 3])]),
    attentionRow(
      ", mask of numbers", mask: .numbers, scale: 0.5,
      [([3, 2], [4, 2], [4, 3]), ([2, 2, 2], [2, 3, 2], [2, 3, 1])],
      large: ([2, 130, 16], [2, 140, 16], [2, 140, 16])),
    attentionRow(
      ", mask of truth values", mask: .truths,
      [
        ([3, 2], [4, 2], [4, 3]), ([4, 2], [1, 2], [1, 2]), ([2, 2, 2], [2, 3, 2], [2, 3, 1]),
      ],
      large: ([2, 130, 16], [2, 140, 16], [2, 140, 16])),
    attentionRow(
      ", mask for all queries", mask: .truths, isMaskBroadcast: true,
      [([3, 2], [4, 2], [4, 3]), ([2, 2, 2], [2, 3, 2], [2, 3, 1])]),
    attentionRow(
      ", causal, mask of numbers", mask: .numbers, isCausal: true,
      [([3, 2], [3, 2], [3, 2]), ([4, 2], [3, 2], [3, 2])]),
    attentionRow(
      ", causal, mask of truth values", mask: .truths, isCausal: true, [([4, 2], [4, 2], [4, 2])]),
  ]

  private static func attentionRow(
    _ name: String, mask: Mask = .none, isMaskBroadcast: Bool = false, isCausal: Bool = false,
    scale: Double? = nil, _ samples: [(Shape, Shape, Shape)],
    large: (Shape, Shape, Shape)? = nil
  ) -> OpCase {
    func inputs(_ shapes: (q: Shape, k: Shape, v: Shape)) -> [Input] {
      let keys = shapes.k[shapes.k.rank - 2]
      var scores = Shape(shapes.q.dropLast())
      scores.append(keys)
      let maskShape = isMaskBroadcast ? [keys] : scores
      let all = [Input(shapes.q), Input(shapes.k), Input(shapes.v)]
      switch mask {
      case .none: return all
      case .numbers: return all + [Input(maskShape, .whole(-3..<4))]
      case .truths: return all + [Input(maskShape, .truth)]
      }
    }
    return OpCase(
      name: "scaledDotProductAttention\(name)",
      operations: [
        """
        scaledDotProductAttention(Tensor, Tensor, Tensor, mask: Tensor?, isCausal: Bool, scale: \
        Double?)
        """
      ],
      apply: {
        switch mask {
        case .none where !isCausal && scale == nil:
          return scaledDotProductAttention($0[0], $0[1], $0[2])
        case .none:
          return scaledDotProductAttention($0[0], $0[1], $0[2], isCausal: isCausal, scale: scale)
        case .numbers:
          return scaledDotProductAttention(
            $0[0], $0[1], $0[2], mask: $0[3].converted(to: $0[0].dtype) * 0.5, isCausal: isCausal,
            scale: scale)
        case .truths:
          return scaledDotProductAttention(
            $0[0], $0[1], $0[2], mask: $0[3], isCausal: isCausal, scale: scale)
        }
      },
      reference: { inputs in
        attention(inputs, isCausal: isCausal, scale: scale) { bias in
          mask == .truths ? (bias == 0 ? -.infinity : 0) : bias * 0.5
        }
      },
      samples: samples.map(inputs), large: large.map(inputs)
    ).with {
      $0.bound = Bound(relative: 1e-6, absolute: 2e-6)
      $0.largeBound = Bound(relative: 1e-5, absolute: 1e-5)
      $0.isLayoutExact = false
      $0.exactness = Bound(relative: 1e-12, absolute: 1e-13)
      $0.gradientBound = Bound(relative: 1e-5, absolute: 1e-5)
      // The small samples have no batch that could grow.
      $0.growth = large == nil ? .fixed : .leadingAxis
      $0.multiplyAdds = { inputs, result in
        (inputs[0].elementCount + result.elementCount) * inputs[1][inputs[1].rank - 2]
      }
    }
  }

  /// For each query, the mean of the values weighted by the exponentials of its scores.
  private static func attention(
    _ inputs: [PlainArray], isCausal: Bool, scale: Double?, bias: (Double) -> Double
  ) -> PlainArray {
    let (q, k, v) = (inputs[0], inputs[1], inputs[2])
    let (t, d) = (q.shape[q.rank - 2], q.shape[q.rank - 1])
    let (s, e) = (k.shape[k.rank - 2], v.shape[v.rank - 1])
    let scale = scale ?? 1 / Double(d).squareRoot()
    let batches = q.shape.dropLast(2)
    let mask =
      inputs.count > 3 ? inputs[3].broadcast(to: batches + [t, s]).map(bias) : nil
    var values = [Double]()
    for batch in 0..<batches.reduce(1, *) {
      for i in 0..<t {
        var weights = [Double](repeating: 0, count: s)
        for j in 0..<s where !isCausal || j <= i + s - t {
          var score = 0.0
          for c in 0..<d {
            score += q.values[(batch * t + i) * d + c] * k.values[(batch * s + j) * d + c]
          }
          weights[j] = CLibrary.exp(
            score * scale + (mask?.values[(batch * t + i) * s + j] ?? 0))
        }
        let total = weights.reduce(0, +)
        for c in 0..<e {
          var sum = 0.0
          for j in 0..<s { sum += weights[j] * v.values[(batch * s + j) * e + c] }
          // A query that sees no key gives zeros.
          values.append(total == 0 ? 0 : sum / total)
        }
      }
    }
    return PlainArray(shape: batches + [t, e], values: values)
  }
}
