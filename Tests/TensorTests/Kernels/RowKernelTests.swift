import CKernels
import Foundation
import Testing

// Normalisation and cross-entropy along rows against plain loops in Double, for each instruction set.

@Suite("Row kernels")
struct RowKernelTests {
  private static let rows = 3
  private static let columnCounts = [1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 33, 64, 100, 257, 1000]

  /// Numbers as a kernel sees them: of one of the two floating-point types.
  private struct Numbers {
    let dtype: ck_dtype
    var bytes: [UInt8]

    init(_ values: [Double], _ dtype: ck_dtype) {
      self.dtype = dtype
      bytes =
        dtype == CK_F32
        ? TensorTests.bytes(values.map(Float.init)) : TensorTests.bytes(values)
    }

    var values: [Double] {
      bytes.withUnsafeBytes {
        dtype == CK_F32
          ? $0.bindMemory(to: Float.self).map(Double.init) : Array($0.bindMemory(to: Double.self))
      }
    }
  }

  /// Expects that numbers are close, and that one more behind them has been left as it was.
  private func check(
    _ actual: Numbers, _ expected: [Double], _ tolerance: Double, _ text: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let values = actual.values
    guard values.count == expected.count + 1 else {
      Issue.record("\(text): \(values.count) numbers", sourceLocation: sourceLocation)
      return
    }
    for (i, e) in expected.enumerated() where !(abs(values[i] - e) <= tolerance * (1 + abs(e))) {
      Issue.record(
        "\(text): element \(i) is \(values[i]), not \(e)", sourceLocation: sourceLocation)
      return
    }
    #expect(values[expected.count] == 77, "\(text): wrote behind the end")
  }

  // MARK: Normalisation

  private struct Norm {
    var isCentered: Bool
    var hasBias: Bool
    var epsilon: Double

    func value(_ x: [Double], _ weight: [Double], _ bias: [Double]) -> [Double] {
      let z = normalized(x).z
      return x.indices.map { z[$0] * weight[$0] + (hasBias ? bias[$0] : 0) }
    }

    func normalized(_ x: [Double]) -> (z: [Double], scale: Double) {
      let count = Double(x.count)
      let mean = isCentered ? x.reduce(0, +) / count : 0
      let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
      let scale = 1 / (variance + epsilon).squareRoot()
      return (x.map { ($0 - mean) * scale }, scale)
    }

    /// Σ over outputs i of dy[i] · ∂y[i]/∂x[j], from the derivative of each output.
    func gradient(_ dy: [Double], _ x: [Double], _ weight: [Double]) -> [Double] {
      let (z, scale) = normalized(x)
      let count = Double(x.count)
      return x.indices.map { j in
        var sum = 0.0
        for i in x.indices {
          let slope = (i == j ? 1 : 0) - (isCentered ? 1 / count : 0) - z[i] * z[j] / count
          sum += dy[i] * weight[i] * scale * slope
        }
        return sum
      }
    }
  }

  private static let norms = [
    Norm(isCentered: true, hasBias: true, epsilon: 1e-5),
    Norm(isCentered: true, hasBias: false, epsilon: 0.5),
    Norm(isCentered: false, hasBias: false, epsilon: 1e-6),
    Norm(isCentered: false, hasBias: true, epsilon: 0.5),
  ]

  @Test("normalisation", arguments: [CK_F32, CK_F64].map(\.rawValue))
  func normalisation(code: UInt32) throws {
    let dtype = ck_dtype(code)
    for kernels in Kernels.all {
      let forward = try #require(ck_norm(kernels.table, dtype))
      for columns in Self.columnCounts {
        for norm in Self.norms {
          let (x, weight, bias, _) = inputs(columns, dtype)
          var y = Numbers([Double](repeating: 5, count: Self.rows * columns) + [77], dtype)
          forward(
            x.bytes, weight.bytes, norm.hasBias ? bias.bytes : nil, &y.bytes, Self.rows, columns,
            norm.isCentered ? 1 : 0, norm.epsilon)
          let expected = (0..<Self.rows).flatMap {
            norm.value(row($0, of: x.values, columns), weight.values, bias.values)
          }
          check(
            y, expected, tolerance(norm, x.values, columns, dtype),
            "\(kernels), \(columns) columns, \(norm)")
        }
      }
    }
  }

