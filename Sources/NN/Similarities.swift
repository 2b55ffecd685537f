import Autograd
import Tensor

/// The cosine of the angle between vectors along an axis, a · b / (max(‖a‖, ε) max(‖b‖, ε)).
///
/// The shapes are broadcast; the axis is dropped, as in PyTorch.
public func cosineSimilarity(
  _ a: Tensor, _ b: Tensor, along axis: Int = -1, epsilon: Double = 1e-8
) -> Tensor {
  func length(_ x: Tensor) -> Tensor {
    maximum(x.norm(along: axis), Tensor(epsilon, dtype: x.dtype))
  }
  return (a * b).sum(along: axis) / (length(a) * length(b))
}

/// The distance of vectors along the last axis, ‖a − b + ε‖, by default in the Euclidean norm.
///
/// The shapes are broadcast; the axis is dropped. The small ε keeps the gradient of equal vectors
/// finite, as in PyTorch.
public func pairwiseDistance(
  _ a: Tensor, _ b: Tensor, norm: Tensor.Norm = .two, epsilon: Double = 1e-6
) -> Tensor {
  (a - b + epsilon).norm(norm, along: -1)
}
