import CKernels

/// Runs the optimizers' kernels: one pass over the memory of a parameter, in place.
package enum OptimizerSteps {
  private static let grain = 1 << 15

  /// A step of a rule on a parameter with what the rule keeps, in the order of the kernel; all contiguous and
  /// uniquely held.
  package static func step(
    _ rule: ck_step_rule, _ parameter: inout Tensor, _ gradient: Tensor, keeping memory: [Tensor],
    _ settings: ck_step_settings
  ) {
    guard let kernel = ck_step(Execution.current.kernels, rule, parameter.dtype.code) else {
      fail("optimizer: not defined for \(parameter.dtype)")
    }
    let source = gradient.contiguous
    let (p, g) = (parameter.pointer, source.pointer)
    let first = memory.count > 0 ? memory[0].pointer : nil
    let second = memory.count > 1 ? memory[1].pointer : nil
    let third = memory.count > 2 ? memory[2].pointer : nil
    let size = parameter.dtype.byteCount
    forEachChunk(of: parameter.elementCount, grain: grain) { range in
      let start = range.lowerBound * size
      withUnsafePointer(to: settings) {
        kernel(
          p + start, g + start, first.map { $0 + start }, second.map { $0 + start },
          third.map { $0 + start }, range.count, $0)
      }
    }
    withExtendedLifetime(source) {}
  }

  /// average ← average + share (value − average).
  package static func average(_ average: inout Tensor, toward value: Tensor, share: Double) {
    var settings = ck_step_settings()
    settings.grad_scale = 1
    settings.rate = share
    step(CK_STEP_AVERAGE, &average, value, keeping: [], settings)
  }

  /// slow ← (1 − α) slow + α fast; fast ← slow.
  package static func lookahead(
    slow: Tensor, fast: inout Tensor, slowStepSize alpha: Double
  ) {
    guard let kernel = ck_lookahead(Execution.current.kernels, fast.dtype.code) else {
      fail("lookahead: not defined for \(fast.dtype)")
    }
    let (slowStart, fastStart) = (slow.pointer, fast.pointer)
    let size = fast.dtype.byteCount
    forEachChunk(of: fast.elementCount, grain: grain) { range in
      let start = range.lowerBound * size
      kernel(slowStart + start, fastStart + start, range.count, alpha)
    }
  }
}
