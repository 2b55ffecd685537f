import Optim

extension CatalogExpression {
  /// Gives settings the values of options of the same names, here and in the expressions inside.
  ///
  /// - Throws: ``UsageError`` for an option that is not a setting, or a value that the setting does
  ///   not take.
  mutating func apply(_ options: [Option<String?>], _ values: OptionValues) throws {
    for option in options {
      guard let text = values[option] else { continue }
      var isKnown = false
      var refusal: UsageError?
      update { expression in
        guard let setting = expression.entry.setting(named: option.name) else { return }
        isKnown = true
        // Outside of an expression commas, too, may separate the elements of a list.
        let value = setting.kind.allows(text) ? text : text.replacing(",", with: "-")
        if setting.kind.allows(value) {
          expression.set(option.name, to: value)
        } else {
          refusal = UsageError("--\(option.name): '\(text)' is not \(setting.kind.description)")
        }
      }
      guard isKnown else { throw UsageError("--\(option.name) is not an option of \(outline)") }
      if let refusal { throw refusal }
    }
  }

  /// The expression with the standard values of the settings that were not given, so that it means
  /// the same in later versions; one setting may be left as it is.
  func withStandards(except exception: String? = nil) -> Self {
    var result = self
    result.update { expression in
      for setting in expression.entry.settings where setting.name != exception {
        if let standard = setting.standard { expression.setDefault(setting.name, to: standard) }
      }
    }
    return result
  }
}
