import Adjoint

extension Float {
  /// The nearest number with 8 bits of significand, half to even, computed from distances.
  package var roundedToBFloat16: Float {
    guard isFinite else { return self }
    let below = Float(bitPattern: bitPattern & 0xffff_0000)
    let next = Float(bitPattern: below.bitPattern &+ 0x1_0000)
    // Beyond the greatest number the distance is to where the next one would be.
    let above = next.isFinite ? Double(next) : (below < 0 ? -0x1p128 : 0x1p128)
    let (down, up) = (abs(Double(self) - Double(below)), abs(above - Double(self)))
    if down != up { return down < up ? below : next }
    return below.bitPattern >> 16 & 1 == 0 ? below : next
  }
}

extension Tensor {
  /// The float32 tensor with elements rounded to bfloat16.
  package var roundedToBFloat16: Tensor {
    Tensor(scalars(as: Float.self).map(\.roundedToBFloat16), shape: shape)
  }
}
