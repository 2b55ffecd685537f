import Tensor

/// How the elements of an input [n, c, ..] are put into groups that have a mean and a variance of
/// their own.
package enum NormalizationGroups: Sendable, Equatable {
  /// Each channel of the whole batch: batch norm.
  case channels
  /// So many groups of adjacent channels of each example: group norm, and with one group for each
  /// channel instance norm.
  case perExample(Int)
}

/// An input normalized by groups, and the statistics of the groups.
package struct GroupNormalization {
  /// (x − mean)/√(variance + ε) · weight + bias, in the shape of the input.
  package let value: Tensor
  /// The means, a constant of shape [c], or [n, groups] for groups of each example.
  package let mean: Tensor
  /// The biased variances, a constant of the same shape.
  package let variance: Tensor
}

/// The input [n, c, ..] normalized by groups, with a weight and a bias for each channel.
///
/// It reads the input once for the statistics and once for the result. Sums are kept in double, of
/// deviations from a number near the mean of the group, so that inputs far from zero lose no
/// digits.
package func groupNormalized(
  _ x: Tensor, by groups: NormalizationGroups, weight: Tensor, bias: Tensor, epsilon: Double,
  in operation: StaticString
) -> GroupNormalization {
  let layout = GroupLayout(x.shape, groups)
  if Trace.isRunning || x.elementCount == 0 || !layout.hasLongRows {
    return layout.composed(x, weight: weight, bias: bias, epsilon: epsilon)
  }
  let kernels = layout.kernels(x.detached)
  let value = record(operation, [x, weight, bias], attributes: ["epsilon": .number(epsilon)]) {
    inputs in
    let result = kernels.normalized(
      weight: inputs[1].scalars(as: Double.self), bias: inputs[2].scalars(as: Double.self),
      epsilon: epsilon)
    return layout.restored(result)
  } jointPullback: { dy, saved in
    let (x, weight) = (saved[0], saved[1])
    if mayUseFusedKernel(dy, x, weight) {
      let gradients = kernels.gradients(
        layout.arranged(dy), weight: weight.scalars(as: Double.self), epsilon: epsilon)
      func vector(_ values: [Double]) -> Tensor {
        Tensor(values, shape: weight.shape, dtype: x.dtype)
      }
      return [layout.restored(gradients.x), vector(gradients.weight), vector(gradients.bias)]
    }
    return layout.composedGradients(dy, x, weight, epsilon: epsilon)
  }
  func statistic(_ values: [Double]) -> Tensor {
    Tensor(values, shape: layout.statisticsShape, dtype: x.dtype)
  }
  return GroupNormalization(
    value: value, mean: statistic(kernels.means), variance: statistic(kernels.variances))
}

/// The input [n, c, ..] normalized by given means and variances of its channels, constants of shape
/// [c], with a weight and a bias for each channel.
package func normalizedByChannels(
  _ x: Tensor, mean: Tensor, variance: Tensor, weight: Tensor, bias: Tensor, epsilon: Double,
  in operation: StaticString
) -> Tensor {
  let layout = GroupLayout(x.shape, .channels)
  let (mean, variance) = (mean.detached, variance.detached)
  @Sendable func normal(_ x: Tensor) -> (z: Tensor, scale: Tensor) {
    let scale = layout.perChannel(rsqrt(variance + epsilon))
    return ((x - layout.perChannel(mean)) * scale, scale)
  }
  if Trace.isRunning || x.elementCount == 0 || !layout.hasLongRows {
    return normal(x).z * layout.perChannel(weight) + layout.perChannel(bias)
  }
  return record(operation, [x, weight, bias], attributes: ["epsilon": .number(epsilon)]) { inputs in
    let kernels = layout.kernels(
      inputs[0], mean: mean.scalars(as: Double.self), variance: variance.scalars(as: Double.self))
    return layout.restored(
      kernels.normalized(
        weight: inputs[1].scalars(as: Double.self), bias: inputs[2].scalars(as: Double.self),
        epsilon: epsilon))
  } jointPullback: { dy, saved in
    let (z, scale) = normal(saved[0])
    return [
      dy * (layout.perChannel(saved[1]) * scale), (dy * z).sum(along: layout.allButChannels),
      dy.sum(along: layout.allButChannels),
    ]
  }
}

/// Where the groups of an input lie.
private struct GroupLayout: Sendable {
  /// The shape of the input.
  let shape: Shape
  let groups: NormalizationGroups
  private let batch: Int
  private let channels: Int
  /// The positions of an example and a channel.
  private let positions: Int

  /// The length below which rows are too short for a kernel by rows.
  private static let shortRow = 32

