import Tensor

extension Gradients {
  /// Returns the gradients with each tensor changed by a function that keeps its shape and dtype.
  ///
  /// ```swift
  /// optimizer.step(gradients.map { sign($0) })
  /// ```
  public func map<Failure: Error>(
    _ transform: (Tensor) throws(Failure) -> Tensor
  ) throws(Failure) -> Gradients {
    var result = [Tensor]()
    result.reserveCapacity(count)
    for i in 0..<count { result.append(try transform(self[i])) }
    return Gradients(result, for: parameters)
  }

  private static func combined(
    _ a: Gradients, _ b: Gradients, _ operation: StaticString,
    _ combine: (Tensor, Tensor) -> Tensor
  ) -> Gradients {
    require(
      a.parameters.isSame(as: b.parameters),
      "Gradients: \(operation) needs gradients of the same parameters in the same order")
    return Gradients(zip(a.tensors, b.tensors).map(combine), for: a.parameters)
  }

  /// The sum of the gradients of two losses with respect to the same parameters.
  public static func + (a: Gradients, b: Gradients) -> Gradients { combined(a, b, "+") { $0 + $1 } }

  /// The difference of the gradients of two losses with respect to the same parameters.
  public static func - (a: Gradients, b: Gradients) -> Gradients { combined(a, b, "-") { $0 - $1 } }

  /// The gradients with the opposite sign.
  public static prefix func - (gradients: Gradients) -> Gradients { gradients.scaled(by: -1) }

  /// The gradients times a number; see ``scaled(by:)``.
  public static func * (gradients: Gradients, factor: Double) -> Gradients {
    gradients.scaled(by: factor)
  }

  /// The gradients times a number; see ``scaled(by:)``.
  public static func * (factor: Double, gradients: Gradients) -> Gradients {
    gradients.scaled(by: factor)
  }

  /// The gradients divided by a number.
  public static func / (gradients: Gradients, divisor: Double) -> Gradients {
    gradients.scaled(by: 1 / divisor)
  }

  /// Adds the gradients of another loss with respect to the same parameters.
  public static func += (a: inout Gradients, b: Gradients) { a = a + b }

  /// Subtracts the gradients of another loss with respect to the same parameters.
  public static func -= (a: inout Gradients, b: Gradients) { a = a - b }

  /// Multiplies the gradients by a number.
  public static func *= (gradients: inout Gradients, factor: Double) {
    gradients = gradients.scaled(by: factor)
  }

  /// Divides the gradients by a number.
  public static func /= (gradients: inout Gradients, divisor: Double) {
    gradients = gradients / divisor
  }

  /// Returns the mean of several gradients with respect to the same parameters.
  ///
  /// An empty list stops the program. To weigh batches of different sizes, see
  /// `GradientAccumulator`.
  public static func mean(of gradients: [Gradients]) -> Gradients {
    guard let first = gradients.first else { fail("Gradients: the mean of no gradients") }
    let sum = gradients.dropFirst().reduce(first) { combined($0, $1, "mean") { $0 + $1 } }
    return sum / Double(gradients.count)
  }

  /// The inner product Σ a · b of two gradients with respect to the same parameters.
  ///
  /// The cosine of their angle is `a.dot(b) / (a.norm * b.norm)`.
  public func dot(_ other: Gradients) -> Double {
    require(
      parameters.isSame(as: other.parameters),
      "Gradients: dot needs gradients of the same parameters in the same order")
    let products = zip(unscaled, other.unscaled).map { ($0 * $1).sum().scalar() }
    return products.reduce(0, +) * scale * other.scale
  }
}

extension Gradients: Sequence {
  /// The name of a parameter and its gradient.
  public typealias Element = (name: String, gradient: Tensor)

  /// An iterator over the names and gradients.
  public struct Iterator: IteratorProtocol {
    private let gradients: Gradients
    private var position = 0

    fileprivate init(_ gradients: Gradients) { self.gradients = gradients }

    /// Returns the next name and gradient, or `nil` after the last one.
    public mutating func next() -> (name: String, gradient: Tensor)? {
      guard position < gradients.count else { return nil }
      defer { position += 1 }
      return (gradients.parameters[position].name, gradients[position])
    }
  }

  /// Returns an iterator over the names and gradients, in the order of the parameters.
  public func makeIterator() -> Iterator { Iterator(self) }
}

extension Gradients: CustomStringConvertible {
  /// A line for each parameter: its name, the shape of the gradient, and its norm.
  public var description: String {
    (0..<count).map { i in
      let norm = Self.squaredNorm(of: unscaled[i]).squareRoot() * abs(scale)
      return "\(parameters[i].name) \(parameters[i].parameter.shape), norm \(norm)"
    }.joined(separator: "\n")
  }
}
