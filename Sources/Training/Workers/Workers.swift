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
  public static let current: any Communicator = {
    guard let kinds = launched else { return OneWorker() }
    do {
      return try MPIWorkers(MPILibrary(kinds))
    } catch {
      fail("the launcher has started several processes, but \(error)")
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

  /// The libraries that the launcher of this process may have, or `nil` if there is none.
  private static var launched: [MPILibrary.Kind]? {
    if getenv("OMPI_COMM_WORLD_RANK") != nil { return [.openMPI, .standard] }
    if getenv("PMI_RANK") != nil { return [.standard, .mpich] }
    if getenv("PMIX_RANK") != nil { return [.standard, .openMPI, .mpich] }
    return nil
  }
}

/// The processes that MPI connects.
private final class MPIWorkers: Communicator {
  let rank: Int
  let size: Int
  private let library: MPILibrary

  /// The library that is to be left at the end of the program.
  private static let joined = Mutex<MPILibrary?>(nil)

  /// Joins the group.
  ///
  /// - Throws: ``TrainingError`` if the library is not the launcher's, and sees another number of
  ///   processes.
  init(_ library: MPILibrary) throws(TrainingError) {
    self.library = library
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
    Self.joined.withLock { $0 = library }
    atexit { MPIWorkers.joined.withLock { _ = $0?.finish() } }
  }

  /// Ends the group, if this process has joined it.
  static func abort(_ status: Int32) {
    guard let library = joined.withLock({ $0 }) else { return }
    _ = library.abort(library.world, status)
  }

  func allReduce(_ values: UnsafeMutableBufferPointer<Float>) { sum(values, library.float) }
  func allReduce(_ values: UnsafeMutableBufferPointer<Double>) { sum(values, library.double) }

  private func sum<Scalar>(_ values: UnsafeMutableBufferPointer<Scalar>, _ type: UInt) {
    Self.forEachPart(of: values.count) { range in
      let start = values.baseAddress.map { UnsafeMutableRawPointer($0 + range.lowerBound) }
      _ = library.allReduce(
        library.inPlace, start, Int32(range.count), type, library.sum, library.world)
    }
  }

  func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) {
    Self.forEachPart(of: bytes.count) { range in
      _ = library.broadcast(
        bytes.baseAddress.map { $0 + range.lowerBound }, Int32(range.count), library.byte,
        Int32(root), library.world)
    }
  }

  func barrier() { _ = library.barrier(library.world) }

  func gather(_ message: [UInt8]) -> [[UInt8]] {
    var (message, length) = (message, Int64(message.count))
    var lengths = [Int64](repeating: 0, count: size)
    _ = library.gather(&length, 8, library.byte, &lengths, 8, library.byte, library.world)
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

  /// Calls `body` with ranges of elements, each of a size that MPI can count.
  private static func forEachPart(of count: Int, _ body: (Range<Int>) -> Void) {
    let most = 1 << 30
    for start in stride(from: 0, to: count, by: most) { body(start..<min(start + most, count)) }
  }
}
