/// Encodes the columns of a table as features, with statistics of given rows, usually the training
/// rows.
///
/// - A column whose values are all numbers is standardized with the mean and standard deviation of
///   the given rows and clamped to ±10. A missing value becomes the mean; if the given rows have
///   missing values, a second feature is 1 for a missing value and 0 otherwise.
/// - Any other column is categorical. Up to ``oneHotLimit`` categories in the given rows become one
///   0/1 feature each. A missing value is a category of its own if the given rows have one; a
///   category that they do not have is all zeros.
/// - A categorical column above the limit becomes its rank by frequency, the most frequent category
///   first, standardized like a number. Missing values and new categories rank behind the last.
/// - A column without information is dropped: one with the same value in all given rows, with text
///   that differs in (nearly) every row, or with row numbers.
///
/// An encoder is `Codable`, so that it can be stored with a model and applied to other tables.
public struct FeatureEncoder: Codable, Sendable, Equatable {
  /// The encoding of one column.
  public enum Encoding: Codable, Sendable, Equatable {
    /// One standardized feature, and a second one that marks missing values if there were any.
    case number(mean: Double, deviation: Double, marksMissing: Bool)
    /// One 0/1 feature for each category. The empty text stands for a missing value.
    case oneHot(categories: [String])
    /// The standardized rank among categories, the most frequent first.
    case rank(categories: [String], mean: Double, deviation: Double)

    /// The number of features.
    public var width: Int {
      switch self {
      case .number(_, _, let marksMissing): marksMissing ? 2 : 1
      case .oneHot(let categories): categories.count
      case .rank: 1
      }
    }
  }

  /// A column and its encoding.
  public struct Column: Codable, Sendable, Equatable {
    /// The name of the column in the header.
    public let name: String
    /// The encoding of its values.
    public let encoding: Encoding
  }

  /// The largest number of categories that become a feature each.
  public static let oneHotLimit = 32

  /// The encoded columns, in the order of their features.
  public let columns: [Column]

  /// The number of features in a row.
  public var width: Int { columns.reduce(0) { $0 + $1.encoding.width } }

  /// Creates an encoder for columns of numbers that become features as they are.
  package init(numbers names: [String]) {
    columns = names.map {
      Column(name: $0, encoding: .number(mean: 0, deviation: 1, marksMissing: false))
    }
  }

  /// Creates an encoder for all columns of a table but the target.
  ///
  /// - Parameters:
  ///   - table: The table. All of its rows determine whether a column is numeric.
  ///   - target: The name of the column that is not a feature.
  ///   - rows: The rows that determine means, deviations and categories, usually the training rows.
  /// - Throws: ``TrainingError`` of kind `data` for a column without any value, a number that is
  ///   not finite, and a table without a column that can be used.
  public init(fitting table: CSVTable, target: String, rows: [Int]) throws {
    var notes: [String] = []
    try self.init(fitting: table, target: target, rows: rows, notes: &notes)
  }

  /// Creates an encoder for all columns of a table but the target, with notes on columns that are
  /// dropped or may be misread.
  ///
  /// - Parameters:
  ///   - table: The table. All of its rows determine whether a column is numeric.
  ///   - target: The name of the column that is not a feature.
  ///   - rows: The rows that determine means, deviations and categories, usually the training rows.
  ///   - notes: A sentence is appended for each column that is dropped or may be misread.
  /// - Throws: ``TrainingError`` of kind `data` for a column without any value, a number that is
  ///   not finite, and a table without a column that can be used.
  public init(
    fitting table: CSVTable, target: String, rows: [Int], notes: inout [String]
  ) throws {
    let targetIndex = try table.requiredIndex(ofColumn: target)
    var columns: [Column] = []
    for index in 0..<table.columnCount where index != targetIndex {
      let name = table.names[index]
      switch try fittedEncoding(of: table, column: index, rows: rows) {
      case .use(let encoding, let note):
        columns.append(Column(name: name, encoding: encoding))
        if let note { notes.append("column '\(name)' \(note)") }
      case .drop(let reason):
        notes.append("column '\(name)' is not used: \(reason)")
      }
    }
    guard !columns.isEmpty else {
      throw TrainingError.data(
        "\(table.file): no column to learn from is left beside '\(target)'")
    }
    self.columns = columns
  }

