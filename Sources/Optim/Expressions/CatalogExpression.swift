import Tensor

/// An entry of a catalog with its settings, as text: `lookahead(adamw(beta2=0.95), sync-period=6)`.
///
/// ```
/// expression = name [ "(" [ argument { "," argument } ] ")" ]
/// argument   = expression | setting "=" value
/// ```
///
/// The expressions that an entry wraps are separated from its settings by the `=` alone, and both
/// can stand in any order. Settings that are not given have their standard values.
public struct CatalogExpression<C: Catalog>: Sendable, SettingValues {
  /// The entry of the catalog that the expression names.
  public let entry: CatalogEntry<C>
  /// The expressions that this one wraps, ``CatalogEntry/innerCount`` of them.
  public private(set) var inner: [CatalogExpression]
  /// The values that were given, as text, by the name of the setting.
  public private(set) var settings: [String: String]

  /// Creates an expression from its text.
  ///
  /// - Throws: ``ExpressionError`` that points at the column.
  public init(_ text: String) throws(ExpressionError) {
    var reader = ExpressionReader<C>(text)
    self = try reader.expression()
    try reader.end()
  }

  /// Returns the expressions of a list with commas between them.
  ///
  /// - Throws: ``ExpressionError`` that points at the column.
  public static func list(_ text: String) throws(ExpressionError) -> [CatalogExpression] {
    var reader = ExpressionReader<C>(text)
    var list = [try reader.expression()]
    while reader.take(",") { list.append(try reader.expression()) }
    try reader.end()
    return list
  }

  init(_ entry: CatalogEntry<C>, inner: [CatalogExpression], settings: [String: String]) {
    self.entry = entry
    self.inner = inner
    self.settings = settings
  }

  /// The name of the entry.
  public var name: String { entry.name }

  /// Returns the value of a setting as text, given or standard, or `nil` if the entry has no such
  /// setting.
  public func value(of setting: String) -> String? {
    settings[setting] ?? entry.setting(named: setting)?.standard
  }

  /// Returns whether the entry has a setting.
  public func has(_ setting: String) -> Bool { entry.setting(named: setting) != nil }

  /// Sets the value of a setting; `nil` restores the standard one.
  ///
  /// A setting that the entry does not have, or a value that it does not allow, stops the program.
  public mutating func set(_ setting: String, to value: String?) {
    guard let known = entry.setting(named: setting) else {
      fail("\(name): has no setting '\(setting)'")
    }
    if let value {
      require(
        known.kind.allows(value), "\(name): \(setting)=\(value) is not \(known.kind.description)")
    } else {
      require(known.standard != nil, "\(name): \(setting) must be given a value")
    }
    settings[setting] = value
  }

  /// Sets the value of a setting that the entry has and that was not given; does nothing otherwise.
  public mutating func setDefault(_ setting: String, to value: String) {
    if has(setting), settings[setting] == nil { set(setting, to: value) }
  }

  /// Calls `body` with this expression and each one inside, from the outside in and from left to
  /// right.
  public mutating func update(_ body: (inout CatalogExpression) -> Void) {
    body(&self)
    for i in inner.indices { inner[i].update(body) }
  }

  /// Why the settings contradict one another, here or inside, or `nil`.
  public var conflict: String? {
    if let conflict = entry.conflict(self) { return "\(name): \(conflict)" }
    return inner.lazy.compactMap(\.conflict).first
  }

  /// Returns what the expression describes.
  ///
  /// - Parameter context: What the products need besides the settings.
  /// - Returns: The product of the entry.
  /// - Throws: The catalog's `Failure` if the settings do not suit the context.
  public func make(_ context: C.Context) throws(C.Failure) -> C.Product {
    var products = [C.Product]()
    if !inner.isEmpty {
      let context = C.innerContext(context, of: self)
      for expression in inner { products.append(try expression.make(context)) }
    }
    return try entry.make(CatalogRequest(expression: self, context: context, inner: products))
  }
}

extension CatalogExpression: Equatable {
  /// Returns whether both have the same text.
  public static func == (a: CatalogExpression, b: CatalogExpression) -> Bool {
    a.description == b.description
  }
}

extension CatalogExpression: Codable {
  /// Creates an expression from its text.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    do {
      try self.init(container.decode(String.self))
    } catch let error as ExpressionError {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: error.description)
    }
  }

  /// Writes the text.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

extension CatalogExpression: CustomStringConvertible {
  /// The names without their settings: `lookahead(adamw)`.
  public var outline: String { text(of: inner.map(\.outline)) }

  /// The text, which reads as the same expression: settings in the order of the entry's list.
  public var description: String {
    let given = entry.settings.compactMap { setting in
      settings[setting.name].map { "\(setting.name)=\($0)" }
    }
    return text(of: inner.map(\.description) + given)
  }

  private func text(of arguments: [String]) -> String {
    arguments.isEmpty ? name : "\(name)(\(arguments.joined(separator: ", ")))"
  }
}
