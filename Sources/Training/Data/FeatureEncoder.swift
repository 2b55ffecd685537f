import Synchronization
import Tensor

/// Encodes the columns of a table as features, with statistics of given rows, usually the training
/// rows.
///
/// - A column whose values are all numbers is standardized with the mean and standard deviation of
///   the given rows and clamped to ±10. Where a few values are hundreds of times as large as the
///   others, it is the ``SignedLogarithm`` that is standardized. A missing value becomes the mean;
///   if the given rows have missing values, a second feature is 1 for a missing value and 0
///   otherwise. A ``NumberNotation`` such as that of `34.6%` is kept, and other tables are read by
///   it.
/// - A column of dates or times is such a number, in days, and besides the sine and cosine of where
///   it is in the day, the week and the year, for those of them in which the given rows differ.
/// - Any other column is categorical, and so is one that ``CSVTable/categorical(_:)`` names. Up to
///   ``oneHotLimit`` categories in the given rows become one 0/1 feature each. A missing value is a
///   category of its own if the given rows have one; a category that they do not have is all zeros.
/// - Of more categories, those in at least ``frequentCount`` of the given rows become a feature
///   each, and all others are all zeros, if most of the rows have one of them. Those of all columns
///   together are at most ``frequentLimit``, and fewer in more than 65,536 rows, so that they take
///   no more than 256 MiB.
/// - Otherwise the column becomes the rank of the category by frequency, the most frequent first,
///   standardized like a number. Missing values and new categories rank behind the last.
/// - A column without information is dropped: one with the same value in all given rows, with text
///   that differs in (nearly) every row, or with row numbers.
///
/// An encoder is `Codable`, so that it can be stored with a model and applied to other tables.
public struct FeatureEncoder: Codable, Sendable, Equatable {
  /// The encoding of one column.
  public enum Encoding: Codable, Sendable, Equatable {
    /// One standardized feature, of the number or of its logarithm, and a second one that marks
    /// missing values if there were any.
    case number(
      mean: Double, deviation: Double, marksMissing: Bool, logarithm: SignedLogarithm? = nil)
    /// One standardized feature of a date or a time, in days, the sine and cosine of 2πx / period
    /// for each of some periods, and a feature that marks missing values if there were any.
    case date(mean: Double, deviation: Double, marksMissing: Bool, periods: [Double])
    /// One 0/1 feature for each category. The empty text stands for a missing value.
    case oneHot(categories: [String])
    /// The standardized rank among categories, the most frequent first.
    case rank(categories: [String], mean: Double, deviation: Double)

    /// The number of features.
    public var width: Int {
      switch self {
      case .number(_, _, let marksMissing, _): marksMissing ? 2 : 1
      case .date(_, _, let marksMissing, let periods):
        1 + 2 * periods.count + (marksMissing ? 1 : 0)
      case .oneHot(let categories): categories.count
      case .rank: 1
      }
    }

    /// Whether the values are numbers, and not categories.
    var isOfNumbers: Bool {
      switch self {
      case .number, .date: true
      case .oneHot, .rank: false
      }
    }
  }

  /// A column and its encoding.
  public struct Column: Codable, Sendable, Equatable {
    /// The name of the column in the header.
    public let name: String
    /// The encoding of its values.
    public let encoding: Encoding
    /// How its numbers are written in tables; `nil` for plain numbers, with a point or a comma, and
    /// for texts.
    public let notation: NumberNotation?

    /// Creates a column.
    init(name: String, encoding: Encoding, notation: NumberNotation? = nil) {
      self.name = name
      self.encoding = encoding
      self.notation = notation
    }
  }

