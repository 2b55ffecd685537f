import CKernels
import Foundation
import Testing

// Reductions, softmax and log-softmax against plain loops in Double.

@Suite("Reduction kernels")
struct ReductionKernelTests {
  private static let operations: [ck_reduce_op] = [
    CK_REDUCE_SUM, CK_REDUCE_PROD, CK_REDUCE_MAX, CK_REDUCE_MIN, CK_REDUCE_SUM_SQUARES,
  ]
  private static let counts = [
    0, 1, 2, 3, 5, 8, 15, 16, 17, 33, 64, 70, 127, 128, 300, 4095, 4097, 9000,
  ]

  private func oracle(_ op: ck_reduce_op, _ values: some Sequence<Double>) -> Double {
    func extreme(_ start: Double, _ isBetter: (Double, Double) -> Bool) -> Double {
      values.reduce(start) { $0.isNaN || $1.isNaN ? .nan : isBetter($1, $0) ? $1 : $0 }
    }
    return switch op {
    case CK_REDUCE_SUM: values.reduce(0, +)
    case CK_REDUCE_PROD: values.reduce(1, *)
    case CK_REDUCE_MAX: extreme(-.infinity, >)
    case CK_REDUCE_MIN: extreme(.infinity, <)
    default: values.reduce(0) { $0 + $1 * $1 }
    }
  }

  /// How far a reduction may be off: relative to the sum of magnitudes, and for float64, whose oracle adds
  /// one after another in the same precision, with that oracle's own error.
  private func allowance(_ op: ck_reduce_op, _ values: some Collection<Double>, _ dtype: ck_dtype)
    -> Double
  {
    let count = Double(values.count)
    let epsilon = dtype == CK_F32 ? 0x1p-24 * 8 : 0x1p-53 * (8 + count.squareRoot())
    return switch op {
    case CK_REDUCE_SUM: values.reduce(0) { $0 + abs($1) } * epsilon
    case CK_REDUCE_SUM_SQUARES: values.reduce(0) { $0 + $1 * $1 } * epsilon
    case CK_REDUCE_PROD: abs(values.reduce(1, *)) * epsilon * (1 + count / 8)
    default: 0
    }
  }

  @Test("every reduction is listed")
  func listed() {
    #expect(ReductionKernelTests.operations.map(\.rawValue) == Array(0..<CK_REDUCE_COUNT.rawValue))
  }

