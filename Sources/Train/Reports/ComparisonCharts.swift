import Training

/// The charts of a comparison, each a grid of small panels with the same axes, or a list of bars.
///
/// A panel shows its optimizer in front of all others in gray, so that no color has to tell them
/// apart.
struct ComparisonCharts {
  private let comparison: Comparison
  private let results: ComparisonResults
  /// For each candidate and step the mean loss over the seeds, and the lowest and the highest.
  private let curves: [[(step: Double, mean: Double, low: Double, high: Double)]]

  private static let frame = PlotFrame(left: 44, top: 30, right: 252, bottom: 140)

  init(_ comparison: Comparison, _ results: ComparisonResults) {
    self.comparison = comparison
    self.results = results
    curves = comparison.plan.candidates.indices.map { candidate in
      let rate = results.results[candidate].learningRate
      let trials = comparison.trials.filter {
        $0.identity.candidate == candidate && $0.identity.learningRate == rate && !$0.isDiverged
      }
      let steps = trials.first?.points.map(\.step) ?? []
      return steps.map { step in
        let losses = trials.compactMap { trial in
          trial.points.first { $0.step == step }?.validationLoss
        }
        return (
          Double(step), losses.reduce(0, +) / Double(losses.count), losses.min() ?? 0,
          losses.max() ?? 0
        )
      }
    }
  }

  private var names: [String] { results.results.map(\.optimizer) }

  /// The validation loss against the steps at the best rate: the mean, and the range over the
  /// seeds.
  var losses: String {
    let x = PlotAxis(showing: curves.flatMap { $0.map(\.step) }, tickCount: 4)
    let y = PlotAxis(
      showing: curves.flatMap { $0.flatMap { [$0.low, $0.high] } }, tickCount: 4,
      logarithmic: true)
    let frame = Self.frame
    func place(_ step: Double, _ loss: Double) -> (x: Double, y: Double) {
      (frame.x(x.position(of: step)), frame.y(y.position(of: loss)))
    }
    let lines = curves.map { curve in curve.map { place($0.step, $0.mean) } }
    return grid(
      curves.indices.map { index in
        let curve = curves[index]
        let band =
          curve.map { place($0.step, $0.high) } + curve.reversed().map { place($0.step, $0.low) }
        let others = lines.indices.filter { $0 != index }.map {
          SVG.polyline(lines[$0], class: "other")
        }
        let edge = band.map { "\(SVG.coordinate($0.x)),\(SVG.coordinate($0.y))" }.joined(
          separator: " ")
        let own = [
          "<polygon class=\"band\" points=\"\(edge)\"/>", SVG.polyline(lines[index], class: "own"),
        ]
        let note = curve.isEmpty ? "all diverged" : loss(results.results[index].bestLoss)
        return panel(
          names[index], note, label: "validation loss over steps", x, y,
          (others + own).joined(separator: "\n"))
      })
  }

  /// The lowest validation loss in tuning against the learning rate.
  var rates: String {
    let all = results.results.flatMap(\.rates)
    let x = PlotAxis(
      showing: all.map(\.learningRate), tickCount: 4, logarithmic: true, leastRatio: 1.5)
    let y = PlotAxis(
      showing: all.compactMap(\.validationLoss) + [results.targetLoss], tickCount: 4,
      logarithmic: true)
    let frame = Self.frame
    let target = frame.y(y.position(of: results.targetLoss))
    return grid(
      results.results.map { result in
        var body = [SVG.line(frame.left, target, frame.right, target, class: "target")]
        if let good = result.goodRates {
          let edges = good.map { frame.x(x.position(of: $0)) }
          body.append(
            "<rect class=\"band\" x=\"\(SVG.coordinate(edges[0] - 3))\" y=\"\(SVG.coordinate(frame.top))\""
              + " width=\"\(SVG.coordinate(edges[1] - edges[0] + 6))\""
              + " height=\"\(SVG.coordinate(frame.bottom - frame.top))\"/>")
        }
        let points = result.rates.map { rate in
          (
            x: frame.x(x.position(of: rate.learningRate)),
            y: rate.validationLoss.map { frame.y(y.position(of: $0)) }
          )
        }
        body.append(
          SVG.polyline(points.compactMap { p in p.y.map { (p.x, $0) } }, class: "own"))
        body += points.map { point in
          guard let y = point.y else {
            return SVG.text("×", point.x, frame.top + 4, class: "diverged")
          }
          return
            "<circle class=\"dot\" cx=\"\(SVG.coordinate(point.x))\" cy=\"\(SVG.coordinate(y))\" r=\"3\"/>"
        }
        let note =
          result.goodRates.map { "good from \(ComparisonReport.rangeText($0))" }
          ?? "target not reached"
        return panel(
          result.optimizer, note, label: "lowest validation loss by learning rate", x, y,
          body.joined(separator: "\n"))
      })
  }

