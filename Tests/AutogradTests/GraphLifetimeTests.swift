import Foundation
import TestSupport
import Testing

/// The lifetime and the release of graphs.
///
/// The tests run in processes of their own: memory is counted for the whole process, and a stack
/// overflow would end other tests.
struct GraphLifetimeTests {
  /// Runs `body` on a thread with a stack of 512 KiB.
  private static func onSmallStack(_ body: @escaping @Sendable () -> Void) {
    let done = DispatchSemaphore(value: 0)
    let thread = Thread {
      body()
      done.signal()
    }
    thread.stackSize = 512 << 10
    thread.start()
    done.wait()
  }

  private static let million = 1_000_000

  @Test func aMillionOperationsAreWalkedAndFreed() async {
    await #expect(processExitsWith: .success) {
      Self.onSmallStack {
        let live = TensorMemory.statistics.liveBytes
        let slope = gradient(at: Tensor(1)) { x in
          var y = x
          for _ in 0..<Self.million { y = y + 1 }
          return y
        }
        #expect(slope.scalar() == 1)
        #expect(TensorMemory.statistics.liveBytes <= live + 128)
      }
    }
  }

  @Test func aMillionOperationsAreFreedWithoutAWalk() async {
    await #expect(processExitsWith: .success) {
      Self.onSmallStack {
        let live = TensorMemory.statistics.liveBytes
        let slope = gradient(at: Tensor(1)) { x in
          var y = x
          for _ in 0..<Self.million { y = y + 1 }
          return x * 3
        }
        #expect(slope.scalar() == 3)
        #expect(TensorMemory.statistics.liveBytes <= live + 128)
      }
    }
  }

  /// Both inputs of each operation are the previous one, or the inputs are a list.
  @Test func chainsOfOtherKindsAreFreedToo() async {
    await #expect(processExitsWith: .success) {
      Self.onSmallStack {
        let doubled = gradient(at: Tensor(1)) { x in
          var y = x
          for _ in 0..<300_000 { y = (y + y) * 0.5 }
          return x
        }
        #expect(doubled.scalar() == 1)
        let walked = gradient(at: Tensor(1)) { x in
          var y = x
          for _ in 0..<300_000 { y = (y + y) * 0.5 }
          return y
        }
        #expect(walked.scalar() == 1)
        let listed = gradient(at: Tensor([1])) { x in
          var y = x
          for _ in 0..<300_000 { y = concatenated([y]) }
          return y.sum()
        }
        #expect(listed.scalar() == 1)
        let squashed = gradient(at: Tensor(1)) { x in
          var y = x
          for _ in 0..<300_000 { y = select(Tensor(true), x, tanh(y)) }
          return y
        }
        #expect(squashed.scalar() == 1)
      }
    }
  }

  @Test func aLongChainIsDifferentiatedTwice() async {
    await #expect(processExitsWith: .success) {
      Self.onSmallStack {
        let curvature = gradient(at: Tensor(1, dtype: .float64)) { x in
          gradient(at: x) { x in
            var y = square(x)
            for _ in 0..<100_000 { y = y + x }
            return y
          }
        }
        #expect(curvature.scalar() == 2)
      }
    }
  }

  @Test func aGraphIsFreedWhenTheCallReturns() async {
    await #expect(processExitsWith: .success) {
      let x = Tensor.seeded([1000], dtype: .float32)
      _ = gradient(at: x) { exp($0).sum() }
      let live = TensorMemory.statistics.liveBytes
      do {
        let (value, slope) = valueWithGradient(at: x) { x in
          var y = x
          for _ in 0..<100 { y = tanh(y) * 2 }
          return y.sum()
        }
        // The value, and the gradient of 4096 bytes.
        #expect(TensorMemory.statistics.liveBytes <= live + 4096 + 64)
        #expect(value.elementCount == 1 && slope.elementCount == 1000)
      }
      #expect(TensorMemory.statistics.liveBytes == live)
      struct Stop: Error {}
      _ = try? gradient(at: x) { x throws(Stop) -> Tensor in
        _ = tanh(exp(x))
        throw Stop()
      }
      #expect(TensorMemory.statistics.liveBytes == live)
    }
  }

  @Test func theWalkFreesWhatItHasPassed() async {
    await #expect(processExitsWith: .success) {
      let x = Tensor.seeded([100_000], dtype: .float32)
      TensorMemory.resetPeak()
      let live = TensorMemory.statistics.liveBytes
      _ = gradient(at: x) { x in
        var y = x
        for _ in 0..<50 { y = tanh(y) }
        return y.sum()
      }
      // 50 saved values and a few gradients, not a gradient for each operation.
      #expect(TensorMemory.statistics.peakLiveBytes - live < 56 * 458_752)
    }
  }
}
