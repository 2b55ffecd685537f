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
    let name = plan.settings.count > 3 ? counted(plan.settings.count, "setting")
      : plan.settings.joined(separator: ", ")
    var page = Page(title: "\(configuration.dataText): sweep over \(name)")
    if let command = sweep.command {
      page.parts.append("<p><code>\(SVG.escaped(command))</code></p>")
    }
    page.add(
      paragraph: "\(planText(of: plan)). Taken so far: \(stepsText(of: results)) (steps of all runs).")
    page.add(section: "Best", bestNote(results), [best(sweep, results, folder)])
    page.add(
      section: "All trials",
      """
      Each line is a trial: its values, and on the last axis its lowest validation loss\
      \(plan.members > 1 ? ", the mean over seeds and folds" : ""). The best is the thick line, the \
      best tenth is colored; one that ends above the last axis diverged. Point at a line to read it.\
      \(results.trials.count > SweepCharts.lineCount ? " The best \(SweepCharts.lineCount) are shown." : "")\
      \(plan.rungs > 1 ? " Trials that were left early have the loss that they had then." : "")
      """, [charts.coordinates])
    page.add(
      section: "Importance of the settings",
      """
      The share of the differences between the ranks of the trials that goes back to one setting \
      alone, corrected for chance. "Uncertain" stands where more than one in twenty random \
      assignments of the values would show as much; with few trials most are. What settings do only \
      together is in no share.
      """, results.trials.isEmpty ? [] : [charts.shares])
    page.add(
      section: "Loss by setting",
      """
      The lowest validation loss against each setting\
      \(plan.rungs > 1 ? "; trials in full are blue, those left early dark or light gray" : ""). The \
      best is the large dot, × diverged.
      """, [charts.settings])
    page.add(section: "Trials", tableNote(results), [pageTable(results)])
    page.add(section: "How to read this", "", ["<p>\(SVG.escaped(caution(plan)))</p>"])
    return page.html
  }

  private static func bestNote(_ results: SweepResults) -> String {
    guard let best = results.best, let loss = best.loss else {
      return "No trial has been trained in full so far without a loss that is not finite."
    }
    return "Trial \(best.trial + 1), with a validation loss of \(lossText(loss))."
  }

  private static func best(_ sweep: Sweep, _ results: SweepResults, _ folder: SweepFolder) -> String? {
    guard let best = results.best else { return nil }
    return Page.table(
      ["setting", "value"], results.settings.map { [$0, best.values[$0] ?? ""] }, class: "words")
      + "<p><code>train fit \(SVG.escaped(results.task)) --config \(SVG.escaped(folder.best))</code></p>"
  }

  private static func tableNote(_ results: SweepResults) -> String {
    let rest = results.trials.count - pageRows
    return "Those that were trained longest come first, and among them the best."
      + (rest > 0 ? " \(rest) more are in trials.jsonl." : "")
  }

  private static func pageTable(_ results: SweepResults) -> String? {
    if results.trials.isEmpty { return nil }
    let header =
      ["trial"] + results.settings + ["validation loss"] + [scoreName(of: results)].compactMap(\.self)
      + ["steps"]
    return Page.table(header, results.trials.prefix(pageRows).map { cells(of: $0, results) })
  }

  private static func caution(_ plan: SweepPlan) -> String {
    var text = """
      The best of many trials looks better by its validation loss than it is on new data, the more \
      so the fewer validation examples there are; --seeds and --folds make it steadier, rows that no \
      trial has seen tell the truth.
      """
    if plan.rungs > 1 {
      text += """
         A trial follows the learning-rate schedule of all its steps from the start, so one that was \
        left early had a higher rate than its full run would end with.
        """
    }
    return text
  }
}
