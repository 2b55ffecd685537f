import Testing

@testable import Train

private typealias Job = SuccessiveHalving.Job

struct SuccessiveHalvingTests {
  /// The jobs in the order in which they begin.
  private func jobs(
    trials: Int, rungs: Int, reduction: Int, width: Int, steps: [Double] = [1, 1, 2],
    _ score: (SuccessiveHalving.Job) -> Double
  ) -> [SuccessiveHalving.Job] {
    var search = SuccessiveHalving(
      trials: trials, rungs: rungs, reduction: reduction, width: width
    ) { steps[$0.rung] }
    var started = search.takeStarted()
    while let job = search.awaited {
      search.finishAwaited(score: score(job))
      started += search.takeStarted()
    }
    return started
  }

  /// Two workers, rungs at 1, 2 and 4 steps, every second trial goes on. By hand:
  ///
  ///     time 1: 0 arrives, 2 begins; 1 arrives as the best of two and goes on
  ///     time 2: 2 arrives, 3 begins; 1 arrives above, alone there, so 4 begins
  ///     time 3: 3 arrives as the best of four, 4 as the second of five: both go on
  ///     time 4: 3 arrives above as the best of two and goes on; 4 as the second of three does not,
  ///             so 5 begins
  ///     time 5: 5 arrives; the best three of six have gone on
  ///     time 6: 3 arrives at the top
  @Test func anExampleByHand() {
    let scores = [5.0, 3, 4, 1, 2, 6]
    let started = jobs(trials: 6, rungs: 3, reduction: 2, width: 2) { scores[$0.trial] }
    let expected = [
      (0, 0), (1, 0), (2, 0), (1, 1), (3, 0), (4, 0), (3, 1), (4, 1), (3, 2), (5, 0),
    ]
    #expect(started == expected.map { Job(trial: $0, rung: $1) })
  }

  @Test func withOneRungEveryTrialIsRunOnceInOrder() {
    let started = jobs(trials: 50, rungs: 1, reduction: 4, width: .max) { Double(-$0.trial) }
    #expect(started == (0..<50).map { Job(trial: $0, rung: 0) })
  }

  /// With fewer trials than go on, the best is still trained in full; one that diverges on the way
  /// is replaced.
  @Test func theBestIsTrainedInFull() {
    let started = jobs(trials: 3, rungs: 3, reduction: 4, width: 8) { Double($0.trial + 1) }
    #expect(started.suffix(2) == [Job(trial: 0, rung: 1), Job(trial: 0, rung: 2)])
    let replaced = jobs(trials: 3, rungs: 3, reduction: 4, width: 8) {
      $0.trial == 0 && $0.rung == 2 ? .infinity : Double($0.trial + 1)
    }
    #expect(replaced.last == Job(trial: 1, rung: 2))
    let none = jobs(trials: 3, rungs: 3, reduction: 4, width: 8) { _ in .infinity }
    #expect(none.count == 3)
  }

  /// About 1/η of the trials of a rung go on, among them the best; none twice.
  @Test(arguments: [1, 2, 8, 100]) func aShareGoesOn(width: Int) {
    let trials = 256
    // All orders of quality, scattered.
    let scores = (0..<trials).map { Double(($0 * 101) % trials) }
    let started = jobs(
      trials: trials, rungs: 4, reduction: 4, width: width, steps: [1, 3, 12, 48]
    ) { scores[$0.trial] }
    #expect(Set(started).count == started.count)
    let counts = (0..<4).map { rung in started.count { $0.rung == rung } }
    #expect(counts[0] == trials)
    for rung in 1..<4 { #expect(counts[rung] >= counts[rung - 1] / 4) }
    #expect(counts[1] < trials / 2)
    #expect(started.contains(Job(trial: scores.firstIndex(of: 0) ?? -1, rung: 3)))
    for job in started where job.rung > 0 {
      #expect(started.contains(Job(trial: job.trial, rung: job.rung - 1)))
    }
  }
}
