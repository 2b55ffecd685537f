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
  /// The shards are then added in the order of one binary tree. Powers of two of workers and shards
  /// do so by one `Communicator.allReduce`, as is always done otherwise; for other numbers each
  /// worker receives the sums of all others.
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
}

/// A step on a batch that is cut into shards.
struct ShardedStep {
  /// The number of shards.
  let count: Int
  /// Whether the shards are added in the order of a tree.
  let isReproducible: Bool
  let workers: any Communicator
  /// The examples of the step, and how many of them are computed at once.
  let examples: ArraySlice<Int>
  let batchSize: Int
  /// What the noise of all shards is drawn from.
  let noise: RandomGenerator
  let parameters: Parameters
  let buffers: ModuleBuffers

  private var tree: ShardTree { ShardTree(count: count) }

  /// The shards of a worker.
  private func shards(of rank: Int) -> Range<Int> {
    count * rank / workers.size..<count * (rank + 1) / workers.size
  }

  /// The nodes of the tree that a worker computes, without those that have no examples.
  private func nodes(of rank: Int) -> [ShardTree.Node] {
    tree.nodes(in: shards(of: rank)).filter { node in
      (node.start..<min(node.start + node.span, count)).contains { !pieces(of: $0).isEmpty }
    }
  }

  /// Whether the tree of the shards is one over the ranks of the workers, each of which computes a
  /// node; the sum over the workers then adds in its order.
  private var isTreeOfWorkers: Bool {
    let span = tree.root.span / workers.size
    return (0..<workers.size).allSatisfy {
      nodes(of: $0) == [ShardTree.Node(start: $0 * span, span: span)]
    }
  }

  /// The part of the examples that each shard has, if all are equal and computed at once: a factor
  /// of the gradients that can wait until they are added.
  private var commonPart: Double? {
    let isEqual = examples.count <= batchSize && examples.count % count == 0
    return isEqual ? 1 / Double(count) : nil
  }

  /// The parts of a shard that are computed at once; there may be none in a small batch.
  private func pieces(of shard: Int) -> [ArraySlice<Int>] {
    stride(from: examples.startIndex, to: examples.endIndex, by: batchSize).compactMap { start in
      let length = min(batchSize, examples.endIndex - start)
      let piece = start + length * shard / count..<start + length * (shard + 1) / count
      return piece.isEmpty ? nil : examples[piece]
    }
  }

  /// Returns the mean loss of the examples and its gradients, and sets the buffers of the model.
  ///
  /// - Parameter differentiate: Returns the mean loss of some examples and its gradients.
  /// - Returns: The same for all workers.
  func differentiate(
    _ differentiate: (ArraySlice<Int>, inout RandomGenerator) -> (loss: Double, Gradients)
  ) -> (loss: Double, gradients: Gradients) {
    let before = buffers.values
    var parent = noise
    let generators = (0..<count).map { _ in parent.split() }
    let commonPart = commonPart

    func sum(ofShard shard: Int) -> FlatTensors? {
      let pieces = pieces(of: shard)
      if pieces.isEmpty { return nil }
      buffers.values = before
      var generator = generators[shard]
      var (loss, sum, share) = (0.0, Gradients?.none, 0.0)
      for piece in pieces {
        let part = Double(piece.count) / Double(examples.count)
        let (value, gradients) = differentiate(piece, &generator)
        let own = commonPart == nil ? gradients.scaled(by: part) : gradients
        sum = sum.map { $0 + own } ?? own
        loss += part * value
        share += part
      }
      return sum.map { message(loss, $0, buffers.values, share) }
    }
    func sum(of node: ShardTree.Node) -> FlatTensors? {
      tree.sum(node) {
        $0.span == 1 ? .some(sum(ofShard: $0.start)) : nil
      } add: {
        $0 += $1
      }
    }

    // For a worker without examples, and for the shapes.
    var zeros: FlatTensors {
      message(
        0, .zeros(for: parameters), before.map { .zeros($0.shape, dtype: $0.dtype) }, 1)
    }
    let nodes = tree.nodes(in: shards(of: workers.rank))
    let tensors: [Tensor]
    if isReproducible && workers.size > 1 && !isTreeOfWorkers {
      tensors = sumInOrder(of: nodes.map(sum), zeros).tensors
    } else {
      var total: FlatTensors?
      for node in nodes {
        guard let own = sum(of: node) else { continue }
        if total == nil { total = own } else { total? += own }
      }
      var flat = total ?? zeros
      // The buffer is summed in place if nothing else holds it.
      total = nil
      workers.sum(&flat)
      tensors = flat.tensors
    }
    for ((_, buffer), mean) in zip(buffers, tensors[(parameters.count + 1)...]) {
      let dtype = buffer.value.dtype
      buffer.value = (dtype.isFloatingPoint ? mean : round(mean)).converted(to: dtype)
    }
    return (
      tensors[parameters.count].scalar(),
      Gradients(Array(tensors[..<parameters.count]), for: parameters)
        .scaled(by: commonPart ?? 1)
    )
  }

