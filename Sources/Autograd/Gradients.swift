import CKernels
import Tensor

/// The gradients of one loss with respect to the parameters of a collection, in their order.
///
/// A value: it adds, scales and clips without touching anything else.  Scaling and clipping cost no pass
/// over memory; the factor is applied where the numbers are read.
public struct Gradients: Sendable {
  /// The parameters that the gradients belong to.
  public let parameters: Parameters

  /// The gradients before ``scale`` is applied, one for each parameter.
  package private(set) var unscaled: [Tensor]

  /// The factor that is still to be applied to ``unscaled``.
  package private(set) var scale: Double

  /// Gradients for the parameters of a collection; their number and shapes must be those of the parameters.
  public init(_ tensors: [Tensor], for parameters: Parameters) {
    require(
      tensors.count == parameters.count,
      "gradients: \(tensors.count) for \(parameters.count) parameters")
    for (tensor, element) in zip(tensors, parameters) {
      require(
        tensor.shape == element.parameter.shape && tensor.dtype == element.parameter.dtype,
        "gradients: '\(element.name)' has shape \(element.parameter.shape), its gradient \(tensor.shape)"
      )
    }
    self.parameters = parameters
    unscaled = tensors
    scale = 1
  }

  /// The gradients, one for each parameter.
  public var tensors: [Tensor] { unscaled.indices.map { self[$0] } }

  /// The gradient of the parameter at a position.
  public subscript(position: Int) -> Tensor {
    scale == 1 ? unscaled[position] : unscaled[position] * scale
  }

  /// The gradient of a parameter.
  ///
  /// One that is not in ``parameters`` stops the program.
  public subscript(parameter: Parameter) -> Tensor {
    guard let position = parameters.index(of: parameter) else {
      fail("gradients: the parameter of shape \(parameter.shape) is not among them")
    }
    return self[position]
  }

  /// The Euclidean norm of all gradients together, √(Σ g²), computed in float64 from the sums of squares.
  public var norm: Double {
    unscaled.reduce(0) { $0 + Gradients.squaredNorm(of: $1) }.squareRoot() * abs(scale)
  }

  private static func squaredNorm(of gradient: Tensor) -> Double {
    let sum = Reduction.reduce(
      CK_REDUCE_SUM_SQUARES, gradient, along: AxisMask(allOf: gradient.rank),
      keepingAxes: false, name: "norm")
    return sum.scalar()
  }

  /// Whether no gradient has a NaN or an infinity.
  public var isFinite: Bool { norm.isFinite || unscaled.allSatisfy(\.isFinite) && scale.isFinite }

  /// The gradients times a factor.
  public func scaled(by factor: Double) -> Gradients {
    var result = self
    result.scale *= factor
    return result
  }

  /// The gradients scaled so that their norm is at most `maximum`:
  /// g · min(1, maximum / (norm + 10⁻⁶)), as PyTorch's `clip_grad_norm_` does.
  public func clipped(toNorm maximum: Double) -> Gradients {
    require(maximum > 0, "clipped: a norm of \(maximum) is not positive")
    let factor = maximum / (norm + 1e-6)
    return factor < 1 ? scaled(by: factor) : self
  }

  /// The gradients with every element brought into −maximum…maximum.
  ///
  /// NaN stays.  It costs a pass.
  public func clipped(toValue maximum: Double) -> Gradients {
    require(maximum > 0, "clipped: a value of \(maximum) is not positive")
    return Gradients(tensors.map { clamp($0, from: -maximum, to: maximum) }, for: parameters)
  }

  /// The gradients, each one scaled by itself so that its norm is at most `maximum`.
  public func clipped(eachToNorm maximum: Double) -> Gradients {
    require(maximum > 0, "clipped: a norm of \(maximum) is not positive")
    let clipped = tensors.map { gradient -> Tensor in
      let factor = maximum / (Gradients.squaredNorm(of: gradient).squareRoot() + 1e-6)
      return factor < 1 ? gradient * factor : gradient
    }
    return Gradients(clipped, for: parameters)
  }

  /// The sums of the gradients of two losses for the same parameters.
  public static func + (a: Gradients, b: Gradients) -> Gradients {
    require(
      a.parameters.isSame(as: b.parameters),
      "gradients: sums need the same parameters in the same order")
    return Gradients(zip(a.tensors, b.tensors).map { $0 + $1 }, for: a.parameters)
  }
}
