import Training

/// Curves over the steps of some runs.
///
/// Of one run, training and validation share a chart; of several, each run has a curve in each
/// chart.
struct RunCharts {
  private let runs: [ReportedRun]

  init(_ runs: [ReportedRun]) { self.runs = runs }

  /// All charts that have something to show.
  var figures: String? {
    Page.grid(
      losses + [
        evaluations("accuracy", \.validationAccuracy), evaluations("R²", \.validationR2),
      ] + otherMetrics + [
        settings("learning rate", scale: .fromZero, \.learningRate),
        hasMomentum ? settings("momentum", \.momentum) : nil,
        settings("gradient norm", \.gradientNorm),
        settings("update to weight", \.updateRatio),
        settings("time of a step (ms)", scale: .fromZero) { $0.secondsPerStep.map { $0 * 1000 } },
        settings("tensors (MB)", scale: .fromZero) { Double($0.memoryBytes) / 1e6 },
      ])
  }

  private var losses: [String?] {
    guard runs.count == 1 else {
      return [
        chart("validation loss", "loss") { points($0.metrics, \.validationLoss) },
        chart("training loss", "loss") { points($0.metrics, \.trainLoss) },
      ]
    }
    let plot = LinePlot(
      title: "loss",
      curves: [
        .init(name: "training", points: points(runs[0].metrics, \.trainLoss)),
        .init(name: "validation", points: points(runs[0].metrics, \.validationLoss)),
      ])
    return [plot.curves.isEmpty ? nil : plot.figure()]
  }

  /// A chart of each metric that the runs define themselves.
  private var otherMetrics: [String?] {
    let names = Set(runs.flatMap { $0.metrics.flatMap { ($0.validationMetrics ?? [:]).keys } })
    return names.sorted().map { name in evaluations(name) { $0.validationMetrics?[name] } }
  }

  private var hasMomentum: Bool {
    runs.contains { $0.diagnostics.contains { $0.momentum != 0 } }
  }

  private func evaluations(
    _ name: String, _ value: @escaping (MetricsRecord) -> Double?
  ) -> String? {
    chart("validation \(name)", name) { points($0.metrics, value) }
  }

  private func settings(
    _ name: String, scale: LinePlot.Scale = .adaptive,
    _ value: @escaping (DiagnosticsRecord) -> Double?
  ) -> String? {
    chart(name, name, scale: scale) { run in
      run.diagnostics.compactMap { record in value(record).map { (Double(record.step), $0) } }
    }
  }

  private func points(
    _ records: [MetricsRecord], _ value: (MetricsRecord) -> Double?
  ) -> [(x: Double, y: Double)] {
    records.compactMap { record in value(record).map { (Double(record.step), $0) } }
  }

  private func chart(
    _ title: String, _ quantity: String, scale: LinePlot.Scale = .adaptive,
    _ points: (ReportedRun) -> [(x: Double, y: Double)]
  ) -> String? {
    let plot = LinePlot(
      title: title, quantity: quantity, scale: scale,
      curves: runs.map { run in
        // A single curve needs no name.
        .init(name: runs.count == 1 ? quantity : run.name, points: points(run))
      })
    return plot.curves.isEmpty ? nil : plot.figure()
  }
}
