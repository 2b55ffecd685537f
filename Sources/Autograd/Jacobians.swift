import Tensor

// Jacobians, Hessians and products with them, of functions whose value may be any tensor.

/// The value of a function at a point and the vector–Jacobian product cᵀJ.
///
/// - Parameters:
///   - x: The point.
///   - cotangent: The vector c, with the shape of the function's value.
///   - function: The function.
/// - Returns: The value, and cᵀJ with the shape of `x`.
public func vectorJacobianProduct(
  at x: Tensor, _ cotangent: Tensor, of function: (Tensor) -> Tensor
) -> (value: Tensor, product: Tensor) {
  var value: Tensor?
  let product = gradient(at: x) { x in
    let y = function(x)
    require(
      y.shape == cotangent.shape,
      "vectorJacobianProduct: a cotangent of shape \(cotangent.shape) for a value of shape \(y.shape)"
    )
    value = y.detached
    return (y * cotangent).sum()
  }
  return (value ?? x, product)
}

/// The value of a function at a point and the Jacobian–vector product Jv.
///
/// It takes two backward passes: cᵀJ is linear in c, so the gradient of cᵀJv with respect to c is
/// Jv.
///
/// - Parameters:
///   - x: The point.
///   - tangent: The vector v, with the shape of `x`.
///   - function: The function.
/// - Returns: The value, and Jv with the value's shape.
public func jacobianVectorProduct(
  at x: Tensor, _ tangent: Tensor, of function: (Tensor) -> Tensor
) -> (value: Tensor, product: Tensor) {
  require(
    tangent.shape == x.shape,
    "jacobianVectorProduct: a tangent of shape \(tangent.shape) for a point of shape \(x.shape)")
  let value = function(x)
  let product = gradient(at: Tensor.zeros(like: value)) { cotangent in
    let transposed = gradient(at: x) { x in (function(x) * cotangent).sum() }
    return (transposed * tangent).sum()
  }
  return (value.detached, product)
}

/// The Jacobian of a function at a point; its shape is that of the value followed by that of the
/// point.
///
/// - Complexity: One backward pass for each element of the value.
public func jacobian(at x: Tensor, of function: (Tensor) -> Tensor) -> Tensor {
  let shape = function(x).shape
  let count = shape.elementCount
  let rows = (0..<count).map { i in
    gradient(at: x) { function($0).reshaped(to: [count])[i] }
  }
  var result = shape
  for size in x.shape { result.append(size) }
  return rows.isEmpty
    ? Tensor.zeros(result, dtype: x.dtype) : stacked(rows).reshaped(to: result)
}

/// The Hessian of a scalar function at a point; its shape is that of the point, twice.
///
/// - Complexity: Two backward passes for each element of the point.
public func hessian(at x: Tensor, of function: (Tensor) -> Tensor) -> Tensor {
  jacobian(at: x) { gradient(at: $0, of: function) }
}

/// The Hessian–vector product Hv of a scalar function at a point, by two backward passes.
public func hessianVectorProduct(
  at x: Tensor, _ vector: Tensor, of function: (Tensor) -> Tensor
) -> Tensor {
  require(
    vector.shape == x.shape,
    "hessianVectorProduct: a vector of shape \(vector.shape) for a point of shape \(x.shape)")
  return gradient(at: x) { x in (gradient(at: x, of: function) * vector).sum() }
}
