import TestSupport
import Testing
import Training

@testable import Train

/// The page and the tables of a sweep.
struct SweepReportTests {
  /// A finished sweep with made-up results.
  private func sweep(
    _ line: String, loss: (_ trial: Int, _ rung: Int) -> Double?
  ) throws -> Sweep {
    let (plan, data) = try SweepLine(line).plan()
    var sweep = Sweep(plan, data)
    var search = plan.search
    while let job = search.awaited {
      for member in 0..<plan.members {
        let record = SweepRecord(
          item: .init(job: job, member: member), step: plan.steps(job.trial, rung: job.rung),
          loss: loss(job.trial, job.rung), accuracy: loss(job.trial, job.rung) == nil ? nil : 0.5,
          seconds: 1)
        try sweep.add(record, from: "test")
      }
      search.finishAwaited(score: sweep.score(of: job) ?? .infinity)
    }
    return sweep
  }

  private func page(_ sweep: Sweep) throws -> (reader: PageReader, html: String) {
    try withTemporaryFolder { path in
      let folder = try SweepFolder(creating: path + "/s", task: "xor", replacing: false)
      let html = SweepReport.html(of: sweep, SweepResults(sweep), in: folder)
      return (PageReader(html), html)
    }
  }

  private static let over =
    "--over \"learning-rate=log(1e-4,1e-1) hidden=choice(4,8-8)"
    + " optimizer=choice(adamw,lookahead(adamw, sync-period=6))\""

  @Test(arguments: [
    "--method grid --grid-points 3", "--method asha --trials 20 --seeds 2",
    "--method random --trials 1",
  ])
  func thePageHoldsAllParts(_ method: String) throws {
    let made = try sweep("xor --seed 1 \(method) \(Self.over)") { trial, _ in 0.1 + Double(trial) }
    let results = SweepResults(made)
    let (reader, html) = try page(made)
    #expect(
      reader.sections == [
        "Best", "All trials", "Importance of the settings", "Loss by setting", "Trials",
        "How to read this",
      ])
    // Lines in two layouts, a panel for each setting, the bars.
    #expect(reader.elements["svg"] == 2 + 3 + 1)
    #expect(reader.elements["polyline"] == 4 * made.plan.candidates.count)
    #expect(reader.elements["tr"] == 4 + made.plan.candidates.count + 1)
    #expect(html.contains("train fit xor --config"))
    #expect(results.best?.trial == results.trials[0].trial)
    let end = SweepReport.end(of: made, results, in: try #require(folder))
    #expect(end.contains("best.json") && end.contains("shares  learning-rate"))
  }

  private var folder: SweepFolder? {
    try? withTemporaryFolder { try SweepFolder(creating: $0 + "/s", task: "xor", replacing: false) }
  }

  @Test func divergedTrialsAreMarked() throws {
    let some = try sweep("xor --seed 1 --method grid \(Self.over)") { trial, _ in
      trial % 3 == 0 ? nil : Double(trial)
    }
    #expect(try page(some).html.contains("diverged"))
    #expect(SweepReport.table(of: SweepResults(some)).contains("0.5") == false)
    let none = try sweep("xor --seed 1 --method asha --trials 8 \(Self.over)") { _, _ in nil }
    let results = SweepResults(none)
    let (reader, html) = try page(none)
    #expect(results.best == nil && html.contains("No trial has been trained in full"))
    #expect(!reader.sections.contains("Loss by setting"))
    #expect(results.trials.allSatisfy { $0.rank == 4.5 })
  }

  @Test func textsAreEscaped() throws {
    var made = try sweep("xor --seed 1 --method grid \(Self.over)") { trial, _ in Double(trial + 1)
    }
    made.command = "train sweep xor --over '<script>alert(1)</script>'"
    #expect(try page(made).reader.elements["script"] == nil)
  }

  @Test func theBestTrialsInFullComeFirst() throws {
    // Trials that were left early have lower losses by chance.
    let made = try sweep("xor --seed 1 --method asha --trials 16 --reduction 2 \(Self.over)") {
      trial, rung in Double(trial + 1) * (rung == 0 ? 0.001 : 1)
    }
    let results = SweepResults(made)
    #expect(results.best?.isComplete == true)
    #expect(results.trials.map(\.rung) == results.trials.map(\.rung).sorted(by: >))
    #expect(Double(results.steps) < results.fullSteps / 2)
  }
}
