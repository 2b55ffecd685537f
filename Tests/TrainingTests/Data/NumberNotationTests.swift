import TestSupport
import Testing

@testable import Training

/// Tables with numbers that are not written as `5.1`.
struct NumberNotationTests {
  private typealias Notation = NumberNotation

  private func table(
    _ values: [String], delimiter: String = ",", more: String = "x"
  ) throws -> CSVTable {
    let lines = ["a\(delimiter)b"] + values.map { "\"\($0)\"\(delimiter)\(more)" }
    return try CSVTable(bytes: Array(lines.joined(separator: "\n").utf8), file: "t.csv")
  }

  private func numbers(_ table: CSVTable) -> [Double?] {
    (0..<table.rowCount).map { table.number(row: $0, column: 0) }
  }

  struct Reading: Sendable {
    let values: [String]
    let numbers: [Double]
    var delimiter = ","
  }

  @Test(arguments: [
    // Percentages, with spaces and missing values.
    Reading(
      values: ["34.6%", "7 %", "%5", "-2%", "+3.5e1%", "?", "0%"],
      numbers: [34.6, 7, 5, -2, 35, .nan, 0]),
    // Amounts of money; parentheses are a minus.
    Reading(
      values: ["$5", "-$5.25", "$-1", "($1,234.50)", "\u{2212}$0.5", "$ 12"],
      numbers: [5, -5.25, -1, -1234.5, -0.5, 12]),
    Reading(values: ["€1,234.50", "€2"], numbers: [1234.5, 2]),
    Reading(values: ["1.234,50 €", "-3,5 €", "7€"], numbers: [1234.5, -3.5, 7]),
    Reading(values: ["$1,234", "$5,678"], numbers: [1234, 5678]),
    Reading(values: ["¥1.234"], numbers: [1234]),
    // Groups of three digits, also with other marks; 999 needs none.
    Reading(values: ["34,600.00", "999", "1.5"], numbers: [34600, 999, 1.5]),
    Reading(values: ["1,234,567", "1,234"], numbers: [1_234_567, 1234]),
    Reading(values: ["1.234,5", "5,1"], numbers: [1234.5, 5.1]),
    Reading(values: ["1.234.567", "1.234"], numbers: [1_234_567, 1234]),
    Reading(values: ["1 234,5", "12\u{202F}345\u{A0}678"], numbers: [1234.5, 12_345_678]),
    Reading(values: ["1'234.5", "1\u{2019}000"], numbers: [1234.5, 1000]),
    Reading(values: ["(5)", "(1.5)", "3"], numbers: [-5, -1.5, 3]),
    Reading(values: ["1,234", "5"], numbers: [1.234, 5], delimiter: ";"),
    // Dates, and times in UTC.
    Reading(
      values: ["1970-01-01", "1970-1-2", "1969-12-31", "2024-03-01"],
      numbers: [0, 1, -1, 19783]),
    Reading(values: ["01/03/2024", "13/03/2024"], numbers: [19783, 19795]),
    Reading(values: ["03/01/2024", "03/13/2024"], numbers: [19783, 19795]),
    Reading(values: ["01.02.2024", "2.1.2024"], numbers: [19754, 19724]),
    // Both orders say the same.
    Reading(values: ["05/05/2024", "?"], numbers: [19848, .nan]),
    Reading(
      values: [
        "2024-03-01T12:00:00Z", "2024-03-01 06:00", "2024-03-01T12:00+06:00",
        "2024-02-29T22:30:00.0-0130", "2024-03-01",
      ], numbers: [19783.5, 19783.25, 19783.25, 19783, 19783]),
    Reading(values: ["12:30", "0:00", "23:59:59.5"], numbers: [12.5 / 24, 0, 86399.5 / 86400]),
    // Days that there are: leap years, but not of most centuries.
    Reading(
      values: ["2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31"],
      numbers: [19782, 11016, -719162, 2_932_896]),
  ])
  func columnsOfOneNotationAreNumbers(_ reading: Reading) throws {
    let numbers = numbers(try table(reading.values, delimiter: reading.delimiter))
    for (number, expected) in zip(numbers, reading.numbers) {
      #expect(expected.isNaN ? number == nil : number == expected)
    }
  }

