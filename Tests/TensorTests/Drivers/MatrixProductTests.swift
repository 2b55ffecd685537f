import CKernels
import Foundation
import TestSupport
import Testing

/// A matrix of random numbers, stored with any strides.
private struct Matrix {
  enum Layout: CaseIterable { case rows, columns, spread }

  let rows: Int
  let columns: Int
  let rowStride: Int
  let columnStride: Int
  let dtype: DType
  var memory: UnsafeMutableRawPointer

  init(
    _ rows: Int, _ columns: Int, _ layout: Layout, _ dtype: DType, _ numbers: inout RandomGenerator
  ) {
    (self.rows, self.columns, self.dtype) = (rows, columns, dtype)
    switch layout {
    case .rows: (rowStride, columnStride) = (columns, 1)
    case .columns: (rowStride, columnStride) = (1, rows)
    case .spread: (rowStride, columnStride) = (columns * 3 + 1, 2)
    }
    let count = max(1, rows * (rowStride + 1) + columns * (columnStride + 1))
    memory = .allocate(byteCount: count * dtype.byteCount, alignment: 8)
    for index in 0..<count {
      let value = numbers.uniform(in: -1..<1)
      if dtype == .float32 {
        memory.storeBytes(of: Float(value), toByteOffset: index * 4, as: Float.self)
      } else {
        memory.storeBytes(of: value, toByteOffset: index * 8, as: Double.self)
      }
    }
  }

  /// The matrix with its elements rounded to bfloat16, in the same places.
  func rounded() -> Matrix {
    var result = self
    let count = max(1, rows * (rowStride + 1) + columns * (columnStride + 1))
    result.memory = .allocate(byteCount: count * dtype.byteCount, alignment: 8)
    for index in 0..<count {
      let value = memory.load(fromByteOffset: index * 4, as: Float.self)
      result.memory.storeBytes(of: value.roundedToBFloat16, toByteOffset: index * 4, as: Float.self)
    }
    return result
  }

  subscript(i: Int, j: Int) -> Double {
    let index = i * rowStride + j * columnStride
    return dtype == .float32
      ? Double(memory.load(fromByteOffset: index * 4, as: Float.self))
      : memory.load(fromByteOffset: index * 8, as: Double.self)
  }
}

/// Compares the matrix product with a triple loop in `Double`: the kernels at the edges of their
/// tiles, and the driver for shapes that take each of its strategies.
struct MatrixProductTests {
  /// Expects every element of C to be that of A B, or of C before plus A B, within the error that
  /// rounding allows.
  private func compare(
    _ c: Matrix, before: [Double]?, sign: Double = 1, _ a: Matrix, _ b: Matrix, _ label: String
  ) {
    let epsilon = c.dtype == .float32 ? 0x1p-24 : 0x1p-53
    let inner = a.columns
    var worst = 0.0
    for i in 0..<c.rows {
      for j in 0..<c.columns {
        var sum = before?[i * c.columns + j] ?? 0
        var magnitude = abs(sum)
        for p in 0..<inner {
          let product = sign * a[i, p] * b[p, j]
          sum += product
          magnitude += abs(product)
        }
        // With random signs, errors grow like the square root of the number of terms.
        let allowed = epsilon * magnitude * (8 + Double(inner).squareRoot() / 4)
        worst = max(worst, abs(c[i, j] - sum) / max(allowed, .leastNormalMagnitude))
      }
    }
    #expect(worst <= 1, "\(label): \(worst) times the allowed error")
  }

  private func contents(_ matrix: Matrix) -> [UInt8] {
    let count = matrix.rows * matrix.columns * matrix.dtype.byteCount
    return [UInt8](UnsafeRawBufferPointer(start: matrix.memory, count: count))
  }

