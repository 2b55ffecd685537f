import Tensor

/// How the numbers of a column are written, where it is not as `5.1`.
///
/// A notation is that of a whole column: the one that fits all of its values. A ``FeatureEncoder``
/// keeps it, so that other tables are read by the same rule.
public enum NumberNotation: Codable, Sendable, Hashable {
  /// A decimal number, in groups of three digits or not, with a unit that all values have or none:
  /// `34.6%`, `$1,234.50`, `1.234,50 €`.
  ///
  /// The unit is a percent sign or the symbol of a currency, before or behind the number. It does
  /// not change it: 34.6% is 34.6. A number in parentheses is negative.
  case amount(decimalMark: DecimalMark, groupMark: GroupMark?, unit: String?)
  /// A date of the Gregorian calendar, perhaps with a time of day, as the days since 1970-01-01.
  ///
  /// The offset of a time, as in `T12:30+02:00`, makes it one of UTC; without any it is taken as it
  /// is.
  case date(order: DateOrder)
  /// A time of day, as a fraction of the day.
  case time

  /// What is before the fraction of a number.
  public enum DecimalMark: String, Codable, Sendable, Hashable {
    case point = "."
    case comma = ","
  }

  /// What is between groups of three digits.
  public enum GroupMark: String, Codable, Sendable, Hashable {
    case comma = ","
    case point = "."
    case space = " "
    case apostrophe = "'"
  }

  /// The order of a date's numbers; the year has four digits.
  public enum DateOrder: String, Codable, Sendable, Hashable, CaseIterable {
    case yearMonthDay, dayMonthYear, monthDayYear
  }

  /// Numbers with a decimal comma, and nothing else.
  static let decimalComma = Self.amount(decimalMark: .comma, groupMark: nil, unit: nil)

  /// Whether the numbers are days.
  var isOfDays: Bool { if case .amount = self { false } else { true } }

  /// What a text of another notation is not.
  var noun: String {
    switch self {
    case .amount(_, _, nil): "a number"
    case .amount(_, _, .some(let unit)): "a number with \(unit)"
    case .date(.yearMonthDay): "a date such as 2024-03-31"
    case .date(.dayMonthYear): "a date such as 31/03/2024"
    case .date(.monthDayYear): "a date such as 03/31/2024"
    case .time: "a time such as 12:30"
    }
  }

  /// What all texts of the notation are.
  var pluralNoun: String {
    switch self {
    case .amount(_, _, nil): "numbers"
    case .amount(_, _, .some(let unit)): "numbers with \(unit)"
    case .date: "dates"
    case .time: "times of day"
    }
  }

  /// Returns the number that a text stands for, or `nil` if it is not written this way.
  func number(_ text: String) -> Double? {
    switch self {
    case .amount(let decimalMark, let groupMark, let unit):
      Amount(text).number(decimalMark, groupMark, unit)
    case .date(let order):
      CalendarReader.date(text, order)
    case .time:
      CalendarReader.timeOfDay(text)
    }
  }

  /// Returns a number of this notation for messages: a date as `2024-03-01`.
  func text(of number: Double) -> String {
    switch self {
    case .amount: Format.number(number, digits: 10)
    case .date: CalendarReader.text(ofDays: number)
    case .time: CalendarReader.text(ofTime: number)
    }
  }

  /// The notations in which a text is written, those without groups first.
  static func candidates(for text: String) -> [NumberNotation] {
    let unit = Amount(text).unit
    let marks: [(DecimalMark, GroupMark?)] = [
      (.point, nil), (.comma, nil), (.point, .comma), (.comma, .point), (.point, .space),
      (.comma, .space), (.point, .apostrophe), (.comma, .apostrophe),
    ]
    let amounts = marks.map { Self.amount(decimalMark: $0, groupMark: $1, unit: unit) }
    let dates = DateOrder.allCases.map { Self.date(order: $0) }
    return (amounts + dates + [.time]).filter { $0.number(text) != nil }
  }
}

/// A text taken apart into a sign, a unit and digits with marks.
private struct Amount {
  var unit: String?
  private var isNegative = false
  private var digits: ArraySlice<Unicode.Scalar>
  private var isValid = true

  init(_ text: String) {
    digits = text.unicodeScalars.map(Self.plain)[...]
    var hasSign = false
    if digits.count > 2, digits.first == "(", digits.last == ")" {
      digits = digits.dropFirst().dropLast()
      (hasSign, isNegative) = (true, true)
    }
    while let scalar = digits.first {
      if scalar == "+" || scalar == "-", !hasSign {
        (hasSign, isNegative) = (true, scalar == "-")
      } else if scalar != " ", !take(scalar) {
        break
      }
      digits.removeFirst()
    }
    while let scalar = digits.last {
      guard scalar == " " || take(scalar) else { break }
      digits.removeLast()
    }
  }

  /// Takes a scalar as the unit, if it is one and there is none yet.
  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard unit == nil, scalar == "%" || scalar.properties.generalCategory == .currencySymbol
    else { return false }
    unit = String(scalar)
    return true
  }

  /// One scalar for all that mean the same.
  private static func plain(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    switch scalar {
    case "\u{A0}", "\u{2009}", "\u{202F}": " "
    case "\u{2019}": "'"
    case "\u{2212}": "-"
    default: scalar
    }
  }

  func number(
    _ decimalMark: NumberNotation.DecimalMark, _ groupMark: NumberNotation.GroupMark?,
    _ unit: String?
  ) -> Double? {
    guard unit == self.unit else { return nil }
    let halves = digits.split(
      separator: Unicode.Scalar(decimalMark.rawValue) ?? ".", maxSplits: 1,
      omittingEmptySubsequences: false)
    guard let whole = halves.first else { return nil }
    var bytes: [UInt8] = []
    if let groupMark, let mark = Unicode.Scalar(groupMark.rawValue), whole.contains(mark) {
      let groups = whole.split(separator: mark, omittingEmptySubsequences: false)
      guard (1...3).contains(groups[0].count), groups.dropFirst().allSatisfy({ $0.count == 3 }),
        groups.joined().allSatisfy(isDigit)
      else { return nil }
      bytes = groups.joined().map { UInt8($0.value) }
    } else {
      guard whole.first.map(isDigit) ?? (halves.count == 2), !whole.contains("."),
        let ascii = Self.ascii(whole)
      else { return nil }
      bytes = ascii
    }
    if halves.count == 2 {
      guard let first = halves[1].first, isDigit(first), let ascii = Self.ascii(halves[1])
      else { return nil }
      bytes += [UInt8(ascii: ".")] + ascii
    }
    guard let size = bytes.withUnsafeBufferPointer(CSVCell.number), size.isFinite
    else { return nil }
    return isNegative ? -size : size
  }

  private static func ascii(_ scalars: ArraySlice<Unicode.Scalar>) -> [UInt8]? {
    scalars.allSatisfy(\.isASCII) ? scalars.map { UInt8($0.value) } : nil
  }
}

private func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }
