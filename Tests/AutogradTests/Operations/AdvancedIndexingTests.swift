import TestSupport
import Testing

/// Arrays, tensors and masks as indices, and numbers that are assigned.
struct AdvancedIndexingTests {
  private static let x = Tensor.counting([3, 4])

  /// A case of what NumPy reads, writes and adds at some indices.
  struct Case: Sendable, CustomTestStringConvertible {
    let json: JSON
    var testDescription: String { "\(json["shape"]) \(json["indices"])" }

    static let all: [Case] =
      ((try? JSON.fixture("indexing.json")["cases"].list) ?? []).map(Case.init)
  }

  @Test(arguments: Case.all)
  func agreesWithNumPy(_ test: Case) throws {
    let json = test.json
    let x = Tensor.counting(Shape(try json["shape"].integers), dtype: .float64)
    let indices = try json["indices"].list.map { try $0.anyIndex }
    let expected = try json["result"].list
    let shape = Shape(try expected[0].integers)
    let read = x[indices]
    expectIdentical(read.contiguous, Tensor(try expected[1].numbers, shape: shape))
    // From a view of other strides too.
    let turned = x.transposed(0, -1).contiguous.transposed(0, -1)
    expectIdentical(turned[indices].contiguous, read.contiguous)

    let numbers = Tensor.counting(shape, dtype: .float64)
    let assigned = Tensor(try json["assigned"].numbers, shape: x.shape)
    for start in [x, turned] {
      var written = start
      written[indices] = -1 - numbers
      expectIdentical(written.contiguous, assigned)
    }
    let added = Tensor(try json["added"].numbers, shape: x.shape)
    expectIdentical(
      x.adding(numbers + 1, at: indices).contiguous, added)

    for order in [1, 2] {
      let reading = checkGradients(of: { $0[0][indices] }, at: [x], order: order)
      #expect(reading.passed, "read, order \(order): \(reading)")
      let writing = checkGradients(
        of: {
          var result = $0[0]
          result[indices] = $0[1]
          return result
        }, at: [x, numbers], order: order)
      #expect(writing.passed, "assignment, order \(order): \(writing)")
    }
  }

  @Test func thereAreCases() {
    #expect(Case.all.count > 100)
  }

  @Test func arraysAndTensorsOfPositions() {
    let x = Self.x
    let ids = Tensor([2, 0], dtype: .int32)
    expectIdentical(x[[2, 0, -3]], Tensor([[8, 9, 10, 11], [0, 1, 2, 3], [0, 1, 2, 3]]))
    expectIdentical(x[[5, 2, 0][1...]], x[ids])
    expectIdentical(x[ids, 0..<3], Tensor([[8, 9, 10], [0, 1, 2]]))
    expectIdentical(x[.all, ids], Tensor([[2, 0], [6, 4], [10, 8]]))
    expectIdentical(x[ids, [1, -1]], Tensor([9, 3]))
    expectIdentical(x[ids, 1], Tensor([9, 1]))
    #expect(x[[Int]()].shape == [0, 4])
    #expect(x[Tensor.zeros([2, 0, 3], dtype: .int32)].shape == [2, 0, 3, 4])
    expectIdentical(x[..., ids], x[.all, ids])
    expectIdentical(Tensor.ones([3], dtype: .bool)[ids], Tensor([true, true]))
    let deep = Tensor.counting([1, 2, 1, 2, 1, 2, 1, 2])
    expectIdentical(deep[0, 1, 0, 1, 0, 1, 0, [1, 0]], Tensor([15, 14]))
  }

  @Test func masks() {
    let x = Self.x
    expectIdentical(x[x .> 8], Tensor([9, 10, 11]))
    expectIdentical(x[Tensor([true, false, true]), 1..<3], Tensor([[1, 2], [9, 10]]))
    let columns = Tensor([true, false, false, true])
    expectIdentical(x[.all, columns], Tensor([[0, 3], [4, 7], [8, 11]]))
    #expect(x[x .> 100].shape == [0])
    let parts = x.nonzero().unstacked(along: 1)
    expectIdentical(x[parts[0], parts[1]], x[x .!= 0])
  }

  @Test func strides() {
    let x = Tensor.counting([6])
    expectIdentical(x[stride(from: 1, to: 6, by: 2)], Tensor([1, 3, 5]))
    expectIdentical(x[stride(from: 0, through: 4, by: 4)], Tensor([0, 4]))
    expectIdentical(x[stride(from: 5, through: 0, by: -1)], x.flipped(along: 0).contiguous)
    expectIdentical(x[stride(from: -1, through: -6, by: -5)], Tensor([5, 0]))
    expectIdentical(x[stride(from: -3, through: -1, by: 1)], Tensor([3, 4, 5]))
    expectIdentical(x[stride(from: 4, to: 4, by: 1)], Tensor.zeros([0]))
    expectIdentical(x[stride(from: 3, to: 4, by: 2)], Tensor([3]))
    expectIdentical(x[(-3)...(-1)], Tensor([3, 4, 5]))
    #expect(x[stride(from: 0, to: 6, by: 3)].storage === x.storage)
    #expect(x[...].storage === x.storage && x[..., 1...].storage === x.storage)
  }

