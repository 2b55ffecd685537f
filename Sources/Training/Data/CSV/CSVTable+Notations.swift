import Optim
import Tensor

/// Numbers that are not written as `5.1`: with decimal commas, in groups, with units, and dates.
extension CSVTable {
  /// How the numbers of a column are written, and the first of them that is not a plain number.
  struct ColumnNotation: Sendable {
    let notation: NumberNotation
    let text: String
    let line: Int
    let number: Double
  }

  /// A text that keeps a column from being one of numbers.
  struct OddText: Sendable {
    let text: String
    let line: Int
    /// What is wrong with it: `is not a number`.
    let problem: String
    /// How most other texts are written, if they are numbers.
    var likely: NumberNotation?

    var description: String { "'\(text)' in line \(line) \(problem)" }
  }

  /// Turns the columns all of whose values are written in one notation into columns of numbers.
  ///
  /// - Throws: ``TrainingError`` of kind `data` for a column with decimal commas and points.
  mutating func readNotations() throws {
    for column in 0..<columnCount {
      guard let first = firstText(inColumn: column) else { continue }
      let candidates = NumberNotation.candidates(for: text(row: first, column: column))
      if candidates.isEmpty { continue }
      let rows = rowsWithValue(inColumn: column)
      let texts = rows.map { text(row: $0, column: column) }
      let fitting = candidates.compactMap { notation in
        Self.numbers(texts, notation).map { (notation: notation, numbers: $0) }
      }
      guard let best = fitting.first else {
        try checkDecimalMarks(column, rows, candidates)
        continue
      }
      guard let chosen = choice(of: fitting) else {
        let differing = rows.indices.first { index in
          fitting.contains { $0.numbers[index] != best.numbers[index] }
        }
        let index = differing ?? 0
        let readings = Set(fitting.map { $0.notation.text(of: $0.numbers[index]) }).sorted()
        doubts[column] = OddText(
          text: texts[index], line: lines[rows[index]],
          problem: "may be " + readings.joined(separator: " or "), likely: best.notation)
        continue
      }
      for (row, number) in zip(rows, chosen.numbers) {
        content.replace(row: row, column: column, with: CSVCell(number: number))
      }
      if let index = rows.firstIndex(of: first) {
        notations[column] = ColumnNotation(
          notation: chosen.notation, text: texts[index], line: lines[first],
          number: chosen.numbers[index])
      }
    }
  }

  /// Reads a column by the notation of another table, or as plain numbers.
  ///
  /// Decimal commas and points count as plain numbers, because the file decides about them.
  ///
  /// - Throws: ``TrainingError`` of kind `data` for a value that is not written so.
  mutating func read(column: Int, as notation: NumberNotation?) throws {
    let current = notations[column]?.notation
    if current == notation || notation == nil && current == .decimalComma { return }
    for row in rowsWithValue(inColumn: column) {
      let text = text(row: row, column: column)
      let number = if let notation { notation.number(text) } else { Self.number(text) }
      guard let number else {
        throw badValue(row: row, column: column, "is not \(notation?.noun ?? "a number")")
      }
      content.replace(row: row, column: column, with: CSVCell(number: number))
    }
    notations[column] = nil
  }

  /// The one of several notations that fit a column, or `nil` if they differ and none is certain:
  /// an amount of money has no thousandths, and in a file whose fields are not between commas a
  /// comma is a decimal mark.
  private func choice(
    of fitting: [(notation: NumberNotation, numbers: [Double])]
  ) -> (notation: NumberNotation, numbers: [Double])? {
    if fitting.allSatisfy({ $0.numbers == fitting[0].numbers }) { return fitting[0] }
    if case .amount(_, _, .some(let unit)) = fitting[0].notation, unit != "%" {
      // With groups instead of thousandths numbers are larger.
      let sizes = fitting.map { $0.numbers.reduce(0) { $0 + abs($1) } }
      return zip(fitting, sizes).first { $0.1 == sizes.max() }?.0
    }
    return fitting.first { $0.notation == .decimalComma && delimiter != UInt8(ascii: ",") }
  }

  private static func numbers(_ texts: [String], _ notation: NumberNotation) -> [Double]? {
    var numbers: [Double] = []
    numbers.reserveCapacity(texts.count)
    for text in texts {
      guard let number = notation.number(text) else { return nil }
      numbers.append(number)
    }
    return numbers
  }

  /// Checks that not all that keeps a column from having decimal commas are decimal points.
  private func checkDecimalMarks(
    _ column: Int, _ rows: [Int], _ candidates: [NumberNotation]
  ) throws {
    guard candidates.contains(.decimalComma) else { return }
    let (texts, numbers) = (
      rows.filter { content[$0, column].number == nil },
      rows.filter { content[$0, column].number != nil }
    )
    let isDecimal = texts.allSatisfy {
      NumberNotation.decimalComma.number(text(row: $0, column: column)) != nil
    }
    let point = numbers.first { text(row: $0, column: column).utf8.contains(UInt8(ascii: ".")) }
    guard isDecimal, let point, let first = texts.first else { return }
    throw badValue(
      row: point, column: column,
      "has a decimal point, but '\(text(row: first, column: column))' in line \(lines[first]) a"
        + " decimal comma")
  }

  /// The notation of a column that other tables are read by: none where the file decides.
  func keptNotation(ofColumn column: Int) -> NumberNotation? {
    notations[column].flatMap { $0.notation == .decimalComma ? nil : $0.notation }
  }

  /// Sentences on how columns were read.
  var notationNotes: [String] {
    let all = notations.filter { !categoricalColumns.contains($0.key) }
      .sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    let commas = all.filter { $0.1.notation == .decimalComma }
    let others = all.filter { $0.1.notation != .decimalComma }.map { column, example in
      let number = example.notation.text(of: example.number)
      return "column '\(names[column])': '\(example.text)' in line \(example.line) is read as"
        + " \(number)"
    }
    guard let (column, example) = commas.first else { return others }
    let place = commas.count == 1 ? "column '\(names[column])'" : "\(commas.count) columns"
    return [
      "\(place): commas are read as decimal marks, '\(example.text)' in line \(example.line) as"
        + " \(example.number)"
    ] + others
  }

  /// Returns the text that makes a column one of text, for messages: one that may be two numbers,
  /// the first that is written in another way than most, or else the first.
  func oddText(inColumn column: Int) -> OddText? {
    if let doubt = doubts[column] { return doubt }
    let rows = (0..<rowCount).filter { content[$0, column].textOffset != nil }
    guard let first = rows.first else { return nil }
    var counts: [NumberNotation: Int] = [:]
    for row in rows.prefix(50) {
      let candidates = NumberNotation.candidates(for: text(row: row, column: column))
      for notation in candidates { counts[notation, default: 0] += 1 }
    }
    let most = counts.values.max()
    // In the order of candidates, so that the result is always the same.
    let likely = rows.prefix(50).lazy
      .flatMap { NumberNotation.candidates(for: text(row: $0, column: column)) }
      .first { counts[$0] == most }
    let odd =
      rows.first { (likely ?? .decimalComma).number(text(row: $0, column: column)) == nil }
      ?? first
    return OddText(
      text: text(row: odd, column: column), line: lines[odd],
      problem: "is not \(likely?.noun ?? "a number")", likely: likely)
  }

  /// Returns the rows that have a value in a column.
  func rowsWithValue(inColumn column: Int) -> [Int] {
    (0..<rowCount).filter { !isMissing(row: $0, column: column) }
  }
}
