import Autograd
import CLibrary
import Tensor

extension OpCase {
  static let linearSystems: [OpCase] = table {
    systems
    triangularSystems
    determinants
    symmetricSystems
    inverses
    productsOfVectors
  }

  /// A well-conditioned matrix.
  static func regular(_ x: Tensor) -> Tensor {
    x + Tensor.eye(x.shape[x.rank - 1], dtype: x.dtype) * 4
  }

  static func regular(_ x: PlainRows) -> PlainRows {
    x.indices.map { i in x.indices.map { x[i][$0] + (i == $0 ? 4 : 0) } }
  }

  /// A symmetric positive definite matrix.
  static func definite(_ x: PlainRows) -> PlainRows { regular(PlainMatrix.symmetricPart(x)) }

  static let squares: [Shape] = [[1, 1], [3, 3], [2, 2, 2], [0, 0], [0, 2, 2]]

  /// Bounds for results of some hundred operations.
  static func factored(_ op: inout OpCase) {
    op.bound = Bound(relative: 2e-6, absolute: 2e-6)
    op.largeBound = Bound(relative: 1e-4, absolute: 1e-5)
    op.exactness = Bound(relative: 1e-12, absolute: 1e-12)
    op.gradientBound = Bound(relative: 2e-5, absolute: 2e-5)
    op.isLayoutExact = false
  }

  static func matrix(_ shape: Shape) -> Input { Input(shape, .range(-1, 1)) }

  private static let rightSides: [(Shape, Shape)] = [
    ([1, 1], [1]), ([3, 3], [3]), ([3, 3], [3, 2]), ([2, 3, 3], [2, 3, 1]), ([3, 3], [2, 3, 2]),
    ([2, 1, 2, 2], [2, 2, 1]), ([0, 0], [0]), ([0, 0], [0, 2]), ([2, 2], [2, 0]),
  ]

  /// The reference of a system whose right side may be a vector.
  private static func solution(
    _ inputs: [PlainArray], _ change: (PlainRows) -> PlainRows
  ) -> PlainArray {
    let (a, b) = (inputs[0], inputs[1])
    let columns = b.rank == 1 ? b.reshaped([b.shape[0], 1]) : b
    let x = PlainArray.mapMatrices(a, columns, to: Array(columns.shape.suffix(2))) {
      PlainMatrix.solve(change($0), $1)
    }
    return b.rank == 1 ? x.reshaped(b.shape) : x
  }

  private static let systems = OpCase(
    name: "solve", operations: ["solve(Tensor, Tensor)"],
    apply: { LinearAlgebra.solve(regular($0[0]), $0[1]) },
    reference: { solution($0, regular) },
    samples: rightSides.map { [matrix($0.0), matrix($0.1)] },
    large: [matrix([40, 40]), matrix([3, 40, 20])]
  ).with {
    factored(&$0)
    $0.large = [Input([40, 40], .range(-0.1, 0.1)), matrix([3, 40, 20])]
    $0.errors = [
      OpError("solve: shape [2, 3] is not square") {
        _ = LinearAlgebra.solve(Tensor.ones([2, 3]), Tensor.ones([2]))
      },
      OpError("solve: shape [3] has fewer than two axes") {
        _ = LinearAlgebra.solve(Tensor.ones([3]), Tensor.ones([3]))
      },
      OpError("solve: a right side of shape [3] does not fit a matrix of shape [2, 2]") {
        _ = LinearAlgebra.solve(Tensor.ones([2, 2]), Tensor.ones([3]))
      },
      OpError("solve: dtypes float32 and float64 differ") {
        _ = LinearAlgebra.solve(Tensor.eye(2), Tensor.ones([2], dtype: .float64))
      },
      OpError("solve: not defined for int32") {
        _ = LinearAlgebra.solve(Tensor.eye(2, dtype: .int32), Tensor.ones([2], dtype: .int32))
      },
      OpError(
        """
        solve: the axes before the last two do not broadcast: [2, 2, 2] and [3, 2, 1]
        """
      ) {
        _ = LinearAlgebra.solve(Tensor.ones([2, 2, 2]), Tensor.ones([3, 2, 1]))
      },
    ]
  }

  private static let triangularSystems: [OpCase] = [true, false].flatMap { isLower in
    [true, false].flatMap { isTransposed in
      [true, false].map { triangularRow(isLower, isTransposed, $0) }
    }
  }

