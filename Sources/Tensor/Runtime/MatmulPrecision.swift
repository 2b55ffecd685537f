import CKernels

/// The precision of the operands of products of float32 matrices; its raw values are those of
/// `train fit --precision`.
public enum MatmulPrecision: String, Sendable, CaseIterable {
  /// Operands as they are.
  case float32
  /// Operands rounded to bfloat16, 8 bits of significand and the exponents of float32.
  case bfloat16 = "bf16"

  /// The precision of the innermost scope of ``withMatmulPrecision(_:_:)``, `float32` outside of
  /// any.
  public static var current: MatmulPrecision { Execution.current.precision }

  func code(inPairs: Bool) -> ck_precision {
    switch self {
    case .float32: CK_PRECISION_FLOAT32
    case .bfloat16: inPairs ? CK_PRECISION_BFLOAT16_PAIRS : CK_PRECISION_BFLOAT16
    }
  }
}

/// Runs `body` with products of float32 matrices in a precision.
///
/// ```swift
/// let (loss, gradients) = withMatmulPrecision(.bfloat16) {
///   valueWithGradients(for: model.parameters) { crossEntropy(model(x), y) }
/// }
/// ```
/// With `.bfloat16` the operands of a product are rounded to bfloat16 as they are read, to the
/// nearest and half to even, and their products are summed in float32. So are the products of
/// `matmul`, `linear` and `einsum`, of attention, convolutions and recurrent layers, of Muon's
/// iterations, and of their gradients. Everything else stays as it is: weights, optimizers, norms,
/// softmax, decompositions, and all that is float64. It is
/// `torch.set_float32_matmul_precision("medium")`.
///
/// What counts is the scope in which a product is computed: a backward pass rounds if the function
/// that computes gradients is called inside. Scopes nest, and hold on the threads of the operations
/// in them. A convolution of 3 × 3 that takes Winograd's way rounds pixels and weights before they
/// are transformed. Results are bit-identical for any number of threads, and differ between
/// instruction sets as those in float32 do. Processors with AVX-512 BF16 multiply pairs of bfloat16
/// by an instruction that takes denormal numbers for 0; on others nothing becomes faster.
public func withMatmulPrecision<Result, Failure: Error>(
  _ precision: MatmulPrecision, _ body: () throws(Failure) -> Result
) throws(Failure) -> Result {
  try Execution.with({ $0.precision = precision }, body)
}
