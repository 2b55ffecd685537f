import CKernels
import CLibrary
import Dispatch
import Tensor
import TestSupport
import Testing

/// Element-wise operations that are put off give the bits of those that are computed at once.
struct FusionTests {
  private static let count = 70_000

  /// A chain of random operations, and all its results that are still wanted.
  private func chain(_ seed: UInt64, _ shape: Shape, _ dtype: DType) -> [Tensor] {
    var generator = RandomGenerator(seed: seed)
    var numbers = [
      generator.uniform(shape, in: -2..<2).converted(to: dtype),
      generator.uniform(shape, in: -2..<2).converted(to: dtype),
    ]
    let last = shape[shape.rank - 1]
    let row = generator.uniform([last], in: -2..<2).converted(to: dtype)
    let ones = [Int](repeating: 1, count: shape.rank - 1)
    let column = generator.uniform(Shape([shape[0]] + ones), in: -2..<2).converted(to: dtype)
    var wanted: [Tensor] = []
    for _ in 0..<Int.random(in: 3..<60, using: &generator) {
      let a = numbers.randomElement(using: &generator) ?? row
      let b =
        [numbers.randomElement(using: &generator) ?? row, row, column]
        .randomElement(using: &generator) ?? row
      let result =
        switch Int.random(in: 0..<9, using: &generator) {
        case 0: Elementwise.binary(CK_BINARY_ADD, a, b)
        case 1: Elementwise.binary(CK_BINARY_SUB, b, a)
        case 2: Elementwise.binary(CK_BINARY_MUL, a, 0.5)
        case 3: Elementwise.unary(CK_UNARY_TANH, a)
        case 4: Elementwise.unary(CK_UNARY_ABS, a)
        case 5: Elementwise.select(Elementwise.compare(CK_COMPARE_LT, a, b), a, b)
        case 6: Elementwise.convert(Elementwise.compare(CK_COMPARE_GT, a, 0), to: dtype)
        case 7: Elementwise.binary(CK_BINARY_MAX, a, b)
        default:
          Elementwise.convert(
            Elementwise.convert(a, to: dtype == .float32 ? .float64 : .float32), to: dtype)
        }
      // Some results replace others, which only the chain still needs.
      if Bool.random(using: &generator) && numbers.count > 2 {
        numbers[Int.random(in: 0..<numbers.count, using: &generator)] = result
      } else {
        numbers.append(result)
      }
      if Int.random(in: 0..<8, using: &generator) == 0 { wanted.append(result) }
      if Int.random(in: 0..<4, using: &generator) == 0 {
        let axes = Bool.random(using: &generator) ? Array(0..<shape.rank) : [shape.rank - 1]
        let sums = Reduction.reduce(
          Bool.random(using: &generator) ? CK_REDUCE_SUM : CK_REDUCE_SUM_SQUARES, result,
          along: shape.axisMask(axes, in: "test"), keepingAxes: true, name: "test")
        // A division by a number waits with the sums; other operations read them.
        let mean = Elementwise.binary(CK_BINARY_DIV, sums, 1000)
        let isSmall = Elementwise.compare(CK_COMPARE_LT, mean, 1)
        wanted.append(Elementwise.select(isSmall, mean, Elementwise.unary(CK_UNARY_TANH, mean)))
        if Bool.random(using: &generator) { wanted.append(sums) }
        numbers.append(Elementwise.binary(CK_BINARY_SUB, result, mean))
      }
      if Int.random(in: 0..<12, using: &generator) == 0 { _ = result.scalars(as: Double.self) }
    }
    return numbers + wanted
  }

  private func expectSameBits(_ a: Tensor, _ b: Tensor, _ label: String) {
    #expect(a.shape == b.shape && a.dtype == b.dtype, "\(label)")
    let bytes = a.elementCount * a.dtype.byteCount
    #expect(memcmp(a.contiguous.pointer, b.contiguous.pointer, bytes) == 0, "\(label)")
  }

  @Test(arguments: [Shape([count]), [300, 240], [3, 160, 150], [67, 1000], [1000, 70]])
  func chainsHaveTheBitsOfSingleOperations(shape: Shape) {
    for dtype in [DType.float32, .float64] {
      for seed in 0..<4 {
        let expected = chain(UInt64(seed), shape, dtype)
        for threads in [1, 2] {
          let found = withThreads(threads) { fused { chain(UInt64(seed), shape, dtype) } }
          for (index, pair) in zip(expected, found).enumerated() {
            expectSameBits(pair.0, pair.1, "\(shape), \(dtype), seed \(seed), result \(index)")
          }
        }
      }
    }
  }

