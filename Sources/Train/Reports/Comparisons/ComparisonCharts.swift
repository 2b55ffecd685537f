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

  private static let frame = ChartPanel.frame

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

  /// The curves of all optimizers in one chart, for a broad window and for a narrow one.
  var overview: String? {
    let plot = LinePlot(
      title: "validation loss", quantity: "loss",
      curves: zip(names, curves).map { name, curve in
        .init(name: name, points: curve.map { ($0.step, $0.mean) })
      })
    if plot.curves.isEmpty { return nil }
    // Each label at the end of a line takes 14 pixels.
    let height = max(420, Double(plot.curves.count) * 14 + 90)
    return """
      <div class="broad">\(plot.figure(width: 900, height: height))</div>
      <div class="narrow">\(plot.figure(width: 400, height: height))</div>
      """
  }

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
    return ChartPanel.grid(
      curves.indices.map { index in
        let curve = curves[index]
        let band =
          curve.map { place($0.step, $0.high) } + curve.reversed().map { place($0.step, $0.low) }
        let others = lines.indices.filter { $0 != index }.map {
          SVG.polyline(lines[$0], class: "other")
        }
        let own = [
          SVG.polygon(band, class: "band"), SVG.polyline(lines[index], class: "own"),
          ChartPanel.hits(
            zip(curve, lines[index]).map { point, place in
              (
                place.x, place.y,
                "step \(Format.integer(point.step)): \(Format.number(point.mean)), from"
                  + " \(Format.number(point.low)) to \(Format.number(point.high))"
              )
            }),
        ]
        let note = curve.isEmpty ? "all diverged" : loss(results.results[index].bestLoss)
        return ChartPanel.figure(
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
    return ChartPanel.grid(
      results.results.map { result in
        var body = [SVG.line(frame.left, target, frame.right, target, class: "target")]
        if let good = result.goodRates {
          let left = frame.x(x.position(of: good.lowerBound))
          let right = frame.x(x.position(of: good.upperBound))
          body.append(
            SVG.rectangle(
              left - 3, frame.top, right - left + 6, frame.bottom - frame.top, class: "band"))
        }
        let points = result.rates.map { rate in
          (
            x: frame.x(x.position(of: rate.learningRate)),
            y: rate.validationLoss.map { frame.y(y.position(of: $0)) },
            hint: "rate \(Format.number(rate.learningRate)): "
              + (rate.validationLoss.map { Format.number($0, digits: 4) } ?? "diverged")
          )
        }
        body.append(
          SVG.polyline(points.compactMap { p in p.y.map { (p.x, $0) } }, class: "own"))
        body += points.map { point in
          guard let y = point.y else {
            return SVG.text("×", point.x, frame.top + 4, class: "diverged")
          }
          return SVG.circle(point.x, y, radius: 3, class: "dot own")
        }
        body.append(ChartPanel.hits(points.map { ($0.x, $0.y ?? frame.top, $0.hint) }))
        let note =
          result.goodRates.map { "good from \(ComparisonReport.rangeText($0))" }
          ?? "target not reached"
        return ChartPanel.figure(
          result.optimizer, note, label: "lowest validation loss by learning rate", x, y,
          body.joined(separator: "\n"))
      })
  }

  /// The measured memory, next to the size of the state by the definition of the method.
  var memory: String {
    ChartPanel.bars(
      results.results.map { result in
        (
          result.optimizer, Double(result.liveBytes),
          "\(Format.count(Double(result.liveBytes)))B, theory \(result.theory)"
        )
      }, label: "memory of the optimizer")
  }

  /// The time of a step.
  var stepTimes: String {
    ChartPanel.bars(
      results.results.map {
        ($0.optimizer, $0.secondsPerStep, Format.duration($0.secondsPerStep))
      }, label: "time of a step")
  }

  private func loss(_ spread: MeanAndDeviation?) -> String {
    spread.map { "best \(Format.number($0.mean))" } ?? ""
  }
}
