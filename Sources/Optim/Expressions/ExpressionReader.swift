/// Reads expressions of a catalog from left to right.
struct ExpressionReader<C: Catalog> {
  private let characters: [Character]
  private var position = 0
  private var depth = 0

  init(_ text: String) { characters = Array(text) }

  /// Creates a reader that goes on where one of another catalog is.
  private init<Other: Catalog>(at other: ExpressionReader<Other>) {
    (characters, position, depth) = (other.characters, other.position, other.depth)
  }

  private var column: Int { position + 1 }

  private var found: String {
    position < characters.count ? "'\(characters[position])'" : "the end"
  }

  private mutating func skipSpaces() {
    while position < characters.count, characters[position].isWhitespace { position += 1 }
  }

  /// Moves past a character and returns `true` if it is next.
  mutating func take(_ character: Character) -> Bool {
    skipSpaces()
    guard position < characters.count, characters[position] == character else { return false }
    position += 1
    return true
  }

  /// Returns the characters up to the next one with a meaning in the grammar.
  private mutating func word(_ expected: String) throws(ExpressionError) -> String {
    skipSpaces()
    let start = position
    while position < characters.count, !"(),=".contains(characters[position]),
      !characters[position].isWhitespace
    {
      position += 1
    }
    if start == position {
      throw ExpressionError(column: column, "\(found) where \(expected) is expected")
    }
    return String(characters[start..<position])
  }

  /// Checks that nothing is left.
  mutating func end() throws(ExpressionError) {
    skipSpaces()
    if position < characters.count {
      throw ExpressionError(column: column, "\(found) after the end of the \(C.bareNoun)")
    }
  }

  /// Reads an expression.
  mutating func expression() throws(ExpressionError) -> CatalogExpression<C> {
    skipSpaces()
    let start = column
    return try expression(named: word("the name of \(C.noun)"), at: start)
  }

  private mutating func expression(
    named name: String, at start: Int
  ) throws(ExpressionError) -> CatalogExpression<C> {
    guard let entry = C.entry(named: name) else {
      throw ExpressionError(
        column: start, "'\(name)' is not \(C.noun)", word: name, choices: C.entries.map(\.name))
    }
    // The reader calls itself for each level.
    depth += 1
    defer { depth -= 1 }
    if depth > 64 { throw ExpressionError(column: start, "more than 64 levels of parentheses") }
    var inner = [CatalogExpression<C>]()
    var settings = [String: String]()
    if take("("), !take(")") {
      repeat {
        try readArgument(of: entry, &inner, &settings)
      } while take(",")
      guard take(")") else {
        throw ExpressionError(column: column, "\(found) where ',' or ')' is expected")
      }
    }
    let result = CatalogExpression(entry, inner: inner, settings: settings)
    try check(result, at: start)
    return result
  }

  private mutating func readArgument(
    of entry: CatalogEntry<C>, _ inner: inout [CatalogExpression<C>],
    _ settings: inout [String: String]
  ) throws(ExpressionError) {
    skipSpaces()
    let start = column
    let word = try word(entry.innerCount == 0 ? "a setting" : "a setting or \(C.noun)")
    if take("=") {
      try readSetting(word, at: start, of: entry, into: &settings)
    } else if entry.innerCount == 0, let setting = entry.setting(named: word) {
      throw ExpressionError(
        column: column, "\(found) where '=' and a value of \(setting.name) is expected")
    } else if inner.count < entry.innerCount {
      inner.append(try expression(named: word, at: start))
    } else {
      let isWrapper = C.entries.contains { $0.innerCount > 0 }
      let reason =
        entry.innerCount > 0
        ? ", which wraps only \(count(entry.innerCount))"
        : isWrapper ? ", which wraps no other \(C.bareNoun)" : ""
      throw ExpressionError(
        column: start, "'\(word)' is not a setting of \(entry.name)\(reason)", word: word,
        choices: entry.settings.map(\.name))
    }
  }

  private mutating func readSetting(
    _ name: String, at start: Int, of entry: CatalogEntry<C>, into settings: inout [String: String]
  ) throws(ExpressionError) {
    guard let setting = entry.setting(named: name) else {
      throw ExpressionError(
        column: start, "'\(name)' is not a setting of \(entry.name)", word: name,
        choices: entry.settings.map(\.name))
    }
    if settings[name] != nil {
      throw ExpressionError(column: start, "\(name) is given twice")
    }
    skipSpaces()
    if let catalog = setting.kind.catalog, !isNext(setting.kind.choices) {
      settings[name] = try readExpression(of: catalog)
      return
    }
    let place = column
    let value = try word("a value of \(name)")
    guard setting.kind.allows(value) else {
      throw ExpressionError(
        column: place, "\(name): '\(value)' is not \(setting.kind.description)", word: value,
        choices: setting.kind.choices)
    }
    settings[name] = value
  }

  /// Returns whether one of some words is next.
  private func isNext(_ words: [String]) -> Bool {
    var copy = self
    return (try? copy.word("a word")).map(words.contains) ?? false
  }

  /// Reads an expression of a catalog and returns its text.
  private mutating func readExpression<Other: Catalog>(
    of catalog: Other.Type
  ) throws(ExpressionError) -> String {
    var reader = ExpressionReader<Other>(at: self)
    let expression = try reader.expression()
    position = reader.position
    return expression.description
  }

  /// Checks that an expression is complete and consistent.
  private func check(
    _ expression: CatalogExpression<C>, at start: Int
  ) throws(ExpressionError) {
    let entry = expression.entry
    if expression.inner.count < entry.innerCount {
      throw ExpressionError(
        column: start,
        "\(entry.name) wraps \(count(entry.innerCount)), as in \(entry.example)")
    }
    for setting in entry.settings where expression.value(of: setting.name) == nil {
      throw ExpressionError(
        column: start, "\(entry.name) needs the setting \(setting.name), as in \(entry.example)")
    }
    if let conflict = entry.conflict(expression) {
      throw ExpressionError(column: start, "\(entry.name): \(conflict)")
    }
  }

  /// A number of expressions in words.
  private func count(_ count: Int) -> String { count == 1 ? C.noun : "\(count) \(C.bareNoun)s" }
}
