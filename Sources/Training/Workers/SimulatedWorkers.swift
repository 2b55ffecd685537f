import Optim
import Synchronization
import Tensor

/// Groups of workers in one process, which take turns: to study on one machine what many would do.
///
/// ```swift
/// let losses = try SimulatedWorkers.run(16) { workers in
///   let model = withRandomSeed(42) { MLP([784, 64, 10]) }
///   let optimizer = Lookahead.fedAvg(
///     SGD(model.parameters, learningRate: 0.1), across: workers)
///   … a loop over the examples of worker workers.rank …
///   return loss
/// }
/// ```
public enum SimulatedWorkers {
  /// Runs a closure for each of some workers, from one collective call of the ``Communicator`` to
  /// the next in the order of the ranks, so that results do not depend on the time that any takes.
  ///
  /// Each worker has a thread; scopes such as `withRandomSeed` or `withThreads` that the call is in
  /// have no effect there, and are opened by the closure. Workers that do not make the same
  /// collective calls stop the program.
  ///
  /// - Parameters:
  ///   - count: The number of workers, at least 1.
  ///   - body: What a worker does, with the group as it sees it.
  /// - Returns: The results by rank.
  /// - Throws: The first error of a worker, or ``TrainingError`` if the system has no thread for
  ///   it. The collective calls of the others then return at once, and their `isStopped` is `true`:
  ///   they must end, which is waited for.
  public static func run<Result: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (any Communicator) throws -> Result
  ) throws -> [Result] {
    require(count >= 1, "SimulatedWorkers: the number of workers must be at least 1, got \(count)")
    let group = SimulatedGroup(count)
    let results = Mutex([Result]())
    for rank in 0..<count {
      do {
        try startThread {
          guard group.begin(rank) else { return }
          do {
            // Workers end in the order of their ranks.
            let result = try body(SimulatedWorker(rank: rank, group: group))
            results.withLock { $0.append(result) }
            group.end(rank)
          } catch {
            group.end(for: error)
          }
        }
      } catch {
        group.end(for: error)
      }
    }
    if let error = group.waitForAll() { throw error }
    return results.withLock { $0 }
  }
}

/// The group as one of its workers sees it.
private struct SimulatedWorker: Communicator {
  let rank: Int
  let group: SimulatedGroup

  var size: Int { group.size }
  var isStopped: Bool { group.isStopped }

  func allReduce(_ values: UnsafeMutableBufferPointer<Float>) { allReduceScalars(values) }
  func allReduce(_ values: UnsafeMutableBufferPointer<Double>) { allReduceScalars(values) }

  private func allReduceScalars<Scalar: TensorScalar>(
    _ values: UnsafeMutableBufferPointer<Scalar>
  ) {
    guard size > 1 else { return }
    group.meet(rank, "allReduce of \(values.count) \(Scalar.self)s") { bytes in
      let terms = bytes.compactMap { $0.bindMemory(to: Scalar.self).baseAddress }
      guard terms.count == bytes.count else { return }
      TreeSum.add(terms, count: values.count, to: terms[0])
      for term in terms.dropFirst() { term.update(from: terms[0], count: values.count) }
    } leaving: {
      UnsafeMutableRawBufferPointer(values)
    }
  }

  func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) {
    require(
      (0..<size).contains(root), "broadcast: there is no worker \(root) in a group of \(size)")
    group.meet(rank, "broadcast of \(bytes.count) bytes from \(root)") { buffers in
      for rank in buffers.indices where rank != root {
        buffers[rank].copyMemory(from: UnsafeRawBufferPointer(buffers[root]))
      }
    } leaving: {
      bytes
    }
  }

  func barrier() {
    group.meet(rank, "barrier") { _ in
    } leaving: {
      UnsafeMutableRawBufferPointer(start: nil, count: 0)
    }
  }

  func gather(_ message: [UInt8]) -> [[UInt8]] {
    var bytes = message
    return bytes.withUnsafeMutableBytes { bytes in
      let isDone = group.meet(rank, "gather") { buffers in
        group.gathered = buffers.map { Array($0) }
      } leaving: {
        bytes
      }
      return isDone ? group.gathered : Array(repeating: message, count: size)
    }
  }
}

/// Whose turn it is, and what the workers have brought to a collective call.
private final class SimulatedGroup: @unchecked Sendable {
  // Unchecked because of the variables, which one worker at a time changes, in its turn.
  let size: Int
  /// The messages of the last `gather`.
  var gathered: [[UInt8]] = []

  /// That a worker has ended.
  private let ends: Condition
  /// That it is the turn of a worker, or that another has failed.
  ///
  /// With one condition for all of them, each turn would wake each worker.
  private let turns: [Condition]
  private var turn = 0
  private var round = 0
  private var call: String?
  private var buffers: [UnsafeMutableRawBufferPointer] = []
  private var ended: Int?
  private var endedCount = 0
  private var error: (any Error)?

  init(_ size: Int) {
    self.size = size
    let ends = Condition()
    self.ends = ends
    turns = (0..<size).map { _ in Condition(lockOf: ends) }
  }

  /// Gives the turn to a worker, or after the last one to none.
  private func passTurn(to rank: Int) {
    turn = rank
    if rank < size { turns[rank].wakeAll() }
  }

  /// Waits for the first turn of a worker, and returns whether it comes.
  func begin(_ rank: Int) -> Bool {
    ends.withLock {
      while turn != rank && error == nil { turns[rank].wait() }
      if error != nil { leave() }
      return error == nil
    }
  }

  /// Whether a worker has failed.
  var isStopped: Bool { ends.withLock { error != nil } }

  /// Makes a collective call: the last worker to come does the work on what all have left, and each
  /// goes on when it is its turn again.
  ///
  /// - Returns: Whether the call was made; it is not after a worker has failed.
  @discardableResult
  func meet(
    _ rank: Int, _ name: String, combining: ([UnsafeMutableRawBufferPointer]) -> Void,
    leaving: () -> UnsafeMutableRawBufferPointer
  ) -> Bool {
    ends.withLock {
      if error != nil { return false }
      if let ended {
        fail("SimulatedWorkers: worker \(ended) has ended, but worker \(rank) calls \(name)")
      }
      if let call, call != name {
        fail("SimulatedWorkers: worker \(rank) calls \(name), but worker 0 called \(call)")
      }
      call = name
      buffers.append(leaving())
      let current = round
      if rank == size - 1 {
        combining(buffers)
        buffers.removeAll(keepingCapacity: true)
        call = nil
        round += 1
        passTurn(to: 0)
      } else {
        passTurn(to: rank + 1)
      }
      while (turn != rank || round == current) && error == nil { turns[rank].wait() }
      return round > current
    }
  }

  /// Passes the turn on for good.
  func end(_ rank: Int) {
    ends.withLock {
      if error == nil {
        if let call {
          fail("SimulatedWorkers: worker \(rank) has ended, but worker 0 called \(call)")
        }
        ended = ended ?? rank
        passTurn(to: rank + 1)
      }
      leave()
    }
  }

  /// Ends a worker with an error, which stops the others.
  func end(for error: any Error) {
    ends.withLock {
      self.error = self.error ?? error
      for turn in turns { turn.wakeAll() }
      leave()
    }
  }

  private func leave() {
    endedCount += 1
    ends.wakeAll()
  }

  /// Waits until all workers have ended, and returns the error of the first that failed.
  func waitForAll() -> (any Error)? {
    ends.withLock {
      while endedCount < size { ends.wait() }
      return error
    }
  }
}
