import Autograd
import Tensor

/// A row of the op table: all that the tests need to know about one public operation.
///
/// To add an operation is to add a row.  `OpTableTests` drives its forward pass, gradients, layouts,
/// instruction sets, threads and errors from it, and fails for an operation of the library without one.
package struct OpCase: Sendable {
  /// What the row tests, in words; no two rows are called the same.
  package let name: String

  /// The declarations that the row covers, such as `sum(along: [Int], keepingAxes: Bool)`.
  package let operations: [String]

  /// The operation.
  package let apply: @Sendable ([Tensor]) -> Tensor

  /// The same in plain Swift.
  package let reference: @Sendable ([PlainArray]) -> PlainArray

  /// Small inputs, several sets of them.
  package let samples: [[Input]]

  /// Inputs that are cut into tasks for several threads; nil where nothing is computed.
  package var large: [Input]?

  /// How far float32 may be from the exact result.
  package var bound = Bound.twoUnits

  /// The same for the large sample, where sums have more terms; nil: no further.
  package var largeBound: Bound?

  /// How far gradients in float32 may be from those in float64.
  package var gradientBound = Bound(relative: 2e-6, absolute: 2e-6)

  /// How far float64 may be from the reference.
  package var exactness = Bound(relative: 1e-14, absolute: 1e-15)

  /// Whether an element of the result is the same bits whatever the layout of the inputs.
  package var isLayoutExact = true

  /// Whether a gradient flows through.
  package var isDifferentiable = true

  /// The dtype of the result where it is not that of the inputs.
  package var resultType: DType?

  /// Misuses, and what the program says when it stops.
  package var errors: [OpError] = []
}

/// A difference that is allowed: absolute + relative · |expected|.
package struct Bound: Sendable {
  package let relative: Double
  package let absolute: Double

  package init(relative: Double, absolute: Double) {
    self.relative = relative
    self.absolute = absolute
  }

  /// Two units in the last place of a float32.
  package static let twoUnits = Bound(relative: 2.4e-7, absolute: 0)
  /// Of sums of some hundred terms of ordinary size.
  package static let sums = Bound(relative: 1e-6, absolute: 2e-6)
  /// Elements are moved, not computed.
  package static let none = Bound(relative: 0, absolute: 0)
}

/// A misuse of an operation.
package struct OpError: Sendable {
  /// What the program says as it stops.
  package let message: String
  package let body: @Sendable () -> Void

  init(_ message: String, _ body: @escaping @Sendable () -> Void) {
    self.message = message
    self.body = body
  }
}

/// One argument of an operation: its shape, and which numbers it may hold.
package struct Input: Sendable {
  /// Which numbers an argument may hold.
  enum Domain: Sendable {
    /// Numbers of a range.
    case range(Double, Double)
    /// Numbers from −2 to 2 that keep a distance of 0.05 from those where the operation has a kink.
    case avoiding([Double])
    /// Multiples of 0.25, moved by a number, so that two arguments moved differently are never close.
    case lattice(offset: Double)
    /// Numbers that differ from each other by 0.03 and more, in random order.
    case distinct
    /// Numbers of a list.
    case choice([Double])
    /// int32 numbers of a range.
    case whole(Range<Int>)
    /// Truth values.
    case truth
  }

  package let shape: Shape
  let domain: Domain

  init(_ shape: Shape, _ domain: Domain = .range(-2, 2)) {
    self.shape = shape
    self.domain = domain
  }

  package var isFloatingPoint: Bool {
    switch domain {
    case .whole, .truth: false
    default: true
    }
  }

  /// A tensor of the shape, with float32 numbers in whatever floating-point dtype is asked for.
  package func tensor(_ dtype: DType, using generator: inout RandomGenerator) -> Tensor {
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
    // Both dtypes compute from the same numbers.
    return Tensor(numbers.map { Float($0) }, shape: shape).converted(to: dtype)
  }
}

extension OpCase {
  /// The tensors of a sample, the same every time.
  package func tensors(_ inputs: [Input], _ dtype: DType, seed: UInt64 = 0) -> [Tensor] {
    // FNV-1a; the standard library's hash differs from run to run.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325 ^ seed
    for byte in "\(name) \(inputs.map(\.shape))".utf8 {
      hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
    }
    var generator = RandomGenerator(seed: hash)
    return inputs.map { $0.tensor(dtype, using: &generator) }
  }

