/// A period in which dates and times return, such as the week.
enum CalendarCycle: CaseIterable, CustomStringConvertible {
  case day, week, year

  /// The length in days.
  var period: Double {
    switch self {
    case .day: 1
    case .week: 7
    case .year: 365.2425
    }
  }

  var description: String {
    switch self {
    case .day: "time of day"
    case .week: "day of the week"
    case .year: "time of the year"
    }
  }

  /// Whether some dates, in days since 1970-01-01, are at different times of day, days of the week
  /// or months.
  func varies(in days: [Double]) -> Bool {
    let places = days.lazy.map { days in
      let day = days.rounded(.down)
      return switch self {
      case .day: days - day
      case .week: day - 7 * (day / 7).rounded(.down)
      case .year: Double(CalendarReader.date(ofDay: Int(day)).month)
      }
    }
    return places.contains { $0 != places.first }
  }
}
