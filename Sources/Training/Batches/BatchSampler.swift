import Tensor

/// A sequence of batches of example indices, epoch after epoch.
///
/// ```swift
/// let sampler = BatchSampler(
///   count: 1000, batchSize: 64, sampling: .shuffled, generator: RandomGenerator(seed: 1),
///   epochs: 10)
/// for indices in sampler { … }
/// ```
/// A sampler is a value: it gives the same batches each time it is iterated, and equal generators
/// give equal batches. ``Trainer`` draws its batches in the same way.
public struct BatchSampler: Sequence, Sendable {
  /// The number of examples.
  public let count: Int
  /// The number of examples in a full batch.
  public let batchSize: Int
  /// The order in which examples are visited.
  public let sampling: Sampling
  /// Whether the last batch of an epoch is left out if it is not full.
  public let dropsLast: Bool
  /// The number of epochs, or `nil` for an endless sequence.
  public let epochs: Int?

  private let generator: RandomGenerator
  private var skippedBatches = 0

  /// Creates a sampler.
  ///
  /// - Parameters:
  ///   - count: The number of examples. If it is 0, the sequence is empty, even without a number of
  ///     epochs.
  ///   - batchSize: The number of examples in a batch; the last batch of an epoch takes what is
  ///     left.
  ///   - sampling: The order in which examples are visited.
  ///   - generator: The source of the order. Each epoch splits it once.
  ///   - dropsLast: Whether to leave out the last batch of an epoch if it is not full.
  ///   - epochs: The number of epochs, or `nil` for an endless sequence.
  public init(
    count: Int, batchSize: Int, sampling: Sampling = .sequential,
    generator: RandomGenerator = RandomGenerator(seed: 0), dropsLast: Bool = false,
    epochs: Int? = 1
  ) {
    require(count >= 0, "BatchSampler: count must be at least 0, got \(count)")
    require(batchSize >= 1, "BatchSampler: batchSize must be at least 1, got \(batchSize)")
    require(epochs ?? 0 >= 0, "BatchSampler: epochs must be at least 0, got \(epochs ?? 0)")
    self.count = count
    self.batchSize = batchSize
    self.sampling = sampling
    self.generator = generator
    self.dropsLast = dropsLast
    self.epochs = epochs
  }

  /// The number of batches in an epoch.
  public var batchesPerEpoch: Int {
    let length = sampling.epochLength(count: count, batchSize: batchSize)
    return dropsLast ? length / batchSize : (length + batchSize - 1) / batchSize
  }

  /// Returns the sampler without its first batches, which are not drawn: a way to resume in the
  /// middle of an epoch.
  public func dropFirst(_ batches: Int = 1) -> BatchSampler {
    require(batches >= 0, "BatchSampler: cannot drop \(batches) batches")
    var result = self
    result.skippedBatches += batches
    return result
  }

  /// Returns an iterator over the batches.
  public func makeIterator() -> Iterator { Iterator(self, skipping: skippedBatches) }

  /// An iterator over batches of example indices.
  public struct Iterator: IteratorProtocol, Sendable {
    private let batchesPerEpoch: Int
    private var epochsLeft: Int?
    private var order: ExampleOrder
    private var batch: Int

    fileprivate init(_ sampler: BatchSampler, skipping skipped: Int) {
      batchesPerEpoch = sampler.batchesPerEpoch
      var generator = sampler.generator
      epochsLeft = batchesPerEpoch == 0 ? 0 : sampler.epochs
      batch = 0
      if batchesPerEpoch > 0 {
        let epochs = skipped / batchesPerEpoch
        batch = skipped % batchesPerEpoch
        epochsLeft = epochsLeft.map { Swift.max($0 - epochs, 0) }
        for _ in 0..<epochs { _ = generator.split() }
      }
      order = ExampleOrder(
        of: epochsLeft == 0 ? 0 : sampler.count, sampling: sampler.sampling,
        batchSize: sampler.batchSize, generator: generator)
    }

    /// Returns the indices of the next batch, or `nil` at the end.
    public mutating func next() -> ArraySlice<Int>? {
      if epochsLeft == 0 { return nil }
      if batch == batchesPerEpoch {
        epochsLeft = epochsLeft.map { $0 - 1 }
        if epochsLeft == 0 { return nil }
        order.startNextEpoch()
        batch = 0
      }
      defer { batch += 1 }
      return order.batch(batch)
    }
  }
}
