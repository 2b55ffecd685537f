// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

import Tensor

// `dim:`, `axis:`, `keepdim:` and `keepdims:` of PyTorch, NumPy, JAX and MLX.

extension Tensor {
  @available(*, unavailable, message: "use 'sum(along:keepingAxes:)'")
  public func sum(dim: Any, keepdim: Bool = false) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'sum(along:keepingAxes:)'")
  public func sum(axis: Any, keepdims: Bool = false) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'sum(along:keepingAxes:)'")
  public func sum(axes: Any, keepDims: Bool = false) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'sum(along:keepingAxes:)'")
  public func sum(along axes: Any, keepdim: Bool) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'sum(along:)'")
  public func sum(_ axes: Int...) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'mean(along:keepingAxes:)'")
  public func mean(dim: Any, keepdim: Bool = false) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'mean(along:keepingAxes:)'")
  public func mean(axis: Any, keepdims: Bool = false) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'mean(along:keepingAxes:)'")
  public func mean(axes: Any, keepDims: Bool = false) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'mean(along:keepingAxes:)'")
  public func mean(along axes: Any, keepdim: Bool) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'mean(along:)'")
  public func mean(_ axes: Int...) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'max(along:keepingAxes:)'")
  public func max(dim: Any, keepdim: Bool = false) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'max(along:keepingAxes:)'")
  public func max(axis: Any, keepdims: Bool = false) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'max(along:keepingAxes:)'")
  public func max(axes: Any, keepDims: Bool = false) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'max(along:keepingAxes:)'")
  public func max(along axes: Any, keepdim: Bool) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'max(along:)'")
  public func max(_ axes: Int...) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'min(along:keepingAxes:)'")
  public func min(dim: Any, keepdim: Bool = false) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'min(along:keepingAxes:)'")
  public func min(axis: Any, keepdims: Bool = false) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'min(along:keepingAxes:)'")
  public func min(axes: Any, keepDims: Bool = false) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'min(along:keepingAxes:)'")
  public func min(along axes: Any, keepdim: Bool) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'min(along:)'")
  public func min(_ axes: Int...) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'product(along:keepingAxes:)'")
  public func product(dim: Any, keepdim: Bool = false) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'product(along:keepingAxes:)'")
  public func product(axis: Any, keepdims: Bool = false) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'product(along:keepingAxes:)'")
  public func product(axes: Any, keepDims: Bool = false) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'product(along:keepingAxes:)'")
  public func product(along axes: Any, keepdim: Bool) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'product(along:)'")
  public func product(_ axes: Int...) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'all(along:keepingAxes:)'")
  public func all(dim: Any, keepdim: Bool = false) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'all(along:keepingAxes:)'")
  public func all(axis: Any, keepdims: Bool = false) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'all(along:keepingAxes:)'")
  public func all(axes: Any, keepDims: Bool = false) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'all(along:keepingAxes:)'")
  public func all(along axes: Any, keepdim: Bool) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'all(along:)'")
  public func all(_ axes: Int...) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'any(along:keepingAxes:)'")
  public func any(dim: Any, keepdim: Bool = false) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'any(along:keepingAxes:)'")
  public func any(axis: Any, keepdims: Bool = false) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'any(along:keepingAxes:)'")
  public func any(axes: Any, keepDims: Bool = false) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'any(along:keepingAxes:)'")
  public func any(along axes: Any, keepdim: Bool) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'any(along:)'")
  public func any(_ axes: Int...) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'logSumExp(along:keepingAxes:)'")
  public func logSumExp(dim: Any, keepdim: Bool = false) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'logSumExp(along:keepingAxes:)'")
  public func logSumExp(axis: Any, keepdims: Bool = false) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'logSumExp(along:keepingAxes:)'")
  public func logSumExp(axes: Any, keepDims: Bool = false) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'logSumExp(along:keepingAxes:)'")
  public func logSumExp(along axes: Any, keepdim: Bool) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'logSumExp(along:)'")
  public func logSumExp(_ axes: Int...) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'argmax(along:keepingAxes:)'")
  public func argmax(dim: Int, keepdim: Bool = false) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'argmax(along:keepingAxes:)'")
  public func argmax(axis: Int, keepdims: Bool = false) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'argmax(along:)', for example 'argmax(along: -1)'")
  public func argmax(_ axis: Int = -1) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'argmin(along:keepingAxes:)'")
  public func argmin(dim: Int, keepdim: Bool = false) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'argmin(along:keepingAxes:)'")
  public func argmin(axis: Int, keepdims: Bool = false) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'argmin(along:)', for example 'argmin(along: -1)'")
  public func argmin(_ axis: Int = -1) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'variance(along:correction:keepingAxes:)'")
  public func variance(dim: Any, unbiased: Bool = true, keepdim: Bool = false) -> Tensor {
    fatalError()
  }
  @available(*, unavailable, message: "use 'variance(along:correction:keepingAxes:)'")
  public func variance(axis: Any, unbiased: Bool = true, keepdim: Bool = false) -> Tensor {
    fatalError()
  }
  @available(*, unavailable, message: "use 'standardDeviation(along:correction:keepingAxes:)'")
  public func standardDeviation(dim: Any, unbiased: Bool = true, keepdim: Bool = false) -> Tensor {
    fatalError()
  }
  @available(*, unavailable, message: "use 'standardDeviation(along:correction:keepingAxes:)'")
  public func standardDeviation(axis: Any, unbiased: Bool = true, keepdim: Bool = false) -> Tensor {
    fatalError()
  }
  @available(*, unavailable, message: "use 'variance()', or 'variance(along:)' with an axis")
  public func `var`() -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'variance(along:)'")
  public func `var`(dim: Any, unbiased: Bool = true, keepdim: Bool = false) -> Tensor {
    fatalError()
  }
  @available(*, unavailable, message: "use 'variance(along:)'")
  public func `var`(axis: Any, unbiased: Bool = true, keepdim: Bool = false) -> Tensor {
    fatalError()
  }
  @available(
    *, unavailable,
    message: "use 'standardDeviation()', or 'standardDeviation(along:)' with an axis"
  )
  public func std() -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'standardDeviation(along:)'")
  public func std(dim: Any, unbiased: Bool = true, keepdim: Bool = false) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'standardDeviation(along:)'")
  public func std(axis: Any, unbiased: Bool = true, keepdim: Bool = false) -> Tensor {
    fatalError()
  }
  @available(*, unavailable, message: "use 'standardDeviation(along:)'")
  public func std(along axes: Int...) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'standardDeviation(along:)'")
  public func std(_ axis: Int) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'correction: 0' for 'unbiased: false'")
  public func standardDeviation(along axis: Int, unbiased: Bool) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'correction: 0' for 'unbiased: false'")
  public func variance(along axis: Int, unbiased: Bool) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'cumulativeSum(along:)'")
  public func cumsum(along axis: Int) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'cumulativeSum(along:)'")
  public func cumulativeSum(dim: Int) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'cumulativeSum(along:)'")
  public func cumulativeSum(axis: Int) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'cumulativeProduct(along:)'")
  public func cumulativeProduct(dim: Int) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'cumulativeProduct(along:)'")
  public func cumulativeProduct(axis: Int) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'sorted(along:)'")
  public func sorted(dim: Int, descending: Bool = false) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'sorted(along:)'")
  public func sorted(axis: Int, descending: Bool = false) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'argsort(along:)'")
  public func argsort(dim: Int, descending: Bool = false) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'argsort(along:)'")
  public func argsort(axis: Int, descending: Bool = false) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'squeezed(along:)'")
  public func squeezed(dim: Int) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'squeezed(along:)'")
  public func squeezed(axis: Int) -> Tensor { fatalError() }
  @available(*, unavailable, renamed: "broadcast(to:)")
  public func expanded(to shape: Shape) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'expanded(along:)'")
  public func expanded(dim: Int) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'expanded(along:)'")
  public func expanded(axis: Int) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'cumulativeSum(along:)'")
  public func cumsum(_ dim: Int) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'cumulativeSum(along:)'")
  public func cumsum(dim: Int) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'cumulativeSum(along:)'")
  public func cumsum(axis: Int) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'cumulativeProduct(along:)'")
  public func cumprod(_ dim: Int) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'cumulativeProduct(along:)'")
  public func cumprod(dim: Int) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'cumulativeProduct(along:)'")
  public func cumprod(axis: Int) -> Tensor { fatalError() }
}

