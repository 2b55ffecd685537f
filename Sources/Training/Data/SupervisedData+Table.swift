import Tensor

extension SupervisedData {
  /// The smallest number of rows of a table.
  public static let minimumRowCount = 10

  /// Creates data from a table, with rows drawn at random for validation and perhaps for a test.
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
  ///   - testFraction: The fraction of the rows to keep apart as ``test``; 0, the default, for
  ///     none.
  ///   - skipsMissingTargets: Whether rows without a value in the target column are left out, as if
  ///     the table did not have them, instead of an error. A note tells their number.
  ///   - seed: Determines the split.
  /// - Throws: ``TrainingError`` of kind `data` that names file, line and column, for fewer than
  ///   ``minimumRowCount`` rows, for fractions that leave a part without rows, and for what
  ///   ``TargetColumn`` and ``FeatureEncoder`` reject.
  public init(
    table: CSVTable, target: String, kind: TargetKind? = nil, validation fraction: Double = 0.2,
    test testFraction: Double = 0, skippingMissingTargets skipsMissingTargets: Bool = false,
    seed: UInt64
  ) throws {
    // An unknown column is the more helpful complaint.
    _ = try table.requiredIndex(ofColumn: target)
    let rowCount = table.rowCount
    let table = skipsMissingTargets ? try table.rows(withValueIn: target) : table
    let skippedRows = rowCount - table.rowCount
    guard table.rowCount >= Self.minimumRowCount else {
      throw TrainingError.data(
        """
        \(table.file): \(counted(table.rowCount, "row"))\(skippedRows > 0 ? " with a target" : "")\
        ; at least \(Self.minimumRowCount) are needed
        """)
    }
    let column = try TargetColumn(of: table, named: target, kind: kind)
    var generator = RandomStream.trainingData.generator(seed: seed)
    let split = DataSplit(
      rows: table.rowCount, classes: column.classes, validation: fraction, test: testFraction,
      generator: &generator)
    let parts =
      [("training", split.training), ("validation", split.validation)]
      + (testFraction > 0 ? [("test", split.test)] : [])
    if let empty = parts.first(where: { $0.1.isEmpty }) {
      throw TrainingError.data(
        """
        \(table.file): \(table.rowCount) rows are too few for these fractions; no \(empty.0) row \
        is
        """
          + " left")
    }
    try self.init(
      table: table, target: target, column, split: split, skippedRows: skippedRows)
  }

  /// Creates data from a table with given rows for training, validation and test, such as those of
  /// a fold.
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
    table: CSVTable, target: String, _ column: TargetColumn, split: DataSplit,
    skippedRows: Int = 0
  ) throws {
    var notes: [String] = []
    if skippedRows > 0 {
      let are = skippedRows == 1 ? "is" : "are"
      notes.append("\(counted(skippedRows, "row")) without a value of '\(target)' \(are) left out")
    }
    notes += table.notationNotes
    notes += column.notes
    let encoder = try FeatureEncoder(
      fitting: table, target: target, rows: split.training, notes: &notes)
    let encoding = column.encoding(fittedTo: split.training)
    if case .number(_, _, .some, _) = encoding {
      notes.append(
        "'\(target)' has a heavy tail; the model learns its logarithm, of which losses"
          + " and R² are")
    }
    if !encoding.hasUnitOfLoss {
      notes.append(
        "the squares of '\(target)' are beyond all numbers; losses are of the"
          + " standardized target")
    }
    let examples = { (rows: [Int]) in
      try Examples(
        features: encoder.features(of: table, rows: rows), columns: encoder.width,
        targets: column.targets(rows: rows, encoding: encoding))
    }
    try self.init(
      training: examples(split.training), validation: examples(split.validation),
      test: split.test.isEmpty ? nil : examples(split.test), target: encoding, encoder: encoder,
      pixels: nil, notes: notes,
      skippedRows: skippedRows)
  }
}