  /// The largest number of categories that all become a feature each, rare ones too.
  public static let oneHotLimit = 32
  /// The largest number of frequent categories of a table that become a feature each.
  public static let frequentLimit = 1024
  /// The number of rows that make a category a frequent one.
  public static let frequentCount = 2

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
  /// - Throws: ``TrainingError`` of kind `data` for a number that is not finite, and a table
  ///   without a column that can be used.
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
  /// - Throws: ``TrainingError`` of kind `data` for a number that is not finite, and a table
  ///   without a column that can be used.
  public init(
    fitting table: CSVTable, target: String, rows: [Int], notes: inout [String]
  ) throws {
    let targetIndex = try table.requiredIndex(ofColumn: target)
    var columns: [Column] = []
    var room = min(Self.frequentLimit, (1 << 26) / max(rows.count, 1))
    for index in 0..<table.columnCount where index != targetIndex {
      let name = table.names[index]
      switch try fittedEncoding(of: table, column: index, rows: rows, room: &room) {
      case .use(let encoding, let note):
        let notation = encoding.isOfNumbers ? table.keptNotation(ofColumn: index) : nil
        columns.append(Column(name: name, encoding: encoding, notation: notation))
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
    let indices = try columns.map { try table.requiredIndex(ofColumn: $0.name) }
    var table = table
    for (column, index) in zip(columns, indices) where column.encoding.isOfNumbers {
      try table.read(column: index, as: column.notation)
    }
    return try features(of: table, columns: indices, rows: rows)
  }

  /// Returns the features of some rows of a table whose columns are read as those of the encoder.
  private func features(
    of table: CSVTable, columns indices: [Int], rows: [Int]
  ) throws -> [Float] {
    let encoder = RowEncoder(self)
    let width = width
    let isBad = Atomic<Bool>(false)
    let features = [Float](unsafeUninitializedCapacity: rows.count * width) { buffer, count in
      buffer.initialize(repeating: 0)
      count = buffer.count
      guard let start = buffer.baseAddress else { return }
      nonisolated(unsafe) let features = start
      forEachChunk(of: rows.count, grain: 1 << 10) { positions in
        for (column, index) in indices.enumerated() {
          let needsNumber = encoder.needsNumber(column)
          for position in positions {
            guard
              let value = table.value(row: rows[position], column: index, isNumber: needsNumber)
            else { return isBad.store(true, ordering: .relaxed) }
            encoder.encode(value, column: column, into: features, at: position * width)
          }
        }
      }
    }
    if isBad.load(ordering: .relaxed) {
      for (column, index) in indices.enumerated() where encoder.needsNumber(column) {
        for row in rows { _ = try table.finiteNumber(row: row, column: index) }
      }
    }
    return features
  }
}

private enum Fit {
  case use(FeatureEncoder.Encoding, note: String? = nil)
  case drop(String)
}

/// The encoding of a column, of which `room` tells how many frequent categories may still be
/// features.
private func fittedEncoding(
  of table: CSVTable, column: Int, rows: [Int], room: inout Int
) throws -> Fit {
  let everyRow = 0..<table.rowCount
  guard everyRow.contains(where: { !table.isMissing(row: $0, column: column) }) else {
    return .drop("it has no value in any row")
  }
  let isCategorical = table.categoricalColumns.contains(column)
  let odd = isCategorical ? nil : table.oddText(inColumn: column)
  guard isCategorical || odd != nil else {
    return try fittedNumber(of: table, column: column, rows: rows)
  }
  guard !table.names[column].isEmpty else {
    throw TrainingError.data("\(table.file):\(table.headerLine): column \(column + 1) has no name")
  }
  var note: String?
  let present = everyRow.filter { !table.isMissing(row: $0, column: column) }
  let categories = table.categories(inColumn: column)
  if let odd,
    present.count(where: { table.resemblesNumber(row: $0, column: column, odd.likely) }) * 10
      >= present.count * 9
  {
    note = "is read as text because \(odd.description)"
  }
  let numbers =
    isCategorical ? 0 : present.count { table.number(row: $0, column: column) != nil }
  if present.count >= 10, numbers * 10 < present.count * 9 {
    let distinct = categories.names.count { !$0.isEmpty }
    if distinct * 20 >= present.count * 19 {
      return .drop("its text differs in every row" + (note.map { "; it \($0)" } ?? ""))
    }
  }
  return fittedCategories(
    categories.names, rows.map { categories.codes[$0] }, room: &room, note: note)
}

private func fittedNumber(of table: CSVTable, column: Int, rows: [Int]) throws -> Fit {
  let notation = table.notations[column]?.notation
  if notation == nil, try table.isRowNumber(column: column) {
    return .drop("it counts the rows")
  }
  guard !table.names[column].isEmpty else {
    throw TrainingError.data("\(table.file):\(table.headerLine): column \(column + 1) has no name")
  }
  // A number that is not finite is an error in every row, not only in the given ones.
  for row in 0..<table.rowCount { _ = try table.finiteNumber(row: row, column: column) }
  let values = try rows.compactMap { try table.finiteNumber(row: $0, column: column) }
  let marksMissing = values.count < rows.count
  let isDate = notation?.isOfDays ?? false
  let logarithm = isDate ? nil : SignedLogarithm(fitting: values)
  let (mean, deviation) = meanAndDeviation(
    logarithm.map { values.map($0.callAsFunction) } ?? values)
  guard deviation > 0 || (marksMissing && !values.isEmpty) else {
    return .drop("it has one value in all training rows")
  }
  if isDate {
    let cycles = CalendarCycle.allCases.filter { $0.varies(in: values) }
    let names = ["days"] + cycles.map(\.description)
    return .use(
      .date(
        mean: mean, deviation: deviation, marksMissing: marksMissing,
        periods: cycles.map(\.period)),
      note: "has as features: " + names.joined(separator: ", "))
  }
  let isNamedAsIdentifier =
    notation == nil && table.hasNameOfIdentifier(column: column)
    && values.allSatisfy { $0 == $0.rounded() }
  let notes =
    (logarithm == nil ? [] : ["has a heavy tail; its logarithm is the feature"])
    + (isNamedAsIdentifier
      ? ["is read as quantities; if its numbers are names, list it among the categories"] : [])
  return .use(
    .number(
      mean: mean, deviation: deviation, marksMissing: marksMissing, logarithm: logarithm),
    note: notes.isEmpty ? nil : notes.joined(separator: ", and "))
}

private func fittedCategories(
  _ names: [String], _ codes: [Int32], room: inout Int, note: String?
) -> Fit {
  var counts = [Int](repeating: 0, count: names.count)
  for code in codes { counts[Int(code)] += 1 }
  let used = names.indices.filter { counts[$0] > 0 }
  guard used.count > 1 else { return .drop("it has one value in all training rows") }
  guard used.count > FeatureEncoder.oneHotLimit else {
    return .use(.oneHot(categories: used.map { names[$0] }.sorted()), note: note)
  }
  let byFrequency = used.sorted { (counts[$1], names[$0]) < (counts[$0], names[$1]) }
  let ranked = byFrequency.filter { !names[$0].isEmpty }
  func described(_ fate: String) -> String {
    let sentence = "has \(ranked.count) different texts in the training rows\(fate)"
    return note.map { "\($0), and \(sentence)" } ?? sentence
  }
  let frequent = byFrequency.prefix(room).prefix { counts[$0] >= FeatureEncoder.frequentCount }
  let texts = frequent.count { !names[$0].isEmpty }
  if let rarest = frequent.last, texts > 0,
    frequent.reduce(0, { $0 + counts[$1] }) * 2 > codes.count
  {
    let fate =
      texts < ranked.count
      ? """
      , of which those with the most rows (\(texts), at least \(counted(counts[rarest], "row")) \
      each) are features of their own; the model cannot tell the others apart
      """ : ", all of which are features of their own"
    room -= frequent.count
    return .use(.oneHot(categories: frequent.map { names[$0] }.sorted()), note: described(fate))
  }
  var ranks = [Double](repeating: Double(ranked.count), count: names.count)
  for (rank, code) in ranked.enumerated() { ranks[code] = Double(rank) }
  let (mean, deviation) = meanAndDeviation(codes.map { ranks[Int($0)] })
  return .use(
    .rank(categories: ranked.map { names[$0] }, mean: mean, deviation: deviation),
    note: described(
      """
      , too many to be features of their own: all that the model sees of one is its rank by \
      frequency
      """))
}

func indices(of categories: [String]) -> [String: Int] {
  Dictionary(
    zip(categories.map(ColumnValue.category), 0...), uniquingKeysWith: { first, _ in first })
}

extension CSVTable {
  /// Returns the different texts of a column in the order of their first rows, the empty one for
  /// missing values, and the index of each row's text.
  fileprivate func categories(inColumn column: Int) -> (names: [String], codes: [Int32]) {
    var names: [String] = []
    var codes: [String: Int32] = [:]
    let rowCodes = (0..<rowCount).map { row in
      let name =
        isMissing(row: row, column: column)
        ? "" : ColumnValue.category(text(row: row, column: column))
      if let code = codes[name] { return code }
      let code = Int32(names.count)
      codes[name] = code
      names.append(name)
      return code
    }
    return (names, rowCodes)
  }

  /// Returns whether a field is a number, or consists of digits and what people write between them
  /// and around them, as in `1.234,5`, `1 000`, `$5` and `7%`, or is written in a given notation.
  fileprivate func resemblesNumber(
    row: Int, column: Int, _ notation: NumberNotation?
  ) -> Bool {
    if number(row: row, column: column) != nil { return true }
    let text = text(row: row, column: column)
    if notation?.number(text) != nil { return true }
    var hasDigit = false
    for scalar in text.unicodeScalars {
      switch scalar {
      case "0"..."9": hasDigit = true
      case ".", ",", "'", " ", "\u{A0}", "\u{202F}", "+", "-", "%", "$", "€", "£": break
      default: return false
      }
    }
    return hasDigit
  }

  /// Returns the value of a field for a column of numbers or of categories; `nil` for text or a
  /// number that is not finite in a column of numbers.
  @inline(__always)
  fileprivate func value(row: Int, column: Int, isNumber: Bool) -> ColumnValue? {
    if isMissing(row: row, column: column) { return .missing }
    guard isNumber else { return .text(text(row: row, column: column)) }
    guard let number = number(row: row, column: column), number.isFinite else { return nil }
    return .number(number)
  }

  /// Returns whether a column is called as those are whose numbers are names: `id`, `user_id`,
  /// `userId`, `zip`, `area code` and the like.
  fileprivate func hasNameOfIdentifier(column: Int) -> Bool {
    let name = names[column]
    return ["id", "code", "zip", "zipcode", "postcode"].contains { word in
      guard name.lowercased().hasSuffix(word) else { return false }
      guard let before = name.dropLast(word.count).last else { return true }
      let first = name.suffix(word.count).first
      return !before.isLetter || before.isLowercase && first?.isUppercase == true
    }
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
