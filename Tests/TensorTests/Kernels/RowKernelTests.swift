import CKernels
import Foundation
import TestSupport
import Testing

/// Compares normalization, cross-entropy and softmax along rows with plain loops in `Double`.

struct RowKernelTests {
  private static let rows = 3
  private static let columnCounts = [1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 33, 64, 100, 257, 1000]

  /// Expects numbers to be close, and one more after them to be unchanged.
  private func check(
    _ actual: KernelNumbers, _ expected: [Double], _ tolerance: Double, _ text: String,
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
    #expect(values[expected.count] == 77, "\(text): wrote past the end")
  }

  // MARK: Normalization

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

    /// Returns Σ dy[i] · ∂y[i]/∂x[j] over the outputs i, from the derivative of each output.
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

  @Test(arguments: [CK_F32, CK_F64].map(\.rawValue))
  func normsAgreeWithTheOracle(code: UInt32) throws {
    let dtype = ck_dtype(code)
    for kernels in Kernels.all {
      let forward = try #require(ck_norm(kernels.table, dtype))
      for columns in Self.columnCounts {
        for norm in Self.norms {
          let (x, weight, bias, _) = inputs(columns, dtype)
          var y = KernelNumbers([Double](repeating: 5, count: Self.rows * columns) + [77], dtype)
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

  @Test(arguments: [CK_F32, CK_F64].map(\.rawValue))
  func gradientsOfNormsAgreeWithTheOracle(code: UInt32) throws {
    let dtype = ck_dtype(code)
    for kernels in Kernels.all {
      let backward = try #require(ck_norm_grad(kernels.table, dtype))
      for columns in Self.columnCounts {
        for norm in Self.norms {
          let (x, weight, before, dy) = inputs(columns, dtype)
          var dx = KernelNumbers([Double](repeating: 5, count: Self.rows * columns) + [77], dtype)
          // The gradients of weight and bias are added to the previous values.
          var dWeight = KernelNumbers(before.values + [77], dtype)
          var dBias = KernelNumbers(before.values + [77], dtype)
          if norm.hasBias {
            backward(
              dy.bytes, columns, x.bytes, weight.bytes, &dx.bytes, &dWeight.bytes, &dBias.bytes,
              Self.rows, columns, norm.isCentered ? 1 : 0, norm.epsilon)
          } else {
            backward(
              dy.bytes, columns, x.bytes, weight.bytes, &dx.bytes, &dWeight.bytes, nil, Self.rows,
              columns, norm.isCentered ? 1 : 0, norm.epsilon)
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

  @Test func theVarianceOfNumbersFarFromZeroIsAccurate() throws {
    for kernels in Kernels.all {
      let forward = try #require(ck_norm(kernels.table, CK_F32))
      for columns in [2, 16, 34] {
        // The mean of squares minus the squared mean would have no correct digit of the variance,
        // 1.
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
  ) -> (x: KernelNumbers, weight: KernelNumbers, bias: KernelNumbers, dy: KernelNumbers) {
    var numbers = RandomGenerator(seed: UInt64(columns))
    let count = Self.rows * columns
    // Rounded to float32, so that both types start from the same numbers.
    func random(_ count: Int, _ low: Double, _ high: Double) -> KernelNumbers {
      KernelNumbers(numbers.floats(count, in: low..<high).map(Double.init), dtype)
    }
    return (
      random(count, -1, 4), random(columns, -2, 2), random(columns, -1, 1), random(count, -1, 1)
    )
  }

  private func row(_ i: Int, of values: [Double], _ columns: Int) -> [Double] {
    Array(values[i * columns..<(i + 1) * columns])
  }

  /// Returns the allowed error, in which the rounding of x counts in proportion to the scale.
  private func tolerance(
    _ norm: Norm, _ x: [Double], _ columns: Int, _ dtype: ck_dtype
  ) -> Double {
    let scales = (0..<Self.rows).map { norm.normalized(row($0, of: x, columns)).scale }
    let unit = dtype == CK_F32 ? 1e-6 : 4e-15
    return unit * max(1, scales.max() ?? 1)
  }

  // MARK: Cross-entropy

  /// Returns ln Σ eˣ without overflow.
  private func logSum(_ x: [Double]) -> Double {
    let top = x.max() ?? 0
    return top + log(x.reduce(0) { $0 + exp($1 - top) })
  }

  @Test(arguments: [CK_F32, CK_F64].map(\.rawValue))
  func crossEntropyAgreesWithTheOracle(code: UInt32) throws {
    let dtype = ck_dtype(code)
    let unit = dtype == CK_F32 ? 1e-6 : 1e-14
    for kernels in Kernels.all {
      let forward = try #require(ck_cross_entropy(kernels.table, dtype))
      let backward = try #require(ck_cross_entropy_grad(kernels.table, dtype))
      for columns in Self.columnCounts {
        var numbers = RandomGenerator(seed: UInt64(columns))
        let x = KernelNumbers(
          numbers.floats(Self.rows * columns, in: -10..<10).map(Double.init), dtype)
        let dLosses = KernelNumbers(numbers.floats(Self.rows, in: -2..<2).map(Double.init), dtype)
        // The first class, the last and one between.
        let labels = [0, columns - 1, columns / 2].map(Int32.init)
        var losses = KernelNumbers([Double](repeating: 5, count: Self.rows) + [77], dtype)
        var dx = KernelNumbers([Double](repeating: 5, count: Self.rows * columns) + [77], dtype)
        let smoothing = columns % 2 == 0 ? 0 : 0.3
        forward(x.bytes, labels, &losses.bytes, Self.rows, columns, smoothing)
        backward(dLosses.bytes, x.bytes, labels, &dx.bytes, Self.rows, columns, smoothing)
        var (expectedLosses, expectedDX) = ([Double](), [Double]())
        for i in 0..<Self.rows {
          let x = row(i, of: x.values, columns)
          let label = Int(labels[i])
          let share = smoothing / Double(columns)
          let mean = x.reduce(0, +) / Double(columns)
          expectedLosses.append(logSum(x) - (1 - smoothing) * x[label] - smoothing * mean)
          for j in 0..<columns {
            let slope = exp(x[j] - logSum(x)) - (j == label ? 1 - smoothing : 0) - share
            expectedDX.append(dLosses.values[i] * slope)
          }
        }
        let text = "\(kernels), \(columns) columns"
        check(losses, expectedLosses, unit, "losses, \(text)")
        check(dx, expectedDX, unit, "dx, \(text)")
      }
    }
  }

  @Test func crossEntropyHandlesLargeNumbersInfinitiesAndNaN() throws {
    for kernels in Kernels.all {
      let forward = try #require(ck_cross_entropy(kernels.table, CK_F32))
      let backward = try #require(ck_cross_entropy_grad(kernels.table, CK_F32))
      for columns in [3, 16, 40] {
        // Equal large numbers; only the label possible; the label impossible; a NaN.
        var x = [Float](repeating: 1e4, count: columns)
        x += [Float](repeating: -.infinity, count: columns)
        x[columns + 1] = -1e4
        x += [Float](repeating: 0, count: 2 * columns)
        x[2 * columns + 1] = -.infinity
        x[4 * columns - 1] = .nan
        var losses = [Float](repeating: 7, count: 4)
        forward(x, [1, 1, 1, 1] as [Int32], &losses, 4, columns, 0)
        #expect(abs(losses[0] - Float(log(Double(columns)))) < 1e-6, "\(kernels)")
        #expect(losses[1] == 0 && losses[2] == .infinity && losses[3].isNaN, "\(kernels)")
        var dx = [Float](repeating: 7, count: x.count)
        backward([1, 1, 1, 1] as [Float], x, [1, 1, 1, 1] as [Int32], &dx, 4, columns, 0)
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

  // MARK: Softmax

  private func softmax(_ x: [Double]) -> [Double] {
    let top = x.max() ?? 0
    let e = x.map { exp($0 - top) }
    let sum = e.reduce(0, +)
    return e.map { $0 / sum }
  }

  @Test(arguments: [CK_F32, CK_F64].map(\.rawValue))
  func softmaxAndLogSoftmaxAgreeWithTheOracle(code: UInt32) throws {
    let dtype = ck_dtype(code)
    let tolerance = dtype == CK_F32 ? 4e-7 : 1e-14
    func store(_ values: [Double]) -> [UInt8] { KernelNumbers(values, dtype).bytes }
    func load(_ stored: [UInt8]) -> [Double] {
      var numbers = KernelNumbers([], dtype)
      numbers.bytes = stored
      return numbers.values
    }
    for kernels in Kernels.all {
      let forward = try #require(ck_rows(kernels.table, CK_ROWS_SOFTMAX, dtype))
      let backward = try #require(ck_rows_grad(kernels.table, CK_ROWS_SOFTMAX, dtype))
      let logForward = try #require(ck_rows(kernels.table, CK_ROWS_LOG_SOFTMAX, dtype))
      let logBackward = try #require(ck_rows_grad(kernels.table, CK_ROWS_LOG_SOFTMAX, dtype))
      for columns in [1, 2, 3, 4, 7, 8, 10, 15, 16, 17, 33, 64, 100, 300, 5000] {
        let count = 3 * columns
        var numbers = RandomGenerator(seed: UInt64(columns))
        let x = load(store(numbers.doubles(count, in: -20..<20)))
        let dy = load(store(numbers.doubles(count, in: -1..<1)))
        var (y, dx) = (store(x), store(x))
        var (logY, logDX) = (store(x), store(x))
        // Forward in place, backward over the incoming gradient.
        forward(y, &y, 3, columns)
        logForward(logY, &logY, 3, columns)
        dx = store(dy)
        logDX = store(dy)
        backward(dx, columns, y, &dx, 3, columns)
        logBackward(logDX, columns, logY, &logDX, 3, columns)
        let (gotY, gotDX, gotLogY, gotLogDX) = (load(y), load(dx), load(logY), load(logDX))
        for row in 0..<3 {
          let range = row * columns..<(row + 1) * columns
          let expected = softmax(Array(x[range]))
          let top = x[range].max() ?? 0
          // The gradients are functions of the outputs of the kernels.
          let dot = zip(dy[range], gotY[range]).reduce(0) { $0 + $1.0 * $1.1 }
          let sum = dy[range].reduce(0, +)
          let sumScale = dy[range].reduce(1) { $0 + abs($1) }
          for j in 0..<columns {
            let index = range.lowerBound + j
            // The exponential magnifies the rounding of the difference from the maximum.
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

  @Test func softmaxHandlesInfinitiesAndNaN() throws {
    for kernels in Kernels.all {
      let forward = try #require(ck_rows(kernels.table, CK_ROWS_SOFTMAX, CK_F32))
      let logForward = try #require(ck_rows(kernels.table, CK_ROWS_LOG_SOFTMAX, CK_F32))
      for columns in [3, 16, 40] {
        var x = [Float](repeating: -.infinity, count: 3 * columns)
        // One finite element; none; a NaN.
        x[1] = 5
        x[2 * columns] = .nan
        var y = [Float](repeating: 7, count: x.count)
        forward(x, &y, 3, columns)
        #expect(y[..<columns] == ([0, 1] + [Float](repeating: 0, count: columns - 2))[...])
        #expect(y[columns...].allSatisfy { $0.isNaN })
        logForward(x, &y, 3, columns)
        #expect(y[1] == 0 && y[0] == -.infinity && y[2..<columns].allSatisfy { $0 == -.infinity })
        #expect(y[columns...].allSatisfy { $0.isNaN })
        // Very large elements do not overflow.
        x = [Float](repeating: 3e38, count: columns)
        y = x
        forward(x, &y, 1, columns)
        #expect(y.allSatisfy { abs($0 * Float(columns) - 1) < 1e-6 })
      }
    }
  }

  // MARK: Columns

  /// The numbers of a matrix, column by column.
  private func turned(_ x: [Double], rows: Int) -> [[Double]] {
    let columns = x.count / rows
    return (0..<columns).map { column in (0..<rows).map { x[$0 * columns + column] } }
  }

  /// Gradients of a product, or of cumulative products, by the definition.
  private func productGradient(_ dy: [Double], _ x: [Double], isCumulative: Bool) -> [Double] {
    x.indices.map { i in
      (isCumulative ? Array(i..<x.count) : [x.count - 1]).reduce(0) { sum, end in
        let others = (0...end).filter { $0 != i }.reduce(1) { $0 * x[$1] }
        return sum + (isCumulative ? dy[end] : dy[0]) * others
      }
    }
  }

  @Test(arguments: [CK_F32, CK_F64].map(\.rawValue), [1, 2, 3, 4, 5, 16, 17, 33, 100])
  func columnsAgreeWithTheOracle(code: UInt32, rows: Int) throws {
    let dtype = ck_dtype(code)
    let tolerance = dtype == CK_F32 ? 4e-7 : 1e-14
    let columns = 3 * Int(CK_STRIP)
    var numbers = RandomGenerator(seed: UInt64(rows))
    // Zeros among the factors.
    let values = numbers.doubles(rows * columns, in: -1.5..<1.5).map { abs($0) < 0.05 ? 0 : $0 }
    let x = KernelNumbers(values.map { $0 * 8 }, dtype), factors = KernelNumbers(values, dtype)
    let dy = KernelNumbers(numbers.doubles(rows * columns, in: -1..<1), dtype)
    var scratch = [Double](repeating: .nan, count: rows * Int(CK_STRIP))
    for kernels in Kernels.all {
      /// Checks each column of a result in units of the greatest expected number.
      func check(_ bytes: [UInt8], _ expected: [[Double]], _ text: String) {
        var result = KernelNumbers([], dtype)
        result.bytes = bytes
        for (got, expected) in zip(turned(result.values, rows: rows), expected) {
          let scale = expected.reduce(1) { Swift.max($0, abs($1)) } * 16
          for (a, b) in zip(got, expected) {
            #expect(abs(a - b) <= tolerance * scale, "\(kernels), \(rows) rows, \(text)")
          }
        }
      }
      for isLogarithm in [false, true] {
        let op = isLogarithm ? CK_ROWS_LOG_SOFTMAX : CK_ROWS_SOFTMAX
        let forward = try #require(ck_columns(kernels.table, op, dtype))
        let backward = try #require(ck_columns_grad(kernels.table, op, dtype))
        var y = x
        forward(y.bytes, &y.bytes, rows, columns)
        check(
          y.bytes,
          turned(x.values, rows: rows).map { softmax($0).map { isLogarithm ? log($0) : $0 } },
          isLogarithm ? "log-softmax" : "softmax")
        for step in [columns, 0] {
          var dx = y
          backward(dy.bytes, step, y.bytes, &dx.bytes, rows, columns, nil)
          let incoming = turned(dy.values, rows: rows)
          let expected = zip(turned(y.values, rows: rows), incoming).map { y, incoming in
            let d = step == 0 ? [Double](repeating: incoming[0], count: rows) : incoming
            let total = isLogarithm ? d.reduce(0, +) : zip(d, y).reduce(0) { $0 + $1.0 * $1.1 }
            return zip(d, y).map { isLogarithm ? $0 - exp($1) * total : $1 * ($0 - total) }
          }
          check(dx.bytes, expected, "gradient, logarithm \(isLogarithm), step \(step)")
        }
      }
      for isCumulative in [false, true] {
        let op = isCumulative ? CK_ROWS_CUMULATIVE_PRODUCT : CK_ROWS_PRODUCT
        let backward = try #require(ck_columns_grad(kernels.table, op, dtype))
        for step in isCumulative ? [columns, 0] : [0] {
          var dx = factors
          backward(dy.bytes, step, factors.bytes, &dx.bytes, rows, columns, &scratch)
          let incoming = turned(dy.values, rows: rows)
          let expected = zip(turned(factors.values, rows: rows), incoming).map { x, incoming in
            let d = step == 0 ? [Double](repeating: incoming[0], count: rows) : incoming
            return productGradient(d, x, isCumulative: isCumulative)
          }
          check(dx.bytes, expected, "product, cumulative \(isCumulative), step \(step)")
        }
      }
    }
  }

  @Test(arguments: [CK_F32, CK_F64].map(\.rawValue))
  func gradientsOfRowsReadOneRepeatedGradient(code: UInt32) throws {
    let dtype = ck_dtype(code)
    for kernels in Kernels.all {
      for op in [CK_ROWS_SOFTMAX, CK_ROWS_LOG_SOFTMAX] {
        let backward = try #require(ck_rows_grad(kernels.table, op, dtype))
        for columns in [1, 7, 16, 45] {
          var numbers = RandomGenerator(seed: UInt64(columns))
          let row = numbers.doubles(columns, in: -1..<1)
          let once = KernelNumbers(row, dtype), each = KernelNumbers(row + row + row, dtype)
          let y = KernelNumbers(numbers.doubles(3 * columns, in: -1..<0), dtype)
          var (expected, dx) = (y, y)
          backward(each.bytes, columns, y.bytes, &expected.bytes, 3, columns)
          backward(once.bytes, 0, y.bytes, &dx.bytes, 3, columns)
          #expect(dx.bytes == expected.bytes)
        }
      }
    }
  }
}
