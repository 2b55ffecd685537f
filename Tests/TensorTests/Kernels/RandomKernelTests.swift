import CKernels
import Foundation
import TestSupport
import Testing

/// Compares random numbers with formulas in `Double` of words of the scalar generator, and the
/// instruction sets bit by bit.
struct RandomKernelTests {
  private static let state = ck_random(key: 0x1234_5678_9ABC_DEF0, stream: 7 << 32 | 3, position: 5)

  /// An operation with settings.
  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var op: ck_random_op
    var dtype: ck_dtype
    var settings = ck_random_settings()

    init(
      _ name: String, _ op: ck_random_op, _ dtype: ck_dtype,
      _ set: (inout ck_random_settings) -> Void
    ) {
      testDescription = "\(name), type \(dtype.rawValue)"
      self.op = op
      self.dtype = dtype
      (settings.scale, settings.least, settings.most) = (1, -.infinity, .infinity)
      set(&settings)
    }
  }

  private static let rows: [Row] =
    [CK_F32, CK_F64].flatMap { dtype in
      let unit = dtype == CK_F32 ? 0x1p-24 : 0x1p-53
      return [
        Row("uniform", CK_RANDOM_UNIFORM, dtype) { $0.scale = unit / 2 },
        Row("normal", CK_RANDOM_NORMAL, dtype) { _ in },
        Row("exponential", CK_RANDOM_EXPONENTIAL, dtype) { _ in },
        Row("truncated", CK_RANDOM_TRUNCATED, dtype) { ($0.low, $0.high) = (-0.5, 3) },
        Row("truncated, flat", CK_RANDOM_TRUNCATED, dtype) {
          $0.proposal = CK_PROPOSAL_UNIFORM
          ($0.high, $0.step, $0.slope) = (0.5, unit / 2, 0.1)
        },
        Row("truncated, tail", CK_RANDOM_TRUNCATED, dtype) {
          $0.proposal = CK_PROPOSAL_EXPONENTIAL
          ($0.high, $0.step, $0.slope, $0.shift) = (2, 0.3, -0.3, 0.045)
        },
        Row("dropout", CK_RANDOM_DROPOUT, dtype) {
          ($0.scale, $0.base, $0.least, $0.threshold) = (3, 0.1, -1, 0x8765_4321)
        },
      ]
    } + [
      Row("bernoulli", CK_RANDOM_BERNOULLI, CK_BOOL) { $0.threshold = 0x4321_8765 },
      Row("integers", CK_RANDOM_INTEGERS, CK_I32) { ($0.base, $0.threshold) = (-9, 1000) },
      Row("integers, often rejected", CK_RANDOM_INTEGERS, CK_I32) { $0.threshold = (1 << 31) + 1 },
      Row("integers of 32 bits", CK_RANDOM_INTEGERS, CK_I32) {
        ($0.base, $0.threshold) = (Double(Int32.min), 1 << 32)
      },
    ]

  private static func run(
    _ row: Row, _ kernels: Kernels, _ n: Int, _ state: ck_random = state, from first: Int = 0
  ) throws -> [UInt8] {
    let kernel = try #require(ck_random_op_for(kernels.table, row.op, row.dtype))
    let size = elementSize(row.dtype)
    let input = KernelNumbers((first..<first + n).map(Double.init), row.dtype).bytes
    // A guard behind the end.
    var output = [UInt8](repeating: 0xA5, count: n * size + 64)
    withUnsafePointer(to: state) { state in
      withUnsafePointer(to: row.settings) { settings in
        input.withUnsafeBytes { input in
          output.withUnsafeMutableBytes {
            kernel(
              state, settings, row.op == CK_RANDOM_DROPOUT ? input.baseAddress : nil,
              $0.baseAddress, n)
          }
        }
      }
    }
    #expect(output.suffix(64).allSatisfy { $0 == 0xA5 }, "\(kernels) writes beyond \(n)")
    return Array(output.prefix(n * size))
  }

  /// Elements of a group of 16 blocks.
  private static func groupSize(_ row: Row) -> Int {
    switch row.op {
    case CK_RANDOM_DROPOUT, CK_RANDOM_BERNOULLI: 128
    case CK_RANDOM_TRUNCATED: row.dtype == CK_F32 ? 32 : 16
    default: row.dtype == CK_F64 ? 32 : 64
    }
  }

  @Test func everyOperationIsTested() {
    #expect(Set(Self.rows.map(\.op.rawValue)) == Set(0..<CK_RANDOM_COUNT.rawValue))
  }

  @Test(arguments: rows)
  func instructionSetsLengthsAndPartsAgree(_ row: Row) throws {
    let baseline = try #require(Kernels.all.first)
    let whole = try Self.run(row, baseline, 1000)
    let size = elementSize(row.dtype)
    for kernels in Kernels.all {
      #expect(try Self.run(row, kernels, 1000) == whole, "\(kernels)")
      for n in [0, 1, 3, 15, 16, 17, 33, 64, 127, 128, 129, 300] {
        #expect(try Self.run(row, kernels, n) == Array(whole[..<(n * size)]), "\(kernels), \(n)")
      }
      var state = Self.state
      state.position += UInt64(16 * 384 / Self.groupSize(row))
      let part = try Self.run(row, kernels, 616, state, from: 384)
      #expect(part == Array(whole[(384 * size)...]), "\(kernels), from element 384")
    }
  }

  // MARK: Formulas

  /// The word of a block, counted from the state.
  private static func word(_ word: Int, ofBlock block: Int, stream: Int = 0) -> UInt32 {
    let (place, stream) = (state.position + UInt64(block), state.stream + UInt64(stream))
    func halves(_ x: UInt64) -> (UInt32, UInt32) {
      (UInt32(truncatingIfNeeded: x), UInt32(truncatingIfNeeded: x >> 32))
    }
    let (key, counter, upper) = (halves(state.key), halves(place), halves(stream))
    return RandomGenerator.philox(
      SIMD4(counter.0, counter.1, upper.0, upper.1), key: SIMD2(key.0, key.1))[word]
  }

  /// The bits of element i, of which a block has `count`.
  private static func bits(_ i: Int, _ dtype: ck_dtype, stream: Int = 0) -> UInt64 {
    let count = dtype == CK_F64 ? 2 : 4
    let (block, number) = (i / (16 * count) * 16 + i % 16, i / 16 % count)
    if dtype != CK_F64 { return UInt64(word(number, ofBlock: block, stream: stream)) }
    let low = UInt64(word(2 * number, ofBlock: block, stream: stream))
    return UInt64(word(2 * number + 1, ofBlock: block, stream: stream)) << 32 | low
  }

  /// −log u of some bits.
  private static func logarithm(_ bits: UInt64, _ dtype: ck_dtype) -> Double {
    let (n, count) = dtype == CK_F32 ? (bits >> 1, 31) : (bits >> 12, 52)
    return -log((Double(n) + 0.5) * scalbn(1, -count))
  }

  private static func standardNormal(_ i: Int, _ dtype: ck_dtype) -> Double {
    let isSecond = i / 16 % 2 == 1
    let first = bits(isSecond ? i - 16 : i, dtype)
    let second = bits(isSecond ? i : i + 16, dtype)
    let radius = (2 * logarithm(first, dtype)).squareRoot()
    let width = dtype == CK_F32 ? 32 : 64
    let turn =
      dtype == CK_F32
      ? Double(Int32(truncatingIfNeeded: (second << 2) + 2)) * 0x1p-31
      : Double((second << 2) >> 12) * 0x1p-51 - 1
    let sign = second >> (width - 1) == 0 ? 1.0 : -1
    let isSwapped = (second >> (width - 2)) & 1 == 1
    let angle = turn * .pi / 4
    return radius * (isSecond == isSwapped ? sign * cos(angle) : sin(angle))
  }

  @Test(arguments: [CK_F32, CK_F64].map(\.rawValue))
  func numbersFollowTheirFormulas(_ code: UInt32) throws {
    let dtype = ck_dtype(code)
    let epsilon = dtype == CK_F32 ? 0x1p-23 : 0x1p-52
    for kernels in Kernels.all {
      for row in Self.rows where row.dtype == dtype {
        let expected: (Int) -> Double
        switch row.op {
        case CK_RANDOM_UNIFORM:
          expected = {
            let bits = Self.bits($0, dtype)
            return dtype == CK_F32 ? Double(bits >> 8) * 0x1p-24 : Double(bits >> 11) * 0x1p-53
          }
        case CK_RANDOM_NORMAL: expected = { Self.standardNormal($0, dtype) }
        case CK_RANDOM_EXPONENTIAL: expected = { Self.logarithm(Self.bits($0, dtype), dtype) }
        default: continue
        }
        let values = KernelNumbers(bytes: try Self.run(row, kernels, 2000), dtype).values
        for (i, value) in values.enumerated() {
          let error = Swift.abs(value - expected(i))
          #expect(
            error <= 6 * epsilon * Swift.max(Swift.abs(value), 0x1p-10),
            "\(kernels) \(row.testDescription), element \(i): \(value), not \(expected(i))")
        }
      }
    }
  }

  /// Sixteen of the bits that decide about element i, and the sixteen below them.
  private static func draw(_ i: Int) -> UInt64 {
    let (block, half) = (i / 128 * 16 + i % 16, i / 16 % 8)
    func half16(_ stream: Int) -> UInt64 {
      let word = UInt64(Self.word(half / 2, ofBlock: block, stream: stream))
      return (half % 2 == 0 ? word : word >> 16) & 0xffff
    }
    return half16(0) << 16 | half16(1)
  }

  /// Thresholds at the draw of an element, so that the lower bits decide, and at both ends.
  @Test func elementsAreKeptBelowTheThreshold() throws {
    let draws = (0..<1000).map(Self.draw)
    for threshold in [0, 1, draws[77], draws[77] + 1, draws[500] | 0xffff, 0xffff_0000, 1 << 32] {
      let kept = draws.map { $0 < threshold }
      for kernels in Kernels.all {
        for var row in Self.rows
        where row.op == CK_RANDOM_DROPOUT || row.op == CK_RANDOM_BERNOULLI {
          row.settings.threshold = threshold
          let bytes = try Self.run(row, kernels, 1000)
          let isKept =
            row.dtype == CK_BOOL
            ? bytes.map { $0 == 1 } : KernelNumbers(bytes: bytes, row.dtype).values.map { $0 != -1 }
          #expect(isKept == kept, "\(kernels) \(row.testDescription), \(threshold)")
          if row.dtype == CK_F64 {
            let values = KernelNumbers(bytes: bytes, row.dtype).values
            #expect(values == (0..<1000).map { kept[$0] ? Double($0) * 3 + 0.1 : -1 })
          }
        }
      }
    }
  }

  @Test func integersAreProductsOrDrawnAgain() throws {
    for row in Self.rows where row.op == CK_RANDOM_INTEGERS {
      let width = row.settings.threshold
      let expected = (0..<1000).map { i in
        var stream = 0
        while true {
          let product = Self.bits(i, CK_I32, stream: stream) * width
          if product & 0xffff_ffff >= (1 << 32) % width {
            return Int32(Int(row.settings.base) + Int(product >> 32))
          }
          stream += 1
        }
      }
      for kernels in Kernels.all {
        #expect(try Self.run(row, kernels, 1000) == bytes(expected), "\(kernels), \(width)")
      }
    }
  }
}
