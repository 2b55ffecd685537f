import TestSupport
import Testing

/// Operations over inputs whose axes are permuted, stretched, reversed or skipped in memory agree
/// with the same operations over contiguous copies.
struct LayoutTests {
  /// Views of tensors in layouts of many kinds, some larger than a block of the walk.
  static func views(_ dtype: DType) -> [Tensor] {
    func tensor(_ shape: Shape) -> Tensor { Tensor.seeded(shape, dtype: dtype) }
    return [
      tensor([5, 3]).transposed(), tensor([300, 70]).transposed(), tensor([3, 5000]).transposed(),
      tensor([5000, 3]).transposed(), tensor([2, 40, 33]).transposed(1, 2),
      tensor([4, 9, 5, 7]).permuted(0, 2, 3, 1), tensor([4, 9, 5, 7]).permuted(3, 1, 0, 2),
      tensor([6, 4, 2]).permuted(2, 1, 0), tensor([600, 4, 2]).transposed(1, 2),
      tensor([70, 1]).broadcast(to: [70, 90]), tensor([90]).broadcast(to: [70, 90]),
      tensor([3]).broadcast(to: [5000, 3]), tensor([5000, 1]).broadcast(to: [5000, 3]),
      tensor([40, 1, 6]).broadcast(to: [40, 20, 6]),
      tensor([1, 20, 1]).broadcast(to: [40, 20, 6]),
      tensor([50, 60])[.every(2), .every(-3)], tensor([50, 60])[.every(-1)].transposed(),
      tensor([600, 130]).transposed(), tensor([3, 300, 70]).permuted(0, 2, 1),
      tensor([70, 3, 300]).permuted(2, 0, 1), tensor([64, 64])[3..<40, 5..<64].transposed(),
      tensor([1, 7]).transposed(),
    ]
  }

  @Test(arguments: [DType.float32, .float64, .int32])
  func elementwiseOperationsAgree(_ dtype: DType) {
    for threads in [1, 3] {
      withThreads(threads) {
        for view in Self.views(dtype) {
          let copy = Tensor(view.scalars(as: Double.self), shape: view.shape, dtype: dtype)
          expectIdentical(view.contiguous, copy)
          expectIdentical(-view, -copy)
          expectIdentical(view + copy, copy + copy)
          expectIdentical(copy - view, copy - copy)
          expectIdentical(view * view, copy * copy)
          expectIdentical(view .< 0.25, copy .< 0.25)
          expectIdentical(
            select(view .> 0, copy, view + 1), select(copy .> 0, copy, copy + 1))
          let row = Tensor.seeded([view.shape[view.rank - 1]], dtype: dtype)
          expectIdentical(view * row, copy * row)
        }
      }
    }
  }

  /// Rows of an operand with a number, or with the same row, of the other one.
  @Test(arguments: [DType.float32, .float64, .int32])
  func broadcastOperandsAgreeWithTheirCopies(_ dtype: DType) {
    let shapes: [(Shape, Shape)] = [
      ([40, 64, 49], [64, 1]), ([40, 1, 49], [64, 1]), ([40, 64, 17], [40, 1, 17]),
      ([9, 5, 7, 33], [5, 1, 1]), ([9, 5, 7, 33], [9, 1, 7, 1]), ([3000, 16], [16]),
      ([3000, 16], [3000, 1]), ([700, 130], [130]), ([3, 1, 200], [3, 50, 1]), ([5000, 10], [10]),
      ([5000, 10], [5000, 1]), ([2, 3, 70], [3, 1]), ([1, 90, 20], [60, 1, 20]),
    ]
    for threads in [1, 3] {
      withThreads(threads) {
        for (first, second) in shapes {
          guard let shape = first.broadcast(with: second) else {
            Issue.record("\(first), \(second)")
            continue
          }
          let (a, b) = (
            Tensor.seeded(first, dtype: dtype), Tensor.seeded(second, seed: 2, dtype: dtype)
          )
          let (allA, allB) = (a.broadcast(to: shape).contiguous, b.broadcast(to: shape).contiguous)
          expectIdentical(a + b, allA + allB)
          expectIdentical(b - a, allB - allA)
          expectIdentical(a * b, allA * allB)
          expectIdentical(maximum(b, a), maximum(allB, allA))
          expectIdentical(a .< b, allA .< allB)
          if dtype != .int32 { expectIdentical(pow(abs(a), b), pow(abs(allA), allB)) }
          guard first == shape else { continue }
          var (sum, difference) = (a, a)
          sum += b
          difference -= b
          expectIdentical(sum, allA + allB)
          expectIdentical(difference, allA - allB)
        }
      }
    }
  }

  @Test(arguments: [DType.float32, .float64])
  func reductionsAgreeWithinRounding(_ dtype: DType) {
    let tolerance = dtype == .float32 ? 1e-5 : 1e-13
    for threads in [1, 3] {
      withThreads(threads) {
        for view in Self.views(dtype) {
          let copy = Tensor(view.scalars(as: Double.self), shape: view.shape, dtype: dtype)
          for bits in 1..<(1 << view.rank) {
            let axes = (0..<view.rank).filter { bits & (1 << $0) != 0 }
            for keeping in [false, true] {
              expectClose(
                view.sum(along: axes, keepingAxes: keeping),
                copy.converted(to: .float64).sum(along: axes, keepingAxes: keeping)
                  .converted(to: dtype), relative: tolerance, absolute: tolerance * 10)
              expectIdentical(
                view.max(along: axes, keepingAxes: keeping),
                copy.max(along: axes, keepingAxes: keeping))
            }
          }
        }
      }
    }
  }

  /// Sums of narrow and of short rows against plain sums, over sizes at the edges of blocks.
  @Test(arguments: [1, 2, 3, 7, 8, 15, 16, 17, 31, 63, 64, 65])
  func sumsOfNarrowMatricesAreRight(_ columns: Int) {
    for rows in [1, 2, 15, 16, 64, 65, 257, 4099, 40_000] where rows * columns < 1_000_000 {
      let x = Tensor.seeded([rows, columns], dtype: .float32)
      let values = x.scalars(as: Double.self)
      var (down, along) = (
        [Double](repeating: 0, count: columns), [Double](repeating: 0, count: rows)
      )
      for row in 0..<rows {
        for column in 0..<columns {
          down[column] += values[row * columns + column]
          along[row] += values[row * columns + column]
        }
      }
      expectClose(
        x.sum(along: 0), Tensor(down, shape: [columns]).converted(to: .float32), relative: 1e-5,
        absolute: 1e-4)
      expectClose(
        x.sum(along: 1), Tensor(along, shape: [rows]).converted(to: .float32), relative: 1e-5,
        absolute: 1e-5)
      let truths = x .> 0
      expectIdentical(
        truths.sum(along: 1), truths.converted(to: .int32).sum(along: 1))
      expectIdentical(
        truths.sum(along: 0), truths.converted(to: .int32).sum(along: 0))
    }
  }
}
