import Autograd
import Tensor

/// An affine map of the last axis, y = x · Wᵀ + b: [.., in] → [.., out].
public struct Linear: Layer {
  /// The weight W, [out, in].
  public let weight: Parameter
  /// The bias b, [out], or nil.
  public let bias: Parameter?

  /// A layer with the given weight, [out, in], and bias, [out].
  public init(weight: Tensor, bias: Tensor?) {
    require(weight.rank == 2, "Linear: the weight has shape \(weight.shape), not [out, in]")
    require(
      bias.map { $0.shape == [weight.shape[0]] } ?? true,
      "Linear: the weight is \(weight.shape), so the bias is not \(bias?.shape ?? [])")
    self.weight = Parameter(weight)
    self.bias = bias.map(Parameter.init)
  }

  /// A layer from `inputs` to `outputs` numbers.
  ///
  /// Weight and bias start evenly spread between ±1/√inputs, as PyTorch's, unless initializers are given.
  public init(
    _ inputs: Int, _ outputs: Int, bias: Bool = true, weightInitializer: Initializer? = nil,
    biasInitializer: Initializer? = nil, dtype: DType = .float32
  ) {
    require(inputs > 0 && outputs > 0, "Linear: \(inputs) inputs and \(outputs) outputs")
    let standard = Initializer.uniform(bound: 1 / Double(inputs).squareRoot())
    self.init(
      weight: (weightInitializer ?? standard)([outputs, inputs], dtype: dtype),
      bias: bias ? (biasInitializer ?? standard)([outputs], dtype: dtype) : nil)
  }

  /// The map of each vector along the last axis.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    if let bias { return observed(linear(input, weight.value, bias.value)) }
    return observed(linear(input, weight.value))
  }
}
