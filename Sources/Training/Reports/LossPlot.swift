/// The curves of a run: a value at each of several steps.
package struct LossPlot: Sendable {
  /// One curve.
  package struct Curve: Sendable {
    /// What the legend calls it.
    package let name: String
    /// The points, in the order of their steps.
    package let points: [(x: Double, y: Double)]

    /// A curve through some points; those that are not finite are left out.
    package init(name: String, points: [(x: Double, y: Double)]) {
      self.name = name
      self.points = points.filter { $0.x.isFinite && $0.y.isFinite }
    }
  }

  /// What the plot shows, in a few words.
  package let title: String
  /// The curves that have at least one point; the first is the training loss.
  package let curves: [Curve]

  /// A plot of some curves.
  package init(title: String, curves: [Curve]) {
    self.title = title
    self.curves = curves.filter { !$0.points.isEmpty }
  }

  /// The horizontal axis, which counts steps.
  func horizontalAxis(tickCount: Int) -> Axis {
    Axis(showing: curves.flatMap { $0.points.map(\.x) }, tickCount: tickCount)
  }

  /// The vertical axis, logarithmic where that shows more.
  func verticalAxis(tickCount: Int) -> Axis {
    Axis(
      showing: curves.flatMap { $0.points.map(\.y) }, tickCount: tickCount, logarithmic: true)
  }
}
