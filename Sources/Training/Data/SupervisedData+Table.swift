extension TrainingData {
  /// The fewest rows that a table may have.
  public static let minimumRowCount = 10

  /// The most distinct whole numbers in a target that are still read as classes.
  public static let maximumWholeNumberClasses = 20

  /// Data from a table: a split, features encoded by the training rows, and the target.
  ///
  /// Without `kind`, a target that is not numeric, or that holds at most
  /// ``maximumWholeNumberClasses`` different whole numbers, makes a classification, any other a
  /// regression. Validation rows are drawn at random, for a classification from each class alike.
  ///
  /// - Parameters:
  ///   - table: The table.
  ///   - target: The name of the column to predict; every other column may become a feature.
  ///   - kind: Classification or regression; nil to go by the target.
  ///   - validation: The fraction of the rows to validate on.
  ///   - seed: Decides the split.
  /// - Throws: ``TrainingError`` of kind `data` that names file, line and column: fewer than 10 rows,
  ///   an unknown target, a target without a value or with the same one everywhere, a target that
  ///   does not fit `kind`, and all that ``FeatureEncoder`` rejects.
  public init(
    table: CSVTable, target: String, kind: TaskKind? = nil, validation: Double = 0.2, seed: UInt64
  ) throws {
    guard let column = table.index(ofColumn: target) else {
      let hint = Suggestion.hint(for: target, in: table.names)
      throw TrainingError.data("\(table.file):\(table.headerLine): no column '\(target)'\(hint)")
    }
    guard table.rowCount >= Self.minimumRowCount else {
      throw TrainingError.data(
        "\(table.file): \(table.rowCount) rows; at least \(Self.minimumRowCount) are needed")
    }
    var notes: [String] = []
    let values = try TargetColumn(table: table, column: column, kind: kind, notes: &notes)
    var generator = RandomStream.trainingData.generator(seed: seed)
    let split = Split(
      rows: table.rowCount, classes: values.classes, fraction: validation, generator: &generator)
    let encoder = try FeatureEncoder(
      fitting: table, target: column, rows: split.training, notes: &notes)
    let encoding = values.encoding(trainingRows: split.training)
    let examples = { (rows: [Int]) in
      try Examples(
        features: encoder.features(of: table, rows: rows), columns: encoder.width,
        targets: values.targets(rows: rows, encoding: encoding))
    }
    try self.init(
      training: examples(split.training), validation: examples(split.validation),
      target: encoding, encoder: encoder, notes: notes)
  }
}
