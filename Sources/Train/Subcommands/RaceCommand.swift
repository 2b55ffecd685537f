import Training

/// `train race [FUNCTION]`: optimizers on functions of two numbers, or on a slice of the loss of a
/// run.
enum RaceCommand: Command {
  static let name = "race"
  static let usage = "[FUNCTION] [options]"
  static let summary = "draws the paths of optimizers on test functions, or around a run's weights"
  static let options = RaceOptions.groups
  static let wordCount = 1

  static func run(_ arguments: Arguments) throws -> Int32 {
    let rules = try RaceOptions.rules(arguments)
    let functions = try functions(arguments)
    let path = try arguments.newFolder()
    Interrupt.watch()
    let console: Console? =
      arguments[RaceOptions.json] || arguments[FitOptions.quiet] ? nil : .standard
    func say(_ text: String) { console?.write(text + "\n") }
    var races: [Race] = []
    let landscapes: [any RaceLandscape] = try functions ?? slice(arguments).map { [$0] } ?? []
    for landscape in landscapes {
      guard let race = Race(on: landscape, rules) else { return interrupted(say) }
      say(RaceText.heading(of: race))
      say(RaceText.table(of: race) + "\n")
      races.append(race)
    }
    guard !races.isEmpty else { return interrupted(say) }
    say(RaceText.ratesNote(rules))
    say(RaceText.stepsNote(rules))
    let folder = try RaceFolder(creating: path, replacing: arguments[RaceOptions.force])
    let files = try folder.save(races)
    say("files  \(folder.path): \(files.joined(separator: ", "))")
    if arguments[RaceOptions.json] { try Console.standard.printJSON(races.map(RaceResults.init)) }
    return 0
  }

  /// The functions to race on; nil for a slice.
  private static func functions(_ arguments: Arguments) throws -> [RaceFunction]? {
    if arguments[RaceOptions.around] != nil {
      if let word = arguments.words.first {
        throw UsageError("--around and the function '\(word)' exclude each other")
      }
      return nil
    }
    if let option = arguments.values.first(of: [RaceOptions.sample, RaceOptions.grid]) {
      throw UsageError("--\(option.name) is for --around")
    }
    var functions = RaceFunction.all
    if let name = arguments.words.first {
      let names = functions.map(\.name)
      functions.removeAll { $0.name != name }
      guard !functions.isEmpty else {
        throw UsageError("unknown function '\(name)'\(Suggestion.hint(for: name, in: names))")
      }
    }
    guard let start = arguments[RaceOptions.start] else { return functions }
    return functions.map { $0.starting(at: start) }
  }

  /// The slice to race on; nil if it was interrupted.
  private static func slice(_ arguments: Arguments) throws -> RunSlice? {
    guard let path = arguments[RaceOptions.around] else { return nil }
    return try RunSlice(
      of: path, start: arguments[RaceOptions.start], sampleSize: arguments[RaceOptions.sample],
      gridCount: arguments[RaceOptions.grid], seed: arguments[RaceOptions.seed])
  }

  private static func interrupted(_ say: (String) -> Void) -> Int32 {
    say("interrupted")
    return Interrupt.exitStatus
  }
}
