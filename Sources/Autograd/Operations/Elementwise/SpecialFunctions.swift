import CKernels
import Tensor

/// The logarithm ln |Γ(x)| of the gamma function of each element; dx = dy · ψ(x), with ψ the
/// ``digamma(_:)`` function.
///
/// The result is ∞ at 0 and the negative integers.
public func logGamma(_ x: Tensor) -> Tensor {
  requireFloatingPoint(x, for: "logGamma")
  return record("logGamma", x, saving: .input) {
    Elementwise.unary(CK_UNARY_LOG_GAMMA, $0)
  } pullback: { dy, saved in
    dy * digamma(saved.input)
  }
}

/// The logarithmic derivative ψ(x) = Γ′(x) / Γ(x) of the gamma function of each element;
/// dx = dy · ψ′(x).
///
/// The result is NaN at 0 and the negative integers.
public func digamma(_ x: Tensor) -> Tensor { derivative(0, of: x, in: "digamma") }

/// The derivative of order n of the ``digamma(_:)`` function of each element; order 0 is digamma
/// itself; dx = dy · polygamma(n + 1, x).
///
/// For n ≥ 2 the result is NaN below −10,000. A negative order stops the program.
public func polygamma(_ order: Int, _ x: Tensor) -> Tensor {
  require(order >= 0, "polygamma: the order must be at least 0, got \(order)")
  return derivative(order, of: x, in: "polygamma")
}

private func derivative(_ order: Int, of x: Tensor, in name: StaticString) -> Tensor {
  requireFloatingPoint(x, for: name)
  return record(name, x, saving: .input, attributes: ["order": .integer(order)]) {
    switch order {
    case 0: Elementwise.unary(CK_UNARY_DIGAMMA, $0)
    case 1: Elementwise.unary(CK_UNARY_TRIGAMMA, $0)
    default: SpecialFunctions.polygamma(order, $0)
    }
  } pullback: { dy, saved in
    dy * polygamma(order + 1, saved.input)
  }
}

/// The inverse of the error function of each element, y with erf y = x; dx = dy · √π/2 · e^(y²).
///
/// The result is ±∞ at ±1 and NaN beyond.
public func inverseErf(_ x: Tensor) -> Tensor {
  requireFloatingPoint(x, for: "inverseErf")
  return record("inverseErf", x, saving: .output) {
    Elementwise.unary(CK_UNARY_INVERSE_ERF, $0)
  } pullback: { dy, saved in
    dy * exp(square(saved.output)) * (Double.pi.squareRoot() / 2)
  }
}

/// ln(eᵃ + eᵇ) of each pair of elements, broadcast, without overflow; da = dy · sigmoid(a − b),
/// db = dy · sigmoid(b − a).
///
/// Two equal infinities give that infinity, and no gradient.
public func logAddExp(_ a: Tensor, _ b: Tensor) -> Tensor {
  requireFloatingPoint(a, for: "logAddExp")
  requireOperands(a, b, for: "logAddExp")
  if Trace.isRunning { return composedLogAddExp(a, b) }
  /// 0 for equal infinities, whose difference is NaN.
  @Sendable func share(_ dy: Tensor, _ x: Tensor, _ other: Tensor) -> Tensor {
    fused {
      let gap = select(areEqualInfinities(x, other), -.infinity, x - other)
      return mayUseFusedKernel(dy, gap)
        ? Elementwise.binary(CK_BINARY_SOFTPLUS_GRAD, dy, gap) : dy * sigmoid(gap)
    }
  }
  return record("logAddExp", a, b, saving: [.first, .second]) {
    composedLogAddExp($0, $1)
  } lhs: { dy, saved in
    share(dy, saved.first, saved.second)
  } rhs: { dy, saved in
    share(dy, saved.second, saved.first)
  }
}

private func composedLogAddExp(_ a: Tensor, _ b: Tensor) -> Tensor {
  fused {
    let isEqualInfinity = areEqualInfinities(a, b)
    let (high, low) = (maximum(a, b), minimum(a, b))
    let gap = select(isEqualInfinity, 0, low - high)
    return select(isEqualInfinity, a.detached, high + softplus(gap))
  }
}

private func areEqualInfinities(_ a: Tensor, _ b: Tensor) -> Tensor {
  (a.detached .== b.detached) .& (abs(a.detached) .== .infinity)
}
