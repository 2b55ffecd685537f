import TestSupport
import Testing

/// Tensors that are joined, enlarged or repeated in memory give the elements that loops give.
struct JoiningTests {
  /// Shapes of the first tensor, the axis, and its sizes in all tensors: interleaved elements, short
  /// and long pieces, and parts that are large.
  static let joins: [(Shape, axis: Int, sizes: [Int])] = [
    ([9000, 1], 1, [1, 1]), ([9000, 1], 1, [1, 1, 1]), ([40, 700, 1], 2, [1, 1, 1, 1, 1]),
    ([30_000, 1], 1, [1, 1]), ([5, 1, 1], 1, [1, 1, 1]), ([9000, 1], 1, [2, 1]),
    ([6000, 8], 1, [8, 8]), ([6000, 4], 1, [4, 0, 7]), ([3, 2000, 5, 2], 2, [5, 3, 1]),
    ([2, 40_000], 1, [40_000, 70_000]), ([40_000], 0, [40_000, 3]), ([300, 200], 0, [300, 20]),
    ([1, 1], 1, [1, 1]), ([0, 3], 1, [3, 2]),
  ]

  @Test(arguments: [DType.float32, .float64, .bool])
  func joinedTensorsHoldTheirElementsInOrder(_ dtype: DType) {
    for (first, axis, sizes) in Self.joins {
      let tensors = sizes.map { size in
        var shape = first
        shape[axis] = size
        return Tensor.seeded(shape, seed: UInt64(size + 1), dtype: dtype)
      }
      let strided = tensors.map { tensor in
        let order = Array((0..<tensor.rank).reversed())
        return Views.permute(
          Views.permute(tensor, order: order, name: "test").contiguous, order: order, name: "test")
      }
      var bytes = [UInt8]()
      let size = dtype.byteCount
      let (outer, _, inner) = first.around(axis)
      for block in 0..<outer {
        for tensor in tensors {
          let count = tensor.shape[axis] * inner * size
          bytes += UnsafeRawBufferPointer(start: tensor.pointer + block * count, count: count)
        }
      }
      for threads in [1, 3] {
        withThreads(threads) {
          for inputs in [tensors, strided] {
            let result = Concatenation.forward(inputs, along: axis)
            #expect(MoveTests.bytes(result) == bytes, "\(first) along \(axis), \(sizes)")
          }
        }
      }
    }
  }

  /// A constant fill writes small blocks whole and the sides of large ones.
  @Test(
    arguments: [([3, 2, 9, 7], [2, 3]), ([150, 140], [0, 1]), ([70_000], [0])] as [(Shape, [Int])])
  func paddedTensorsHoldTheConstantAroundTheElements(_ shape: Shape, _ axes: [Int]) {
    let x = Tensor.seeded(shape)
    let sides = axes.map { Padding.Side(axis: $0, before: 2, after: $0 + 1) }
    for input in [x, x.broadcast(to: Shape([2] + Array(shape)))[1]] {
      let result = Padding.forward(input, sides, .constant(-3))
      let expected = sides.reduce(x) { x, side in
        func part(_ count: Int) -> Tensor {
          var shape = x.shape
          shape[side.axis] = count
          return Tensor.full(shape, -3, dtype: .float64)
        }
        return concatenated([part(side.before), x, part(side.after)], along: side.axis)
      }
      expectIdentical(result, expected)
    }
  }

  /// What repeats along other axes is computed once.
  @Test func slicesThatRepeatAreReadAndAddedOnce() {
    let positions = Tensor([2, 0, 2, 1], dtype: .int32)
    for base: Tensor in [
      Tensor.seeded([1, 4, 1]).broadcast(to: [20, 4, 3]),
      Tensor.seeded([20, 4, 1]).broadcast(to: [20, 4, 3]),
      Tensor.seeded([1, 1, 3]).broadcast(to: [2, 4, 3]),
    ] {
      let copy = Elementwise.copy(base)
      expectIdentical(
        Gathering.indexSelect(base, positions, along: 1, name: "test"),
        Gathering.indexSelect(copy, positions, along: 1, name: "test"))
      let target: Shape = [base.shape[0], 5, 3]
      expectIdentical(
        Gathering.indexAdd(base, positions, along: 1, into: target, name: "test"),
        Gathering.indexAdd(copy, positions, along: 1, into: target, name: "test"))
    }
    let images = Tensor.seeded([1, 1, 6, 9]).broadcast(to: [2, 3, 6, 9])
    let (rows, columns) = (PoolingAxis(sumsOf: 6, every: 2), PoolingAxis(sumsOf: 9, every: 3))
    expectIdentical(
      MeanPooling.forward(images, rows: rows, columns: columns, name: "test"),
      MeanPooling.forward(
        Elementwise.copy(images), rows: rows, columns: columns, name: "test"))
  }

