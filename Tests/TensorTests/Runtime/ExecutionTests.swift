import Foundation
import TestSupport
import Testing

struct ExecutionTests {
  @Test func scopesChooseTheInstructionSet() {
    let best = InstructionSet.current
    #expect(InstructionSet.available.contains(.baseline))
    #expect(InstructionSet.available.contains(best))
    for set in InstructionSet.available {
      withInstructionSet(set) {
        #expect(InstructionSet.current == set)
        withInstructionSet(.baseline) { #expect(InstructionSet.current == .baseline) }
        #expect(InstructionSet.current == set)
      }
    }
    #expect(InstructionSet.current == best)
  }

  @Test func scopesChooseThePrecisionOfProducts() {
    struct Stop: Error {}
    #expect(MatmulPrecision.current == .float32)
    withMatmulPrecision(.bfloat16) {
      #expect(MatmulPrecision.current == .bfloat16)
      // Other scopes leave it as it is.
      withThreads(1) { #expect(MatmulPrecision.current == .bfloat16) }
      withMatmulPrecision(.float32) { #expect(MatmulPrecision.current == .float32) }
      #expect(throws: Stop.self) {
        try withMatmulPrecision(.float32) { () throws(Stop) in throw Stop() }
      }
      #expect(MatmulPrecision.current == .bfloat16)
      #expect(inAnotherThread { MatmulPrecision.current } == .float32)
    }
    #expect(throws: Stop.self) {
      try withMatmulPrecision(.bfloat16) { () throws(Stop) in throw Stop() }
    }
    #expect(MatmulPrecision.current == .float32)
  }

  @Test func errorsPassThroughScopes() {
    struct Stop: Error {}
    #expect(throws: Stop.self) { try withThreads(2) { () throws(Stop) in throw Stop() } }
    #expect(throws: Stop.self) {
      try withInstructionSet(.baseline) { () throws(Stop) in throw Stop() }
    }
  }

  @Test func invalidNumbersOfThreadsStopTheProgram() async {
    let none = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      withThreads(0) {}
    }
    expectMessage("withThreads: the number of threads must be from 1 to 256, got 0", of: none)
    let many = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      withThreads(257) {}
    }
    expectMessage("withThreads: the number of threads must be from 1 to 256, got 257", of: many)
  }

  #if canImport(Glibc)
    /// Where the system gives no more threads, those that there are do the work.
    @Test func threadsThatCannotBeCreatedAreDoneWithout() async {
      await #expect(processExitsWith: .success) {
        // No memory holds the stack of a thread.
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        #expect(pthread_attr_setstacksize(&attributes, 1 << 50) == 0)
        let symbol = try #require(dlsym(nil, "pthread_setattr_default_np"))
        typealias SetDefault = @convention(c) (UnsafePointer<pthread_attr_t>) -> Int32
        #expect(unsafeBitCast(symbol, to: SetDefault.self)(&attributes) == 0)
        let x = Tensor.seeded([300_000], dtype: .float32)
        let alone = withThreads(1) { (x * x).sum().scalar() }
        #expect(withThreads(4) { (x * x).sum().scalar() } == alone)
      }
    }
  #endif

  /// Tasks that find the thread pool busy run their operations inline.
  @Test func manyTasksComputeAtOnce() async {
    let x = Tensor.seeded([100_000], dtype: .float32)
    let expected = (exp(x) * x).sum()
    await withTaskGroup(of: Tensor.self) { group in
      for _ in 0..<16 { group.addTask { (exp(x) * x).sum() } }
      for await result in group { expectIdentical(result, expected) }
    }
  }
}
