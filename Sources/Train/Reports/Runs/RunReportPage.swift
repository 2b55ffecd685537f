import Tensor
import Training

/// The page of a run, or of several side by side: `report.html`.
///
/// Each concern has a file of its own: curves over the steps, the layers, what the best weights do
/// with the data.
enum RunReportPage {
  /// The page of some runs, in whose charts each run has one color.
  static func html(of runs: [ReportedRun]) -> String {
    let runs = ReportedRun.named(runs)
    var page = Page(title: title(of: runs))
    let commands = runs.map { run in
      "<code>train fit \(SVG.escaped(run.configuration.taskName)) --config "
        + "\(SVG.escaped(run.folder.configuration))</code>"
    }
    let sources = Set(runs.map(source)).sorted().map { "<code>\(SVG.escaped($0))</code>" }
    page.parts.append("<p>Data: \(sources.joined(separator: "<br/>"))</p>")
    page.parts.append("<p>Again: \(commands.joined(separator: "<br/>"))</p>")
    page.add(section: "Results", resultsNote(runs), [results(of: runs)])
    if runs.count > 1 {
      page.add(
        section: "What the configurations differ in", "All other options are equal.",
        [differences(of: runs)])
    }
    page.add(section: "Over the steps", stepsNote, [RunCharts(runs).figures])
    page.add(section: "Layers", layersNote, runs.map { layers(of: $0, isOnly: runs.count == 1) })
    for run in runs { addModel(of: run, to: &page, isOnly: runs.count == 1) }
    page.add(section: "Options", "", runs.map { options(of: $0, isOnly: runs.count == 1) })
    return page.html
  }

  // MARK: - Parts

  private static func title(of runs: [ReportedRun]) -> String {
    guard runs.count > 1 else { return "\(runs[0].dataText): \(runs[0].modelText)" }
    let data = Set(runs.map(\.dataText))
    return "\(counted(runs.count, "run"))" + (data.count == 1 ? " of \(runs[0].dataText)" : "")
  }

  /// The file of the data, or the task that generates it, and the predicted column.
  private static func source(of run: ReportedRun) -> String {
    let task = run.configuration.task
    return task.source + (task.targetName.map { ", target \($0)" } ?? "")
  }

  private static func results(of runs: [ReportedRun]) -> String {
    let header = [
      "run", "model", "weights", "optimizer", "learning rate", "steps", "best step",
      "validation loss", "accuracy", "R²", "test loss", "test accuracy", "test R²",
      "training loss", "rows left out", "time", "memory",
    ]
    let rows = runs.map { run -> [String] in
      let configuration = run.configuration
      let summary = run.summary
      let best = run.metrics.filter { $0.validationLoss?.isFinite ?? false }
        .min { $0.validationLoss ?? 0 < $1.validationLoss ?? 0 }
      let steps = summary?.steps ?? run.metrics.last?.step ?? run.diagnostics.last?.step ?? 0
      let state = summary == nil ? " (not finished)" : ""
      func figure(_ value: Double?) -> String { value.map { Format.number($0, digits: 4) } ?? "" }
      return [
        run.name, run.modelText, summary.map { Format.count(Double($0.parameters)) } ?? "",
        configuration[FitOptions.optimizer].outline,
        Format.number(configuration[FitOptions.learningRate]), "\(steps)\(state)",
        (summary?.bestStep ?? best?.step).map(String.init) ?? "",
        figure(summary?.validationLoss ?? best?.validationLoss),
        (summary?.validationAccuracy ?? best?.validationAccuracy).map(Format.percentage) ?? "",
        figure(summary?.validationR2 ?? best?.validationR2),
        figure(summary?.testLoss), summary?.testAccuracy.map(Format.percentage) ?? "",
        figure(summary?.testR2), figure(summary?.trainLoss ?? run.metrics.last?.trainLoss),
        summary?.skippedRows.flatMap { $0 > 0 ? String($0) : nil } ?? "",
        summary.map { Format.duration($0.seconds) } ?? "",
        summary.map { Format.count(Double($0.peakMemoryBytes)) + "B" } ?? "",
      ]
    }
    let shown = header.indices.filter { column in rows.contains { !$0[column].isEmpty } }
    return Page.table(shown.map { header[$0] }, rows.map { row in shown.map { row[$0] } })
  }

  private static func resultsNote(_ runs: [ReportedRun]) -> String {
    "Losses and scores are those of the weights with the lowest validation loss."
      + (runs.contains { $0.summary?.testLoss != nil }
        ? " Test examples had no part in choosing them." : "")
      + (runs.count > 1 ? " Each run keeps its color and its dashes in all charts." : "")
  }

  private static func differences(of runs: [ReportedRun]) -> String {
    let rows = ConfigurationDifferences(
      runs.map { $0.configuration.json.compactMapValues(\.text) }
    ).rows
    guard !rows.isEmpty else { return "<p>Nothing: the runs repeat each other.</p>" }
    return Page.table(
      ["option"] + runs.map(\.name), rows.map { [$0.name] + $0.values.map { $0 ?? "" } },
      class: "words")
  }

  private static func options(of run: ReportedRun, isOnly: Bool) -> String? {
    let rows = run.configuration.json.sorted { $0.key < $1.key }
      .map { [$0.key, $0.value.text ?? ""] }
    return Page.details(
      isOnly ? counted(rows.count, "option") : run.name,
      [Page.table(["option", "value"], rows, class: "words")])
  }

  private static func layers(of run: ReportedRun, isOnly: Bool) -> String? {
    let charts = LayerCharts(run)
    if isOnly {
      let parts = [charts.norms, Page.details("Histograms", isOpen: true, [charts.histograms])]
      return parts.contains { $0 != nil } ? parts.compactMap(\.self).joined(separator: "\n") : nil
    }
    return Page.details(run.name, [charts.norms, charts.histograms])
  }

  private static func addModel(of run: ReportedRun, to page: inout Page, isOnly: Bool) {
    let suffix = isOnly ? "" : ": \(run.name)"
    guard let (experiment, data) = run.best else {
      if let problem = run.problem {
        page.add(paragraph: (isOnly ? "" : "\(run.name): ") + problem)
      }
      return
    }
    switch data {
    case .examples(let data):
      let charts = PredictionCharts(of: run, experiment, data)
      page.add(section: "Predictions" + suffix, charts.note, charts.parts)
      page.add(section: "Decisions over time" + suffix, charts.decisionNote, [charts.decisionMaps])
    case .text(let data, _):
      page.add(
        section: "Samples" + suffix, "Text that the best weights continue a line break with.",
        [TextSamples.samples(of: experiment, data, seed: run.configuration[FitOptions.seed])])
    }
    page.add(
      section: "Attention" + suffix, attentionNote,
      [AttentionMaps(of: run)?.figures])
  }

  private static let stepsNote = """
    Point at a curve to read its values. Norms and settings were measured at some of the steps, \
    losses at every evaluation.
    """
  private static let layersNote = """
    The norm of a layer's gradients before clipping, and how far a step moves its weights in \
    relation to their size: about 0.001 is common, 1 overwrites them.
    """
  private static let attentionNote = """
    How much each position (a row) attends to the positions before it (columns), for each layer \
    and head of the best weights: the darker, the more. Each row adds up to 1.
    """
}