  @Test(arguments: [
    // Mixed forms and units.
    ["34.6%", "7"], ["$5", "€5"], ["$5", "5"], ["$5", "5%"], ["2024-03-01", "12:30"],
    ["2024-03-01", "01/03/2024"], ["13/01/2024", "01/13/2024"], ["2024-03-01", "45000"],
    ["12:30", "5"],
    // No numbers: groups of another size, two marks, two signs, a sign without digits.
    ["12,34,5"], ["1234,567,890"], ["1,,234"], ["1.2.3.4"], ["$-"], ["--$5"], ["(-5)"],
    ["()"], ["%"], ["5%%"], ["$$5"], ["5 5"], ["1e5,000"], ["$inf"], ["$1e999"], ["٣%"],
    // Days and times that there are not, two digits for a year, marks that differ.
    ["2024-02-30"], ["2023-02-29"], ["1900-02-29"], ["2024-13-01"], ["2024-00-10"], ["2024-01-00"],
    ["0000-01-01"], ["24-03-01"], ["01/03/24"], ["2024-03/01"], ["2024-03-01T"],
    ["2024-03-01T24:00"], ["2024-03-01T12:30+25:00"], ["2024-03-01T12:30+1"], ["24:00"], ["12:60"],
    ["12:3"],
    ["12:30:60"], ["12:30Z"], ["2024-03-01 12:30 PM"], ["32/01/2024"], ["2024-03"], ["13.13.2024"],
  ])
  func otherColumnsStayText(_ values: [String]) throws {
    let table = try table(values)
    #expect(table.notations.isEmpty && table.firstText(inColumn: 0) != nil)
  }

  @Test(arguments: [
    (["1,234", "5"], "'1,234' in line 2 may be 1.234 or 1234"),
    (["1,234%"], "'1,234%' in line 2 may be 1.234 or 1234"),
    (["12/12/2024", "01/02/2024"], "'01/02/2024' in line 3 may be 2024-01-02 or 2024-02-01"),
    (["2024-03-01", "2024-02-30"], "'2024-02-30' in line 3 is not a date such as 2024-03-31"),
    (["5%", "n.d.", "7%"], "'n.d.' in line 3 is not a number with %"),
    (["red", "blue"], "'red' in line 2 is not a number"),
  ])
  func textsThatAreAlmostNumbersAreNamed(_ values: [String], _ problem: String) throws {
    #expect(try table(values).oddText(inColumn: 0)?.description == problem)
  }

  @Test func textsOfDatesAreTheirDates() {
    for day in stride(from: -719_162, through: 2_932_896, by: 97) {
      let (year, month, date) = CalendarReader.date(ofDay: day)
      #expect(CalendarReader.days(year, month, date) == day)
    }
    #expect(CalendarReader.text(ofDays: 19782.5) == "2024-02-29 12:00")
    #expect(CalendarReader.text(ofDays: .infinity) == "inf")
  }

  // MARK: Kept with a model

  private func encoder(
    _ values: [String], notes: inout [String]
  ) throws -> FeatureEncoder {
    let table = try table(values)
    return try FeatureEncoder(
      fitting: table, target: "b", rows: Array(0..<table.rowCount), notes: &notes)
  }

  /// Other tables are read by the rule of the training data, also where they alone say another or
  /// none.
  @Test(arguments: [
    (["$1.50", "$2,000.00"], "$1,234", 1234.0),
    (["1.234,5", "5,1"], "1.234", 1234),
    (["31/01/2024", "01/02/2024"], "02/01/2024", 19724),
    (["01/31/2024", "01/02/2024"], "02/01/2024", 19754),
    (["5%", "7%"], "6 %", 6),
  ])
  func otherTablesAreReadAlike(_ values: [String], _ text: String, _ number: Double) throws {
    var notes: [String] = []
    let encoder = try JSONText.decode(
      FeatureEncoder.self, from: Array(JSONText.encode(encoder(values, notes: &notes)).utf8))
    let features = try encoder.features(of: table([text]), rows: [0])
    var row = [Float](repeating: 0, count: encoder.width)
    for value in [ColumnValue.text(text), .number(number)] {
      try RowEncoder(encoder).encode(["a": value], into: &row, at: 0)
      #expect(row == features)
    }
  }

