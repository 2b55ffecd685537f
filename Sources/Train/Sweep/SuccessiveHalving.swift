/// Decides which trial goes on and which is left, by asynchronous successive halving (ASHA, Li et
/// al., 2020, "A system for massively parallel hyperparameter tuning", 1810.05934).
///
/// A trial that has reached a rung waits there. Whoever is free takes the best waiting trial of the
/// highest rung at which it is among the best 1/η of those that have arrived, and trains it to the
/// next rung; if there is none, a new trial begins. When no trial is left and none has been trained
/// in full, the best of the highest rung goes on. With one rung, all trials are simply run.
///
/// Who is free when depends on the machine, and so would the decisions. Here they are taken by a
/// clock of their own, on which each of `width` imagined workers takes as long for a job as the job
/// has steps. Real workers do the jobs that are in flight in any number and order; a decision waits
/// for the results that the imagined ones have at that time. The same scores therefore always lead
/// to the same jobs.
struct SuccessiveHalving: Sendable {
  /// To train a trial up to a rung.
  struct Job: Codable, Sendable, Hashable {
    /// The position of the trial.
    var trial: Int
    /// The rung, counted from 0.
    var rung: Int
  }

  private let rungs: Int
  private let reduction: Int
  private let width: Int
  private let trials: Int
  private let duration: @Sendable (Job) -> Double

  private var nextTrial = 0
  private var clock = 0.0
  /// The jobs in flight, those that end first in front.
  private var flights: [(job: Job, end: Double)] = []
  /// For each rung the trials that have arrived, the best first.
  private var arrivals: [[(score: Double, trial: Int)]]
  private var promoted: [Set<Int>]
  private var started: [Job] = []

  /// Creates a search in which nothing has been trained.
  ///
  /// - Parameters:
  ///   - trials: The number of trials.
  ///   - rungs: The number of rungs; who reaches the last has been trained in full.
  ///   - reduction: η, the share of trials that do not go on to the next rung.
  ///   - width: The number of jobs in flight.
  ///   - duration: The steps of a job.
  init(
    trials: Int, rungs: Int, reduction: Int, width: Int,
    duration: @escaping @Sendable (Job) -> Double
  ) {
    (self.trials, self.rungs, self.reduction, self.width) = (trials, rungs, reduction, width)
    self.duration = duration
    arrivals = Array(repeating: [], count: rungs)
    promoted = Array(repeating: [], count: rungs)
    fill()
  }

  /// The job in flight whose score decides what follows; nil if nothing is left to do.
  var awaited: Job? { flights.first?.job }

  /// Returns the jobs that have been decided on since the last call, in that order.
  mutating func takeStarted() -> [Job] {
    defer { started = [] }
    return started
  }

  /// Takes the score of the ``awaited`` job, the lower the better; infinity for a trial that
  /// diverged.
  mutating func finishAwaited(score: Double) {
    let (job, end) = flights.removeFirst()
    clock = end
    let place = arrivals[job.rung].partitioningIndex {
      ($0.score, $0.trial) > (score, job.trial)
    }
    arrivals[job.rung].insert((score, job.trial), at: place)
    fill()
  }

  private mutating func fill() {
    while flights.count < width, let job = nextJob() {
      let end = clock + duration(job)
      flights.insert((job, end), at: flights.partitioningIndex { $0.end > end })
      started.append(job)
    }
  }

  private mutating func nextJob() -> Job? {
    for rung in (0..<rungs - 1).reversed() {
      let best = arrivals[rung].count / reduction
      if let job = promotion(from: rung, amongBest: best) { return job }
    }
    if nextTrial < trials {
      nextTrial += 1
      return Job(trial: nextTrial - 1, rung: 0)
    }
    let isAnyTrained = arrivals[rungs - 1].contains { $0.score.isFinite }
    guard flights.isEmpty, !isAnyTrained else { return nil }
    for rung in (0..<rungs - 1).reversed() {
      if let job = promotion(from: rung, amongBest: trials) { return job }
    }
    return nil
  }

  private mutating func promotion(from rung: Int, amongBest count: Int) -> Job? {
    let waiting = arrivals[rung].prefix(count).first {
      $0.score.isFinite && !promoted[rung].contains($0.trial)
    }
    guard let waiting else { return nil }
    promoted[rung].insert(waiting.trial)
    return Job(trial: waiting.trial, rung: rung + 1)
  }
}

extension Array {
  /// The first index at which a condition holds that holds at all later ones too.
  fileprivate func partitioningIndex(where isBehind: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
