import Autograd
import Tensor

/// A bilinear map of two inputs, y_o = aᵀ W_o b + bias_o: [.., in1] and [.., in2] → [.., out].
public struct Bilinear: Module {
  /// The weight W, [out, in1, in2].
  public let weight: Parameter
  /// The bias, [out], or `nil`.
  public let bias: Parameter?

  /// Creates a layer from `first` and `second` features to `outputs`.
  ///
  /// - Parameters:
  ///   - first: The number of features of the first input.
  ///   - second: The number of features of the second input.
  ///   - outputs: The number of output features.
  ///   - bias: Whether the layer has a bias.
  ///   - weightInitializer: The initializer of the weight; by default uniform between ±1/√first, as
  ///     in PyTorch.
  ///   - biasInitializer: The initializer of the bias; by default uniform between the same bounds.
  ///   - dtype: The dtype of the parameters.
  public init(
    _ first: Int, _ second: Int, _ outputs: Int, bias: Bool = true,
    weightInitializer: Initializer? = nil, biasInitializer: Initializer? = nil,
    dtype: DType = .float32
  ) {
    require(
      first > 0 && second > 0 && outputs > 0,
      "Bilinear: the sizes must be positive, got \(first), \(second) and \(outputs)")
    let standard = Initializer.uniform(bound: 1 / Double(first).squareRoot())
    weight = Parameter((weightInitializer ?? standard)([outputs, first, second], dtype: dtype))
    self.bias = bias ? Parameter((biasInitializer ?? standard)([outputs], dtype: dtype)) : nil
  }

  /// Applies the map to each pair of vectors along the last axis.
  public func callAsFunction(_ first: Tensor, _ second: Tensor) -> Tensor {
    let (outputs, sizes) = (weight.shape[0], (weight.shape[1], weight.shape[2]))
    require(
      first.rank >= 1 && first.rank == second.rank
        && first.shape.dropLast() == second.shape.dropLast()
        && first.shape[first.rank - 1] == sizes.0 && second.shape[second.rank - 1] == sizes.1,
      """
      Bilinear: inputs of shapes \(first.shape) and \(second.shape) do not fit a weight of shape \
      \(weight.shape)
      """
    )
    let rows = linear(second, weight.value.reshaped(to: [outputs * sizes.0, sizes.1]))
    let matrices = rows.reshaped(to: Shape(first.shape.dropLast() + [outputs, sizes.0]))
    let y = matmul(matrices, first.expanded(along: -1)).squeezed(along: -1)
    return observed(bias.map { y + $0.value } ?? y)
  }
}
