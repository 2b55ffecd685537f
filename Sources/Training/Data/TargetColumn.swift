/// The column to predict, read as classes or as numbers.
package enum TargetColumn {
  /// The class names in order, and each row's index among them.
  case classes(names: [String], indices: [Int32])
  /// Each row's number.
  case numbers([Double])

  /// Reads the column in every row.
  ///
  /// Where `kind` is nil the values decide; `notes` gains a sentence that says which kind of task was
  /// chosen, and why.
  package init(table: CSVTable, column: Int, kind: TaskKind?, notes: inout [String]) throws {
    let name = table.names[column]
    try checkPresent(table: table, column: column)
    let labels: [String]
    let reason: String
    if let firstText = table.firstText(inColumn: column) {
      guard kind != .regression else {
        throw table.badValue(row: firstText, column: column, "is not a number, as regression needs")
      }
      labels = (0..<table.rowCount).map { table.text(row: $0, column: column) }
      let text = table.text(row: firstText, column: column)
      reason = "'\(text)' in line \(table.lines[firstText]) is not a number"
    } else {
      let numbers = try (0..<table.rowCount).compactMap {
        try table.finiteNumber(row: $0, column: column)
      }
      let isWhole = numbers.allSatisfy { $0 == $0.rounded() }
      let hasFew = Set(numbers).count <= TrainingData.maximumWholeNumberClasses
      guard kind ?? (isWhole && hasFew ? .classification : .regression) == .classification else {
        try checkVaries(numbers, table: table, column: column)
        let reason = isWhole ? "it holds many different numbers" : "it holds fractions"
        notes.append(choice(.regression, of: name, isAsked: kind != nil, because: reason))
        self = .numbers(numbers)
        return
      }
      labels = numbers.map(className)
      reason = "it holds few different whole numbers"
    }
    try checkVaries(labels, table: table, column: column)
    let names = Set(labels).sorted(by: isOrdered)
    guard names.count * 2 <= labels.count else {
      throw TrainingError.data(
        "\(table.file): column '\(name)' has \(names.count) different values in \(labels.count) rows,"
          + " too many for classes" + (kind == nil ? ": \(reason)" : ""))
    }
    let indices = Dictionary(uniqueKeysWithValues: zip(names, Int32(0)...))
    noteSkew(labels, of: name, notes: &notes)
    notes.append(choice(.classification, of: name, isAsked: kind != nil, because: reason))
    self = .classes(names: names, indices: labels.compactMap { indices[$0] })
  }

  /// Each row's class, where there are classes.
  package var classes: [Int32]? {
    if case .classes(_, let indices) = self { indices } else { nil }
  }

  /// The encoding that the training rows give.
  package func encoding(trainingRows rows: [Int]) -> TargetEncoding {
    switch self {
    case .classes(let names, _):
      return .classes(names)
    case .numbers(let numbers):
      let (mean, deviation) = meanAndDeviation(rows.map { numbers[$0] })
      // Should the training rows be all alike, the numbers are only shifted.
      return .number(mean: mean, deviation: deviation > 0 ? deviation : 1)
    }
  }

  /// The targets of some rows, numbers standardised by an encoding.
  package func targets(rows: [Int], encoding: TargetEncoding) -> Targets {
    switch self {
    case .classes(_, let indices): .classes(rows.map { indices[$0] })
    case .numbers(let numbers): .values(rows.map { Float(encoding.standardised(numbers[$0])) })
    }
  }
}

extension TargetEncoding {
  /// The encoded targets of all rows of a table.
  ///
  /// - Throws: ``TrainingError`` of kind `data` that names the line: no such column, a value that is
  ///   missing, a class that is not among the names, or not a number.
  package func targets(of table: CSVTable, column name: String) throws -> Targets {
    guard let column = table.index(ofColumn: name) else {
      let hint = Suggestion.hint(for: name, in: table.names)
      throw TrainingError.data("\(table.file):\(table.headerLine): no column '\(name)'\(hint)")
    }
    try checkPresent(table: table, column: column)
    let rows = 0..<table.rowCount
    switch self {
    case .number:
      return .values(
        try rows.compactMap { row in
          try table.finiteNumber(row: row, column: column).map { Float(standardised($0)) }
        })
    case .classes(let names):
      let indices = Dictionary(uniqueKeysWithValues: zip(names, Int32(0)...))
      return .classes(
        try rows.map { row in
          let number = table.number(row: row, column: column).map(className)
          let found =
            indices[table.text(row: row, column: column)] ?? number.flatMap { indices[$0] }
          guard let found else {
            throw table.badValue(row: row, column: column, "is not a class that was trained on")
          }
          return found
        })
    }
  }
}

private func checkPresent(table: CSVTable, column: Int) throws {
  for row in 0..<table.rowCount where table.isMissing(row: row, column: column) {
    throw TrainingError.data(
      "\(table.place(row: row)): column '\(table.names[column])' has no value")
  }
}

private func choice(
  _ kind: TaskKind, of name: String, isAsked: Bool, because reason: String
) -> String {
  let why = isAsked ? "as asked with --kind" : "for \(reason) (--kind overrides)"
  return "predicting '\(name)' is a \(kind.rawValue), \(why)"
}

/// Says so where nearly all rows have one class, so that an accuracy is read for what it is worth.
private func noteSkew(_ labels: [String], of name: String, notes: inout [String]) {
  let counts = Dictionary(labels.map { ($0, 1) }, uniquingKeysWith: +)
  guard let most = counts.max(by: { $0.value < $1.value }) else { return }
  let share = Double(most.value) / Double(labels.count)
  if share < 0.8 { return }
  let percent = Format.number(100 * share)
  notes.append(
    "'\(name)' is '\(most.key)' in \(percent)% of the rows: always saying so would be as accurate")
}

private func checkVaries<Value: Equatable>(
  _ values: [Value], table: CSVTable, column: Int
) throws {
  guard let first = values.first, values.allSatisfy({ $0 == first }) else { return }
  throw TrainingError.data(
    "\(table.file): column '\(table.names[column])' is '\(first)' in every row;"
      + " there is nothing to predict")
}

/// The name of a class that is given as a number, the same for `1`, `1.0` and `1e0`.
private func className(_ number: Double) -> String {
  Int64(exactly: number).map(String.init) ?? String(number)
}

/// Numbers in their order, then all else by the alphabet.
private func isOrdered(_ a: String, _ b: String) -> Bool {
  switch (Double(a), Double(b)) {
  case (let first?, let second?): first < second
  case (nil, nil): a < b
  case (let first, _): first != nil
  }
}
