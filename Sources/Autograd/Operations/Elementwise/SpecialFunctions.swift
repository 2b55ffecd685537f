import Tensor

/// The logarithm ln |Γ(x)| of the gamma function of each element; dx = dy · ψ(x), with ψ the
/// ``digamma(_:)`` function.
///
/// The result is ∞ at 0 and the negative integers.
public func logGamma(_ x: Tensor) -> Tensor {
  record("logGamma", x, saving: .input) {
    SpecialFunctions.map($0, name: "logGamma", SpecialFunctions.logGamma)
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
/// For n ≥ 1 the result is NaN below −10,000. A negative order stops the program.
public func polygamma(_ order: Int, _ x: Tensor) -> Tensor {
  require(order >= 0, "polygamma: the order must be at least 0, got \(order)")
  return derivative(order, of: x, in: "polygamma")
}

private func derivative(_ order: Int, of x: Tensor, in name: StaticString) -> Tensor {
  record(name, x, saving: .input, attributes: ["order": .integer(order)]) {
    SpecialFunctions.map($0, name: name) { SpecialFunctions.polygamma(order, $0) }
  } pullback: { dy, saved in
    dy * polygamma(order + 1, saved.input)
  }
}

/// The inverse of the error function of each element, y with erf y = x; dx = dy · √π/2 · e^(y²).
///
/// The result is ±∞ at ±1 and NaN beyond.
public func inverseErf(_ x: Tensor) -> Tensor {
  record("inverseErf", x, saving: .output) {
    SpecialFunctions.map($0, name: "inverseErf", SpecialFunctions.inverseErf)
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
  return fused {
    let (high, low) = (maximum(a, b), minimum(a, b))
    let isEqualInfinity = (a.detached .== b.detached) .& (abs(a.detached) .== .infinity)
    let gap = select(isEqualInfinity, Tensor(0, dtype: a.dtype), low - high)
    return select(isEqualInfinity, a.detached, high + softplus(gap))
  }
}
