import TestSupport
import Testing

/// Products with operands that repeat one row, column or matrix, as the gradient of a sum does.
struct RepeatedProductTests {
  private static let shapes: [(Shape, Shape)] = [
    ([3, 4], [4, 5]), ([1, 4], [4, 5]), ([3, 4], [4, 1]), ([2, 3, 4], [4, 5]),
    ([3, 4], [2, 4, 5]), ([2, 1, 3, 4], [6, 4, 5]), ([7, 3, 1], [7, 1, 5]), ([0, 3, 4], [4, 5]),
    ([3, 0], [0, 5]),
  ]

  @Test func repeatedOperandsGiveTheSameProducts() {
    for (shapeA, shapeB) in Self.shapes {
      let (a, b) = (
        Tensor.seeded(shapeA, seed: 1, in: -1..<1), Tensor.seeded(shapeB, seed: 2, in: -1..<1)
      )
      let number = Tensor(2.5, dtype: .float64)
      for axis in 0..<a.rank {
        let repeated = a.sum(along: axis, keepingAxes: true).broadcast(to: shapeA)
        expectClose(matmul(repeated, b), matmul(repeated.contiguous, b), relative: 1e-14)
      }
      for axis in 0..<b.rank {
        let repeated = b.sum(along: axis, keepingAxes: true).broadcast(to: shapeB)
        expectClose(matmul(a, repeated), matmul(a, repeated.contiguous), relative: 1e-14)
      }
      let (all, other) = (number.broadcast(to: shapeA), number.broadcast(to: shapeB))
      expectClose(
        matmul(all, other), matmul(all.contiguous, other.contiguous), relative: 1e-14)
    }
  }

  @Test func gradientsOfSumsAreThoseWithAFullCotangent() {
    let products: [@Sendable ([Tensor]) -> Tensor] = [
      { matmul($0[0], $0[1]) }, { kron($0[0], $0[1]) },
      { outer($0[0].reshaped(to: [12]), $0[1].reshaped(to: [20])) },
    ]
    let inputs = [
      Tensor.seeded([3, 4], seed: 3, in: -1..<1), Tensor.seeded([4, 5], seed: 4, in: -1..<1),
    ]
    for product in products {
      let sums = valueWithGradients(at: inputs) { product($0).sum() }.gradients
      let full = valueWithGradients(at: inputs) { x in
        let y = product(x)
        return (y * Tensor.ones(y.shape, dtype: .float64)).sum()
      }.gradients
      for (actual, expected) in zip(sums, full) {
        expectClose(actual, expected, relative: 0, absolute: 1e-13)
      }
    }
  }
}
