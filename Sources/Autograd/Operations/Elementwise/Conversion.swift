import Tensor

extension Tensor {
  /// The elements converted to another dtype.
  ///
  /// Between floating-point dtypes the gradient is converted back; no gradient flows through
  /// integers and bool.
  ///
  /// Conversion to int32 truncates toward zero and saturates, and NaN becomes 0. Conversion to bool
  /// gives true for everything but 0.
  public func converted(to dtype: DType) -> Tensor {
    if dtype == self.dtype { return self }
    if !dtype.isFloatingPoint {
      return recordConstant("converted", self, attributes: ["dtype": .text(dtype.description)]) {
        Elementwise.convert(self, to: dtype)
      }
    }
    let original = self.dtype
    return record("converted", self, attributes: ["dtype": .text(dtype.description)]) {
      Elementwise.convert($0, to: dtype)
    } pullback: { dy, _ in
      dy.converted(to: original)
    }
  }
}
