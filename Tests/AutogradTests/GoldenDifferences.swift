import TestSupport

/// Where an operation gives something else than PyTorch on purpose.
struct GoldenDifference: Sendable {
  let reason: String
  /// The elements of the value, if it differs.
  var value: [Double]?
  /// The elements of the gradients that differ, by the position among those that the row has.
  var gradients: [Int: [Double]] = [:]

  func value(_ theirs: Tensor) -> Tensor {
    value.map { Tensor($0, shape: theirs.shape).converted(to: theirs.dtype) } ?? theirs
  }

  func gradient(_ theirs: Tensor, _ index: Int) -> Tensor {
    gradients[index].map { Tensor($0, shape: theirs.shape) } ?? theirs
  }

  /// By the name of the row.
  static let all: [String: GoldenDifference] = [:]
}
