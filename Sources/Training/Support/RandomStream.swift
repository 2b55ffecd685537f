import Tensor

/// The independent streams of random numbers of a run.
package enum RandomStream: Int, CaseIterable {
  case trainingData, validationData, weights, batches, noise, search, testData, workers

  /// Returns the generator of the stream for a seed.
  package func generator(seed: UInt64) -> RandomGenerator {
    var parent = RandomGenerator(seed: seed)
    for _ in 0..<rawValue { _ = parent.split() }
    return parent.split()
  }
}
