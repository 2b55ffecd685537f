import Autograd
import Tensor
import Training

/// A slice of the loss of a trained model: θ(x, y) = θ* + xδ + yη around the best weights θ* of a
/// run.
///
/// δ and η are random directions, normalized by filters (Li et al., 2018, 1712.09913): they are
/// drawn from the normal distribution, and then each row along the first axis of each parameter is
/// scaled to the norm of the same row of θ*. Biases, norms and all other parameters with a single
/// axis stay as they are, and so do the statistics of normalization layers. The loss is the mean
/// over a fixed sample of the training examples, in inference mode: without dropout.
///
/// The gradient at a point is ∂L/∂x = ⟨∇L(θ), δ⟩ and ∂L/∂y = ⟨∇L(θ), η⟩, so optimizers move within
/// the slice. The minimum is the lowest point of the grid.
struct RunSlice: RaceLandscape {
  static let name = "slice"
  /// What the picture shows, for readers of the page.
  static let note = """
    Each row of each weight matrix of a direction has the norm of the same row of the best \
    weights; biases and norms stay as they are. The optimizers move within the slice, by the \
    gradient of the loss projected on the two directions. The cross is the lowest point of the grid.
    """

  var name: String { Self.name }
  let title: String
  let formula: String
  let grid: RaceGrid
  let start: SIMD2<Double>
  let minima: [SIMD2<Double>]
  let dtype: DType
  let gridValues: [Double]
  private let loss: Loss

  /// The loss as a function of the place in the slice.
  private struct Loss: Sendable {
    let objective: any Objective
    let examples: [Int]
    /// The parameters that differ between points, their values at the center, and two directions.
    let parameters: Parameters
    let center: [Tensor]
    let directions: [[Tensor]]

    func callAsFunction(_ point: Tensor) -> Tensor {
      let (x, y) = (point[0], point[1])
      let values = center.indices.map { center[$0] + directions[0][$0] * x + directions[1][$0] * y }
      return withValues(values, of: parameters) { objective.loss(ofExamples: examples[...]) }
    }
  }

  /// Reads a run, and evaluates its loss on a grid; nil if it was interrupted.
  ///
  /// - Parameters:
  ///   - path: The folder of the run.
  ///   - start: Where the optimizers start; nil for the corner (0.9, 0.9).
  ///   - sampleSize: The largest number of training examples.
  ///   - gridCount: The number of points on a side of the grid.
  ///   - seed: Decides the directions and the sample.
  ///   - isInterrupted: Returns whether to stop; called after each row of the grid.
  /// - Throws: ``TrainingError`` for a run that cannot be read.
  init?(
    of path: String, start: SIMD2<Double>?, sampleSize: Int, gridCount: Int, seed: UInt64,
    isInterrupted: () -> Bool = { Interrupt.isRaised }
  ) throws {
    let folder = try RunFolder(existing: path)
    let file = try ConfigurationFile(contentsOf: folder.configuration)
    let data = try file.data(of: folder)
    let experiment = Experiment(file.configuration, on: data)
    do {
      try experiment.model.load(Safetensors(contentsOf: folder.best).tensors)
    } catch let error as TensorFileError {
      throw TrainingError(error)
    } catch {
      throw TrainingError.data("\(folder.best): \(error)")
    }
    let parameters = Parameters(
      experiment.model.parameters.filter { $0.parameter.shape.rank > 1 }.map {
        ($0.name, $0.parameter)
      }
    )
    guard let first = parameters.first else {
      throw TrainingError.data("\(path): the model has no matrix to draw a slice along")
    }
    dtype = first.parameter.dtype
    let center = parameters.map(\.parameter.value)
    var generator = RandomStream.weights.generator(seed: seed)
    let directions = (0..<2).map { _ in
      center.map { Self.direction(like: $0, using: &generator) }
    }
    var sampler = RandomStream.batches.generator(seed: seed)
    let examples = Array(
      sampler.permutation(of: experiment.objective.exampleCount).prefix(sampleSize))
    let loss = Loss(
      objective: experiment.objective, examples: examples, parameters: parameters, center: center,
      directions: directions)
    self.loss = loss
    self.start = start ?? [0.9, 0.9]
    title = "Slice of the loss of \(path)"
    formula =
      """
      the loss of \(experiment.modelText) on \(counted(examples.count, "training example")) \
      around the
      """
      + " best weights, along two random directions normalized by filters"
    let square = RaceDomain(x: -1...1, y: -1...1)
    grid = RaceGrid(domain: square.including(self.start), count: gridCount)
    var values: [Double] = []
    for row in 0..<gridCount {
      for column in 0..<gridCount {
        let point = grid.point(column, row)
        let tensor = Tensor([point.x, point.y], shape: [2]).converted(to: dtype)
        values.append(withMode(.inference) { loss(tensor).scalar() })
      }
      if isInterrupted() { return nil }
    }
    gridValues = values
    let lowest = values.indices.filter { values[$0].isFinite }.min { values[$0] < values[$1] }
    guard let lowest else {
      throw TrainingError.training("\(path): the loss is not finite around the best weights")
    }
    minima = [grid.point(lowest % gridCount, lowest / gridCount)]
  }

  func value(at point: Tensor) -> Tensor { loss(point) }

  /// A random direction whose rows have the norms of those of a parameter.
  static func direction(like weights: Tensor, using generator: inout RandomGenerator) -> Tensor {
    let shape: Shape = [weights.shape[0], weights.elementCount / max(weights.shape[0], 1)]
    let noise = generator.normal(weights.shape, dtype: weights.dtype)
    func norms(_ tensor: Tensor) -> Tensor {
      sqrt(square(tensor.reshaped(to: shape)).sum(along: 1, keepingAxes: true))
    }
    let scale = norms(weights) / norms(noise)
    return (noise.reshaped(to: shape) * scale).reshaped(to: weights.shape)
  }
}
