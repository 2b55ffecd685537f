import CKernels

/// Runs the kernels of the optimizers, each of which updates a parameter in place in one pass over
/// memory.
package enum OptimizerSteps {
  /// Takes a step of an update rule on a parameter and the state of the rule, in the order of the
  /// kernel.
  ///
  /// The parameter and the state are contiguous and uniquely held.
  package static func step(
    _ rule: ck_step_rule, _ parameter: inout Tensor, _ gradient: Tensor, state: [Tensor],
    _ settings: ck_step_settings
  ) {
    guard let kernel = ck_step(Execution.current.kernels, rule, parameter.dtype.code) else {
      fail("optimizer: \(parameter.dtype.isUndefined)")
    }
    let copy = gradient.isContiguous ? nil : Elementwise.copy(gradient)
    let (p, g) = (parameter.pointer, copy?.pointer ?? gradient.pointer)
    let first = state.count > 0 ? state[0].pointer : nil
    let second = state.count > 1 ? state[1].pointer : nil
    let third = state.count > 2 ? state[2].pointer : nil
    let size = parameter.dtype.byteCount
    forEachChunk(of: parameter.elementCount, grain: Grain.elements) { range in
      let start = range.lowerBound * size
      withUnsafePointer(to: settings) {
        kernel(
          p + start, g + start, first.map { $0 + start }, second.map { $0 + start },
          third.map { $0 + start }, range.count, $0)
      }
    }
    withExtendedLifetime((gradient, copy)) {}
  }

  /// Computes average ← average + share (value − average).
  package static func average(_ average: inout Tensor, toward value: Tensor, share: Double) {
    var settings = ck_step_settings()
    settings.grad_scale = 1
    settings.rate = share
    step(CK_STEP_AVERAGE, &average, value, state: [], settings)
  }

  /// Computes slow ← (1 − α) slow + α fast, then fast ← slow.
  package static func lookahead(
    slow: Tensor, fast: inout Tensor, slowStepSize alpha: Double
  ) {
    guard let kernel = ck_lookahead(Execution.current.kernels, fast.dtype.code) else {
      fail("lookahead: \(fast.dtype.isUndefined)")
    }
    let (slowStart, fastStart) = (slow.pointer, fast.pointer)
    let size = fast.dtype.byteCount
    forEachChunk(of: fast.elementCount, grain: Grain.elements) { range in
      let start = range.lowerBound * size
      kernel(slowStart + start, fastStart + start, range.count, alpha)
    }
  }
}
