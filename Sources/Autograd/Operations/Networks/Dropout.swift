import Tensor

/// Returns slope · x + shift for elements that are kept, each with probability 1 − rate, and
/// `dropped` for the others, which are drawn from the default generator; dx = slope · dy where the
/// element was kept.
///
/// No mask is saved: the gradient draws it again.
package func dropout(
  _ x: Tensor, rate: Double, slope: Double, shift: Double = 0, dropped: Double = 0
) -> Tensor {
  let generator = DefaultRandomGenerator.withCurrent { $0.split() }
  return dropout(x, rate, slope: slope, shift: shift, dropped: dropped, generator)
}

private func dropout(
  _ x: Tensor, _ rate: Double, slope: Double, shift: Double, dropped: Double,
  _ generator: RandomGenerator
) -> Tensor {
  record("dropout", x) {
    generator.dropout($0, keeping: 1 - rate, slope: slope, shift: shift, dropped: dropped)
  } pullback: { dy, _ in
    dropout(dy, rate, slope: slope, shift: 0, dropped: 0, generator)
  }
}
