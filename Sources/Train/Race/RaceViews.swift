import Tensor
import Training

/// The choices of learning rates that the page of a race offers: in each, one path of every
/// optimizer.
struct RaceViews {
  /// What each choice is called.
  let names: [String]
  /// For each choice the position of the path of each optimizer.
  let paths: [[Int]]
  /// The choice in which all optimizers have their own rates.
  let standard: Int

  init(_ race: Race) {
    let best = race.racers.map(\.best)
    if case .list(let rates) = race.rules.rates {
      let rates = rates.sorted()
      names = ["the best of each"] + rates.map { "\(Format.number($0)) for all" }
      // An optimizer whose expression holds a rate keeps it.
      paths =
        [best]
        + rates.indices.map { index in
          race.racers.map { $0.paths.map(\.rate) == rates ? index : $0.best }
        }
      standard = 0
    } else {
      let shifts = Array(-RaceRates.reach...RaceRates.reach)
      names = shifts.map(Self.name)
      paths = shifts.map { shift in
        race.racers.map { min(max($0.best + shift, 0), $0.paths.count - 1) }
      }
      standard = RaceRates.reach
    }
  }

  private static func name(_ shift: Int) -> String {
    guard shift != 0 else { return "its own for each" }
    return "\(counted(abs(shift), "notch", "notches")) \(shift < 0 ? "lower" : "higher")"
  }
}