  /// What the reference makes of tensors.
  package func expected(_ tensors: [Tensor]) -> PlainArray {
    reference(
      tensors.map { PlainArray(shape: Array($0.shape), values: $0.scalars(as: Double.self)) })
  }

  /// The samples, the large one last.
  package var allSamples: [[Input]] { samples + (large.map { [$0] } ?? []) }
}

// MARK: - Kinds of rows

/// Lists rows one below the other; the compiler checks each for itself, which a long array literal forbids.
@resultBuilder
enum OpTableBuilder {
  static func buildExpression(_ row: OpCase) -> [OpCase] { [row] }
  static func buildExpression(_ rows: [OpCase]) -> [OpCase] { rows }
  static func buildBlock(_ rows: [OpCase]...) -> [OpCase] { rows.flatMap { $0 } }
  static func buildArray(_ rows: [[OpCase]]) -> [OpCase] { rows.flatMap { $0 } }
}

extension OpCase {
  static func table(@OpTableBuilder _ rows: () -> [OpCase]) -> [OpCase] { rows() }

  /// The shapes on which an operation of single elements is tried.
  static let shapes: [Shape] = [[], [0], [1], [7], [3, 4], [2, 0, 3], [2, 3, 5], [1, 2, 1, 3]]
  static let largeShape: Shape = [300, 257]

  /// An operation of one tensor, element by element.
  static func unary(
    _ operation: String, named name: String? = nil, on domain: Input.Domain = .range(-2, 2),
    _ apply: @escaping @Sendable (Tensor) -> Tensor,
    reference: @escaping @Sendable (Double) -> Double
  ) -> OpCase {
    OpCase(
      name: name ?? String(operation.prefix { $0 != "(" }), operations: [operation],
      apply: { apply($0[0]) },
      reference: { $0[0].map(reference) },
      samples: shapes.map { [Input($0, domain)] }, large: [Input(largeShape, domain)])
  }

  /// The pairs of shapes on which an operation of two tensors is tried.
  static let shapePairs: [(Shape, Shape)] = [
    ([], []), ([0], [1]), ([1], [1]), ([5], [5]), ([5], []), ([], [5]), ([3, 4], [3, 4]),
    ([3, 4], [4]), ([4], [3, 4]), ([3, 1], [1, 4]), ([2, 1, 4], [3, 1]), ([2, 3, 4], [1, 4]),
  ]

  /// An operation of two tensors, element by element and broadcast.
  static func binary(
    _ operation: String, named name: String? = nil, on first: Input.Domain = .range(-2, 2),
    and second: Input.Domain = .range(-2, 2),
    _ apply: @escaping @Sendable (Tensor, Tensor) -> Tensor,
    reference: @escaping @Sendable (Double, Double) -> Double
  ) -> OpCase {
    OpCase(
      name: name ?? String(operation.prefix { $0 != "(" }), operations: [operation],
      apply: { apply($0[0], $0[1]) },
      reference: { PlainArray.map($0[0], $0[1], reference) },
      samples: shapePairs.map { [Input($0.0, first), Input($0.1, second)] },
      large: [Input(largeShape, first), Input([257], second)])
  }

  /// The row with some properties changed.
  func with(_ change: (inout OpCase) -> Void) -> OpCase {
    var copy = self
    change(&copy)
    return copy
  }
}

// MARK: - Gradients

extension OpCase {
  /// The operation as a function of its floating-point inputs, and a sample of them.
  package func differentiable(
    _ sample: [Input], _ dtype: DType, seed: UInt64 = 0
  ) -> (function: ([Tensor]) -> Tensor, inputs: [Tensor]) {
    differentiable(tensors(sample, dtype, seed: seed))
  }

  /// The operation as a function of its floating-point inputs, and those.
  package func differentiable(
    _ all: [Tensor]
  ) -> (function: ([Tensor]) -> Tensor, inputs: [Tensor]) {
    let function = { self.apply(all.replacingFloatingPoint(by: $0)) }
    return (function, all.filter(\.dtype.isFloatingPoint))
  }
}

extension [Tensor] {
  /// The list with its floating-point tensors replaced, in order.
  package func replacingFloatingPoint(by others: [Tensor]) -> [Tensor] {
    var others = others.makeIterator()
    return map { $0.dtype.isFloatingPoint ? others.next() ?? $0 : $0 }
  }
}
