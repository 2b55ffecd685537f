import Autograd
import Tensor

/// An argument of an operation: its shape and the domain of its elements.
package struct Input: Sendable {
  /// The domain of the elements of an argument.
  enum Domain: Sendable {
    /// Uniform numbers of a range.
    case range(Double, Double)
    /// Numbers from −2 to 2 at a distance of at least 0.05 from the kinks of the operation.
    case avoiding([Double])
    /// Multiples of 0.25 plus an offset, so that arguments with different offsets are never close.
    case lattice(offset: Double)
    /// Numbers that differ from each other by at least 0.03, in random order.
    case distinct
    /// Numbers of a list.
    case choice([Double])
    /// int32 numbers of a range.
    case whole(Range<Int>)
    /// Boolean values.
    case truth
  }

  package let shape: Shape
  let domain: Domain

  init(_ shape: Shape, _ domain: Domain = .range(-2, 2)) {
    self.shape = shape
    self.domain = domain
  }

  /// The argument with another shape.
  func with(_ shape: Shape) -> Input { Input(shape, domain) }

  package var isFloatingPoint: Bool {
    switch domain {
    case .whole, .truth: false
    default: true
    }
  }

  /// A random tensor; its elements are float32 numbers in any floating-point dtype.
  ///
  /// With `period`, the elements after so many repeat the first ones, unless the domain is that of
  /// distinct numbers.
  package func tensor(
    _ dtype: DType, repeatingAfter period: Int = .max, using generator: inout RandomGenerator
  ) -> Tensor {
    if case .distinct = domain {
    } else if shape.elementCount > period {
      let block = with([period]).tensor(dtype, using: &generator)
      let copies = (shape.elementCount + period - 1) / period
      return block.tiled(copies)[0..<shape.elementCount].reshaped(to: shape)
    }
    let count = shape.elementCount
    let numbers: [Double]
    switch domain {
    case .range(let low, let high):
      numbers = (0..<count).map { _ in generator.uniform(in: low..<high) }
    case .avoiding(let kinks):
      numbers = (0..<count).map { _ in
        var x = generator.uniform(in: -2..<2)
        while kinks.contains(where: { Swift.abs($0 - x) < 0.05 }) {
          x = generator.uniform(in: -2..<2)
        }
        return x
      }
    case .lattice(let offset):
      numbers = (0..<count).map { _ in
        Double(generator.integer(below: 16) - 8) * 0.25 + offset + generator.uniform(in: 0..<0.01)
      }
    case .choice(let list):
      numbers = (0..<count).map { _ in list[generator.integer(below: list.count)] }
    case .distinct:
      numbers = generator.permutation(of: count).map {
        (Double($0) - Double(count) / 2) * 0.04 + generator.uniform(in: 0..<0.01)
      }
    case .whole(let range):
      let values = (0..<count).map { _ in
        Double(range.lowerBound + generator.integer(below: range.count))
      }
      return Tensor(values, shape: shape).converted(to: .int32)
    case .truth:
      return Tensor((0..<count).map { _ in generator.integer(below: 2) == 1 }, shape: shape)
    }
    // Both floating-point dtypes hold the same numbers.
    return Tensor(numbers.map { Float($0) }, shape: shape).converted(to: dtype)
  }
}
