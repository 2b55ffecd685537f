import Tensor
import Training

/// The charts of a sweep.
struct SweepCharts {
  private let results: SweepResults
  private let rows: [SweepResults.Row]
  private let axes: [SweepAxis]
  private let lossAxis: SweepAxis

  /// The most lines of a chart, which are those of the best trials.
  static let lineCount = 500

  init(_ results: SweepResults) {
    self.results = results
    let rows = Array(results.trials.prefix(Self.lineCount))
    self.rows = rows
    axes = results.settings.map { setting in
      SweepAxis(setting, rows.map { $0.values[setting] ?? "" })
    }
    lossAxis = SweepAxis("validation loss", numbers: rows.map(\.score).filter(\.isFinite))
  }

  /// A trial in a line.
  private func title(of row: SweepResults.Row) -> String {
    let values = results.settings.map { "\($0) \(row.values[$0] ?? "")" }.joined(separator: ", ")
    let loss = row.loss.map { "loss \(SweepReport.lossText($0))" } ?? "diverged"
    return "trial \(row.trial + 1): \(loss) after \(counted(row.steps, "step")); \(values)"
  }

  /// How a trial is drawn: the best, a good one (of the best tenth), or another.
  private func style(of index: Int) -> String {
    if index == 0 { return "trace best" }
    return index < (rows.count + 9) / 10 ? "trace good" : "trace"
  }

  // MARK: - Parallel coordinates

  /// Each trial as a line through its values and its loss, for a broad window and a narrow one.
  var coordinates: String? {
    if rows.isEmpty { return nil }
    return """
      <div class="broad">\(broadCoordinates)</div>
      <div class="narrow">\(narrowCoordinates)</div>
      """
  }

  /// The places of a trial on all axes, from 0 to 1; a trial that diverged ends at the top.
  private func positions(of row: SweepResults.Row) -> [Double] {
    zip(results.settings, axes).map { $1.position(of: row.values[$0] ?? "") }
      + [row.score.isFinite ? lossAxis.position(of: row.score) : 1.06]
  }

  /// The lines of all trials, the best in front.
  private func lines(_ place: (_ axis: Int, _ position: Double) -> (x: Double, y: Double)) -> String
  {
    rows.indices.reversed().map { index in
      let points = positions(of: rows[index]).enumerated().map { place($0, $1) }
      return "<g class=\"\(style(of: index))\">\(SVG.title(title(of: rows[index])))"
        + SVG.polyline(points, class: "touch") + SVG.polyline(points, class: "line") + "</g>"
    }.joined(separator: "\n")
  }

  private static let label = "each trial as a line through the values of its settings and its loss"

  private var broadCoordinates: String {
    let (left, right, top, bottom) = (24.0, 800.0, 48.0, 350.0)
    let all = axes + [lossAxis]
    let gap = (right - left) / Double(all.count - 1)
    let x = { (axis: Int) in left + Double(axis) * gap }
    let y = { (position: Double) in bottom - position * (bottom - top) }
    let letters = Int((min(gap, 96) - 10) / 7)
    var labels: [String] = []
    for (index, axis) in all.enumerated() {
      labels.append(SVG.line(x(index), top - 14, x(index), bottom, class: "axis"))
      // Names of many axes would cover one another on one line.
      let name = SVG.shortened(axis.name, to: Int((gap - 6) / 7))
      labels.append(
        SVG.text(name, x(index) - 4, top - 26, anchor: "start", class: "name halo"))
      // Labels that would cover the one below are left out.
      var last = Double.infinity
      for tick in axis.ticks.sorted(by: { $0.position < $1.position }) {
        guard last - y(tick.position) >= 14 else { continue }
        last = y(tick.position)
        labels.append(
          SVG.text(
            SVG.shortened(tick.text, to: letters), x(index) + 5, y(tick.position) + 4,
            anchor: "start", class: "halo"))
      }
    }
    return SVG.figure(
      width: 900, height: 366, title: Self.label,
      lines { (x($0), y($1)) } + "\n" + labels.joined(separator: "\n"))
  }

