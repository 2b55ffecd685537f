import CKernels

/// Runs the optimizers' kernels: one pass over the memory of a parameter, in place.
package enum OptimizerSteps {
  private static let grain = 1 << 15

  /// PyTorch's AdamW on a parameter with the moments m and v; all contiguous and uniquely held.
  package static func adamW(
    _ parameter: inout Tensor, _ gradient: Tensor, _ m: Tensor, _ v: Tensor,
    _ settings: ck_adam_params
  ) {
    guard let kernel = ck_adamw(Execution.current.kernels, parameter.dtype.code) else {
      fail("adamW: not defined for \(parameter.dtype)")
    }
    let source = gradient.contiguous
    let (p, g, first, second) = (parameter.pointer, source.pointer, m.pointer, v.pointer)
    let size = parameter.dtype.byteCount
    forEachChunk(of: parameter.elementCount, grain: grain) { range in
      let start = range.lowerBound * size
      withUnsafePointer(to: settings) {
        kernel(p + start, g + start, first + start, second + start, range.count, $0)
      }
    }
  }

  /// PyTorch's SGD on a parameter with a momentum buffer, or none.
  package static func sgd(
    _ parameter: inout Tensor, _ gradient: Tensor, buffer: Tensor?, _ settings: ck_sgd_params
  ) {
    guard let kernel = ck_sgd(Execution.current.kernels, parameter.dtype.code) else {
      fail("sgd: not defined for \(parameter.dtype)")
    }
    let source = gradient.contiguous
    let (p, g, momentum) = (parameter.pointer, source.pointer, buffer?.pointer)
    let size = parameter.dtype.byteCount
    forEachChunk(of: parameter.elementCount, grain: grain) { range in
      let start = range.lowerBound * size
      withUnsafePointer(to: settings) {
        kernel(p + start, g + start, momentum.map { $0 + start }, range.count, $0)
      }
    }
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
