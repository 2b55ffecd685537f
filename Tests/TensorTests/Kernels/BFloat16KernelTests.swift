import CKernels
import TestSupport
import Testing

struct BFloat16KernelTests {
  /// Bits of a float, and those of the nearest bfloat16 in its place.
  private static let bits: [(UInt32, UInt32)] = [
    (0x0000_0000, 0x0000_0000), (0x8000_0000, 0x8000_0000), (0x3f80_0000, 0x3f80_0000),
    // Below half, half to even in both directions, above half.
    (0x3f80_7fff, 0x3f80_0000), (0x3f80_8000, 0x3f80_0000), (0x3f80_8001, 0x3f81_0000),
    (0x3f81_7fff, 0x3f81_0000), (0x3f81_8000, 0x3f82_0000), (0xbf81_8000, 0xbf82_0000),
    // Into the next binade.
    (0x3fff_8000, 0x4000_0000), (0xbfff_ffff, 0xc000_0000),
    // The greatest bfloat16, below half above it, and what overflows.
    (0x7f7f_0000, 0x7f7f_0000), (0x7f7f_7fff, 0x7f7f_0000), (0x7f7f_8000, 0x7f80_0000),
    (0xff7f_ffff, 0xff80_0000),
    // Infinities.
    (0x7f80_0000, 0x7f80_0000), (0xff80_0000, 0xff80_0000),
    // Denormal numbers; the greatest becomes the least normal one.
    (0x0000_7fff, 0x0000_0000), (0x0000_8000, 0x0000_0000), (0x0000_8001, 0x0001_0000),
    (0x8001_8000, 0x8002_0000), (0x007f_ffff, 0x0080_0000),
  ]
  /// NaN whose payload is in the upper and in the lower bits, quiet and signaling.
  private static let nans: [UInt32] = [
    0x7fc0_0000, 0xffc0_0000, 0x7f80_0001, 0xff80_ffff, 0x7fff_ffff, 0xffff_ffff, 0x7fbf_8000,
  ]

  private func kernels(_ kernels: Kernels) throws -> ck_gemm {
    try #require(ck_gemm_for(kernels.table, CK_F32, CK_PRECISION_BFLOAT16)).pointee
  }

  @Test func roundsToNearestAndHalfToEven() throws {
    for table in Kernels.all {
      let round = try #require(try kernels(table).round)
      for step in [1, 2, 3] {
        for count in [1, 5, Self.bits.count] {
          let numbers = Self.bits.prefix(count)
          var x = [UInt32](repeating: 0x7fc1_2345, count: count * step)
          for (i, (from, _)) in numbers.enumerated() { x[i * step] = from }
          var y = [UInt32](repeating: 77, count: count + 1)
          round(x, step, &y, count)
          #expect(y == numbers.map(\.1) + [77], "\(table), step \(step)")
        }
      }
      for (from, to) in Self.bits {
        #expect(Float(bitPattern: from).roundedToBFloat16.bitPattern == to)
      }
      // In place.
      var x = Self.bits.map(\.0)
      x.withUnsafeMutableBytes { round($0.baseAddress, 1, $0.baseAddress, Self.bits.count) }
      #expect(x == Self.bits.map(\.1), "\(table)")
    }
  }

  @Test func nanStaysNaN() throws {
    for table in Kernels.all {
      let round = try #require(try kernels(table).round)
      var y = [UInt32](repeating: 0, count: Self.nans.count)
      round(Self.nans, 1, &y, Self.nans.count)
      for (from, to) in zip(Self.nans, y) {
        #expect(Float(bitPattern: to).isNaN, "\(table), \(String(from, radix: 16))")
        #expect(to & 0xffff == 0 && to >> 31 == from >> 31)
      }
    }
  }

  @Test func randomBitsAgreeWithTheOracle() throws {
    var generator = RandomGenerator(seed: 3)
    let x = (0..<10_000).map { _ in UInt32(truncatingIfNeeded: generator.next()) }
      .filter { !Float(bitPattern: $0).isNaN }
    for table in Kernels.all {
      let round = try #require(try kernels(table).round)
      var y = [UInt32](repeating: 0, count: x.count)
      round(x, 1, &y, x.count)
      #expect(y == x.map { Float(bitPattern: $0).roundedToBFloat16.bitPattern }, "\(table)")
    }
  }

  @Test func float64IsNotRounded() throws {
    for table in Kernels.all {
      let loops = try #require(ck_gemm_for(table.table, CK_F64, CK_PRECISION_BFLOAT16)).pointee
      #expect(loops.round == nil)
    }
  }
}