  private var narrowCoordinates: String {
    let (left, right, top, gap) = (16.0, 360.0, 40.0, 78.0)
    let all = axes + [lossAxis]
    let x = { (position: Double) in left + position * (right - left) }
    let y = { (axis: Int) in top + Double(axis) * gap }
    var labels: [String] = []
    for (index, axis) in all.enumerated() {
      labels.append(SVG.line(left, y(index), right + 22, y(index), class: "axis"))
      labels.append(SVG.text(axis.name, 4, y(index) - 24, anchor: "start", class: "name halo"))
      // Labels that would cover the one before are left out.
      var end = -Double.infinity
      for tick in axis.ticks.sorted(by: { $0.position < $1.position }) {
        let text = SVG.shortened(tick.text, to: max(6, 38 / max(axis.ticks.count, 1)))
        let width = SVG.width(of: text)
        let middle = min(max(x(tick.position), width / 2 + 2), 398 - width / 2)
        guard middle - width / 2 >= end else { continue }
        end = middle + width / 2
        labels.append(SVG.text(text, middle, y(index) - 7, class: "halo"))
      }
    }
    return SVG.figure(
      width: 400, height: y(all.count - 1) + 16, title: Self.label,
      lines { (x($1), y($0)) } + "\n" + labels.joined(separator: "\n"))
  }

  // MARK: - Settings

  /// The loss of the trials against each setting.
  var settings: String? {
    let losses = rows.map(\.score).filter(\.isFinite)
    if losses.isEmpty { return nil }
    let loss = PlotAxis(showing: losses, tickCount: 4, logarithmic: true)
    let frame = ChartPanel.frame
    let panels = zip(results.settings, axes).enumerated().map { index, setting in
      let (name, axis) = setting
      var marked: Set<Double> = []
      // The best in front.
      let points = rows.indices.reversed().map { index in
        let row = rows[index]
        let x = frame.x(axis.position(of: row.values[name] ?? ""))
        let hint = title(of: row)
        guard row.score.isFinite else {
          // Marks at the same place would only become bolder.
          return marked.insert(x.rounded()).inserted
            ? SVG.text("×", x, frame.top + 14, class: "diverged") : ""
        }
        let color = index == 0 ? "c1" : row.isComplete ? "c0" : "faded"
        return "<g class=\"\(color)\">"
          + SVG.circle(
            x, frame.y(loss.position(of: row.score)), radius: index == 0 ? 4.5 : 3,
            class: "mark-point", title: hint) + "</g>"
      }
      let share = SweepReport.shareText(results.importance[index])
      return ChartPanel.figure(
        name, "share \(share)", label: "lowest validation loss by value",
        ticks: Self.fitting(axis.ticks), loss, points.joined(separator: "\n"))
    }
    return ChartPanel.grid(panels)
  }

  /// The labels that fit under a panel.
  private static func fitting(_ ticks: [(position: Double, text: String)])
    -> [(position: Double, text: String)]
  {
    let frame = ChartPanel.frame
    let letters = max(3, Int((frame.right - frame.left) / 6 / Double(max(ticks.count, 1))))
    var end = 0.0
    return ticks.sorted { $0.position < $1.position }.compactMap { tick in
      let text = SVG.shortened(tick.text, to: letters)
      let half = SVG.width(of: text) * 5 / 12
      let x = frame.x(tick.position)
      guard x - half >= end, x + half <= 264 else { return nil }
      end = x + half
      return (tick.position, text)
    }
  }

  /// The share of each setting as a bar.
  var shares: String {
    ChartPanel.bars(
      results.importance.map { ($0.setting, $0.share ?? 0, SweepReport.shareText($0)) },
      label: "share of the differences between the trials")
  }
}
