import Foundation
import TestSupport
import Testing

/// Residuals of the decompositions relative to ε · n · norm, over matrices of many kinds, and what
/// matrices without a decomposition give.
struct LinearAlgebraAccuracyTests {
  /// A kind of matrix.
  struct Family: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let matrix: @Sendable () -> Tensor

    init(_ name: String, _ matrix: @escaping @Sendable () -> Tensor) {
      (testDescription, self.matrix) = (name, matrix)
    }
  }

  static func random(_ shape: Shape, seed: UInt64 = 3) -> Tensor {
    Tensor.seeded(shape, seed: seed, in: -1..<1)
  }

  /// Powers of ten that fall by `step` in the exponent.
  static func graded(_ count: Int, by step: Double) -> Tensor {
    pow(Tensor(10, dtype: .float64), Tensor.arange(to: Double(count), dtype: .float64) * -step)
  }

  /// A symmetric tridiagonal matrix.
  static func tridiagonal(
    _ size: Int, _ diagonal: (Int) -> Double, beside: (Int) -> Double
  ) -> Tensor {
    var elements = [Double](repeating: 0, count: size * size)
    for i in 0..<size {
      elements[i * size + i] = diagonal(i)
      if i + 1 == size { continue }
      elements[i * size + i + 1] = beside(i)
      elements[(i + 1) * size + i] = beside(i)
    }
    return Tensor(elements, shape: [size, size], dtype: .float64)
  }

  static let squares: [Family] = [
    Family("random 1") { random([1, 1]) },
    Family("random 7") { random([7, 7]) },
    Family("random 37") { random([37, 37]) },
    Family("random 70") { random([70, 70]) },
    Family("batch") { random([2, 3, 9, 9]) },
    Family("graded rows") { random([12, 12]) * graded(12, by: 2).expanded(along: 1) },
    Family("graded columns") { random([12, 12]) * graded(12, by: 2) },
    Family("huge") { random([9, 9]) * 1e150 },
    Family("tiny") { random([9, 9]) * 1e-150 },
    Family("identity") { Tensor.eye(11, dtype: .float64) },
    Family("zero") { Tensor.zeros([5, 5], dtype: .float64) },
    Family("ones") { Tensor.ones([10, 10], dtype: .float64) },
    Family("of rank 2") { matmul(random([40, 2]), random([2, 40], seed: 4)) },
    Family("reversed identity") { Tensor.eye(8, dtype: .float64).flipped(along: 0) },
    Family("Hilbert") {
      let i = Tensor.arange(to: 10, dtype: .float64)
      return 1 / (i.expanded(along: 1) + i + 1)
    },
    Family("repeated values") {
      let q = LinearAlgebra.qr(random([9, 9])).q
      let values = Tensor([3, 3, 3, 1, 1, -2, -2, 0, 0], dtype: .float64)
      return matmul(q * values, q.transposed())
    },
    Family("triangular") { random([20, 20]).upperTriangle() },
    Family("one column") {
      Tensor.eye(6, dtype: .float64) * Tensor([0, 0, 1, 0, 0, 0], dtype: .float64)
    },
    Family("second differences") { tridiagonal(70, { _ in 2 }, beside: { _ in -1 }) },
    // Pairs of values agree in all digits, and their eigenvectors are those of halves.
    Family("Wilkinson") { tridiagonal(41, { Swift.abs(Double($0) - 20) }, beside: { _ in 1 }) },
    Family("glued Wilkinson") {
      tridiagonal(
        63, { Swift.abs(Double($0 % 21) - 10) }, beside: { $0 % 21 == 20 ? 1e-9 : 1 })
    },
    Family("parts") {
      tridiagonal(60, { Double($0 * $0 % 17) }, beside: { $0 % 20 == 19 ? 0 : Double($0 % 5) })
    },
    Family("tiny beside huge") {
      tridiagonal(40, { $0 < 20 ? 3 : 2e-200 }, beside: { $0 < 20 ? 1 : 1e-200 })
    },
    Family("many repeated values") {
      let q = LinearAlgebra.qr(random([60, 60])).q
      return matmul(q * floor(Tensor.arange(to: 60, dtype: .float64) / 20), q.transposed())
    },
    Family("graded rows and columns") {
      let scales = graded(50, by: 0.3)
      return random([50, 50]) * scales * scales.expanded(along: 1)
    },
    Family("empty") { Tensor.zeros([0, 0], dtype: .float64) },
    Family("empty batch") { Tensor.zeros([0, 3, 3], dtype: .float64) },
  ]

  static let rectangular: [Family] = [
    Family("tall") { random([50, 6]) },
    Family("wide") { random([6, 50]) },
    Family("tall by one") { random([34, 33]) },
    Family("column") { random([9, 1]) },
    Family("row") { random([1, 9]) },
    Family("tall of rank 1") { matmul(random([30, 1]), random([1, 5], seed: 4)) },
    Family("tall of repeated columns") {
      let x = random([20, 3])
      return concatenated([x, x, x], along: 1)
    },
    Family("tall graded") { random([20, 8]) * graded(8, by: 15) },
    Family("huge and tiny") {
      concatenated([random([8, 4]) * 1e150, random([8, 4], seed: 5) * 1e-150], along: 1)
    },
    Family("no columns") { Tensor.zeros([4, 0], dtype: .float64) },
    Family("no rows") { Tensor.zeros([0, 4], dtype: .float64) },
  ]

  /// Expects |x − y| ≤ c · n · ε · max |scale|, element by element.
  private func expectResidual(
    _ x: Tensor, _ y: Tensor, scale: Tensor, _ comment: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let largest = scale.elementCount == 0 ? 0 : abs(scale).max().scalar()
    let size = Double(Swift.max(x.shape.suffix(2).max() ?? 1, 4))
    let bound = 8 * size * Double.ulpOfOne * largest
    expectClose(
      x, y, relative: 0, absolute: bound, comment, sourceLocation: sourceLocation)
  }

  private func expectOrthonormalColumns(_ q: Tensor, _ comment: String) {
    let product = matmul(q.transposed(), q)
    let identity = Tensor.eye(q.shape[q.rank - 1], dtype: .float64).broadcast(to: product.shape)
    expectResidual(product, identity, scale: Tensor(1, dtype: .float64), comment)
  }

  // MARK: Decompositions

  @Test(arguments: squares + rectangular)
  func qr(_ family: Family) {
    let x = family.matrix()
    let (q, r) = LinearAlgebra.qr(x)
    expectOrthonormalColumns(q, "q")
    expectResidual(matmul(q, r), x, scale: x, "q r")
    expectIdentical(r.contiguous, r.upperTriangle().contiguous)
  }

  @Test(arguments: squares + rectangular)
  func svd(_ family: Family) {
    let x = family.matrix()
    let (u, s, vt) = LinearAlgebra.svd(x)
    expectOrthonormalColumns(u, "u")
    expectOrthonormalColumns(vt.transposed(), "v")
    expectResidual(matmul(u * s.expanded(along: -2), vt), x, scale: x, "u s vt")
    expectIdentical(s.sorted(descending: true).contiguous, s.contiguous)
    #expect((s .>= 0).all().scalar(as: Bool.self))
  }

  @Test(arguments: squares)
  func eigh(_ family: Family) {
    let matrix = family.matrix()
    let x = (matrix + matrix.transposed()) * 0.5
    let (values, vectors) = LinearAlgebra.eigh(x)
    expectOrthonormalColumns(vectors, "vectors")
    let product = matmul(vectors * values.expanded(along: -2), vectors.transposed())
    expectResidual(product, x, scale: x, "v λ vᵀ")
    expectIdentical(values.sorted().contiguous, values.contiguous)
    expectIdentical(LinearAlgebra.eigh(matrix).values.contiguous, values.contiguous)
  }

  @Test(arguments: squares)
  func solve(_ family: Family) {
    let x = family.matrix()
    // Rounding may make the last pivot 0 in one order of elimination and not in the other.
    func isSingular(_ x: Tensor) -> Bool {
      x.elementCount > 0 && (LinearAlgebra.determinant(x) .== 0).any().scalar(as: Bool.self)
    }
    if isSingular(x) { return }
    let n = x.shape[x.rank - 1]
    let b = Self.random([n, 3], seed: 8)
    let solution = LinearAlgebra.solve(x, b)
    // Backward stable: the residual is small relative to |x| |solution|.
    let product = matmul(x, solution)
    let scale = abs(x).sum(along: -1, keepingAxes: true).expanded(along: 0)
    let largest =
      solution.elementCount == 0
      ? 1 : (scale.max() * abs(solution).max() + 1).scalar()
    let bound = 8 * Double(n + 4) * Double.ulpOfOne * largest
    expectClose(product, b.broadcast(to: product.shape), relative: 0, absolute: bound)
    // Each product with the transpose is the same system read the other way.
    if isSingular(x.transposed()) { return }
    let transposed = LinearAlgebra.solve(x.transposed(), b)
    let back = matmul(x.transposed(), transposed)
    let reach =
      transposed.elementCount == 0
      ? 1 : (abs(x).sum(along: -2).max() * abs(transposed).max() + 1).scalar()
    expectClose(
      back, b.broadcast(to: back.shape), relative: 0,
      absolute: 8 * Double(n + 4) * Double.ulpOfOne * reach)
  }

  @Test(arguments: squares)
  func cholesky(_ family: Family) {
    let matrix = family.matrix()
    let n = matrix.shape[matrix.rank - 1]
    let largest = matrix.elementCount == 0 ? 1 : Swift.max(abs(matrix).max().scalar(), 1e-140)
    let unit = matrix / largest
    let x =
      matmul(unit, unit.transposed()) * largest + Tensor.eye(n, dtype: .float64) * (largest / 10)
    let factor = LinearAlgebra.cholesky(x)
    expectResidual(matmul(factor, factor.transposed()), x, scale: x, "l lᵀ")
    expectIdentical(factor.contiguous, factor.lowerTriangle().contiguous)
    let b = Self.random([n, 2], seed: 9)
    let solution = LinearAlgebra.choleskySolve(factor, b)
    let expected = LinearAlgebra.solve(x, b)
    expectClose(solution * largest, expected * largest, relative: 1e-9, absolute: 1e-9)
  }

  @Test(arguments: squares + rectangular)
  func pseudoInverse(_ family: Family) {
    let x = family.matrix()
    let largest = x.elementCount == 0 ? 1 : Swift.max(abs(x).max().scalar(), 1e-140)
    let scaled = x / largest
    let y = LinearAlgebra.pseudoInverse(scaled, tolerance: 1e-8)
    // The Penrose conditions, with what the tolerance leaves out.
    expectClose(
      matmul(matmul(scaled, y), scaled), scaled, relative: 0, absolute: 1e-7, "x y x")
    let product = matmul(scaled, y)
    expectClose(product, product.transposed(), relative: 0, absolute: 1e-6, "x y symmetric")
  }

  @Test func knownRanks() {
    let matrix = matmul(Self.random([40, 7]), Self.random([7, 30], seed: 4))
    #expect(LinearAlgebra.matrixRank(matrix).scalar() == 7)
    #expect(LinearAlgebra.matrixRank(matrix.converted(to: .float32)).scalar() == 7)
    #expect(LinearAlgebra.matrixRank(Tensor.zeros([3, 4])).scalar() == 0)
    #expect(LinearAlgebra.matrixRank(Tensor.eye(5)).scalar() == 5)
  }

  /// One-sided rotations find singular values of scaled columns to full relative accuracy.
  @Test func smallSingularValuesAreRelativelyAccurate() {
    let (q, scales) = (LinearAlgebra.qr(Self.random([30, 8])).q, Self.graded(8, by: 12))
    let s = LinearAlgebra.svdvals(q * scales)
    expectClose(s, scales, relative: 1e-14)
  }

  @Test func determinantsNeitherOverflowNorUnderflow() {
    let huge =
      Tensor.eye(6, dtype: .float64)
      * Tensor(
        [1e200, -1e-200, 1e150, 1e-150, 1e300, 1e-300], dtype: .float64)
    #expect(abs(LinearAlgebra.determinant(huge).scalar() + 1) < 1e-13)
    let (sign, logarithm) = LinearAlgebra.logAbsDeterminant(
      Tensor.eye(300, dtype: .float64) * -1e-5)
    #expect(sign.scalar() == 1)
    #expect(abs(logarithm.scalar() - 300 * log(1e-5)) < 1e-10)
    #expect(LinearAlgebra.determinant(Tensor.zeros([0, 0])).scalar() == 1)
    let exchanged = Tensor([[0, 1], [1, 0]], dtype: .float64)
    #expect(LinearAlgebra.determinant(exchanged).scalar() == -1)
  }

  /// Small and large matrices, whose factors multiply to a little more or less than 1.
  @Test(arguments: [3, 40]) func logarithmsNearZeroKeepTheirDigits(size: Int) {
    for (starts, excess) in [
      ([0x1p500, 0x1p-500, 1 + 0x1p-30], 0x1p-30),
      ([0x1p500, 0x1p-410, 0x1p-90 * (1 + 0x1p-30)], 0x1p-30), ([1 - 0x1p-30], -0x1p-30),
    ] {
      let factors = starts + [Double](repeating: 1, count: size - starts.count)
      let (sign, logarithm) = LinearAlgebra.logAbsDeterminant(
        Tensor.eye(size, dtype: .float64) * Tensor(factors, dtype: .float64))
      #expect(sign.scalar() == 1)
      expectClose(logarithm, Tensor(log1p(excess), dtype: .float64), relative: 1e-14)
    }
  }

  // MARK: Batches

  private static let results: [String: @Sendable (Tensor) -> Tensor] = [
    "qr": { x in
      let (q, r) = LinearAlgebra.qr(x)
      return concatenated([q, r], along: -1)
    },
    "eigh": { x in
      let (values, vectors) = LinearAlgebra.eigh(x)
      return concatenated([values.expanded(along: -2), vectors], along: -2)
    },
    "svd": { x in
      let (u, s, vt) = LinearAlgebra.svd(x)
      return concatenated([u, s.expanded(along: -2), vt], along: -2)
    },
    "cholesky": { x in
      LinearAlgebra.cholesky(
        matmul(x, x.transposed()) + Tensor.eye(x.shape[x.rank - 1], dtype: .float64))
    },
    "solve": { LinearAlgebra.solve($0, $0 + 1) },
    "inverse": { LinearAlgebra.inverse($0) },
    "determinant": { LinearAlgebra.determinant($0) },
    "triangularSolve": { LinearAlgebra.triangularSolve($0, $0 + 1, .upper, isTransposed: true) },
  ]

  /// Small matrices are decomposed several at a time; each has the bits that it has alone, but for
  /// the signs of zeros.
  @Test(arguments: InstructionSet.available)
  func matricesOfABatchDoNotDependOnEachOther(set: InstructionSet) {
    withInstructionSet(set) {
      for size in [1, 2, 3, 5, 8, 16, 17] {
        let random = Self.random([11, size, size])
        let factors = Tensor(
          [1, 0, 1e200, 1, .nan, 1, 1e-200, 1, 1, .infinity, 1], dtype: .float64)
        let graded = Self.graded(size, by: 30)
        let matrices = (0..<11).map { index -> Tensor in
          let matrix = random[index] * factors[index]
          return index == 5 ? matrix * graded : index == 8 ? matrix * 0 + 1 : matrix
        }
        for (name, result) in Self.results {
          let batch = result(stacked(matrices))
          for (index, matrix) in matrices.enumerated() {
            expectIdentical(
              batch[index] + 0, result(matrix) + 0, "\(name) \(size) \(index)")
          }
        }
      }
    }
  }

  /// Work is cut by shapes alone.
  @Test func resultsDoNotDependOnTheNumberOfThreads() {
    let x = Self.random([150, 150])
    for (name, result) in Self.results {
      let expected = withThreads(1) { result(x) }
      for threads in 2...3 {
        expectIdentical(withThreads(threads) { result(x) }, expected, "\(name) \(threads)")
      }
    }
  }

  // MARK: Numbers without a result

  @Test func singularMatricesGiveNaNAndLeaveTheBatchAlone() {
    let batch = Tensor([[[1, 2], [2, 4]], [[2, 0], [0, 4]]])
    let x = LinearAlgebra.solve(batch, Tensor.ones([2, 2, 1]))
    #expect(x.scalars(as: Float.self)[..<2].allSatisfy { $0.isNaN })
    #expect(Array(x.scalars(as: Float.self)[2...]) == [0.5, 0.25])
    let y = LinearAlgebra.inverse(batch)
    #expect(y.scalars(as: Float.self)[..<4].allSatisfy { $0.isNaN })
    #expect(Array(y.scalars(as: Float.self)[4...]) == [0.5, 0, 0, 0.25])
    #expect(LinearAlgebra.determinant(batch).scalars(as: Float.self) == [0, 8])
    let (sign, logarithm) = LinearAlgebra.logAbsDeterminant(batch)
    #expect(sign.scalars(as: Float.self) == [0, 1])
    #expect(logarithm.scalars(as: Float.self)[0] == -.infinity)
  }

  @Test func indefiniteMatricesHaveNoCholeskyFactor() {
    let batch = Tensor([[[1, 2], [2, 1]], [[4, 0], [0, 9]], [[0, 0], [0, 1]]])
    let factors = LinearAlgebra.cholesky(batch).scalars(as: Float.self)
    #expect(factors[..<4].allSatisfy { $0.isNaN })
    #expect(Array(factors[4..<8]) == [2, 0, 0, 3])
    #expect(factors[8...].allSatisfy { $0.isNaN })
  }

  @Test(arguments: [Double.nan, .infinity])
  func matricesThatAreNotFiniteGiveNaN(_ value: Double) {
    let x = Tensor([1, value, 2, 0, 1, 3, 2, 3, 1], shape: [3, 3]).converted(to: .float32)
    #expect(LinearAlgebra.eigvalsh(x).scalars(as: Float.self).allSatisfy { $0.isNaN })
    #expect(LinearAlgebra.svdvals(x).scalars(as: Float.self).allSatisfy { $0.isNaN })
    #expect(LinearAlgebra.cholesky(x).scalars(as: Float.self).contains { $0.isNaN })
  }

  // MARK: Gradients where a formula divides by zero

  @Test func theGradientOfADeterminantExistsAtASingularMatrix() {
    let x = Tensor([[1, 2, 3], [2, 4, 6], [1, 0, 1]], dtype: .float64)
    let slope = gradient(at: x) { LinearAlgebra.determinant($0) }
    // The cofactors.
    let expected = Tensor([[4, 4, -4], [-2, -2, 2], [0, 0, 0]], dtype: .float64)
    expectClose(slope, expected, relative: 0, absolute: 1e-13)
  }

  @Test func eigenvaluesThatRepeatHaveGradients() {
    let identity = Tensor.eye(3, dtype: .float64)
    let slope = gradient(at: identity) { LinearAlgebra.eigvalsh($0).sum() }
    expectClose(slope, identity, relative: 0, absolute: 1e-15)
    let nuclear = gradient(at: identity * 2) { LinearAlgebra.nuclearNorm($0) }
    expectClose(nuclear, identity, relative: 0, absolute: 1e-15)
    // A function of the spectral projection, which no basis changes.
    let whole = gradient(at: identity) { x in
      let (_, vectors) = LinearAlgebra.eigh(x)
      return (matmul(vectors, vectors.transposed()) * Tensor.counting([3, 3], dtype: .float64))
        .sum()
    }
    expectClose(whole, Tensor.zeros(like: identity), relative: 0, absolute: 1e-14)
  }

  @Test func zeroSingularValuesDoNotSpoilGradients() {
    let x = matmul(Self.random([5, 2]), Self.random([2, 4], seed: 4))
    let slope = gradient(at: x) { pow(LinearAlgebra.svdvals($0), 2).sum() }
    expectClose(slope, x * 2, relative: 0, absolute: 1e-13)
  }

  // MARK: Threads

  @Test func largeMatricesHaveTheSameBitsForAnyNumberOfThreads() {
    let x = Self.random([150, 150])
    let definite = matmul(x, x.transposed()) + Tensor.eye(150, dtype: .float64)
    func results(_ threads: Int) -> [Tensor] {
      withThreads(threads) {
        let (q, r) = LinearAlgebra.qr(x)
        let (values, vectors) = LinearAlgebra.eigh(definite)
        return [
          q, r, values, vectors, LinearAlgebra.solve(x, definite),
          LinearAlgebra.cholesky(definite), LinearAlgebra.svdvals(x),
        ].map(\.contiguous)
      }
    }
    let expected = results(1)
    for threads in [2, 3] {
      for (actual, expected) in zip(results(threads), expected) {
        expectIdentical(actual, expected, "\(threads) threads")
      }
    }
  }
}
