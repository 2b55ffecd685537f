import Autograd
import TestSupport
import Testing

/// The kernels of batch, group and instance norm against the same formula of plain operations.
struct GroupNormalizationTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var shape: Shape
    var groups: NormalizationGroups
    var testDescription: String { "\(shape) \(groups)" }
  }

  static let cases = [
    Case(shape: [2, 3, 40], groups: .channels), Case(shape: [40, 3], groups: .channels),
    Case(shape: [8, 4, 7], groups: .channels), Case(shape: [5, 2, 9, 9], groups: .channels),
    Case(shape: [3, 2, 5], groups: .channels), Case(shape: [1, 70, 300], groups: .channels),
    Case(shape: [2, 6, 9, 9], groups: .perExample(3)),
    Case(shape: [3, 4, 5, 8], groups: .perExample(4)),
    Case(shape: [2, 4, 33], groups: .perExample(1)),
    Case(shape: [2, 4, 6], groups: .perExample(2)),
    Case(shape: [2, 3, 5000], groups: .perExample(3)),
  ]

  /// The formula of plain operations.
  static func formula(_ x: Tensor, _ weight: Tensor, _ bias: Tensor, _ item: Case) -> Tensor {
    let (batch, channels) = (x.shape[0], x.shape[1])
    let values: Tensor
    let axes: [Int]
    switch item.groups {
    case .channels: (values, axes) = (x.reshaped(to: [batch, channels, -1]), [0, 2])
    case .perExample(let groups): (values, axes) = (x.reshaped(to: [batch, groups, -1]), [2])
    }
    let mean = values.mean(along: axes, keepingAxes: true)
    let variance = square(values - mean).mean(along: axes, keepingAxes: true)
    let z = ((values - mean) / sqrt(variance + 1e-5)).reshaped(to: [batch, channels, -1])
    let y = z * weight.reshaped(to: [channels, 1]) + bias.reshaped(to: [channels, 1])
    return y.reshaped(to: x.shape)
  }

  static func normalized(_ x: Tensor, _ weight: Tensor, _ bias: Tensor, _ item: Case) -> Tensor {
    groupNormalized(
      x, by: item.groups, weight: weight, bias: bias, epsilon: 1e-5, in: "test"
    ).value
  }

  @Test(arguments: cases, [DType.float32, .float64])
  func valuesAndGradientsAreThoseOfTheFormula(_ item: Case, _ dtype: DType) {
    let bound = dtype == .float64 ? 1e-11 : 2e-5
    let channels = item.shape[1]
    let exact = (
      Tensor.seeded(item.shape), Tensor.seeded([channels], seed: 2),
      Tensor.seeded([channels], seed: 3)
    )
    let (x, weight, bias) = (
      exact.0.converted(to: dtype), exact.1.converted(to: dtype), exact.2.converted(to: dtype)
    )
    let cotangent = Tensor.seeded(item.shape, seed: 4)
    let expected = Self.formula(exact.0, exact.1, exact.2, item)
    let slopes = gradient(at: exact.0, exact.1, exact.2) {
      (Self.formula($0, $1, $2, item) * cotangent).sum()
    }
    for set in InstructionSet.available {
      for threads in [1, 3] {
        withInstructionSet(set) {
          withThreads(threads) {
            func check(_ actual: Tensor, _ expected: Tensor, _ name: String) {
              expectClose(
                actual.converted(to: .float64), expected, relative: bound, absolute: bound * 10,
                "\(set) \(name)")
            }
            check(Self.normalized(x, weight, bias, item), expected, "value")
            let found = gradient(at: x, weight, bias) {
              (Self.normalized($0, $1, $2, item) * cotangent.converted(to: dtype)).sum()
            }
            check(found.0, slopes.0, "dx")
            check(found.1, slopes.1, "dweight")
            check(found.2, slopes.2, "dbias")
          }
        }
      }
    }
  }

  @Test(arguments: cases)
  func secondDerivativesAreThoseOfTheFormula(_ item: Case) {
    guard item.shape.elementCount < 2000 else { return }
    let channels = item.shape[1]
    let (weight, bias) = (
      Tensor.seeded([channels], seed: 2), Tensor.seeded([channels], seed: 3)
    )
    let (x, direction) = (Tensor.seeded(item.shape), Tensor.seeded(item.shape, seed: 5))
    func product(_ function: @escaping @Sendable (Tensor, Tensor, Tensor, Case) -> Tensor) -> (
      Tensor, Tensor
    ) {
      gradient(at: x, weight) { x, weight in
        let slope = gradient(at: x) { x in tanh(function(x, weight, bias, item)).sum() }
        return (slope * direction).sum()
      }
    }
    let (found, expected) = (product(Self.normalized), product(Self.formula))
    expectClose(found.0, expected.0, relative: 1e-9, absolute: 1e-9)
    expectClose(found.1, expected.1, relative: 1e-9, absolute: 1e-9)
  }

  /// Values far from zero keep the digits in which they differ; a center that is far off is moved.
  @Test(arguments: cases) func farFromZeroNoDigitsAreLost(_ item: Case) {
    for offset in [1e3, 1e6] {
      // Multiples of 2⁻⁴, which float32 holds exactly at these offsets.
      let near = floor(Tensor.seeded(item.shape) * 8) / 16
      let x = (near + offset).converted(to: .float32)
      let channels = item.shape[1]
      let y = Self.normalized(x, .ones([channels]), .zeros([channels]), item)
      let expected = Self.formula(
        near, .ones([channels], dtype: .float64), .zeros([channels], dtype: .float64), item)
      expectClose(y.converted(to: .float64), expected, relative: 1e-5, absolute: 1e-5)
    }
    // The elements that are sampled for a center, 16 times 16, lie far from the rest.
    var x = Tensor.seeded([1, 2, 200_000])
    for sample in 0..<16 {
      let first = sample * (200_000 / 16) / 16 * 16
      x[.all, .all, first..<first + 16] = x[.all, .all, first..<first + 16] + 1000
    }
    let skewed = Case(shape: x.shape, groups: .channels)
    let one = Tensor.ones([2], dtype: .float64)
    expectClose(
      Self.normalized(x.converted(to: .float32), .ones([2]), .zeros([2]), skewed)
        .converted(to: .float64),
      Self.formula(x, one, one * 0, skewed), relative: 1e-5, absolute: 1e-5)
  }

  @Test func nanIsNotHidden() {
    var x = Tensor.seeded([2, 2, 40], dtype: .float32)
    x[0, 1, 3] = .nan
    let y = Self.normalized(
      x, .ones([2]), .zeros([2]), Case(shape: x.shape, groups: .channels))
    #expect(y[.all, 1].scalars(as: Float.self).allSatisfy { $0.isNaN })
    #expect(!y[.all, 0].scalars(as: Float.self).contains { $0.isNaN })
  }
}

