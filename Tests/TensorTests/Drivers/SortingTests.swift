import TestSupport
import Testing

/// Compares sorting and selection with the stable sort of the standard library.
struct SortingTests {
  static let lengths = Array(0...70) + [127, 128, 129, 255, 257, 300, 1000, 4099]
  /// Longer than what one task sorts.
  static let longLengths = [65_537, 140_003]
  static let dtypes: [DType] = [.float32, .float64, .int32, .bool]

  /// Numbers of each kind; the last ones differ only in the lower halves of their bits.
  static let patterns: [String: @Sendable (Int, Int, inout RandomGenerator) -> Double] = [
    "normal": { _, _, generator in generator.normal() * 1000 },
    "few": { _, _, generator in Double(generator.integer(below: 3)) - 1 },
    "ascending": { i, _, _ in Double(i) },
    "descending": { i, count, _ in Double(count - i) },
    "equal": { _, _, _ in 7 },
    "mostly equal": { _, _, generator in
      generator.integer(below: 50) == 0 ? generator.normal() * 100 : 3
    },
    "special": { _, _, generator in
      let choices: [Double] = [
        .nan, -0.0, 0, .infinity, -.infinity, 1, -1, .leastNonzeroMagnitude, 1e-40, -1e-40, 3e38,
        -.nan, 2147483647, -2147483648,
      ]
      return choices[generator.integer(below: choices.count)]
    },
    "magnitudes": { _, _, generator in
      let power = 0x1p-120 * Double(1 << generator.integer(below: 62))
      return generator.integer(below: 2) == 0 ? power : -power * 0x1p100
    },
    "lower halves": { _, _, generator in
      Double(1 + generator.integer(below: 2)) + Double(generator.integer(below: 1 << 30)) * 0x1p-52
    },
  ]

  static func tensor(_ pattern: String, _ count: Int, _ dtype: DType, seed: UInt64) -> Tensor {
    var generator = RandomGenerator(seed: seed)
    let number = patterns[pattern] ?? { _, _, _ in .nan }
    let values = (0..<count).map { number($0, count, &generator) }
    switch dtype {
    case .float32: return Tensor(values.map { Float($0) }, shape: [count])
    case .float64: return Tensor(values, shape: [count], dtype: .float64)
    case .int32: return Tensor(values.map { Int32(clamping: Self.integer($0)) }, shape: [count])
    case .bool: return Tensor(values.map { $0 > 0 }, shape: [count])
    }
  }

  private static func integer(_ value: Double) -> Int {
    value.isNaN ? 7 : Int(Swift.max(-4e9, Swift.min(4e9, value)))
  }

  static func order(_ x: Tensor, descending: Bool) -> [Int32] {
    let values = x.scalars(as: Double.self)
    func isLess(_ a: Double, _ b: Double) -> Bool { a < b || !a.isNaN && b.isNaN }
    let order = values.indices.sorted {
      descending ? isLess(values[$1], values[$0]) : isLess(values[$0], values[$1])
    }
    return order.map { Int32($0) }
  }

  @Test(arguments: patterns.keys.sorted(), dtypes)
  func ordersAreThoseOfAStableSort(_ pattern: String, _ dtype: DType) {
    for count in Self.lengths {
      let x = Self.tensor(pattern, count, dtype, seed: UInt64(count))
      for descending in [false, true] {
        let order = Self.order(x, descending: descending)
        for set in InstructionSet.available {
          withInstructionSet(set) { check(x, order, descending, "\(count), \(set)") }
        }
      }
    }
  }

  @Test(arguments: patterns.keys.sorted(), [DType.float32, .float64, .int32])
  func longOrdersAreThoseOfAStableSort(_ pattern: String, _ dtype: DType) {
    for count in Self.longLengths {
      let x = Self.tensor(pattern, count, dtype, seed: UInt64(count))
      let order = Self.order(x, descending: true)
      check(x, order, true, "\(count)")
    }
  }

  private func check(_ x: Tensor, _ order: [Int32], _ descending: Bool, _ text: String) {
    let count = order.count
    let positions = Sorting.argsort(x, along: 0, descending: descending)
    #expect(positions.scalars(as: Int32.self) == order, "\(text), descending: \(descending)")
    let sorted = Sorting.sort(x, along: 0, descending: descending)
    // Bit by bit: zeros of both signs and NaN keep their order, too.
    expectIdentical(
      sorted, Gathering.gather(x, positions, along: 0, name: "test"),
      "\(text), descending: \(descending)")
    guard descending else { return }
    for k in Set([0, 1, 2, 40, count / 2, count - 1, count]) where k >= 0 && k <= count {
      let top = Sorting.topPositions(x, count: k, along: 0).scalars(as: Int32.self)
      #expect(top == Array(order.prefix(k)), "\(text), the first \(k)")
    }
  }

  /// Every axis of tensors of any layout, and many short rows.
  @Test(
    arguments: [[3, 50, 4], [1, 300, 1], [2000, 8], [8, 2000], [0, 5], [5, 0]] as [Shape])
  func everyAxisIsSorted(_ shape: Shape) {
    let x = Self.tensor("special", shape.elementCount, .float32, seed: 3).with(shape)
    for axis in 0..<shape.rank {
      let length = shape[axis]
      let moved = Views.transpose(x, axis, -1).contiguous
      for (view, axis) in [(x, axis), (Views.transpose(x, 0, axis), 0)] {
        let order = Sorting.argsort(view, along: axis, descending: false)
        let values = Sorting.sort(view, along: axis, descending: false)
        #expect(order.shape == view.shape && values.shape == view.shape)
        expectIdentical(
          values, Gathering.gather(view, order, along: axis, name: "test"), "\(shape), \(axis)")
        let count = Swift.min(3, length)
        let top = Sorting.topPositions(view, count: count, along: axis)
        let descending = Sorting.argsort(view, along: axis, descending: true)
        expectIdentical(top, Views.slice(descending, axis: axis, start: 0, count: count).contiguous)
      }
      let rows = Views.transpose(
        Sorting.argsort(x, along: axis, descending: false), axis, -1
      ).contiguous
      for row in 0..<(length == 0 ? 0 : moved.elementCount / length) {
        let run = Views.slice(
          Views.reshape(moved, to: [-1]), axis: 0, start: row * length, count: length)
        let picks = Views.slice(
          Views.reshape(rows, to: [-1]), axis: 0, start: row * length, count: length)
        #expect(picks.scalars(as: Int32.self) == Self.order(run.contiguous, descending: false))
      }
    }
  }

  /// Runs in its own process, in which no other test holds the thread pool.
  @Test func anyNumberOfThreadsGivesTheSameOrder() async {
    await #expect(processExitsWith: .success) {
      for pattern in ["normal", "few", "special", "lower halves"] {
        for dtype in [DType.float32, .float64] {
          let x = SortingTests.tensor(pattern, 140_001, dtype, seed: 1)
          func run(_ threads: Int) -> [Tensor] {
            withThreads(threads) {
              [
                Sorting.sort(x, along: 0, descending: true),
                Sorting.argsort(x, along: 0, descending: false),
                Sorting.topPositions(x, count: 300, along: 0),
                Sorting.topPositions(x, count: 100_000, along: 0),
              ]
            }
          }
          let expected = run(1)
          for threads in [2, 3] {
            for (actual, expected) in zip(run(threads), expected) {
              expectIdentical(actual, expected, "\(pattern), \(dtype), \(threads) threads")
            }
          }
        }
      }
    }
  }
}

extension Tensor {
  fileprivate func with(_ shape: Shape) -> Tensor { Views.reshape(self, to: shape) }
}