  @Test func resultsAreComputedAtTheEndOfTheOutermostScope() {
    let x = Tensor.ones([Self.count])
    let y = fused { () -> Tensor in
      let inner = fused { Elementwise.binary(CK_BINARY_ADD, x, 1) }
      #expect(inner.isPending)
      return Elementwise.binary(CK_BINARY_MUL, inner, 3)
    }
    #expect(!y.isPending)
    #expect(y.scalars(as: Double.self).allSatisfy { $0 == 6 })
  }

  @Test func smallTensorsAndIntegersAreComputedAtOnce() {
    fused {
      #expect(!Elementwise.binary(CK_BINARY_ADD, Tensor.ones([100]), 1).isPending)
      let whole = Tensor.ones([Self.count], dtype: .int32)
      #expect(!Elementwise.binary(CK_BINARY_ADD, whole, 1).isPending)
    }
  }

  /// A change of an input after the operation does not reach its result.
  @Test func laterChangesOfAnInputAreNotSeen() {
    fused {
      var x = Tensor.ones([Self.count])
      let y = Elementwise.binary(CK_BINARY_MUL, x, 2)
      x.withUnsafeMutableScalars(as: Float.self) { $0[0] = 5 }
      #expect(y.scalars(as: Double.self).allSatisfy { $0 == 2 })

      // The input is put off itself, and something waits for it.
      var z = Elementwise.binary(CK_BINARY_ADD, x, 1)
      let w = Elementwise.binary(CK_BINARY_MUL, z, 10)
      z.withUnsafeMutableScalars(as: Float.self) { $0[1] = 70 }
      let values = w.scalars(as: Double.self)
      #expect(values[0] == 60 && values.dropFirst().allSatisfy { $0 == 20 })
      #expect(z.scalars(as: Double.self)[1] == 70)
    }
  }

  /// Storage that only an operation shares is written in place once the operation is computed.
  @Test func writingToAnInputDoesNotCopyIt() {
    fused {
      var x = Elementwise.copy(Tensor.ones([Self.count]))
      let before = x.pointer
      let y = Elementwise.binary(CK_BINARY_MUL, x, 2)
      x.withUnsafeMutableScalars(as: Float.self) { $0[0] = 5 }
      #expect(x.pointer == before && !y.isPending)
    }
  }

  /// What is only summed is never in memory.
  @Test func sumsWaitForTheirElements() {
    let x = Tensor.full([Self.count], 3)
    let sum = fused { () -> Tensor in
      var squares: Tensor? = Elementwise.unary(CK_UNARY_SQUARE, x)
      let sum = squares.map {
        Reduction.reduce(
          CK_REDUCE_SUM, $0, along: AxisMask(axis: 0), keepingAxes: false, name: "test")
      }
      weak let storage = squares?.storage
      squares = nil
      let mean = sum.map { Elementwise.binary(CK_BINARY_DIV, $0, Double(Self.count)) }
      #expect(mean?.isPending == true && storage == nil)
      return mean ?? x
    }
    #expect(sum.scalar() == 9)
  }

  /// The last elements of a large tensor, fewer than a group of vectors and far from the start of
  /// their task, with operations of one operand, which read no memory of their own.
  @Test func lastElementsOfLargeTensorsAreComputed() {
    let x = withRandomSeed(7) { Tensor.normal([(1 << 22) - 31]) }
    let y = fused {
      Elementwise.unary(CK_UNARY_NEG, Elementwise.unary(CK_UNARY_SQUARE, x))
    }
    expectSameBits(
      y, Elementwise.unary(CK_UNARY_NEG, Elementwise.unary(CK_UNARY_SQUARE, x)), "negative squares")
  }

