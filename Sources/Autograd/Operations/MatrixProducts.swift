import CKernels
import Tensor

/// The matrix product over the last two axes, with the axes before them broadcast.
///
/// [.., m, k] × [.., k, n] → [.., m, n]; a vector on the left is a row, on the right a column, and its axis
/// is dropped from the result.  dA = dC · Bᵀ, dB = Aᵀ · dC.  Transposed operands are read as they are.
///
/// - Complexity: 2·m·n·k operations for each matrix of the batch.
public func matmul(_ a: Tensor, _ b: Tensor) -> Tensor {
  require(
    a.rank > 0 && b.rank > 0,
    "matmul: shapes \(a.shape) and \(b.shape): a scalar has no matrix product")
  if a.rank == 1 {
    let product = matmul(a.expandedDimensions(axis: 0), b)
    return product.squeezed(axis: b.rank == 1 ? 0 : -2)
  }
  if b.rank == 1 {
    return matmul(a, b.expandedDimensions(axis: 1)).squeezed(axis: -1)
  }
  return record("matmul", a, b, saving: [.first, .second]) {
    MatrixProduct.multiply($0, $1, name: "matmul")
  } lhs: { dy, saved in
    matmul(dy, saved.b.transposed())
  } rhs: { dy, saved in
    // One product where the batch of a meets a plain matrix, instead of a sum over a product for each.
    if saved.b.rank == 2 && saved.a.rank > 2 {
      return matmul(rows(of: saved.a).transposed(), rows(of: dy))
    }
    return matmul(saved.a.transposed(), dy)
  }
}

/// The affine map of a layer over the last axis, y = x · Wᵀ + b; shapes [.., in], [out, in], [out] → [.., out].
///
/// dx = dy · W, dW = dyᵀ · x, db = Σ dy.
public func linear(_ x: Tensor, _ weight: Tensor, _ bias: Tensor) -> Tensor {
  require(
    bias.rank == 1 && weight.rank == 2 && bias.shape[0] == weight.shape[0],
    "linear: the weight is \(weight.shape), so the bias is not \(bias.shape)")
  return record("linear", x, weight, bias, saving: [.first, .second]) { x, weight, bias in
    var y = product(x, weight)
    Elementwise.update(&y, CK_BINARY_ADD, bias)
    return y
  } first: { dy, saved in
    matmul(dy, saved.b)
  } second: { dy, saved in
    matmul(rows(of: dy).transposed(), rows(of: saved.a))
  } third: { dy, _ in
    dy
  }
}

/// The linear map of a layer without bias over the last axis, y = x · Wᵀ; shapes [.., in], [out, in] → [.., out].
///
/// dx = dy · W, dW = dyᵀ · x.
public func linear(_ x: Tensor, _ weight: Tensor) -> Tensor {
  record("linear", x, weight, saving: [.first, .second]) {
    product($0, $1)
  } lhs: { dy, saved in
    matmul(dy, saved.b)
  } rhs: { dy, saved in
    matmul(rows(of: dy).transposed(), rows(of: saved.a))
  }
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

/// A batch of matrices, or one vector, as the rows of one matrix.
private func rows(of x: Tensor) -> Tensor {
  x.rank == 2 ? x : x.reshaped(to: [-1, x.shape[x.rank - 1]])
}
