import Training

/// What a sweep varies: options of `train fit`, each with the values to try.
///
/// ```
/// space   = setting { " " setting }
/// setting = NAME "=" range
/// range   = ("log" | "linear" | "uniform" | "int" | "log-int") "(" low "," high [ "," count ] ")"
///         | "choice" "(" value { "," value } ")" | "{" value { "," value } "}"
/// ```
/// `log` and `linear`, which is also called `uniform`, are numbers whose logarithm or which
/// themselves are spread evenly; `log-int` and `int` are whole ones. A count makes a range a list
/// of so many evenly spaced values. Values may contain commas and spaces in parentheses, as in
/// `choice(adamw, lookahead(adamw, sync-period=6))`.
struct SearchSpace: Sendable, Equatable {
  /// The values of a setting that are tried.
  enum Range: Sendable, Equatable {
    /// Some values, as one would type them.
    case choice([String])
    /// Numbers between two bounds.
    case numbers(NumberRange)
  }

  /// An option with the values to try.
  struct Setting: Sendable, Equatable {
    /// The name of the option.
    let name: String
    let range: Range
    /// The range as it was given.
    let text: String
  }

  /// The settings, in the order in which they were given.
  private(set) var settings: [Setting]

  /// Reads settings with spaces between them.
  ///
  /// - Throws: ``UsageError`` that says what is wrong.
  init(_ text: String) throws {
    var reader = SearchSpaceReader(text)
    settings = try reader.settings()
    try checkNames()
  }

  /// Returns both spaces as one.
  func joined(_ other: SearchSpace) throws -> SearchSpace {
    var result = self
    result.settings += other.settings
    try result.checkNames()
    return result
  }

  private func checkNames() throws {
    let names = settings.map(\.name)
    if let twice = names.indices.first(where: { names[..<$0].contains(names[$0]) }) {
      throw UsageError("\(names[twice]) is given twice")
    }
    guard settings.count <= SobolSequence.largestDimension else {
      throw UsageError(
        "\(settings.count) settings; at most \(SobolSequence.largestDimension) can be varied")
    }
  }

  /// The names of the settings.
  var names: [String] { settings.map(\.name) }

  /// The text, which reads as the same space.
  var text: String { settings.map { "\($0.name)=\($0.text)" }.joined(separator: " ") }
}

extension SearchSpace.Range {
  /// The values if there is a list of them; nil for numbers of which any can be tried.
  var list: [String]? {
    switch self {
    case .choice(let values): values
    case .numbers(let range): range.count.map(range.points)
    }
  }

  /// The values of a grid with so many numbers of a range that is not a list.
  func grid(_ points: Int) -> [String] {
    switch self {
    case .choice(let values): values
    case .numbers(let range): range.points(range.count ?? points)
    }
  }

  /// The value at a position from 0 to below 1.
  func value(at position: Double) -> String {
    if let list { return list[min(Int(position * Double(list.count)), list.count - 1)] }
    guard case .numbers(let range) = self else { return "" }
    return range.text(at: position)
  }

  /// Values that all others are like: each one of a list, the ends of a range and one in between.
  var samples: [String] {
    switch self {
    case .choice(let values): values
    case .numbers(let range): range.points(2) + [range.text(at: 0.43)]
    }
  }
}

extension ValueKind<SearchSpace> {
  /// Settings with the values to try; several options are taken together.
  static var searchSpace: Self {
    Self(
      "SPACE", "settings with their ranges", json: { .string($0.text) },
      joining: { try $0.joined($1) }
    ) { try SearchSpace($0) }
  }
}
