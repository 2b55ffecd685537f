import NN
import Optim

extension Communicator {
  /// Returns what worker 0 computes, to all workers.
  ///
  /// - Throws: What `compute` throws, at worker 0; the others find out by ``isStopped``.
  package func fromFirst<Value: Codable>(_ compute: () throws -> Value) throws -> Value {
    guard size > 1 else { return try compute() }
    var own: Value?
    if rank == 0 { own = try compute() }
    // A list, because a value may be nil.
    let text = try own.map { try JSONText.encode([$0]) } ?? ""
    let message = gather(Array(text.utf8))[0]
    if let own { return own }
    guard let value = try JSONText.decode([Value].self, from: message).first else {
      throw CancellationError()
    }
    return value
  }

  /// Gives the parameters and buffers of all workers the values that those of worker 0 have.
  package func broadcast(_ model: ModuleState) {
    broadcast(model.parameters)
    for (_, buffer) in model.buffers {
      var value = buffer.value
      broadcast(&value)
      buffer.value = value
    }
  }
}
