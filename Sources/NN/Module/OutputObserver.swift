import Autograd
import Synchronization
import Tensor

extension Module {
  /// Returns the output unchanged and records its shape while ``summary(of:input:)`` runs a model.
  ///
  /// Return `observed(output)` from a layer of your own to include it in summaries. Outside of a
  /// summary this costs one atomic load.
  @discardableResult
  public func observed(_ output: Tensor) -> Tensor {
    if OutputObserver.isAnyWatching { OutputObserver.current?.record(self, output) }
    return output
  }
}

/// A recorder of the outputs of modules, in the order in which they are computed.
final class OutputObserver: Sendable {
  @TaskLocal fileprivate static var current: OutputObserver?
  private static let watching = Atomic<Int>(0)

  static var isAnyWatching: Bool { watching.load(ordering: .relaxed) > 0 }

  /// The identity of a module: its type, its settings and its parameters.
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

  /// The shapes of the outputs of each module.
  var shapes: [Identity: [Shape]] {
    events.withLock { Dictionary(grouping: $0, by: \.module).mapValues { $0.map(\.output.shape) } }
  }

  func watching<Output>(_ body: () -> Output) -> Output {
    Self.watching.add(1, ordering: .relaxed)
    defer { Self.watching.subtract(1, ordering: .relaxed) }
    return Self.$current.withValue(self, operation: body)
  }

  fileprivate func record(_ module: any Module, _ output: Tensor) {
    let event = Event(module: Identity(ModuleTree(module)), output: output.detached)
    events.withLock { events in
      // A container records the outputs of its layers, which may have done so themselves.
      if let last = events.last, last.module == event.module,
        last.output.storage === output.storage, last.output.shape == output.shape
      {
        return
      }
      events.append(event)
    }
  }
}