  @Test(arguments: [DType.float32, .float64])
  func kernelsAgreeWithTheOracleAtOddSizes(dtype: DType) throws {
    let sizes = [
      (1, 1, 1), (1, 17, 5), (5, 1, 9), (2, 33, 1), (14, 32, 8), (15, 33, 64), (6, 8, 4),
      (13, 31, 70),
      (29, 65, 3), (1, 300, 40), (3, 5, 0), (33, 17, 900),
    ]
    var numbers = RandomGenerator(seed: 21)
    for kernels in Kernels.all {
      let gemm = try #require(ck_gemm_for(kernels.table, dtype.code, CK_PRECISION_FLOAT32)).pointee
      for (m, n, k) in sizes {
        for layoutA in Matrix.Layout.allCases {
          for layoutB in Matrix.Layout.allCases {
            let a = Matrix(m, k, layoutA, dtype, &numbers)
            let b = Matrix(k, n, layoutB, dtype, &numbers)
            defer { [a, b].forEach { $0.memory.deallocate() } }
            for accumulate in [false, true] {
              let (packed, small) = (
                Matrix(m, n, .rows, dtype, &numbers), Matrix(m, n, .rows, dtype, &numbers)
              )
              defer { [packed, small].forEach { $0.memory.deallocate() } }
              small.memory.copyMemory(from: packed.memory, byteCount: m * n * dtype.byteCount)
              let before = accumulate ? (0..<m * n).map { packed[$0 / n, $0 % n] } : nil
              let label = "\(kernels) \(m)x\(n)x\(k) \(layoutA) \(layoutB) \(accumulate)"

              // Pack the panels of all blocks of k, as a driver would.
              let (mr, nr) = (Int(gemm.mr), Int(gemm.nr))
              let block = max(1, ck_gemm_block(k, gemm.kc))
              let room = (max(m, n) + mr + nr) * (block + 1) * dtype.byteCount
              let panelsA = UnsafeMutableRawPointer.allocate(byteCount: room, alignment: 64)
              let panelsB = UnsafeMutableRawPointer.allocate(byteCount: room, alignment: 64)
              defer { [panelsA, panelsB].forEach { $0.deallocate() } }
              for p in stride(from: 0, to: max(1, k), by: block) {
                let depth = min(block, k - p)
                let (rowA, columnA) = (a.rowStride, a.columnStride)
                gemm.pack_a(
                  a.memory + p * columnA * dtype.byteCount, rowA, columnA, m, depth, panelsA)
                gemm.pack_b(
                  b.memory + p * b.rowStride * dtype.byteCount, b.rowStride, b.columnStride, depth,
                  n,
                  panelsB)
                gemm.macro(
                  m, n, depth, panelsA, panelsB, packed.memory, n, accumulate || p > 0 ? 1 : 0)
              }
              compare(packed, before: before, a, b, "\(label), packed")

              if layoutB == .rows {
                gemm.small(
                  m, n, k, a.memory, a.rowStride, a.columnStride, b.memory, b.rowStride,
                  small.memory,
                  n, accumulate ? 1 : 0)
                #expect(contents(small) == contents(packed), "\(label): small and packed differ")
              }
              if layoutA == .rows && layoutB == .columns && n == 1 {
                gemm.matvec(
                  m, k, a.memory, a.rowStride, b.memory, small.memory, 1, accumulate ? 1 : 0)
                compare(small, before: before, a, b, "\(label), vector")
              }
            }
          }
        }
      }
    }
  }

  @Test func elementsDoNotDependOnTheirTile() throws {
    var numbers = RandomGenerator(seed: 22)
    for kernels in Kernels.all {
      for dtype in [DType.float32, .float64] {
        let gemm = try #require(ck_gemm_for(kernels.table, dtype.code, CK_PRECISION_FLOAT32))
          .pointee
        let (m, n, k) = (47, 83, 29)
        let a = Matrix(m, k, .rows, dtype, &numbers)
        let b = Matrix(k, n, .rows, dtype, &numbers)
        let whole = Matrix(m, n, .rows, dtype, &numbers)
        let single = Matrix(1, 1, .rows, dtype, &numbers)
        defer { [a, b, whole, single].forEach { $0.memory.deallocate() } }
        gemm.small(m, n, k, a.memory, k, 1, b.memory, n, whole.memory, n, 0)
        for i in 0..<m {
          for j in 0..<n {
            gemm.small(
              1, 1, k, a.memory + i * k * dtype.byteCount, k, 1, b.memory + j * dtype.byteCount, n,
              single.memory, 1, 0)
            #expect(single[0, 0] == whole[i, j], "\(kernels) element \(i), \(j)")
          }
        }
      }
    }
  }

  /// Shapes for each strategy of the driver: vectors, direct, through the transpose, packed, in
  /// tasks.
  private static let shapes = [
    (1, 1, 1), (1, 1, 200), (4, 3, 0), (97, 103, 101), (1, 300, 200), (300, 1, 200), (300, 1, 7),
    (1, 50, 3), (250, 7, 1), (33, 17, 65), (5, 120, 150), (64, 64, 64), (200, 150, 120),
    (150, 400, 30), (75, 5, 300), (4, 8, 261),
  ]

