/// Distributions over time, one above the other: the first at the top.
package struct RidgePlot {
  /// A distribution.
  package struct Ridge {
    /// What it is of, such as a step.
    var label: String
    /// The numbers of values in intervals.
    var histogram: Histogram

    package init(label: String, histogram: Histogram) {
      self.label = label
      self.histogram = histogram
    }
  }

  /// The title.
  package var title: String
  /// The label of the horizontal axis.
  package var horizontal: String
  /// The distributions, from top to bottom.
  package var ridges: [Ridge]

  /// Creates a plot.
  package init(title: String, horizontal: String, ridges: [Ridge]) {
    self.title = title
    self.horizontal = horizontal
    self.ridges = ridges.filter { !$0.histogram.counts.isEmpty }
  }

  /// Returns the plot as an image for a page whose style has ``PlotStyle/rules``.
  package func figure(width: Double = 300, height: Double = 220) -> String {
    let labelWidth = ridges.map { SVG.width(of: $0.label) * 0.8 }.max() ?? 0
    let frame = PlotFrame(left: labelWidth + 8, top: 28, right: width - 18, bottom: height - 38)
    let x = PlotAxis(
      showing: ridges.flatMap { [$0.histogram.low, $0.histogram.high] },
      tickCount: Int((frame.right - frame.left) / 42))
    var body: [String] = []
    for tick in x.ticks {
      let position = frame.x(x.position(of: tick))
      body.append(SVG.line(position, frame.top, position, frame.bottom, class: "grid-line"))
      body.append(
        SVG.text(Format.number(tick, digits: 4), position, frame.bottom + 13, class: "small"))
    }
    let pitch = (frame.bottom - frame.top) / Double(ridges.count + 1)
    for (index, ridge) in ridges.enumerated() {
      let base = frame.top + Double(index + 2) * pitch
      body.append(shape(ridge, base: base, height: pitch * 1.8, x, frame))
      body.append(SVG.text(ridge.label, frame.left - 5, base, anchor: "end", class: "small"))
    }
    body.append(SVG.text(horizontal, (frame.left + frame.right) / 2, height - 8, class: "small"))
    body.append(SVG.text(title, 2, 14, anchor: "start"))
    return SVG.figure(
      width: width, height: height, title: title, body.joined(separator: "\n"))
  }

  private func shape(
    _ ridge: Ridge, base: Double, height: Double, _ x: PlotAxis, _ frame: PlotFrame
  ) -> String {
    let histogram = ridge.histogram
    let highest = Double(histogram.counts.max() ?? 1)
    // Counts of a file may be any numbers.
    let total = histogram.counts.reduce(0.0) { $0 + Double($1) }
    func point(_ value: Double, _ count: Double) -> (x: Double, y: Double) {
      (frame.x(x.position(of: value)), base - count / highest * height)
    }
    var points = [point(histogram.low, 0)]
    var mean = 0.0
    for (bin, count) in histogram.counts.enumerated() {
      let middle = histogram.low + (Double(bin) + 0.5) * histogram.binWidth
      mean += middle * Double(count) / total
      points.append(point(middle, Double(count)))
    }
    points.append(point(histogram.high, 0))
    let figure = { (value: Double) in Format.number(value) }
    return SVG.polygon(
      points, class: "ridge",
      title: "\(ridge.label): from \(figure(histogram.low)) to \(figure(histogram.high)), mean"
        + " \(figure(mean))")
  }
}
