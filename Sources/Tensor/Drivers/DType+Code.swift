import CKernels

extension DType {
  /// The dtype's code in the kernels.
  package var code: ck_dtype {
    switch self {
    case .float32: CK_F32
    case .float64: CK_F64
    case .int32: CK_I32
    case .bool: CK_BOOL
    }
  }
}
