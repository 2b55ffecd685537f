import Foundation
import TestSupport
import Testing

/// Functions of several elements at the ends of the range of float32, compared with float64.
struct ExtremeTests {
  struct Function: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let call: @Sendable (Tensor) -> Tensor

    init(_ name: String, _ call: @escaping @Sendable (Tensor) -> Tensor) {
      (testDescription, self.call) = (name, call)
    }
  }

  private static let labels = Tensor([0, 1, 2, 3, 2, 0, 1], dtype: .int32)
  private static let targets = Tensor.seeded([7, 4], seed: 3, in: 0..<1)

  private static let functions = [
    Function("softmax") { softmax($0) }, Function("logSoftmax") { logSoftmax($0) },
    Function("softmax along 0") { softmax($0, along: 0) },
    Function("logSumExp") { $0.logSumExp(along: -1) },
    Function("crossEntropy") { crossEntropy($0, labels: labels, reduction: .none) },
    Function("crossEntropy, smoothed") {
      crossEntropy($0, labels: labels, labelSmoothing: 0.1, reduction: .none)
    },
    Function("binaryCrossEntropy of logits") {
      binaryCrossEntropy(logits: $0, targets.converted(to: $0.dtype), reduction: .none)
    },
    Function("klDivergence") {
      klDivergence(logSoftmax($0), targets.converted(to: $0.dtype), reduction: .none)
    },
    Function("softplus") { softplus($0) }, Function("logSigmoid") { logSigmoid($0) },
  ]

  /// Rows of logits of great size, spread and distance from zero, exact in float32.
  private static let logits = Tensor(
    [
      1e4, -1e4, 0, 3, -1e4, -1e4, -1e4, -9_999, 1e4, 1e4, 9_999, 9_990, 30_000, -30_000, 88, -88,
      -104, -103, -100, -90, 1e30, -1e30, 0, 1e30, 1e37, 1e36, -1e37, 0,
    ], shape: [7, 4])

  /// Values and gradients are those of float64 and finite, whatever the size of the logits.
  @Test(arguments: functions)
  func logitsOfAnySizeGiveFiniteLosses(_ function: Function) {
    let x = Self.logits.converted(to: .float32)
    let expected = function.call(x.converted(to: .float64))
    let slope = gradient(at: x.converted(to: .float64)) { function.call($0).sum() }
    // Sums and differences are as exact as the greatest logit of a row.
    let scale = maximum(abs(x), Tensor(1)).max(along: 1, keepingAxes: true).converted(to: .float64)
    for set in InstructionSet.available {
      withInstructionSet(set) {
        let y = function.call(x).converted(to: .float64)
        let wide = y.rank == 1 ? scale.squeezed(along: 1) : scale
        let finite = expected.finiteElements
        #expect(y.finiteElements.scalars(as: Bool.self) == finite.scalars(as: Bool.self), "\(set)")
        let zero = Tensor(0, dtype: .float64)
        expectClose(
          select(finite, y / wide, zero), select(finite, expected / wide, zero), relative: 1e-5,
          absolute: 1e-6, "\(set)")
        let float = gradient(at: x) { function.call($0).sum() }
        expectClose(
          float.converted(to: .float64), slope, relative: 2e-5, absolute: 1e-6, "\(set)")
      }
    }
  }

  @Test(arguments: [DType.float32, .float64])
  func infiniteLogitsAreTheirLimits(_ dtype: DType) {
    let inf = Double.infinity
    func row(_ values: [Double]) -> Tensor {
      Tensor(values, shape: [values.count]).converted(to: dtype)
    }
    func numbers(_ x: Tensor) -> [Double] { x.scalars(as: Double.self) }
    // A masked class has no probability, no matter how many others there are.
    #expect(numbers(softmax(row([-inf, 0, -inf, 0]))) == [0, 0.5, 0, 0.5])
    #expect(numbers(softmax(row([-inf, -1e4, -inf]))) == [0, 1, 0])
    #expect(numbers(logSoftmax(row([-inf, 7]))) == [-inf, 0])
    #expect(row([-inf, -inf]).logSumExp().scalar() == -inf)
    #expect(row([inf, 1]).logSumExp().scalar() == inf)
    #expect(row([-inf, 3]).logSumExp().scalar() == 3)
    // No element has a share of nothing, or of an infinite sum, as in PyTorch.
    #expect(softmax(row([-inf, -inf])).finiteElements.scalars(as: Bool.self) == [false, false])
    #expect(!softmax(row([inf, 1])).isFinite)
    let slope = gradient(at: row([-inf, 2, -inf])) { $0.logSumExp() }
    #expect(numbers(slope) == [0, 1, 0])
    let shares = gradient(at: row([-inf, 0, 0])) { (softmax($0) * row([5, 1, 0])).sum() }
    #expect(numbers(shares) == [0, 0.25, -0.25])
    #expect(numbers(gelu(row([-inf, inf]))) == [0, inf])
    #expect(numbers(geluTanh(row([-inf, inf]))) == [0, inf])
    #expect(numbers(elu(row([-inf, inf]))) == [-1, inf])
  }

  /// Functions of two tensors over pairs of exponents, with the gradients of both.
  private struct Pair: Sendable {
    let name: String
    var ulps = 4.0
    var slopeUlps = 8.0
    let call: @Sendable (Tensor, Tensor) -> Tensor
  }

  private static let pairs = [
    Pair(name: "product") { $0 * $1 }, Pair(name: "quotient") { $0 / $1 },
    Pair(name: "atan2", slopeUlps: 12) { atan2($0, $1) },
    Pair(name: "power", slopeUlps: 50) { pow(abs($0), $1) },
    Pair(name: "maximum") { maximum($0, $1) }, Pair(name: "minimum") { minimum($0, $1) },
  ]

  @Test(arguments: pairs.indices)
  func functionsOfTwoTensorsKeepTheirDigits(_ index: Int) {
    let pair = Self.pairs[index]
    var (a, b) = ([Double](), [Double]())
    for i in stride(from: -100, through: 100, by: 5) {
      for j in stride(from: -100, through: 100, by: 5) {
        a.append(Double(sign: i % 2 == 0 ? .plus : .minus, exponent: i, significand: 1.25))
        b.append(Double(sign: j % 3 == 0 ? .plus : .minus, exponent: j, significand: 1.75))
      }
    }
    func results(_ dtype: DType) -> [[Double]] {
      let inputs = [a, b].map { Tensor($0, shape: [a.count]).converted(to: dtype) }
      let slopes = valueWithGradients(at: inputs) { pair.call($0[0], $0[1]).sum() }.gradients
      return ([pair.call(inputs[0], inputs[1])] + slopes).map { $0.scalars(as: Double.self) }
    }
    let wide = results(.float64)
    for set in InstructionSet.available {
      let float = withInstructionSet(set) { results(.float32) }
      for (output, values) in float.enumerated() {
        var worst = (ulps: 0.0, text: "")
        for i in values.indices {
          let expected = wide[output][i]
          // Beyond the range of float32, and below its normal numbers, are other rules.
          guard Swift.abs(expected) < Double(Float.greatestFiniteMagnitude) else { continue }
          let size = Swift.max(Swift.abs(expected), Double(Float.leastNormalMagnitude))
          let ulps = Swift.abs(values[i] - expected) / Double(Float(size).ulp)
          if !(ulps <= worst.ulps) {
            worst = (
              ulps.isNaN ? .infinity : ulps, "(\(a[i]), \(b[i])): \(values[i]), not \(expected)"
            )
          }
        }
        let bound = output == 0 ? pair.ulps : pair.slopeUlps
        let text = "\(pair.name), \(set), output \(output) at \(worst.text)"
        #expect(worst.ulps <= bound, "\(text): \(worst.ulps) units in the last place")
      }
    }
  }

  /// The slope of an angle is exact where squares of the coordinates leave the range.
  @Test(arguments: [1e-30, 1e-20, 1, 1e20, 1e30])
  func anglesHaveSlopesAtAnyDistance(_ scale: Double) {
    let point = [3, 4].map { Tensor($0 * scale, dtype: .float32) }
    let slopes = valueWithGradients(at: point) { atan2($0[0], $0[1]) }.gradients
    expectClose(slopes[0].scalar() * scale, 4.0 / 25, relative: 1e-6)
    expectClose(slopes[1].scalar() * scale, -3.0 / 25, relative: 1e-6)
  }

  /// Zeros, constants and numbers whose squares leave the range.
  @Test func normsAndVariancesAtTheEnds() {
    #expect(Tensor.zeros([3]).norm().scalar() == 0)
    #expect(gradient(at: Tensor.zeros([3])) { $0.norm() }.scalars(as: Double.self) == [0, 0, 0])
    let constant = Tensor.full([2, 5], 7)
    #expect(constant.variance().scalar() == 0)
    let slope = gradient(at: constant) { $0.standardDeviation() }
    #expect(slope.scalars(as: Double.self) == Array(repeating: 0, count: 10))
    let rows = layerNorm(constant, weight: .ones([5]), bias: .zeros([5]))
    #expect(rows.scalars(as: Double.self) == Array(repeating: 0, count: 10))
    let back = gradient(at: constant) {
      square(layerNorm($0, weight: .ones([5]), bias: .zeros([5]))).sum()
    }
    #expect(back.isFinite)
    // The squares of such numbers are no float32, as in PyTorch; float64 holds them.
    #expect(Tensor.full([3], 1e30).norm().scalar() == .infinity)
    #expect(Tensor.full([3], 1e-30).norm().scalar() == 0)
    let wide = Tensor.full([4], 1e30, dtype: .float64)
    expectClose(wide.norm().scalar(), 2e30, relative: 1e-14)
    #expect(Tensor.full([3], 1e30).norm(.one).isFinite)
    expectClose(Tensor.full([3], 1e30).norm(.infinity).scalar(), 1e30, relative: 1e-7)
  }
}
