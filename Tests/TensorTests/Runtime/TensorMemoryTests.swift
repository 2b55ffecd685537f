import CKernels
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Tensor

/// The statistics are those of the whole process, so each test has a process of its own, in which
/// nothing else allocates.
struct TensorMemoryTests {
  @Test func liveStorageIsCounted() async {
    await #expect(processExitsWith: .success) {
      TensorMemory.releaseCache()
      let before = TensorMemory.statistics
      var x: Tensor? = Tensor([Float](repeating: 1, count: 1000), shape: [1000])
      let during = TensorMemory.statistics
      #expect(during.liveBytes - before.liveBytes == 4096)
      #expect(during.allocations - before.allocations == 1)
      let view = x?[10...]
      #expect(TensorMemory.statistics == during, "views allocate nothing")
      x = nil
      #expect(TensorMemory.statistics == during, "a view keeps the storage")
      #expect(view?.elementCount == 990)
    }
  }

  @Test func freedStorageIsReused() async {
    await #expect(processExitsWith: .success) {
      func use() { _ = Tensor([Float](repeating: 1, count: 1000), shape: [1000]) }
      TensorMemory.releaseCache()
      use()
      let first = TensorMemory.statistics
      #expect(first.cachedBytes == 4096)
      for _ in 0..<10 { use() }
      let last = TensorMemory.statistics
      #expect(last.systemAllocations == first.systemAllocations)
      #expect(last.allocations == first.allocations + 10)
      #expect(last.cachedBytes == first.cachedBytes && last.liveBytes == first.liveBytes)
      TensorMemory.releaseCache()
      #expect(TensorMemory.statistics.cachedBytes == 0)
      use()
      #expect(TensorMemory.statistics.systemAllocations == last.systemAllocations + 1)
    }
  }

  @Test func memoryOfTasksStaysWithTheirThread() async {
    await #expect(processExitsWith: .success) {
      let blocks = Mutex([Int32: Set<UInt>]())
      for round in 0..<8 {
        // Both tasks run at once, and take turns to be the first that allocates.
        let allocated = Atomic<Int>(0)
        withThreads(2) {
          ThreadPool.run(tasks: 2) { task in
            while allocated.load(ordering: .acquiring) == 0,
              task != round % 2
            { sched_yield() }
            let storage = Storage(byteCount: 1000)
            allocated.add(1, ordering: .sequentiallyConsistent)
            while allocated.load(ordering: .acquiring) < 2 { sched_yield() }
            let address = UInt(bitPattern: storage.pointer)
            blocks.withLock { _ = $0[ck_task_thread(), default: []].insert(address) }
          }
        }
      }
      let all = blocks.withLock { $0 }
      #expect(Set(all.keys) == [1, 2])
      #expect(all.values.allSatisfy { $0.count == 1 })
      #expect(ck_task_thread() == 0)
    }
  }

  @Test func thePeakIsTheMaximumOfLiveBytes() async {
    await #expect(processExitsWith: .success) {
      func tensor() -> Tensor { Tensor([Float](repeating: 1, count: 1000), shape: [1000]) }
      let start = TensorMemory.statistics.liveBytes
      TensorMemory.resetPeak()
      #expect(TensorMemory.statistics.peakLiveBytes == start)
      do {
        let three = [tensor(), tensor(), tensor()]
        #expect(three.count == 3)
      }
      _ = tensor()
      #expect(TensorMemory.statistics.peakLiveBytes == start + 3 * 4096)
      TensorMemory.resetPeak()
      #expect(TensorMemory.statistics.peakLiveBytes == start)
    }
  }

  @Test func theCacheStaysWithinItsLimit() async {
    await #expect(processExitsWith: .success) {
      func use(_ count: Int) { _ = Tensor([Float](repeating: 1, count: count), shape: [count]) }
      TensorMemory.releaseCache()
      TensorMemory.cacheLimit = 10_000
      for count in [1000, 1200, 1400, 100_000] { use(count) }
      #expect(TensorMemory.statistics.cachedBytes <= 10_000)
      #expect(TensorMemory.statistics.cachedBytes > 0)
      // A lower limit applies at once.
      TensorMemory.cacheLimit = 0
      #expect(TensorMemory.statistics.cachedBytes == 0)
      use(1000)
      #expect(TensorMemory.statistics.cachedBytes == 0)
    }
  }

  @Test func sizesThatAreNoLongerUsedMakeRoom() async {
    await #expect(processExitsWith: .success) {
      func use(_ count: Int) { _ = Tensor([Float](repeating: 1, count: count), shape: [count]) }
      TensorMemory.releaseCache()
      TensorMemory.cacheLimit = 24_000
      for count in [1000, 1200, 1400] { use(count) }
      let filled = TensorMemory.statistics
      #expect(filled.cachedBytes > 10_000)
      for _ in 0..<50 { use(2600) }
      #expect(TensorMemory.statistics.systemAllocations == filled.systemAllocations + 1)
      // What was used last before is still there.
      use(1400)
      #expect(TensorMemory.statistics.systemAllocations == filled.systemAllocations + 1)
    }
  }

  @Test func theCacheIsAtMostAQuarterOfTheMemory() async {
    await #expect(processExitsWith: .success) {
      #expect(TensorMemory.cacheLimit == min(4 << 30, SystemMemory.byteCount / 4))
      #expect(SystemMemory.byteCount >= 1 << 28)
    }
  }

  /// What is kept makes room when the system has no more: here because of a limit of addresses.
  @Test func theCacheIsReleasedWhenAnAllocationFails() async {
    await #expect(processExitsWith: .success) {
      func use(_ megabytes: Int) {
        _ = Tensor(uninitialized: [megabytes << 20], dtype: .bool)
      }
      use(300)
      use(350)
      #expect(TensorMemory.statistics.cachedBytes >= 650 << 20)
      let pages = try #require(
        String(decoding: readFile("/proc/self/statm"), as: UTF8.self).split(separator: " ").first)
      let size = try #require(Int(pages)) * sysconf(Int32(_SC_PAGESIZE))
      var limit = rlimit()
      #expect(getrlimit(__rlimit_resource_t(9), &limit) == 0)  // RLIMIT_AS
      limit.rlim_cur = rlim_t(size + (100 << 20))
      #expect(setrlimit(__rlimit_resource_t(9), &limit) == 0)
      use(600)
      #expect(TensorMemory.statistics.cachedBytes < 700 << 20)
      #expect(TensorMemory.statistics.cachedBytes >= 600 << 20)
    }
    await #expect(processExitsWith: .failure) {
      _ = Tensor(uninitialized: [1 << 46], dtype: .bool)
    }
  }

  @Test func limitsOfControlGroups() throws {
    try withTemporaryFolder { root in
      func write(_ text: String, to path: String) throws {
        try FileManager.default.createDirectory(
          atPath: root + "/" + path.split(separator: "/").dropLast().joined(separator: "/"),
          withIntermediateDirectories: true)
        try writeFile(root + "/" + path, Array(text.utf8))
      }
      func limit(_ groups: String) -> Int? { SystemMemory.limit(ofGroups: groups, in: root) }
      #expect(limit("0::/a/b\n") == nil)
      try write("max\n", to: "a/b/memory.max")
      #expect(limit("0::/a/b\n") == nil)
      try write("8000000000\n", to: "a/memory.max")
      #expect(limit("0::/a/b\n") == 8_000_000_000)
      try write("2000\n", to: "a/b/memory.max")
      #expect(limit("0::/a/b\n") == 2000)
      #expect(limit("0::/other\n") == nil)
      try write("9223372036854771712\n", to: "memory/memory.limit_in_bytes")
      try write("3000\n", to: "memory/x/memory.limit_in_bytes")
      #expect(limit("5:cpu:/x\n4:memory:/x\n0::/\n") == 3000)
      #expect(limit("4:cpu,memory:/y:z\n") == 9_223_372_036_854_771_712)
      #expect(limit("nonsense") == nil)
    }
  }

  @Test func blocksAreAlignedAndWasteAtMostAFifth() async {
    await #expect(processExitsWith: .success) {
      for count in [0, 1, 63, 64, 65, 80, 81, 1000, 4096, 4097, 100_000, 3_000_001, 40_000_000] {
        let before = TensorMemory.statistics.liveBytes
        let x = Tensor(uninitialized: [count], dtype: .bool)
        let block = TensorMemory.statistics.liveBytes - before
        #expect(Int(bitPattern: x.pointer) % 64 == 0, "\(count)")
        #expect(block >= count, "\(count)")
        #expect(block == 64 || 5 * (block - count) <= block, "\(count): \(block)")
      }
    }
  }

  @Test func storageIsCopiedOnWrite() async {
    await #expect(processExitsWith: .success) {
      var x = Tensor([Float](repeating: 1, count: 1000), shape: [10, 100])
      let before = TensorMemory.statistics.allocations
      let copy = x
      let views = [x.transposed(), x.reshaped(to: [1000]), x[2], x.broadcast(to: [3, 10, 100])]
      #expect(TensorMemory.statistics.allocations == before)
      #expect(views.allSatisfy { $0.storage === x.storage } && copy.storage === x.storage)
      x.withUnsafeMutableScalars(as: Float.self) { $0[0] = 2 }
      #expect(TensorMemory.statistics.allocations == before + 1)
      x.withUnsafeMutableScalars(as: Float.self) { $0[0] = 3 }
      #expect(TensorMemory.statistics.allocations == before + 1)
      #expect(copy.storage === views[0].storage && x.storage !== copy.storage)
    }
  }

  @Test func constantsStoreOneElement() async {
    await #expect(processExitsWith: .success) {
      let before = TensorMemory.statistics.liveBytes
      let x = Tensor.zeros([1000, 1000])
      #expect(TensorMemory.statistics.liveBytes - before == 64)
      #expect(x.sum().scalar() == 0)
    }
  }
}
