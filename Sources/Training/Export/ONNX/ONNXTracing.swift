import Autograd
import Tensor

/// Several traces of one function, with other values and other sizes of its inputs, matched
/// operation by operation.
///
/// What is equal in all of them is constant; what differs must follow from the inputs. A size or
/// another integer is a list with one number for each trace.
struct MatchedTraces {
  /// An operation in all traces.
  struct Call {
    /// The operation that the user called, for messages.
    let userName: String
    let name: String
    /// The operation in each trace.
    let operations: [Trace.Operation]
  }

  let traces: [Trace]
  /// The values of each trace, by number.
  let values: [[Tensor]]
  let calls: [Call]
  /// The outputs of the function, as numbers in each trace.
  let outputs: [[Int]]
  /// The values of the first trace that depend on an input.
  private let dependent: Set<Int>
  /// The operations, in the first trace, whose parts stand for them, by their values.
  private let replaced: [Int: String]

  /// Matches the operations that outputs depend on.
  ///
  /// - Parameters:
  ///   - traces: The traces.
  ///   - inputs: The numbers of the inputs in each trace.
  ///   - outputs: The numbers of the outputs in each trace.
  ///   - isKept: Whether an operation is taken as it is, not replaced by its parts.
  /// - Throws: ``TrainingError`` that names the first operation in which the traces differ.
  init(
    _ traces: [Trace], inputs: [[Int]], outputs: [[Int]], isKept: (Trace.Operation) -> Bool
  ) throws(TrainingError) {
    self.traces = traces
    self.outputs = outputs
    values = traces.map(\.values)
    var replaced = [Int: String]()
    let lists = zip(traces, outputs).map { trace, outputs in
      let flat = trace.operations.flatMap {
        Self.flattened($0, userName: $0.name, isKept: isKept, &replaced)
      }
      return Self.needed(flat, for: outputs)
    }
    for i in 0..<(lists.map(\.count).max() ?? 0) {
      let names = lists.map { i < $0.count ? $0[i].operation.name : nil }
      guard names.allSatisfy({ $0 == names[0] }) else {
        let name = lists.lazy.compactMap { i < $0.count ? $0[i].userName : nil }.first ?? ""
        throw .data(
          "\(name): which operations are called depends on the values or the sizes of the inputs")
      }
    }
    calls = lists[0].indices.map { i in
      Call(
        userName: lists[0][i].userName, name: lists[0][i].operation.name,
        operations: lists.map { $0[i].operation })
    }
    self.replaced = replaced
    var dependent = Set(inputs[0])
    for operation in traces[0].operations { Self.spread(&dependent, through: operation) }
    self.dependent = dependent
  }

  /// An operation, or its parts in its place.
  private static func flattened(
    _ operation: Trace.Operation, userName: String, isKept: (Trace.Operation) -> Bool,
    _ replaced: inout [Int: String]
  ) -> [(userName: String, operation: Trace.Operation)] {
    if isKept(operation) || operation.parts.isEmpty { return [(userName, operation)] }
    for output in operation.outputs { replaced[output] = userName }
    return operation.parts.flatMap {
      flattened($0, userName: userName, isKept: isKept, &replaced)
    }
  }

  /// The operations on which outputs depend.
  private static func needed(
    _ operations: [(userName: String, operation: Trace.Operation)], for outputs: [Int]
  ) -> [(userName: String, operation: Trace.Operation)] {
    var needed = Set(outputs)
    var result = [(userName: String, operation: Trace.Operation)]()
    for element in operations.reversed() where !needed.isDisjoint(with: element.operation.outputs) {
      needed.formUnion(element.operation.inputs)
      result.append(element)
    }
    return result.reversed()
  }

  private static func spread(_ dependent: inout Set<Int>, through operation: Trace.Operation) {
    for part in operation.parts { spread(&dependent, through: part) }
    if !dependent.isDisjoint(with: operation.inputs) { dependent.formUnion(operation.outputs) }
  }

  /// Whether a value depends on an input, given its numbers.
  func dependsOnInputs(_ numbers: [Int]) -> Bool { dependent.contains(numbers[0]) }

  /// The operation that computed a value but is not among the calls, because its parts are.
  func replacedOperation(_ numbers: [Int]) -> String? { replaced[numbers[0]] }

  /// A value in all traces, given its numbers.
  func tensors(_ numbers: [Int]) -> [Tensor] { zip(values, numbers).map { $0[$1] } }
}

extension [Tensor] {
  /// Whether all tensors have the same dtype, shape and bits.
  var areEqual: Bool {
    let first = self[0]
    if !allSatisfy({ $0.shape == first.shape && $0.dtype == first.dtype }) { return false }
    let bytes = first.littleEndianBytes
    return dropFirst().allSatisfy { $0.littleEndianBytes == bytes }
  }
}
