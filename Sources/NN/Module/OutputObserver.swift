import Autograd
import Synchronization
import Tensor

extension Module {
  /// The output itself, which ``summary(of:input:)`` takes note of while it runs a model.
  ///
  /// A layer of your own that returns `observed(output)` has the output's shape shown.  Elsewhere this costs the
  /// reading of one number.
  @discardableResult
  public func observed(_ output: Tensor) -> Tensor {
    if OutputObserver.isAnyWatching { OutputObserver.current?.note(self, output) }
    return output
  }
}

/// The outputs of modules in the order in which they were made.
final class OutputObserver: Sendable {
  @TaskLocal fileprivate static var current: OutputObserver?
  private static let watching = Atomic<Int>(0)

  static var isAnyWatching: Bool { watching.load(ordering: .relaxed) > 0 }

  /// What tells a module from others: its kind, its settings and its parameters.
  struct Identity: Hashable {
    let kind: String
    let parameters: [ObjectIdentifier]

    init(_ tree: ModuleTree) {
      kind = tree.kind
      parameters = tree.parameters.map { ObjectIdentifier($0.parameter) }
    }
  }

  private struct Event {
    let module: Identity
    let output: Tensor
  }

  private let events = Mutex<[Event]>([])

  /// The shapes that modules put out.
  var shapes: [Identity: [Shape]] {
    events.withLock { Dictionary(grouping: $0, by: \.module).mapValues { $0.map(\.output.shape) } }
  }

  func watching<Output>(_ body: () -> Output) -> Output {
    OutputObserver.watching.add(1, ordering: .relaxed)
    defer { OutputObserver.watching.subtract(1, ordering: .relaxed) }
    return OutputObserver.$current.withValue(self, operation: body)
  }

  fileprivate func note(_ module: any Module, _ output: Tensor) {
    let event = Event(module: Identity(ModuleTree(module)), output: output.detached)
    events.withLock { events in
      // A container notes the output of its layers, which may have done so themselves.
      if let last = events.last, last.module == event.module,
        last.output.storage === output.storage, last.output.shape == output.shape
      {
        return
      }
      events.append(event)
    }
  }
}
