/// The content of `race.json`.
struct RaceResults: Encodable {
  /// A path: where an optimizer came at a learning rate.
  struct Run: Encodable {
    let learningRate: Double
    /// nil if it did not stay near a minimum.
    let stepsToMinimum: Int?
    let end: [Double]
    let value: Double?
    let diverged: Bool

    init(_ path: RacePath) {
      learningRate = path.rate
      stepsToMinimum = path.arrival
      let last = path.points[path.points.count - 1]
      end = [last.x, last.y]
      value = path.value.isFinite ? path.value : nil
      diverged = path.isDiverged
    }
  }

  /// An optimizer, at its own rate and at all.
  struct Optimizer: Encodable {
    let optimizer: String
    let best: Run
    let tried: [Run]
  }

  let function: String
  let formula: String
  let start: [Double]
  let minima: [[Double]]
  let distance: Double
  let steps: Int
  let noise: Double
  let seed: UInt64
  let optimizers: [Optimizer]

  init(_ race: Race) {
    function = race.landscape.name
    formula = race.landscape.formula
    start = [race.landscape.start.x, race.landscape.start.y]
    minima = race.landscape.minima.map { [$0.x, $0.y] }
    distance = race.rules.distance
    steps = race.rules.steps
    noise = race.rules.noise
    seed = race.rules.seed
    optimizers = race.racers.map { racer in
      Optimizer(optimizer: racer.name, best: Run(racer.path), tried: racer.paths.map(Run.init))
    }
  }
}
