/// A plot of some curves, such as the losses of a run.
///
/// ```swift
/// let plot = LinePlot(
///   title: "spirals",
///   curves: [
///     .init(name: "train", points: records.map { (Double($0.step), $0.trainLoss) })
///   ])
/// print(plot.terminalText())
/// try plot.svg().write(toFile: "loss.svg", atomically: true, encoding: .utf8)
/// ```
public struct LinePlot: Sendable {
  /// The scale of the vertical axis.
  public enum Scale: Sendable {
    /// From the lowest value on; logarithmic if the values are positive and differ by a factor of
    /// more than 20.
    case adaptive
    /// From zero on, and linear.
    case fromZero
    /// From the lowest value on, and linear.
    case linear
  }

  /// A curve through some points.
  public struct Curve: Sendable {
    /// The name of the curve in the legend.
    public let name: String
    /// The points, from left to right.
    public let points: [(x: Double, y: Double)]
    /// The number of the color and the dashes; those of a plot are numbered in their order.
    package fileprivate(set) var style = 0

    /// Creates a curve through some points.
    ///
    /// Points that are not finite are left out.
    public init(name: String, points: [(x: Double, y: Double)]) {
      self.name = name
      self.points = points.filter { $0.x.isFinite && $0.y.isFinite }
    }

    /// Returns the curve with at most `count` points, each the mean of successive points.
    func thinned(to count: Int) -> Curve {
      let size = (points.count + count - 1) / count
      guard size > 1 else { return self }
      let groups = stride(from: 0, to: points.count, by: size).map {
        points[$0..<min($0 + size, points.count)]
      }
      return Curve(
        name: name,
        points: groups.map { group in
          let sum = group.reduce((x: 0.0, y: 0.0)) { (x: $0.x + $1.x, y: $0.y + $1.y) }
          return (x: sum.x / Double(group.count), y: sum.y / Double(group.count))
        })
    }
  }

  /// The title.
  public let title: String
  /// The label of the vertical axis.
  public let quantity: String
  /// The label of the horizontal axis.
  public let horizontal: String
  /// The scale of the vertical axis.
  public let scale: Scale
  /// The curves that have at least one point.
  public let curves: [Curve]
  /// The positions of the curves whose points are drawn as marks without a line.
  package var marks: Set<Int> = []
  /// Whether a line is drawn on which both coordinates are equal.
  package var hasDiagonal = false

  /// Creates a plot of some curves.
  public init(
    title: String, horizontal: String = "step", quantity: String = "loss", scale: Scale = .adaptive,
    curves: [Curve]
  ) {
    self.title = title
    self.horizontal = horizontal
    self.quantity = quantity
    self.scale = scale
    // A curve without points keeps its color, so that those of several plots agree.
    self.curves = curves.enumerated().map { index, curve in
      var curve = curve
      curve.style = index
      return curve
    }.filter { !$0.points.isEmpty }
  }

  /// Returns the horizontal axis.
  func horizontalAxis(tickCount: Int) -> PlotAxis {
    PlotAxis(showing: curves.flatMap { $0.points.map(\.x) }, tickCount: tickCount)
  }

  /// Returns the vertical axis.
  func verticalAxis(tickCount: Int) -> PlotAxis {
    let values = curves.flatMap { $0.points.map(\.y) }
    switch scale {
    case .adaptive: return PlotAxis(showing: values, tickCount: tickCount, logarithmic: true)
    case .fromZero: return PlotAxis(showing: values + [0], tickCount: tickCount)
    case .linear: return PlotAxis(showing: values, tickCount: tickCount)
    }
  }
}