  init(_ shape: Shape, _ groups: NormalizationGroups) {
    self.shape = shape
    self.groups = groups
    (batch, channels) = (shape[0], shape[1])
    positions = shape.dropFirst(2).reduce(1, *)
  }

  /// Whether the kernels read the channels as columns.
  private var hasColumns: Bool { groups == .channels && positions == 1 }

  /// Whether the channels of all examples are joined to one row each before the kernels read them.
  private var joinsChannels: Bool {
    groups == .channels && !hasColumns && positions < Self.shortRow
  }

  /// Whether rows or columns are so long that kernels are faster than other operations.
  var hasLongRows: Bool {
    (joinsChannels || hasColumns ? batch * positions : positions) >= Self.shortRow
  }

  var statisticsShape: Shape {
    switch groups {
    case .channels: [channels]
    case .perExample(let count): [batch, count]
    }
  }

  /// The input as the kernels read it.
  func arranged(_ x: Tensor) -> Tensor {
    guard joinsChannels else { return x.contiguous }
    let flat = Views.reshape(x, to: [batch, channels, positions])
    return Views.permute(flat, order: [1, 0, 2], name: "batchNorm").contiguous
  }

  /// A result of the kernels in the shape of the input.
  func restored(_ y: Tensor) -> Tensor {
    guard joinsChannels else { return y }
    let turned = Views.permute(
      Views.reshape(y, to: [channels, batch, positions]), order: [1, 0, 2], name: "batchNorm")
    return Views.reshape(turned.contiguous, to: shape)
  }

  /// The input as rows that belong to groups, or as columns.
  private func lines(_ x: Tensor) -> NormalizedLines {
    if hasColumns { return NormalizedLines(columnsOf: x.contiguous) }
    let (x, rows) = (arranged(x), joinsChannels ? channels : batch * channels)
    switch groups {
    case .channels: return NormalizedLines(rows: rows, of: x, period: channels, channels: channels)
    case .perExample(let count):
      return NormalizedLines(
        rows: rows, of: x, linesPerGroup: channels / count, channels: channels)
    }
  }

  /// The kernels with given statistics of the channels.
  func kernels(_ x: Tensor, mean: [Double], variance: [Double]) -> GroupKernels {
    GroupKernels(lines(x), means: mean, variances: variance)
  }

  /// The kernels with the statistics of the input.
  func kernels(_ x: Tensor) -> GroupKernels { GroupKernels(lines(x)) }

  // MARK: Composed of other operations

  var allButChannels: [Int] { (0..<shape.rank).filter { $0 != 1 } }

  /// The axes of a group in the shape that ``grouped(_:)`` gives.
  private var axes: [Int] { groups == .channels ? [0, 2] : [2] }

  private func grouped(_ x: Tensor) -> Tensor {
    switch groups {
    case .channels: x.reshaped(to: [batch, channels, positions])
    case .perExample(let count):
      x.reshaped(to: [batch, count, channels / count * positions])
    }
  }

  /// The deviations from the means of the groups, the means and the variances.
  private func statistics(_ x: Tensor) -> (deviations: Tensor, mean: Tensor, variance: Tensor) {
    let values = grouped(x)
    let mask = values.shape.axisMask(axes, in: "normalization")
    let (deviations, mean) = values.deviations(along: mask)
    return (deviations, mean, deviations.meanSquare(along: mask))
  }

  /// One number for each channel, in a shape that broadcasts to the input.
  func perChannel(_ vector: Tensor) -> Tensor {
    vector.reshaped(to: Shape([channels] + shape.dropFirst(2).map { _ in 1 }))
  }

  func composed(
    _ x: Tensor, weight: Tensor, bias: Tensor, epsilon: Double
  ) -> GroupNormalization {
    let (deviations, mean, variance) = statistics(x)
    let normal = (deviations * rsqrt(variance + epsilon)).reshaped(to: shape)
    return GroupNormalization(
      value: normal * perChannel(weight) + perChannel(bias),
      mean: Views.reshape(mean.detached, to: statisticsShape),
      variance: Views.reshape(variance.detached, to: statisticsShape))
  }

  /// The gradients in a form that can itself be differentiated.
  func composedGradients(
    _ dy: Tensor, _ x: Tensor, _ weight: Tensor, epsilon: Double
  ) -> [Tensor?] {
    let (deviations, _, variance) = statistics(x)
    let scale = rsqrt(variance + epsilon)
    let z = deviations * scale
    let g = grouped(dy * perChannel(weight))
    let mean = g.mean(along: axes, keepingAxes: true)
    let along = (g * z).mean(along: axes, keepingAxes: true)
    return [
      (scale * (g - mean - z * along)).reshaped(to: shape),
      (dy * z.reshaped(to: shape)).sum(along: allButChannels), dy.sum(along: allButChannels),
    ]
  }
}
