import Autograd
import Tensor

// The parts of a decomposition that are unique: products and squares, so that differences exist.

extension OpCase {
  static let decompositions: [OpCase] = table {
    triangularFactors
    eigenvalues
    singularValues
    norms
  }

  /// The matrices plus 2, 4, 6, … on their diagonals, which separates eigenvalues and singular
  /// values.
  private static func separated(_ x: Tensor) -> Tensor {
    let (m, n) = (x.shape[x.rank - 2], x.shape[x.rank - 1])
    let steps = Tensor.arange(to: Double(n), dtype: x.dtype) * 2 + 2
    return x + Tensor.eye(m, columns: n, dtype: x.dtype) * steps
  }

  private static func separated(_ x: PlainRows) -> PlainRows {
    x.enumerated().map { i, row in
      row.enumerated().map { $0 == i ? $1 + Double(2 * i + 2) : $1 }
    }
  }

  private static let triangularFactors = OpCase(
    name: "qr", operations: ["qr(Tensor)"],
    apply: {
      let (q, r) = LinearAlgebra.qr(separated($0[0]))
      // With a positive diagonal of r the factors are unique.
      let signs = sign(r.diagonal()).detached
      let columns = (q * signs.expanded(along: -2)).transposed()
      return concatenated([columns, r * signs.expanded(along: -1)], along: -1)
    },
    reference: { inputs in
      let (m, n) = (inputs[0].shape[inputs[0].rank - 2], inputs[0].shape[inputs[0].rank - 1])
      let k = min(m, n)
      return inputs[0].mapMatrices(to: [k, m + n]) { x in
        let x = separated(x)
        let (qt, r) = PlainMatrix.qr(x.map { Array($0.prefix(k)) }, columns: k)
        let rest = PlainMatrix.product(qt, x.map { Array($0.dropFirst(k)) })
        return (0..<k).map { qt[$0] + r[$0] + (n > k ? rest[$0] : []) }
      }
    },
    samples: ([[1, 1], [3, 3], [4, 2], [2, 4], [2, 3, 2], [0, 0], [2, 0], [0, 2]] as [Shape]).map {
      [matrix($0)]
    },
    large: [matrix([4, 40, 34])]
  ).with {
    factored(&$0)
    $0.errors = [
      OpError("qr: shape [2] has fewer than two axes") { _ = LinearAlgebra.qr(Tensor.ones([2])) }
    ]
  }

  private static let eigenvalues: [OpCase] = [
    OpCase(
      name: "eigh", operations: ["eigh(Tensor)"],
      apply: {
        let (values, vectors) = LinearAlgebra.eigh(separated($0[0]))
        return concatenated([values.expanded(along: -2), square(vectors)], along: -2)
      },
      reference: { inputs in
        let n = inputs[0].shape[inputs[0].rank - 1]
        return inputs[0].mapMatrices(to: [n + 1, n]) { x in
          let (values, rows) = PlainMatrix.eigen(PlainMatrix.symmetricPart(separated(x)))
          return [values]
            + PlainMatrix.transpose(rows, columns: n).map { $0.map { $0 * $0 } }
        }
      },
      samples: squares.map { [matrix($0)] }, large: [Input([3, 36, 36], .range(-0.1, 0.1))]
    ).with {
      factored(&$0)
      $0.errors = [
        OpError("eigh: shape [2, 3] is not square") {
          _ = LinearAlgebra.eigh(Tensor.ones([2, 3]))
        }
      ]
    },
    OpCase(
      name: "eigvalsh", operations: ["eigvalsh(Tensor)"],
      apply: { LinearAlgebra.eigvalsh($0[0]) },
      reference: { inputs in
        let n = inputs[0].shape[inputs[0].rank - 1]
        return inputs[0].mapMatrices(to: [n]) {
          [PlainMatrix.eigen(PlainMatrix.symmetricPart($0)).values]
        }
      },
      samples: squares.map { [matrix($0)] }, large: [matrix([3, 36, 36])]
    ).with(factored),
  ]

  private static let rectangles: [Shape] = [
    [1, 1], [3, 3], [4, 2], [2, 4], [2, 3, 2], [0, 0], [2, 0], [0, 2],
  ]

  /// The squares of the singular values in descending order and the right vectors as rows.
  private static func gram(
    _ x: PlainRows, columns n: Int
  ) -> (values: [Double], vectors: PlainRows) {
    let product = PlainMatrix.product(PlainMatrix.transpose(x, columns: n), x)
    let gram = x.isEmpty ? PlainMatrix.identity(n).map { $0.map { _ in 0 } } : product
    let (values, vectors) = PlainMatrix.eigen(gram)
    let k = min(x.count, n)
    return (
      values.reversed().prefix(k).map { max($0, 0).squareRoot() },
      Array(vectors.reversed().prefix(k))
    )
  }

  private static func valuesReference(
    _ inputs: [PlainArray], to inner: (Int) -> [Int], _ function: ([Double]) -> [Double]
  ) -> PlainArray {
    let (m, n) = (inputs[0].shape[inputs[0].rank - 2], inputs[0].shape[inputs[0].rank - 1])
    return inputs[0].mapMatrices(to: inner(min(m, n))) {
      [function(gram(separated($0), columns: n).values)]
    }
  }

