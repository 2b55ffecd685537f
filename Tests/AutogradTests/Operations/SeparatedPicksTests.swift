import TestSupport
import Testing

/// Tensors of positions with another index between them: the picked axis is the first one.
struct SeparatedPicksTests {
  private static let x = Tensor.seeded([3, 4, 5], seed: 6, dtype: .float64)
  private static let rows: [Int32] = [2, 0, 2, 1]
  private static let columns: [Int32] = [4, 1, 4, -5]

  private static func picked(_ x: Tensor) -> Tensor {
    x[Tensor(rows, shape: [4]), .all, Tensor(columns, shape: [4])]
  }

  @Test func eachPickIsARowOfTheResult() {
    let y = Self.picked(Self.x)
    #expect(y.shape == [4, 4])
    for (i, (row, column)) in zip(Self.rows, Self.columns).enumerated() {
      expectIdentical(y[i].contiguous, Self.x[Int(row), .all, Int(column)].contiguous, "pick \(i)")
    }
  }

  /// A single position counts as one of the picks, so they are in front of the axis between them.
  @Test func picksBehindAPositionComeFirst() {
    let columns = Tensor([4, 1, -5], dtype: .int32)
    let y = Self.x[1, .all, columns]
    #expect(y.shape == [3, 4])
    for (i, column) in [4, 1, 0].enumerated() {
      expectIdentical(y[i].contiguous, Self.x[1, .all, column].contiguous, "pick \(i)")
    }
  }

  /// The gradient of an element is the sum over the picks of it.
  @Test func gradientsReturnToTheirElements() {
    let weights = Tensor.seeded([4, 4], seed: 7, dtype: .float64)
    let found = gradient(at: Self.x) { (Self.picked($0) * weights).sum() }
    var expected = [Double](repeating: 0, count: 60)
    let values = weights.scalars(as: Double.self)
    for (i, (row, column)) in zip(Self.rows, Self.columns).enumerated() {
      for j in 0..<4 {
        expected[20 * Int(row) + 5 * j + Int(column < 0 ? column + 5 : column)] += values[4 * i + j]
      }
    }
    expectClose(found.scalars(as: Double.self), expected, relative: 1e-14)
  }

  @Test func assignedRowsAreReadAgain() {
    var x = Self.x
    let values = Tensor.seeded([2, 4], seed: 8, dtype: .float64)
    let (rows, columns) = (Tensor([1, 0], dtype: .int32), Tensor([3, 2], dtype: .int32))
    x[rows, .all, columns] = values
    expectIdentical(x[rows, .all, columns].contiguous, values)
    expectIdentical(x[1, .all, 3].contiguous, values[0].contiguous)
  }
}
