import Autograd
import Tensor

/// A row of the op table: everything that the tests need to know about a public operation.
///
/// `OpTableTests` tests the values, gradients, layouts, instruction sets, threads and errors of
/// each row, and fails for an operation of the library without a row.
package struct OpCase: Sendable {
  /// The unique name of the row, which also seeds its random inputs.
  package let name: String

  /// The declarations that the row tests, such as `sum(along: [Int], keepingAxes: Bool)`.
  package let operations: [String]

  /// The operation.
  package let apply: @Sendable ([Tensor]) -> Tensor

  /// The reference in plain Swift.
  package let reference: @Sendable ([PlainArray]) -> PlainArray

  /// Several lists of small inputs.
  package let samples: [[Input]]

  /// Inputs large enough to be split over several threads; `nil` for an operation that computes
  /// nothing.
  package var large: [Input]?

  /// The error bound of float32 values.
  package var bound = Bound.twoUnits

  /// The error bound of float32 values for the large inputs, whose sums have more terms; `nil` for
  /// the same.
  package var largeBound: Bound?

  /// The error bound of float32 gradients, compared with float64 gradients.
  package var gradientBound = Bound(relative: 2e-6, absolute: 2e-6)

  /// The error bound of float64 values.
  package var exactness = Bound(relative: 1e-14, absolute: 1e-15)

  /// Whether the result is the same to the bit for any layout of the inputs.
  package var isLayoutExact = true

  /// Whether a gradient flows through the operation.
  package var isDifferentiable = true

  /// Whether it is an element-wise function of one tensor, made by `unary`.
  package private(set) var isUnary = false

  /// The dtype of the result if it is not that of the inputs.
  package var resultType: DType?

  /// How the inputs grow when the operation is timed at a size.
  package var growth = Growth.leadingAxis

  /// The multiply-adds of the operation, given the shapes of its inputs and of its result; `nil`
  /// where the bytes that must move are the limit.
  package var multiplyAdds: (@Sendable (_ inputs: [Shape], _ result: Shape) -> Int)?

  /// Misuses, and the messages with which they stop the program.
  package var errors: [OpError] = []
}

/// The allowed difference from an expected value: absolute + relative · |expected|.
package struct Bound: Sendable {
  package let relative: Double
  package let absolute: Double

  package init(relative: Double, absolute: Double) {
    self.relative = relative
    self.absolute = absolute
  }

  /// Two units in the last place of float32.
  package static let twoUnits = Bound(relative: 2.4e-7, absolute: 0)
  /// The float32 error of sums of some hundred terms of ordinary size.
  package static let sums = Bound(relative: 1e-6, absolute: 2e-6)
  /// No difference, for elements that are moved, not computed.
  package static let none = Bound(relative: 0, absolute: 0)
}

/// A misuse of an operation that stops the program.
package struct OpError: Sendable {
  /// The message with which the program stops.
  package let message: String
  /// Code that misuses the operation.
  package let body: @Sendable () -> Void

  init(_ message: String, _ body: @escaping @Sendable () -> Void) {
    self.message = message
    self.body = body
  }
}

extension OpCase {
  /// The tensors of a sample; equal arguments give equal tensors.
  package func tensors(_ inputs: [Input], _ dtype: DType, seed: UInt64 = 0) -> [Tensor] {
    // FNV-1a, because the standard library's hash differs from run to run.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325 ^ seed
    for byte in "\(name) \(inputs.map(\.shape))".utf8 {
      hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
    }
    var generator = RandomGenerator(seed: hash)
    return inputs.map { $0.tensor(dtype, using: &generator) }
  }

  /// The result of the reference for tensors.
  package func expected(_ tensors: [Tensor]) -> PlainArray {
    reference(
      tensors.map { PlainArray(shape: Array($0.shape), values: $0.scalars(as: Double.self)) })
  }

  /// The samples, with the large inputs last.
  package var allSamples: [[Input]] { samples + (large.map { [$0] } ?? []) }
}

// MARK: - Kinds of rows

/// Builds a list of rows that the compiler checks one by one, unlike a long array literal.
@resultBuilder
enum OpTableBuilder {
  static func buildExpression(_ row: OpCase) -> [OpCase] { [row] }
  static func buildExpression(_ rows: [OpCase]) -> [OpCase] { rows }
  static func buildBlock(_ rows: [OpCase]...) -> [OpCase] { rows.flatMap { $0 } }
  static func buildArray(_ rows: [[OpCase]]) -> [OpCase] { rows.flatMap { $0 } }
}

extension OpCase {
  /// A list of rows.
  static func table(@OpTableBuilder _ rows: () -> [OpCase]) -> [OpCase] { rows() }

  /// The shapes on which an element-wise operation is tested.
  static let shapes: [Shape] = [[], [0], [1], [7], [3, 4], [2, 0, 3], [2, 3, 5], [1, 2, 1, 3]]
  /// The large shape on which an element-wise operation is tested.
  static let largeShape: Shape = [300, 257]

  /// A row of an element-wise operation of one tensor.
  static func unary(
    _ operation: String, named name: String? = nil, on domain: Input.Domain = .range(-2, 2),
    _ apply: @escaping @Sendable (Tensor) -> Tensor,
    reference: @escaping @Sendable (Double) -> Double
  ) -> OpCase {
    OpCase(
      name: name ?? String(operation.prefix { $0 != "(" }), operations: [operation],
      apply: { apply($0[0]) },
      reference: { $0[0].map(reference) },
      samples: shapes.map { [Input($0, domain)] }, large: [Input(largeShape, domain)]
    ).with { $0.isUnary = true }
  }

  /// The pairs of shapes on which an element-wise operation of two tensors is tested.
  static let shapePairs: [(Shape, Shape)] = [
    ([], []), ([0], [1]), ([1], [1]), ([5], [5]), ([5], []), ([], [5]), ([3, 4], [3, 4]),
    ([3, 4], [4]), ([4], [3, 4]), ([3, 1], [1, 4]), ([2, 1, 4], [3, 1]), ([2, 3, 4], [1, 4]),
  ]

  /// A row of an element-wise operation of two tensors, which are broadcast.
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

  /// Requires values that equal the reference, for operations that move or choose elements.
  static func exact(_ op: inout OpCase) {
    op.bound = .none
    op.exactness = .none
  }

  /// Requires exact int32 positions, which have no gradient.
  static func givesPositions(_ op: inout OpCase) {
    exact(&op)
    op.isDifferentiable = false
    op.resultType = .int32
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
  /// The operation as a function of its floating-point inputs, and those inputs of a sample.
  package func differentiable(
    _ sample: [Input], _ dtype: DType, seed: UInt64 = 0
  ) -> (function: ([Tensor]) -> Tensor, inputs: [Tensor]) {
    differentiable(tensors(sample, dtype, seed: seed))
  }

  /// The operation as a function of its floating-point inputs, and those inputs.
  package func differentiable(
    _ all: [Tensor]
  ) -> (function: ([Tensor]) -> Tensor, inputs: [Tensor]) {
    let function = { self.apply(all.replacingFloatingPoint(by: $0)) }
    return (function, all.filter(\.dtype.isFloatingPoint))
  }
}

extension [Tensor] {
  /// The list with its floating-point tensors replaced in order.
  package func replacingFloatingPoint(by others: [Tensor]) -> [Tensor] {
    var others = others.makeIterator()
    return map { $0.dtype.isFloatingPoint ? others.next() ?? $0 : $0 }
  }
}
