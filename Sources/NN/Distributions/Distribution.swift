import Autograd
import Tensor

/// A probability distribution, or a batch of them: one for each element of its broadcast
/// parameters.
///
/// ```swift
/// let policy = Categorical(logits: network(state))
/// let action = policy.sample()
/// let loss = -(policy.logProbability(of: action) * advantage).mean()
/// ```
///
/// ``sample(_:using:)`` is a constant; gradients flow from log-probabilities to parameters. A
/// ``ReparameterizedDistribution`` also has samples that are functions of its parameters.
/// Parameters are checked for dtype and shape alone: numbers outside of their domain, such as a
/// negative scale, give NaN or meaningless results.
public protocol Distribution: Sendable {
  /// The shape of the batch of distributions.
  var batchShape: Shape { get }
  /// The shape of one sample of one distribution, `[]` for numbers and classes.
  var eventShape: Shape { get }
  /// The means, of shape ``batchShape`` + ``eventShape``.
  var mean: Tensor { get }
  /// The variances of the elements, of shape ``batchShape`` + ``eventShape``.
  var variance: Tensor { get }
  /// The entropies −E ln p in nats, of shape ``batchShape``.
  var entropy: Tensor { get }

  /// Returns the logarithms of the density, or of the probability of a discrete value.
  ///
  /// The value is broadcast with ``batchShape`` + ``eventShape``; the axes of the event are summed
  /// over. What lies outside of the support has −∞.
  func logProbability(of value: Tensor) -> Tensor

  /// Returns independent samples, of shape `shape` + ``batchShape`` + ``eventShape``, through which
  /// no gradient flows.
  func sample(_ shape: Shape, using generator: inout RandomGenerator) -> Tensor

  /// Returns the Kullback–Leibler divergence ∫ p ln (p / q) of this distribution p from q, of the
  /// broadcast ``batchShape``.
  func klDivergence(to q: Self) -> Tensor
}

extension Distribution {
  /// The shape of one sample of one distribution, by default `[]`, for numbers and classes.
  public var eventShape: Shape { [] }

  /// Returns independent samples drawn from the default generator, of shape `shape` +
  /// ``batchShape`` + ``eventShape``.
  ///
  /// See ``withRandomSeed(_:_:)``.
  public func sample(_ shape: Shape = []) -> Tensor {
    DefaultRandomGenerator.withCurrent { sample(shape, using: &$0) }
  }

  /// The square roots of the variances.
  public var standardDeviation: Tensor { sqrt(variance) }

  /// The shape of samples.
  func sampleShape(_ shape: Shape) -> Shape {
    Shape(Array(shape) + Array(batchShape) + Array(eventShape))
  }
}

/// A distribution whose samples are differentiable functions of its parameters and of noise.
public protocol ReparameterizedDistribution: Distribution {
  /// Returns independent samples through which gradients flow to the parameters, of shape `shape` +
  /// ``Distribution/batchShape`` + ``Distribution/eventShape`` (Kingma and Welling, 2013,
  /// 1312.6114).
  func reparameterizedSample(_ shape: Shape, using generator: inout RandomGenerator) -> Tensor
}

extension ReparameterizedDistribution {
  /// Returns reparameterized samples drawn from the default generator.
  ///
  /// See ``withRandomSeed(_:_:)``.
  public func reparameterizedSample(_ shape: Shape = []) -> Tensor {
    DefaultRandomGenerator.withCurrent { reparameterizedSample(shape, using: &$0) }
  }

  /// Returns independent samples through which no gradient flows.
  public func sample(_ shape: Shape, using generator: inout RandomGenerator) -> Tensor {
    reparameterizedSample(shape, using: &generator).detached
  }
}

/// Returns the Kullback–Leibler divergence of p from q.
///
/// See ``Distribution/klDivergence(to:)``.
public func klDivergence<D: Distribution>(_ p: D, _ q: D) -> Tensor { p.klDivergence(to: q) }

// MARK: - Parameters

/// Two parameters broadcast to one shape.
///
/// Different dtypes, dtypes without fractions and shapes that do not broadcast stop the program
/// with a message that names them.
func broadcastParameters(
  _ a: Tensor, _ nameA: StaticString, _ b: Tensor, _ nameB: StaticString, of type: StaticString
) -> (Tensor, Tensor) {
  requireParameter(a, nameA, of: type)
  require(
    a.dtype == b.dtype,
    "\(type): \(nameA) is \(a.dtype), \(nameB) \(b.dtype)")
  guard let shape = a.shape.broadcast(with: b.shape) else {
    fail(
      "\(type): \(nameA) of shape \(a.shape) and \(nameB) of shape \(b.shape) do not broadcast")
  }
  return (a.broadcast(to: shape), b.broadcast(to: shape))
}

/// Stops the program unless a parameter has a floating-point dtype.
func requireParameter(_ x: Tensor, _ name: StaticString, of type: StaticString) {
  require(x.dtype.isFloatingPoint, "\(type): \(name) cannot be \(x.dtype)")
}

/// `inside` where a value is in the support, and −∞ elsewhere.
///
/// `inside` must be finite outside too, so that it has no gradient of NaN.
func supported(_ isInside: Tensor, _ inside: Tensor) -> Tensor {
  select(isInside, inside, Tensor(-.infinity, dtype: inside.dtype))
}

/// x ln y, and 0 where x is 0.
func xLogY(_ x: Tensor, _ y: Tensor) -> Tensor {
  x * log(select(x.detached .== 0, Tensor(1, dtype: y.dtype), y))
}

/// The logarithm of a power, exponent · ln x, where 0⁰ is 1.
func logPower(_ x: Tensor, _ exponent: Tensor) -> Tensor {
  let isOne = (x.detached .== 0) .& (exponent.detached .== 0)
  return exponent * log(select(isOne, Tensor(1, dtype: x.dtype), x))
}

/// p x, and 0 where p is 0, also if x is infinite there.
func weighted(_ p: Tensor, _ x: Tensor) -> Tensor {
  p * select(p.detached .== 0, Tensor(0, dtype: x.dtype), x)
}

/// The value as numbers of a dtype; counts and classes may be int32.
func numbers(_ value: Tensor, _ dtype: DType, for type: StaticString) -> Tensor {
  if value.dtype == dtype { return value }
  require(
    !value.dtype.isFloatingPoint,
    "\(type): a value of \(value.dtype) for parameters of \(dtype)")
  return value.converted(to: dtype)
}
