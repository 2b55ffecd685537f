import Tensor

extension OpCase {
  /// How the inputs of a row grow when the operation is timed at a size.
  package enum Growth: Sendable {
    /// The leading axis of the largest input, and of the inputs that share its size.
    case leadingAxis
    /// The leading axis of one input alone, such as the batch of a convolution.
    case leadingAxisOf(input: Int)
    /// Not at all: the operation holds a shape of its own.
    case fixed
  }

  /// The inputs of the largest sample, grown until the largest of them has at least `count`
  /// elements.
  package func inputs(growingTo count: Int) -> [Input] {
    guard let inputs = large ?? samples.last(where: { $0.allSatisfy { $0.shape.elementCount > 0 } })
    else { return samples[0] }
    let largest = inputs.indices.max {
      inputs[$0].shape.elementCount < inputs[$1].shape.elementCount
    }
    guard let largest else { return inputs }
    let grown: Int
    var isAlone = false
    switch growth {
    case .fixed: return inputs
    case .leadingAxis: grown = largest
    case .leadingAxisOf(let input): (grown, isAlone) = (input, true)
    }
    guard let size = inputs[grown].shape.first else { return inputs }
    let rest = Swift.max(1, inputs[grown].shape.elementCount / size)
    // A multiple, so that what was divisible stays so.
    let newSize = size * Swift.max(1, (count + rest * size - 1) / (rest * size))
    return inputs.enumerated().map { index, input in
      var shape = input.shape
      if index == grown || !isAlone && shape.first == size { shape[0] = newSize }
      return input.with(shape)
    }
  }

  /// Tensors of inputs, whose numbers repeat in large ones, as their making takes longer than many
  /// an operation.
  package func largeTensors(_ inputs: [Input], _ dtype: DType) -> [Tensor] {
    var generator = RandomGenerator(seed: 0)
    return inputs.map { $0.tensor(dtype, repeatingAfter: 1 << 16, using: &generator) }
  }
}
