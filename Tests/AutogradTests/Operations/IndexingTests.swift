import TestSupport
import Testing

/// Subscripts, and assignments to them.
struct IndexingTests {
  private static let x = Tensor.counting([3, 4])

  @Test func positionsAndRanges() {
    let x = Self.x
    expectIdentical(x[1], Tensor([4, 5, 6, 7]))
    expectIdentical(x[-1, -1], Tensor(11))
    expectIdentical(x[1..<3, 2], Tensor([6, 10]))
    expectIdentical(x[0...1, 1...2], Tensor([[1, 2], [5, 6]]))
    expectIdentical(x[2...], Tensor([[8, 9, 10, 11]]))
    expectIdentical(x[..<1], Tensor([[0, 1, 2, 3]]))
    expectIdentical(x[...0], Tensor([[0, 1, 2, 3]]))
    expectIdentical(x[.all, ..<(-2)], Tensor([[0, 1], [4, 5], [8, 9]]))
    expectIdentical(x[.all, (-2)...], Tensor([[2, 3], [6, 7], [10, 11]]))
    expectIdentical(x[.all, ...(-3)], Tensor([[0, 1], [4, 5], [8, 9]]))
    expectIdentical(x[...(-1)], x)
    expectIdentical(x[3...].sum(), Tensor(0))
    #expect(x[3...].shape == [0, 4] && x[1..<1].shape == [0, 4])
  }

  @Test func stepsAndNewAxes() {
    let x = Self.x
    expectIdentical(x[.all, .every(2)], Tensor([[0, 2], [4, 6], [8, 10]]))
    expectIdentical(x[.every(-1), 0], Tensor([8, 4, 0]))
    expectIdentical(x[0, .every(-3)], Tensor([3, 0]))
    expectIdentical(x[0, .range(start: 2, end: 0, step: -1)], Tensor([2, 1]))
    expectIdentical(x[0, .range(start: 3, end: nil, step: -2)], Tensor([3, 1]))
    expectIdentical(x[0, .range(start: 1, end: -1)], Tensor([1, 2]))
    #expect(x[.newAxis].shape == [1, 3, 4])
    #expect(x[.all, .newAxis, 1...].shape == [3, 1, 3])
    #expect(x[1, .newAxis, .all, .newAxis].shape == [1, 4, 1])
    #expect(x[.all, .all, .newAxis].shape == [3, 4, 1])
  }

  @Test func viewsShareStorage() {
    let x = Tensor.counting([3, 4])
    for view in [
      x[1], x[.all, 1], x[.every(-2)], x[.newAxis], x.transposed(), x.permuted(1, 0),
      x.reshaped(to: [2, 6]), x.broadcast(to: [2, 3, 4]), x.flattened(),
      x.expanded(along: 1), x.transposed().reshaped(to: [2, 2, 3]),
    ] {
      #expect(view.storage === x.storage, "\(view.shape)")
    }
    // A transposed matrix is not stored in row-major order, so reshaping it copies.
    let copied = x.transposed().reshaped(to: [12])
    #expect(copied.storage !== x.storage)
  }

  @Test func assignmentWritesAndBroadcasts() {
    var x = Tensor.zeros([3, 3])
    x[0] = Tensor([1, 2, 3])
    x[1..., 0] = Tensor(5)
    x[.every(-2), 2] = Tensor([7, 8])
    x[-1, -2] = Tensor([[9]])[0, 0]
    expectIdentical(x, Tensor([[1, 2, 8], [5, 0, 0], [5, 9, 7]]))
    x[.all] = Tensor([[1], [2], [3]])
    expectIdentical(x, Tensor([[1, 1, 1], [2, 2, 2], [3, 3, 3]]))
    x[3...] = Tensor.ones([0, 3])
    x[0] += Tensor([1, 0, 0])
    x[1, 1] *= Tensor(10)
    expectIdentical(x, Tensor([[2, 1, 1], [2, 20, 2], [3, 3, 3]]))
  }

  @Test(arguments: [DType.float32, .float64, .int32, .bool])
  func assignmentWorksForEachDType(_ dtype: DType) {
    var x = Tensor.zeros([2, 2], dtype: dtype)
    x[.all, 1] = Tensor([1, 0], dtype: dtype)
    expectIdentical(x, Tensor([[0, 1], [0, 0]], dtype: dtype))
  }

  @Test func writingNeverChangesAnotherTensor() {
    let base = Tensor.counting([2, 3])
    let expected = Tensor([[0, 1, 2], [3, 4, 5]])
    for make: (Tensor) -> Tensor in [
      { $0 }, { $0[.all, .all] }, { $0.transposed().transposed() }, { $0.detached },
      { $0.reshaped(to: [6]).reshaped(to: [2, 3]) }, { $0[.newAxis][0] },
    ] {
      var other = make(base)
      other[0, 0] = Tensor(100)
      #expect(other[0, 0].scalar() == 100)
      expectIdentical(base, expected)
      other += Tensor(1)
      expectIdentical(base, expected)
    }
    // Nor does writing to the base change a view of it.
    var changed = base
    let view = changed[1]
    changed[1] = Tensor(0)
    expectIdentical(view, Tensor([3, 4, 5]))
    expectIdentical(base, expected)
  }

  @Test func writingToABroadcastWritesOneElement() {
    var x = Tensor([1, 2]).broadcast(to: [3, 2])
    x[0, 0] = Tensor(9)
    expectIdentical(x, Tensor([[9, 2], [1, 2], [1, 2]]))
    var zeros = Tensor.zeros([2, 2])
    zeros[1, 1] = Tensor(1)
    expectIdentical(zeros, Tensor([[0, 0], [0, 1]]))
  }

  @Test func assigningAPartOfATensorToItself() {
    var x = Tensor([1, 2, 3, 4])
    x[1...] = x[..<3]
    expectIdentical(x, Tensor([1, 1, 2, 3]))
    x[.all] = x[.every(-1)]
    expectIdentical(x, Tensor([3, 2, 1, 1]))
  }
}