  @Test("the gradients of normalisation", arguments: [CK_F32, CK_F64].map(\.rawValue))
  func normalisationGradient(code: UInt32) throws {
    let dtype = ck_dtype(code)
    for kernels in Kernels.all {
      let backward = try #require(ck_norm_grad(kernels.table, dtype))
      for columns in Self.columnCounts {
        for norm in Self.norms {
          let (x, weight, before, dy) = inputs(columns, dtype)
          var dx = Numbers([Double](repeating: 5, count: Self.rows * columns) + [77], dtype)
          // The gradients of weight and bias are added to what is there.
          var dWeight = Numbers(before.values + [77], dtype)
          var dBias = Numbers(before.values + [77], dtype)
          if norm.hasBias {
            backward(
              dy.bytes, x.bytes, weight.bytes, &dx.bytes, &dWeight.bytes, &dBias.bytes, Self.rows,
              columns, norm.isCentered ? 1 : 0, norm.epsilon)
          } else {
            backward(
              dy.bytes, x.bytes, weight.bytes, &dx.bytes, &dWeight.bytes, nil, Self.rows, columns,
              norm.isCentered ? 1 : 0, norm.epsilon)
          }
          var (expectedDX, expectedWeight, expectedBias) = (
            [Double](), before.values, before.values
          )
          for i in 0..<Self.rows {
            let (rowDY, rowX) = (row(i, of: dy.values, columns), row(i, of: x.values, columns))
            expectedDX += norm.gradient(rowDY, rowX, weight.values)
            let z = norm.normalized(rowX).z
            for j in 0..<columns {
              expectedWeight[j] += rowDY[j] * z[j]
              if norm.hasBias { expectedBias[j] += rowDY[j] }
            }
          }
          let bound = tolerance(norm, x.values, columns, dtype)
          let text = "\(kernels), \(columns) columns, \(norm)"
          check(dx, expectedDX, bound * 4, "dx, \(text)")
          check(dWeight, expectedWeight, bound, "dWeight, \(text)")
          check(dBias, expectedBias, bound, "dBias, \(text)")
        }
      }
    }
  }

  @Test("the variance of numbers far from 0 is of their deviations")
  func farFromZero() throws {
    for kernels in Kernels.all {
      let forward = try #require(ck_norm(kernels.table, CK_F32))
      for columns in [2, 16, 34] {
        // The squares alone would leave no digit of the variance, 1.
        let x = (0..<columns).map { Float(1_000_000 + ($0 % 2 == 0 ? 1 : -1)) }
        let weight = [Float](repeating: 1, count: columns)
        var y = [Float](repeating: 7, count: columns)
        forward(x, weight, nil, &y, 1, columns, 1, 0)
        for (j, value) in y.enumerated() {
          #expect(abs(value - (j % 2 == 0 ? 1 : -1)) < 1e-6, "\(kernels), \(columns) columns")
        }
      }
    }
  }

  private func inputs(
    _ columns: Int, _ dtype: ck_dtype
  ) -> (x: Numbers, weight: Numbers, bias: Numbers, dy: Numbers) {
    var numbers = SeededNumbers(UInt64(columns))
    let count = Self.rows * columns
    // float32 numbers, so that both types compute from the same.
    func random(_ count: Int, _ low: Double, _ high: Double) -> Numbers {
      Numbers(numbers.floats(count, low, high).map(Double.init), dtype)
    }
    return (
      random(count, -1, 4), random(columns, -2, 2), random(columns, -1, 1), random(count, -1, 1)
    )
  }

  private func row(_ i: Int, of values: [Double], _ columns: Int) -> [Double] {
    Array(values[i * columns..<(i + 1) * columns])
  }

  /// Roundings of x count as many times as the scale is large.
  private func tolerance(
    _ norm: Norm, _ x: [Double], _ columns: Int, _ dtype: ck_dtype
  ) -> Double {
    let scales = (0..<Self.rows).map { norm.normalized(row($0, of: x, columns)).scale }
    let unit = dtype == CK_F32 ? 1e-6 : 4e-15
    return unit * max(1, scales.max() ?? 1)
  }