  private func message(
    _ loss: Double, _ gradients: Gradients, _ buffers: [Tensor], _ share: Double
  ) -> FlatTensors {
    let dtype = parameters[0].parameter.dtype
    return FlatTensors(
      gradients.unscaled.map { ($0, gradients.scale) } + [(Tensor(loss, dtype: dtype), 1)]
        + buffers.map { (Self.floating($0), share) })
  }

  /// A buffer as it is averaged; counts are exact in float64.
  private static func floating(_ buffer: Tensor) -> Tensor {
    buffer.dtype.isFloatingPoint ? buffer : buffer.converted(to: .float64)
  }

  // MARK: The same bits for any number of workers

  /// Returns the sum of all shards in the order of the tree.
  ///
  /// - Parameters:
  ///   - own: The sums of the nodes of this worker.
  ///   - zeros: Tensors of the same shapes.
  /// - Returns: The same for all workers.
  private func sumInOrder(of own: [FlatTensors?], _ zeros: FlatTensors) -> FlatTensors {
    let nodes = (0..<workers.size).map(nodes)
    let sums = own.compactMap { $0 }
    var total = zeros
    for position in zeros.vectors.indices {
      let vectors = sums.map { $0.vectors[position] }
      total.vectors[position] =
        zeros.vectors[position].dtype == .float32
        ? sumInOrder(of: vectors, nodes, zeros.vectors[position], as: Float.self)
        : sumInOrder(of: vectors, nodes, zeros.vectors[position], as: Double.self)
    }
    return total
  }

  private func sumInOrder<Scalar: TensorScalar>(
    of own: [Tensor], _ nodes: [[ShardTree.Node]], _ zeros: Tensor, as _: Scalar.Type
  ) -> Tensor {
    // A few megabytes at a time, so that what is received from many workers stays small.
    let length = 1 << 20
    var parts: [Tensor] = []
    for start in stride(from: 0, to: zeros.elementCount, by: length) {
      let range = start..<min(start + length, zeros.elementCount)
      let message = own.flatMap { vector in
        vector[range].withUnsafeScalars(as: Scalar.self) { Array(UnsafeRawBufferPointer($0)) }
      }
      var received: [ShardTree.Node: Tensor] = [:]
      for (message, nodes) in zip(workers.gather(message), nodes) {
        let byteCount = range.count * MemoryLayout<Scalar>.stride
        // Only a group that was stopped has other messages.
        guard message.count == nodes.count * byteCount else { return zeros }
        for (index, node) in nodes.enumerated() {
          let bytes = message[index * byteCount..<(index + 1) * byteCount]
          var vector = Tensor(uninitialized: [range.count], dtype: zeros.dtype)
          vector.withUnsafeMutableScalars(as: Scalar.self) {
            UnsafeMutableRawBufferPointer($0).copyBytes(from: bytes)
          }
          received[node] = vector
        }
      }
      let sum = tree.sum(
        tree.root,
        known: { node in
          if let value = received[node] { return .some(value) }
          return node.span == 1 ? .some(nil) : nil
        }, add: { $0 += $1 })
      parts.append(sum ?? zeros[range])
    }
    return concatenated(parts)
  }
}
