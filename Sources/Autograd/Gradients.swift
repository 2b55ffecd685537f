import CKernels
import Tensor

/// The gradients of a loss with respect to the parameters of a collection, in their order.
///
/// ```swift
/// for (name, gradient) in gradients { print(name, gradient.norm()) }
/// optimizer.step((gradients + penalty * 0.1).clipped(toNorm: 1))
/// ```
/// Scaling and clipping by the norm cost no pass over memory: the factor is applied when the
/// gradients are read.
public struct Gradients: Sendable {
  /// The parameters that the gradients belong to.
  public let parameters: Parameters

  /// The gradients without the factor ``scale``, one for each parameter.
  package private(set) var unscaled: [Tensor]

  /// The factor to be applied to ``unscaled``.
  package private(set) var scale: Double

  /// Creates gradients from one tensor for each parameter, of the parameter's shape and dtype.
  public init(_ tensors: [Tensor], for parameters: Parameters) {
    require(
      tensors.count == parameters.count,
      """
      Gradients: the number of tensors must be that of the parameters, \(parameters.count), got \
      \(tensors.count)
      """
    )
    for (tensor, element) in zip(tensors, parameters) {
      require(
        tensor.shape == element.parameter.shape && tensor.dtype == element.parameter.dtype,
        """
        Gradients: the gradient of '\(element.name)' must have shape \(element.parameter.shape) \
        and dtype \(element.parameter.dtype), got \(tensor.shape) and \(tensor.dtype)
        """
      )
    }
    self.init(unchecked: tensors, for: parameters)
  }

  /// Creates gradients of tensors that fit their parameters.
  init(unchecked tensors: [Tensor], for parameters: Parameters) {
    self.parameters = parameters
    unscaled = tensors
    scale = 1
  }

  /// The gradient zero of each parameter.
  public static func zeros(for parameters: Parameters) -> Gradients {
    Gradients(
      parameters.map { Tensor.zeros($0.parameter.shape, dtype: $0.parameter.dtype) },
      for: parameters)
  }

  /// The number of parameters.
  public var count: Int { unscaled.count }

  /// The gradients, one for each parameter.
  public var tensors: [Tensor] { unscaled.indices.map { self[$0] } }

  /// The gradient of the parameter at a position.
  public subscript(position: Int) -> Tensor {
    scale == 1 ? unscaled[position] : unscaled[position] * scale
  }

  /// The gradient of a parameter.
  ///
  /// A parameter that is not in ``parameters`` stops the program.
  public subscript(parameter: Parameter) -> Tensor {
    guard let position = parameters.index(of: parameter) else {
      fail("Gradients: there is no gradient of this parameter of shape \(parameter.shape)")
    }
    return self[position]
  }

  /// The gradient of the parameter with a name, an alias or a path of properties, or `nil` if there
  /// is no such parameter.
  ///
  /// ```swift
  /// if let gradient = gradients["layers.0.weight"] { print(gradient.norm()) }
  /// ```
  public subscript(name: String) -> Tensor? { parameters.index(named: name).map { self[$0] } }

  /// The gradients of some of the parameters, in their order: those of one of two models, for its
  /// optimizer.
  ///
  /// ```swift
  /// let gradients = valueWithGradients(for: both) { … }.gradients
  /// actorOptimizer.step(gradients[actorOptimizer.parameters])
  /// ```
  /// A parameter that is not in ``parameters`` stops the program.
  public subscript(part: Parameters) -> Gradients {
    let tensors = part.map { name, parameter in
      guard let position = parameters.index(of: parameter) else {
        fail("Gradients: there is no gradient of '\(name)'")
      }
      return unscaled[position]
    }
    return Gradients(tensors, for: part).scaled(by: scale)
  }

  /// The Euclidean norm √(Σ g²) of all gradients together, accumulated in float64.
  public var norm: Double {
    unscaled.reduce(0) { $0 + Self.squaredNorm(of: $1) }.squareRoot() * abs(scale)
  }

  /// Returns the sum of the squares of the elements, accumulated in float64.
  package static func squaredNorm(of gradient: Tensor) -> Double {
    func squares(_ x: Tensor) -> Double {
      Reduction.reduce(
        CK_REDUCE_SUM_SQUARES, x, along: AxisMask(allOf: x.rank), keepingAxes: false, name: "norm"
      ).scalar()
    }
    let sum = squares(gradient)
    // The sum of float32 is stored in float32, which finite elements can exceed.
    if sum != .infinity || gradient.dtype != .float32 { return sum }
    return squares(gradient.detached.converted(to: .float64))
  }

  /// Whether all gradients are free of NaN and infinity.
  public var isFinite: Bool { norm.isFinite || unscaled.allSatisfy(\.isFinite) && scale.isFinite }

  /// The gradients times a factor.
  public func scaled(by factor: Double) -> Gradients {
    var result = self
    result.scale *= factor
    return result
  }

  /// The gradients scaled so that their norm is at most `maximum`: g · min(1, maximum / (norm +
  /// 10⁻⁶)).
  ///
  /// This is PyTorch's `clip_grad_norm_`.
  public func clipped(toNorm maximum: Double) -> Gradients {
    require(maximum > 0, "clipped: the maximal norm must be positive, got \(maximum)")
    let factor = maximum / (norm + 1e-6)
    return factor < 1 ? scaled(by: factor) : self
  }

  /// The gradients with each element limited to the range from −`maximum` to `maximum`.
  ///
  /// NaN stays NaN. This takes a pass over memory.
  public func clipped(toValue maximum: Double) -> Gradients {
    require(maximum > 0, "clipped: the maximal value must be positive, got \(maximum)")
    return Gradients(tensors.map { clamp($0, from: -maximum, to: maximum) }, for: parameters)
  }

  /// The gradients, each scaled separately so that its norm is at most `maximum`.
  public func clipped(eachToNorm maximum: Double) -> Gradients {
    require(maximum > 0, "clipped: the maximal norm must be positive, got \(maximum)")
    let clipped = tensors.map { gradient -> Tensor in
      let factor = maximum / (Self.squaredNorm(of: gradient).squareRoot() + 1e-6)
      return factor < 1 ? gradient * factor : gradient
    }
    return Gradients(clipped, for: parameters)
  }
}
