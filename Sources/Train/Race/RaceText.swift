import Training

/// What is said about a race, on the terminal and on its page.
enum RaceText {
  /// The header of the table of a race.
  static let header = ["optimizer", "rate", "steps", "end", "value"]

  /// The row of a path: the name, the learning rate, the steps to a minimum, the last point, and
  /// the value there.
  static func cells(of path: RacePath, name: String) -> [String] {
    [
      name, Format.number(path.rate), arrival(of: path), point(path.points[path.points.count - 1]),
      path.isDiverged ? "diverged" : Format.number(path.value),
    ]
  }

  /// The steps to a minimum, or a dash.
  static func arrival(of path: RacePath) -> String { path.arrival.map(String.init) ?? "–" }

  /// The table of a race for a terminal.
  static func table(of race: Race) -> String {
    TextTable.text(header, race.racers.map { cells(of: $0.path, name: $0.name) })
  }

  /// The line above the table: the function, the start and the minima.
  static func heading(of race: Race) -> String {
    "\(race.landscape.name): \(race.landscape.formula), \(from(race.landscape))"
  }

  /// The start and the minima in words.
  static func from(_ landscape: any RaceLandscape) -> String {
    let minima = landscape.minima.map(point).joined(separator: " ")
    return "from \(point(landscape.start)) to \(minima)"
  }

  /// What the number of steps in a table means.
  static func stepsNote(_ rules: RaceRules) -> String {
    """
    steps: after how many an optimizer was within \(Format.number(rules.distance)) of a minimum \
    and
    """
      + " stayed there; – if it was not after \(rules.steps)"
  }

  /// Where the learning rates come from.
  static func ratesNote(_ rules: RaceRules) -> String {
    switch rules.rates {
    case .searched:
      "rate: the best of 1, 2, 5, 10, … for each optimizer: within the picture if it"
        + " can, the fewest steps, else the lowest value at the end"
    case .fixed(let rate): "rate: \(Format.number(rate)) for all"
    case .list(let rates):
      "rate: the best of \(rates.map { Format.number($0) }.joined(separator: ", "))"
        + " for each optimizer"
    }
  }

  /// A point in a few digits.
  static func point(_ point: SIMD2<Double>) -> String {
    func text(_ value: Double) -> String { Format.number((value * 1e4).rounded() / 1e4) }
    return "(\(text(point.x)), \(text(point.y)))"
  }
}
