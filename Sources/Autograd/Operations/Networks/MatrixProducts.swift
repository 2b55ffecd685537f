import CKernels
import Tensor

/// The matrix product over the last two axes, with the axes before them broadcast.
///
/// [.., m, k] × [.., k, n] → [.., m, n]; dA = dC · Bᵀ, dB = Aᵀ · dC. A vector on the left is taken
/// as a row, one on the right as a column, and its axis is dropped from the result. Transposed
/// operands are read without a copy.
///
/// - Complexity: 2 · m · n · k operations for each matrix of the batch.
public func matmul(_ a: Tensor, _ b: Tensor) -> Tensor {
  require(
    a.rank > 0 && b.rank > 0,
    "matmul: shapes \(a.shape) and \(b.shape): a scalar has no matrix product")
  if a.rank == 1 {
    let product = matmul(a.expanded(along: 0), b)
    return product.squeezed(along: b.rank == 1 ? 0 : -2)
  }
  if b.rank == 1 {
    return matmul(a, b.expanded(along: 1)).squeezed(along: -1)
  }
  return record("matmul", a, b, saving: [.first, .second]) {
    MatrixProduct.multiplyDistinct($0, $1, name: "matmul")
  } lhs: { dy, saved in
    matmul(dy, saved.second.transposed())
  } rhs: { dy, saved in
    // If one matrix multiplies a whole batch, one product replaces a sum of products.
    if saved.second.rank == 2 && saved.first.rank > 2 {
      return matmul(rows(of: saved.first).transposed(), rows(of: dy))
    }
    return matmul(saved.first.transposed(), dy)
  }
}

/// The affine map of the last axis, y = x · Wᵀ + b: [.., in], [out, in] and [out] → [.., out].
///
/// dx = dy · W, dW = dyᵀ · x, db = Σ dy.
public func linear(_ x: Tensor, _ weight: Tensor, _ bias: Tensor) -> Tensor {
  require(
    bias.rank == 1 && weight.rank == 2 && bias.shape[0] == weight.shape[0],
    "linear: a bias of shape \(bias.shape) does not fit a weight of shape \(weight.shape)")
  return record("linear", x, weight, bias, saving: [.first, .second]) { x, weight, bias in
    var y = product(x, weight)
    Elementwise.update(&y, CK_BINARY_ADD, bias)
    return y
  } first: { dy, saved in
    matmul(dy, saved.second)
  } second: { dy, saved in
    matmul(rows(of: dy).transposed(), rows(of: saved.first))
  } third: { dy, _ in
    dy
  }
}

/// The linear map of the last axis, y = x · Wᵀ: [.., in] and [out, in] → [.., out].
///
/// dx = dy · W, dW = dyᵀ · x.
public func linear(_ x: Tensor, _ weight: Tensor) -> Tensor {
  record("linear", x, weight, saving: [.first, .second]) {
    product($0, $1)
  } lhs: { dy, saved in
    matmul(dy, saved.second)
  } rhs: { dy, saved in
    matmul(rows(of: dy).transposed(), rows(of: saved.first))
  }
}

/// The affine map of the last axis, or the linear one without a bias.
package func linear(_ x: Tensor, _ weight: Tensor, bias: Tensor?) -> Tensor {
  bias.map { linear(x, weight, $0) } ?? linear(x, weight)
}

private func product(_ x: Tensor, _ weight: Tensor) -> Tensor {
  require(
    x.rank >= 1 && weight.rank == 2 && x.shape[x.rank - 1] == weight.shape[1],
    "linear: an input of shape \(x.shape) does not fit a weight of shape \(weight.shape)")
  if x.rank >= 2 { return MatrixProduct.multiply(x, Views.transpose(weight, 0, 1), name: "linear") }
  let row = Views.reshape(x, to: [1, x.shape[0]])
  let y = MatrixProduct.multiply(row, Views.transpose(weight, 0, 1), name: "linear")
  return Views.reshape(y, to: [weight.shape[0]])
}

/// A batch of matrices, or a vector, as one matrix with the same rows.
private func rows(of x: Tensor) -> Tensor {
  if x.rank == 2 { return x }
  // Computed, because no size can be inferred beside one of 0.
  let count = x.shape.dropLast().reduce(1, *)
  return x.reshaped(to: [count, x.shape[x.rank - 1]])
}

/// The inner product Σ aᵢbᵢ of two vectors of equal length, a scalar.
public func dot(_ a: Tensor, _ b: Tensor) -> Tensor {
  require(
    a.rank == 1 && a.shape == b.shape,
    "dot: shapes \(a.shape) and \(b.shape) are not two vectors of equal length")
  requireOperands(a, b, for: "dot")
  return matmul(a, b)
}

/// The outer product aᵢbⱼ of two vectors, [m] and [n] → [m, n].
public func outer(_ a: Tensor, _ b: Tensor) -> Tensor {
  require(
    a.rank == 1 && b.rank == 1, "outer: shapes \(a.shape) and \(b.shape) are not two vectors")
  let column = a.expanded(along: 1)
  // As a product of matrices its gradients are products of a matrix and a vector.
  let isProduct = a.dtype == b.dtype && a.dtype.isFloatingPoint
  return isProduct ? matmul(column, b.expanded(along: 0)) : column * b
}
