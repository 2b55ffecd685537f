/// The column of a table to predict, read as classes or as numbers.
///
/// Unless the kind is given, a column that is not numeric, or that holds at most
/// ``maximumWholeNumberClasses`` different whole numbers, is read as classes, any other as numbers.
public struct TargetColumn: Sendable {
  /// The values of the column.
  public enum Values: Sendable, Equatable {
    /// The names of the classes in order, and the index of each row's class.
    case classes(names: [String], indices: [Int32])
    /// The number of each row.
    case numbers([Double])
  }

  /// The largest number of different whole numbers that are read as classes.
  public static let maximumWholeNumberClasses = 20

  /// The values of the column.
  public let values: Values
  /// Sentences that tell which kind was chosen and why, and whether nearly all rows have one class.
  public let notes: [String]
  /// How the numbers are written, if not plainly.
  let notation: NumberNotation?

  /// Reads a column of a table in every row.
  ///
  /// - Throws: ``TrainingError`` of kind `data` that names file, line and column, for a column that
  ///   does not exist, has no value in some row, has the same value in every row, does not fit
  ///   `kind`, or has too many different values for classes.
  public init(of table: CSVTable, named name: String, kind: TargetKind? = nil) throws {
    let column = try table.requiredIndex(ofColumn: name)
    if let error = try table.missingValueError(inColumn: name) { throw error }
    notation = table.keptNotation(ofColumn: column)
    let labels: [String]
    let reason: String
    if let odd = table.oddText(inColumn: column) {
      guard kind != .regression else {
        throw TrainingError.data(
          "\(table.file):\(odd.line): column '\(name)': '\(odd.text)' \(odd.problem), as a"
            + " regression needs")
      }
      labels = (0..<table.rowCount).map { table.text(row: $0, column: column) }
      reason = odd.description
    } else {
      let numbers = try (0..<table.rowCount).compactMap {
        try table.finiteNumber(row: $0, column: column)
      }
      let isWhole = numbers.allSatisfy { $0 == $0.rounded() }
      var different: Set<Double> = []
      let hasFew = numbers.allSatisfy {
        different.insert($0)
        return different.count <= Self.maximumWholeNumberClasses
      }
      let isClass = isWhole && hasFew && notation == nil
      guard kind ?? (isClass ? .classification : .regression) == .classification else {
        try checkVaries(numbers, table: table, column: column)
        let reason =
          notation.map { "all values are \($0.pluralNoun)" }
          ?? (isWhole ? "it holds many different numbers" : "it holds fractions")
        notes = [choice(.regression, of: name, isRequested: kind != nil, because: reason)]
        values = .numbers(numbers)
        return
      }
      labels =
        notation == nil
        ? numbers.map(wholeNumberText)
        : (0..<table.rowCount).map { table.text(row: $0, column: column) }
      reason = "it holds few different whole numbers"
    }
    try checkVaries(labels, table: table, column: column)
    let names = Set(labels).sorted(by: isOrdered)
    guard names.count * 2 <= labels.count else {
      throw TrainingError.data(
        """
        \(table.file): column '\(name)' has \(names.count) different values in \(labels.count) \
        rows,
        """
          + " too many for classes" + (kind == nil ? ": \(reason)" : ""))
    }
    let indices = Dictionary(uniqueKeysWithValues: zip(names, Int32(0)...))
    notes =
      [skew(labels, of: name)].compactMap(\.self)
      + [choice(.classification, of: name, isRequested: kind != nil, because: reason)]
    values = .classes(names: names, indices: labels.compactMap { indices[$0] })
  }

  /// The class of each row, or `nil` for numbers.
  public var classes: [Int32]? {
    if case .classes(_, let indices) = values { indices } else { nil }
  }

