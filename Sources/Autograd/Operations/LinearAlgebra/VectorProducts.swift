import Tensor

/// The Kronecker product of matrices, [.., m, n] and [.., p, q] → [.., m p, n q]: the block at
/// (i, j) is aᵢⱼ b.
public func kron(_ a: Tensor, _ b: Tensor) -> Tensor {
  require(a.dtype == b.dtype, "kron: \(DType.differ(a.dtype, b.dtype))")
  require(
    a.rank >= 2 && b.rank >= 2, "kron: shapes \(a.shape) and \(b.shape) are not two matrices")
  // A row of a times a row of b, as a column and a row, is a row of blocks.
  let (columns, rows) = (
    a.expanded(along: -1).expanded(along: -3), b.expanded(along: -2).expanded(along: -4)
  )
  let blocks = a.dtype.isFloatingPoint ? matmul(columns, rows) : columns * rows
  let (m, n) = (a.shape[a.rank - 2], a.shape[a.rank - 1])
  let (p, q) = (b.shape[b.rank - 2], b.shape[b.rank - 1])
  return blocks.reshaped(to: Shape(Array(blocks.shape.dropLast(4)) + [m * p, n * q]))
}

/// The cross product a × b of the vectors of three elements along an axis, broadcast;
/// da = b × dy, db = dy × a.
public func cross(_ a: Tensor, _ b: Tensor, along axis: Int = -1) -> Tensor {
  requireOperands(a, b, for: "cross")
  require(
    a.rank > 0 && b.rank > 0 && a.shape[a.shape.axis(axis, in: "cross")] == 3
      && b.shape[b.shape.axis(axis, in: "cross")] == 3,
    "cross: shapes \(a.shape) and \(b.shape) do not have three elements along axis \(axis)")
  func isLast(_ x: Tensor) -> Bool { x.shape.axis(axis, in: "cross") == x.rank - 1 }
  if isLast(a) && isLast(b) { return crossOfRows(a, b) }
  return crossOfRows(a.movingAxis(axis, to: -1), b.movingAxis(axis, to: -1))
    .movingAxis(-1, to: axis)
}

private func crossOfRows(_ a: Tensor, _ b: Tensor) -> Tensor {
  record("cross", a, b, saving: [.first, .second]) {
    CrossProducts.forward($0, $1)
  } lhs: { dy, saved in
    crossOfRows(saved.second, dy)
  } rhs: { dy, saved in
    crossOfRows(dy, saved.first)
  }
}
