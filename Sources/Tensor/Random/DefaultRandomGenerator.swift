import Synchronization

/// The random generator of the current scope, from which layers and functions such as
/// `Tensor.normal` draw.
///
/// See ``withRandomSeed(_:_:)`` and ``withRandomGenerator(_:_:)``.
public final class DefaultRandomGenerator: Sendable {
  @TaskLocal private static var scoped: DefaultRandomGenerator?

  /// The seed of the generator outside of any scope, which each process draws from the system.
  public static let processSeed = UInt64.random(in: 0...UInt64.max)
  private static let process = DefaultRandomGenerator(RandomGenerator(seed: processSeed))

  private let generator: Mutex<RandomGenerator>

  private init(_ generator: RandomGenerator) { self.generator = Mutex(generator) }

  /// Calls `body` with the generator of the innermost scope, or that of the process outside of any.
  public static func withCurrent<Result>(_ body: (inout RandomGenerator) -> Result) -> Result {
    (scoped ?? process).generator.withLock { generator in
      // The parameter of the lock is `sending`; a result made with the generator does not refer to
      // it.
      nonisolated(unsafe) let result = body(&generator)
      return result
    }
  }

  static func with<Result, Failure: Error>(
    _ generator: RandomGenerator, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> (Result, RandomGenerator) {
    let source = DefaultRandomGenerator(generator)
    let outcome = $scoped.withValue(source) { () -> Swift.Result<Result, Failure> in
      do throws(Failure) { return .success(try body()) } catch { return .failure(error) }
    }
    return (try outcome.get(), source.generator.withLock { $0 })
  }
}

/// Runs `body` with a new default generator, so that it draws the same numbers every time.
///
/// ```swift
/// let model = withRandomSeed(42) { MLP([2, 16, 2]) }
/// ```
public func withRandomSeed<Result, Failure: Error>(
  _ seed: UInt64, _ body: () throws(Failure) -> Result
) throws(Failure) -> Result {
  try DefaultRandomGenerator.with(RandomGenerator(seed: seed), body).0
}

/// Runs `body` with `generator` as the default generator, and leaves it in the state that `body`
/// left it in.
public func withRandomGenerator<Result, Failure: Error>(
  _ generator: inout RandomGenerator, _ body: () throws(Failure) -> Result
) throws(Failure) -> Result {
  let (result, moved) = try DefaultRandomGenerator.with(generator, body)
  generator = moved
  return result
}
