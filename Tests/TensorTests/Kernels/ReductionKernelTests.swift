import CKernels
import Foundation
import TestSupport
import Testing

/// Compares reductions with plain loops in `Double`.

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

  /// Returns the allowed error of a reduction, relative to the sum of magnitudes.
  ///
  /// Roundings of random signs, also those of the oracle, grow like the square root of the count.
  private func allowance(_ op: ck_reduce_op, _ values: some Collection<Double>, _ dtype: ck_dtype)
    -> Double
  {
    let count = Double(values.count)
    let epsilon = (dtype == CK_F32 ? 0x1p-24 : 0x1p-53) * (8 + count.squareRoot())
    return switch op {
    case CK_REDUCE_SUM: values.reduce(0) { $0 + abs($1) } * epsilon
    case CK_REDUCE_SUM_SQUARES: values.reduce(0) { $0 + $1 * $1 } * epsilon
    case CK_REDUCE_PROD: abs(values.reduce(1, *)) * epsilon * (1 + count / 8)
    default: 0
    }
  }

  @Test func everyReductionIsTested() {
    #expect(Self.operations.map(\.rawValue) == Array(0..<CK_REDUCE_COUNT.rawValue))
  }

  @Test(arguments: [CK_F32, CK_F64].map(\.rawValue))
  func floatReductionsAgreeWithTheOracle(code: UInt32) throws {
    let dtype = ck_dtype(code)
    var numbers = RandomGenerator(seed: 11)
    let size = elementSize(dtype)
    // Near 1, so that products neither vanish nor overflow.
    let values = numbers.doubles(9000 * 3, in: 0.9..<1.1).enumerated().map { index, value in
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
      for op in Self.operations {
        let whole = try #require(ck_reduce(kernels.table, op, dtype))
        let byRows = try #require(ck_reduce_rows(kernels.table, op, dtype))
        for count in Self.counts {
          var contiguous = [UInt8](repeating: 0, count: size)
          whole(stored, 1, count, &contiguous)
          let run = values.prefix(count)
          let expected = oracle(op, run)
          let error = abs(read(contiguous, 0) - expected)
          #expect(
            read(contiguous, 0) == expected || error <= allowance(op, run, dtype),
            "\(kernels) \(op.rawValue) of \(count): \(read(contiguous, 0)), not \(expected)")
          // A row among others gives the same bits.
          let repeated = [[Double]](repeating: Array(run), count: 21).flatMap { $0 }
          let rows = dtype == CK_F32 ? bytes(repeated.map(Float.init)) : bytes(repeated)
          var results = [UInt8](repeating: 0, count: 21 * size)
          whole(rows, 21, count, &results)
          #expect(
            results == [[UInt8]](repeating: contiguous, count: 21).flatMap { $0 },
            "\(kernels) \(op.rawValue) of 21 rows of \(count)")
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

  @Test func longFloat32SumsStayAccurate() throws {
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

  @Test func theSignOfAnExtremeZeroDoesNotDependOnOtherRows() throws {
    var numbers = RandomGenerator(seed: 3)
    for kernels in Kernels.all {
      for op in [CK_REDUCE_MAX, CK_REDUCE_MIN] {
        let extreme = try #require(ck_reduce(kernels.table, op, CK_F32))
        for count in [1, 2, 5, 16, 40, 300] {
          let zeros = (0..<count).map { _ -> Float in numbers.integer(in: 0..<2) == 0 ? 0 : -0.0 }
          var alone: Float = 0
          extreme(zeros, 1, count, &alone)
          var rows = [Float](repeating: 0, count: 21)
          extreme([[Float]](repeating: zeros, count: 21).flatMap { $0 }, 21, count, &rows)
          #expect(rows.allSatisfy { $0.sign == alone.sign }, "\(kernels) \(op.rawValue), \(count)")
        }
      }
    }
  }

  @Test func extremesPropagateNaNAndTheirIndicesAreTheFirst() throws {
    for kernels in Kernels.all {
      let largest = try #require(ck_reduce(kernels.table, CK_REDUCE_MAX, CK_F32))
      let smallest = try #require(ck_reduce(kernels.table, CK_REDUCE_MIN, CK_F32))
      let place = try #require(ck_arg_reduce(kernels.table, CK_ARG_MAX, CK_F32))
      let lowPlace = try #require(ck_arg_reduce(kernels.table, CK_ARG_MIN, CK_F32))
      for count in [1, 2, 7, 16, 40, 200, 5000] {
        for position in [0, count / 2, count - 1] {
          for special in [Float.nan, 9, -9, .infinity, -.infinity] {
            var numbers = RandomGenerator(seed: UInt64(count))
            var x = numbers.floats(count, in: -1..<1)
            x[position] = special
            // A second one later, so that it matters which is the first.
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
          }
        }
      }
    }
  }

  @Test func integerAndBoolReductionsAreExact() throws {
    var numbers = RandomGenerator(seed: 12)
    let x = (0..<700).map { _ in Int32(numbers.integer(in: -9..<10)) }
    let flags = (0..<700).map { _ in UInt8(numbers.integer(in: 0..<2)) }
    for kernels in Kernels.all {
      func whole<Element: BitwiseCopyable, Result: BitwiseCopyable>(
        _ op: ck_reduce_op, _ dtype: ck_dtype, _ x: [Element], _ count: Int, _ start: Result
      ) throws -> Result {
        var result = start
        let function = try #require(ck_reduce(kernels.table, op, dtype))
        function(x, 1, count, &result)
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
      for count in [0, 1, 19, 700] {
        let (run, bits) = (x.prefix(count), flags.prefix(count))
        #expect(try whole(CK_REDUCE_SUM, CK_I32, x, count, Int32(7)) == run.reduce(0, &+))
        #expect(try whole(CK_REDUCE_PROD, CK_I32, x, count, Int32(7)) == run.reduce(1, &*))
        #expect(
          try whole(CK_REDUCE_MAX, CK_I32, x, count, Int32(7)) == run.max() ?? .min)
        #expect(
          try whole(CK_REDUCE_MIN, CK_I32, x, count, Int32(7)) == run.min() ?? .max)
        let ones = bits.reduce(Int32(0)) { $0 + Int32($1) }
        #expect(try whole(CK_REDUCE_SUM, CK_BOOL, flags, count, Int32(7)) == ones)
        #expect(
          try whole(CK_REDUCE_MAX, CK_BOOL, flags, count, UInt8(7)) == (ones > 0 ? 1 : 0))
        let all: UInt8 = Int(ones) == count ? 1 : 0
        #expect(try whole(CK_REDUCE_MIN, CK_BOOL, flags, count, UInt8(7)) == all)
        #expect(try whole(CK_REDUCE_PROD, CK_BOOL, flags, count, UInt8(7)) == all)
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
        place(x, 1, 700, &at)
        flagPlace(flags, 1, 700, &flagAt)
        let run = x.map { $0 * sign }
        #expect(Int(at) == run.max().flatMap { run.firstIndex(of: $0) })
        #expect(Int(flagAt) == flags.firstIndex(of: sign > 0 ? 1 : 0))
      }
    }
  }
}
