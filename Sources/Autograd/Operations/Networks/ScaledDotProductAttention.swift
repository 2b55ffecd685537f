import Tensor

/// Scaled dot-product attention, softmax(q kᵀ · scale + mask) v. (Vaswani et al., 2017, 1706.03762)
///
/// q [.., t, d], k [.., s, d] and v [.., s, e] → [.., t, e]; the axes before the last two agree.
/// The matrix of scores is never stored as a whole: it is computed block by block, and again for
/// the gradient. Only derivatives of higher order compute it in full. A query that sees no key
/// gives zeros, and its gradients are zero.
///
/// - Parameters:
///   - q: The queries.
///   - k: The keys.
///   - v: The values.
///   - mask: Numbers added to the scores, [.., t, s] or a shape that broadcasts to it, where −∞
///     hides a key; or a bool mask that is true where a key is seen. It has no gradient.
///   - isCausal: Whether query i sees only the keys up to i + s − t.
///   - scale: The factor of the scores; `nil` for 1/√d.
/// - Returns: For each query, the mean of the values weighted by the softmax of its scores.
public func scaledDotProductAttention(
  _ q: Tensor, _ k: Tensor, _ v: Tensor, mask: Tensor? = nil, isCausal: Bool = false,
  scale: Double? = nil
) -> Tensor {
  require(
    q.rank >= 2 && k.rank == q.rank && v.rank == q.rank
      && q.shape[q.rank - 1] == k.shape[k.rank - 1] && k.shape[k.rank - 2] == v.shape[v.rank - 2]
      && q.shape.dropLast(2).elementsEqual(k.shape.dropLast(2))
      && q.shape.dropLast(2).elementsEqual(v.shape.dropLast(2)),
    """
    scaledDotProductAttention: queries \(q.shape), keys \(k.shape) and values \(v.shape) do not \
    fit
    """
  )
  return traced(
    "scaledDotProductAttention", [q, k, v] + (mask.map { [$0] } ?? []),
    attributes: [
      "isCausal": .flag(isCausal),
      "scale": .number(scale ?? 1 / Double(Swift.max(q.shape[q.rank - 1], 1)).squareRoot()),
    ]
  ) {
    checkedAttention(q, k, v, mask: mask, isCausal: isCausal, scale: scale)
  }
}

private func checkedAttention(
  _ q: Tensor, _ k: Tensor, _ v: Tensor, mask: Tensor?, isCausal: Bool, scale: Double?
) -> Tensor {
  // Without keys every query sees none. Products of nothing give zeros, also as gradients.
  if k.shape[k.rank - 2] == 0 { return matmul(matmul(q, k.transposed()), v) }
  var scores = Shape(q.shape.dropLast())
  scores.append(k.shape[k.rank - 2])
  let bias = mask.map { additive($0.detached, q.dtype, scores) }
  // Queries without components have scores of 0.
  let scale = scale ?? 1 / Double(Swift.max(q.shape[q.rank - 1], 1)).squareRoot()
  guard let hiding = hidingMask(bias, isCausal, scores, q.dtype) else {
    return attention(q, k, v, bias, isCausal, scale)
  }
  let isBlind = hiding.max(along: -1, keepingAxes: true) .== -Double.infinity
  guard isBlind.any().scalar(as: Bool.self) else {
    return attention(q, k, v, bias, isCausal, scale)
  }
  // A query that sees no key is given all of them, so that no NaN occurs, and its result is
  // dropped.
  let zero = Tensor(0, dtype: q.dtype)
  return select(isBlind, zero, attention(q, k, v, select(isBlind, zero, hiding), false, scale))
}

/// All numbers that are added to the scores if they may hide every key from a query, else `nil`.
///
/// They may where there is a mask, or where causality leaves queries that come before all keys.
private func hidingMask(
  _ bias: Tensor?, _ isCausal: Bool, _ scores: Shape, _ dtype: DType
) -> Tensor? {
  let (queries, keys) = (scores[scores.rank - 2], scores[scores.rank - 1])
  if !isCausal || bias == nil && queries <= keys { return bias }
  let seen = Tensor.lowerTriangleMask(rows: queries, columns: keys, offset: keys - queries)
  return select(seen, bias ?? Tensor.zeros(scores, dtype: dtype), Tensor(-.infinity, dtype: dtype))
}

/// Attention in which every query sees at least one key.
private func attention(
  _ q: Tensor, _ k: Tensor, _ v: Tensor, _ bias: Tensor?, _ isCausal: Bool, _ scale: Double
) -> Tensor {
  if q.elementCount == 0 || v.elementCount == 0 {
    return matmul(attentionWeights(q, k, bias, isCausal, scale), v)
  }
  let kernels = AttentionKernels(
    q: q, k: k, v: v, mask: bias, isCausal: isCausal, scale: scale)
  return record("scaledDotProductAttention", [q, k, v]) {
    kernels.forward($0[0], $0[1], $0[2])
  } jointPullback: { dy, saved in
    let (q, k, v) = (saved[0], saved[1], saved[2])
    if mayUseFusedKernel(dy, q, k, v) {
      let gradients = kernels.backward(dy, q, k, v)
      return [gradients.q, gradients.k, gradients.v]
    }
    let p = attentionWeights(q, k, bias, isCausal, scale)
    let dp = matmul(dy, v.transposed())
    let ds = p * (dp - (dp * p).sum(along: -1, keepingAxes: true)) * scale
    return [matmul(ds, k), matmul(ds.transposed(), q), matmul(p.transposed(), dy)]
  }
}

/// The attention weights softmax(q kᵀ · scale + mask), in full.
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

/// A mask as numbers to add to the scores, broadcast to their shape.
private func additive(_ mask: Tensor, _ dtype: DType, _ scores: Shape) -> Tensor {
  require(
    mask.shape.broadcast(with: scores) == scores,
    """
    scaledDotProductAttention: a mask of shape \(mask.shape) does not broadcast to scores of \
    shape \(scores)
    """
  )
  let numbers =
    mask.dtype == .bool
    ? select(mask, Tensor(0, dtype: dtype), Tensor(-.infinity, dtype: dtype))
    : mask.converted(to: dtype)
  return numbers.broadcast(to: scores)
}
