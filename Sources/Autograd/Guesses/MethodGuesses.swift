// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

import Tensor

// Methods and properties of tensors in PyTorch, NumPy and MLX. Functions of the library, such as
// `exp`, are not among them: a method of the same name would hide the function in every extension
// of `Tensor`, also in those of users.

extension Tensor {
  @available(*, unavailable, message: "use 'reshaped(to: [2, -1])'")
  public func view(_ sizes: Int...) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'reshaped(to: [2, -1])'")
  public func view(_ sizes: [Int]) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'reshaped(to: [2, -1])'")
  public func reshape(_ sizes: Int...) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'reshaped(to: [2, -1])'")
  public func reshape(_ sizes: [Int]) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'reshaped(to: [2, -1])'")
  public func reshaped(_ sizes: Int...) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'reshaped(to: [2, -1])'")
  public func reshaped(_ sizes: [Int]) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'transposed()'")
  public var T: Tensor { fatalError() }
  @available(*, unavailable, message: "use 'transposed()'")
  public var mT: Tensor { fatalError() }
  @available(*, unavailable, message: "use 'transposed()'")
  public func t() -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'transposed(a, b)'")
  public func transpose(_ a: Int = -2, _ b: Int = -1) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'shape'")
  public func size() -> Shape { fatalError() }
  @available(*, unavailable, message: "use 'shape[axis]'")
  public func size(_ axis: Int) -> Int { fatalError() }
  @available(*, unavailable, message: "use 'rank'")
  public func dim() -> Int { fatalError() }
  @available(*, unavailable, message: "use 'rank'")
  public var ndim: Int { fatalError() }
  @available(*, unavailable, message: "use 'elementCount'")
  public func numel() -> Int { fatalError() }
  @available(*, unavailable, message: "use 'scalar()', 'Float(x)' or 'Int(x)'")
  public func item() -> Double { fatalError() }
  @available(*, unavailable, message: "use 'scalar()', 'Float(x)' or 'Int(x)'")
  public func item<Scalar>(_ type: Scalar.Type) -> Scalar { fatalError() }
  @available(
    *, unavailable,
    message: "use '[Float](x)', '[[Float]](x)' and so on, or 'scalars(as: Float.self)'"
  )
  public func numpy() -> [Float] { fatalError() }
  @available(
    *, unavailable,
    message: "use '[Float](x)', '[[Float]](x)' and so on, or 'scalars(as: Float.self)'"
  )
  public func tolist() -> [Float] { fatalError() }
  @available(
    *, unavailable,
    message: "use '[Float](x)', '[[Float]](x)' and so on, or 'scalars(as: Float.self)'"
  )
  public func toArray() -> [Float] { fatalError() }
  @available(*, unavailable, message: "use '[Float](x)' or 'scalars(as: Float.self)'")
  public func asArray<Scalar>(_ type: Scalar.Type) -> [Scalar] { fatalError() }
  @available(*, unavailable, message: "use 'permuted(0, 2, 1)'")
  public func permute(_ axes: Int...) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'expanded(along:)'")
  public func unsqueeze(_ dim: Int) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'expanded(along:)'")
  public func unsqueeze(dim: Int) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'expanded(along:)'")
  public func expandedDimension(axis: Int) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'squeezed(along:)' with an axis")
  public func squeeze() -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'squeezed(along:)'")
  public func squeeze(_ dim: Int) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'broadcast(to: [2, 3])'")
  public func expand(_ sizes: Int...) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'broadcast(to: other.shape)'")
  public func expand_as(_ other: Tensor) -> Tensor { fatalError() }
  @available(
    *, unavailable, message: "use 'tiled(2, 3)', or 'repeated(2, along: 0)' for each element"
  )
  public func `repeat`(_ counts: Int...) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'flattened(from:)'")
  public func flatten(_ start: Int = 0) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'flipped(along:)'")
  public func flip(_ axes: Int...) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'rolled(by:along:)'")
  public func roll(_ shift: Int, _ axis: Int = 0) -> Tensor { fatalError() }
  @available(*, unavailable, message: "leave it out: operations take any layout")
  public func contiguous() -> Tensor { fatalError() }
  @available(*, unavailable, message: "leave it out: a tensor is a value, 'let copy = x'")
  public func clone() -> Tensor { fatalError() }
  @available(*, unavailable, message: "leave it out: a tensor is a value, 'let copy = x'")
  public func copy() -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'detached'")
  public func detach() -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'detached'")
  public var data: Tensor { fatalError() }
  @available(
    *, unavailable,
    message: """
      gradients are returned: 'let (loss, gradients) = valueWithGradients(for: parameters) { ... \
      }'
      """
  )
  public var grad: Tensor { fatalError() }
  @available(
    *, unavailable,
    message:
      "leave it out: gradients are those of 'gradient(at: x) { ... }' or of a model's parameters"
  )
  public var requires_grad: Bool { fatalError() }
  @available(
    *, unavailable,
    message:
      "leave it out: gradients are those of 'gradient(at: x) { ... }' or of a model's parameters"
  )
  public var requiresGrad: Bool { fatalError() }
  @available(
    *, unavailable,
    message:
      "leave it out: gradients are those of 'gradient(at: x) { ... }' or of a model's parameters"
  )
  public func requires_grad_(_ flag: Bool = true) -> Tensor { fatalError() }
  @available(
    *, unavailable,
    message: """
      gradients are returned: 'let (loss, gradients) = valueWithGradients(for: parameters) { ... \
      }'
      """
  )
  public func backward() -> Void { fatalError() }
  @available(*, unavailable, message: "use 'converted(to:)'")
  public func to(_ dtype: DType) -> Tensor { fatalError() }
  @available(*, unavailable, message: "leave it out: there is one device, the CPU")
  public func to(_ device: String) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'converted(to:)'")
  public func to(dtype: DType) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'converted(to:)'")
  public func asType(_ dtype: DType) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'converted(to:)'")
  public func astype(_ dtype: DType) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'converted(to: .float32)'")
  public func asType<Scalar>(_ type: Scalar.Type) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'converted(to: .float32)'")
  public func float() -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'converted(to: .float64)'")
  public func double() -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'converted(to: .int32)'")
  public func int() -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'converted(to: .int32)'")
  public func long() -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'converted(to: .bool)'")
  public func bool() -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'converted(to: .float32)'")
  public func half() -> Tensor { fatalError() }
  @available(*, unavailable, message: "leave it out: there is one device, the CPU")
  public func cuda() -> Tensor { fatalError() }
  @available(*, unavailable, message: "leave it out: there is one device, the CPU")
  public func cpu() -> Tensor { fatalError() }
  @available(*, unavailable, message: "there is one device, the CPU")
  public var device: String { fatalError() }
  @available(*, unavailable, message: "use the function 'clamp(x, from:)'")
  public func clip(min: Double) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'clamp(x, to:)'")
  public func clip(max: Double) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'clamp(x, from:to:)'")
  public func clip(min: Double, max: Double) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'clamp(x, from:to:)'")
  public func clip(_ min: Double, _ max: Double) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'clamp(x, from:to:)'")
  public func clipped(to range: ClosedRange<Double>) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'clamp(x, from:to:)'")
  public func clamped(to range: ClosedRange<Double>) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'matmul(a, b)'")
  public func mm(_ other: Tensor) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'matmul(a, b)'")
  public func bmm(_ other: Tensor) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'matmul(a, b)'")
  public func mv(_ other: Tensor) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the operator: 'a + b'")
  public func add(_ other: Any) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the operator: 'a += b'")
  public mutating func add_(_ other: Any, alpha: Double = 1) { fatalError() }
  @available(*, unavailable, message: "use the operator: 'a - b'")
  public func sub(_ other: Any) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the operator: 'a -= b'")
  public mutating func sub_(_ other: Any, alpha: Double = 1) { fatalError() }
  @available(*, unavailable, message: "use the operator: 'a * b'")
  public func mul(_ other: Any) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the operator: 'a *= b'")
  public mutating func mul_(_ other: Any, alpha: Double = 1) { fatalError() }
  @available(*, unavailable, message: "use the operator: 'a / b'")
  public func div(_ other: Any) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the operator: 'a /= b'")
  public mutating func div_(_ other: Any, alpha: Double = 1) { fatalError() }
  @available(*, unavailable, message: "use the operator: 'a .== b'")
  public func eq(_ other: Any) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the operator: 'a .!= b'")
  public func ne(_ other: Any) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the operator: 'a .< b'")
  public func lt(_ other: Any) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the operator: 'a .<= b'")
  public func le(_ other: Any) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the operator: 'a .> b'")
  public func gt(_ other: Any) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the operator: 'a .>= b'")
  public func ge(_ other: Any) -> Tensor { fatalError() }
  @available(*, unavailable, message: "assign: 'x = .zeros(like: x)'")
  public mutating func zero_() { fatalError() }
  @available(*, unavailable, message: "assign: 'x = .full(like: x, value)'")
  public mutating func fill_(_ value: Double) { fatalError() }
  @available(*, unavailable, message: "use the function 'select(mask, value, x)'")
  public func masked_fill(_ mask: Tensor, _ value: Double) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'select(mask, x, other)'")
  public func `where`(_ mask: Tensor, _ other: Tensor) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'gathered(at:along:)'")
  public func gather(_ dim: Int, _ index: Tensor) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'selected(at:along:)'")
  public func index_select(_ dim: Int, _ index: Tensor) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'topK(count)'")
  public func topk(_ count: Int) -> (values: Tensor, indices: Tensor) { fatalError() }
  @available(*, unavailable, message: "use 'sorted(along:descending:)'")
  public func sort() -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'product()'")
  public func prod() -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'logSumExp(along:)'")
  public func logsumexp(dim: Int) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'split(into:along:)'")
  public func chunk(_ count: Int, _ dim: Int = 0) -> [Tensor] { fatalError() }
  @available(*, unavailable, message: "use 'chunks(of:along:)'")
  public func split(_ size: Int, dim: Int = 0) -> [Tensor] { fatalError() }
  @available(*, unavailable, message: "use 'x .!= x'")
  public func isnan() -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'finiteElements'")
  public func isfinite() -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'norm(.two)'")
  public func norm(p: Double) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'upperTriangle(offset:)'")
  public func triu(_ offset: Int = 0) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'lowerTriangle(offset:)'")
  public func tril(_ offset: Int = 0) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'expanded(along:)'")
  public func unsqueezed(_ axis: Int) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'expanded(along:)'")
  public func unsqueezed(along axis: Int) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'expanded(along:)'")
  public func expandedDimensions(_ axis: Int) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'squeezed(along:)' with an axis")
  public func squeezed() -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'filled(with: 0, where: mask)'")
  public func masked(where mask: Tensor, with number: Double) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'filled(with: 0, where: mask)'")
  public func masked(_ mask: Tensor, _ number: Double) -> Tensor { fatalError() }
  @available(
    *, unavailable,
    message: "use 'elementCount' or 'shape[0]'; true elements are counted by 'sum()'"
  )
  public func count() -> Int { fatalError() }
  @available(*, unavailable, message: "use 'norm(along:)', or 'norm(.one, along:)'")
  public func norm(dim: Int, keepdim: Bool = false) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'norm(along:)', or 'norm(.one, along:)'")
  public func norm(p: Double, dim: Int, keepdim: Bool = false) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'norm(along:)', or 'norm(.one, along:)'")
  public func norm(_ p: Double, dim: Int, keepdim: Bool = false) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'topK(count, along:)'")
  public func topk(_ count: Int, dim: Int) -> (values: Tensor, indices: Tensor) { fatalError() }
  @available(*, unavailable, message: "use 'topK(count, along:)'")
  public func topK(_ count: Int, dim: Int) -> (values: Tensor, indices: Tensor) { fatalError() }
  @available(*, unavailable, message: "use the function 'concatenated([a, b], along:)'")
  public static func cat(_ tensors: [Tensor], along axis: Int = 0) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'concatenated([a, b], along:)'")
  public static func concatenate(_ tensors: [Tensor], along axis: Int = 0) -> Tensor {
    fatalError()
  }
  @available(*, unavailable, message: "use the function 'stacked([a, b], along:)'")
  public static func stack(_ tensors: [Tensor], along axis: Int = 0) -> Tensor { fatalError() }
}
