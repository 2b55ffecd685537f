import Autograd
import NN
import Optim
import Tensor

/// How a ``Trainer`` cuts batches into shards, of which each worker computes the gradients of some.
///
/// ```swift
/// var options = TrainerOptions(steps: 1000, batchSize: 64, learningRate: 1e-3)
/// options.workers = Workers.current
/// options.sharding = BatchSharding(isReproducible: true)
/// ```
/// All workers make the trainer alike, with equal weights, and take equal steps: along the mean of
/// the gradients over the whole batch. A shard is computed at once, so one for each worker is the
/// fastest. What layers draw, such as the noise of dropout, depends on the step and the shard and
/// not on the worker. Batch normalization normalizes each shard by itself, for which it needs more
/// than one value per channel; the running statistics after a step are the means of what the shards
/// make of those before it.
public struct BatchSharding: Sendable, Equatable {
  /// The number of shards of a batch, or `nil` for one for each worker, or 16 with
  /// ``isReproducible``, but no more than a batch has examples.
  public var count: Int?
  /// Whether the weights are the same bits for any number of workers.
  ///
  /// The shards are then added in the order of one binary tree, of which each worker computes one
  /// branch: as many workers as the largest power of two have examples, the others wait.
  public var isReproducible: Bool

  /// Creates a sharding.
  ///
  /// - Parameters:
  ///   - count: The number of shards, at least 1 and at most that of the examples of a batch.
  ///   - isReproducible: Whether the weights are the same bits for any number of workers.
  public init(count: Int? = nil, isReproducible: Bool = false) {
    self.count = count
    self.isReproducible = isReproducible
  }

  /// The number of shards of a batch on some workers.
  package func count(batchSize: Int, workers: Int) -> Int {
    count ?? min(isReproducible ? 16 : workers, batchSize)
  }

  /// The shards that one of some workers computes, out of so many.
  func shards(of rank: Int, workers: Int, count: Int) -> Range<Int> {
    guard isReproducible else { return count * rank / workers..<count * (rank + 1) / workers }
    // A branch of the tree: from there on, a sum over the workers is in its order.
    var (span, branches) = (1, 1)
    while span < count { span *= 2 }
    while span > 1, 2 * branches <= workers { (span, branches) = (span / 2, 2 * branches) }
    return min(rank * span, count)..<min((rank + 1) * span, count)
  }
}

/// A step on a batch that is cut into shards.
struct ShardedStep {
  let sharding: BatchSharding
  let workers: any Communicator
  /// The examples of the step, and how many of them are computed at once.
  let examples: ArraySlice<Int>
  let batchSize: Int
  /// What the noise of all shards is drawn from.
  let noise: RandomGenerator
  let parameters: Parameters
  let buffers: ModuleBuffers

  /// The number of shards.
  private var count: Int { sharding.count(batchSize: batchSize, workers: workers.size) }

  /// Returns the mean loss of the examples and its gradients, and sets the buffers of the model.
  ///
  /// - Parameter differentiate: Returns the mean loss of some examples and its gradients.
  /// - Returns: The same for all workers.
  func differentiate(
    _ differentiate: (ArraySlice<Int>, inout RandomGenerator) -> (loss: Double, Gradients)
  ) -> (loss: Double, gradients: Gradients) {
    let (count, before) = (count, buffers.values)
    var parent = noise
    let generators = (0..<count).map { _ in parent.split() }

    func term(of shard: Int) -> FlatTensors {
      buffers.values = before
      var generator = generators[shard]
      var (loss, sum, share) = (0.0, Gradients?.none, 0.0)
      for piece in pieces(of: shard) {
        // 1 where all shards are of one size, so that nothing is multiplied.
        let part = Double(piece.count * count) / Double(examples.count)
        let (value, gradients) = differentiate(piece, &generator)
        let own = gradients.scaled(by: part)
        sum = sum.map { $0 + own } ?? own
        loss += part * value
        share += part
      }
      guard let sum else { return nothing(before) }
      return message(loss, sum, buffers.values, share)
    }
    /// Adds terms in the order of a binary tree over the numbers of the shards.
    func sum(of shards: Range<Int>) -> FlatTensors {
      guard let first = shards.first else { return nothing(before) }
      if shards.count == 1 { return term(of: first) }
      var half = 1
      while 2 * half < shards.count { half *= 2 }
      var total = sum(of: shards.prefix(half))
      total += sum(of: shards.dropFirst(half))
      return total
    }

    let own = sharding.shards(of: workers.rank, workers: workers.size, count: count)
    var total = sum(of: own)
    workers.sum(&total)
    let (tensors, factor) = (total.tensors, 1 / Double(count))
    for ((_, buffer), sum) in zip(buffers, tensors[(parameters.count + 1)...]) {
      let (mean, dtype) = (sum * factor, buffer.value.dtype)
      buffer.value = (dtype.isFloatingPoint ? mean : round(mean)).converted(to: dtype)
    }
    return (
      tensors[parameters.count].scalar() * factor,
      Gradients(Array(tensors[..<parameters.count]), for: parameters).scaled(by: factor)
    )
  }

  /// The parts of a shard that are computed at once; there may be none in a small batch.
  private func pieces(of shard: Int) -> [ArraySlice<Int>] {
    stride(from: examples.startIndex, to: examples.endIndex, by: batchSize).compactMap { start in
      let length = min(batchSize, examples.endIndex - start)
      let piece = start + length * shard / count..<start + length * (shard + 1) / count
      return piece.isEmpty ? nil : examples[piece]
    }
  }

  /// What a shard brings to the sum.
  private func message(
    _ loss: Double, _ gradients: Gradients, _ buffers: [Tensor], _ share: Double
  ) -> FlatTensors {
    let dtype = parameters[0].parameter.dtype
    // Counts are exact in float64.
    let means = buffers.map {
      ($0.dtype.isFloatingPoint ? $0 : $0.converted(to: .float64)) * share
    }
    return FlatTensors(
      gradients.tensors + [Tensor(loss, dtype: dtype)] + means,
      on: workers)
  }

  /// What is brought without examples: −0, which changes no sum, not even one that is −0.
  private func nothing(_ buffers: [Tensor]) -> FlatTensors {
    message(
      -0.0, .zeros(for: parameters).scaled(by: -1),
      buffers.map { .zeros($0.shape, dtype: $0.dtype) }, -1)
  }
}
