import CKernels

/// Computes chains of element-wise operations block by block, without writing what lies between.
///
/// ```swift
/// let y = fused { x * sigmoid(1.702 * x) }
/// ```
/// Inside the scope an element-wise operation of a large tensor is put off until something reads
/// its result: another kind of operation, the program, or the end of the scope. Then the whole
/// chain runs on blocks that fit the nearest cache; a sum of all elements, or along the last axes,
/// is taken while they are there. Each element goes through the same kernels as outside, so values
/// and gradients have the same bits. A result that nobody reads is never computed.
///
/// The functions that compute gradients are such scopes already, for the value and the backward
/// pass. Scopes nest; the outermost one computes at its end what is still wanted. An input is kept
/// until the operations that read it have been computed. While operations are profiled or traced,
/// each is computed at once.
public func fused<Result, Failure: Error>(
  _ body: () throws(Failure) -> Result
) throws(Failure) -> Result {
  FusionScope.enter()
  defer { FusionScope.leave() }
  return try body()
}

/// The scope in which the calling thread puts off element-wise operations.
package enum FusionScope {
  /// The least number of elements for which an operation is put off: those of fewer fit the
  /// second-level cache, and planning a loop would take longer than it saves.
  package static let minimumCount = 1 << 16

  /// Whether the calling thread is inside a scope.
  @inline(__always)
  static var isOpen: Bool { ck_fusion_of_thread().pointee.depth > 0 }

  /// Whether the scope has put off sums, so that operations of few elements may have to wait too.
  @inline(__always)
  static var hasSums: Bool { ck_fusion_of_thread().pointee.sums > 0 }

  /// Notes that sums were put off.
  static func addSums() { ck_fusion_of_thread().pointee.sums += 1 }

  /// Opens a scope on the calling thread, which must leave it.
  package static func enter() { ck_fusion_of_thread().pointee.depth += 1 }

  /// Leaves the innermost scope.
  ///
  /// The outermost one first computes all results that still exist.
  package static func leave() {
    let scope = ck_fusion_of_thread()
    if scope.pointee.depth == 1 {
      computeAll()
      if let list = scope.pointee.pending {
        Unmanaged<PendingResults>.fromOpaque(list).release()
        scope.pointee.pending = nil
      }
    }
    scope.pointee.depth -= 1
  }

  /// Computes all results that were put off in the scope and still exist.
  static func computeAll() {
    ck_fusion_of_thread().pointee.sums = 0
    guard let list = ck_fusion_of_thread().pointee.pending else { return }
    let pending = Unmanaged<PendingResults>.fromOpaque(list).takeUnretainedValue()
    // The last ones first: what they were computed from is computed with them.
    PendingOperation.compute(pending.takeAll().reversed())
  }

  /// Notes a result that was put off.
  static func add(_ storage: Storage) {
    let scope = ck_fusion_of_thread()
    if scope.pointee.pending == nil {
      scope.pointee.pending = Unmanaged.passRetained(PendingResults()).toOpaque()
    }
    if let list = scope.pointee.pending {
      Unmanaged<PendingResults>.fromOpaque(list).takeUnretainedValue().add(storage)
    }
  }
}

/// The results that a scope has put off, without holding them.
private final class PendingResults {
  private struct Entry {
    weak var storage: Storage?
  }

  private var entries: [Entry] = []
  /// The number of entries at which those without a pending result are removed.
  private var limit = 64

  func add(_ storage: Storage) {
    if entries.count >= limit {
      entries.removeAll { $0.storage?.isPending != true }
      limit = max(64, 2 * entries.count)
    }
    entries.append(Entry(storage: storage))
  }

  /// Removes all entries and returns the storage of those that exist.
  func takeAll() -> [Storage] {
    defer { entries.removeAll(keepingCapacity: true) }
    return entries.compactMap { $0.storage }
  }
}
