import TestSupport
import Testing

/// Values, gradients and memory of checkpointed parts of a model.
struct ActivationCheckpointingTests {
  private let x = Tensor([0.5, -1.25, 2], dtype: .float64)

  private let weight = Parameter(Tensor.seeded([3, 3], seed: 4))
  private let bias = Parameter(Tensor.seeded([3], seed: 5))
  private var parameters: Parameters { Parameters([("weight", weight), ("bias", bias)]) }

  private func block(_ x: Tensor) -> Tensor {
    tanh(linear(gelu(x), weight.value, bias.value)) * exp(bias.value)
  }

  @Test func checkpointsChangeNeitherValueNorGradients() {
    let x = Parameter(Tensor.seeded([4, 3], seed: 6))
    let all = Parameters([("x", x), ("weight", weight), ("bias", bias)])
    func run(_ apply: (Tensor) -> Tensor) -> (value: Tensor, gradients: Gradients) {
      // The parameters are used outside of the block too, so their gradients are added.
      valueWithGradients(for: all) {
        (apply(apply(x.value) * 2) + linear(x.value, weight.value)).sum()
      }
    }
    let plain = run { block($0) }
    let checked = run { checkpointed($0, parameters: parameters) { block($0) } }
    expectIdentical(checked.value, plain.value)
    for (actual, expected) in zip(checked.gradients.tensors, plain.gradients.tensors) {
      expectClose(actual, expected, relative: 1e-15, absolute: 1e-15)
    }
  }

  @Test func gradientsOfOneCheckpointAreTheSameBits() {
    for dtype in [DType.float32, .float64] {
      let weight = Parameter(weight.value.converted(to: dtype))
      let parameters = Parameters([("weight", weight)])
      let block: @Sendable (Tensor) -> Tensor = { tanh(linear(gelu($0), weight.value)) }
      let x = Tensor.seeded([4, 3], seed: 6, dtype: dtype)
      let plain = valueWithGradients(for: parameters) { square(block(x)).sum() }
      let checked = valueWithGradients(for: parameters) {
        square(checkpointed(x, parameters: parameters, block)).sum()
      }
      expectIdentical(checked.value, plain.value)
      for (actual, expected) in zip(checked.gradients.tensors, plain.gradients.tensors) {
        expectIdentical(actual, expected)
      }
    }
  }

  @Test func checkpointsHaveSecondDerivatives() {
    func slope(_ apply: (Tensor) -> Tensor) -> Tensor {
      hessian(at: x) { apply($0).sum() }
    }
    let none = Parameters()
    let checked = slope { checkpointed($0, parameters: none) { sin($0) * square($0) } }
    expectClose(
      checked, slope { sin($0) * square($0) }, relative: 1e-14, absolute: 1e-15)
    let report = checkGradients(
      of: { checkpointed($0[0], parameters: none) { tanh($0) * exp($0) } }, at: [x], order: 2)
    #expect(report.passed && report.count == 3, "\(report)")
  }

  @Test func checkpointsDrawTheSameNumbersAgain() {
    let none = Parameters()
    // Half of the elements are dropped; the gradient of what is left shows which.
    let x = Tensor.seeded([64], in: 1..<2)
    let (value, slope) = withRandomSeed(3) {
      var kept: Tensor?
      let slope = gradient(at: x) { x in
        let y = checkpointed(x, parameters: none) { x in
          let noise = DefaultRandomGenerator.withCurrent { $0.uniform(x.shape, dtype: .float64) }
          let mask = noise .> 0.5
          return select(mask, square(x), Tensor(0, dtype: .float64))
        }
        kept = y.detached
        return y.sum()
      }
      return (kept ?? x, slope)
    }
    expectClose(
      slope, select(value .> 0, x * 2, Tensor(0, dtype: .float64)), relative: 1e-15)
    let count = (value .> 0).sum().scalar(as: Int32.self)
    #expect(count > 16 && count < 48)
  }

  @Test func checkpointsKeepTheMode() {
    let none = Parameters()
    let slope = withMode(.training) {
      gradient(at: x) {
        checkpointed($0, parameters: none) { $0 * (LayerMode.current == .training ? 3 : 5) }.sum()
      }
    }
    expectIdentical(slope.contiguous, Tensor.full([3], 3, dtype: .float64).contiguous)
  }

  /// Runs in its own process, where nothing else allocates.
  @Test func checkpointsSaveMemory() async {
    await #expect(processExitsWith: .success) {
      let none = Parameters()
      let size = 1 << 16
      let x = Tensor.seeded([size], dtype: .float32)
      /// Sixteen blocks of eight operations that each keep their output.
      @Sendable func block(_ x: Tensor) -> Tensor { (0..<8).reduce(x) { y, _ in tanh(y) } }
      func peak(_ apply: (Tensor) -> Tensor) -> (bytes: Int, gradient: Tensor) {
        TensorMemory.resetPeak()
        let before = TensorMemory.statistics.liveBytes
        let slope = gradient(at: x) { (0..<16).reduce($0) { y, _ in apply(y) }.sum() }
        return (TensorMemory.statistics.peakLiveBytes - before, slope)
      }
      let plain = peak(block)
      let checked = peak { checkpointed($0, parameters: none, block) }
      expectIdentical(checked.gradient, plain.gradient)
      let tensor = size * 4
      // All 128 outputs, compared with one output for each block and those of one block.
      #expect(plain.bytes > 125 * tensor, "\(plain.bytes / tensor) tensors")
      #expect(checked.bytes < 40 * tensor, "\(checked.bytes / tensor) tensors")
    }
  }

  /// A checkpoint draws the numbers that its function would draw, and for the gradient the same
  /// ones again; those that follow are the same too.
  @Test func checkpointsDrawWhatTheirFunctionsDraw() {
    let parameters = Parameters([("w", Parameter(Tensor.ones([32], dtype: .float64)))])
    let x = Tensor.seeded([32], in: 1..<2)
    @Sendable func noisy(_ x: Tensor, _ draws: Int) -> Tensor {
      (0..<draws).reduce(x) { y, _ in
        y * DefaultRandomGenerator.withCurrent { $0.uniform(x.shape, dtype: .float64) }
      } * parameters[0].parameter.value
    }
    func run(
      _ apply: (Tensor, @escaping @Sendable (Tensor) -> Tensor) -> Tensor
    ) -> (values: [Tensor], gradient: Tensor, next: Tensor) {
      withRandomSeed(4) {
        var values = [Tensor]()
        let gradients = valueWithGradients(for: parameters) {
          let outputs = (1...2).map { draws in apply(x) { noisy($0, draws) } }
          values = outputs.map(\.detached)
          return (outputs[0] + outputs[1]).sum()
        }.gradients
        let next = DefaultRandomGenerator.withCurrent { $0.uniform([4], dtype: .float64) }
        return (values, gradients[0], next)
      }
    }
    let checked = run { checkpointed($0, parameters: parameters, $1) }
    // The weights are 1, so the gradient of each is the value itself.
    expectClose(checked.gradient, checked.values[0] + checked.values[1], relative: 1e-15)
    let plain = run { $1($0) }
    for (a, b) in zip(checked.values, plain.values) { expectIdentical(a, b) }
    expectIdentical(checked.gradient, plain.gradient)
    expectIdentical(checked.next, plain.next)
  }
}