  // MARK: Cross-entropy

  /// The logarithm ln Σ eˣ without overflow.
  private func logSum(_ x: [Double]) -> Double {
    let top = x.max() ?? 0
    return top + log(x.reduce(0) { $0 + exp($1 - top) })
  }

  @Test("cross-entropy and its gradient", arguments: [CK_F32, CK_F64].map(\.rawValue))
  func crossEntropy(code: UInt32) throws {
    let dtype = ck_dtype(code)
    let unit = dtype == CK_F32 ? 1e-6 : 1e-14
    for kernels in Kernels.all {
      let forward = try #require(ck_cross_entropy(kernels.table, dtype))
      let backward = try #require(ck_cross_entropy_grad(kernels.table, dtype))
      for columns in Self.columnCounts {
        var numbers = SeededNumbers(UInt64(columns))
        let x = Numbers(
          numbers.floats(Self.rows * columns, -10, 10).map(Double.init), dtype)
        let dLosses = Numbers(numbers.floats(Self.rows, -2, 2).map(Double.init), dtype)
        // The first class, the last and one between.
        let labels = [0, columns - 1, columns / 2].map(Int32.init)
        var losses = Numbers([Double](repeating: 5, count: Self.rows) + [77], dtype)
        var dx = Numbers([Double](repeating: 5, count: Self.rows * columns) + [77], dtype)
        forward(x.bytes, labels, &losses.bytes, Self.rows, columns)
        backward(dLosses.bytes, x.bytes, labels, &dx.bytes, Self.rows, columns)
        var (expectedLosses, expectedDX) = ([Double](), [Double]())
        for i in 0..<Self.rows {
          let x = row(i, of: x.values, columns)
          let label = Int(labels[i])
          expectedLosses.append(logSum(x) - x[label])
          for j in 0..<columns {
            let slope = exp(x[j] - logSum(x)) - (j == label ? 1 : 0)
            expectedDX.append(dLosses.values[i] * slope)
          }
        }
        let text = "\(kernels), \(columns) columns"
        check(losses, expectedLosses, unit, "losses, \(text)")
        check(dx, expectedDX, unit, "dx, \(text)")
      }
    }
  }

  @Test("cross-entropy of large, infinite and undefined numbers")
  func crossEntropySpecialValues() throws {
    for kernels in Kernels.all {
      let forward = try #require(ck_cross_entropy(kernels.table, CK_F32))
      let backward = try #require(ck_cross_entropy_grad(kernels.table, CK_F32))
      for columns in [3, 16, 40] {
        // Equal large numbers; all but the label impossible; the label impossible; a NaN.
        var x = [Float](repeating: 1e4, count: columns)
        x += [Float](repeating: -.infinity, count: columns)
        x[columns + 1] = -1e4
        x += [Float](repeating: 0, count: 2 * columns)
        x[2 * columns + 1] = -.infinity
        x[4 * columns - 1] = .nan
        var losses = [Float](repeating: 7, count: 4)
        forward(x, [1, 1, 1, 1] as [Int32], &losses, 4, columns)
        #expect(abs(losses[0] - Float(log(Double(columns)))) < 1e-6, "\(kernels)")
        #expect(losses[1] == 0 && losses[2] == .infinity && losses[3].isNaN, "\(kernels)")
        var dx = [Float](repeating: 7, count: x.count)
        backward([1, 1, 1, 1] as [Float], x, [1, 1, 1, 1] as [Int32], &dx, 4, columns)
        for j in 0..<columns {
          let share = 1 / Float(columns) - (j == 1 ? 1 : 0)
          #expect(abs(dx[j] - share) < 1e-6, "\(kernels)")
          #expect(dx[columns + j] == 0, "\(kernels)")
          let others = j == 1 ? -1 : 1 / Float(columns - 1)
          #expect(abs(dx[2 * columns + j] - others) < 1e-6, "\(kernels)")
          #expect(dx[3 * columns + j].isNaN, "\(kernels)")
        }
      }
    }
  }
}
