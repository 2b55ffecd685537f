import Autograd
import TestSupport
import Testing

/// Operations along axes of lengths, and between sizes, that different kernels are for, against
/// formulas of plain operations.
struct AxisLengthTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    /// The range of the elements.
    var range: Range<Double>
    var operation: @Sendable (Tensor, Int) -> Tensor
    /// The same of plain operations, in float64.
    var formula: @Sendable (Tensor, Int) -> Tensor
    var testDescription: String { name }
  }

  private static func share(_ x: Tensor, _ axis: Int) -> Tensor {
    let terms = exp(x)
    return terms / terms.sum(along: axis, keepingAxes: true)
  }

  /// The product of slices, one after the other, or all partial products.
  private static func product(_ x: Tensor, _ axis: Int, isCumulative: Bool) -> Tensor {
    func slice(_ i: Int) -> Tensor {
      var indices = [TensorIndex](repeating: .all, count: x.rank)
      indices[axis] = .range(start: i, end: i + 1)
      return x[indices]
    }
    var products = [slice(0)]
    for i in 1..<x.shape[axis] { products.append(products[i - 1] * slice(i)) }
    return isCumulative ? concatenated(products, along: axis) : products[products.count - 1]
  }

  static let cases = [
    Case(name: "softmax", range: -3..<3) {
      softmax($0, along: $1)
    } formula: {
      share($0, $1)
    },
    Case(name: "logSoftmax", range: -3..<3) {
      logSoftmax($0, along: $1)
    } formula: {
      log(share($0, $1))
    },
    Case(name: "logSumExp", range: -3..<3) {
      $0.logSumExp(along: $1)
    } formula: {
      log(exp($0).sum(along: $1))
    },
    Case(name: "variance", range: 2..<3) {
      $0.variance(along: $1)
    } formula: { x, axis in
      let deviations = x - x.mean(along: axis, keepingAxes: true)
      return square(deviations).sum(along: axis) / Double(x.shape[axis] - 1)
    },
    Case(name: "standardDeviation", range: 2..<3) {
      $0.standardDeviation(along: $1)
    } formula: { x, axis in
      let deviations = x - x.mean(along: axis, keepingAxes: true)
      return sqrt(square(deviations).sum(along: axis) / Double(x.shape[axis] - 1))
    },
    Case(name: "max", range: -1..<1) {
      $0.max(along: $1)
    } formula: { x, axis in
      x.gathered(at: x.argmax(along: axis, keepingAxes: true), along: axis).squeezed(along: axis)
    },
    Case(name: "min", range: -1..<1) {
      $0.min(along: $1)
    } formula: { x, axis in
      x.gathered(at: x.argmin(along: axis, keepingAxes: true), along: axis).squeezed(along: axis)
    },
  ]

  /// Lines of which many, or one, make a block; strips of wide matrices; matrices too large for a
  /// cache; rows.
  static let shapes: [(Shape, Int)] = [
    ([1000, 8], 1), ([30, 20, 6], 1), ([20, 64, 32], 1), ([3, 300, 40], 1), ([40, 3000], 0),
    ([2, 700, 64], 1), ([3000, 16], 0), ([5, 900, 6], 1), ([7, 5, 2], 1), ([40, 1000], 1),
    ([12, 400, 1], 1), ([20_000, 2], 0), ([3, 17], 0),
  ]

  @Test(arguments: cases, shapes.indices)
  func valuesAndGradientsAreThoseOfTheFormula(_ item: Case, _ index: Int) {
    let (shape, axis) = Self.shapes[index]
    let exact = Tensor.seeded(shape, in: item.range)
    compare(exact, axis, item.operation, item.formula, "\(item.name) of \(shape)")
    // In the other order of memory.
    compare(
      Layout.transposed(exact), axis, item.operation, item.formula,
      "\(item.name) of \(shape), transposed")
  }

  @Test(
    arguments: [([3, 150], 1), ([150, 3], 0), ([4, 60, 20], 1), ([70, 1], 0)] as [(Shape, Int)])
  func productsAreThoseOfSlices(_ shape: Shape, _ axis: Int) {
    for zeros in [0, 1, 2] {
      var values = Tensor.seeded(shape, seed: 3, in: 0.8..<1.25).scalars(as: Double.self)
      for i in 0..<zeros { values[i * 7] = 0 }
      let x = Tensor(values, shape: shape)
      compare(
        x, axis, { $0.product(along: $1) },
        { Self.product($0, $1, isCumulative: false).squeezed(along: $1) }, "product of \(shape)")
      compare(
        x, axis, { $0.cumulativeProduct(along: $1) },
        { Self.product($0, $1, isCumulative: true) }, "cumulative product of \(shape)")
    }
  }

  @Test(arguments: [([20_000], 0), ([2, 8192, 3], 1), ([1, 12_300], 1)] as [(Shape, Int)])
  func productsOfLongLinesAreThoseOfParts(_ shape: Shape, _ axis: Int) {
    let x = Tensor.seeded(shape, seed: 3, in: 0.999..<1.001)
    compare(
      x, axis, { $0.product(along: $1) }, { exp(log($0).sum(along: $1)) }, "product of \(shape)")
  }

  @Test func sumsOfBoolsCountThem() {
    for shape in [[200_001], [3, 70_000], [70_000, 3], [100, 700]] as [Shape] {
      let mask = Tensor.seeded(shape, seed: 5) .> 0.1
      let numbers = mask.converted(to: .int32)
      for axis in 0..<shape.rank {
        expectIdentical(mask.sum(along: axis), numbers.sum(along: axis))
      }
      expectIdentical(mask.sum(), numbers.sum())
    }
  }

  /// Compares values and gradients, also of a sum, whose gradient repeats one number.
  private func compare(
    _ exact: Tensor, _ axis: Int, _ operation: @Sendable (Tensor, Int) -> Tensor,
    _ formula: @Sendable (Tensor, Int) -> Tensor, _ name: String
  ) {
    let expected = formula(exact, axis)
    let cotangents = [
      Tensor.seeded(expected.shape, seed: 4), Tensor(0.5).converted(to: .float64),
      Tensor.seeded(Shape(expected.shape.suffix(1)), seed: 6),
    ]
    let slopes = cotangents.map { cotangent in
      gradient(at: exact) { (formula($0, axis) * cotangent).sum() }
    }
    for dtype in [DType.float32, .float64] {
      let (x, bound) = (exact.converted(to: dtype), dtype == .float64 ? 1e-11 : 2e-5)
      func check(_ actual: Tensor, _ expected: Tensor, _ text: String) {
        // The gradient of a sum of shares is 0.
        let scale = Swift.max(0.01, abs(expected).max().scalar(as: Double.self))
        expectClose(
          actual.converted(to: .float64), expected, relative: bound, absolute: bound * scale,
          "\(dtype) \(text) of \(name)")
      }
      check(operation(x, axis), expected, "value")
      for (cotangent, slope) in zip(cotangents, slopes) {
        let found = gradient(at: x) { (operation($0, axis) * cotangent.converted(to: dtype)).sum() }
        check(found, slope, "gradient")
      }
    }
  }
}