  private static let singularValues: [OpCase] = [
    OpCase(
      name: "svd", operations: ["svd(Tensor)"],
      apply: {
        let (u, s, vt) = LinearAlgebra.svd(separated($0[0]))
        return concatenated(
          [square(u).transposed(), s.expanded(along: -1), square(vt)], along: -1)
      },
      reference: { inputs in
        let (m, n) = (inputs[0].shape[inputs[0].rank - 2], inputs[0].shape[inputs[0].rank - 1])
        return inputs[0].mapMatrices(to: [min(m, n), m + 1 + n]) { x in
          let x = separated(x)
          let (values, rows) = gram(x, columns: n)
          return values.indices.map { i in
            let u = x.map { row in
              zip(row, rows[i]).reduce(0) { $0 + $1.0 * $1.1 } / values[i]
            }
            return u.map { $0 * $0 } + [values[i]] + rows[i].map { $0 * $0 }
          }
        }
      },
      samples: rectangles.map { [matrix($0)] }, large: [Input([3, 36, 30], .range(-0.1, 0.1))]
    ).with(factored),
    OpCase(
      name: "svdvals", operations: ["svdvals(Tensor)"],
      apply: { LinearAlgebra.svdvals(separated($0[0])) },
      reference: { valuesReference($0, to: { [$0] }) { $0 } },
      samples: rectangles.map { [matrix($0)] }, large: [Input([3, 36, 30], .range(-0.1, 0.1))]
    ).with(factored),
    OpCase(
      name: "matrixRank", operations: ["matrixRank(Tensor, tolerance: Double?)"],
      apply: { LinearAlgebra.matrixRank(separated($0[0]), tolerance: 0.5) },
      reference: {
        valuesReference($0, to: { _ in [] }) { values in
          [Double(values.filter { $0 > (values.first ?? 0) / 2 }.count)]
        }
      },
      samples: rectangles.map { [matrix($0)] }, isDifferentiable: false, resultType: .int32
    ).with(exact),
    pseudoInverses,
    leastSquares,
  ]

  /// The inverse of (xᵀ x) times xᵀ, or the like for a wide matrix.
  private static func pseudoInverse(_ x: PlainRows, columns n: Int) -> PlainRows {
    let transpose = PlainMatrix.transpose(x, columns: n)
    if x.count >= n { return PlainMatrix.solve(PlainMatrix.product(transpose, x), transpose) }
    let inverse = PlainMatrix.solve(
      PlainMatrix.product(x, transpose), PlainMatrix.identity(x.count))
    return PlainMatrix.product(transpose, inverse)
  }

  private static let pseudoInverses = OpCase(
    name: "pseudoInverse", operations: ["pseudoInverse(Tensor, tolerance: Double?)"],
    apply: { LinearAlgebra.pseudoInverse(separated($0[0])) },
    reference: { inputs in
      let (m, n) = (inputs[0].shape[inputs[0].rank - 2], inputs[0].shape[inputs[0].rank - 1])
      return inputs[0].mapMatrices(to: [n, m]) { pseudoInverse(separated($0), columns: n) }
    },
    samples: rectangles.map { [matrix($0)] }, large: [Input([3, 36, 30], .range(-0.1, 0.1))]
  ).with(factored)

  private static let leastSquares = OpCase(
    name: "leastSquares", operations: ["leastSquares(Tensor, Tensor, tolerance: Double?)"],
    apply: { LinearAlgebra.leastSquares(separated($0[0]), $0[1]) },
    reference: { inputs in
      let (a, b) = (inputs[0], inputs[1])
      let n = a.shape[a.rank - 1]
      let columns = b.rank == 1 ? b.reshaped([b.shape[0], 1]) : b
      let width = columns.shape[columns.rank - 1]
      let x = PlainArray.mapMatrices(a, columns, to: [n, width]) {
        PlainMatrix.product(pseudoInverse(separated($0), columns: n), $1)
      }
      return b.rank == 1 ? x.reshaped([n]) : x
    },
    samples: [
      [matrix([4, 2]), matrix([4])], [matrix([3, 3]), matrix([3, 2])],
      [matrix([2, 4]), matrix([2, 1])], [matrix([2, 3, 2]), matrix([3, 1])],
    ]
  ).with {
    factored(&$0)
    $0.errors = [
      OpError("leastSquares: a right side of shape [2] does not fit a matrix of shape [3, 2]") {
        _ = LinearAlgebra.leastSquares(Tensor.ones([3, 2]), Tensor.ones([2]))
      }
    ]
  }

  private static let norms: [OpCase] = [
    OpCase(
      name: "nuclearNorm", operations: ["nuclearNorm(Tensor)"],
      apply: { LinearAlgebra.nuclearNorm(separated($0[0])) },
      reference: { valuesReference($0, to: { _ in [] }) { [$0.reduce(0, +)] } },
      samples: rectangles.map { [matrix($0)] }
    ).with(factored),
    OpCase(
      name: "spectralNorm", operations: ["spectralNorm(Tensor)"],
      apply: { LinearAlgebra.spectralNorm(separated($0[0])) },
      reference: { valuesReference($0, to: { _ in [] }) { [$0[0]] } },
      samples: ([[1, 1], [3, 3], [4, 2], [2, 4], [2, 3, 2]] as [Shape]).map { [matrix($0)] }
    ).with {
      factored(&$0)
      $0.errors = [
        OpError("spectralNorm: shape [0, 2] has no singular values") {
          _ = LinearAlgebra.spectralNorm(Tensor.ones([0, 2]))
        }
      ]
    },
    OpCase(
      name: "conditionNumber", operations: ["conditionNumber(Tensor)"],
      apply: { LinearAlgebra.conditionNumber(separated($0[0])) },
      reference: { valuesReference($0, to: { _ in [] }) { [$0[0] / $0[$0.count - 1]] } },
      samples: ([[1, 1], [3, 3], [4, 2], [2, 4], [2, 3, 2]] as [Shape]).map { [matrix($0)] }
    ).with {
      factored(&$0)
      $0.errors = [
        OpError("conditionNumber: shape [0, 2] has no singular values") {
          _ = LinearAlgebra.conditionNumber(Tensor.ones([0, 2]))
        }
      ]
    },
  ]
}
