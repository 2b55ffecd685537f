import CKernels
import Tensor

// Assignments change the elements in place. They copy them only if another tensor or a graph holds
// them, or if the layout has gaps.

extension Tensor {
  /// Adds a tensor in place, a ← a + b; b broadcasts to the shape of a.
  public static func += (a: inout Tensor, b: Tensor) {
    if !a.updateInPlace(CK_BINARY_ADD, b, "+=") { a = a + b }
  }

  /// Adds a number in place, a ← a + b.
  public static func += (a: inout Tensor, b: Double) {
    if !a.updateInPlace(CK_BINARY_ADD, b, "+=") { a = a + b }
  }

  /// Subtracts a tensor in place, a ← a − b; b broadcasts to the shape of a.
  public static func -= (a: inout Tensor, b: Tensor) {
    if !a.updateInPlace(CK_BINARY_SUB, b, "-=") { a = a - b }
  }

  /// Subtracts a number in place, a ← a − b.
  public static func -= (a: inout Tensor, b: Double) {
    if !a.updateInPlace(CK_BINARY_SUB, b, "-=") { a = a - b }
  }

  /// Multiplies by a tensor in place, a ← a · b; b broadcasts to the shape of a.
  public static func *= (a: inout Tensor, b: Tensor) {
    if !a.updateInPlace(CK_BINARY_MUL, b, "*=") { a = a * b }
  }

  /// Multiplies by a number in place, a ← a · b.
  public static func *= (a: inout Tensor, b: Double) {
    if !a.updateInPlace(CK_BINARY_MUL, b, "*=") { a = a * b }
  }

  /// Divides by a tensor in place, a ← a / b; b broadcasts to the shape of a.
  public static func /= (a: inout Tensor, b: Tensor) {
    if !a.updateInPlace(CK_BINARY_DIV, b, "/=") { a = a / b }
  }

  /// Divides by a number in place, a ← a / b.
  public static func /= (a: inout Tensor, b: Double) {
    if !a.updateInPlace(CK_BINARY_DIV, b, "/=") { a = a / b }
  }

  /// Takes the remainder by a tensor in place, a ← a − b ⌊a/b⌋; b broadcasts to the shape of a.
  public static func %= (a: inout Tensor, b: Tensor) {
    if !a.updateInPlace(CK_BINARY_REM, b, "%=") { a = a % b }
  }

  /// Takes the remainder by a number in place, a ← a − b ⌊a/b⌋.
  public static func %= (a: inout Tensor, b: Double) {
    if !a.updateInPlace(CK_BINARY_REM, b, "%=") { a = a % b }
  }

  /// Applies an operation in place and returns true, unless a graph, a shared storage or a layout
  /// with gaps prevents it.
  private mutating func updateInPlace(
    _ op: ck_binary_op, _ b: Tensor, _ name: StaticString
  ) -> Bool {
    require(
      dtype == b.dtype, "\(name): \(DType.differ(dtype, b.dtype))")
    require(
      shape.broadcast(with: b.shape) == shape,
      "\(name): shape \(b.shape) does not broadcast to shape \(shape) of the assigned tensor")
    guard node == nil, b.node == nil, isContiguous, !isPending, !b.isPending, isUniquelyHeld(),
      !Trace.isRunning
    else { return false }
    let isObserved = Observation.isOn
    if isObserved { Observation.begin() }
    Elementwise.update(&self, op, b)
    if isObserved { _ = Observation.end(name, of: [b], value: self) }
    return true
  }

  private mutating func updateInPlace(
    _ op: ck_binary_op, _ b: Double, _ name: StaticString
  ) -> Bool {
    // No arithmetic is defined for bool, with whatever number.
    if dtype != .bool { requireHeld(b, by: dtype, for: "\(name)") }
    guard node == nil, isContiguous, !isPending, isUniquelyHeld(), !Trace.isRunning else {
      return false
    }
    let isObserved = Observation.isOn
    if isObserved { Observation.begin() }
    Elementwise.update(&self, op, b)
    if isObserved { _ = Observation.end(name, of: [], value: self) }
    return true
  }
}
