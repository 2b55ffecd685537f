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
    let title = "\(configuration.taskName): \(counted(plan.candidates.count, "optimizer"))"
    return """
      <!DOCTYPE html>
      <html lang="en" xmlns="http://www.w3.org/1999/xhtml">
      <head>
      <meta charset="utf-8"/>
      <meta name="viewport" content="width=device-width, initial-scale=1"/>
      <title>\(SVG.escaped(title))</title>
      <style>\(style)</style>
      </head>
      <body>
      <h1>\(SVG.escaped(title))</h1>
      <p>\(SVG.escaped(configuration[FitOptions.model].name)), \(Format.count(Double(results.parameters))) \
      parameters, \(counted(configuration[FitOptions.steps], "step")) of \
      \(configuration.stepSize) examples, \
      schedule \(configuration[FitOptions.schedule].name), \(counted(seeds, "seed")) from \(plan.seeds[0]). \
      With the same seed all have the same data, initial weights and batches. The learning rate of \
      each was tuned with the first seed by the lowest validation loss, over \(tuning); the best one was \
      then run with every seed.</p>
      <h2>Results</h2>
      <p>Validation loss\(ComparisonScore(results).isKnown ? " and \(ComparisonScore(results).name)" : ""): mean ± standard deviation over the seeds at \
      the best rate. ★ marks the best of a column of losses, scores and times; "edge" a rate that is the lowest or highest \
      of those tried, so that a better one may lie beyond. The target is a loss of \
      \(Format.number(results.targetLoss)); the initial weights have \(Format.number(results.initialLoss)).</p>
      <div class="wide">
      \(table(results, seeds))
      </div>
      <h2>Loss over the steps</h2>
      <p>Validation loss at the best rate: the mean over the seeds, and a band from the lowest to the \
      highest. The others are gray.</p>
      \(charts.losses)
      <h2>How much the learning rate matters</h2>
      <p>The lowest validation loss of a run with the first seed against the learning rate. × diverged. \
      The dashed line is the target; the band covers the rates that reach it.</p>
      \(charts.rates)
      <h2>Memory</h2>
      <p>What the optimizer adds to the memory of tensors, measured after its first steps, for \
      n = \(results.parameters) parameters of 4 bytes (\(Format.count(4 * Double(results.parameters)))B).</p>
      \(charts.memory)
      <h2>Time of a step</h2>
      <p>Gradients and update together, evaluations left out; the median of all runs of an optimizer, on \
      \(counted(configuration[FitOptions.threads] ?? Execution.standard.threads, "thread")). Other work on the machine \
      shows here.</p>
      \(charts.stepTimes)
      <h2>How to read this</h2>
      <p>Choosing the rate by the validation loss of the first seed makes the results a little better than \
      they would be on new data, for all optimizers alike. Differences smaller than the deviations say \
      nothing. An optimizer that would need other settings than its rate was not given them.</p>
      </body>
      </html>

      """
  }

  private static func table(_ results: ComparisonResults, _ seeds: Int) -> String {
    let score = ComparisonScore(results)
    let header = [
      "optimizer", "rate", "best loss", "final loss", "best \(score.name)", "final \(score.name)",
      "steps to target", "time to target", "time of a step", "state", "good rates",
    ]
    let hidden: Set<Int> = score.isKnown ? [] : [4, 5]
    let rows = results.results
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
    let lines = rows.map { row in
      let cells = cells(of: row, score, seeds)
      let columns = cells.enumerated().filter { !hidden.contains($0.offset) }.map { column, cell in
        if column == 0 { return "<th scope=\"row\">\(SVG.escaped(cell))</th>" }
        return marks[column](row)
          ? "<td><strong>★ \(SVG.escaped(cell))</strong></td>" : "<td>\(SVG.escaped(cell))</td>"
      }
      return "<tr>\(columns.joined())</tr>"
    }
    let heads = header.enumerated().filter { !hidden.contains($0.offset) }
      .map { "<th scope=\"col\">\(SVG.escaped($0.element))</th>" }.joined()
    return
      "<table>\n<thead><tr>\(heads)</tr></thead>\n<tbody>\n\(lines.joined(separator: "\n"))\n</tbody>\n</table>"
  }

  private static let style = """

      :root { --ink: #24292f; --paper: #ffffff; --faint: #d0d7de; --gray: #b6bfc9; --own: #0b5cad; \
    --band: rgba(11, 92, 173, 0.22); }
      @media (prefers-color-scheme: dark) { :root { --ink: #d0d7de; --paper: #0d1117; \
    --faint: #30363d; --gray: #4a525c; --own: #79b8ff; --band: rgba(121, 184, 255, 0.25); } }
      body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); \
    max-width: 72rem; margin: 1rem auto; padding: 0 1rem; }
      p { max-width: 46rem; }
      .wide { overflow-x: auto; }
      table { border-collapse: collapse; font-variant-numeric: tabular-nums; white-space: nowrap; }
      th, td { padding: 0.2rem 0.6rem; text-align: right; border-bottom: 1px solid var(--faint); }
      th:first-child { text-align: left; }
      .grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 0.8rem; }
      svg { width: 100%; height: auto; }
      svg.bars { max-width: 40rem; display: block; }
      svg text { font: 10px system-ui, sans-serif; fill: var(--ink); }
      svg .name { font-weight: 600; font-size: 11px; }
      .axis { stroke: var(--ink); }
      .gridline { stroke: var(--faint); stroke-width: 0.6; }
      .other { fill: none; stroke: var(--gray); stroke-width: 0.7; }
      .own { fill: none; stroke: var(--own); stroke-width: 2; }
      .band { fill: var(--band); stroke: none; }
      .dot, .bar { fill: var(--own); }
      .target { stroke: var(--ink); stroke-dasharray: 4 3; }
      .diverged { font-size: 13px; font-weight: 700; }

    """
}
