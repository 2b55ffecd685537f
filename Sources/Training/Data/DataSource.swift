/// Where the data of a run comes from.
public enum DataSource: Sendable, Equatable {
  /// Points generated from the seed of the run.
  case toy(ToyTask)
  /// A CSV file.
  ///
  /// - Parameters:
  ///   - file: The path of the file.
  ///   - target: The name of the column to predict.
  ///   - kind: What to make of the target; nil to go by its values.
  ///   - validation: The fraction of the rows to validate on.
  case csv(file: String, target: String?, kind: TaskKind? = nil, validation: Double = 0.2)

  /// The names of all tasks.
  package static let taskNames = ToyTask.allCases.map(\.rawValue) + [csvName]

  private static let csvName = "csv"

  /// The name of the task.
  public var taskName: String {
    switch self {
    case .toy(let task): task.rawValue
    case .csv: Self.csvName
    }
  }

  /// The source that the arguments of `train fit` name.
  ///
  /// - Throws: ``TrainingError`` of kind `usage`: a task that is unknown (with the nearest one), or an
  ///   option that it needs or does not take.
  package init(task: String, arguments: Arguments) throws {
    if task == Self.csvName {
      guard let file = arguments[FitOptions.data] else {
        throw TrainingError.usage("the task csv needs --data FILE")
      }
      self = .csv(
        file: file, target: arguments[FitOptions.target], kind: arguments[FitOptions.kind],
        validation: arguments[FitOptions.validation] ?? 0.2)
    } else if let toy = ToyTask(rawValue: task) {
      if let option = arguments.firstGiven(of: FitOptions.tableOptions) {
        throw TrainingError.usage("--\(option.name) is for the task csv, not \(task)")
      }
      self = .toy(toy)
    } else {
      let hint = hint(for: task, in: Self.taskNames)
      throw TrainingError.usage("unknown task '\(task)'\(hint)")
    }
  }

  /// The data, split into training and validation by a seed.
  ///
  /// - Throws: ``TrainingError`` for a file that cannot be read or trained on.
  public func data(seed: UInt64) throws -> TrainingData {
    switch self {
    case .toy(let task):
      return task.data(seed: seed)
    case .csv(let file, let target, let kind, let validation):
      let table = try CSVTable(contentsOf: file)
      guard let target else {
        let columns = table.names.joined(separator: ", ")
        throw TrainingError.usage("the task csv needs --target COLUMN; \(file) has: \(columns)")
      }
      return try TrainingData(
        table: table, target: target, kind: kind, validation: validation, seed: seed)
    }
  }
}
