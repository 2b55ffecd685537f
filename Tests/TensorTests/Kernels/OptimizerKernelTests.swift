import CKernels
import Foundation
import TestSupport
import Testing

/// Compares the single-pass steps of the optimizers with the rules of PyTorch, written as plain
/// loops in `Double`.
struct OptimizerKernelTests {
  private static let counts = [0, 1, 2, 7, 15, 16, 17, 40, 300]
  private static let steps = 4

  /// Runs `step` on float64 and float32 copies of the same numbers, and expects the results of
  /// `oracle`.
  private func check(
    _ label: String, count: Int, arrays: Int, gradient: Int,
    _ step: (ck_dtype, [UnsafeMutableRawPointer], Int) -> Void,
    _ oracle: (inout [[Double]], Int) -> Void
  ) {
    for dtype in [CK_F32, CK_F64] {
      var numbers = RandomGenerator(seed: UInt64(count + 1))
      let size = elementSize(dtype)
      var expected = (0..<arrays).map { index in
        // Positive numbers, such that no squared mean exceeds a mean of squares.
        index == gradient
          ? numbers.floats(count, in: -1..<1).map(Double.init)
          : numbers.floats(count, in: 0.5..<0.7).map(Double.init)
      }
      // One more element, which must stay unchanged.
      let memory = expected.map { values -> UnsafeMutableRawPointer in
        let start = UnsafeMutableRawPointer.allocate(byteCount: (count + 1) * size, alignment: 8)
        for (index, value) in (values + [77]).enumerated() {
          if dtype == CK_F32 {
            start.storeBytes(of: Float(value), toByteOffset: index * 4, as: Float.self)
          } else {
            start.storeBytes(of: value, toByteOffset: index * 8, as: Double.self)
          }
        }
        return start
      }
      defer { memory.forEach { $0.deallocate() } }
      for number in 1...Self.steps {
        step(dtype, memory, number)
        oracle(&expected, number)
      }
      let tolerance = dtype == CK_F32 ? 2e-6 : 1e-14
      for (array, values) in expected.enumerated() {
        for (index, value) in (values + [77]).enumerated() {
          let got =
            dtype == CK_F32
            ? Double(memory[array].load(fromByteOffset: index * 4, as: Float.self))
            : memory[array].load(fromByteOffset: index * 8, as: Double.self)
          #expect(
            abs(got - value) <= tolerance * (1 + abs(value)),
            "\(label), array \(array), element \(index) of \(count)")
        }
      }
    }
  }

  /// A rule in `Double`, which updates its state and returns the update of one element.
  private typealias Rule = (
    _ p: Double, _ g: Double, _ kept: inout [Double], _ a: ck_step_settings
  ) -> Double

  private static var rules: [(rule: ck_step_rule, kept: Int, options: [Int32], update: Rule)] {
    [
      (CK_STEP_SGD, 0, [0], { _, g, _, a in a.rate * g }),
      (
        CK_STEP_MOMENTUM, 1, [0, 1],
        { _, g, kept, a in
          kept[0] = a.first != 0 ? g : a.beta1 * kept[0] + a.weight1 * g
          return a.rate * (a.option != 0 ? g + a.beta1 * kept[0] : kept[0])
        }
      ),
      (
        CK_STEP_ADAGRAD, 1, [0],
        { _, g, kept, a in
          kept[0] += g * g
          return a.rate * g / (kept[0].squareRoot() + a.epsilon)
        }
      ),
      (
        CK_STEP_RMSPROP, 1, [0],
        { _, g, kept, a in
          squares(&kept[0], g, a)
          return a.rate * g / (kept[0].squareRoot() + a.epsilon)
        }
      ),
      (
        CK_STEP_RMSPROP_CENTERED, 2, [0],
        { _, g, kept, a in a.rate * centered(g, &kept, a) }
      ),
      (
        CK_STEP_RMSPROP_MOMENTUM, 2, [0],
        { _, g, kept, a in
          squares(&kept[0], g, a)
          kept[1] = a.beta1 * kept[1] + g / (kept[0].squareRoot() + a.epsilon)
          return a.rate * kept[1]
        }
      ),
      (
        CK_STEP_RMSPROP_CENTERED_MOMENTUM, 3, [0],
        { _, g, kept, a in
          kept[2] = a.beta1 * kept[2] + centered(g, &kept, a)
          return a.rate * kept[2]
        }
      ),
      (
        CK_STEP_ADADELTA, 2, [0],
        { _, g, kept, a in
          squares(&kept[0], g, a)
          let step = ((kept[1] + a.epsilon) / (kept[0] + a.epsilon)).squareRoot() * g
          squares(&kept[1], step, a)
          return a.rate * step
        }
      ),
      (
        CK_STEP_ADAM, 2, [0],
        { _, g, kept, a in
          means(&kept, g, a)
          return a.rate * kept[0] / (kept[1].squareRoot() * a.correction + a.epsilon)
        }
      ),
      (
        CK_STEP_AMSGRAD, 3, [0],
        { _, g, kept, a in
          means(&kept, g, a)
          kept[2] = max(kept[2], kept[1])
          return a.rate * kept[0] / (kept[2].squareRoot() * a.correction + a.epsilon)
        }
      ),
      (
        CK_STEP_ADAMAX, 2, [0],
        { _, g, kept, a in
          kept[0] += a.weight1 * (g - kept[0])
          kept[1] = max(a.beta2 * kept[1], abs(g) + a.epsilon)
          return a.rate * kept[0] / kept[1]
        }
      ),
      (
        CK_STEP_NADAM, 2, [0],
        { _, g, kept, a in
          means(&kept, g, a)
          return (a.rate * kept[0] + a.extra * g)
            / (kept[1].squareRoot() * a.correction + a.epsilon)
        }
      ),
      (
        CK_STEP_RADAM, 2, [0, 1],
        { _, g, kept, a in
          means(&kept, g, a)
          return a.rate * kept[0] / (a.option != 0 ? kept[1].squareRoot() + a.epsilon : 1)
        }
      ),
      (
        CK_STEP_LION, 1, [0],
        { _, g, kept, a in
          let direction = kept[0] + a.weight1 * (g - kept[0])
          kept[0] += a.weight2 * (g - kept[0])
          return direction == 0 ? 0 : direction > 0 ? a.rate : -a.rate
        }
      ),
      (
        CK_STEP_SCHEDULE_FREE, 2, [0],
        { p, g, kept, a in
          squares(&kept[0], g, a)
          let step = g / (kept[0].squareRoot() * a.correction + a.epsilon) + a.extra * p
          let update = a.beta1 * (p - kept[1]) + a.weight1 * step
          kept[1] -= a.rate * step
          return update
        }
      ),
      (CK_STEP_AVERAGE, 0, [0], { p, g, _, a in a.rate * (p - g) }),
    ]
  }

  private static func squares(_ mean: inout Double, _ g: Double, _ a: ck_step_settings) {
    mean = a.beta2 * mean + a.weight2 * g * g
  }

  private static func means(_ kept: inout [Double], _ g: Double, _ a: ck_step_settings) {
    kept[0] += a.weight1 * (g - kept[0])
    squares(&kept[1], g, a)
  }

  private static func centered(_ g: Double, _ kept: inout [Double], _ a: ck_step_settings) -> Double
  {
    squares(&kept[0], g, a)
    kept[1] += a.weight2 * (g - kept[1])
    return g / ((kept[0] - kept[1] * kept[1]).squareRoot() + a.epsilon)
  }

  @Test func everyRuleHasAnOracle() {
    #expect(Self.rules.map(\.rule.rawValue) == (0..<CK_STEP_COUNT.rawValue).map { $0 })
  }

  @Test(arguments: 0..<Int(CK_STEP_COUNT.rawValue))
  func stepsAgreeWithTheOracle(_ index: Int) throws {
    let (rule, kept, options, update) = Self.rules[index]
    for kernels in Kernels.all {
      for count in Self.counts {
        for option in options {
          func settings(_ step: Int) -> ck_step_settings {
            ck_step_settings(
              grad_scale: 0.5, l2: 0.02, shrink: 0.01, rate: 0.05, beta1: 0.8, beta2: 0.7,
              weight1: 0.2, weight2: 0.3, epsilon: 0.01, correction: 1.5, extra: 0.03,
              first: step == 1 ? 1 : 0, option: option)
          }
          // p, g, and the state
          let label = "\(kernels) rule \(index), option \(option)"
          check(label, count: count, arrays: 2 + kept, gradient: 1) { dtype, memory, step in
            var settings = settings(step)
            let state = memory.dropFirst(2).map { Optional($0) } + [nil, nil, nil]
            ck_step(kernels.table, rule, dtype)?(
              memory[0], memory[1], state[0], state[1], state[2], count, &settings)
          } _: { arrays, step in
            let a = settings(step)
            for i in 0..<count {
              var state = arrays.dropFirst(2).map { $0[i] }
              let p = arrays[0][i]
              let change = update(p, a.grad_scale * arrays[1][i] + a.l2 * p, &state, a)
              arrays[0][i] = p - (a.shrink * p + change)
              for (j, value) in state.enumerated() { arrays[2 + j][i] = value }
            }
          }
        }
      }
    }
  }

  @Test func aDecayTooSmallForAFloat32FactorStillCounts() throws {
    // 1 - 2e-8 is 1 in float32, so a decay or a step of that size alone is lost; their sum is not.
    for kernels in Kernels.all {
      var (p, g): (Float, Float) = (1, 1)
      var settings = ck_step_settings()
      settings.grad_scale = 1
      settings.shrink = 2e-8
      settings.rate = 2e-8
      let step = try #require(ck_step(kernels.table, CK_STEP_SGD, CK_F32))
      step(&p, &g, nil, nil, nil, 1, &settings)
      #expect(p == Float(1 - 4e-8), "\(kernels)")
    }
  }

  @Test func theFirstStepOfMomentumIgnoresItsBuffer() throws {
    for kernels in Kernels.all {
      var p = [Float](repeating: 1, count: 21)
      let g = [Float](repeating: 0.5, count: 21)
      var buffer = [Float](repeating: .nan, count: 21)
      var settings = ck_step_settings()
      settings.grad_scale = 1
      settings.rate = 1
      settings.beta1 = 0.9
      settings.weight1 = 0.5
      settings.first = 1
      let step = try #require(ck_step(kernels.table, CK_STEP_MOMENTUM, CK_F32))
      step(&p, g, &buffer, nil, nil, 21, &settings)
      #expect(p == g && buffer == g, "\(kernels)")
    }
  }

  @Test func lookaheadAgreesWithTheOracle() throws {
    for kernels in Kernels.all {
      for count in Self.counts {
        check("\(kernels) lookahead", count: count, arrays: 2, gradient: -1) { dtype, memory, _ in
          ck_lookahead(kernels.table, dtype)?(memory[0], memory[1], count, 0.3)
        } _: { arrays, _ in
          for i in 0..<count {
            arrays[0][i] = 0.7 * arrays[0][i] + 0.3 * arrays[1][i]
            arrays[1][i] = arrays[0][i]
          }
        }
      }
    }
  }
}
