import CLibrary
import Optim
import Tensor
import Training

/// The workers that train the trials of a sweep or a comparison: threads of one process, or of
/// several that mpirun started.
///
/// All processes make the same calls in the same order and get the same results, so that each
/// decides alike what to do next. They meet several times a second, while their threads train.
final class TrialTeam<Item: Sendable, Outcome: Codable & Sendable> {
  /// What a process tells the others when they meet.
  private struct Report: Codable {
    var results: [Outcome] = []
    /// The number of trials that have ended, with a result or not.
    var endedCount = 0
    /// The signal that the process got, or 0.
    var signal: Int32 = 0
    var failure: Failure?
  }

  /// An error of a trial.
  private struct Failure: Codable {
    let status: Int32
    let message: String
  }

  private let workers: any Communicator
  private let pool: TrialPool<Item, Outcome>
  /// The number of trials that each process can train at a time.
  private let room: [Int]
  /// The number of trials that each process trains.
  private var running: [Int]
  private var results: [Outcome] = []

  /// Starts the threads of this process.
  ///
  /// - Parameters:
  ///   - workers: The processes.
  ///   - count: The number of trials that this one trains at a time.
  ///   - threads: The number of threads that each trial computes on.
  ///   - train: Trains a trial, and returns nil when it was interrupted; it is also given whether
  ///     it shall stop.
  /// - Throws: ``TrainingError`` if the system has no thread, or a message is damaged.
  init(
    of workers: any Communicator, count: Int, threads: Int,
    _ train: @escaping @Sendable (_ item: Item, _ isStopped: () -> Bool) throws -> Outcome?
  ) throws {
    self.workers = workers
    // Processes on other machines may have more processors, or fewer.
    room = try workers.gather(Array(JSONText.encode(count).utf8)).map {
      try JSONText.decode(Int.self, from: $0)
    }
    running = Array(repeating: 0, count: workers.size)
    pool = try TrialPool(count: count, threads: threads, train)
  }

  /// Whether a thread is free.
  var hasRoom: Bool { zip(running, room).contains { $0 < $1 } }

  /// Begins a trial, in the process with a free thread that has the least to do.
  func begin(_ item: Item) {
    let free = running.indices.filter { running[$0] < room[$0] }
    guard let rank = free.min(by: { running[$0] < running[$1] }) else {
      fail("TrialTeam: no thread is free")
    }
    running[rank] += 1
    if rank == workers.rank { pool.begin(item) }
  }

  /// Waits for the next result; returns nil when a trial was interrupted.
  ///
  /// - Throws: What a trial throws, in all processes.
  func next() throws -> Outcome? {
    while results.isEmpty {
      let ended = workers.size > 1 ? pool.ended() : pool.next().map { [$0] } ?? []
      guard try meet(after: ended) else { return nil }
      if results.isEmpty { usleep(10_000) }
    }
    return results.removeFirst()
  }

  /// Lets all trials save, and waits for them.
  ///
  /// - Returns: The results of trials that came to their end.
  func stop() throws -> [Outcome] {
    let own = pool.stop()
    let reports = try exchange(Report(results: own, signal: Interrupt.received))
    defer { results = [] }
    return results + reports.flatMap(\.results)
  }

  /// Stops the trials of this process, whose results are not wanted.
  func end() { pool.stop() }

  /// Tells the others what has ended here, and takes what has ended there.
  ///
  /// - Returns: Whether no trial was interrupted, and no process got a signal.
  private func meet(after ended: [Result<Outcome?, any Error>]) throws -> Bool {
    var own = Report(endedCount: ended.count, signal: Interrupt.received)
    var error: (any Error)?
    for outcome in ended {
      switch outcome {
      case .success(let result): own.results += result.map { [$0] } ?? []
      case .failure(let failure): error = error ?? failure
      }
    }
    own.failure = error.map { Failure(status: ExitStatus.of($0), message: "\($0)") }
    if workers.size == 1, let error { throw error }
    let reports = try exchange(own)
    for (rank, report) in reports.enumerated() { running[rank] -= report.endedCount }
    results += reports.flatMap(\.results)
    if let failure = reports.lazy.compactMap(\.failure).first {
      throw ExitStatus.error(failure.status, failure.message)
    }
    return reports.allSatisfy { $0.endedCount == $0.results.count && $0.signal == 0 }
  }

  /// Returns the reports of all processes.
  private func exchange(_ own: Report) throws -> [Report] {
    guard workers.size > 1 else { return [own] }
    let messages = workers.gather(Array(try JSONText.encode(own).utf8))
    if workers.isStopped { throw CancellationError() }
    let reports = try messages.map { try JSONText.decode(Report.self, from: $0) }
    Interrupt.adopt(from: reports.map(\.signal))
    return reports
  }
}