  @Test func numbersAreAssigned() {
    var x = Self.x
    x[0] = 0
    x[.all, 1...2] = 1.5
    x[[1, 2], [0, 0]] = -1
    x[x .> 10] = 2
    x[..., -1] *= Tensor(2)
    expectIdentical(x, Tensor([[0, 1.5, 1.5, 0], [-1, 1.5, 1.5, 14], [-1, 1.5, 1.5, 4]]))
    x[...] = 3
    expectIdentical(x.contiguous, Tensor.full([3, 4], 3).contiguous)
    var mask = Tensor([false, false])
    mask[1] = 1
    expectIdentical(mask, Tensor([false, true]))
    var counts = Tensor.zeros([3], dtype: .int32)
    counts[[0, 2]] = 7
    expectIdentical(counts, Tensor([7, 0, 7], dtype: .int32))
  }

  @Test func repeatedPositionsKeepTheLastValueOrAddUp() {
    let ids = Tensor([1, 1, 0, 1], dtype: .int32)
    var x = Tensor([10, 20, 30])
    x[ids] += Tensor([1, 2, 3, 4])
    expectIdentical(x, Tensor([13, 24, 30]))
    expectIdentical(
      Tensor([10, 20, 30]).adding(Tensor([1, 2, 3, 4]), at: ids), Tensor([13, 27, 30]))
    let int = Tensor([Int32.max, 1], shape: [2])
    expectIdentical(
      int.adding(Tensor(1, dtype: .int32), at: [0, 1, 1]),
      Tensor([.min, 3] as [Int32], shape: [2]))
    // Only the last of the values counts.
    let slope = gradient(at: Tensor([1, 2, 3, 4])) { values in
      var y = Tensor.zeros([3])
      y[ids] = values
      return (y * Tensor([5, 7, 9])).sum()
    }
    expectIdentical(slope.contiguous, Tensor([0, 0, 5, 7]))
  }

  @Test func writingByPositionsNeverChangesAnotherTensor() {
    let base = Self.x
    var copy = base
    let view = copy[1]
    copy[[0, 1]] = 5
    copy[copy .> 8] = 0
    expectIdentical(base, Tensor.counting([3, 4]))
    expectIdentical(view, Tensor([4, 5, 6, 7]))
    copy[[2, 0]] = copy[[0, 2]]
    expectIdentical(copy, Tensor([[8, 0, 0, 0], [5, 5, 5, 5], [5, 5, 5, 5]]))
  }

  @Test func numbersAreWrittenAroundAnEllipsis() {
    var x = Tensor.zeros([2, 2, 3])
    x[0, ..., 1] = 1
    x[1, ...] = -2
    x[..., 2] = 5
    expectIdentical(
      x, Tensor([[[0, 1, 5], [0, 1, 5]], [[-2, -2, 5], [-2, -2, 5]]]))
  }

  @Test func gradientsOfANumberAssignment() {
    let x = Tensor([1, -2, 3])
    let slope = gradient(at: x) { x in
      var y = x * x
      y[x .< 0] = 0
      y[0] = 7
      return y.sum()
    }
    expectClose(slope, Tensor([0, 0, 6]), relative: 0)
  }

  /// Formulas of subscripts are checked quickly, as a whole and with numbers in between.
  @Test func formulasOfSubscripts() {
    let x = Tensor.counting([6, 6])
    let n = 2
    let laplacian =
      (x[n - 1, 1..<5] + x[n + 1, 1..<5] + x[n, 0..<4] + x[n, 2...] - 4 * x[n, 1..<5]) / 2
    expectIdentical(laplacian.contiguous, Tensor.zeros([4]))
    let sums = x[0] * 2 + x[1] * 3 - x[.all, 1] / 4 + 0.5 * x[..., 0]
    #expect(sums.shape == [6])
  }
}

extension Tensor {
  /// The tensor with values added at a list of indices, through the function of single ones.
  fileprivate func adding(_ values: Tensor, at i: [TensorIndex]) -> Tensor {
    switch i.count {
    case 1: adding(values, at: i[0])
    case 2: adding(values, at: i[0], i[1])
    case 3: adding(values, at: i[0], i[1], i[2])
    case 4: adding(values, at: i[0], i[1], i[2], i[3])
    default: adding(values, at: i[0], i[1], i[2], i[3], i[4])
    }
  }
}

extension JSON {
  /// An index of a case.
  fileprivate var anyIndex: TensorIndex {
    get throws {
      switch self {
      case .list(let bounds):
        let end = { (bound: JSON) in bound == .null ? nil : try bound.integer }
        return try .range(start: end(bounds[0]), end: end(bounds[1]), step: bounds[2].integer)
      case .text("newAxis"): return .newAxis
      case .text("ellipsis"): return .ellipsis
      case .object:
        let tensor = try tensor
        return tensor.converted(to: self["mask"] == .null ? .int32 : .bool).tensorIndex
      default: return .position(try integer)
      }
    }
  }
}
