import CKernels
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The instruction sets that the numeric kernels are built for.
public enum InstructionSet: String, Sendable, CaseIterable {
  /// What every processor of the architecture has: SSE2 on x86-64, NEON on arm64.
  case baseline
  /// AVX2 with fused multiply-add, 8 floats at a time.
  case avx2
  /// AVX-512 (F, BW, DQ, VL), 16 floats at a time.
  case avx512

  /// The sets that this processor has.
  public static var available: [InstructionSet] { allCases.filter { $0.kernels != nil } }

  /// The set that operations use here: the best one, or what `ADJOINT_ISA` or
  /// ``withInstructionSet(_:_:)`` names.
  public static var current: InstructionSet { Execution.current.instructionSet }

  var kernels: OpaquePointer? {
    switch self {
    case .baseline: ck_table_for(CK_ISA_BASELINE)
    case .avx2: ck_table_for(CK_ISA_AVX2)
    case .avx512: ck_table_for(CK_ISA_AVX512)
    }
  }
}

/// How operations are run: with which kernels and on how many threads.
package struct Execution: @unchecked Sendable {
  // Unchecked because of the pointer, which is to a constant table.
  package var instructionSet: InstructionSet
  package var kernels: OpaquePointer
  package var threads: Int

  @TaskLocal private static var scoped: Execution?

  /// How many scopes are open, so that an operation outside of any reads no task-local value.
  private static let openScopes = Atomic<Int>(0)

  /// What the environment and the processor say.
  package static let standard: Execution = {
    if let problem = environmentProblem { fail(problem) }
    let forced = environment("ADJOINT_ISA").flatMap(InstructionSet.init)
    guard let set = forced ?? InstructionSet.available.last, let kernels = set.kernels else {
      fail("there are no kernels for this processor")
    }
    let threads = environment("ADJOINT_THREADS").flatMap { Int($0) } ?? processorCount()
    return Execution(instructionSet: set, kernels: kernels, threads: threads)
  }()

  /// What is wrong with `ADJOINT_ISA` or `ADJOINT_THREADS`, or nil.
  package static var environmentProblem: String? {
    if let name = environment("ADJOINT_ISA"), InstructionSet(rawValue: name)?.kernels == nil {
      let names = InstructionSet.available.map(\.rawValue).joined(separator: ", ")
      return "ADJOINT_ISA=\(name): this processor has \(names)"
    }
    if let text = environment("ADJOINT_THREADS"),
      !(Int(text).map { (1...256).contains($0) } ?? false)
    {
      return "ADJOINT_THREADS=\(text): not a number of threads from 1 to 256"
    }
    return nil
  }

  package static var current: Execution { inScope ?? standard }

  /// What the innermost scope says, nil outside of any.
  static var inScope: Execution? {
    openScopes.load(ordering: .relaxed) == 0 ? nil : scoped
  }

  /// Runs `body` on a worker thread as the thread would that gave it the work.
  static func inheriting(_ execution: Execution?, _ body: () -> Void) {
    if let execution { $scoped.withValue(execution, operation: body) } else { body() }
  }

  static func with<Result, Failure: Error>(
    _ change: (inout Execution) -> Void, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    var execution = current
    change(&execution)
    openScopes.wrappingAdd(1, ordering: .sequentiallyConsistent)
    defer { openScopes.wrappingSubtract(1, ordering: .sequentiallyConsistent) }
    let outcome = $scoped.withValue(execution) { () -> Swift.Result<Result, Failure> in
      do throws(Failure) { return .success(try body()) } catch { return .failure(error) }
    }
    return try outcome.get()
  }

  private static func environment(_ name: String) -> String? {
    guard let value = getenv(name) else { return nil }
    return String(cString: value)
  }

  private static func processorCount() -> Int {
    Swift.min(256, Swift.max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
  }
}

/// Runs `body` with operations spread over at most `count` threads, the calling one included.
///
/// The results are the same bits for any count: work is cut by its size alone.  Outside of such a scope
/// the number is that of the processors, or `ADJOINT_THREADS`.
public func withThreads<Result, Failure: Error>(
  _ count: Int, _ body: () throws(Failure) -> Result
) throws(Failure) -> Result {
  require((1...256).contains(count), "withThreads: \(count) is not from 1 to 256")
  return try Execution.with({ $0.threads = count }, body)
}

/// Runs `body` with the kernels of one instruction set, which the processor must have.
public func withInstructionSet<Result, Failure: Error>(
  _ set: InstructionSet, _ body: () throws(Failure) -> Result
) throws(Failure) -> Result {
  guard let kernels = set.kernels else { fail("this processor does not have \(set.rawValue)") }
  return try Execution.with(
    {
      $0.instructionSet = set
      $0.kernels = kernels
    }, body)
}