  /// Narrow slices for few positions are added in parts, whatever the number of threads.
  @Test(arguments: [DType.float32, .float64, .int32], [1, 3, 8, 20])
  func manyNarrowSlicesAddUp(_ dtype: DType, _ width: Int) {
    let count = 50_000
    let elements = (0..<count * width).map { Double($0 % 7 - 3) }
    let values = Tensor(elements, shape: [count, width], dtype: dtype)
    let numbers = (0..<count).map { Int32($0 * 31 % 97) }
    var expected = [Double](repeating: 0, count: 100 * width)
    for i in 0..<count {
      for j in 0..<width { expected[Int(numbers[i]) * width + j] += elements[i * width + j] }
    }
    for threads in [1, 3] {
      withThreads(threads) {
        let sums = Gathering.indexAdd(
          values, Tensor(numbers, shape: [count]), along: 0, into: [100, width], name: "test")
        expectIdentical(sums, Tensor(expected, shape: [100, width], dtype: dtype))
      }
    }
  }

  @Test func trianglesOfAnyLayoutKeepOneSideOfADiagonal() {
    let tall = Tensor.seeded([2, 300, 150])
    let zero = Tensor(0, dtype: .float64)
    for x in [
      tall, tall.transposed(), tall[.all, .every(-1)], tall[.all, .all, .every(3)],
      Tensor.seeded([300, 1]).broadcast(to: [300, 80]),
      Tensor.seeded([80]).broadcast(to: [300, 80]),
    ] {
      let (rows, columns) = (x.shape[x.rank - 2], x.shape[x.rank - 1])
      for offset in [-400, -2, 0, 1, 400] {
        let mask = Tensor.lowerTriangleMask(rows: rows, columns: columns, offset: offset)
        let above = Tensor.lowerTriangleMask(rows: rows, columns: columns, offset: offset - 1)
        expectIdentical(
          Triangles.forward(x, isUpper: false, offset: offset), select(mask, x, zero))
        expectIdentical(
          Triangles.forward(x, isUpper: true, offset: offset), select(above, zero, x))
      }
    }
  }

  /// Pixels repeated in rectangles are those at the positions rounded down, also for gradients.
  @Test func imagesEnlargedByWholeFactorsRepeatTheirPixels() {
    for (width, height, factor) in [
      (5, 3, [2, 2]), (9, 4, [1, 3]), (28, 6, [4, 1]), (3, 2, [3, 5]),
    ] {
      let x = Tensor.seeded([2, 3, height, width])
      let size = IntOrPair(height * factor[0], width * factor[1])
      func positions(_ count: Int, _ factor: Int) -> Tensor {
        Tensor((0..<count).map { Int32($0 / factor) }, shape: [count])
      }
      func picked(_ x: Tensor) -> Tensor {
        x.selected(at: positions(size.height, factor[0]), along: 2)
          .selected(at: positions(size.width, factor[1]), along: 3)
      }
      expectIdentical(interpolate(x, size: size), picked(x))
      let weights = Tensor.seeded([2, 3, size.height, size.width], seed: 5)
      expectClose(
        gradient(at: x) { (interpolate($0, size: size) * weights).sum() },
        gradient(at: x) { (picked($0) * weights).sum() }, relative: 1e-12, absolute: 1e-12)
      expectClose(
        gradient(at: x) { interpolate($0, size: size).sum() },
        gradient(at: x) { picked($0).sum() }, relative: 1e-12, absolute: 1e-12)
    }
  }
}
