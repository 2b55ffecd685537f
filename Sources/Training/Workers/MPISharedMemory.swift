import CLibrary
import Optim
import Synchronization
import Tensor

/// Memory in which the processes of one machine add, much faster than by messages: each copies its
/// values there once, adds a part of the sums, and copies the others.
///
/// Every process has a slot that the others see too. Of values in a slot, each process adds one
/// part for all:
/// 1. it copies the parts of the others into its slot;
/// 2. when all have done so, it adds its part from all slots and its own values, and copies the
///    sums into its slot, where nobody has written yet;
/// 3. when all have done so, it copies their parts from their slots.
///
/// Slots have two halves that take turns, so that a process can begin again while others still
/// read.
final class MPISharedMemory {
  /// The bytes of half a slot.
  ///
  /// Slots of many processes fit into the 64 MB that containers grant, and a half fits into caches.
  private static let capacity = 256 << 10
  /// The bytes of a slot, with a cache line for the counter.
  private static let slotSize = 2 * capacity + 64

  private let library: MPILibrary
  private let rank: Int
  private var window: MPILibrary.Handle
  /// The slots by rank.
  private let slots: [UnsafeMutableRawPointer]
  private var half = 0
  /// How often each process has called ``meet()``, at the ends of the slots.
  private let counters: [UnsafeMutablePointer<Atomic<UInt32>>]
  private var meetings: UInt32 = 0

  /// Shares memory between all processes; returns `nil` if they are on several machines, or if
  /// `ADJOINT_SHARED_MEMORY` is `0`.
  init?(_ library: MPILibrary, rank: Int, size: Int) {
    if let setting = getenv("ADJOINT_SHARED_MEMORY"), String(cString: setting) == "0" {
      return nil
    }
    var (neighbors, count) = (MPILibrary.Handle(0), Int32(0))
    _ = library.split(library.world, library.sharedType, 0, library.noInfo, &neighbors)
    _ = library.size(neighbors, &count)
    guard count == size else { return nil }
    window = 0
    var own = MPILibrary.Address(nil)
    _ = library.allocateShared(
      Self.slotSize, 1, library.noInfo, neighbors, &own, &window)
    var slots: [UnsafeMutableRawPointer] = []
    for rank in 0..<size {
      var (bytes, unit, slot) = (0, Int32(0), MPILibrary.Address(nil))
      _ = library.queryShared(window, Int32(rank), &bytes, &unit, &slot)
      guard let slot else { return nil }
      slots.append(slot)
    }
    (self.library, self.rank, self.slots) = (library, rank, slots)
    counters = slots.map {
      ($0 + 2 * Self.capacity).bindMemory(to: Atomic<UInt32>.self, capacity: 1)
    }
    _ = library.lockAll(0, window)
    counters[rank].initialize(to: Atomic(0))
    _ = library.barrier(library.world)
  }

  /// Gives the memory back; all processes do so.
  func free() {
    _ = library.unlockAll(window)
    _ = library.freeWindow(&window)
  }

  /// Replaces values by their sums over the processes.
  func sum<Scalar: TensorScalar>(_ values: UnsafeMutableBufferPointer<Scalar>) {
    guard let start = values.baseAddress else { return }
    let length = Self.capacity / MemoryLayout<Scalar>.stride
    for position in stride(from: 0, to: values.count, by: length) {
      sum(start + position, min(length, values.count - position))
    }
  }

  private func sum<Scalar: TensorScalar>(
    _ values: UnsafeMutablePointer<Scalar>, _ count: Int
  ) {
    let halves = slots.map {
      ($0 + half * Self.capacity).assumingMemoryBound(to: Scalar.self)
    }
    half = 1 - half
    func part(of rank: Int) -> Range<Int> {
      count * rank / slots.count..<count * (rank + 1) / slots.count
    }
    let own = part(of: rank)
    let slot = halves[rank]
    slot.update(from: values, count: own.lowerBound)
    (slot + own.upperBound).update(
      from: values + own.upperBound, count: count - own.upperBound)
    meet()
    let terms = halves.indices.map { ($0 == rank ? values : halves[$0]) + own.lowerBound }
    let sum = values + own.lowerBound
    TreeSum.add(terms, count: own.count, to: sum)
    (slot + own.lowerBound).update(from: sum, count: own.count)
    meet()
    for other in halves.indices where other != rank {
      let part = part(of: other)
      (values + part.lowerBound).update(from: halves[other] + part.lowerBound, count: part.count)
    }
  }

  /// Waits until all processes are there, and see what the others have written.
  ///
  /// A process that waits lets others run, of which there may be more than processors. The barriers
  /// of some libraries do not, and then take a hundred times as long.
  private func meet() {
    meetings &+= 1
    counters[rank].pointee.store(meetings, ordering: .releasing)
    for counter in counters {
      var turns = 0
      while Int32(bitPattern: counter.pointee.load(ordering: .acquiring) &- meetings) < 0 {
        turns += 1
        if turns % 1000 == 0 { sched_yield() }
      }
    }
  }
}
