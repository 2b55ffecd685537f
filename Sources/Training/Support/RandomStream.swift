import Tensor

/// What a run draws random numbers for; each has numbers of its own, whatever the others draw.
package enum RandomStream: Int, CaseIterable {
  case trainingData, validationData, weights, batches, noise

  /// The generator of the stream in a run with a seed.
  package func generator(seed: UInt64) -> RandomGenerator {
    var parent = RandomGenerator(seed: seed)
    for _ in 0..<rawValue { _ = parent.split() }
    return parent.split()
  }
}
