import TestSupport

/// The cube x³, declared as a user would, with a pullback that is multiplied by a factor.
func cube(_ x: Tensor, factor: Double = 1) -> Tensor {
  record("cube", x, saving: .input) {
    $0 * $0 * $0
  } pullback: { dy, saved in
    dy * 3 * square(saved.input) * factor
  }
}