  /// Returns the encoding whose statistics are those of some rows, usually the training rows.
  public func encoding(fittedTo rows: [Int]) -> TargetEncoding {
    switch values {
    case .classes(let names, _):
      return .classes(names)
    case .numbers(let numbers):
      let values = rows.map { numbers[$0] }
      let logarithm = notation?.isOfDays ?? false ? nil : SignedLogarithm(fitting: values)
      let (mean, deviation) = meanAndDeviation(
        logarithm.map { values.map($0.callAsFunction) } ?? values)
      // Equal numbers in all of the rows are only shifted.
      return .number(
        mean: mean, deviation: deviation > 0 ? deviation : 1, logarithm: logarithm,
        notation: notation)
    }
  }

  /// Returns the encoded targets of some rows.
  public func targets(rows: [Int], encoding: TargetEncoding) -> SupervisedData.Targets {
    switch values {
    case .classes(_, let indices): .classes(rows.map { indices[$0] })
    case .numbers(let numbers): .values(rows.map { Float(encoding.standardized(numbers[$0])) })
    }
  }
}

extension TargetEncoding {
  /// Returns the encoded targets of all rows of a table, which may be another one than the encoding
  /// was fitted to.
  ///
  /// - Throws: ``TrainingError`` of kind `data` that names the line, for a column that does not
  ///   exist, a missing value, a class that has no name in the encoding, or a text that is not a
  ///   number.
  public func targets(of table: CSVTable, column name: String) throws -> SupervisedData.Targets {
    let column = try table.requiredIndex(ofColumn: name)
    if let error = try table.missingValueError(inColumn: name) { throw error }
    let rows = 0..<table.rowCount
    switch self {
    case .number(_, _, _, let notation):
      var table = table
      try table.read(column: column, as: notation)
      return .values(
        try rows.compactMap { row in
          try table.finiteNumber(row: row, column: column).map { Float(standardized($0)) }
        })
    case .classes(let names):
      let indices = Dictionary(uniqueKeysWithValues: zip(names, Int32(0)...))
      return .classes(
        try rows.map { row in
          let number = table.number(row: row, column: column).map(wholeNumberText)
          let found =
            indices[table.text(row: row, column: column)] ?? number.flatMap { indices[$0] }
          guard let found else {
            throw table.badValue(row: row, column: column, "is not a class of the training data")
          }
          return found
        })
    }
  }
}

private func choice(
  _ kind: TargetKind, of name: String, isRequested: Bool, because reason: String
) -> String {
  """
  predicting '\(name)' is a \(kind.rawValue), \
  \(isRequested ? "as requested" : "because \(reason)")
  """
}

/// Returns a note where nearly all rows have one class, so that an accuracy is not overrated.
private func skew(_ labels: [String], of name: String) -> String? {
  let counts = Dictionary(labels.map { ($0, 1) }, uniquingKeysWith: +)
  guard let most = counts.max(by: { $0.value < $1.value }) else { return nil }
  let share = Double(most.value) / Double(labels.count)
  if share < 0.8 { return nil }
  let percent = Format.number(100 * share)
  return
    """
    '\(name)' is '\(most.key)' in \(percent)% of the rows, which is the accuracy of always \
    predicting it
    """
}

private func checkVaries<Value: Equatable>(
  _ values: [Value], table: CSVTable, column: Int
) throws {
  guard let first = values.first, values.allSatisfy({ $0 == first }) else { return }
  throw TrainingError.data(
    "\(table.file): column '\(table.names[column])' is '\(first)' in every row;"
      + " there is nothing to predict")
}

/// Returns the name of a class that is given as a number, the same for `1`, `1.0` and `1e0`.
func wholeNumberText(_ number: Double) -> String {
  Int64(exactly: number).map(String.init) ?? String(number)
}

/// Orders numbers by value, and all else alphabetically behind them.
private func isOrdered(_ a: String, _ b: String) -> Bool {
  switch (Double(a), Double(b)) {
  case (let first?, let second?): first < second
  case (nil, nil): a < b
  case (let first, _): first != nil
  }
}
