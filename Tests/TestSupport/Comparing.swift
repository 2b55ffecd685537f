import Adjoint
import Testing

/// Expects two lists of numbers to agree: |actual − expected| ≤ absolute + relative · |expected|
/// for each pair.
///
/// Their counts are compared first. NaN fails, unless both numbers are NaN and `nanEqual` is true.
/// Infinities agree only with themselves. A failure names the worst element with both values.
@discardableResult
package func expectClose(
  _ actual: [Double], _ expected: [Double], relative: Double, absolute: Double = 0,
  nanEqual: Bool = false, _ comment: @autoclosure () -> String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) -> Bool {
  record(
    difference(actual, expected, relative: relative, absolute: absolute, nanEqual: nanEqual),
    comment(), sourceLocation)
}

/// Expects two tensors to have the same shape, the same dtype and close elements.
@discardableResult
package func expectClose(
  _ actual: Tensor, _ expected: Tensor, relative: Double, absolute: Double = 0,
  nanEqual: Bool = false, _ comment: @autoclosure () -> String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) -> Bool {
  record(
    difference(actual, expected, relative: relative, absolute: absolute, nanEqual: nanEqual),
    comment(), sourceLocation)
}

/// Expects two numbers to be close.
@discardableResult
package func expectClose(
  _ actual: Double, _ expected: Double, relative: Double, absolute: Double = 0,
  nanEqual: Bool = false, _ comment: @autoclosure () -> String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) -> Bool {
  record(
    difference([actual], [expected], relative: relative, absolute: absolute, nanEqual: nanEqual),
    comment(), sourceLocation)
}

/// Expects two tensors to have the same shape, the same dtype and the same bits in every element.
@discardableResult
package func expectIdentical(
  _ actual: Tensor, _ expected: Tensor, _ comment: @autoclosure () -> String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) -> Bool {
  record(differenceInBits(actual, expected), comment(), sourceLocation)
}

private func record(
  _ difference: String?, _ comment: @autoclosure () -> String, _ sourceLocation: SourceLocation
) -> Bool {
  guard let difference else { return true }
  let comment = comment()
  Issue.record(
    Comment(rawValue: (comment.isEmpty ? "" : comment + ": ") + difference),
    sourceLocation: sourceLocation)
  return false
}

// MARK: - Differences

/// Returns a description of the difference between two lists of numbers, or `nil` if they agree.
///
/// See ``expectClose(_:_:relative:absolute:nanEqual:_:sourceLocation:)``.
package func difference(
  _ actual: [Double], _ expected: [Double], relative: Double, absolute: Double = 0,
  nanEqual: Bool = false
) -> String? {
  if actual.count != expected.count { return "\(actual.count) elements, not \(expected.count)" }
  var worst: (index: Int, excess: Double)?
  var failures = 0
  for (i, (a, e)) in zip(actual, expected).enumerated() {
    if a == e || (nanEqual && a.isNaN && e.isNaN) { continue }
    let error = abs(a - e)
    let bound = absolute + relative * abs(e)
    // Written so that NaN fails.
    if e.isFinite && error <= bound { continue }
    failures += 1
    let excess = error.isFinite ? error / bound : .infinity
    if worst.map({ excess > $0.excess }) ?? true { worst = (i, excess) }
  }
  guard let worst else { return nil }
  let (a, e) = (actual[worst.index], expected[worst.index])
  return "\(failures) of \(actual.count) elements differ; the worst is element \(worst.index): "
    + "\(a), not \(e) (difference \(abs(a - e)), relative \(abs(a - e) / abs(e)))"
}

/// Returns a description of the difference between two tensors in shape, dtype or elements, or
/// `nil` if they agree.
package func difference(
  _ actual: Tensor, _ expected: Tensor, relative: Double, absolute: Double = 0,
  nanEqual: Bool = false
) -> String? {
  differenceInKind(actual, expected)
    ?? difference(
      actual.scalars(as: Double.self), expected.scalars(as: Double.self), relative: relative,
      absolute: absolute, nanEqual: nanEqual)
}

/// Returns a description of the difference between two tensors in shape, dtype or a bit of an
/// element, or `nil` if they are identical.
package func differenceInBits(_ actual: Tensor, _ expected: Tensor) -> String? {
  if let difference = differenceInKind(actual, expected) { return difference }
  let (a, e) = (bits(of: actual), bits(of: expected))
  if a == e { return nil }
  let differing = a.indices.filter { a[$0] != e[$0] }
  let first = differing[0]
  return """
    \(differing.count) of \(a.count) elements differ in their bits; the first is element \
    \(first): \(actual.scalars(as: Double.self)[first]), not \
    \(expected.scalars(as: Double.self)[first])
    """
}

private func differenceInKind(_ actual: Tensor, _ expected: Tensor) -> String? {
  if actual.shape == expected.shape && actual.dtype == expected.dtype { return nil }
  return """
    \(actual.dtype) of shape \(actual.shape), not \(expected.dtype) of shape \(expected.shape)
    """
}

/// Returns the bits of the elements in row order.
private func bits(of tensor: Tensor) -> [UInt64] {
  switch tensor.dtype {
  case .float32: tensor.scalars(as: Float.self).map { UInt64($0.bitPattern) }
  case .float64: tensor.scalars(as: Double.self).map(\.bitPattern)
  case .int32: tensor.scalars(as: Int32.self).map { UInt64(UInt32(bitPattern: $0)) }
  case .bool: tensor.scalars(as: Bool.self).map { $0 ? 1 : 0 }
  }
}
