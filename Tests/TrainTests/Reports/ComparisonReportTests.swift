import Foundation
import TestSupport
import Testing
import Training

@testable import Train

/// The page and the table of a comparison.
struct ComparisonReportTests {
  /// A finished comparison of made-up trials.
  private func comparison(
    names: [String], seeds: Int = 3, isRegression: Bool = false,
    loss: (_ candidate: Int, _ rate: Double) -> Double?
  ) throws -> Comparison {
    let options = CompareOptions.groups.flatMap(\.options)
    let arguments = try Arguments(
      ["moons", "--seed", "1", "--seeds", "\(seeds)", "--rates", "0.1,0.01,0.001"], options: options
    )
    var plan = try ComparisonPlan(
      arguments, Assignment(arguments, command: CompareCommand.name))
    plan.candidates = names.map { .init(name: $0, configuration: plan.candidates[0].configuration) }
    var comparison = Comparison(plan)
    while let next = plan.next(after: comparison.trials) {
      let end = loss(next.candidate, next.learningRate)
      let points = [(0, 2), (10, 1.5), (20, end ?? 40)].map { step, loss in
        Trial.Point(
          step: step, trainLoss: nil,
          Evaluation(
            loss: loss, accuracy: isRegression ? nil : 0.5, r2: isRegression ? 0.25 : nil))
      }
      comparison.trials.append(
        Trial(
          identity: next, points: points, isDiverged: end == nil, secondsPerStep: 1e-4,
          parameterCount: 10, stateBytes: 40, liveBytes: 64))
    }
    comparison.results = ComparisonResults(comparison)
    return comparison
  }

  private func expectPage(_ comparison: Comparison) -> PageReader {
    let page = ComparisonReport.html(of: comparison)
    let reader = PageReader(page)
    #expect(page.utf8.count < 1_500_000)
    let count = comparison.plan.candidates.count
    // A panel of losses and one of rates for each, memory and time; the chart of all, broad and
    // narrow, if there is a curve.
    let hasCurve = comparison.results?.results.contains { $0.bestLoss != nil } ?? false
    #expect(reader.elements["svg"] == 2 * count + 2 + (hasCurve ? 2 : 0))
    #expect(reader.elements["title", default: 0] > 4 * count)
    #expect(reader.elements["tr"] == count + 1)
    return reader
  }

  @Test func twentyOptimizersHaveAPanelEach() throws {
    let made = try comparison(names: (0..<20).map { "opt\($0)" }) { candidate, rate in
      rate * Double(candidate + 1)
    }
    let reader = expectPage(made)
    #expect(reader.elements["strong"] ?? 0 >= 5)
    let table = ComparisonReport.table(of: made)
    #expect(table.split(separator: "\n").count == 22)
  }

  @Test func namesAreEscaped() throws {
    let made = try comparison(names: ["<script>alert(\"1\") & 'x'</script>"], seeds: 1) { _, rate in
      rate
    }
    let reader = expectPage(made)
    #expect(reader.elements["script"] == nil)
  }

  @Test func divergedTrialsAreMarked() throws {
    let some = try comparison(names: ["sgd", "adamw"]) { candidate, rate in
      candidate == 0 ? nil : rate == 0.1 ? nil : rate
    }
    _ = expectPage(some)
    let page = ComparisonReport.html(of: some)
    #expect(page.components(separatedBy: "×</text>").count == 3 + 1 + 1)
    #expect(page.contains("all diverged") && ComparisonReport.table(of: some).contains("diverged"))
    let none = try comparison(names: ["sgd"]) { _, _ in nil }
    _ = expectPage(none)
  }

  @Test func aRegressionHasItsFigure() throws {
    let made = try comparison(names: ["sgd", "adamw"], isRegression: true) { _, rate in rate }
    _ = expectPage(made)
    #expect(ComparisonReport.html(of: made).contains("R², best and final"))
    #expect(ComparisonReport.table(of: made).contains("best R²"))
  }

  @Test func columnsThatSayTheSameAreFolded() throws {
    let same = ComparisonReport.html(
      of: try comparison(names: ["sgd", "adamw"]) { _, rate in rate })
    #expect(same.contains("accuracy, best and final") && !same.contains("final accuracy"))
    var differing = try comparison(names: ["sgd", "adamw"]) { _, rate in rate }
    differing.results?.results[1].finalAccuracy = MeanAndDeviation([0.25])
    let page = ComparisonReport.html(of: differing)
    #expect(page.contains("best accuracy") && page.contains("final accuracy"))
  }

  @Test func theTitleAndTheFirstChartNameEverything() throws {
    var made = try comparison(names: (0..<20).map { "opt\($0)" }) { candidate, rate in
      rate * Double(candidate + 1)
    }
    made.command = "train compare moons --optimizers 'a,<b>'"
    let page = ComparisonReport.html(of: made)
    let reader = PageReader(page)
    #expect(page.contains("<title>moons: 20 optimizers of mlp(") && reader.headings[0] == "h1")
    #expect(page.contains("train compare moons --optimizers 'a,&lt;b&gt;'"))
    // Every optimizer is named at the end of its line, before the small panels.
    let overview = try #require(page.components(separatedBy: "class=\"panels\"").first)
    for name in made.plan.candidates.map(\.name) { #expect(overview.contains(">\(name)</text>")) }
  }
}
