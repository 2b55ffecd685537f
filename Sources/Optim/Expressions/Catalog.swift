import Tensor

/// A table of things that are made by name and settings, such as the optimizers.
///
/// A catalog is an enumeration without cases. Its ``entries`` are what a ``CatalogExpression`` can
/// name:
/// ```swift
/// enum ShapeCatalog: Catalog {
///   typealias Context = Void
///   typealias Product = Double
///   static let noun = "a shape"
///   static let entries = [
///     Entry(
///       "disk", "the area of a disk",
///       settings: [CatalogSetting("radius", "1", .number(above: 0))]
///     ) { Double.pi * $0.number("radius") * $0.number("radius") }
///   ]
/// }
///
/// let area = try CatalogExpression<ShapeCatalog>("disk(radius=2)").make(())
/// ```
public protocol Catalog: Sendable {
  /// What else is known about an entry.
  associatedtype Traits: Sendable = Void
  /// What an entry needs to make its product, besides the settings of the expression.
  associatedtype Context
  /// What an expression describes.
  associatedtype Product
  /// Why a product cannot be made in a context.
  associatedtype Failure: Error = Never

  /// What an entry is, with its article: `an optimizer`.
  static var noun: String { get }
  /// The entries, in the order in which they are listed.
  static var entries: [Entry] { get }

  /// Returns what the expressions inside of another are made for, by default what that one is.
  static func innerContext(
    _ context: Context, of expression: CatalogExpression<Self>
  ) -> Context
}

extension Catalog {
  /// Returns the context itself.
  public static func innerContext(
    _ context: Context, of expression: CatalogExpression<Self>
  ) -> Context {
    context
  }
}

extension Catalog {
  /// A row of the catalog.
  public typealias Entry = CatalogEntry<Self>

  /// Returns the entry of a name, or `nil`.
  public static func entry(named name: String) -> Entry? { entries.first { $0.name == name } }

  /// Returns whether a text is an expression of the catalog.
  static func reads(_ text: String) -> Bool { (try? CatalogExpression<Self>(text)) != nil }

  /// The shortest expression of the first entry.
  static var example: String { entries[0].example }

  /// The noun without its article.
  static var bareNoun: Substring {
    noun.drop { $0 != " " }.dropFirst()
  }
}

/// A row of a ``Catalog``: a name, the settings that it takes, and how its product is made.
public struct CatalogEntry<C: Catalog>: Sendable {
  /// The name in expressions.
  public let name: String
  /// A summary of one line, for listings.
  public let summary: String
  /// The number of expressions that this one wraps.
  public let innerCount: Int
  /// The settings, in the order in which an expression is written.
  public let settings: [CatalogSetting]
  /// What else is known about the entry.
  public let traits: C.Traits
  /// Returns why the settings of an expression contradict one another, or `nil`.
  public let conflict: @Sendable (CatalogExpression<C>) -> String?
  /// Makes the product of an expression.
  public let make: @Sendable (CatalogRequest<C>) throws(C.Failure) -> C.Product

  /// Creates a row of a catalog.
  ///
  /// - Parameters:
  ///   - name: The name in expressions.
  ///   - summary: A summary of one line, for listings.
  ///   - innerCount: The number of expressions that this one wraps.
  ///   - settings: The settings, in the order in which an expression is written.
  ///   - traits: What else is known about the entry.
  ///   - conflict: Returns why the settings of an expression contradict one another, or `nil`.
  ///   - make: Makes the product of an expression.
  public init(
    _ name: String, _ summary: String, around innerCount: Int = 0, settings: [CatalogSetting] = [],
    traits: C.Traits,
    conflict: @escaping @Sendable (CatalogExpression<C>) -> String? = { _ in nil },
    make: @escaping @Sendable (CatalogRequest<C>) throws(C.Failure) -> C.Product
  ) {
    self.name = name
    self.summary = summary
    self.innerCount = innerCount
    self.settings = settings
    self.traits = traits
    self.conflict = conflict
    self.make = make
  }

  /// Returns the setting of a name, or `nil`.
  public func setting(named name: String) -> CatalogSetting? { settings.first { $0.name == name } }

  /// The shortest expression of the entry: `lookahead(sgd)`.
  public var example: String {
    // A catalog of one leaf serves a wrapper of two.
    let leaves = C.entries.filter { $0.innerCount == 0 }
    var arguments = (0..<innerCount).map { leaves[$0 % leaves.count].example }
    arguments += settings.filter { $0.standard == nil }.map { "\($0.name)=\($0.kind.example)" }
    return arguments.isEmpty ? name : "\(name)(\(arguments.joined(separator: ", ")))"
  }
}

extension CatalogEntry where C.Traits == Void {
  /// Creates a row of a catalog whose entries have no traits.
  public init(
    _ name: String, _ summary: String, around innerCount: Int = 0, settings: [CatalogSetting] = [],
    conflict: @escaping @Sendable (CatalogExpression<C>) -> String? = { _ in nil },
    make: @escaping @Sendable (CatalogRequest<C>) throws(C.Failure) -> C.Product
  ) {
    self.init(
      name, summary, around: innerCount, settings: settings, traits: (), conflict: conflict,
      make: make)
  }
}

/// What an entry of a catalog makes its product from.
public struct CatalogRequest<C: Catalog>: SettingValues {
  /// The expression, whose settings are read by ``SettingValues/number(_:)`` and similar methods.
  public let expression: CatalogExpression<C>
  /// What the product needs besides the settings.
  public let context: C.Context
  /// The products of the inner expressions.
  public let inner: [C.Product]

  /// The name of the entry.
  public var name: String { expression.name }

  /// Returns the value of a setting as text, given or standard.
  public func value(of setting: String) -> String? { expression.value(of: setting) }
}
