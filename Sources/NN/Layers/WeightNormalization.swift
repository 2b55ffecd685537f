import Autograd
import Tensor

/// A layer that computes with one weight, which ``WeightNorm`` and ``SpectralNorm`` can normalize.
public protocol WeightedLayer: Layer {
  /// The weight.
  var weight: Parameter { get }
  /// The axis of the weight that counts the outputs.
  static var outputAxis: Int { get }
}

extension WeightedLayer {
  /// The first axis.
  public static var outputAxis: Int { 0 }
}

extension Linear: WeightedLayer {}
extension Conv1d: WeightedLayer {}
extension Conv2d: WeightedLayer {}
extension Embedding: WeightedLayer {}
extension ConvTranspose1d: WeightedLayer {
  /// The second axis.
  public static var outputAxis: Int { 1 }
}
extension ConvTranspose2d: WeightedLayer {
  /// The second axis.
  public static var outputAxis: Int { 1 }
}

/// Weight normalization: a layer with the weight w = g · v / ‖v‖, whose magnitude g and direction v
/// are learned separately. (Salimans and Kingma, 2016, 1602.07868)
///
/// The norm is taken over all axes of the weight except one, so that each output has a magnitude.
/// Initially g = ‖v‖: the output of the layer does not change. The parameter `inner.weight` becomes
/// v. Names are those of `torch.nn.utils.parametrizations.weight_norm`:
/// `parametrizations.weight.original0` for g and `parametrizations.weight.original1` for v; the
/// other parameters of the layer keep their names.
/// ```swift
/// let layer = WeightNorm(Conv1d(16, 16, kernelSize: 3, padding: .same))
/// ```
public struct WeightNorm<Inner: WeightedLayer>: Layer {
  /// The layer; its weight is v.
  public let inner: Inner
  /// The magnitude g, of the weight's rank, with size 1 along all axes except one.
  public let magnitude: Parameter
  private let axis: Int?

  /// PyTorch's names.
  public static var storedNames: [String: String] {
    [
      "inner": "", "inner.weight": "parametrizations.weight.original1",
      "magnitude": "parametrizations.weight.original0",
    ]
  }

  /// Creates a layer that computes as `inner` with a normalized weight.
  ///
  /// - Parameters:
  ///   - inner: The layer.
  ///   - axis: The axis of the weight that has a magnitude for each position, 0 as in PyTorch;
  ///     `nil` for one magnitude of the whole weight.
  public init(_ inner: Inner, along axis: Int? = 0) {
    self.inner = inner
    self.axis = axis.map { inner.weight.shape.axis($0, in: "WeightNorm") }
    magnitude = Parameter(Self.norm(of: inner.weight.value.detached, self.axis))
  }

  private static func norm(of weight: Tensor, _ axis: Int?) -> Tensor {
    guard let axis else { return weight.norm() }
    return weight.norm(along: (0..<weight.rank).filter { $0 != axis }, keepingAxes: true)
  }

  /// Returns the output of the layer with the weight g · v / ‖v‖.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    let v = inner.weight.value
    let weight = v * (magnitude.value / Self.norm(of: v, axis))
    return observed(inner.weight.withValue(weight) { inner.observed(inner(input)) })
  }
}

/// Spectral normalization: a layer with the weight W / σ, where σ estimates the largest singular
/// value of W, so that the layer stretches no vector. (Miyato et al., 2018, 1802.05957)
///
/// W is taken as a matrix whose rows are the outputs. The estimate is σ = uᵀ W v, with unit vectors
/// u and v, which are buffers; each call in training moves them by a step of the power iteration,
/// u ← W v / ‖W v‖, v ← Wᵀ u / ‖Wᵀ u‖. In inference they do not change. For gradients, u and v are
/// constants. Names are those of `torch.nn.utils.parametrizations.spectral_norm`:
/// `parametrizations.weight.original` for W, `parametrizations.weight.0._u` and `._v` for the
/// vectors; the other parameters of the layer keep their names.
public struct SpectralNorm<Inner: WeightedLayer>: Layer {
  /// The layer; its weight is W.
  public let inner: Inner
  /// The left singular vector u, [outputs].
  public let left: ModuleBuffer
  /// The right singular vector v.
  public let right: ModuleBuffer
  private let iterations: Int
  private let epsilon: Double
  private let axis: Int

  /// PyTorch's names.
  public static var storedNames: [String: String] {
    [
      "inner": "", "inner.weight": "parametrizations.weight.original",
      "left": "parametrizations.weight.0._u", "right": "parametrizations.weight.0._v",
    ]
  }

  /// Creates a layer that computes as `inner` with a normalized weight.
  ///
  /// The vectors begin as random ones, after 15 steps of the power iteration.
  ///
  /// - Parameters:
  ///   - inner: The layer.
  ///   - iterations: The number of steps of the power iteration in each call in training.
  ///   - epsilon: The least norm by which a vector is divided.
  ///   - axis: The axis of the weight that counts the outputs; by default the first one, or the
  ///     second one of a transposed convolution, as in PyTorch.
  public init(
    _ inner: Inner, iterations: Int = 1, epsilon: Double = 1e-12, along axis: Int? = nil
  ) {
    require(
      iterations >= 1, "SpectralNorm: the number of iterations must be positive, got \(iterations)")
    let weight = inner.weight.value.detached
    require(
      weight.rank >= 2 && weight.elementCount > 0,
      "SpectralNorm: a weight of shape \(weight.shape) is not a matrix")
    self.inner = inner
    self.iterations = iterations
    self.epsilon = epsilon
    self.axis = weight.shape.axis(axis ?? Inner.outputAxis, in: "SpectralNorm")
    let rows = weight.shape[self.axis]
    left = ModuleBuffer(.normal([rows], dtype: weight.dtype))
    right = ModuleBuffer(.normal([weight.elementCount / rows], dtype: weight.dtype))
    left.value = unit(left.value)
    right.value = unit(right.value)
    iterate(matrix(weight), steps: 15)
  }

  /// Returns the output of the layer with the weight W / σ.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    let weight = inner.weight.value
    let rows = matrix(weight)
    if LayerMode.current == .training { iterate(rows.detached, steps: iterations) }
    let largest = dot(left.value, matmul(rows, right.value))
    return observed(inner.weight.withValue(weight / largest) { inner.observed(inner(input)) })
  }

  /// The weight with a row for each output.
  private func matrix(_ weight: Tensor) -> Tensor {
    let order = [axis] + (0..<weight.rank).filter { $0 != axis }
    return weight.permuted(order).flattened(from: 1)
  }

  private func iterate(_ matrix: Tensor, steps: Int) {
    var (u, v) = (left.value, right.value)
    for _ in 0..<steps {
      u = unit(matmul(matrix, v))
      v = unit(matmul(matrix.transposed(), u))
    }
    left.value = u
    right.value = v
  }

  private func unit(_ vector: Tensor) -> Tensor {
    vector / maximum(vector.norm(), Tensor(epsilon, dtype: vector.dtype))
  }
}
