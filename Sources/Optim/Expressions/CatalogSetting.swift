import Tensor

/// A setting of an entry of a ``Catalog``.
public struct CatalogSetting: Sendable, CustomStringConvertible {
  /// The name, such as `sync-period`.
  public let name: String
  /// The value where none is given, or `nil` if one must be given.
  public let standard: String?
  /// The values that are allowed.
  public let kind: SettingKind

  /// Creates a setting; its standard value must be one that it allows.
  public init(_ name: String, _ standard: String?, _ kind: SettingKind) {
    if let standard {
      require(
        kind.allows(standard), "setting \(name): '\(standard)' is not \(kind.description)")
    }
    self.name = name
    self.standard = standard
    self.kind = kind
  }

  /// The setting with its standard value, as in an expression: `sync-period=5`.
  public var description: String { "\(name)=\(standard ?? kind.placeholder)" }
}

/// The values that a setting allows.
///
/// Lists are joined by `-`, as in `hidden=64-64`; a `-` after the `e` of a number belongs to its
/// exponent.
public indirect enum SettingKind: Sendable {
  /// A finite number within bounds.
  case number(NumberBounds)
  /// A whole number from a range.
  case count(ClosedRange<Int>)
  /// `true` or `false`.
  case flag
  /// One of some words.
  case choice([String])
  /// One or more finite numbers within bounds.
  case numbers(NumberBounds)
  /// One or more whole numbers from a range.
  case counts(ClosedRange<Int>)
  /// One or more points `STEP:FACTOR` with ascending steps, both from 0 up.
  case points
  /// An expression of a catalog.
  case expression(of: any Catalog.Type)
  /// A value of another kind, or the word `auto`.
  case auto(or: SettingKind)

  /// A finite number above a bound.
  public static func number(above low: Double) -> Self {
    number(NumberBounds(low, isAbove: true))
  }

  /// A finite number of at least a bound.
  public static func number(from low: Double) -> Self { number(NumberBounds(low)) }

  /// A number of at least one bound and below another.
  public static func number(from low: Double, below high: Double) -> Self {
    number(NumberBounds(low, high, isBelow: true))
  }

  /// A number of at least one bound and at most another.
  public static func number(from low: Double, upTo high: Double) -> Self {
    number(NumberBounds(low, high))
  }

  /// A number above one bound and below another.
  public static func number(above low: Double, below high: Double) -> Self {
    number(NumberBounds(low, high, isAbove: true, isBelow: true))
  }

  /// A number above one bound and at most another.
  public static func number(above low: Double, upTo high: Double) -> Self {
    number(NumberBounds(low, high, isAbove: true))
  }

  /// A whole number of at least a bound.
  public static func count(from low: Int) -> Self { count(low ... .max) }

  /// One or more whole numbers of at least a bound.
  public static func counts(from low: Int) -> Self { counts(low ... .max) }

  /// What a value must be, to follow "is not".
  public var description: String {
    switch self {
    case .number(let bounds): "a number \(bounds.description)"
    case .count(let range): "a whole number \(bounds(of: range))"
    case .flag: "true or false"
    case .choice(let words): "one of \(words.joined(separator: ", "))"
    case .numbers(let bounds): "a list, joined by '-', of numbers \(bounds.description)"
    case .counts(let range): "a list, joined by '-', of whole numbers \(bounds(of: range))"
    case .points: "a list, joined by '-', of STEP:FACTOR with ascending steps, such as \(example)"
    case .expression(let catalog): catalog.noun
    case .auto(let kind): "\(kind.description), or auto"
    }
  }

  /// What stands for a value in a summary.
  public var placeholder: String {
    switch self {
    case .number: "X"
    case .count: "N"
    case .flag: "true|false"
    case .choice(let words): words.joined(separator: "|")
    case .numbers: "X-X-..."
    case .counts: "N-N-..."
    case .points: "STEP:FACTOR-..."
    case .expression(let catalog): catalog.bareNoun.uppercased()
    case .auto(let kind): "auto|\(kind.placeholder)"
    }
  }

  /// The allowed words, where there is a list of them.
  public var choices: [String] {
    switch self {
    case .choice(let words): words
    case .flag: ["true", "false"]
    case .auto(let kind): ["auto"] + kind.choices
    default: []
    }
  }

  /// Returns whether a text is a value of the kind.
  public func allows(_ text: String) -> Bool {
    switch self {
    case .number(let bounds): bounds.allows(text)
    case .count(let range): Int(decimal: text).map(range.contains) ?? false
    case .flag, .choice: choices.contains(text)
    case .numbers(let bounds): Self.parts(of: text).allSatisfy(bounds.allows)
    case .counts(let range):
      Self.parts(of: text).allSatisfy { Int(decimal: $0).map(range.contains) ?? false }
    case .points: Self.points(text) != nil
    case .expression(let catalog): catalog.reads(text)
    case .auto(let kind): text == "auto" || kind.allows(text)
    }
  }

  /// A value of the kind.
  var example: String {
    switch self {
    case .number(let bounds): bounds.example
    case .count(let range): "\(range.lowerBound)"
    case .flag, .choice: choices[0]
    case .numbers(let bounds): bounds.example
    case .counts(let range): "\(range.lowerBound)"
    case .points: "0:1-500:0.1"
    case .expression(let catalog): catalog.example
    case .auto: "auto"
    }
  }

  /// The catalog of the expressions that are values of the kind, or `nil`.
  var catalog: (any Catalog.Type)? {
    switch self {
    case .expression(let catalog): catalog
    case .auto(let kind): kind.catalog
    default: nil
    }
  }

  /// The elements of a list.
  static func parts(of text: String) -> [String] {
    var parts = [""]
    for character in text {
      // A number's exponent: the `-` of 1e-3.
      let isExponent = parts[parts.count - 1].last?.lowercased() == "e"
      if character == "-", !isExponent {
        parts.append("")
      } else {
        parts[parts.count - 1].append(character)
      }
    }
    return parts
  }

  /// The points of a list, or `nil` if a text is none or its steps do not ascend.
  static func points(_ text: String) -> [(step: Int, factor: Double)]? {
    var points = [(step: Int, factor: Double)]()
    for part in parts(of: text) {
      let pair = part.split(separator: ":", omittingEmptySubsequences: false)
      guard pair.count == 2, let step = Int(decimal: pair[0]),
        let factor = Double(decimal: pair[1]), step >= 0,
        factor.isFinite, factor >= 0, step > points.last?.step ?? -1
      else { return nil }
      points.append((step, factor))
    }
    return points
  }

  private func bounds(of range: ClosedRange<Int>) -> String {
    range.upperBound == .max
      ? "of at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
  }
}