  /// The measured memory, next to the size of the state by the definition of the method.
  var memory: String {
    bars(
      results.results.map { result in
        (
          result.optimizer, Double(result.liveBytes),
          "\(Format.count(Double(result.liveBytes)))B, theory \(result.theory)"
        )
      }, label: "memory of the optimizer")
  }

  /// The time of a step.
  var stepTimes: String {
    bars(
      results.results.map {
        ($0.optimizer, $0.secondsPerStep, Format.duration($0.secondsPerStep))
      }, label: "time of a step")
  }

  private func loss(_ spread: MeanAndDeviation?) -> String {
    spread.map { "best \(Format.number($0.mean))" } ?? ""
  }

  private func grid(_ panels: [String]) -> String {
    "<div class=\"grid\">\n\(panels.joined(separator: "\n"))\n</div>"
  }

  private func panel(
    _ name: String, _ note: String, label: String, _ x: PlotAxis, _ y: PlotAxis, _ body: String
  ) -> String {
    let frame = Self.frame
    var axes: [String] = []
    for tick in y.ticks {
      let position = frame.y(y.position(of: tick))
      axes.append(SVG.line(frame.left, position, frame.right, position, class: "gridline"))
      axes.append(SVG.text(Format.number(tick), frame.left - 4, position + 3, anchor: "end"))
    }
    for tick in x.ticks {
      axes.append(
        SVG.text(Format.number(tick, digits: 5), frame.x(x.position(of: tick)), frame.bottom + 14))
    }
    axes.append(SVG.line(frame.left, frame.bottom, frame.right, frame.bottom, class: "axis"))
    let title = "\(name): \(label), \(note)"
    return """
      <svg viewBox="0 0 264 160" role="img" aria-label="\(SVG.escaped(title))">
      <title>\(SVG.escaped(title))</title>
      \(axes.joined(separator: "\n"))
      \(body)
      \(SVG.text(name, 4, 12, anchor: "start", class: "name"))
      \(SVG.text(note, 4, 25, anchor: "start"))
      </svg>
      """
  }

  private func bars(
    _ rows: [(name: String, value: Double, text: String)], label: String
  ) -> String {
    let largest = rows.map(\.value).filter(\.isFinite).max() ?? 0
    let lines = rows.enumerated().map { index, row in
      let top = Double(index) * 24
      let share = largest > 0 && row.value.isFinite ? max(row.value, 0) / largest : 0
      return SVG.text(row.name, 4, top + 10, anchor: "start", class: "name")
        + "<rect class=\"bar\" x=\"4\" y=\"\(SVG.coordinate(top + 13))\" width=\"\(SVG.coordinate(max(share * 300, 0.5)))\" height=\"7\"/>"
        + SVG.text(row.text, share * 300 + 10, top + 20, anchor: "start")
    }
    return """
      <svg class="bars" viewBox="0 0 480 \(rows.count * 24 + 4)" role="img" \
      aria-label="\(SVG.escaped(label))">
      <title>\(SVG.escaped(label))</title>
      \(lines.joined(separator: "\n"))
      </svg>
      """
  }
}