  @Test(arguments: [
    (["5%", "7%"], "6", "is not a number with %"), (["5", "7"], "6%", "is not a number"),
    (["$5", "$7"], "€6", "is not a number with $"),
    (["31/01/2024", "01/02/2024"], "12/31/2024", "is not a date such as 31/03/2024"),
    (["2024-01-01", "2024-01-02"], "19723", "is not a date such as 2024-03-31"),
    (["12:30", "13:00"], "0.5", "is not a time such as 12:30"),
  ])
  func whatIsWrittenInAnotherWayIsAnError(
    _ values: [String], _ text: String, _ problem: String
  ) throws {
    var notes: [String] = []
    let encoder = try encoder(values, notes: &notes)
    #expect(throws: TrainingError.data("t.csv:2: column 'a': '\(text)' \(problem)")) {
      try encoder.features(of: table([text]), rows: [0])
    }
    var row = [Float](repeating: 0, count: encoder.width)
    #expect(throws: TrainingError.data("column 'a': '\(text)' \(problem)")) {
      try RowEncoder(encoder).encode(["a": .text(text)], into: &row, at: 0)
    }
  }

  @Test func datesAreDaysAndPlacesInPeriods() throws {
    var notes: [String] = []
    let encoder = try encoder(["2024-03-01", "2024-03-03", "2024-04-01", ""], notes: &notes)
    #expect(notes == ["column 'a' has as features: days, day of the week, time of the year"])
    guard case .date(let mean, _, true, [7, 365.2425]) = encoder.columns[0].encoding else {
      Issue.record("\(encoder.columns[0].encoding)")
      return
    }
    #expect(abs(mean - (19783 + 19785 + 19814) / 3.0) < 1e-9 && encoder.width == 6)
    // A week later the day of the week is the same.
    let other = try table(["2024-03-04", "2024-03-11", "?"])
    let features = try encoder.features(of: other, rows: [0, 1, 2])
    let rows = (0..<3).map { Array(features[6 * $0..<6 * $0 + 6]) }
    #expect(abs(rows[0][1] - rows[1][1]) < 1e-5 && abs(rows[0][2] - rows[1][2]) < 1e-5)
    #expect(abs(rows[0][1] * rows[0][1] + rows[0][2] * rows[0][2] - 1) < 1e-5)
    #expect(rows[0][0] < rows[1][0] && rows[2] == [0, 0, 0, 0, 0, 1])
    #expect(encoder.texts(of: rows[0]) == ["2024-03-04"])
    #expect(encoder.texts(of: rows[2]) == ["missing"])
  }

  @Test(arguments: [
    (["12:30", "13:00"], "days, time of day"), (["2024-03-01", "2024-03-08"], "days"),
    (["2024-03-01T06:00", "2024-03-08T07:00"], "days, time of day"),
  ])
  func periodsAreThoseInWhichDatesDiffer(_ values: [String], _ features: String) throws {
    var notes: [String] = []
    _ = try encoder(values, notes: &notes)
    #expect(notes == ["column 'a' has as features: \(features)"])
  }

  // MARK: Targets

  @Test(arguments: [
    (["5%", "6%"], "numbers with %"), (["2024-03-01", "2024-03-02"], "dates"),
    (["$5.00", "$1,234.50"], "numbers with $"),
  ])
  func targetsAreNumbersToo(_ values: [String], _ noun: String) throws {
    let many = (0..<40).map { values[$0 % 2] }
    let column = try TargetColumn(of: table(many), named: "a")
    #expect(column.notes.contains("predicting 'a' is a regression, because all values are \(noun)"))
    let encoding = column.encoding(fittedTo: Array(0..<40))
    let same = try encoding.targets(of: table([values[0], values[1]]), column: "a")
    #expect(same == column.targets(rows: [0, 1], encoding: encoding))
    #expect(throws: TrainingError.self) { try encoding.targets(of: table(["5"]), column: "a") }
    // As classes they are what is written.
    let classes = try TargetColumn(of: table(many), named: "a", kind: .classification)
    #expect(classes.encoding(fittedTo: [0]) == .classes(values.sorted()))
  }

  @Test func notesTellHowColumnsAreRead() throws {
    #expect(
      try table(["7%", "34.6%"]).notationNotes == ["column 'a': '7%' in line 2 is read as 7"])
    #expect(
      try table(["?", "13/03/2024"]).notationNotes
        == ["column 'a': '13/03/2024' in line 3 is read as 2024-03-13"])
  }
}
