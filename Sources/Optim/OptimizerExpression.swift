import Autograd
import Tensor

/// An optimizer as text, such as `lookahead(adamw(beta2=0.95), sync-period=6)`.
///
/// ```
/// expression = method [ "(" [ argument { "," argument } ] ")" ]
/// argument   = expression | setting "=" value
/// ```
///
/// The optimizers that a wrapper is around come first; settings have the names of the command's options, and
/// those that are not given their standard values.  ``OptimizerMethod/all`` lists what there is.
public struct OptimizerExpression: Sendable, Equatable {
  /// What the optimizer does.
  public let method: OptimizerMethod
  /// The optimizers it is around, as many as the method takes.
  public private(set) var inner: [OptimizerExpression]
  /// The values that were given, as text, by the name of the setting.
  public private(set) var settings: [String: String]

  /// An expression from its text.
  ///
  /// - Throws: ``OptimizerExpressionError`` that points at the column.
  public init(_ text: String) throws(OptimizerExpressionError) {
    var reader = ExpressionReader(text)
    self = try reader.expression()
    try reader.end()
  }

  /// The expressions of a list with commas between them.
  ///
  /// - Throws: ``OptimizerExpressionError`` that points at the column.
  public static func list(
    _ text: String
  ) throws(OptimizerExpressionError) -> [OptimizerExpression] {
    var reader = ExpressionReader(text)
    var list = [try reader.expression()]
    while reader.take(",") { list.append(try reader.expression()) }
    try reader.end()
    return list
  }

  fileprivate init(
    _ method: OptimizerMethod, inner: [OptimizerExpression], settings: [String: String]
  ) {
    self.method = method
    self.inner = inner
    self.settings = settings
  }

  /// Whether both have the same text.
  public static func == (a: OptimizerExpression, b: OptimizerExpression) -> Bool {
    a.description == b.description
  }

  /// The value of a setting, given or standard, as text; nil of one that the method does not have.
  public func value(of setting: String) -> String? {
    settings[setting] ?? method.settings.first { $0.name == setting }?.standard
  }

  /// Whether the method has a setting.
  public func has(_ setting: String) -> Bool { method.settings.contains { $0.name == setting } }

  /// Gives a setting a value, or takes what was given away.
  ///
  /// A setting that the method does not have, or a value that it does not take, stops the program.
  public mutating func set(_ setting: String, to value: String?) {
    guard let known = method.settings.first(where: { $0.name == setting }) else {
      fail("\(method.name): has no setting '\(setting)'")
    }
    if let value {
      require(
        known.kind.allows(value), "\(setting): '\(value)' is not \(known.kind.description)")
    }
    settings[setting] = value
  }

  /// Calls `body` with this expression and each one inside, from the outside in and from left to right.
  public mutating func update(_ body: (inout OptimizerExpression) -> Void) {
    body(&self)
    for i in inner.indices { inner[i].update(body) }
  }

  /// Why the settings do not go together, here or inside, or nil.
  public var conflict: String? {
    if let conflict = method.conflict(self) { return "\(method.name): \(conflict)" }
    return inner.lazy.compactMap(\.conflict).first
  }

  /// What is kept for a parameter of n numbers, all parts together: `n + 2n`.
  public var memory: String {
    let parts = ([method.memory(self)] + inner.map(\.memory)).filter { $0 != "0" }
    return parts.isEmpty ? "0" : parts.joined(separator: " + ")
  }

  /// Whether the first method that takes steps has a momentum that can be changed.
  public var hasMomentum: Bool {
    let rule = rules[0]
    return rule.has("beta1") || Double(rule.value(of: "momentum") ?? "") ?? 0 != 0
  }

  /// The methods that take steps themselves, from left to right.
  public var rules: [OptimizerExpression] {
    inner.isEmpty ? [self] : inner.flatMap(\.rules)
  }

  /// The optimizer that the expression describes.
  ///
  /// - Parameters:
  ///   - parameters: What it changes.
  ///   - learningRate: The base rate in place of that of the first rule; the rates of others, after a
  ///     `switch`, stay.
  ///   - groups: Parameters that are treated differently.
  /// - Returns: The optimizer, before its first step.
  public func optimizer(
    of parameters: Parameters, learningRate: Double? = nil, groups: [ParameterGroup] = []
  ) -> any Optimizer {
    var expression = self
    if let learningRate { expression.setFirstRate(learningRate) }
    return expression.made(of: parameters, groups)
  }

  private mutating func setFirstRate(_ rate: Double) {
    if inner.isEmpty { set("learning-rate", to: "\(rate)") } else { inner[0].setFirstRate(rate) }
  }

  private func made(of parameters: Parameters, _ groups: [ParameterGroup]) -> any Optimizer {
    method.make(
      OptimizerMethod.Request(
        expression: self, parameters: parameters, groups: groups,
        inner: inner.map { $0.made(of: parameters, groups) }))
  }
}

extension OptimizerExpression: Codable {
  /// Reads the text.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    do {
      try self.init(container.decode(String.self))
    } catch let error as OptimizerExpressionError {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: error.description)
    }
  }

  /// Writes the text.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

