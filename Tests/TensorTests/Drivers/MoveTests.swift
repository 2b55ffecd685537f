import CKernels
import TestSupport
import Testing

/// Copies between layouts, and the searches and reductions that go over tiny matrices, agree with
/// loops over indices.
struct MoveTests {
  /// A view of random steps and order of axes in memory of its own, whose elements are numbered.
  static func view(_ shape: Shape, dtype: DType, _ generator: inout RandomGenerator, repeats: Bool)
    -> Tensor
  {
    let order = (0..<shape.rank).map { ($0, generator.next()) }.sorted { $0.1 < $1.1 }.map(\.0)
    var (strides, step, start) = (Strides(), 1, 0)
    for axis in order {
      if repeats && generator.integer(below: 5) == 0 { continue }
      step *= generator.integer(below: 4) == 0 ? 2 : 1
      let isReversed = generator.integer(below: 4) == 0
      strides[axis] = isReversed ? -step : step
      if isReversed { start += step * (shape[axis] - 1) }
      step *= shape[axis]
    }
    let memory = Tensor.seeded([step + 1], dtype: dtype)
    return Tensor(viewing: memory.contiguous, shape: shape, strides: strides, offset: start)
  }

  /// The bytes of the elements in row order, read one by one.
  static func bytes(_ x: Tensor) -> [UInt8] {
    let size = x.dtype.byteCount
    var offsets = [0]
    for (axis, count) in x.shape.enumerated() {
      offsets = offsets.flatMap { offset in (0..<count).map { offset + $0 * x.strides[axis] } }
    }
    let start = UnsafeRawPointer(x.pointer)
    return offsets.flatMap { offset in
      UnsafeRawBufferPointer(start: start + offset * size, count: size)
    }
  }

  static let shapes: [Shape] = [
    [], [1], [7], [40_000], [3, 5], [70, 9], [9, 700], [200, 170], [1000, 3, 4], [3000, 4, 3],
    [5, 1, 6], [2, 30, 40, 3], [4, 3, 2, 5, 6], [0, 3], [4, 32, 8, 16], [50, 2, 60],
  ]

  @Test(arguments: [DType.float32, .float64, .bool]) func movesEachElement(_ dtype: DType) throws {
    var generator = RandomGenerator(seed: 11)
    for shape in Self.shapes {
      for _ in 0..<3 {
        let source = Self.view(shape, dtype: dtype, &generator, repeats: true)
        let expected = Self.bytes(source)
        for set in InstructionSet.available {
          for threads in [1, 3] {
            try withInstructionSet(set) {
              try withThreads(threads) {
                try #require(Self.bytes(Elementwise.copy(source)) == expected)
                let target = Self.view(shape, dtype: dtype, &generator, repeats: false)
                Views.assign(source, over: target)
                try #require(Self.bytes(target) == expected, "\(shape) \(target.strides)")
              }
            }
          }
        }
      }
    }
  }

  @Test(arguments: [DType.float32, .float64, .int32, .bool])
  func argumentsAreThoseOfLoops(_ dtype: DType) {
    var generator = RandomGenerator(seed: 12)
    let shapes: [Shape] = [
      [300, 3, 4], [40, 7], [20, 70, 5], [2, 3, 1000], [1, 90], [100, 1, 6],
    ]
    for shape in shapes {
      let x = generator.integers(shape, in: 0..<(dtype == .bool ? 2 : 9)).converted(to: dtype)
      let numbers = x.scalars(as: Double.self)
      for axis in shape.indices {
        let (outer, length, inner) = shape.around(axis)
        for (op, sign) in [(CK_ARG_MAX, 1.0), (CK_ARG_MIN, -1)] {
          let expected = (0..<outer * inner).map { place in
            let run = (0..<length).map {
              sign * numbers[(place / inner * length + $0) * inner + place % inner]
            }
            return Int32(run.firstIndex(of: run.max() ?? 0) ?? -1)
          }
          for set in InstructionSet.available {
            withInstructionSet(set) {
              for x in [x, x.transposed(0, -1).contiguous.transposed(0, -1)] {
                let found = Reduction.argument(
                  op, x, along: axis, keepingAxes: false, name: "argmax")
                #expect(found.scalars(as: Int32.self) == expected, "\(shape) \(axis) \(set)")
              }
            }
          }
        }
      }
    }
  }

  @Test func argumentsOfRowsFindTheFirstNaN() {
    for rows in [3, 200] {
      for place in [0, 1, rows - 1] {
        var numbers = [Float](repeating: 1, count: rows * 100)
        for i in stride(from: place * 100 + 5, to: numbers.count, by: 100) { numbers[i] = .nan }
        let x = Tensor(numbers, shape: [rows, 100])
        for op in [CK_ARG_MAX, CK_ARG_MIN] {
          let found = Reduction.argument(op, x, along: 0, keepingAxes: false, name: "argmax")
          let expected = (0..<100).map { $0 == 5 ? Int32(place) : 0 }
          #expect(found.scalars(as: Int32.self) == expected)
        }
      }
    }
  }

  @Test(arguments: [DType.float32, .float64, .int32])
  func insertionPointsAreThoseOfLoops(_ dtype: DType) {
    var generator = RandomGenerator(seed: 13)
    for count in [0, 1, 2, 3, 100, 1025] {
      var sorted = generator.integers([count], in: -40..<40).converted(to: dtype)
      var values = generator.integers([333], in: -42..<43).converted(to: dtype)
      if dtype.isFloatingPoint && count > 2 {
        sorted[0] = Tensor(.nan, dtype: dtype)
        sorted[1] = Tensor(-0.0, dtype: dtype)
        values[5] = Tensor(.nan, dtype: dtype)
        values[6] = Tensor(-0.0, dtype: dtype)
      }
      sorted = Sorting.sort(sorted, along: 0, descending: false)
      let (elements, numbers) = (sorted.scalars(as: Double.self), values.scalars(as: Double.self))
      func isLess(_ a: Double, _ b: Double) -> Bool { a < b || !a.isNaN && b.isNaN }
      for afterEqual in [false, true] {
        let expected = numbers.map { number in
          Int32(
            elements.count { afterEqual ? !isLess(number, $0) : isLess($0, number) })
        }
        for set in InstructionSet.available {
          withInstructionSet(set) {
            let found = Searching.insertionPoints(of: values, in: sorted, afterEqual: afterEqual)
            #expect(found.scalars(as: Int32.self) == expected)
          }
        }
      }
    }
  }

  @Test func positionsAndCountsOfManyElementsAreThoseOfLoops() {
    var generator = RandomGenerator(seed: 14)
    for count in [0, 1, 129, 100_000, 300_001] {
      let numbers = generator.integers([count], in: 0..<7)
      let values = numbers.scalars(as: Int32.self)
      let mask = Elementwise.compare(CK_COMPARE_LT, numbers, 3)
      #expect(
        Searching.truePositions(mask).scalars(as: Int32.self)
          == values.indices.filter { values[$0] < 3 }.map { Int32($0) })
      var counts = [Int32](repeating: 0, count: 7)
      for value in values { counts[Int(value)] += 1 }
      #expect(Searching.binCounts(numbers, count: 7).scalars(as: Int32.self) == counts)
    }
  }

  @Test func sumsOfElementsThatRepeatAreMultiples() {
    let x = Tensor([1.5, -2, 3]).broadcast(to: [7, 3])
    #expect(x.sum(along: 0).scalars(as: Float.self) == [10.5, -14, 21])
    #expect(x.max(along: 0).scalars(as: Float.self) == [1.5, -2, 3])
    #expect(x.sum().scalar() == 17.5)
  }
}
