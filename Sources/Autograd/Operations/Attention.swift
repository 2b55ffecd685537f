import Tensor

/// Scaled dot-product attention, softmax(q kᵀ · scale + mask) v.  (Vaswani et al., 2017, 1706.03762)
///
/// q [.., t, d], k [.., s, d] and v [.., s, e] → [.., t, e]; the axes before the last two agree.  The matrix of
/// scores never exists as a whole: it is computed block by block, and again for the gradient.  Derivatives
/// of higher order compute it in full.  A query that sees no key gives zeros, and gradients of zero.
///
/// - Parameters:
///   - q: The queries.
///   - k: The keys.
///   - v: The values.
///   - mask: What is added to the scores, [.., t, s] or a shape that broadcasts to it; −∞ hides a key.  A bool
///     mask says which keys are seen.  It has no gradient.
///   - isCausal: Whether query i sees only the keys up to i + s − t.
///   - scale: What the scores are multiplied by; nil for 1/√d.
/// - Returns: The mean of the values that each query sees, weighted by how well its key fits.
public func scaledDotProductAttention(
  _ q: Tensor, _ k: Tensor, _ v: Tensor, mask: Tensor? = nil, isCausal: Bool = false,
  scale: Double? = nil
) -> Tensor {
  require(
    q.rank >= 2 && k.rank == q.rank && v.rank == q.rank
      && q.shape[q.rank - 1] == k.shape[k.rank - 1] && k.shape[k.rank - 2] == v.shape[v.rank - 2]
      && q.shape.dropLast(2).elementsEqual(k.shape.dropLast(2))
      && q.shape.dropLast(2).elementsEqual(v.shape.dropLast(2)),
    "scaledDotProductAttention: queries \(q.shape), keys \(k.shape) and values \(v.shape)")
  require(
    k.shape[k.rank - 2] > 0 && q.shape[q.rank - 1] > 0,
    "scaledDotProductAttention: there are no keys in \(k.shape)")
  var scores = Shape(q.shape.dropLast())
  scores.append(k.shape[k.rank - 2])
  let bias = mask.map { additive($0.detached, q.dtype, scores) }
  let scale = scale ?? 1 / Double(q.shape[q.rank - 1]).squareRoot()
  guard let hiding = hidingMask(bias, isCausal, scores, q.dtype) else {
    return attention(q, k, v, bias, isCausal, scale)
  }
  let isBlind = hiding.max(along: -1, keepingAxes: true) .== -Double.infinity
  guard isBlind.any().scalar(as: Bool.self) else {
    return attention(q, k, v, bias, isCausal, scale)
  }
  // Such a query sees all keys, so that there is no NaN on the way, and its result is dropped.
  let zero = Tensor(0, dtype: q.dtype)
  return select(isBlind, zero, attention(q, k, v, select(isBlind, zero, hiding), false, scale))
}

/// All that is added to the scores, if it may hide every key from a query: there is a mask, or causality leaves
/// queries that come before all keys.
private func hidingMask(
  _ bias: Tensor?, _ isCausal: Bool, _ scores: Shape, _ dtype: DType
) -> Tensor? {
  let (queries, keys) = (scores[scores.rank - 2], scores[scores.rank - 1])
  if !isCausal || bias == nil && queries <= keys { return bias }
  let seen = Tensor.lowerTriangleMask(rows: queries, columns: keys, offset: keys - queries)
  return select(seen, bias ?? Tensor.zeros(scores, dtype: dtype), Tensor(-.infinity, dtype: dtype))
}

/// Attention in which every query sees a key.
private func attention(
  _ q: Tensor, _ k: Tensor, _ v: Tensor, _ bias: Tensor?, _ isCausal: Bool, _ scale: Double
) -> Tensor {
  let kernels = AttentionKernels(
    q: q, k: k, v: v, mask: bias, isCausal: isCausal, scale: scale)
  return record("scaledDotProductAttention", [q, k, v]) {
    kernels.forward($0[0], $0[1], $0[2])
  } jointPullback: { dy, saved in
    let (q, k, v) = (saved[0], saved[1], saved[2])
    if dy.node == nil && q.node == nil && k.node == nil && v.node == nil {
      let gradients = kernels.backward(dy, q, k, v)
      return [gradients.q, gradients.k, gradients.v]
    }
    let p = attentionWeights(q, k, bias, isCausal, scale)
    let dp = matmul(dy, v.transposed())
    let ds = p * (dp - (dp * p).sum(along: -1, keepingAxes: true)) * scale
    return [matmul(ds, k), matmul(ds.transposed(), q), matmul(p.transposed(), dy)]
  }
}

/// softmax(q kᵀ · scale + mask) as a whole.
private func attentionWeights(
  _ q: Tensor, _ k: Tensor, _ mask: Tensor?, _ isCausal: Bool, _ scale: Double
) -> Tensor {
  var scores = matmul(q, k.transposed()) * scale
  if let mask { scores = scores + mask }
  if isCausal {
    let (rows, columns) = (scores.shape[scores.rank - 2], scores.shape[scores.rank - 1])
    let seen = Tensor.lowerTriangleMask(rows: rows, columns: columns, offset: columns - rows)
    scores = select(seen, scores, Tensor(-.infinity, dtype: scores.dtype))
  }
  return softmax(scores)
}

/// A mask as numbers that are added, broadcast to the shape of the scores.
private func additive(_ mask: Tensor, _ dtype: DType, _ scores: Shape) -> Tensor {
  require(
    mask.shape.broadcast(with: scores) == scores,
    "scaledDotProductAttention: a mask of shape \(mask.shape) for scores of shape \(scores)")
  let numbers =
    mask.dtype == .bool
    ? select(mask, Tensor(0, dtype: dtype), Tensor(-.infinity, dtype: dtype))
    : mask.converted(to: dtype)
  return numbers.broadcast(to: scores)
}
