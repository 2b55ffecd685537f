import Training
import Tensor

extension ComparisonReport {
  /// The results as a self-contained page: a table, curves with their range over the seeds, the
  /// effect of the learning rate, memory and time.
  static func html(of comparison: Comparison) -> String {
    guard let results = comparison.results else { return "" }
    let plan = comparison.plan
    let configuration = plan.candidates[0].configuration
    let charts = ComparisonCharts(comparison, results)
    let seeds = plan.seeds.count
    let tuning =
      plan.rates.map { "the same \($0.count) rates each" }
      ?? "\(counted(plan.searchBudget, "rate")) each, around its standard one"
    var page = Page(
      title: "\(configuration.dataText): \(counted(plan.candidates.count, "optimizer")) of"
        + " \(configuration[FitOptions.model])")
    if let command = comparison.command {
      page.parts.append("<p><code>\(SVG.escaped(command))</code></p>")
    }
    page.add(
      paragraph: """
        \(Format.count(Double(results.parameters))) parameters, \
        \(counted(configuration[FitOptions.steps], "step")) of \(configuration.stepSize) examples, \
        schedule \(configuration[FitOptions.schedule].name), \(counted(seeds, "seed")) from \
        \(plan.seeds[0]). With the same seed all have the same data, initial weights and batches. \
        The learning rate of each was tuned with the first seed by the lowest validation loss, \
        over \(tuning); the best one was then run with every seed.
        """)
    page.add(
      section: "All optimizers",
      "Validation loss at the best rate, the mean over the seeds. Point at a curve to read it.",
      [charts.overview])
    let score = ComparisonScore(results)
    page.add(
      section: "Results",
      """
      Validation loss\(score.isKnown ? " and \(score.name)" : ""): mean ± standard deviation over \
      the seeds at the best rate. ★ marks the best of a column of losses, scores and times; "edge" \
      a rate that is the lowest or highest of those tried, so that a better one may lie beyond. \
      The target is a loss of \(Format.number(results.targetLoss)); the initial weights have \
      \(Format.number(results.initialLoss)).
      """, [table(results, seeds)])
    page.add(
      section: "Loss over the steps",
      """
      Validation loss at the best rate: the mean over the seeds, and a band from the lowest to the \
      highest. The others are gray.
      """, [charts.losses])
    page.add(
      section: "How much the learning rate matters",
      """
      The lowest validation loss of a run with the first seed against the learning rate. × \
      diverged. The dashed line is the target; the band covers the rates that reach it.
      """, [charts.rates])
    page.add(
      section: "Memory",
      """
      What the optimizer adds to the memory of tensors, measured after its first steps, for n = \
      \(results.parameters) parameters of 4 bytes \
      (\(Format.count(4 * Double(results.parameters)))B).
      """, [charts.memory])
    page.add(
      section: "Time of a step",
      """
      Gradients and update together, evaluations left out; the median of all runs of an optimizer, \
      on \(counted(configuration[FitOptions.threads] ?? Execution.standard.threads, "thread")). \
      Other work on the machine shows here.
      """, [charts.stepTimes])
    page.add(
      section: "How to read this", "",
      [
        """
        <p>Choosing the rate by the validation loss of the first seed makes the results a little \
        better than they would be on new data, for all optimizers alike. Differences smaller than \
        the deviations say nothing. An optimizer that would need other settings than its rate was \
        not given them.</p>
        """
      ])
    return page.html
  }

  private static func table(_ results: ComparisonResults, _ seeds: Int) -> String {
    let score = ComparisonScore(results)
    var header = [
      "optimizer", "rate", "best loss", "final loss", "best \(score.name)", "final \(score.name)",
      "steps to target", "time to target", "time of a step", "state", "good rates",
    ]
    let rows = results.results
    let texts = rows.map { cells(of: $0, score, seeds) }
    // A column that repeats the one before it in every row is folded into it.
    let isSame = { (column: Int) in texts.allSatisfy { $0[column] == $0[column + 1] } }
    var hidden: Set<Int> = score.isKnown ? [] : [4, 5]
    for (first, name) in [(2, "loss"), (4, score.name)] where isSame(first) {
      header[first] = "\(name), best and final"
      hidden.insert(first + 1)
    }
    // Only results in which the most seeds reached the target are compared by how fast they did.
    let most = rows.map(\.seedsAtTarget).max()
    func arrival(_ row: ComparisonResults.Result, _ spread: MeanAndDeviation?)
      -> Double?
    {
      row.seedsAtTarget == most ? spread?.mean : nil
    }
    func best(_ value: (ComparisonResults.Result) -> Double?, _ isBetter: (Double, Double) -> Bool)
      -> Double?
    {
      rows.compactMap(value).min(by: isBetter)
    }
    let marks: [(ComparisonResults.Result) -> Bool] = {
      let loss = best({ $0.bestLoss?.mean }, <)
      let final = best({ $0.finalLoss?.mean }, <)
      let steps = best({ arrival($0, $0.stepsToTarget) }, <)
      let seconds = best({ arrival($0, $0.secondsToTarget) }, <)
      let time = best({ $0.secondsPerStep }, <)
      let bestScore = best({ score.mean(of: $0) }, >)
      let finalScore = best({ score.finalMean(of: $0) }, >)
      return [
        { _ in false }, { _ in false }, { $0.bestLoss?.mean == loss && loss != nil },
        { $0.finalLoss?.mean == final && final != nil },
        { score.mean(of: $0) == bestScore && bestScore != nil },
        { score.finalMean(of: $0) == finalScore && finalScore != nil },
        { arrival($0, $0.stepsToTarget) == steps && steps != nil },
        { arrival($0, $0.secondsToTarget) == seconds && seconds != nil },
        { $0.secondsPerStep == time && time != nil }, { _ in false }, { _ in false },
      ]
    }()
    let lines = zip(rows, texts).map { row, cells in
      cells.enumerated().filter { !hidden.contains($0.offset) }.map { column, cell in
        if column == 0 { return "<th scope=\"row\">\(SVG.escaped(cell))</th>" }
        return marks[column](row)
          ? "<td><strong>★ \(SVG.escaped(cell))</strong></td>" : "<td>\(SVG.escaped(cell))</td>"
      }
    }
    let heads = header.enumerated().filter { !hidden.contains($0.offset) }.map(\.element)
    return Page.table(heads, lines, ofCells: "figures")
  }
}