  @Test(arguments: InstructionSet.available)
  func anyShapeAndLayoutAgreesWithTheOracle(set: InstructionSet) {
    var numbers = RandomGenerator(seed: 23)
    withInstructionSet(set) {
      for dtype in [DType.float32, .float64] {
        for (m, n, k) in Self.shapes {
          for layoutA in Matrix.Layout.allCases {
            for layoutB in Matrix.Layout.allCases {
              for update in [MatrixProduct.Update.set, .add, .subtract] {
                let a = Matrix(m, k, layoutA, dtype, &numbers)
                let b = Matrix(k, n, layoutB, dtype, &numbers)
                let c = Matrix(m, n, .rows, dtype, &numbers)
                defer { [a, b, c].forEach { $0.memory.deallocate() } }
                let before = update == .set ? nil : (0..<m * n).map { c[$0 / n, $0 % n] }
                multiply(a, b, into: c, update)
                compare(
                  c, before: before, sign: update == .subtract ? -1 : 1, a, b,
                  "\(dtype) \(m)x\(n)x\(k) \(layoutA) \(layoutB) \(update)")
              }
            }
          }
        }
      }
    }
  }

  /// The bound is that of float32 for products of the rounded operands, computed in float64.
  @Test(arguments: InstructionSet.available)
  func productsInBFloat16AgreeWithThoseOfRoundedOperands(set: InstructionSet) {
    var numbers = RandomGenerator(seed: 26)
    withInstructionSet(set) {
      for (m, n, k) in Self.shapes + [(1, 40, 6000), (40, 1, 6000)] {
        for layoutA in Matrix.Layout.allCases {
          for layoutB in Matrix.Layout.allCases {
            for update in [MatrixProduct.Update.set, .add, .subtract] {
              let a = Matrix(m, k, layoutA, .float32, &numbers)
              let b = Matrix(k, n, layoutB, .float32, &numbers)
              let (roundedA, roundedB) = (a.rounded(), b.rounded())
              let c = Matrix(m, n, .rows, .float32, &numbers)
              defer { [a, b, c, roundedA, roundedB].forEach { $0.memory.deallocate() } }
              let before = update == .set ? nil : (0..<m * n).map { c[$0 / n, $0 % n] }
              withMatmulPrecision(.bfloat16) { multiply(a, b, into: c, update) }
              compare(
                c, before: before, sign: update == .subtract ? -1 : 1, roundedA, roundedB,
                "\(m)x\(n)x\(k) \(layoutA) \(layoutB) \(update)")
            }
          }
        }
      }
    }
  }

