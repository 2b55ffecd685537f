import CLibrary
import Optim
import Synchronization
import Tensor

/// The workers that this process is one of.
public enum Workers {
  /// The processes that `mpirun` started, or this one alone.
  ///
  /// MPI is loaded when this is first read, and only where a launcher has set `PMI_RANK`,
  /// `OMPI_COMM_WORLD_RANK` or `PMIX_RANK`: MPICH, Open MPI and libraries of the standard ABI of
  /// MPI 5, from `lib` beside the launcher or from where the system looks. It is left at the end
  /// of the program, which waits for the others. A program that cannot join its group stops.
  public static var current: any Communicator {
    switch joined {
    case .success(let workers): workers
    case .failure(let error): fail("\(error)")
    }
  }

  /// Why the program cannot join the group of its launcher, or `nil`.
  package static var problem: TrainingError? {
    if case .failure(let error) = joined { error } else { nil }
  }

  private static let joined: Result<any Communicator, TrainingError> = {
    guard let kinds = launched else { return .success(OneWorker()) }
    do {
      return .success(try MPIWorkers(MPILibrary(kinds)))
    } catch {
      return .failure(.inputOutput("the launcher has started several processes, but \(error)"))
    }
  }()

  /// Ends all workers at once with an exit status; to be called by a worker that cannot go on.
  ///
  /// `exit` would wait for the others, and they for this one.
  public static func end(status: Int32) -> Never {
    MPIWorkers.abort(status)
    exit(status)
  }

  /// The number that the launcher has given this process, or 0 without one; it takes no MPI to
  /// know it.
  package static var launchedRank: Int {
    let names: [String] = ["OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK"]
    let text = names.lazy.compactMap { name in getenv(name) }.first
    return text.flatMap { Int(String(cString: $0)) } ?? 0
  }

  /// The libraries that the launcher of this process may have, or `nil` if there is none, or it
  /// started one process.
  private static var launched: [MPILibrary.Kind]? {
    // Batch systems start single processes so, too, where no MPI needs to be.
    let names: [String] = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE"]
    let sizes = names.compactMap { name in getenv(name).map { String(cString: $0) } }
    if sizes.contains("1") { return nil }
    if getenv("OMPI_COMM_WORLD_RANK") != nil { return [.openMPI, .standard] }
    if getenv("PMI_RANK") != nil { return [.standard, .mpich] }
    if getenv("PMIX_RANK") != nil { return [.standard, .openMPI, .mpich] }
    return nil
  }
}

/// The processes that MPI connects.
private final class MPIWorkers: DirectSums, @unchecked Sendable {
  // Unchecked because of the memory, which one call at a time uses, as MPI was told.
  let rank: Int
  let size: Int
  private let library: MPILibrary
  private let parts: MessageParts
  /// What the processes share, if all are on one machine.
  private let memory: MPISharedMemory?

  /// What is to be left at the end of the program.
  private static let joined = Mutex<MPIWorkers?>(nil)

