import Training

/// A table in a file; one column is predicted from the others.
struct CSVTask: TrainingTask {
  static let name = "csv"
  static let summary = "a table in a file, classification or regression"
  static let models = ["mlp"]
  static let options: [any AnyOption] = [
    dataOption, target, kind, categories, validation, TaskOptions.test,
    TaskOptions.skipMissingTargets, TaskOptions.loss,
  ]

  static let dataOption = Option("data", .text("FILE"), "csv: the file")
  static let target = Option("target", .text("COLUMN"), "csv: the column to predict")
  static let kind = Option<TargetKind?>(
    "kind", .choice, "csv: classification or regression", unset: "by the target")
  static let categories = Option<[String]?>(
    "categories", .list(of: "columns"), "csv: columns of numbers that are names",
    unset: "none")
  static let validation = Option(
    "validation", .number(above: 0, below: 1), "csv: fraction of the rows to validate on",
    default: 0.2)

  /// The path of the table.
  let source: String
  private let target: String?
  var targetName: String? { target }
  private let kind: TargetKind?
  private let categories: [String]
  private let validation: Double
  private let test: Double
  private let skipsMissingTargets: Bool

  static func setDefaults(_ defaults: inout TrainingDefaults, model: String) {
    let rows = defaults.exampleCount
    defaults.model["activation"] = "gelu"
    // Strong, because a small table is easily learned by heart; early stopping does the rest.
    defaults.weightDecay = rows < 2000 ? 0.5 : 0.1
    // A small table gets small batches, so that an epoch still has several steps.
    defaults.batchSize = min(64, max(8, rows / 16), rows)
    // 200 epochs, but of a large table only as many as fit a moderate number of steps.
    let epoch = defaults.stepsPerEpoch
    defaults.steps = min(200 * epoch, max(60_000, 10 * epoch))
    // Half of the schedule: while the learning rate is near its peak the loss goes up and down.
    defaults.patience = max(5, defaults.steps / epoch / 2)
  }

  init(_ values: OptionValues) throws {
    source = try TaskOptions.path(Self.dataOption, values, of: Self.name)
    target = values[Self.target]
    kind = values[Self.kind]
    categories = values[Self.categories] ?? []
    validation = values[Self.validation]
    test = values[TaskOptions.test]
    skipsMissingTargets = values[TaskOptions.skipMissingTargets]
    try TaskOptions.checkFractions(validation: validation, test: test)
  }

  /// The table, and the name of its target.
  private func table() throws -> (table: CSVTable, target: String) {
    let table = try CSVTable(contentsOf: source)
    guard let target else {
      let columns = table.names.joined(separator: ", ")
      throw UsageError("the task csv needs --target COLUMN; \(source) has: \(columns)")
    }
    if categories.contains(target) {
      throw UsageError("--categories: '\(target)' is the target; see --kind")
    }
    if !skipsMissingTargets { try TaskOptions.checkTargets(of: table, in: target) }
    return (try table.categorical(categories), target)
  }

  func data(seed: UInt64) throws -> TaskData {
    let (table, target) = try table()
    return .examples(
      try SupervisedData(
        table: table, target: target, kind: kind, validation: validation, test: test,
        skippingMissingTargets: skipsMissingTargets, seed: seed))
  }

  func folds(_ count: Int, seed: UInt64) throws -> [TaskData] {
    var (table, target) = try table()
    if skipsMissingTargets { table = try table.rows(withValueIn: target) }
    let classes = try TargetColumn(of: table, named: target, kind: kind).classes
    var generator = RandomStream.trainingData.generator(seed: seed)
    var rows = Array(0..<table.rowCount)
    if test > 0 {
      // The rows that a run with this seed keeps apart are in no fold.
      let split = DataSplit(
        rows: table.rowCount, classes: classes, validation: validation, test: test,
        generator: &generator)
      rows = (split.training + split.validation).sorted()
    }
    guard count <= rows.count else {
      throw UsageError("--folds: \(count) is more than the \(rows.count) rows of \(source)")
    }
    let folds = Folds(
      of: rows.count, count: count,
      stratifiedBy: classes.map { classes in rows.map { classes[$0] } }, using: &generator)
    return try folds.map { fold in
      let split = DataSplit(
        training: fold.training.map { rows[$0] }, validation: fold.validation.map { rows[$0] })
      return .examples(try SupervisedData(table: table, target: target, kind: kind, split: split))
    }
  }

  func resolve(_ values: inout OptionValues, _ data: TaskData) throws {
    values[Self.dataOption] = FileAccess.absolutePath(source)
    guard case .examples(let data) = data else { return }
    values[Self.kind] = data.target.kind
    try TaskOptions.resolveLoss(&values, data.target)
  }
}