extension GroupNormalizationTests {
  @Test(arguments: [[2, 3, 40], [40, 3], [5, 2, 9, 9], [1, 2, 4]] as [Shape])
  func givenStatisticsNormalizeChannels(_ shape: Shape) {
    let channels = shape[1]
    func vector(_ seed: UInt64, _ range: Range<Double> = -2..<2) -> Tensor {
      Tensor.seeded([channels], seed: seed, in: range)
    }
    let (x, cotangent) = (Tensor.seeded(shape), Tensor.seeded(shape, seed: 9))
    let (weight, bias, mean) = (vector(2), vector(3), vector(4))
    let variance = vector(5, 0.5..<3)
    func column(_ v: Tensor) -> Tensor {
      v.reshaped(to: Shape([channels] + shape.dropFirst(2).map { _ in 1 }))
    }
    func found(_ x: Tensor, _ weight: Tensor, _ bias: Tensor) -> Tensor {
      normalizedByChannels(
        x, mean: mean, variance: variance, weight: weight, bias: bias, epsilon: 1e-3, in: "test")
    }
    func formula(_ x: Tensor, _ weight: Tensor, _ bias: Tensor) -> Tensor {
      (x - column(mean)) / column(sqrt(variance + 1e-3)) * column(weight) + column(bias)
    }
    expectClose(
      found(x, weight, bias), formula(x, weight, bias), relative: 1e-12, absolute: 1e-12)
    let slopes = gradient(at: x, weight, bias) { (found($0, $1, $2) * cotangent).sum() }
    let expected = gradient(at: x, weight, bias) { (formula($0, $1, $2) * cotangent).sum() }
    expectClose(slopes.0, expected.0, relative: 1e-11, absolute: 1e-11)
    expectClose(slopes.1, expected.1, relative: 1e-11, absolute: 1e-11)
    expectClose(slopes.2, expected.2, relative: 1e-11, absolute: 1e-11)
  }
}