extension OptimizerExpression: CustomStringConvertible {
  /// The names of the methods without their settings: `lookahead(adamw)`.
  public var outline: String {
    inner.isEmpty
      ? method.name : "\(method.name)(\(inner.map(\.outline).joined(separator: ", ")))"
  }

  /// The text, which reads as the same expression: settings in the order of the method's list.
  public var description: String {
    let given = method.settings.compactMap { setting in
      settings[setting.name].map { "\(setting.name)=\($0)" }
    }
    let arguments = inner.map(\.description) + given
    return arguments.isEmpty
      ? method.name : "\(method.name)(\(arguments.joined(separator: ", ")))"
  }
}

/// Why a text is not an optimizer.
public struct OptimizerExpressionError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Where, counted from 1.
  public let column: Int
  /// What is wrong there.
  public let message: String
  /// The word that was not understood, and what it could have been.
  public let word: String?
  /// The words that could have stood there.
  public let choices: [String]

  init(_ column: Int, _ message: String, word: String? = nil, choices: [String] = []) {
    (self.column, self.message, self.word, self.choices) = (column, message, word, choices)
  }

  /// One line.
  public var description: String { "column \(column): \(message)" }
}

/// Reads an expression from left to right.
private struct ExpressionReader {
  private let characters: [Character]
  private var position = 0

  init(_ text: String) { characters = Array(text) }

  private mutating func skipSpaces() {
    while position < characters.count, characters[position].isWhitespace { position += 1 }
  }

  private var column: Int { position + 1 }

  /// Goes past a character if it is next.
  mutating func take(_ character: Character) -> Bool {
    skipSpaces()
    guard position < characters.count, characters[position] == character else { return false }
    position += 1
    return true
  }

  private func found() -> String {
    position < characters.count ? "'\(characters[position])'" : "the end"
  }

  /// The characters up to the next that means something to the grammar.
  private mutating func word(_ what: String) throws(OptimizerExpressionError) -> String {
    skipSpaces()
    let start = position
    while position < characters.count, !"(),=".contains(characters[position]),
      !characters[position].isWhitespace
    {
      position += 1
    }
    if start == position {
      throw OptimizerExpressionError(column, "\(found()) where \(what) is expected")
    }
    return String(characters[start..<position])
  }

  mutating func end() throws(OptimizerExpressionError) {
    skipSpaces()
    if position < characters.count {
      throw OptimizerExpressionError(column, "\(found()) after the end of the optimizer")
    }
  }

  mutating func expression() throws(OptimizerExpressionError) -> OptimizerExpression {
    skipSpaces()
    let start = column
    return try expression(named: word("the name of an optimizer"), at: start)
  }

  private mutating func expression(
    named name: String, at start: Int
  ) throws(OptimizerExpressionError) -> OptimizerExpression {
    guard let method = OptimizerMethod.all.first(where: { $0.name == name }) else {
      throw OptimizerExpressionError(
        start, "'\(name)' is not an optimizer", word: name,
        choices: OptimizerMethod.all.map(\.name))
    }
    var inner = [OptimizerExpression]()
    var settings = [String: String]()
    if take("("), !take(")") {
      repeat {
        skipSpaces()
        let argument = column
        let word = try word("a setting or an optimizer")
        if take("=") {
          try read(word, at: argument, of: method, into: &settings)
        } else if method.innerCount == 0,
          let setting = method.settings.first(where: { $0.name == word })
        {
          throw OptimizerExpressionError(
            column, "\(found()) where '=' and a value of \(setting.name) is expected")
        } else if inner.count == method.innerCount {
          let most =
            method.innerCount == 0 ? "no other optimizer" : "no more than \(method.innerCount)"
          throw OptimizerExpressionError(
            argument, "'\(word)' is not a setting, and \(name) goes around \(most)", word: word,
            choices: method.settings.map(\.name))
        } else {
          inner.append(try expression(named: word, at: argument))
        }
      } while take(",")
      guard take(")") else {
        throw OptimizerExpressionError(column, "\(found()) where ',' or ')' is expected")
      }
    }
    if inner.count < method.innerCount {
      let missing = method.innerCount == 1 ? "an optimizer" : "\(method.innerCount) optimizers"
      throw OptimizerExpressionError(
        start, "\(name) goes around \(missing), as in \(method.example)")
    }
    let result = OptimizerExpression(method, inner: inner, settings: settings)
    if let conflict = method.conflict(result) {
      throw OptimizerExpressionError(start, "\(name): \(conflict)")
    }
    return result
  }

  private mutating func read(
    _ name: String, at start: Int, of method: OptimizerMethod, into settings: inout [String: String]
  ) throws(OptimizerExpressionError) {
    guard let setting = method.settings.first(where: { $0.name == name }) else {
      throw OptimizerExpressionError(
        start, "'\(name)' is not a setting of \(method.name)", word: name,
        choices: method.settings.map(\.name))
    }
    if settings[name] != nil {
      throw OptimizerExpressionError(start, "\(name) is given twice")
    }
    skipSpaces()
    let place = column
    let value = try word("a value of \(name)")
    guard setting.kind.allows(value) else {
      throw OptimizerExpressionError(
        place, "\(name): '\(value)' is not \(setting.kind.description)", word: value,
        choices: setting.kind.choices)
    }
    settings[name] = value
  }
}
