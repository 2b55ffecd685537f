/// Turns the columns of a table into features, by rules that were fixed on the training rows.
///
/// - A column whose values are all numbers is standardised with the training rows' mean and standard
///   deviation and kept within ±10. A missing value becomes the mean; where the training rows have
///   missing values, a second feature is 1 for a missing value and 0 otherwise.
/// - Any other column is a category. Up to ``oneHotLimit`` categories in the training rows become one
///   0/1 feature each; a missing value is a category of its own if the training rows have one, and a
///   category they do not have is all zeros.
/// - A category column above the limit becomes its rank by frequency, the most frequent first,
///   standardised like a number; missing and new categories rank behind the last.
/// - A column that says nothing is dropped: one value in all training rows, text that differs in
///   (nearly) every row, or row numbers.
///
/// The encoder is stored in a run's `config.json`, so that a model can be applied to other files.
public struct FeatureEncoder: Codable, Sendable, Equatable {
  /// How one column becomes features.
  public enum Encoding: Codable, Sendable, Equatable {
    /// One standardised feature, and one that marks missing values if there were any.
    case number(mean: Double, deviation: Double, marksMissing: Bool)
    /// One 0/1 feature for each category; the empty text stands for a missing value.
    case oneHot(categories: [String])
    /// The standardised rank among categories, the most frequent first.
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

  /// A column that is used, and how.
  public struct Column: Codable, Sendable, Equatable {
    /// The name in the header.
    public let name: String
    /// How its values become features.
    public let encoding: Encoding
  }

  /// The most categories that become a feature each.
  public static let oneHotLimit = 32

  /// The columns that are used, in the order of their features.
  public let columns: [Column]

  /// The number of features in a row.
  public var width: Int { columns.reduce(0) { $0 + $1.encoding.width } }

  /// Chooses the encoding of each column but the target.
  ///
  /// - Parameters:
  ///   - table: The table; a column's type is inferred from all of its rows.
  ///   - target: The index of the column that is not a feature.
  ///   - rows: The training rows, which alone decide means, deviations and categories.
  ///   - notes: Gains a sentence for each column that is dropped or may be misread.
  /// - Throws: ``TrainingError`` of kind `data`: a column without any value, a number that is not
  ///   finite, no column left.
  package init(fitting table: CSVTable, target: Int, rows: [Int], notes: inout [String]) throws {
    var columns: [Column] = []
    for index in 0..<table.columnCount where index != target {
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
        "\(table.file): no column to learn from is left beside '\(table.names[target])'")
    }
    self.columns = columns
  }

  /// The features of some rows, row after row.
  ///
  /// - Throws: ``TrainingError`` of kind `data` for a column that the table does not have, or a text
  ///   or infinite value in a column of numbers, with file and line.
  public func features(of table: CSVTable, rows: [Int]) throws -> [Float] {
    let width = width
    var features = [Float](repeating: 0, count: rows.count * width)
    var offset = 0
    for column in columns {
      guard let index = table.index(ofColumn: column.name) else {
        let hint = Suggestion.hint(for: column.name, in: table.names)
        throw TrainingError.data("\(table.file): there is no column '\(column.name)'\(hint)")
      }
      switch column.encoding {
      case .number(let mean, let deviation, let marksMissing):
        for (position, row) in rows.enumerated() {
          let start = position * width + offset
          if let value = try table.finiteNumber(row: row, column: index) {
            features[start] = standardised(value, mean, deviation)
          } else if marksMissing {
            features[start + 1] = 1
          }
        }
      case .oneHot(let categories):
        let slots = indices(of: categories)
        for (position, row) in rows.enumerated() {
          guard let slot = slots[table.category(row: row, column: index)] else { continue }
          features[position * width + offset + slot] = 1
        }
      case .rank(let categories, let mean, let deviation):
        let ranks = indices(of: categories)
        for (position, row) in rows.enumerated() {
          let rank = ranks[table.category(row: row, column: index)] ?? categories.count
          features[position * width + offset] = standardised(Double(rank), mean, deviation)
        }
      }
      offset += column.encoding.width
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
    note = "is read as text, for '\(value)' in line \(table.lines[firstText]) is not a number"
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
  // A value that is not finite is an error wherever it stands, so every row is read.
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

/// The mean and the standard deviation (of the population), without overflow for any finite values.
package func meanAndDeviation(_ values: [Double]) -> (mean: Double, deviation: Double) {
  let scale = values.reduce(0) { max($0, $1.magnitude) }
  guard scale > 0, let first = values.first else { return (0, 0) }
  // The rounding of the mean must not give a constant column a deviation.
  guard values.contains(where: { $0 != first }) else { return (first, 0) }
  let count = Double(values.count)
  let mean = values.reduce(0) { $0 + $1 / scale } / count
  let variance = values.reduce(0) { $0 + ($1 / scale - mean) * ($1 / scale - mean) } / count
  return (mean * scale, variance.squareRoot() * scale)
}

/// `(value - mean) / deviation` within ±10, so that one outlier cannot swamp a row; 0 for a constant.
private func standardised(_ value: Double, _ mean: Double, _ deviation: Double) -> Float {
  deviation > 0 ? Float(min(max((value - mean) / deviation, -10), 10)) : 0
}

private func indices(of categories: [String]) -> [String: Int] {
  Dictionary(zip(categories, 0...), uniquingKeysWith: { first, _ in first })
}

extension CSVTable {
  /// The text of a field, or the empty text for a missing value.
  fileprivate func category(row: Int, column: Int) -> String {
    isMissing(row: row, column: column) ? "" : text(row: row, column: column)
  }

  /// The first row whose value in a column is neither missing nor a number.
  package func firstText(inColumn column: Int) -> Int? {
    (0..<rowCount).first {
      number(row: $0, column: column) == nil && !isMissing(row: $0, column: column)
    }
  }

  /// The number in a field, or nil for a missing value.
  package func finiteNumber(row: Int, column: Int) throws -> Double? {
    if isMissing(row: row, column: column) { return nil }
    guard let value = number(row: row, column: column) else {
      throw badValue(row: row, column: column, "is not a number")
    }
    guard value.isFinite else {
      throw badValue(row: row, column: column, "is not a finite number")
    }
    return value
  }

  package func badValue(row: Int, column: Int, _ problem: String) -> TrainingError {
    .data(
      "\(place(row: row)): column '\(names[column])': '\(text(row: row, column: column))' \(problem)"
    )
  }

  /// Whether a column counts the rows one by one and has no name or one that says as much.
  ///
  /// The name matters: consecutive numbers may also be years or positions, which are features.
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
