import Autograd
import Optim
import Tensor
import Training

/// What decides a race besides the landscape.
struct RaceRules: Sendable {
  /// The optimizers.
  var optimizers: [OptimizerExpression]
  /// Their learning rates.
  var rates = RaceRates.searched
  /// The number of steps that each takes.
  var steps: Int
  /// How near a minimum counts as there.
  var distance: Double
  /// The standard deviation of what is added to each element of the gradients.
  var noise = 0.0
  /// The seed of the noise, which is the same for all.
  var seed: UInt64 = 0
}

/// Optimizers on a landscape: the paths of each at several learning rates.
///
/// Every path begins at the start of the landscape. A step differentiates the landscape at the
/// point, a parameter of two elements, and calls the optimizer; the path shows the weights that one
/// would keep, which for optimizers with an average are the average.
struct Race: Sendable {
  /// An optimizer and its paths.
  struct Racer: Sendable {
    /// The expression, as it was given.
    let name: String
    /// The paths, from the lowest learning rate to the highest.
    let paths: [RacePath]
    /// The position of the path at the optimizer's own rate.
    let best: Int

    /// The path at the optimizer's own rate.
    var path: RacePath { paths[best] }
  }

  /// How many steps are between the points that pictures show.
  var stride: Int { (rules.steps + 999) / 1000 }

  let landscape: any RaceLandscape
  let rules: RaceRules
  private(set) var racers: [Racer] = []

  /// Runs a race; nil if it was interrupted.
  ///
  /// - Parameters:
  ///   - landscape: The function.
  ///   - rules: The optimizers, and how they run.
  ///   - isInterrupted: Returns whether to stop; called before each step.
  ///   - afterRacer: Called when an optimizer is done.
  init?(
    on landscape: any RaceLandscape, _ rules: RaceRules,
    isInterrupted: () -> Bool = { Interrupt.isRaised }, afterRacer: (Racer) -> Void = { _ in }
  ) {
    self.landscape = landscape
    self.rules = rules
    for optimizer in rules.optimizers {
      guard let racer = racer(optimizer, isInterrupted) else { return nil }
      racers.append(racer)
      afterRacer(racer)
    }
  }

  private func racer(_ optimizer: OptimizerExpression, _ isInterrupted: () -> Bool) -> Racer? {
    /// The paths at some rates; nil if there was an interrupt.
    func paths(_ rates: [Double]) -> [RacePath]? {
      var paths: [RacePath] = []
      for rate in rates {
        guard let path = path(of: optimizer, rate: rate, isInterrupted) else { return nil }
        paths.append(path)
      }
      return paths
    }
    // A rate in the expression itself is the optimizer's own.
    let given = optimizer.rules[0].settings["learning-rate"].flatMap { Double($0) }
    if let given { return around(given, paths).map { Racer(name: "\(optimizer)", $0) } }
    switch rules.rates {
    case .fixed(let rate): return around(rate, paths).map { Racer(name: "\(optimizer)", $0) }
    case .list(let rates):
      return paths(rates.sorted()).map { Racer(name: "\(optimizer)", ($0, Self.best(of: $0))) }
    case .searched: return searched(paths).map { Racer(name: "\(optimizer)", $0) }
    }
  }

  /// The paths at a rate and at those of its multiples that are numbers above 0.
  private func around(
    _ rate: Double, _ paths: ([Double]) -> [RacePath]?
  ) -> (paths: [RacePath], best: Int)? {
    let rungs = (-RaceRates.reach...RaceRates.reach).map {
      $0 == 0 ? rate : rate * RaceRates.rung($0)
    }
    let rates = rungs.filter { $0 > 0 && $0.isFinite }
    return paths(rates).map { ($0, rates.firstIndex(of: rate) ?? 0) }
  }

  /// The paths around the best rung: those of the powers of ten first, and then those next to the
  /// best one, until there is none better.
  private func searched(
    _ paths: ([Double]) -> [RacePath]?
  ) -> (paths: [RacePath], best: Int)? {
    var tried: [Int: RacePath] = [:]
    var next = Array(RaceRates.coarse)
    while !next.isEmpty {
      guard let found = paths(next.map(RaceRates.rung)) else { return nil }
      for (rung, path) in zip(next, found) { tried[rung] = path }
      let best = Self.best(in: tried)
      next = (best - RaceRates.reach...best + RaceRates.reach).filter { tried[$0] == nil }
      if !RaceRates.allowed.contains(best) { next = [] }
    }
    let best = Self.best(in: tried)
    let rungs = tried.keys.sorted()
    return (rungs.compactMap { tried[$0] }, rungs.firstIndex(of: best) ?? 0)
  }

  private static func best(in paths: [Int: RacePath]) -> Int {
    let sorted = paths.sorted { $0.key < $1.key }
    return sorted[best(of: sorted.map(\.value))].key
  }

  /// The position of the best path; the lowest rate if all diverged.
  private static func best(of paths: [RacePath]) -> Int {
    paths.indices.dropFirst().reduce(0) { paths[$1].isBetter(than: paths[$0]) ? $1 : $0 }
  }

  /// The path of an optimizer from the start; nil if there was an interrupt.
  private func path(
    of expression: OptimizerExpression, rate: Double, _ isInterrupted: () -> Bool
  ) -> RacePath? {
    let landscape = landscape
    let start = landscape.start
    let point = Parameter(landscape.tensor(start))
    let parameters = Parameters([("point", point)])
    let optimizer = expression.optimizer(of: parameters)
    // As a schedule does: the rates of other rules of the expression follow in proportion.
    optimizer.learningRate = rate
    var generator = RandomStream.noise.generator(seed: rules.seed)
    // As often as a comparison evaluates.
    let period = max(rules.steps / 40, 1)
    let farthest = 100 * landscape.domain.size
    var points = [start]
    points.reserveCapacity(rules.steps + 1)
    var isDiverged = false
    for step in 1...rules.steps {
      if isInterrupted() { return nil }
      var (value, gradients) = valueWithGradients(for: parameters, mode: .inference) {
        landscape.value(at: point.value)
      }
      if rules.noise > 0 {
        let noise = generator.normal(
          [2], standardDeviation: rules.noise, dtype: landscape.dtype)
        gradients = Gradients([gradients[0] + noise], for: parameters)
      }
      optimizer.step(gradients)
      let kept = Self.coordinates(optimizer.evaluationWeights[0])
      guard kept.x.magnitude < farthest, kept.y.magnitude < farthest else {
        isDiverged = true
        break
      }
      points.append(kept)
      if step % period == 0 { optimizer.observe(validationLoss: value.scalar()) }
    }
    let value = landscape.value(at: points[points.count - 1])
    return RacePath(
      rate: rate, points: points, value: value, isDiverged: isDiverged || !value.isFinite,
      domain: landscape.domain, minima: landscape.minima, distance: rules.distance)
  }

  private static func coordinates(_ point: Tensor) -> SIMD2<Double> {
    let scalars = point.converted(to: .float64).scalars(as: Double.self)
    return SIMD2(scalars[0], scalars[1])
  }
}

extension Race.Racer {
  fileprivate init(name: String, _ found: (paths: [RacePath], best: Int)) {
    self.init(name: name, paths: found.paths, best: found.best)
  }
}
