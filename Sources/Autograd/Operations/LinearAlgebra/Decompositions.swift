import Tensor

// A decomposition is one operation whose result holds all of its parts side by side: row i is what
// belongs to vector i. The parts are slices of it.

extension LinearAlgebra {
  /// The QR factors of matrices, reduced: x = q r with orthonormal columns of q and upper
  /// triangular r; [.., m, n] → [.., m, k] and [.., k, n] with k = min(m, n).
  ///
  /// By blocked Householder reflections, with the signs of LAPACK. For m ≥ n,
  /// dx = (dq + q · S(r drᵀ − dqᵀ q)) r⁻ᵀ, where S mirrors the lower triangle to the upper one
  /// (Walter and Lehmann, 2018, "Algorithmic differentiation of linear algebra functions with
  /// application in optimum experimental design"); further columns of a wide matrix are qᵀ times
  /// themselves. The gradient exists where the first k columns are linearly independent.
  ///
  /// - Complexity: 4 m n² − 4⁄3 n³ operations for each matrix.
  public static func qr(_ x: Tensor) -> (q: Tensor, r: Tensor) {
    requireMatrix(x, for: "qr")
    let (m, n) = (x.shape[x.rank - 2], x.shape[x.rank - 1])
    if m < n {
      let parts = x.split(sizes: [m, n - m], along: -1)
      let (q, r) = qr(parts[0])
      let rest = withMatmulPrecision(.float32) { matmul(q.transposed(), parts[1]) }
      return (q, concatenated([r, rest], along: -1))
    }
    let packed = record("qr", x, saving: .output) {
      QRFactorization.packed($0)
    } pullback: { dy, saved in
      let (values, slopes) = (
        saved.output.split(sizes: [m, n], along: -1), dy.split(sizes: [m, n], along: -1)
      )
      let (q, r) = (values[0].transposed(), values[1])
      let (dq, dr) = (slopes[0].transposed(), slopes[1].upperTriangle())
      let inner = matmul(r, dr.transposed()) - matmul(dq.transposed(), q)
      let mirrored = inner.lowerTriangle() + inner.lowerTriangle(offset: -1).transposed()
      let right = dq + matmul(q, mirrored)
      return triangularSolve(r, right.transposed(), .upper).transposed()
    }
    let parts = packed.split(sizes: [m, n], along: -1)
    return (parts[0].transposed(), parts[1])
  }

  /// The eigenvalues, in ascending order, and orthonormal eigenvectors of symmetric matrices:
  /// x = vectors · diag(values) · vectorsᵀ; [.., n, n] → [.., n] and [.., n, n].
  ///
  /// Column i of the vectors belongs to value i; its sign is arbitrary. The symmetric part of the
  /// input is decomposed. With V = vectors, dx is the symmetric part of
  /// V (diag(dvalues) + F ∘ Vᵀ dV) Vᵀ, Fᵢⱼ = 1 / (λⱼ − λᵢ) (Giles, 2008).
  ///
  /// A function of the vectors has a gradient only if it does not depend on what is arbitrary in
  /// them: signs, and the basis of the space of a repeated value. Fᵢⱼ is taken as 0 where two
  /// values are equal, which is right for such functions; where they are nearly equal, rounding
  /// errors are divided by their difference. The gradient through the values alone is always
  /// accurate; their second derivatives suffer as the vectors do.
  ///
  /// - Complexity: about 5 n³ operations for each matrix.
  public static func eigh(_ x: Tensor) -> (values: Tensor, vectors: Tensor) {
    requireSquare(x, for: "eigh")
    let n = x.shape[x.rank - 1]
    let packed = record("eigh", x, saving: .output) {
      SymmetricEigen.packed($0)
    } pullback: { dy, saved in
      let (values, rows) = parts(of: saved.output, n)
      let (slopes, rowSlopes) = parts(of: dy, n)
      let gaps = values.expanded(along: -2) - values.expanded(along: -1)
      let inner = matmul(rows, rowSlopes.transposed()) * reciprocalOrZero(gaps)
      let whole = matmul(rows.transposed(), matmul(inner + slopes.diagonalMatrix(), rows))
      return symmetric(whole)
    }
    let (values, rows) = parts(of: packed, n)
    return (values, rows.transposed())
  }

