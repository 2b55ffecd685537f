import Autograd
import Tensor

/// The group of workers that train a model together, as one of them sees it.
///
/// Every method is collective: all workers call it, in the same order and with arguments of equal
/// sizes, and each waits for the others. Afterwards all have the same result, bit for bit. Sums are
/// those of a binary tree over the ranks: of neighbors, then of sums of neighbors, and so on.
/// ```swift
/// let (loss, gradients) = valueWithGradients(for: parameters) { … this worker's examples … }
/// optimizer.step(workers.mean(of: gradients))
/// ```
/// ``OneWorker`` is the group of one. A new kind of group defines the requirements; what is written
/// with them is in extensions.
public protocol Communicator: Sendable {
  /// The number of this worker, from 0.
  var rank: Int { get }

  /// The number of workers.
  var size: Int { get }

  /// Replaces each value by its sum over the workers.
  func allReduce(_ values: UnsafeMutableBufferPointer<Float>)

  /// Replaces each value by its sum over the workers.
  func allReduce(_ values: UnsafeMutableBufferPointer<Double>)

  /// Replaces the bytes of all workers by those of one.
  func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int)

  /// Waits until all workers are there.
  func barrier()

  /// Returns the messages of all workers, by rank. They may differ in length.
  func gather(_ message: [UInt8]) -> [[UInt8]]

  /// Whether another worker has failed, as far as this one can see it; `false` by default.
  ///
  /// Collective calls then return at once, with what this worker has brought to them, so that it
  /// can end. A loop of one's own looks here from time to time; a `Trainer` does at each step.
  var isStopped: Bool { get }
}

/// A group of one worker, for which nothing is sent.
public struct OneWorker: Communicator {
  /// Creates the group.
  public init() {}

  /// Zero.
  public var rank: Int { 0 }

  /// One.
  public var size: Int { 1 }

  /// Leaves the values as they are.
  public func allReduce(_ values: UnsafeMutableBufferPointer<Float>) {}

  /// Leaves the values as they are.
  public func allReduce(_ values: UnsafeMutableBufferPointer<Double>) {}

  /// Leaves the bytes as they are.
  public func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) {}

  /// Does nothing.
  public func barrier() {}

  /// Returns the message.
  public func gather(_ message: [UInt8]) -> [[UInt8]] { [message] }
}

extension Communicator {
  /// Returns `false`: a worker that fails ends the others.
  public var isStopped: Bool { false }

  /// Returns the sum of a number over the workers.
  public func sum(_ value: Double) -> Double {
    var value = value
    withUnsafeMutablePointer(to: &value) {
      allReduce(UnsafeMutableBufferPointer(start: $0, count: 1))
    }
    return value
  }

  /// Returns the weighted mean Σ wᵢgᵢ / Σ wᵢ of the gradients of all workers, which are sent in few
  /// flat buffers.
  ///
  /// - Parameters:
  ///   - gradients: The gradients of this worker, with respect to the same parameters as those of
  ///     the others.
  ///   - weight: w, such as the number of examples that the gradients are the mean of.
  /// - Returns: The mean, the same for all workers.
  public func mean(of gradients: Gradients, weight: Double = 1) -> Gradients {
    guard size > 1 else { return gradients }
    var flat = FlatTensors(
      gradients.unscaled, factor: gradients.scale * share(weight), on: self)
    sum(&flat)
    return Gradients(flat.tensors, for: gradients.parameters)
  }

  /// Gives the parameters of all workers the values that those of one have.
  public func broadcast(_ parameters: Parameters, from root: Int = 0) {
    guard size > 1 else { return }
    for element in parameters { element.parameter.update { broadcast(&$0, from: root) } }
  }

  /// Replaces the elements of a tensor by those that one worker has.
  package func broadcast(_ tensor: inout Tensor, from root: Int = 0) {
    guard size > 1 else { return }
    tensor.makeUnique()
    broadcast(
      UnsafeMutableRawBufferPointer(
        start: tensor.pointer, count: tensor.elementCount * tensor.dtype.byteCount), from: root)
  }

  /// Returns the part of this worker in a sum that is weighted by the workers' weights.
  func share(_ weight: Double) -> Double {
    require(
      weight >= 0 && weight.isFinite,
      "Communicator: the weight of a worker must be a finite number of at least 0, got \(weight)")
    let total = sum(weight)
    require(
      total > 0 || isStopped, "Communicator: the weights of all workers are 0")
    return weight / total
  }

  /// Returns the sums of tensors over the workers.
  func sums(of tensors: [Tensor]) -> [Tensor] {
    guard size > 1 else { return tensors }
    var flat = FlatTensors(tensors, on: self)
    sum(&flat)
    return flat.tensors
  }

  /// Replaces tensors by their sums over the workers.
  package func sum(_ tensors: inout FlatTensors) {
    guard size > 1 else { return }
    for position in tensors.vectors.indices {
      let dtype = tensors.vectors[position].dtype
      let byteCount = tensors.vectors[position].elementCount * dtype.byteCount
      Observation.profile("allReduce", bytes: 2 * byteCount) {
        if dtype == .float32 {
          tensors.vectors[position].withUnsafeMutableScalars(as: Float.self) { allReduce($0) }
        } else {
          tensors.vectors[position].withUnsafeMutableScalars(as: Double.self) { allReduce($0) }
        }
      }
    }
  }
}
