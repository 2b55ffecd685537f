import CKernels
import Foundation
import Testing

// The optimizers' single-pass steps against PyTorch's rules written as plain loops in Double.

@Suite("Optimizer kernels")
struct OptimizerKernelTests {
  private static let counts = [0, 1, 2, 7, 15, 16, 17, 40, 300]
  private static let steps = 4

  /// Runs `step` on float64 and float32 copies of the same numbers, and expects what `oracle` makes of them.
  private func check(
    _ label: String, count: Int, arrays: Int, gradient: Int,
    _ step: (ck_dtype, [UnsafeMutableRawPointer], Int) -> Void,
    _ oracle: (inout [[Double]], Int) -> Void
  ) {
    for dtype in [CK_F32, CK_F64] {
      var numbers = SeededNumbers(UInt64(count + 1))
      let size = elementSize(dtype)
      var expected = (0..<arrays).map { index in
        numbers.floats(count, index == gradient ? -1 : 0.1, 1).map(Double.init)
      }
      // One element more, which must stay as it is.
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
      for number in 1...OptimizerKernelTests.steps {
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

  @Test("AdamW")
  func adamW() throws {
    for kernels in Kernels.all {
      for count in OptimizerKernelTests.counts {
        let (rate, beta1, beta2, epsilon, decay, scale) = (1e-2, 0.9, 0.99, 1e-8, 0.1, 0.5)
        func parameters(_ step: Int) -> ck_adam_params {
          ck_adam_params(
            learning_rate: rate, beta1: beta1, beta2: beta2, epsilon: epsilon, weight_decay: decay,
            bias_correction1: 1 - pow(beta1, Double(step)),
            bias_correction2: 1 - pow(beta2, Double(step)), grad_scale: scale)
        }
        // p, g, m, v
        check("\(kernels) adamw", count: count, arrays: 4, gradient: 1) { dtype, memory, step in
          var parameters = parameters(step)
          ck_adamw(kernels.table, dtype)?(
            memory[0], memory[1], memory[2], memory[3], count, &parameters)
        } _: { arrays, step in
          let corrections = parameters(step)
          for i in 0..<count {
            let g = arrays[1][i] * scale
            arrays[0][i] *= 1 - rate * decay
            arrays[2][i] = beta1 * arrays[2][i] + (1 - beta1) * g
            arrays[3][i] = beta2 * arrays[3][i] + (1 - beta2) * g * g
            let denominator =
              arrays[3][i].squareRoot() / corrections.bias_correction2.squareRoot() + epsilon
            arrays[0][i] -= rate / corrections.bias_correction1 * arrays[2][i] / denominator
          }
        }
      }
    }
  }

  @Test("a decay too small for float32 to show as a factor still counts")
  func smallDecay() throws {
    // 1 - 2e-8 is 1 in float32, so a decay or a step of that size alone is lost; their sum is not.
    for kernels in Kernels.all {
      var (p, g, m, v): (Float, Float, Float, Float) = (1, 1, 0, 0)
      var parameters = ck_adam_params(
        learning_rate: 2e-8, beta1: 0, beta2: 0, epsilon: 0, weight_decay: 1, bias_correction1: 1,
        bias_correction2: 1, grad_scale: 1)
      let step = try #require(ck_adamw(kernels.table, CK_F32))
      step(&p, &g, &m, &v, 1, &parameters)
      #expect(p == Float(1 - 4e-8), "\(kernels)")
    }
  }

  @Test(
    "SGD", arguments: [(0.0, 0.0, false), (0.9, 0.0, false), (0.9, 0.5, false), (0.9, 0.0, true)])
  func sgd(momentum: Double, dampening: Double, nesterov: Bool) throws {
    for kernels in Kernels.all {
      for count in OptimizerKernelTests.counts {
        let (rate, decay, scale) = (0.1, 0.01, 2.0)
        // p, g, buffer
        check("\(kernels) sgd", count: count, arrays: 3, gradient: 1) { dtype, memory, step in
          var parameters = ck_sgd_params(
            learning_rate: rate, momentum: momentum, dampening: dampening, weight_decay: decay,
            grad_scale: scale, nesterov: nesterov ? 1 : 0, first: step == 1 ? 1 : 0)
          ck_sgd(kernels.table, dtype)?(
            memory[0], memory[1], momentum == 0 ? nil : memory[2], count, &parameters)
        } _: { arrays, step in
          for i in 0..<count {
            let g = arrays[1][i] * scale + decay * arrays[0][i]
            var direction = g
            if momentum != 0 {
              arrays[2][i] = step == 1 ? g : momentum * arrays[2][i] + (1 - dampening) * g
              direction = nesterov ? g + momentum * arrays[2][i] : arrays[2][i]
            }
            arrays[0][i] -= rate * direction
          }
        }
      }
    }
  }

  @Test("the first step of SGD does not read its buffer")
  func sgdFirstStep() throws {
    for kernels in Kernels.all {
      var p = [Float](repeating: 1, count: 21)
      let g = [Float](repeating: 0.5, count: 21)
      var buffer = [Float](repeating: .nan, count: 21)
      var parameters = ck_sgd_params(
        learning_rate: 1, momentum: 0.9, dampening: 0.5, weight_decay: 0, grad_scale: 1,
        nesterov: 0,
        first: 1)
      let step = try #require(ck_sgd(kernels.table, CK_F32))
      step(&p, g, &buffer, 21, &parameters)
      #expect(p == g && buffer == g, "\(kernels)")
    }
  }

  @Test("Lookahead")
  func lookahead() throws {
    for kernels in Kernels.all {
      for count in OptimizerKernelTests.counts {
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
