import Synchronization

/// The generator from which layers and `Tensor.normal` draw when none is given.
public final class DefaultGenerator: Sendable {
  @TaskLocal private static var scoped: DefaultGenerator?

  /// The seed of the generator outside of any scope, drawn from the system once in a process.
  public static let processSeed = UInt64.random(in: 0...UInt64.max)
  private static let process = DefaultGenerator(RandomGenerator(seed: processSeed))

  private let generator: Mutex<RandomGenerator>

  private init(_ generator: RandomGenerator) { self.generator = Mutex(generator) }

  /// Calls `body` with the generator of the innermost scope, or of the process.
  public static func withCurrent<Result>(_ body: (inout RandomGenerator) -> Result) -> Result {
    (scoped ?? process).generator.withLock { generator in
      // The lock's parameter is sending; a result that the generator made is free of it.
      nonisolated(unsafe) let result = body(&generator)
      return result
    }
  }

  static func with<Result, Failure: Error>(
    _ generator: RandomGenerator, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> (Result, RandomGenerator) {
    let source = DefaultGenerator(generator)
    let outcome = $scoped.withValue(source) { () -> Swift.Result<Result, Failure> in
      do throws(Failure) { return .success(try body()) } catch { return .failure(error) }
    }
    return (try outcome.get(), source.generator.withLock { $0 })
  }
}

/// Runs `body` with a fresh default generator, so that what it draws is the same every time.
///
/// ```swift
/// let model = withRandomSeed(42) { MLP([2, 16, 2]) }
/// ```
public func withRandomSeed<Result, Failure: Error>(
  _ seed: UInt64, _ body: () throws(Failure) -> Result
) throws(Failure) -> Result {
  try DefaultGenerator.with(RandomGenerator(seed: seed), body).0
}

/// Runs `body` with `generator` as the default one; afterwards it stands where `body` left it.
public func withRandomGenerator<Result, Failure: Error>(
  _ generator: inout RandomGenerator, _ body: () throws(Failure) -> Result
) throws(Failure) -> Result {
  let (result, moved) = try DefaultGenerator.with(generator, body)
  generator = moved
  return result
}