  /// Results of as many elements, also of several sums, share a loop; those of other sizes and sums
  /// of other lengths do not.
  ///
  /// All have the bits of single operations.
  @Test func resultsOfAScopeAreComputedTogether() {
    let x = withRandomSeed(5) { Tensor.normal([66, 1000]) }
    let other = withRandomSeed(6) { Tensor.normal([67_000]) }
    func results() -> [Tensor] {
      let doubled = Elementwise.binary(CK_BINARY_ADD, x, x)
      let root = Elementwise.unary(CK_UNARY_SQRT, Elementwise.unary(CK_UNARY_ABS, doubled))
      let rows = AxisMask(axis: 1)
      func sum(_ op: ck_reduce_op, _ x: Tensor, _ mask: AxisMask) -> Tensor {
        Reduction.reduce(op, x, along: mask, keepingAxes: false, name: "test")
      }
      return [
        root, sum(CK_REDUCE_SUM, doubled, rows), sum(CK_REDUCE_SUM_SQUARES, root, rows),
        sum(CK_REDUCE_SUM, root, AxisMask(allOf: 2)), Elementwise.unary(CK_UNARY_EXP, other),
        Elementwise.binary(CK_BINARY_MUL, doubled, 0.5),
      ]
    }
    for threads in [1, 2] {
      let together = withThreads(threads) { fused { results() } }
      for (index, (result, expected)) in zip(together, results()).enumerated() {
        expectSameBits(result, expected, "result \(index) on \(threads) threads")
      }
    }
  }

  /// Sums of long rows are added up from pieces, few of many rows and many of few.
  @Test(arguments: [[16, 70_000], [40, 33_000], [2, 300_000]])
  func sumsOfLongRowsHaveTheBitsOfThoseInMemory(shape: [Int]) {
    let x = withRandomSeed(8) { Tensor.normal(Shape(shape)) }
    func sums() -> Tensor {
      Reduction.reduce(
        CK_REDUCE_SUM, Elementwise.unary(CK_UNARY_SQUARE, x), along: AxisMask(axis: 1),
        keepingAxes: false, name: "test")
    }
    expectSameBits(fused(sums), sums(), "sums of squares")
  }

  @Test func partsOfAResultAreRead() {
    fused {
      let x = Tensor.arange(to: Self.count)
      let y = Elementwise.binary(CK_BINARY_ADD, x, 1)
      let part = Tensor(
        viewing: y, shape: [68_000], strides: Shape([68_000]).contiguousStrides, offset: 1000)
      let z = Elementwise.binary(CK_BINARY_MUL, part, 2)
      #expect(z.scalars(as: Double.self)[0] == 2002)
      let first = Tensor(
        viewing: y, shape: [68_000], strides: Shape([68_000]).contiguousStrides, offset: 0)
      #expect(
        Elementwise.binary(CK_BINARY_MUL, first, 2).scalars(as: Double.self)[67_999] == 136_000)
    }
  }

  /// No input is kept after the scope.
  @Test func nothingIsKept() {
    var x = Elementwise.copy(Tensor.ones([Self.count]))
    let place = x.pointer
    fused {
      var y = x
      for _ in 0..<10 { y = Elementwise.binary(CK_BINARY_ADD, y, 1) }
      #expect(y.isPending)
    }
    x.withUnsafeMutableScalars(as: Float.self) { $0[0] = 2 }
    #expect(x.pointer == place)
  }

  @Test func chainsOfAnyLengthAreComputed() {
    let y = fused { () -> Tensor in
      var y = Tensor.zeros([Self.count])
      for _ in 0..<1000 { y = Elementwise.binary(CK_BINARY_ADD, y, 1) }
      return y
    }
    #expect(y.scalars(as: Double.self).allSatisfy { $0 == 1000 })
  }

  /// Several threads read results of one chain at the same time.
  @Test func threadsReadTheSameResults() {
    for round in 0..<20 {
      let x = Tensor.full([Self.count], Double(round))
      let results = fused { () -> [Tensor] in
        let a = Elementwise.binary(CK_BINARY_ADD, x, 1)
        let b = Elementwise.binary(CK_BINARY_MUL, a, 2)
        let c = Elementwise.binary(CK_BINARY_MUL, a, 3)
        let all = [a, b, c, Elementwise.binary(CK_BINARY_ADD, b, c)]
        DispatchQueue.concurrentPerform(iterations: 4) { _ = all[$0].scalars(as: Float.self) }
        return all
      }
      let expected = [1.0, 2, 3, 5].map { $0 * Double(round + 1) }
      for (result, value) in zip(results, expected) {
        #expect(result.scalars(as: Double.self).allSatisfy { $0 == value })
      }
    }
  }
}
