import Tensor

extension LinearAlgebra {
  /// The Moore–Penrose inverse of matrices of any shape and rank, [.., m, n] → [.., n, m].
  ///
  /// Singular values of at most `tolerance` · the largest one count as 0; the default tolerance is
  /// max(m, n) · ε. The gradient is that along matrices of the same rank (Golub and Pereyra, 1973,
  /// "The differentiation of pseudo-inverses and nonlinear least squares problems"):
  /// dx = −yᵀ dy yᵀ + (1 − x y) dyᵀ y yᵀ + yᵀ y dyᵀ (1 − y x).
  public static func pseudoInverse(_ x: Tensor, tolerance: Double? = nil) -> Tensor {
    requireMatrix(x, for: "pseudoInverse")
    return record("pseudoInverse", x, saving: [.input, .output]) { x in
      let (u, s, vt) = svd(x.detached)
      let isKept = isAboveTolerance(s, of: x, tolerance)
      let one = Tensor(1, dtype: s.dtype)
      let inverses = select(isKept, 1 / select(isKept, s, one), Tensor(0, dtype: s.dtype))
      return withMatmulPrecision(.float32) {
        matmul(vt.transposed() * inverses.expanded(along: -2), u.transposed())
      }
    } pullback: { dy, saved in
      let (x, y) = (saved.input, saved.output)
      let (yt, dyt) = (y.transposed(), dy.transposed())
      let first = matmul(matmul(yt, dy), yt)
      let second = matmul(dyt, matmul(y, yt))
      let third = matmul(matmul(yt, y), dyt)
      return second - matmul(x, matmul(y, second)) + third - matmul(matmul(third, y), x) - first
    }
  }

  /// The x of minimum norm among those that minimize ‖a x − b‖₂, for matrices of any shape and
  /// rank: [.., m, n] and [m] or [.., m, k] → [n] or [.., n, k].
  ///
  /// It is the product of ``pseudoInverse(_:tolerance:)`` and b.
  public static func leastSquares(
    _ a: Tensor, _ b: Tensor, tolerance: Double? = nil
  ) -> Tensor {
    requireMatrix(a, for: "leastSquares")
    return withColumns(a, b, for: "leastSquares") {
      matmul(pseudoInverse(a, tolerance: tolerance), $0)
    }
  }

  /// The number of singular values above `tolerance` · the largest one, int32, [.., m, n] → [..].
  ///
  /// The default tolerance is max(m, n) · ε. No gradient flows through it.
  public static func matrixRank(_ x: Tensor, tolerance: Double? = nil) -> Tensor {
    requireMatrix(x, for: "matrixRank")
    let isKept = isAboveTolerance(svdvals(x.detached), of: x, tolerance)
    return isKept.converted(to: .int32).sum(along: -1)
  }

  /// Whether each singular value is above its share of the largest one of its matrix.
  private static func isAboveTolerance(
    _ s: Tensor, of x: Tensor, _ tolerance: Double?
  ) -> Tensor {
    let epsilon = x.dtype == .float32 ? Double(Float.ulpOfOne) : Double.ulpOfOne
    let share = tolerance ?? Double(x.shape.suffix(2).max() ?? 0) * epsilon
    if s.elementCount == 0 { return s .> 0 }
    return s .> s.slice(along: -1, start: 0, count: 1) * share
  }

  /// Square matrices multiplied with themselves, xᵏ; a negative exponent takes the inverse.
  public static func matrixPower(_ x: Tensor, _ exponent: Int) -> Tensor {
    requireSquare(x, for: "matrixPower")
    if exponent < 0 { return matrixPower(inverse(x), -exponent) }
    var (rest, square) = (exponent, x)
    var result: Tensor?
    while rest > 0 {
      if rest % 2 == 1 { result = result.map { matmul($0, square) } ?? square }
      rest /= 2
      if rest > 0 { square = matmul(square, square) }
    }
    let identity = Tensor.eye(x.shape[x.rank - 1], dtype: x.dtype)
    return result ?? x * 0 + identity
  }

  /// The exponential of square matrices, Σ xᵏ / k!.
  ///
  /// By scaling, a Padé approximant of degree 13, and squaring (Higham, 2005, "The scaling and
  /// squaring method for the matrix exponential revisited"); the number of squarings is that of the
  /// largest matrix of the batch.
  public static func matrixExponential(_ x: Tensor) -> Tensor {
    requireSquare(x, for: "matrixExponential")
    if x.elementCount == 0 { return x }
    let largest = abs(x.detached).sum(along: -2).max().scalar()
    let ratio = largest / 5.371920351148152
    let squarings = ratio > 1 && ratio.isFinite ? Int(ratio.exponent) + 1 : 0
    let scaled = x * Double(sign: .plus, exponent: -squarings, significand: 1)
    let second = matmul(scaled, scaled)
    let fourth = matmul(second, second)
    let sixth = matmul(second, fourth)
    let identity = Tensor.eye(x.shape[x.rank - 1], dtype: x.dtype)
    func sum(_ c: [Double]) -> Tensor {
      let high = sixth * c[6] + fourth * c[5] + second * c[4]
      let low = sixth * c[3] + fourth * c[2] + second * c[1]
      return matmul(sixth, high) + low + identity * c[0]
    }
    let odd = matmul(scaled, sum(padeOdd))
    let even = sum(padeEven)
    var result = solve(even - odd, even + odd)
    for _ in 0..<squarings { result = matmul(result, result) }
    return result
  }

  // The coefficients of degree 13, divided by the first one.
  private static let pade: [Double] = [
    64_764_752_532_480_000, 32_382_376_266_240_000, 7_771_770_303_897_600,
    1_187_353_796_428_800, 129_060_195_264_000, 10_559_470_521_600, 670_442_572_800,
    33_522_128_640, 1_323_241_920, 40_840_800, 960_960, 16_380, 182, 1,
  ].map { $0 / 64_764_752_532_480_000 }
  private static let padeEven = stride(from: 0, to: 14, by: 2).map { pade[$0] }
  private static let padeOdd = stride(from: 1, to: 14, by: 2).map { pade[$0] }

  /// The sum of the singular values of matrices, [.., m, n] → [..].
  public static func nuclearNorm(_ x: Tensor) -> Tensor { svdvals(x).sum(along: -1) }

  /// The largest singular value of matrices, [.., m, n] → [..].
  public static func spectralNorm(_ x: Tensor) -> Tensor {
    extremes(x, for: "spectralNorm").largest
  }

  /// The largest singular value of matrices divided by the smallest one, [.., m, n] → [..].
  ///
  /// It is infinite, or as large as 1 / ε, for a singular matrix.
  public static func conditionNumber(_ x: Tensor) -> Tensor {
    let (largest, smallest) = extremes(x, for: "conditionNumber")
    return largest / smallest
  }

  /// The largest and the smallest singular value of each matrix.
  private static func extremes(
    _ x: Tensor, for name: StaticString
  ) -> (largest: Tensor, smallest: Tensor) {
    requireMatrix(x, for: name)
    let count = x.shape.suffix(2).min() ?? 0
    require(count > 0, "\(name): shape \(x.shape) has no singular values")
    let s = svdvals(x)
    func value(_ index: Int) -> Tensor {
      s.slice(along: -1, start: index, count: 1).squeezed(along: -1)
    }
    return (value(0), value(count - 1))
  }
}