  /// Joins the group.
  ///
  /// `ADJOINT_MESSAGE_BYTES` makes the parts smaller in which long messages are sent.
  ///
  /// - Throws: ``TrainingError`` if the library is not the launcher's, and sees another number of
  ///   processes, or if the variable is not a possible number.
  init(_ library: MPILibrary) throws(TrainingError) {
    self.library = library
    parts = MessageParts(mostBytes: try Self.messageBytes)
    var (provided, rank, size) = (Int32(0), Int32(0), Int32(0))
    // MPI ends the program with a message by itself where a call fails.
    _ = library.start(nil, nil, library.serialized, &provided)
    _ = library.rank(library.world, &rank)
    _ = library.size(library.world, &size)
    (self.rank, self.size) = (Int(rank), Int(size))
    for name in ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE"] {
      guard let text = getenv(name), let started = Int(String(cString: text)) else { continue }
      if started != size {
        throw .inputOutput(
          "the MPI library sees \(size) of \(started) processes: it is not that of the launcher")
      }
    }
    memory =
      size > 1 ? MPISharedMemory(library, rank: self.rank, size: self.size) : nil
    Self.joined.withLock { $0 = self }
    atexit { MPIWorkers.joined.withLock { $0?.leave() } }
  }

  private static var messageBytes: Int {
    get throws(TrainingError) {
      let name = "ADJOINT_MESSAGE_BYTES"
      let possible = 8...MessageParts.largest
      guard let setting = getenv(name) else { return possible.upperBound }
      let text = String(cString: setting)
      guard let bytes = Int(text), possible.contains(bytes) else {
        throw .inputOutput(
          "\(name)=\(text): must be a number from \(possible.lowerBound) to \(possible.upperBound)")
      }
      return bytes
    }
  }

  private func leave() {
    memory?.free()
    _ = library.finish()
  }

  /// Ends the group, if this process has joined it.
  static func abort(_ status: Int32) {
    guard let library = joined.withLock({ $0?.library }) else { return }
    // Some launchers end before they have passed on what was written last, such as the reason.
    usleep(500_000)
    _ = library.abort(library.world, status)
  }

  /// A sum in shared memory takes as long as a copy of some ten thousand elements.
  var separateCount: Int? { memory == nil ? nil : 1 << 14 }

  func allReduce(_ values: UnsafeMutableBufferPointer<Float>) { sum(values) }
  func allReduce(_ values: UnsafeMutableBufferPointer<Double>) { sum(values) }

  private func sum<Scalar: TensorScalar>(
    _ values: UnsafeMutableBufferPointer<Scalar>
  ) {
    guard size > 1, let start = values.baseAddress else { return }
    if let memory { return memory.sum(values) }
    for range in parts.ranges(of: values.count, elementBytes: MemoryLayout<Scalar>.stride) {
      exchange(start + range.lowerBound, range.count)
    }
  }

  /// Sums over processes on several machines.
  ///
  /// Each is sent one part by all others, adds it, and sends the sums, which are as many bytes as
  /// in a ring. The order is that of a tree, which the sums of a library need not have.
  private func exchange<Scalar: TensorScalar>(
    _ values: UnsafeMutablePointer<Scalar>, _ count: Int
  ) {
    let stride = MemoryLayout<Scalar>.stride
    let parts = (0..<size).map { count * $0 / size..<count * ($0 + 1) / size }
    let own = parts[rank]
    let starts = parts.map { Int32($0.lowerBound * stride) }
    let counts = parts.map { Int32($0.count * stride) }
    var sent = counts
    sent[rank] = 0
    var ownCounts = [Int32](repeating: counts[rank], count: size)
    ownCounts[rank] = 0
    let received = UnsafeMutablePointer<Scalar>.allocate(capacity: max(size * own.count, 1))
    defer { received.deallocate() }
    _ = library.exchange(
      values, sent, starts, library.byte, received, ownCounts,
      (0..<size).map { Int32($0) * counts[rank] }, library.byte, library.world)
    let sum = values + own.lowerBound
    let terms = (0..<size).map { $0 == rank ? sum : received + $0 * own.count }
    TreeSum.add(terms, count: own.count, to: sum)
    _ = library.gatherUnequal(
      library.inPlace, 0, library.byte, values, counts, starts, library.byte, library.world)
  }

  func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) {
    for range in parts.ranges(of: bytes.count, elementBytes: 1) {
      broadcastPart(UnsafeMutableRawBufferPointer(rebasing: bytes[range]), from: root)
    }
  }

  private func broadcastPart(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) {
    _ = library.broadcast(
      bytes.baseAddress, Int32(bytes.count), library.byte, Int32(root), library.world)
  }

  func barrier() { _ = library.barrier(library.world) }

  func gather(_ message: [UInt8]) -> [[UInt8]] {
    var (message, length) = (message, Int64(message.count))
    var lengths = [Int64](repeating: 0, count: size)
    _ = library.gather(&length, 8, library.byte, &lengths, 8, library.byte, library.world)
    if !parts.holds(Int(lengths.reduce(0, +))) {
      return parts.gather(message, of: rank, lengths: lengths.map(Int.init)) {
        broadcastPart($0, from: $1)
      }
    }
    let counts = lengths.map { Int32($0) }
    var starts = [Int32]()
    var total = Int32(0)
    for count in counts {
      starts.append(total)
      total += count
    }
    var all = [UInt8](repeating: 0, count: Int(total))
    _ = library.gatherUnequal(
      &message, Int32(length), library.byte, &all, counts, starts, library.byte, library.world)
    return zip(starts, counts).map { Array(all[Int($0)..<Int($0 + $1)]) }
  }
}
