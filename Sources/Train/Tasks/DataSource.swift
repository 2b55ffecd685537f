import Training

/// Where the data of a run comes from.
enum DataSource: Sendable, Equatable {
  /// Points generated from the seed of the run.
  case toy(ToyTask)
  /// Images of characters generated from the seed of the run.
  case glyphs
  /// Sums generated from the seed of the run, of numbers of so many digits.
  case addition(digits: Int)
  /// Sequences generated from the seed of the run, with so many symbols between the first and the end.
  case memory(delay: Int)
  /// A CSV file.
  ///
  /// - Parameters:
  ///   - file: The path of the file.
  ///   - target: The name of the column to predict.
  ///   - kind: What to make of the target; nil to go by its values.
  ///   - validation: The fraction of the rows to validate on.
  case csv(file: String, target: String?, kind: TargetKind? = nil, validation: Double = 0.2)
  /// A folder with images and labels as MNIST is published.
  case idx(folder: String)
  /// A text file, of which the end, so large a fraction of it, validates.
  case text(file: String, validation: Double = 0.1)

  /// The names of all tasks.
  static let taskNames = TaskChoice.allCases.map(\.rawValue)

  /// The task.
  var choice: TaskChoice {
    switch self {
    case .toy(.spirals): .spirals
    case .toy(.moons): .moons
    case .toy(.xor): .xor
    case .toy(.sine): .sine
    case .glyphs: .glyphs
    case .addition: .addition
    case .memory: .memory
    case .csv: .csv
    case .idx: .idx
    case .text: .text
    }
  }

  /// The name of the task.
  var taskName: String { choice.rawValue }

  /// The source that the arguments of `train fit` name.
  ///
  /// - Throws: ``TrainingError`` of kind `usage`: a task that is unknown (with the nearest one), or an
  ///   option that it needs or does not take.
  init(task name: String, arguments: Arguments) throws {
    guard let task = TaskChoice(rawValue: name) else {
      throw UsageError("unknown task '\(name)'\(Suggestion.hint(for: name, in: Self.taskNames))")
    }
    let others = TaskChoice.allCases.filter { $0 != task }.flatMap(\.options)
    let own = Set(task.options.map(\.name))
    if let option = arguments.firstGiven(of: others.filter { !own.contains($0.name) }) {
      throw UsageError("--\(option.name) is not an option of the task \(name)")
    }
    func path() throws -> String {
      guard let path = arguments[FitOptions.data] else {
        let placeholder = task == .idx ? "FOLDER" : "FILE"
        throw UsageError("the task \(name) needs --data \(placeholder)")
      }
      return path
    }
    switch task {
    case .spirals: self = .toy(.spirals)
    case .moons: self = .toy(.moons)
    case .xor: self = .toy(.xor)
    case .sine: self = .toy(.sine)
    case .glyphs: self = .glyphs
    case .addition: self = .addition(digits: arguments[FitOptions.digits] ?? 3)
    case .memory: self = .memory(delay: arguments[FitOptions.delay] ?? 40)
    case .csv:
      self = .csv(
        file: try path(), target: arguments[FitOptions.target], kind: arguments[FitOptions.kind],
        validation: arguments[FitOptions.validation] ?? 0.2)
    case .idx: self = .idx(folder: try path())
    case .text:
      self = .text(file: try path(), validation: arguments[FitOptions.validation] ?? 0.1)
    }
  }

  /// The data, split into training and validation by a seed.
  ///
  /// - Throws: ``TrainingError`` for a file that cannot be read or trained on.
  func data(seed: UInt64) throws -> TaskData {
    switch self {
    case .toy(let task): return .examples(task.data(seed: seed))
    case .glyphs: return .examples(Glyphs.data(seed: seed))
    case .addition(let digits): return .examples(Addition(digits: digits).data(seed: seed))
    case .memory(let delay): return .examples(MemoryTask(delay: delay).data(seed: seed))
    case .csv(let file, let target, let kind, let validation):
      let table = try CSVTable(contentsOf: file)
      guard let target else {
        let columns = table.names.joined(separator: ", ")
        throw UsageError("the task csv needs --target COLUMN; \(file) has: \(columns)")
      }
      return .examples(
        try SupervisedData(
          table: table, target: target, kind: kind, validation: validation, seed: seed))
    case .idx(let folder): return .examples(try IDXFolder(folder).data())
    case .text(let file, let validation):
      return .text(try TextData(FileAccess.readText(file), file: file, validation: validation))
    }
  }
}
