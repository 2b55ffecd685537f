import Autograd
import Tensor

/// An affine map of the last axis, y = x · Wᵀ + b: [.., in] → [.., out].
public struct Linear: Layer {
  /// The weight W, [out, in].
  public let weight: Parameter
  /// The bias b, [out], or `nil`.
  public let bias: Parameter?

  /// Creates a layer with a given weight, [out, in], and bias, [out].
  public init(weight: Tensor, bias: Tensor?) {
    require(weight.rank == 2, "Linear: the weight has shape \(weight.shape), not [out, in]")
    require(
      bias.map { $0.shape == [weight.shape[0]] } ?? true,
      "Linear: a bias of shape \(bias?.shape ?? []) for a weight of shape \(weight.shape)")
    self.weight = Parameter(weight)
    self.bias = bias.map(Parameter.init)
  }

  /// Creates a layer from `inputs` to `outputs` features.
  ///
  /// - Parameters:
  ///   - inputs: The number of input features.
  ///   - outputs: The number of output features.
  ///   - bias: Whether the layer has a bias.
  ///   - weightInitializer: The initializer of the weight; by default uniform between ±1/√inputs,
  ///     as in PyTorch.
  ///   - biasInitializer: The initializer of the bias; by default the same.
  ///   - dtype: The dtype of the parameters.
  public init(
    _ inputs: Int, _ outputs: Int, bias: Bool = true, weightInitializer: Initializer? = nil,
    biasInitializer: Initializer? = nil, dtype: DType = .float32
  ) {
    require(
      inputs > 0 && outputs > 0,
      "Linear: the numbers of inputs and outputs must be positive, got \(inputs) and \(outputs)")
    let standard = Initializer.uniform(bound: 1 / Double(inputs).squareRoot())
    self.init(
      weight: (weightInitializer ?? standard)([outputs, inputs], dtype: dtype),
      bias: bias ? (biasInitializer ?? standard)([outputs], dtype: dtype) : nil)
  }

  /// Applies the map to each vector along the last axis.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    observed(linear(input, weight.value, bias: bias?.value))
  }
}
