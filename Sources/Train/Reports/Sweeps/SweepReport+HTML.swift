import Tensor
import Training

extension SweepReport {
  /// The rows of the table of a page.
  private static let pageRows = 200

  /// The results as a self-contained page: the best configuration, all trials, the importance of
  /// each setting.
  static func html(of sweep: Sweep, _ results: SweepResults, in folder: SweepFolder) -> String {
    let plan = sweep.plan
    let configuration = plan.candidates[0].configuration
    let charts = SweepCharts(results)
    let name =
      plan.settings.count > 3
      ? counted(plan.settings.count, "setting")
      : plan.settings.joined(separator: ", ")
    var page = Page(title: "\(configuration.dataText): sweep over \(name)")
    if let command = sweep.command {
      page.parts.append("<p><code>\(SVG.escaped(command))</code></p>")
    }
    page.add(paragraph: "\(planText(of: plan)). Steps of all runs: \(stepsText(of: results)).")
    addBest(to: &page, results, folder)
    page.add(section: "All trials", linesNote(plan, results), [charts.coordinates])
    page.add(
      section: "Importance of the settings",
      """
      The share of the differences between the ranks of the trials that goes back to one setting \
      alone, corrected for chance. "Uncertain" stands where more than one in twenty random \
      assignments of the values would show as much; with few trials most are. What settings do \
      only together is in no share.
      """, results.trials.isEmpty ? [] : [charts.shares])
    page.add(
      section: "Loss by setting",
      """
      The lowest validation loss against each setting; the best is the large dot, × diverged.\
      \(plan.rungs > 1 ? " Trials in full are colored, those that were left early gray." : "")
      """, [charts.settings])
    page.add(section: "Trials", tableNote(results), [pageTable(results)])
    page.add(section: "How to read this", "", ["<p>\(SVG.escaped(caution(plan)))</p>"])
    return page.html
  }

  private static func addBest(
    to page: inout Page, _ results: SweepResults, _ folder: SweepFolder
  ) {
    guard let best = results.best, let loss = best.loss else {
      return page.add(
        paragraph: "No trial has been trained in full so far without a loss that is not finite.")
    }
    let command = "train fit \(results.task) --config \(folder.best)"
    page.add(
      section: "Best", "Trial \(best.trial + 1), with a validation loss of \(lossText(loss)).",
      [
        Page.table(
          ["setting", "value"], results.settings.map { [$0, best.values[$0] ?? ""] },
          class: "words"),
        "<p><code>\(SVG.escaped(command))</code></p>",
      ])
  }

  private static func linesNote(_ plan: SweepPlan, _ results: SweepResults) -> String {
    var parts = [
      "Each line is a trial: its values, and on the last axis its lowest validation loss"
        + (plan.members > 1 ? ", the mean over seeds and folds." : "."),
      "The best is the thick line, the best tenth is colored; one that ends above the last axis",
      "diverged. Point at a line to read it.",
    ]
    if plan.rungs > 1 {
      parts.append("Trials that were left early have the loss that they had then.")
    }
    if results.trials.count > SweepCharts.lineCount {
      parts.append("The best \(SweepCharts.lineCount) are shown.")
    }
    return parts.joined(separator: " ")
  }

  private static func tableNote(_ results: SweepResults) -> String {
    let rest = results.trials.count - pageRows
    return "Those that were trained longest come first, and among them the best."
      + (rest > 0 ? " \(rest) more are in trials.jsonl." : "")
  }

  private static func pageTable(_ results: SweepResults) -> String? {
    if results.trials.isEmpty { return nil }
    let header =
      ["trial"] + results.settings + ["validation loss"]
      + [scoreName(of: results)].compactMap(\.self)
      + ["steps"]
    return Page.table(header, results.trials.prefix(pageRows).map { cells(of: $0, results) })
  }

  private static func caution(_ plan: SweepPlan) -> String {
    var text = """
      The best of many trials looks better by its validation loss than it is on new data, the more \
      so the fewer validation examples there are; --seeds and --folds make it steadier, rows that \
      no trial has seen tell the truth.
      """
    if plan.rungs > 1 {
      text += """
         A trial follows the learning-rate schedule of all its steps from the start, so one that \
        was left early had a higher rate than its full run would end with.
        """
    }
    return text
  }
}