/// Bounds of a number, each of which may be allowed or not.
public struct NumberBounds: Sendable {
  private let low: Double
  private let high: Double
  private let isAbove: Bool
  private let isBelow: Bool

  /// Creates bounds.
  ///
  /// - Parameters:
  ///   - low: The lower bound.
  ///   - high: The upper bound; infinity for none.
  ///   - isAbove: Whether the lower bound itself is not allowed.
  ///   - isBelow: Whether the upper bound itself is not allowed.
  public init(
    _ low: Double, _ high: Double = .infinity, isAbove: Bool = false, isBelow: Bool = false
  ) {
    self.low = low
    self.high = high
    self.isAbove = isAbove
    self.isBelow = isBelow
  }

  /// The bounds in words, to follow "a number".
  var description: String {
    if high == .infinity { return isAbove ? "above \(text(low))" : "of at least \(text(low))" }
    if !isAbove, !isBelow { return "from \(text(low)) to \(text(high))" }
    let start = isAbove ? "above \(text(low))" : "of at least \(text(low))"
    return "\(start) and \(isBelow ? "below" : "at most") \(text(high))"
  }

  /// A number within the bounds.
  var example: String {
    if !isAbove { return text(low) }
    return text(high == .infinity ? low + 1 : (low + high) / 2)
  }

  /// Returns whether a text is a finite number within the bounds.
  func allows(_ text: String) -> Bool {
    guard let number = Double(decimal: text), number.isFinite else { return false }
    return (isAbove ? number > low : number >= low) && (isBelow ? number < high : number <= high)
  }

  private func text(_ number: Double) -> String {
    Int(exactly: number).map { "\($0)" } ?? "\(number)"
  }
}
