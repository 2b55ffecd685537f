/// Dates of the Gregorian calendar and times of day, in texts and as days since 1970-01-01.
enum CalendarReader {
  /// Returns the days since 1970-01-01 of a date, perhaps with a time of day behind a space or a
  /// `T`; `nil` for other text and for a day that there is not.
  static func date(_ text: String, _ order: NumberNotation.DateOrder) -> Double? {
    var scanner = Scanner(text)
    guard let (first, width) = scanner.digits(atMost: 4),
      let mark = scanner.one(of: "-/."), let (second, _) = scanner.digits(atMost: 2),
      scanner.one(of: mark) != nil, let (third, lastWidth) = scanner.digits(atMost: 4)
    else { return nil }
    let days: Int?
    switch order {
    case .yearMonthDay:
      days = width == 4 && lastWidth <= 2 ? self.days(first, second, third) : nil
    case .dayMonthYear:
      days = width <= 2 && lastWidth == 4 ? self.days(third, second, first) : nil
    case .monthDayYear:
      // Behind points, as in 1.3.2024, the day is first everywhere.
      days = width <= 2 && lastWidth == 4 && mark != "." ? self.days(third, first, second) : nil
    }
    guard let days else { return nil }
    if scanner.isAtEnd { return Double(days) }
    guard scanner.one(of: "Tt ") != nil, let time = scanner.time(), let offset = scanner.offset(),
      scanner.isAtEnd
    else { return nil }
    return Double(days) + (time - offset) / 86400
  }

  /// Returns the fraction of the day that a time is, as in `12:30` and `12:30:05.5`, or `nil` for
  /// other text.
  static func timeOfDay(_ text: String) -> Double? {
    var scanner = Scanner(text)
    guard let time = scanner.time(), scanner.isAtEnd else { return nil }
    return time / 86400
  }

  /// Returns the days from 1970-01-01 to a date, or `nil` if there is none of these numbers.
  static func days(_ year: Int, _ month: Int, _ day: Int) -> Int? {
    guard year >= 1, (1...12).contains(month), day >= 1 else { return nil }
    // Years that begin in March have the day that not all have at their end.
    func start(_ year: Int, _ month: Int) -> Int {
      let shifted = month > 2 ? year : year - 1
      let months = (month + 9) % 12
      return 365 * shifted + shifted / 4 - shifted / 100 + shifted / 400 + (153 * months + 2) / 5
        - 719_468
    }
    let next = month == 12 ? start(year + 1, 1) : start(year, month + 1)
    return start(year, month) + day - 1 < next ? start(year, month) + day - 1 : nil
  }

  /// Returns the year, month and day of a day since 1970-01-01, from the year 1 on.
  static func date(ofDay day: Int) -> (year: Int, month: Int, day: Int) {
    // Days since the 1st of March of the year 0, in cycles of 400 years.
    let (era, dayOfEra) = (day + 719_468).quotientAndRemainder(dividingBy: 146_097)
    let year = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * year + year / 4 - year / 100)
    let month = (5 * dayOfYear + 2) / 153
    return (
      400 * era + year + (month < 10 ? 0 : 1), month < 10 ? month + 3 : month - 9,
      dayOfYear - (153 * month + 2) / 5 + 1
    )
  }

  /// Returns a date as `2024-03-01`, with its time if it is not midnight.
  static func text(ofDays days: Double) -> String {
    let whole = days.rounded(.down)
    guard (-719_162...2_932_896).contains(whole) else { return Format.number(days) }
    let (year, month, day) = date(ofDay: Int(whole))
    let date = padded(year, to: 4) + "-" + padded(month, to: 2) + "-" + padded(day, to: 2)
    return days == whole ? date : "\(date) \(text(ofTime: days - whole))"
  }

  /// Returns a time of day as `12:30`, with seconds if there are any.
  static func text(ofTime time: Double) -> String {
    guard (0..<1).contains(time) else { return Format.number(time) }
    let seconds = min(Int((time * 86400).rounded()), 86399)
    let minutes = padded(seconds / 3600, to: 2) + ":" + padded(seconds / 60 % 60, to: 2)
    return seconds % 60 == 0 ? minutes : "\(minutes):\(padded(seconds % 60, to: 2))"
  }

  private static func padded(_ number: Int, to width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(width - digits.count, 0)) + digits
  }

  /// A position in a text.
  private struct Scanner {
    private var rest: Substring.UTF8View

    init(_ text: String) { rest = Substring(text).utf8 }

    var isAtEnd: Bool { rest.isEmpty }

    /// Takes a number of digits, and returns how many there were; `nil` for none and for more.
    mutating func digits(atMost width: Int) -> (value: Int, width: Int)? {
      let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      guard (1...width).contains(digits.count), let value = Int(Substring(digits))
      else { return nil }
      rest = rest.dropFirst(digits.count)
      return (value, digits.count)
    }

    /// Takes one of some ASCII characters.
    mutating func one(of characters: String) -> String? {
      guard let first = rest.first, characters.utf8.contains(first) else { return nil }
      rest.removeFirst()
      return String(UnicodeScalar(first))
    }

    /// Takes two digits of a number below a limit.
    private mutating func pair(below limit: Int) -> Int? {
      guard let (value, width) = digits(atMost: 2), width == 2, value < limit else { return nil }
      return value
    }

    /// Takes a time such as `12:30`, `9:05:07` or `12:30:05.25`, in seconds.
    mutating func time() -> Double? {
      guard let (hours, _) = digits(atMost: 2), hours < 24, one(of: ":") != nil,
        let minutes = pair(below: 60)
      else { return nil }
      let whole = Double(hours * 3600 + minutes * 60)
      guard one(of: ":") != nil else { return whole }
      guard let seconds = pair(below: 60) else { return nil }
      guard one(of: ".,") != nil else { return whole + Double(seconds) }
      let fraction = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      guard let value = Double("0.\(Substring(fraction))"), !fraction.isEmpty else { return nil }
      rest = rest.dropFirst(fraction.count)
      return whole + Double(seconds) + value
    }

    /// Takes `Z`, an offset such as `+02:00`, `+0200` and `-05`, or nothing, in seconds.
    mutating func offset() -> Double? {
      if isAtEnd || one(of: "Zz") != nil { return 0 }
      guard let sign = one(of: "+-"), let (value, width) = digits(atMost: 4) else { return nil }
      var (hours, minutes) = (value, 0)
      if width == 4 {
        (hours, minutes) = (value / 100, value % 100)
      } else {
        guard width == 2 else { return nil }
        if one(of: ":") != nil {
          guard let pair = pair(below: 60) else { return nil }
          minutes = pair
        }
      }
      guard hours < 24, minutes < 60 else { return nil }
      return Double(hours * 3600 + minutes * 60) * (sign == "-" ? -1 : 1)
    }
  }
}