  private static func triangularRow(
    _ isLower: Bool, _ isTransposed: Bool, _ hasUnitDiagonal: Bool
  ) -> OpCase {
    let options =
      (isTransposed ? " transposed" : "") + (hasUnitDiagonal ? " unit diagonal" : "")
    return OpCase(
      name: "triangularSolve \(isLower ? "lower" : "upper")\(options)",
      operations: [
        "triangularSolve(Tensor, Tensor, Triangle, isTransposed: Bool, hasUnitDiagonal: Bool)"
      ],
      apply: {
        LinearAlgebra.triangularSolve(
          regular($0[0]), $0[1], isLower ? .lower : .upper, isTransposed: isTransposed,
          hasUnitDiagonal: hasUnitDiagonal)
      },
      reference: {
        solution($0) { matrix in
          var matrix = regular(matrix)
          for i in matrix.indices {
            for j in matrix.indices {
              if isLower ? j > i : j < i { matrix[i][j] = 0 }
              if i == j && hasUnitDiagonal { matrix[i][j] = 1 }
            }
          }
          return isTransposed ? PlainMatrix.transpose(matrix, columns: matrix.count) : matrix
        }
      },
      samples: rightSides.map { [matrix($0.0), matrix($0.1)] }
    ).with {
      factored(&$0)
      $0.large = [Input([40, 40], .range(-0.1, 0.1)), matrix([3, 40, 20])]
    }
  }

  private static let determinants: [OpCase] = [
    OpCase(
      name: "determinant", operations: ["determinant(Tensor)"],
      apply: { LinearAlgebra.determinant(regular($0[0])) },
      reference: { $0[0].mapMatrices(to: []) { [[PlainMatrix.determinant(regular($0))]] } },
      samples: (squares + [[4, 4]]).map { [matrix($0)] }, large: [matrix([300, 4, 4])]
    ).with(factored),
    OpCase(
      name: "logAbsDeterminant", operations: ["logAbsDeterminant(Tensor)"],
      apply: {
        let (sign, logarithm) = LinearAlgebra.logAbsDeterminant(-regular($0[0]))
        return sign * logarithm
      },
      reference: {
        $0[0].mapMatrices(to: []) { matrix in
          let determinant = PlainMatrix.determinant(regular(matrix))
          let sign = matrix.count % 2 == 0 ? 1.0 : -1.0
          return [[sign * CLibrary.log(determinant)]]
        }
      },
      samples: (squares + [[4, 4]]).map { [matrix($0)] }, large: [matrix([300, 4, 4])]
    ).with(factored),
  ]

  private static let symmetricSystems: [OpCase] = [
    OpCase(
      name: "cholesky", operations: ["cholesky(Tensor)"],
      apply: { LinearAlgebra.cholesky(regular($0[0])) },
      reference: { inputs in
        inputs[0].mapMatrices(to: Array(inputs[0].shape.suffix(2))) {
          PlainMatrix.cholesky(definite($0))
        }
      },
      samples: (squares + [[4, 4]]).map { [matrix($0)] }, large: nil
    ).with {
      factored(&$0)
      $0.large = [Input([5, 30, 30], .range(-0.1, 0.1))]
      $0.errors = [
        OpError("cholesky: shape [2, 3] is not square") {
          _ = LinearAlgebra.cholesky(Tensor.ones([2, 3]))
        }
      ]
    },
    OpCase(
      name: "choleskySolve", operations: ["choleskySolve(Tensor, Tensor, Triangle)"],
      apply: {
        let factor = LinearAlgebra.cholesky(regular($0[0]))
        let first = LinearAlgebra.choleskySolve(factor, $0[1])
        return first + LinearAlgebra.choleskySolve(factor.transposed(), $0[1], .upper)
      },
      reference: { inputs in solution(inputs, definite).map { $0 * 2 } },
      samples: rightSides.map { [matrix($0.0), matrix($0.1)] }, large: nil
    ).with(factored),
  ]

  private static let inverses: [OpCase] = [
    OpCase(
      name: "inverse", operations: ["inverse(Tensor)"],
      apply: { LinearAlgebra.inverse(regular($0[0])) },
      reference: { inputs in
        inputs[0].mapMatrices(to: Array(inputs[0].shape.suffix(2))) {
          PlainMatrix.solve(regular($0), PlainMatrix.identity($0.count))
        }
      },
      samples: squares.map { [matrix($0)] }, large: nil
    ).with {
      factored(&$0)
      $0.large = [Input([5, 30, 30], .range(-0.1, 0.1))]
    },
    OpCase(
      name: "matrixPower", operations: ["matrixPower(Tensor, Int)"],
      apply: { inputs in
        let x = regular(inputs[0]) * 0.25
        let terms = [5, 0, -2].map { LinearAlgebra.matrixPower(x, $0) }
        return terms[0] + terms[1] + terms[2]
      },
      reference: { inputs in
        inputs[0].mapMatrices(to: Array(inputs[0].shape.suffix(2))) { x in
          let x = regular(x).map { $0.map { $0 / 4 } }
          let inverse = PlainMatrix.solve(x, PlainMatrix.identity(x.count))
          let square = PlainMatrix.product(x, x)
          let fifth = PlainMatrix.product(PlainMatrix.product(square, square), x)
          let other = PlainMatrix.product(inverse, inverse)
          return x.indices.map { i in
            x.indices.map { fifth[i][$0] + other[i][$0] + (i == $0 ? 1 : 0) }
          }
        }
      },
      samples: squares.map { [matrix($0)] }, large: nil
    ).with(factored),
    OpCase(
      name: "matrixExponential", operations: ["matrixExponential(Tensor)"],
      apply: { LinearAlgebra.matrixExponential($0[0]) },
      reference: { inputs in
        inputs[0].mapMatrices(to: Array(inputs[0].shape.suffix(2))) { x in
          var (sum, term) = (PlainMatrix.identity(x.count), PlainMatrix.identity(x.count))
          for k in 1..<60 {
            term = PlainMatrix.product(term, x).map { $0.map { $0 / Double(k) } }
            sum = zip(sum, term).map { zip($0, $1).map { $0 + $1 } }
          }
          return sum
        }
      },
      samples: [[Input([3, 3], .range(-4, 4))]] + squares.map { [matrix($0)] }, large: nil
    ).with {
      factored(&$0)
      // Norms of 10 give exponentials of some thousand.
      $0.bound = Bound(relative: 1e-4, absolute: 1e-3)
      $0.exactness = Bound(relative: 1e-11, absolute: 1e-10)
      $0.gradientBound = Bound(relative: 1e-3, absolute: 1e-2)
    },
  ]

  private static let productsOfVectors: [OpCase] = [
    OpCase(
      name: "kron", operations: ["kron(Tensor, Tensor)"], apply: { kron($0[0], $0[1]) },
      reference: { inputs in
        let (a, b) = (inputs[0], inputs[1])
        let (p, q) = (b.shape[b.rank - 2], b.shape[b.rank - 1])
        let inner = [a.shape[a.rank - 2] * p, a.shape[a.rank - 1] * q]
        return PlainArray.mapMatrices(a, b, to: inner) { a, b in
          (0..<inner[0]).map { i in
            (0..<inner[1]).map { j in a[i / p][j / q] * b[i % p][j % q] }
          }
        }
      },
      samples: [
        [Input([2, 3]), Input([3, 2])], [Input([1, 1]), Input([2, 2])],
        [Input([2, 2, 2]), Input([1, 3])], [Input([0, 2]), Input([2, 2])],
      ],
      large: [Input([30, 30]), Input([9, 11])],
      errors: [
        OpError("kron: shapes [2] and [2, 2] are not two matrices") {
          _ = kron(Tensor.ones([2]), Tensor.ones([2, 2]))
        }
      ]),
    OpCase(
      name: "cross", operations: ["cross(Tensor, Tensor, along: Int)"],
      apply: { cross($0[0], $0[1]) },
      reference: { inputs in
        let shape = PlainArray.broadcast(inputs[0].shape, inputs[1].shape)
        let (a, b) = (inputs[0].broadcast(to: shape), inputs[1].broadcast(to: shape))
        return PlainArray(shape: shape) { index in
          var (first, second) = (index, index)
          first[shape.count - 1] = (index[shape.count - 1] + 1) % 3
          second[shape.count - 1] = (index[shape.count - 1] + 2) % 3
          return a[first] * b[second] - a[second] * b[first]
        }
      },
      samples: [
        [Input([3]), Input([3])], [Input([2, 3]), Input([3])], [Input([2, 1, 3]), Input([4, 3])],
        [Input([0, 3]), Input([3])],
      ],
      large: [Input([9000, 3]), Input([3])], bound: .sums,
      errors: [
        OpError("cross: shapes [2] and [2] do not have three elements along axis -1") {
          _ = cross(Tensor.ones([2]), Tensor.ones([2]))
        }
      ]),
  ]
}
