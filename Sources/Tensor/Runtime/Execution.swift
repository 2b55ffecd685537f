import CKernels
import CLibrary
import Synchronization

/// An instruction set for which the numeric kernels are built.
public enum InstructionSet: String, Sendable, CaseIterable {
  /// The instructions that every processor of the architecture has: SSE2 on x86-64, NEON on arm64.
  case baseline
  /// AVX2 with fused multiply-add, 8 floats at a time.
  case avx2
  /// AVX-512 (F, BW, DQ, VL), 16 floats at a time.
  case avx512

  /// The instruction sets of this processor.
  public static var available: [InstructionSet] { allCases.filter { $0.kernels != nil } }

  /// The instruction set that operations use: the best one of the processor, unless `ADJOINT_ISA`
  /// or ``withInstructionSet(_:_:)`` selects another.
  public static var current: InstructionSet { Execution.current.instructionSet }

  var kernels: OpaquePointer? {
    switch self {
    case .baseline: ck_table_for(CK_ISA_BASELINE)
    case .avx2: ck_table_for(CK_ISA_AVX2)
    case .avx512: ck_table_for(CK_ISA_AVX512)
    }
  }
}

/// The way operations are run: the kernels they use, the number of threads, and the precision of
/// products.
package struct Execution: @unchecked Sendable {
  // Unchecked because of the pointer, which points to a constant table.
  package var instructionSet: InstructionSet
  package var kernels: OpaquePointer
  package var threads: Int
  package var precision = MatmulPrecision.float32

  @TaskLocal private static var scoped: Execution?

  /// The number of open scopes, and of those that decided results.
  ///
  /// While it is 0, operations need not read the task-local value. A task may outlive the scope in
  /// which it was made, and keeps its precision, so such scopes stay counted.
  private static let openScopes = Atomic<Int>(0)

  /// The execution outside of any scope, from the environment and the processor.
  package static let standard: Execution = {
    if let problem = environmentProblem { fail(problem) }
    let forced = environment("ADJOINT_ISA").flatMap(InstructionSet.init)
    guard let set = forced ?? InstructionSet.available.last, let kernels = set.kernels else {
      fail("there are no kernels for this processor")
    }
    let threads = environment("ADJOINT_THREADS").flatMap { Int($0) } ?? processorCount()
    return Execution(instructionSet: set, kernels: kernels, threads: threads)
  }()

  /// A message about an invalid value of `ADJOINT_ISA` or `ADJOINT_THREADS`, or `nil` if both are
  /// valid.
  package static var environmentProblem: String? {
    if let name = environment("ADJOINT_ISA"), InstructionSet(rawValue: name)?.kernels == nil {
      let names = InstructionSet.available.map(\.rawValue).joined(separator: ", ")
      return "ADJOINT_ISA=\(name): not an instruction set of this processor (\(names))"
    }
    if let text = environment("ADJOINT_THREADS"),
      !(Int(text).map { (1...256).contains($0) } ?? false)
    {
      return "ADJOINT_THREADS=\(text): must be a number from 1 to 256"
    }
    return nil
  }

  /// The execution of the innermost scope, or ``standard`` outside of any.
  package static var current: Execution { inScope ?? standard }

  /// The execution of the innermost scope, or `nil` outside of any.
  static var inScope: Execution? {
    openScopes.load(ordering: .relaxed) == 0 ? nil : scoped
  }

  /// Runs `body` on a worker thread in the scope of the thread that published the work.
  static func inheriting<Result>(_ execution: Execution?, _ body: () -> Result) -> Result {
    if let execution { $scoped.withValue(execution, operation: body) } else { body() }
  }

  static func with<Result, Failure: Error>(
    _ change: (inout Execution) -> Void, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    var execution = current
    change(&execution)
    openScopes.wrappingAdd(1, ordering: .sequentiallyConsistent)
    defer {
      if execution.precision == standard.precision {
        openScopes.wrappingSubtract(1, ordering: .sequentiallyConsistent)
      }
    }
    let outcome = $scoped.withValue(execution) { () -> Swift.Result<Result, Failure> in
      do throws(Failure) { return .success(try body()) } catch { return .failure(error) }
    }
    return try outcome.get()
  }

  static func environment(_ name: String) -> String? {
    guard let value = getenv(name) else { return nil }
    return String(cString: value)
  }

  private static func processorCount() -> Int {
    Swift.min(256, Swift.max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
  }
}

/// Runs `body` with operations spread over at most `count` threads, including the calling one.
///
/// Results are bit-identical for any count, because work is cut by its size alone. Outside of such
/// a scope the number of threads is `ADJOINT_THREADS`, or that of the processors.
public func withThreads<Result, Failure: Error>(
  _ count: Int, _ body: () throws(Failure) -> Result
) throws(Failure) -> Result {
  require(
    (1...256).contains(count),
    "withThreads: the number of threads must be from 1 to 256, got \(count)")
  return try Execution.with({ $0.threads = count }, body)
}

/// Runs `body` with the kernels of an instruction set, which the processor must have.
public func withInstructionSet<Result, Failure: Error>(
  _ set: InstructionSet, _ body: () throws(Failure) -> Result
) throws(Failure) -> Result {
  guard let kernels = set.kernels else {
    fail("withInstructionSet: this processor does not have \(set.rawValue)")
  }
  return try Execution.with(
    {
      $0.instructionSet = set
      $0.kernels = kernels
    }, body)
}