  /// Returns the features of some rows, row after row.
  ///
  /// - Throws: ``TrainingError`` of kind `data` that names file and line, for a column that the
  ///   table does not have, and for text or an infinite number in a numeric column.
  public func features(of table: CSVTable, rows: [Int]) throws -> [Float] {
    let encoder = RowEncoder(self)
    let width = width
    let indices = try columns.map { try table.requiredIndex(ofColumn: $0.name) }
    var features = [Float](repeating: 0, count: rows.count * width)
    for (column, index) in indices.enumerated() {
      for (position, row) in rows.enumerated() {
        let value =
          try encoder.needsNumber(column)
          ? table.finiteNumber(row: row, column: index).map(ColumnValue.number) ?? .missing
          : table.isMissing(row: row, column: index)
            ? .missing : .text(table.text(row: row, column: index))
        encoder.encode(value, column: column, into: &features, at: position * width)
      }
    }
    return features
  }
}

private enum Fit {
  case use(FeatureEncoder.Encoding, note: String? = nil)
  case drop(String)
}

private func fittedEncoding(of table: CSVTable, column: Int, rows: [Int]) throws -> Fit {
  let everyRow = 0..<table.rowCount
  guard everyRow.contains(where: { !table.isMissing(row: $0, column: column) }) else {
    throw TrainingError.data(
      "\(table.file):\(table.headerLine): column '\(table.names[column])' has no value in any row")
  }
  guard let firstText = table.firstText(inColumn: column) else {
    return try fittedNumber(of: table, column: column, rows: rows)
  }
  guard !table.names[column].isEmpty else {
    throw TrainingError.data("\(table.file):\(table.headerLine): column \(column + 1) has no name")
  }
  var note: String?
  let present = everyRow.filter { !table.isMissing(row: $0, column: column) }
  let numbers = present.count { table.number(row: $0, column: column) != nil }
  if numbers * 10 >= present.count * 9 {
    let value = table.text(row: firstText, column: column)
    note = "is read as text because '\(value)' in line \(table.lines[firstText]) is not a number"
  } else if present.count >= 10 {
    let distinct = Set(present.map { table.category(row: $0, column: column) }).count
    if distinct * 20 >= present.count * 19 { return .drop("its text differs in every row") }
  }
  return fittedCategories(of: table, column: column, rows: rows, note: note)
}

private func fittedNumber(of table: CSVTable, column: Int, rows: [Int]) throws -> Fit {
  if try table.isRowNumber(column: column) { return .drop("it counts the rows") }
  guard !table.names[column].isEmpty else {
    throw TrainingError.data("\(table.file):\(table.headerLine): column \(column + 1) has no name")
  }
  // A number that is not finite is an error in every row, not only in the given ones.
  for row in 0..<table.rowCount { _ = try table.finiteNumber(row: row, column: column) }
  let values = try rows.compactMap { try table.finiteNumber(row: $0, column: column) }
  let marksMissing = values.count < rows.count
  let (mean, deviation) = meanAndDeviation(values)
  guard deviation > 0 || (marksMissing && !values.isEmpty) else {
    return .drop("it has one value in all training rows")
  }
  return .use(.number(mean: mean, deviation: deviation, marksMissing: marksMissing))
}

private func fittedCategories(
  of table: CSVTable, column: Int, rows: [Int], note: String?
) -> Fit {
  var counts: [String: Int] = [:]
  for row in rows { counts[table.category(row: row, column: column), default: 0] += 1 }
  guard counts.count > 1 else { return .drop("it has one value in all training rows") }
  guard counts.count > FeatureEncoder.oneHotLimit else {
    return .use(.oneHot(categories: counts.keys.sorted()), note: note)
  }
  counts[""] = nil
  let categories = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
  let ranks = indices(of: categories)
  let (mean, deviation) = meanAndDeviation(
    rows.map { Double(ranks[table.category(row: $0, column: column)] ?? categories.count) })
  return .use(.rank(categories: categories, mean: mean, deviation: deviation), note: note)
}

func indices(of categories: [String]) -> [String: Int] {
  Dictionary(zip(categories, 0...), uniquingKeysWith: { first, _ in first })
}

extension CSVTable {
  /// Returns the text of a field, or the empty text for a missing value.
  fileprivate func category(row: Int, column: Int) -> String {
    isMissing(row: row, column: column) ? "" : text(row: row, column: column)
  }

  /// Returns whether a column numbers the rows and has no name or a typical name of such a column.
  ///
  /// The name matters because consecutive numbers may also be years or positions, which are
  /// features.
  fileprivate func isRowNumber(column: Int) throws -> Bool {
    let names = [
      "", "id", "index", "idx", "row", "rowid", "row_id", "rownames", "unnamed: 0", "no",
    ]
    guard names.contains(self.names[column].lowercased()) else { return false }
    guard let first = try finiteNumber(row: 0, column: column) else { return false }
    return try (0..<rowCount).allSatisfy {
      try finiteNumber(row: $0, column: column) == first + Double($0)
    }
  }
}