  /// Pairs of bfloat16, by the operations that an instruction of AVX-512 BF16 has, are summed in
  /// the order of k: in blocks of the same depth the bits are those of rounded floats.
  @Test func productsOfPairsAreThoseOfRoundedOperands() throws {
    var numbers = RandomGenerator(seed: 27)
    let pairs = try #require(ck_gemm_of_emulated_pairs())
    #expect(pairs.pointee.unit == 2 && pairs.pointee.kc % 2 == 0)
    let small = Self.shapes.filter { $0 * $1 * $2 < 1 << 18 }
    for (m, n, k) in small + [(30, 40, 1301), (9, 30, 513), (90, 80, 70), (31, 40, 1)] {
      for layoutA in Matrix.Layout.allCases {
        for layoutB in Matrix.Layout.allCases {
          for update in [MatrixProduct.Update.set, .add, .subtract] {
            let a = Matrix(m, k, layoutA, .float32, &numbers)
            let b = Matrix(k, n, layoutB, .float32, &numbers)
            let (roundedA, roundedB) = (a.rounded(), b.rounded())
            let c = Matrix(m, n, .rows, .float32, &numbers)
            let d = Matrix(m, n, .rows, .float32, &numbers)
            defer { [a, b, c, d, roundedA, roundedB].forEach { $0.memory.deallocate() } }
            d.memory.copyMemory(from: c.memory, byteCount: m * n * 4)
            let before = update == .set ? nil : (0..<m * n).map { c[$0 / n, $0 % n] }
            multiply(a, b, into: c, update, kernels: pairs)
            let label = "\(m)x\(n)x\(k) \(layoutA) \(layoutB) \(update)"
            compare(
              c, before: before, sign: update == .subtract ? -1 : 1, roundedA, roundedB, label)
            withInstructionSet(.baseline) {
              withMatmulPrecision(.bfloat16) { multiply(a, b, into: d, update) }
            }
            if k <= pairs.pointee.kc / 2 { #expect(contents(c) == contents(d), "\(label)") }
          }
        }
      }
    }
  }

  @Test(arguments: InstructionSet.available, MatmulPrecision.allCases)
  func anyNumberOfThreadsGivesTheSameBits(set: InstructionSet, precision: MatmulPrecision) {
    var numbers = RandomGenerator(seed: 24)
    withInstructionSet(set) {
      for (m, n, k) in [
        (400, 390, 410), (64, 512, 784), (700, 1, 5000), (1, 700, 5000), (200, 150, 120),
        (1, 1, 300_001), (3, 5, 80_001),
      ] {
        for layoutB in Matrix.Layout.allCases {
          let a = Matrix(m, k, .rows, .float32, &numbers)
          let b = Matrix(k, n, layoutB, .float32, &numbers)
          let c = Matrix(m, n, .rows, .float32, &numbers)
          defer { [a, b, c].forEach { $0.memory.deallocate() } }
          var results: [[UInt8]] = []
          for threads in 1...3 {
            withThreads(threads) {
              withMatmulPrecision(precision) { multiply(a, b, into: c) }
            }
            results.append(contents(c))
          }
          #expect(results[1] == results[0] && results[2] == results[0], "\(m)x\(n)x\(k) \(layoutB)")
        }
      }
    }
  }

  /// Products whose depth is cut into tasks: of vectors, of rows and columns, of small matrices.
  @Test(arguments: InstructionSet.available)
  func deepProductsAgreeWithTheOracle(set: InstructionSet) {
    var numbers = RandomGenerator(seed: 27)
    withInstructionSet(set) {
      for (m, n, k) in [(1, 1, 300_001), (1, 7, 200_003), (7, 1, 200_003), (3, 5, 80_001)] {
        for update in [MatrixProduct.Update.set, .add, .subtract] {
          let a = Matrix(m, k, m == 7 ? .columns : .rows, .float32, &numbers)
          let b = Matrix(k, n, .rows, .float32, &numbers)
          let c = Matrix(m, n, .rows, .float32, &numbers)
          defer { [a, b, c].forEach { $0.memory.deallocate() } }
          let before = update == .set ? nil : (0..<m * n).map { c[$0 / n, $0 % n] }
          multiply(a, b, into: c, update)
          compare(
            c, before: before, sign: update == .subtract ? -1 : 1, a, b, "\(m)x\(n)x\(k) \(update)")
        }
      }
    }
  }

  /// Few columns, as sums along rows of A and columns of B, and one more than that.
  @Test(arguments: InstructionSet.available)
  func narrowProductsAgreeWithTheOracle(set: InstructionSet) {
    var numbers = RandomGenerator(seed: 28)
    withInstructionSet(set) {
      for (m, n, k) in [
        (4, 2, 256), (33, 8, 300), (5, 9, 257), (150, 13, 1000), (7, 16, 256), (9, 17, 300),
      ] {
        for layout in [Matrix.Layout.rows, .columns] {
          let a = Matrix(m, k, .rows, .float32, &numbers)
          let b = Matrix(k, n, layout, .float32, &numbers)
          let c = Matrix(m, n, .rows, .float32, &numbers)
          defer { [a, b, c].forEach { $0.memory.deallocate() } }
          multiply(a, b, into: c)
          compare(c, before: nil, sign: 1, a, b, "\(m)x\(n)x\(k) \(layout)")
        }
      }
    }
  }

  @Test(arguments: InstructionSet.available)
  func largeProductsAgreeWithProductsOfVectors(set: InstructionSet) {
    var numbers = RandomGenerator(seed: 25)
    withInstructionSet(set) {
      // Rows 4096 bytes apart, and enough work to pack both operands and cut rows and columns.
      let (m, n, k) = (450, 1024, 500)
      let a = Matrix(m, k, .rows, .float32, &numbers)
      let b = Matrix(k, n, .rows, .float32, &numbers)
      let c = Matrix(m, n, .rows, .float32, &numbers)
      defer { [a, b, c].forEach { $0.memory.deallocate() } }
      multiply(a, b, into: c)
      // A (B x) = (A B) x, in Double.
      let x = numbers.doubles(n, in: -1..<1)
      let bx = (0..<k).map { p in (0..<n).reduce(0.0) { $0 + b[p, $1] * x[$1] } }
      for i in 0..<m {
        let expected = (0..<k).reduce(0.0) { $0 + a[i, $1] * bx[$1] }
        let got = (0..<n).reduce(0.0) { $0 + c[i, $1] * x[$1] }
        #expect(abs(got - expected) < 1e-4 * Double(k * n).squareRoot().squareRoot(), "row \(i)")
      }
    }
  }

  private func multiply(
    _ a: Matrix, _ b: Matrix, into c: Matrix, _ update: MatrixProduct.Update = .set,
    kernels: UnsafePointer<ck_gemm>? = nil
  ) {
    MatrixProduct.multiply(
      dtype: c.dtype, m: c.rows, n: c.columns, k: a.columns, a: a.memory, aRow: a.rowStride,
      aColumn: a.columnStride, b: b.memory, bRow: b.rowStride, bColumn: b.columnStride, c: c.memory,
      cRow: c.columns, update: update, kernels: kernels)
  }
}
