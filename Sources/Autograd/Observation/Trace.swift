import Synchronization
import Tensor

/// A setting of an operation beside its inputs, such as an axis, as an export sees it.
public enum OperationAttribute: Sendable, Equatable {
  /// An integer, such as an axis.
  case integer(Int)
  /// A list of integers, such as a shape.
  case integers([Int])
  /// A number.
  case number(Double)
  /// A choice.
  case flag(Bool)
  /// A name or a formula.
  case text(String)
}

extension OperationAttribute: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByStringLiteral
{
  /// Creates an integer.
  public init(integerLiteral value: Int) { self = .integer(value) }
  /// Creates a number.
  public init(floatLiteral value: Double) { self = .number(value) }
  /// Creates a choice.
  public init(booleanLiteral value: Bool) { self = .flag(value) }
  /// Creates a name or a formula.
  public init(stringLiteral value: String) { self = .text(value) }

  /// A shape as a list of integers.
  static func shape(_ shape: Shape) -> Self { .integers(Array(shape)) }

  /// The axes of a mask in ascending order.
  static func axes(_ mask: AxisMask) -> Self {
    .integers((0..<Shape.maximumRank).filter(mask.contains))
  }
}

/// The settings of an operation by name.
public typealias OperationAttributes = [String: OperationAttribute]

/// The operations that a function calls, and how their values depend on each other.
///
/// Values are told apart by where they are stored, so a trace keeps all of them.
package final class Trace: Sendable {
  /// A call of an operation.
  package struct Operation: Sendable {
    package let name: String
    /// The numbers of the inputs.
    package let inputs: [Int]
    /// The numbers of the values that it computes.
    package let outputs: [Int]
    package let attributes: OperationAttributes
    /// The operations that it called, in order.
    package let parts: [Operation]
  }

  private struct Place: Hashable {
    let storage: ObjectIdentifier
    let offset: Int
    let shape: [Int]
    let strides: [Int]
    let dtype: DType

    init(of tensor: Tensor) {
      storage = ObjectIdentifier(tensor.storage)
      offset = tensor.offset
      let shape = Array(tensor.shape)
      self.shape = shape
      // The stride of an axis of one element has no meaning.
      strides = shape.indices.map { shape[$0] == 1 ? 0 : tensor.strides[$0] }
      dtype = tensor.dtype
    }
  }

  private struct State {
    var values: [Tensor] = []
    var numbers: [Place: Int] = [:]
    var operations: [Operation] = []
    /// For each operation that has begun, how many operations and values there were before.
    var open: [(operations: Int, values: Int)] = []

    mutating func number(of tensor: Tensor) -> Int {
      let place = Place(of: tensor)
      if let number = numbers[place] { return number }
      return append(tensor, place)
    }

    mutating func append(_ tensor: Tensor, _ place: Place) -> Int {
      values.append(tensor.detached)
      numbers[place] = values.count - 1
      return values.count - 1
    }
  }

  @TaskLocal package static var current: Trace?

  /// Whether a trace is running in the current task.
  package static var isRunning: Bool { Observation.isOn && current != nil }

  private let state = Mutex(State())

  private init() {}

  /// The values, by their numbers.
  package var values: [Tensor] { state.withLock { $0.values } }

  /// The operations that no other operation called, in order.
  package var operations: [Operation] { state.withLock { $0.operations } }

  /// The number of a tensor; one that no operation computed becomes a constant.
  package func number(of tensor: Tensor) -> Int { state.withLock { $0.number(of: tensor) } }

  /// Traces the operations that `body` calls in the current task.
  package static func run<Result, Failure: Error>(
    _ body: (Trace) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let trace = Trace()
    let outcome = Observation.withOpenScope {
      $current.withValue(trace) { () -> Swift.Result<Result, Failure> in
        do throws(Failure) { return .success(try body(trace)) } catch { return .failure(error) }
      }
    }
    return try outcome.get()
  }

  func begin() {
    state.withLock { $0.open.append(($0.operations.count, $0.values.count)) }
  }

  /// Adds an operation with those that it called as its parts.
  ///
  /// - Returns: The values, each with a place of its own. One that is stored where an earlier value
  ///   is, because the operation changed nothing, is copied: otherwise the two could not be told
  ///   apart.
  func end(
    _ operation: StaticString, of inputs: [Tensor], attributes: OperationAttributes,
    values: [Tensor]
  ) -> [Tensor] {
    state.withLock { state in
      let start = state.open.removeLast()
      var (results, outputs) = (values, [Int]())
      let inputs = inputs.map { state.number(of: $0) }
      for (i, value) in values.enumerated() {
        let place = Place(of: value)
        if let number = state.numbers[place] {
          if number >= start.values && !inputs.contains(number) && !outputs.contains(number) {
            outputs.append(number)
            continue
          }
          results[i] = Elementwise.copy(value)
          results[i].node = value.node
        }
        outputs.append(state.append(results[i], Place(of: results[i])))
      }
      let parts = Array(state.operations[start.operations...])
      state.operations.removeSubrange(start.operations...)
      state.operations.append(
        Operation(
          name: "\(operation)", inputs: inputs, outputs: outputs, attributes: attributes,
          parts: parts))
      return results
    }
  }
}

/// Computes a value by several operations that a trace sees as one, with the others as its parts.
package func traced(
  _ operation: StaticString, _ inputs: @autoclosure () -> [Tensor],
  attributes: @autoclosure () -> OperationAttributes = [:], _ body: () -> Tensor
) -> Tensor {
  guard Observation.isOn, let trace = Trace.current else { return body() }
  trace.begin()
  let value = body()
  return trace.end(operation, of: inputs(), attributes: attributes(), values: [value])[0]
}

/// Computes several values by operations that a trace sees as one; see
/// ``traced(_:_:attributes:_:)``.
package func tracedTogether(
  _ operation: StaticString, _ inputs: @autoclosure () -> [Tensor],
  attributes: @autoclosure () -> OperationAttributes = [:], _ body: () -> [Tensor]
) -> [Tensor] {
  guard Observation.isOn, let trace = Trace.current else { return body() }
  trace.begin()
  let values = body()
  return trace.end(operation, of: inputs(), attributes: attributes(), values: values)
}
