/// The value of one column in a row: a number, a text, or none.
///
/// ```swift
/// let row: [String: ColumnValue] = ["width": 3.1, "kind": "oak", "height": nil]
/// ```
public enum ColumnValue: Sendable, Equatable {
  /// A number.
  case number(Double)
  /// A text; in a column of numbers it is read as one.
  case text(String)
  /// No value.
  case missing
}

extension ColumnValue: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByStringLiteral, ExpressibleByNilLiteral
{
  /// Creates a number.
  public init(floatLiteral value: Double) { self = .number(value) }
  /// Creates a number.
  public init(integerLiteral value: Int) { self = .number(Double(value)) }
  /// Creates a text.
  public init(stringLiteral value: String) { self = .text(value) }
  /// Creates a missing value.
  public init(nilLiteral: ()) { self = .missing }
}

extension ColumnValue {
  /// The finite number that a column of numbers needs, `nil` for a missing value.
  ///
  /// A text is read as in a table, in the notation of the column: `?`, `NA` and the like are
  /// missing values.
  ///
  /// - Throws: ``TrainingError`` of kind `data` for any other text and a number that is not finite.
  func number(
    ofColumn name: String, _ notation: NumberNotation?
  ) throws(TrainingError) -> Double? {
    let value: Double
    switch self {
    case .missing: return nil
    case .number(let number): value = number
    case .text(let text):
      if CSVTable.isMissingValue(text) { return nil }
      let number = if let notation { notation.number(text) } else { CSVTable.number(text) }
      guard let number else {
        throw .data("column '\(name)': '\(text)' is not \(notation?.noun ?? "a number")")
      }
      value = number
    }
    guard value.isFinite else { throw .data("column '\(name)': \(value) is not a finite number") }
    return value
  }

  /// The text that a column of categories needs, empty for a missing value; a whole number is
  /// written without a fraction.
  var category: String {
    switch self {
    case .missing: return ""
    case .number(let number): return wholeNumberText(number)
    case .text(let text): return CSVTable.isMissingValue(text) ? "" : Self.category(text)
    }
  }

  /// The text without the fraction of a whole number: tables are often written with `7.0` for `7`
  /// where other rows have no value.
  static func category(_ text: String) -> String {
    let number = text.utf8.dropLast(2)
    let digits = number.first == UInt8(ascii: "-") ? number.dropFirst() : number
    guard text.utf8.suffix(2).elementsEqual(".0".utf8), !digits.isEmpty,
      digits.allSatisfy({ (0x30...0x39).contains($0) })
    else { return text }
    return String(number) ?? text
  }
}
