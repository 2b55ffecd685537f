import Tensor

/// Settings whose values can be read by type.
///
/// A setting that does not exist, or whose value is of another type, stops the program.
public protocol SettingValues {
  /// The name of the entry that the settings belong to.
  var name: String { get }

  /// Returns the value of a setting as text, given or standard, or `nil` if there is no such
  /// setting.
  func value(of setting: String) -> String?
}

extension SettingValues {
  /// Returns the value of a setting as it is written.
  public func word(_ setting: String) -> String {
    guard let value = value(of: setting) else { fail("\(name): has no setting '\(setting)'") }
    return value
  }

  /// Returns the value of a numeric setting.
  public func number(_ setting: String) -> Double {
    read(setting, "a number") { Double($0) }
  }

  /// Returns the value of a setting that is a whole number.
  public func count(_ setting: String) -> Int {
    read(setting, "a whole number") { Int($0) }
  }

  /// Returns the value of a setting that is `true` or `false`.
  public func flag(_ setting: String) -> Bool {
    read(setting, "true or false") { Bool($0) }
  }

  /// Returns the value of a setting that names a case of an enumeration.
  public func choice<Value: RawRepresentable<String>>(_ setting: String) -> Value {
    read(setting, "a case of \(Value.self)") { Value(rawValue: $0) }
  }

  /// Returns the elements of a setting that is a list of numbers.
  public func numbers(_ setting: String) -> [Double] {
    list(setting, "a list of numbers") { Double($0) }
  }

  /// Returns the elements of a setting that is a list of whole numbers.
  public func counts(_ setting: String) -> [Int] {
    list(setting, "a list of whole numbers") { Int($0) }
  }

  /// Returns the elements of a setting that is a list of points.
  public func points(_ setting: String) -> [(step: Int, factor: Double)] {
    read(setting, "a list of points") { SettingKind.points($0) }
  }

  /// Returns the value of a setting that is an expression.
  public func expression<C: Catalog>(_ setting: String) -> CatalogExpression<C> {
    read(setting, C.noun) { try? CatalogExpression($0) }
  }

  /// Returns whether the value of a setting is `auto`.
  public func isAuto(_ setting: String) -> Bool { word(setting) == "auto" }

  private func read<Value>(
    _ setting: String, _ noun: String, _ parse: (String) -> Value?
  ) -> Value {
    let text = word(setting)
    guard let value = parse(text) else { fail("\(name): \(setting)=\(text) is not \(noun)") }
    return value
  }

  private func list<Value>(
    _ setting: String, _ noun: String, _ parse: (String) -> Value?
  ) -> [Value] {
    read(setting, noun) { text in
      let parts = SettingKind.parts(of: text)
      let values = parts.compactMap(parse)
      return values.count == parts.count ? values : nil
    }
  }
}
