import TestSupport
import Testing

/// The gradients of many slices of one tensor, which are added up in place.
struct SliceGradientTests {
  @Test(arguments: [DType.float32, .float64])
  func slicesInALoopHaveTheGradientOfTheWhole(_ dtype: DType) {
    let x = Tensor.seeded([3, 5, 2], dtype: dtype)
    let weights = Tensor.seeded([3, 5, 2], dtype: dtype)
    let whole = gradient(at: x) { (tanh($0) * weights).sum() }
    let loop = gradient(at: x) { x in
      var total = Tensor(0, dtype: dtype)
      for t in 0..<5 { total += (tanh(x[.all, t]) * weights[.all, t]).sum() }
      return total
    }
    expectIdentical(loop, whole)
    let parts = gradient(at: x) { x in
      x.split(into: 2, along: 1).enumerated().map { i, part in
        (tanh(part) * weights.split(into: 2, along: 1)[i]).sum()
      }.reduce(Tensor(0, dtype: dtype), +)
    }
    expectIdentical(parts, whole)
  }

  @Test func overlappingAndReversedSlicesAddUp() {
    let x = Tensor([1, 2, 3, 4])
    let slope = gradient(at: x) { x in
      let reversed = x[.every(-1)] * Tensor([1, 10, 100, 1000])
      return (x[0..<3] * 2).sum() + (x[1...] * 3).sum() + reversed.sum() + x.sum()
    }
    expectIdentical(slope, Tensor([1003, 106, 16, 5]))
  }

  @Test func slicesHaveSecondDerivatives() {
    let x = Tensor.seeded([4, 3], dtype: .float64)
    func energy(_ x: Tensor) -> Tensor {
      var total = Tensor(0, dtype: .float64)
      for i in 0..<3 { total += (x[i] * x[i + 1] * x[i]).sum() }
      return total
    }
    func vectorized(_ x: Tensor) -> Tensor { (square(x[0..<3]) * x[1...]).sum() }
    let direction = Tensor.seeded([4, 3], dtype: .float64)
    let loop = gradient(at: x) { (gradient(at: $0, of: energy) * direction).sum() }
    let whole = gradient(at: x) { (gradient(at: $0, of: vectorized) * direction).sum() }
    expectClose(loop, whole, relative: 1e-14, absolute: 1e-14)
  }

  /// A gradient that arrived from elsewhere is not changed by those of slices.
  @Test func aSharedGradientIsNotWrittenOver() {
    let x = Tensor([1, 2, 3])
    let (y, z) = (Tensor([10, 20, 30]), Tensor([0, 0, 0]))
    let slopes = gradient(at: x, y, z) { x, y, z in
      // dy of the sum is shared by x and y.
      (x + y + z).sum() + x[1] * 5
    }
    expectIdentical(slopes.0, Tensor([1, 6, 1]))
    expectIdentical(slopes.1, Tensor([1, 1, 1]))
    expectIdentical(slopes.2, Tensor([1, 1, 1]))
  }

  /// Views of a tensor of shape [4, 6, 3] that are used in turn, and what of it they cover.
  private static let partialViews: [(name: String, views: [[TensorIndex]])] = [
    ("one in the middle", [[.all, .range(start: 2, end: 4)]]),
    ("one at the end", [[.ellipsis, .position(-1)]]),
    ("forward", [[.position(0)], [.position(1)], [.position(2)]]),
    ("backward", [[.position(-1)], [.position(-2)]]),
    ("apart", [[.all, .position(0)], [.all, .position(3)], [.all, .position(1)]]),
    ("along two axes", [[.range(start: 0, end: 2)], [.all, .range(start: 0, end: 2)]]),
    ("twice", [[.range(start: 1, end: 3)], [.range(start: 1, end: 3)]]),
    ("overlapping", [[.range(start: 0, end: 3)], [.range(start: 2, end: 4)]]),
    ("none", [[.range(start: 2, end: 2)]]),
    ("none, then some", [[.range(start: 2, end: 2)], [.position(3)]]),
    ("two axes at once", [[.position(1), .range(start: 1, end: 3)]]),
    ("steps", [[.every(2)], [.all, .every(-2)]]),
    ("a new axis", [[.newAxis, .all, .range(start: 1, end: 5)]]),
    ("apart, with all between", [4, 1, 5, 0, 3, 2].map { [.all, .position($0)] }),
    // The gradient of the last view arrives first.
    (
      "apart, then over both", [(1, 5), (4, 6), (0, 2)].map { [.all, .range(start: $0, end: $1)] }
    ),
    (
      "apart, then into the second",
      [(2, 4), (3, 6), (0, 1)].map { [.all, .range(start: $0, end: $1)] }
    ),
    (
      "apart, then behind the first and into the second",
      [(1, 4), (3, 6), (0, 1)].map { [.all, .range(start: $0, end: $1)] }
    ),
    ("all parts", (0..<6).reversed().map { [.all, .position($0)] }),
  ]

  /// Memory that no part writes is filled with zeros, whatever it held before.
  @Test(arguments: partialViews.indices)
  func whatNoPartCoversHasNoGradient(_ index: Int) {
    let views = Self.partialViews[index].views
    let x = Tensor.seeded([4, 6, 3], dtype: .float32)
    var expected = Tensor.zeros(x.shape)
    for (i, view) in views.enumerated() { expected[view] += Tensor(Double(i + 1)) }
    // Freed memory is used again.
    for _ in 0..<8 { _ = Tensor.full(x.shape, .nan) + 1 }
    let slope = gradient(at: x) { x in
      views.enumerated().reduce(Tensor(0)) { $0 + (x[$1.element] * Double($1.offset + 1)).sum() }
    }
    expectIdentical(slope, expected)
  }
}
