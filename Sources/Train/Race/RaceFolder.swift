import Training

/// The folder of a race: a page, a picture of each function, and the results.
struct RaceFolder: Sendable {
  /// The path of the folder, as it was given.
  let path: String

  private static let page = "race.html"
  private static let results = "race.json"

  /// Creates the folder of a new race: `path`, or `runs/race-N` with the first N not used.
  ///
  /// - Throws: ``TrainingError`` of kind `inputOutput`.
  init(creating path: String?, replacing: Bool) throws {
    self.path = try RunFolder.makeFolder(
      path, prefix: "race", replacing: replacing ? ResultFolder.files(in: path) : nil)
  }

  /// Whether a file is one that a race writes.
  static func isOfRace(_ name: String) -> Bool {
    let pictures = (RaceFunction.all.map(\.name) + [RunSlice.name]).map(picture)
    return ([page, results] + pictures).contains(name)
  }

  /// Writes the files of some races.
  ///
  /// - Returns: The names of the files.
  /// - Throws: ``TrainingError`` of kind `inputOutput`.
  func save(_ races: [Race]) throws -> [String] {
    try FileAccess.write(RacePage.html(of: races), to: "\(path)/\(Self.page)")
    try FileAccess.writeJSON(races.map(RaceResults.init), to: "\(path)/\(Self.results)")
    let pictures = try races.map { race in
      let name = Self.picture(of: race.landscape.name)
      try FileAccess.write(RacePlot(race, RaceViews(race)).svg, to: "\(path)/\(name)")
      return name
    }
    return [Self.page, Self.results] + pictures
  }

  private static func picture(of name: String) -> String { name + ".svg" }
}