  /// The first column and the others.
  private static func parts(of packed: Tensor, _ n: Int) -> (Tensor, Tensor) {
    let parts = packed.split(sizes: [1, n], along: -1)
    return (parts[0].squeezed(along: -1), parts[1])
  }

  /// The eigenvalues of symmetric matrices in ascending order, [.., n, n] → [.., n].
  ///
  /// See ``eigh(_:)``.
  public static func eigvalsh(_ x: Tensor) -> Tensor { eigh(x).values }

  /// The singular value decomposition of matrices, reduced: x = u · diag(s) · vt, with s in
  /// descending order; [.., m, n] → [.., m, k], [.., k] and [.., k, n] with k = min(m, n).
  ///
  /// `matmul(u * s.expanded(along: -2), vt)` is the matrix again. The sign of each column of u is
  /// arbitrary, with that of its row of vt. With A ∘ B the product by elements, Eᵢⱼ = sⱼ² − sᵢ² and
  /// K(X) = X − Xᵀ, dx = u [(K(uᵀdu) / E) diag(s) + diag(s) (K(vᵀdv) / E) + diag(ds)] vᵀ
  /// + (1 − u uᵀ) du diag(s)⁻¹ vᵀ + u diag(s)⁻¹ dvᵀ (1 − v vᵀ) (Ionescu, Vantzos and Sminchisescu,
  /// 2015, 1509.07838; Townsend, 2016).
  ///
  /// As in ``eigh(_:)``, a function of u and vt has a gradient only if it does not depend on what
  /// is arbitrary in them; repeated values and zeros are divided by nowhere. The gradient through s
  /// alone, u diag(ds) vᵀ, is always accurate.
  ///
  /// One-sided Jacobi rotations compute small singular values to high relative accuracy if the
  /// columns are badly scaled.
  ///
  /// - Complexity: about 5 n³ + 6 m n² operations for each matrix, and 10 n³ for each round of
  ///   rotations, mostly two or three.
  public static func svd(_ x: Tensor) -> (u: Tensor, s: Tensor, vt: Tensor) {
    requireMatrix(x, for: "svd")
    let (m, n) = (x.shape[x.rank - 2], x.shape[x.rank - 1])
    if m < n {
      let (v, s, ut) = svd(x.transposed())
      return (ut.transposed(), s, v.transposed())
    }
    let packed = record("svd", x, saving: .output) {
      SingularValues.packed($0)
    } pullback: { dy, saved in
      svdPullback(
        saved.output.split(sizes: [m, 1, n], along: -1), dy.split(sizes: [m, 1, n], along: -1))
    }
    let parts = packed.split(sizes: [m, 1, n], along: -1)
    return (parts[0].transposed(), parts[1].squeezed(along: -1), parts[2])
  }

  /// The gradient of a tall matrix from uᵀ, s and vᵀ and their gradients.
  private static func svdPullback(_ values: [Tensor], _ slopes: [Tensor]) -> Tensor {
    let (ut, column, vt) = (values[0], values[1], values[2])
    let (dut, dvt) = (slopes[0], slopes[2])
    let row = column.transposed()
    let gaps = reciprocalOrZero((row - column) * (row + column))
    func skew(_ x: Tensor) -> Tensor { (x - x.transposed()) * gaps }
    let du = skew(matmul(ut, dut.transposed())) * row
    let dv = column * skew(matmul(vt, dvt.transposed()))
    let ds = slopes[1].squeezed(along: -1).diagonalMatrix()
    let inside = matmul(ut.transposed(), matmul(du + dv + ds, vt))
    // What du has outside of the space of u; v spans the whole space of a tall matrix.
    let outside = dut - matmul(matmul(dut, ut.transposed()), ut)
    return inside + matmul((outside * reciprocalOrZero(column)).transposed(), vt)
  }

  /// The singular values of matrices in descending order, [.., m, n] → [.., min(m, n)].
  ///
  /// See ``svd(_:)``.
  public static func svdvals(_ x: Tensor) -> Tensor { svd(x).s }

  /// 1 / x, and 0 where x is 0.
  private static func reciprocalOrZero(_ x: Tensor) -> Tensor {
    let isZero = x .== 0
    let (zero, one) = (Tensor(0, dtype: x.dtype), Tensor(1, dtype: x.dtype))
    return select(isZero, zero, 1 / select(isZero, one, x))
  }
}
