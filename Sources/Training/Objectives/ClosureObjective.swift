import Autograd
import NN
import Tensor

/// The objective of a model whose loss is a closure of the numbers of its examples.
struct ClosureObjective<Model: Module>: Objective {
  let model: Model
  let exampleCount: Int
  let loss: @Sendable (ArraySlice<Int>) -> Tensor
  let evaluation: (@Sendable () -> Evaluation?)?

  func loss(ofExamples indices: ArraySlice<Int>) -> Tensor { loss(indices) }
  func validation() -> Evaluation? { evaluation?() }
}

/// An objective whose examples come in an order of its own.
protocol PositionedObjective: Objective {
  /// Begins again, without the first examples.
  func restart(skipping skipped: Int)
}

/// The objective of a model whose loss is a closure of the batches of a sequence; an example is a
/// batch.
struct BatchObjective<Model: Module, Batches: Sequence & Sendable>: PositionedObjective {
  let model: Model
  let exampleCount: Int
  let loss: @Sendable (Batches.Element) -> Tensor
  let evaluation: (@Sendable () -> Evaluation?)?
  private let source: Source

  init(
    _ model: Model, _ batches: Batches, count: Int, skipping skipped: Int,
    evaluation: (@Sendable () -> Evaluation?)?,
    loss: @escaping @Sendable (Batches.Element) -> Tensor
  ) {
    self.model = model
    self.loss = loss
    self.evaluation = evaluation
    exampleCount = count
    source = Source(batches, skipping: skipped)
  }

  func loss(ofExamples indices: ArraySlice<Int>) -> Tensor {
    var sum = loss(source.next())
    for _ in indices.dropFirst() { sum = sum + loss(source.next()) }
    return indices.count == 1 ? sum : sum / Double(indices.count)
  }

  func validation() -> Evaluation? { evaluation?() }

  func restart(skipping skipped: Int) { source.restart(skipping: skipped) }

  /// The batches, which begin again after the last one.
  private final class Source: @unchecked Sendable {
    // Unchecked because a trainer takes one step at a time.
    private let batches: Batches
    private var iterator: Batches.Iterator

    init(_ batches: Batches, skipping skipped: Int) {
      self.batches = batches
      iterator = batches.makeIterator()
      restart(skipping: skipped)
    }

    func restart(skipping skipped: Int) {
      iterator = batches.makeIterator()
      for _ in 0..<skipped { _ = next() }
    }

    func next() -> Batches.Element {
      if let batch = iterator.next() { return batch }
      iterator = batches.makeIterator()
      guard let batch = iterator.next() else {
        fail("Trainer: the sequence of batches is empty, or cannot be iterated again")
      }
      return batch
    }
  }
}