  @Test("float reductions of runs and of rows", arguments: [CK_F32, CK_F64].map(\.rawValue))
  func floats(code: UInt32) throws {
    let dtype = ck_dtype(code)
    var numbers = SeededNumbers(11)
    let size = elementSize(dtype)
    // Near 1, so that products neither vanish nor overflow.
    let values = numbers.doubles(9000 * 3, 0.9, 1.1).enumerated().map { index, value in
      let signed = index % 3 == 0 ? -value : value
      return dtype == CK_F32 ? Double(Float(signed)) : signed
    }
    let stored = dtype == CK_F32 ? bytes(values.map(Float.init)) : bytes(values)
    func read(_ result: [UInt8], _ index: Int) -> Double {
      result.withUnsafeBytes {
        dtype == CK_F32
          ? Double($0.load(fromByteOffset: index * 4, as: Float.self))
          : $0.load(fromByteOffset: index * 8, as: Double.self)
      }
    }
    for kernels in Kernels.all {
      for op in ReductionKernelTests.operations {
        let whole = try #require(ck_reduce(kernels.table, op, dtype))
        let byRows = try #require(ck_reduce_rows(kernels.table, op, dtype))
        for count in ReductionKernelTests.counts {
          var contiguous = [UInt8](repeating: 0, count: size)
          whole(stored, 1, count, &contiguous)
          let run = values.prefix(count)
          let expected = oracle(op, run)
          let error = abs(read(contiguous, 0) - expected)
          #expect(
            read(contiguous, 0) == expected || error <= allowance(op, run, dtype),
            "\(kernels) \(op.rawValue) of \(count): \(read(contiguous, 0)), not \(expected)")
          // The same elements three apart give the same bits.
          let spread = (0..<count * 3).map { values[$0 / 3] }
          let spreadBytes = dtype == CK_F32 ? bytes(spread.map(Float.init)) : bytes(spread)
          var strided = [UInt8](repeating: 0, count: size)
          whole(spreadBytes, 3, count, &strided)
          #expect(strided == contiguous, "\(kernels) \(op.rawValue) of \(count), stride 3")
        }
        for (rows, columns) in [
          (0, 3), (1, 1), (5, 7), (16, 16), (129, 33), (300, 70), (2, 300), (40, 129),
        ] {
          let stride = columns + 5
          if rows * stride > values.count { continue }
          var result = [UInt8](repeating: 0x5a, count: (columns + 1) * size)
          byRows(stored, stride, rows, columns, &result)
          #expect(result.suffix(size) == [UInt8](repeating: 0x5a, count: size)[...])
          for j in 0..<columns {
            let column = (0..<rows).map { values[$0 * stride + j] }
            let expected = oracle(op, column)
            let error = abs(read(result, j) - expected)
            #expect(
              read(result, j) == expected || error <= allowance(op, column, dtype),
              "\(kernels) \(op.rawValue) of column \(j) of \(rows)x\(columns)")
          }
        }
      }
    }
  }

  @Test("a long float32 sum keeps its digits")
  func longSum() throws {
    let values = [Float](repeating: 0.1, count: 10_000_000)
    let expected = Double(Float(0.1)) * 1e7
    for kernels in Kernels.all {
      let sum = try #require(ck_reduce(kernels.table, CK_REDUCE_SUM, CK_F32))
      let byRows = try #require(ck_reduce_rows(kernels.table, CK_REDUCE_SUM, CK_F32))
      var result: Float = 0
      sum(values, 1, values.count, &result)
      #expect(abs(Double(result) / expected - 1) < 1e-6, "\(kernels)")
      var columns: [Float] = [0, 0]
      byRows(values, 2, values.count / 2, 2, &columns)
      #expect(columns.allSatisfy { abs(Double($0) * 2 / expected - 1) < 1e-6 }, "\(kernels)")
    }
  }

  @Test("extremes and their places propagate NaN and take the first")
  func extremes() throws {
    for kernels in Kernels.all {
      let largest = try #require(ck_reduce(kernels.table, CK_REDUCE_MAX, CK_F32))
      let smallest = try #require(ck_reduce(kernels.table, CK_REDUCE_MIN, CK_F32))
      let place = try #require(ck_arg_reduce(kernels.table, CK_ARG_MAX, CK_F32))
      let lowPlace = try #require(ck_arg_reduce(kernels.table, CK_ARG_MIN, CK_F32))
      for count in [1, 2, 7, 16, 40, 200, 5000] {
        for position in [0, count / 2, count - 1] {
          for special in [Float.nan, 9, -9, .infinity, -.infinity] {
            var numbers = SeededNumbers(UInt64(count))
            var x = numbers.floats(count, -1, 1)
            x[position] = special
            // A second one later, so that "first" counts.
            x[count - 1] = special
            var (high, low): (Float, Float) = (0, 0)
            var (at, lowAt): (Int32, Int32) = (-1, -1)
            largest(x, 1, count, &high)
            smallest(x, 1, count, &low)
            place(x, 1, count, &at)
            lowPlace(x, 1, count, &lowAt)
            if special.isNaN {
              #expect(high.isNaN && low.isNaN && Int(at) == position && Int(lowAt) == position)
            } else {
              #expect(high == x.max() && low == x.min())
              #expect(x.firstIndex(of: high) == Int(at) && x.firstIndex(of: low) == Int(lowAt))
            }
            // Backwards: the first is then the last in memory.
            x.withUnsafeBufferPointer { x in
              guard let base = x.baseAddress else { return }
              place(base + count - 1, -1, count, &at)
            }
            if special == 9 || special.isNaN { #expect(at == 0) }
          }
        }
      }
    }
  }

  @Test("integer and bool reductions")
  func integers() throws {
    var numbers = SeededNumbers(12)
    let x = (0..<700).map { _ in Int32(numbers.integer(-9..<10)) }
    let flags = (0..<700).map { _ in UInt8(numbers.integer(0..<2)) }
    for kernels in Kernels.all {
      func whole<Element: BitwiseCopyable, Result: BitwiseCopyable>(
        _ op: ck_reduce_op, _ dtype: ck_dtype, _ x: [Element], _ stride: Int, _ count: Int,
        _ start: Result
      ) throws -> Result {
        var result = start
        let function = try #require(ck_reduce(kernels.table, op, dtype))
        function(x, stride, count, &result)
        return result
      }
      func columns<Element: BitwiseCopyable, Result: BitwiseCopyable>(
        _ op: ck_reduce_op, _ dtype: ck_dtype, _ x: [Element], _ start: Result
      ) throws -> [Result] {
        var result = [Result](repeating: start, count: 33)
        let function = try #require(ck_reduce_rows(kernels.table, op, dtype))
        function(x, 35, 20, 33, &result)
        return result
      }
      for (count, stride) in [(0, 1), (1, 1), (19, 1), (700, 1), (300, 2)] {
        let run = (0..<count).map { x[$0 * stride] }
        let bits = (0..<count).map { flags[$0 * stride] }
        #expect(try whole(CK_REDUCE_SUM, CK_I32, x, stride, count, Int32(7)) == run.reduce(0, &+))
        #expect(try whole(CK_REDUCE_PROD, CK_I32, x, stride, count, Int32(7)) == run.reduce(1, &*))
        #expect(
          try whole(CK_REDUCE_MAX, CK_I32, x, stride, count, Int32(7)) == run.max() ?? .min)
        #expect(
          try whole(CK_REDUCE_MIN, CK_I32, x, stride, count, Int32(7)) == run.min() ?? .max)
        let ones = bits.reduce(Int32(0)) { $0 + Int32($1) }
        #expect(try whole(CK_REDUCE_SUM, CK_BOOL, flags, stride, count, Int32(7)) == ones)
        #expect(
          try whole(CK_REDUCE_MAX, CK_BOOL, flags, stride, count, UInt8(7)) == (ones > 0 ? 1 : 0))
        let all: UInt8 = Int(ones) == count ? 1 : 0
        #expect(try whole(CK_REDUCE_MIN, CK_BOOL, flags, stride, count, UInt8(7)) == all)
        #expect(try whole(CK_REDUCE_PROD, CK_BOOL, flags, stride, count, UInt8(7)) == all)
      }
      let column = { (j: Int) in (0..<20).map { x[$0 * 35 + j] } }
      let flagColumn = { (j: Int) in (0..<20).map { flags[$0 * 35 + j] } }
      #expect(
        try columns(CK_REDUCE_SUM, CK_I32, x, Int32(7)) == (0..<33).map { column($0).reduce(0, &+) }
      )
      #expect(
        try columns(CK_REDUCE_PROD, CK_I32, x, Int32(7))
          == (0..<33).map { column($0).reduce(1, &*) })
      #expect(
        try columns(CK_REDUCE_MAX, CK_I32, x, Int32(7)) == (0..<33).map { column($0).max() ?? 0 })
      #expect(
        try columns(CK_REDUCE_MIN, CK_I32, x, Int32(7)) == (0..<33).map { column($0).min() ?? 0 })
      #expect(
        try columns(CK_REDUCE_SUM, CK_BOOL, flags, Int32(7))
          == (0..<33).map { flagColumn($0).reduce(Int32(0)) { $0 + Int32($1) } })
      #expect(
        try columns(CK_REDUCE_MAX, CK_BOOL, flags, UInt8(7))
          == (0..<33).map { flagColumn($0).max() ?? 0 })
      #expect(
        try columns(CK_REDUCE_MIN, CK_BOOL, flags, UInt8(7))
          == (0..<33).map { flagColumn($0).min() ?? 0 })
      #expect(ck_reduce(kernels.table, CK_REDUCE_SUM_SQUARES, CK_I32) == nil)
      for (op, sign) in [(CK_ARG_MAX, Int32(1)), (CK_ARG_MIN, -1)] {
        var (at, flagAt): (Int32, Int32) = (-1, -1)
        let place = try #require(ck_arg_reduce(kernels.table, op, CK_I32))
        let flagPlace = try #require(ck_arg_reduce(kernels.table, op, CK_BOOL))
        place(x, 2, 300, &at)
        flagPlace(flags, 1, 700, &flagAt)
        let run = (0..<300).map { x[$0 * 2] * sign }
        #expect(Int(at) == run.max().flatMap { run.firstIndex(of: $0) })
        #expect(Int(flagAt) == flags.firstIndex(of: sign > 0 ? 1 : 0))
      }
    }
  }

  // MARK: Softmax

  private func softmax(_ x: [Double]) -> [Double] {
    let top = x.max() ?? 0
    let e = x.map { exp($0 - top) }
    let sum = e.reduce(0, +)
    return e.map { $0 / sum }
  }

  @Test(
    "softmax and log-softmax with their gradients", arguments: [CK_F32, CK_F64].map(\.rawValue))
  func rows(code: UInt32) throws {
    let dtype = ck_dtype(code)
    let tolerance = dtype == CK_F32 ? 4e-7 : 1e-14
    func store(_ values: [Double]) -> [UInt8] {
      dtype == CK_F32 ? bytes(values.map(Float.init)) : bytes(values)
    }
    func load(_ stored: [UInt8]) -> [Double] {
      stored.withUnsafeBytes {
        dtype == CK_F32
          ? $0.bindMemory(to: Float.self).map(Double.init) : Array($0.bindMemory(to: Double.self))
      }
    }
    for kernels in Kernels.all {
      let forward = try #require(ck_rows(kernels.table, CK_ROWS_SOFTMAX, dtype))
      let backward = try #require(ck_rows_grad(kernels.table, CK_ROWS_SOFTMAX, dtype))
      let logForward = try #require(ck_rows(kernels.table, CK_ROWS_LOG_SOFTMAX, dtype))
      let logBackward = try #require(ck_rows_grad(kernels.table, CK_ROWS_LOG_SOFTMAX, dtype))
      for columns in [1, 2, 3, 4, 7, 8, 10, 15, 16, 17, 33, 64, 100, 300, 5000] {
        let count = 3 * columns
        var numbers = SeededNumbers(UInt64(columns))
        let x = load(store(numbers.doubles(count, -20, 20)))
        let dy = load(store(numbers.doubles(count, -1, 1)))
        var (y, dx) = (store(x), store(x))
        var (logY, logDX) = (store(x), store(x))
        // Forward in place; backward over the incoming gradient.
        forward(y, &y, 3, columns)
        logForward(logY, &logY, 3, columns)
        dx = store(dy)
        logDX = store(dy)
        backward(dx, y, &dx, 3, columns)
        logBackward(logDX, logY, &logDX, 3, columns)
        let (gotY, gotDX, gotLogY, gotLogDX) = (load(y), load(dx), load(logY), load(logDX))
        for row in 0..<3 {
          let range = row * columns..<(row + 1) * columns
          let expected = softmax(Array(x[range]))
          let top = x[range].max() ?? 0
          // The gradients are functions of the outputs that the kernels themselves gave.
          let dot = zip(dy[range], gotY[range]).reduce(0) { $0 + $1.0 * $1.1 }
          let sum = dy[range].reduce(0, +)
          let sumScale = dy[range].reduce(1) { $0 + abs($1) }
          for j in 0..<columns {
            let index = range.lowerBound + j
            // The difference to the largest is rounded, and the exponential magnifies that.
            let spread = 1 + abs(x[index] - top)
            #expect(abs(gotY[index] - expected[j]) <= tolerance * spread * expected[j])
            #expect(abs(gotLogY[index] - log(expected[j])) <= tolerance * spread)
            let slope = gotY[index] * (dy[index] - dot)
            #expect(abs(gotDX[index] - slope) <= tolerance * 8 * gotY[index])
            let logSlope = dy[index] - exp(gotLogY[index]) * sum
            #expect(abs(gotLogDX[index] - logSlope) <= tolerance * sumScale)
          }
        }
      }
    }
  }

  @Test("softmax of infinities and NaN")
  func softmaxSpecialValues() throws {
    for kernels in Kernels.all {
      let forward = try #require(ck_rows(kernels.table, CK_ROWS_SOFTMAX, CK_F32))
      let logForward = try #require(ck_rows(kernels.table, CK_ROWS_LOG_SOFTMAX, CK_F32))
      for columns in [3, 16, 40] {
        var x = [Float](repeating: -.infinity, count: 3 * columns)
        // One finite entry; none; and a NaN.
        x[1] = 5
        x[2 * columns] = .nan
        var y = [Float](repeating: 7, count: x.count)
        forward(x, &y, 3, columns)
        #expect(y[..<columns] == ([0, 1] + [Float](repeating: 0, count: columns - 2))[...])
        #expect(y[columns...].allSatisfy { $0.isNaN })
        logForward(x, &y, 3, columns)
        #expect(y[1] == 0 && y[0] == -.infinity && y[2..<columns].allSatisfy { $0 == -.infinity })
        #expect(y[columns...].allSatisfy { $0.isNaN })
        // Very large entries do not overflow.
        x = [Float](repeating: 3e38, count: columns)
        y = x
        forward(x, &y, 1, columns)
        #expect(y.allSatisfy { abs($0 * Float(columns) - 1) < 1e-6 })
      }
    }
  }
}
