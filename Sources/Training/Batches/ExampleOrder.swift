import Tensor

/// The order in which the examples of one epoch are visited.
struct ExampleOrder: Sendable {
  /// The generator at the start of the epoch, from which the order was drawn.
  private(set) var generator: RandomGenerator
  /// The indices of the examples, batch after batch.
  private(set) var indices: [Int]

  private let count: Int
  private let sampling: Sampling
  private let batchSize: Int

  init(of count: Int, sampling: Sampling, batchSize: Int, generator: RandomGenerator) {
    self.count = count
    self.sampling = sampling
    self.batchSize = batchSize
    self.generator = generator
    indices = []
    draw()
  }

  /// Returns the examples at a position in the epoch; the last batch may be smaller.
  func batch(_ position: Int) -> ArraySlice<Int> {
    let start = position * batchSize
    return indices[start..<min(start + batchSize, indices.count)]
  }

  /// Draws the order of the next epoch.
  mutating func startNextEpoch() {
    _ = generator.split()
    draw()
  }

  private mutating func draw() {
    // The copy leaves the generator at the start of the epoch, so that the same order can be drawn
    // again.
    var copy = generator
    var child = copy.split()
    switch sampling {
    case .shuffled: indices = child.permutation(of: count)
    case .sequential: indices = Array(0..<count)
    case .withReplacement:
      let length = sampling.epochLength(count: count, batchSize: batchSize)
      indices = (0..<length).map { _ in child.integer(below: count) }
    }
  }
}

extension Sampling {
  /// The number of examples visited in an epoch.
  func epochLength(count: Int, batchSize: Int) -> Int {
    switch self {
    case .shuffled, .sequential: count
    case .withReplacement(let steps): count == 0 ? 0 : steps * batchSize
    }
  }
}
