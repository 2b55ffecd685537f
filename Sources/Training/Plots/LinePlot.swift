/// The curves of a run: a value at each of several steps.
package struct LinePlot: Sendable {
  /// What the vertical axis begins with, and how it goes on.
  package enum Scale: Sendable {
    /// The lowest value; logarithmic where that shows more.
    case adaptive
    /// Zero, and linear.
    case fromZero
  }

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

    /// The curve with at most so many points, each the mean of some that follow one another.
    func thinned(to count: Int) -> Curve {
      let size = (points.count + count - 1) / count
      guard size > 1 else { return self }
      let groups = stride(from: 0, to: points.count, by: size).map {
        points[$0..<min($0 + size, points.count)]
      }
      return Curve(
        name: name,
        points: groups.map { group in
          let sum = group.reduce((x: 0, y: 0)) { (x: $0.x + $1.x, y: $0.y + $1.y) }
          return (x: sum.x / Double(group.count), y: sum.y / Double(group.count))
        })
    }
  }

  /// What the plot shows, in a few words.
  package let title: String
  /// What the values are.
  package let quantity: String
  /// What the horizontal axis counts.
  package let horizontal: String
  /// How the vertical axis is divided.
  package let scale: Scale
  /// The curves that have at least one point; the first is the training loss.
  package let curves: [Curve]

  /// A plot of some curves.
  package init(
    title: String, horizontal: String = "step", quantity: String = "loss", scale: Scale = .adaptive,
    curves: [Curve]
  ) {
    self.title = title
    self.horizontal = horizontal
    self.quantity = quantity
    self.scale = scale
    self.curves = curves.filter { !$0.points.isEmpty }
  }

  /// The horizontal axis, which counts steps.
  func horizontalAxis(tickCount: Int) -> Axis {
    Axis(showing: curves.flatMap { $0.points.map(\.x) }, tickCount: tickCount)
  }

  /// The vertical axis.
  func verticalAxis(tickCount: Int) -> Axis {
    let values = curves.flatMap { $0.points.map(\.y) }
    switch scale {
    case .adaptive: return Axis(showing: values, tickCount: tickCount, logarithmic: true)
    case .fromZero: return Axis(showing: values + [0], tickCount: tickCount)
    }
  }
}
