// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

import Tensor

// What PyTorch keeps in a parameter.

extension Parameter {
  @available(
    *, unavailable,
    message: """
      gradients are returned: 'gradients[parameter]' after 'valueWithGradients(for: parameters) { \
      ... }'
      """
  )
  public var grad: Tensor { fatalError() }
  @available(*, unavailable, message: "use 'value'")
  public var data: Tensor { fatalError() }
  @available(
    *, unavailable,
    message: """
      choose the parameters that train: 'valueWithGradients(for: parameters.excluding(...)) { ... \
      }'
      """
  )
  public var requires_grad: Bool { fatalError() }
  @available(
    *, unavailable,
    message: """
      choose the parameters that train: 'valueWithGradients(for: parameters.excluding(...)) { ... \
      }'
      """
  )
  public var requiresGrad: Bool { fatalError() }
  @available(*, unavailable, message: "use 'value.elementCount'")
  public func numel() -> Int { fatalError() }
  @available(*, unavailable, message: "use 'value.detached'")
  public func detach() -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the tensor of the parameter: 'parameter.value[0]'")
  public subscript(_ indices: any TensorIndexing...) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the tensor of the parameter: 'parameter.value[..., 0]'")
  public subscript(_ ellipsis: UnboundedRange, _ indices: any TensorIndexing...) -> Tensor {
    fatalError()
  }
  @available(*, unavailable, message: "use 'value.transposed()'")
  public func transposed() -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'value.sum()'")
  public func sum() -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'value.mean()'")
  public func mean() -> Tensor { fatalError() }
}

extension Parameters {
  @available(*, unavailable, message: "use 'names'")
  public var keys: [String] { fatalError() }
  @available(*, unavailable, message: "use 'map(\\.parameter)', or 'map(\\.parameter.value)'")
  public var values: [Tensor] { fatalError() }
  @available(*, unavailable, message: "leave out the parentheses: 'parameters' is a property")
  public func callAsFunction() -> Parameters { fatalError() }
  @available(
    *, unavailable, message: "leave it out: gradients are returned, there is nothing to zero"
  )
  public func zero_grad() -> Void { fatalError() }
  @available(*, unavailable, message: "use 'matching(...)' or 'excluding(...)'")
  public func filter(requires_grad: Bool) -> Parameters { fatalError() }
}

extension Gradients {
  @available(*, unavailable, message: "use 'parameters.names'")
  public var keys: [String] { fatalError() }
  @available(*, unavailable, message: "use 'tensors'")
  public var values: [Tensor] { fatalError() }
  @available(*, unavailable, message: "use 'clipped(toNorm:)'")
  public func clip_grad_norm_(_ norm: Double) -> Gradients { fatalError() }
  @available(*, unavailable, message: "use 'clipped(toNorm:)'")
  public func clipped(norm: Double) -> Gradients { fatalError() }
  @available(*, unavailable, message: "use 'clipped(toNorm:)'")
  public func clipped(_ norm: Double) -> Gradients { fatalError() }
}

@available(*, unavailable, message: "use 'gradients.clipped(toNorm:)'")
public func clip_grad_norm_(_ parameters: Parameters, _ norm: Double) -> Gradients { fatalError() }
