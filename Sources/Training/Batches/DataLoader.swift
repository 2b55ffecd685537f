import Tensor

/// A sequence of batches of examples.
///
/// ```swift
/// let loader = DataLoader(x, y, batchSize: 64, shuffle: RandomGenerator(seed: 1), epochs: 10)
/// for (x, y) in loader {
///   let (loss, gradients) = valueWithGradients(for: parameters) {
///     crossEntropy(model(x), labels: y)
///   }
///   optimizer.step(gradients)
/// }
/// ```
/// Examples lie along the first axis of the tensors. Equal generators give equal batches in equal
/// order, with and without prefetching. A ``Trainer`` whose state has the same generator visits the
/// examples in the same order.
///
/// A loader is a value: it gives the same batches each time it is iterated. For a different order
/// in each epoch, either let the loader count the epochs, as above, or split the generator:
/// ```swift
/// var generator = RandomGenerator(seed: 1)
/// for epoch in 0..<10 {
///   for (x, y) in DataLoader(x, y, batchSize: 64, shuffle: generator.split()) { … }
/// }
/// ```
/// To resume in the middle of an epoch, save the generator at the start of the epoch and the number
/// of batches so far, and continue with ``dropFirst(_:)``.
public struct DataLoader<Batch: Sendable>: Sequence, Sendable {
  /// The sequence of the indices of each batch's examples.
  public let sampler: BatchSampler
  /// The number of batches that a background thread prepares ahead, or 0 to prepare each when it is
  /// asked for.
  public let prefetch: Int

  private let batch: @Sendable (ArraySlice<Int>) -> Batch

  /// Creates a loader that makes batches from the indices of their examples.
  ///
  /// - Parameters:
  ///   - sampler: The sequence of the indices of each batch's examples.
  ///   - prefetch: The number of batches to prepare ahead on a background thread.
  ///   - batch: Makes a batch of some examples. With prefetching it is called on a background
  ///     thread, where scopes such as `withRandomSeed` have no effect.
  public init(
    _ sampler: BatchSampler, prefetch: Int = 0,
    batch: @escaping @Sendable (_ indices: ArraySlice<Int>) -> Batch
  ) {
    require(prefetch >= 0, "DataLoader: prefetch must be at least 0, got \(prefetch)")
    self.sampler = sampler
    self.prefetch = prefetch
    self.batch = batch
  }

  /// Returns the loader without its first batches, which are not prepared: a way to resume in the
  /// middle of an epoch.
  public func dropFirst(_ batches: Int = 1) -> DataLoader {
    DataLoader(sampler.dropFirst(batches), prefetch: prefetch, batch: batch)
  }

  /// Returns an iterator over the batches.
  ///
  /// Its background thread ends with it, so that a loop may be left early.
  public func makeIterator() -> Iterator {
    let source = Source(indices: sampler.makeIterator(), batch: batch)
    return prefetch == 0 ? .direct(source) : .prefetched(Prefetcher(source, depth: prefetch))
  }

  /// Makes batches when they are asked for.
  fileprivate struct Source: IteratorProtocol, Sendable {
    var indices: BatchSampler.Iterator
    let batch: @Sendable (ArraySlice<Int>) -> Batch

    mutating func next() -> Batch? { indices.next().map(batch) }
  }

  /// An iterator over batches.
  public struct Iterator: IteratorProtocol {
    private enum Kind {
      case direct(Source)
      case prefetched(Prefetcher<Batch>)
    }

    private var kind: Kind

    fileprivate static func direct(_ source: Source) -> Self { Self(kind: .direct(source)) }
    fileprivate static func prefetched(_ prefetcher: Prefetcher<Batch>) -> Self {
      Self(kind: .prefetched(prefetcher))
    }

    /// Returns the next batch, or `nil` at the end.
    public mutating func next() -> Batch? {
      switch kind {
      case .direct(var source):
        defer { kind = .direct(source) }
        return source.next()
      case .prefetched(let prefetcher): return prefetcher.next()
      }
    }
  }
}

// MARK: - Tensors

extension DataLoader where Batch == [Tensor] {
  /// Creates a loader of the rows of some tensors, which have the same number of rows.
  ///
  /// - Parameters:
  ///   - tensors: The tensors, with examples along the first axis.
  ///   - batchSize: The number of examples in a batch; the last batch of an epoch takes what is
  ///     left.
  ///   - generator: The source of a random order of the examples, or `nil` for the order of the
  ///     data.
  ///   - dropsLast: Whether to leave out the last batch of an epoch if it is not full.
  ///   - epochs: The number of passes over the examples, or `nil` for an endless sequence.
  ///   - prefetch: The number of batches to prepare ahead on a background thread.
  public init(
    _ tensors: [Tensor], batchSize: Int, shuffle generator: RandomGenerator? = nil,
    dropsLast: Bool = false, epochs: Int? = 1, prefetch: Int = 0
  ) {
    self.init(
      BatchSampler(
        rowsOf: tensors, batchSize: batchSize, shuffle: generator, dropsLast: dropsLast,
        epochs: epochs), prefetch: prefetch
    ) { indices in tensors.map { Gathering.rows($0, at: indices) } }
  }
}

extension DataLoader where Batch == Tensor {
  /// Creates a loader of the rows of a tensor; see
  /// ``init(_:batchSize:shuffle:dropsLast:epochs:prefetch:)-([Tensor],_,_,_,_,_)``.
  public init(
    _ x: Tensor, batchSize: Int, shuffle generator: RandomGenerator? = nil,
    dropsLast: Bool = false, epochs: Int? = 1, prefetch: Int = 0
  ) {
    self.init(
      BatchSampler(
        rowsOf: [x], batchSize: batchSize, shuffle: generator, dropsLast: dropsLast,
        epochs: epochs), prefetch: prefetch
    ) { Gathering.rows(x, at: $0) }
  }
}

extension DataLoader where Batch == (Tensor, Tensor) {
  /// Creates a loader of the rows of inputs and targets; see
  /// ``init(_:batchSize:shuffle:dropsLast:epochs:prefetch:)-([Tensor],_,_,_,_,_)``.
  public init(
    _ x: Tensor, _ y: Tensor, batchSize: Int, shuffle generator: RandomGenerator? = nil,
    dropsLast: Bool = false, epochs: Int? = 1, prefetch: Int = 0
  ) {
    self.init(
      BatchSampler(
        rowsOf: [x, y], batchSize: batchSize, shuffle: generator, dropsLast: dropsLast,
        epochs: epochs), prefetch: prefetch
    ) { (Gathering.rows(x, at: $0), Gathering.rows(y, at: $0)) }
  }
}

extension BatchSampler {
  /// Creates a sampler of the rows of some tensors.
  fileprivate init(
    rowsOf tensors: [Tensor], batchSize: Int, shuffle generator: RandomGenerator?,
    dropsLast: Bool, epochs: Int?
  ) {
    for tensor in tensors {
      require(tensor.rank > 0, "DataLoader: a scalar has no axis of examples")
      require(
        tensor.shape[0] == tensors[0].shape[0],
        """
        DataLoader: tensors of shapes \(tensors[0].shape) and \(tensor.shape) do not have the \
        same number of
        """
          + " examples along axis 0")
    }
    self.init(
      count: tensors.first?.shape[0] ?? 0, batchSize: batchSize,
      sampling: generator == nil ? .sequential : .shuffled,
      generator: generator ?? RandomGenerator(seed: 0), dropsLast: dropsLast, epochs: epochs)
  }
}