@available(*, unavailable, message: "use 'softmax(x, along:)'")
public func softmax(_ x: Tensor, dim: Int) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'softmax(x, along:)'")
public func softmax(_ x: Tensor, axis: Int) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'logSoftmax(x, along:)'")
public func logSoftmax(_ x: Tensor, dim: Int) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'logSoftmax(x, along:)'")
public func logSoftmax(_ x: Tensor, axis: Int) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'logSoftmax(x, along:)'")
public func log_softmax(_ x: Tensor, dim: Int) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'logSoftmax(x, along:)'")
public func log_softmax(_ x: Tensor, axis: Int) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'glu(x, along:)'")
public func glu(_ x: Tensor, dim: Int) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'glu(x, along:)'")
public func glu(_ x: Tensor, axis: Int) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'concatenated([a, b], along:)'")
public func cat(_ tensors: [Tensor], _ dim: Int = 0) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'concatenated([a, b], along:)'")
public func cat(_ tensors: [Tensor], dim: Int) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'concatenated([a, b], along:)'")
public func cat(_ tensors: [Tensor], axis: Int) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'concatenated([a, b], along:)'")
public func concatenate(_ tensors: [Tensor], _ dim: Int = 0) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'concatenated([a, b], along:)'")
public func concatenate(_ tensors: [Tensor], dim: Int) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'concatenated([a, b], along:)'")
public func concatenate(_ tensors: [Tensor], axis: Int) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'concatenated([a, b], along:)'")
public func concat(_ tensors: [Tensor], _ dim: Int = 0) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'concatenated([a, b], along:)'")
public func concat(_ tensors: [Tensor], dim: Int) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'concatenated([a, b], along:)'")
public func concat(_ tensors: [Tensor], axis: Int) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'concatenated([a, b], along:)'")
public func concatenated(_ tensors: [Tensor], dim: Int) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'concatenated([a, b], along:)'")
public func concatenated(_ tensors: [Tensor], axis: Int) -> Tensor { fatalError() }
@available(*, unavailable, message: "use the method 'x.cumulativeSum(along:)'")
public func cumsum(_ x: Tensor, dim: Any = 0, axis: Any = 0) -> Tensor { fatalError() }
@available(*, unavailable, message: "use the method 'x.cumulativeProduct(along:)'")
public func cumprod(_ x: Tensor, dim: Any = 0, axis: Any = 0) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'stacked([a, b], along:)'")
public func stack(_ tensors: [Tensor], _ dim: Int = 0) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'stacked([a, b], along:)'")
public func stack(_ tensors: [Tensor], dim: Int) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'stacked([a, b], along:)'")
public func stack(_ tensors: [Tensor], axis: Int) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'stacked([a, b], along:)'")
public func stacked(_ tensors: [Tensor], dim: Int) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'stacked([a, b], along:)'")
public func stacked(_ tensors: [Tensor], axis: Int) -> Tensor { fatalError() }
@available(*, unavailable, message: "use the method 'x.sum()', or 'x.sum(along:)' with an axis")
public func sum(_ x: Tensor, dim: Any = 0, axis: Any = 0) -> Tensor { fatalError() }
@available(*, unavailable, message: "use the method 'x.mean()', or 'x.mean(along:)' with an axis")
public func mean(_ x: Tensor, dim: Any = 0, axis: Any = 0) -> Tensor { fatalError() }
@available(*, unavailable, message: "use the method 'x.argmax(along:)'")
public func argmax(_ x: Tensor, dim: Any = 0, axis: Any = 0) -> Tensor { fatalError() }
@available(*, unavailable, message: "use the method 'x.argmin(along:)'")
public func argmin(_ x: Tensor, dim: Any = 0, axis: Any = 0) -> Tensor { fatalError() }
@available(*, unavailable, message: "use the method 'x.max()', or 'x.max(along:)' with an axis")
public func max(_ x: Tensor, dim: Any = 0, axis: Any = 0) -> Tensor { fatalError() }
@available(*, unavailable, message: "use the method 'x.min()', or 'x.min(along:)' with an axis")
public func min(_ x: Tensor, dim: Any = 0, axis: Any = 0) -> Tensor { fatalError() }
@available(
  *, unavailable, message: "use the method 'x.product()', or 'x.product(along:)' with an axis"
)
public func prod(_ x: Tensor, dim: Any = 0, axis: Any = 0) -> Tensor { fatalError() }
@available(
  *, unavailable, message: "use the method 'x.logSumExp()', or 'x.logSumExp(along:)' with an axis"
)
public func logsumexp(_ x: Tensor, dim: Any = 0, axis: Any = 0) -> Tensor { fatalError() }
@available(
  *, unavailable,
  message: "use the method 'x.logSumExp()', or 'x.logSumExp(along:)' with an axis"
)
public func logSumExp(_ x: Tensor, along axis: Int = 0) -> Tensor { fatalError() }
@available(*, unavailable, message: "use the method 'x.any()', or 'x.any(along:)' with an axis")
public func any(_ x: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, message: "use the method 'x.all()', or 'x.all(along:)' with an axis")
public func all(_ x: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, message: "use the method 'x.norm()', or 'x.norm(along:)' with an axis")
public func norm(_ x: Tensor, _ order: Any = 2, dim: Any = 0, axis: Any = 0) -> Tensor {
  fatalError()
}
@available(*, unavailable, message: "use the method 'x.topK(count, along:)'")
public func topk(_ x: Tensor, _ count: Int) -> (values: Tensor, indices: Tensor) { fatalError() }
@available(*, unavailable, message: "use the method 'x.topK(count, along:)'")
public func topK(_ x: Tensor, _ count: Int) -> (values: Tensor, indices: Tensor) { fatalError() }
@available(*, unavailable, message: "use 'maximum(a, b)'")
public func max(_ a: Tensor, _ b: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'maximum(a, b)'")
public func max(_ a: Tensor, _ b: Double) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'maximum(a, b)'")
public func max(_ a: Double, _ b: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'minimum(a, b)'")
public func min(_ a: Tensor, _ b: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'minimum(a, b)'")
public func min(_ a: Tensor, _ b: Double) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'minimum(a, b)'")
public func min(_ a: Double, _ b: Tensor) -> Tensor { fatalError() }
@available(
  *, unavailable,
  message: "use the method 'x.standardDeviation()', or 'x.standardDeviation(along:)' with an axis"
)
public func std(_ x: Tensor, _ a: Any = 0, _ b: Any = 0, dim: Any = 0, axis: Any = 0) -> Tensor {
  fatalError()
}
@available(
  *, unavailable, message: "use the method 'x.variance()', or 'x.variance(along:)' with an axis"
)
public func variance(_ x: Tensor, _ a: Any = 0, _ b: Any = 0, dim: Any = 0, axis: Any = 0) -> Tensor
{ fatalError() }
@available(*, unavailable, message: "use the method 'x.argsort(along:)'")
public func argsort(_ x: Tensor, _ a: Any = 0, _ b: Any = 0, dim: Any = 0, axis: Any = 0) -> Tensor
{ fatalError() }
@available(*, unavailable, message: "use the method 'x.sorted(along:descending:)'")
public func sort(_ x: Tensor, _ a: Any = 0, _ b: Any = 0, dim: Any = 0, axis: Any = 0) -> Tensor {
  fatalError()
}
@available(*, unavailable, message: "use the method 'x.flipped(along:)'")
public func flip(_ x: Tensor, _ a: Any = 0, _ b: Any = 0, dim: Any = 0, axis: Any = 0) -> Tensor {
  fatalError()
}
@available(*, unavailable, message: "use the method 'x.binCounts(minimumCount:)'")
public func bincount(_ x: Tensor, _ a: Any = 0, _ b: Any = 0, dim: Any = 0, axis: Any = 0) -> Tensor
{ fatalError() }
@available(*, unavailable, message: "use the method 'x.nonzero()'")
public func nonzero(_ x: Tensor, _ a: Any = 0, _ b: Any = 0, dim: Any = 0, axis: Any = 0) -> Tensor
{ fatalError() }
@available(*, unavailable, message: "use the method 'x.lowerTriangle(offset:)'")
public func tril(_ x: Tensor, _ a: Any = 0, _ b: Any = 0, dim: Any = 0, axis: Any = 0) -> Tensor {
  fatalError()
}
@available(*, unavailable, message: "use the method 'x.upperTriangle(offset:)'")
public func triu(_ x: Tensor, _ a: Any = 0, _ b: Any = 0, dim: Any = 0, axis: Any = 0) -> Tensor {
  fatalError()
}
@available(*, unavailable, message: "use the method 'x.diagonal()', or 'x.diagonalMatrix()'")
public func diag(_ x: Tensor, _ a: Any = 0, _ b: Any = 0, dim: Any = 0, axis: Any = 0) -> Tensor {
  fatalError()
}
@available(*, unavailable, message: "use the method 'x.squeezed(along:)'")
public func squeeze(_ x: Tensor, _ a: Any = 0, _ b: Any = 0, dim: Any = 0, axis: Any = 0) -> Tensor
{ fatalError() }
@available(*, unavailable, message: "use the method 'x.transposed(a, b)'")
public func transpose(_ x: Tensor, _ a: Any = 0, _ b: Any = 0, dim: Any = 0, axis: Any = 0)
  -> Tensor
{ fatalError() }
@available(*, unavailable, message: "use the method 'x.reshaped(to: [2, -1])'")
public func reshape(_ x: Tensor, _ a: Any = 0, _ b: Any = 0, dim: Any = 0, axis: Any = 0) -> Tensor
{ fatalError() }
@available(*, unavailable, message: "use the method 'x.flattened(from:)'")
public func flatten(_ x: Tensor, _ a: Any = 0, _ b: Any = 0, dim: Any = 0, axis: Any = 0) -> Tensor
{ fatalError() }
