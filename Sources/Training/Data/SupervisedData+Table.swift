extension SupervisedData {
  /// The smallest number of rows of a table.
  public static let minimumRowCount = 10

  /// Creates data from a table, with rows drawn at random for validation.
  ///
  /// The table is split, stratified by class for a classification; features are encoded by a
  /// ``FeatureEncoder`` and numeric targets standardized with the statistics of the training rows.
  /// ``init(table:target:kind:split:)`` takes given rows. The same can be done step by step:
  /// ```swift
  /// let table = try CSVTable(contentsOf: "iris.csv")
  /// let target = try TargetColumn(of: table, named: "species")
  /// let split = DataSplit(rows: table.rowCount, classes: target.classes, generator: &generator)
  /// let encoder = try FeatureEncoder(fitting: table, target: "species", rows: split.training)
  /// let encoding = target.encoding(fittedTo: split.training)
  /// let training = try SupervisedData.Examples(
  ///   features: encoder.features(of: table, rows: split.training), columns: encoder.width,
  ///   targets: target.targets(rows: split.training, encoding: encoding))
  /// ```
  ///
  /// - Parameters:
  ///   - table: The table.
  ///   - target: The name of the column to predict. Every other column may become a feature.
  ///   - kind: Whether to predict a class or a number, or `nil` to decide by the values; see
  ///     ``TargetColumn``.
  ///   - fraction: The fraction of the rows to validate on.
  ///   - seed: Determines the split.
  /// - Throws: ``TrainingError`` of kind `data` that names file, line and column, for fewer than
  ///   ``minimumRowCount`` rows, and for what ``TargetColumn`` and ``FeatureEncoder`` reject.
  public init(
    table: CSVTable, target: String, kind: TargetKind? = nil, validation fraction: Double = 0.2,
    seed: UInt64
  ) throws {
    // An unknown column is the more helpful complaint.
    _ = try table.requiredIndex(ofColumn: target)
    guard table.rowCount >= Self.minimumRowCount else {
      throw TrainingError.data(
        "\(table.file): \(table.rowCount) rows; at least \(Self.minimumRowCount) are needed")
    }
    let column = try TargetColumn(of: table, named: target, kind: kind)
    var generator = RandomStream.trainingData.generator(seed: seed)
    let split = DataSplit(
      rows: table.rowCount, classes: column.classes, validation: fraction, generator: &generator)
    try self.init(table: table, target: target, column, split: split)
  }

  /// Creates data from a table with given rows for training and validation, such as those of a
  /// fold.
  ///
  /// Features and numeric targets are encoded with the statistics of the training rows alone; all
  /// rows determine which columns hold numbers, and the classes.
  /// ```swift
  /// let target = try TargetColumn(of: table, named: "species")
  /// for fold in Folds(of: table.rowCount, count: 5, stratifiedBy: target.classes) {
  ///   let data = try SupervisedData(table: table, target: "species", split: fold)
  ///   …
  /// }
  /// ```
  ///
  /// - Throws: ``TrainingError`` of kind `data` that names file, line and column, for what
  ///   ``TargetColumn`` and ``FeatureEncoder`` reject.
  public init(
    table: CSVTable, target: String, kind: TargetKind? = nil, split: DataSplit
  ) throws {
    let column = try TargetColumn(of: table, named: target, kind: kind)
    try self.init(table: table, target: target, column, split: split)
  }

  private init(
    table: CSVTable, target: String, _ column: TargetColumn, split: DataSplit
  ) throws {
    var notes = column.notes
    let encoder = try FeatureEncoder(
      fitting: table, target: target, rows: split.training, notes: &notes)
    let encoding = column.encoding(fittedTo: split.training)
    let examples = { (rows: [Int]) in
      try Examples(
        features: encoder.features(of: table, rows: rows), columns: encoder.width,
        targets: column.targets(rows: rows, encoding: encoding))
    }
    try self.init(
      training: examples(split.training), validation: examples(split.validation),
      target: encoding, encoder: encoder, notes: notes)
  }
}
