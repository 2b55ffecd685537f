import Optim
import Training

/// In what the configurations of some runs differ: a row for each option that is not the same in
/// all of them, and of an expression such as the optimizer a row for each of its settings.
///
/// ```
/// optimizer        lookahead(adamw)  adamw
/// optimizer.beta2  0.99              0.999
/// ```
struct ConfigurationDifferences {
  /// An option or a setting, and its value in each configuration; nil where one does not have it.
  struct Row: Equatable {
    let name: String
    let values: [String?]
  }

  /// The rows, options by name, settings below the option in the order of their catalog.
  let rows: [Row]

  /// Compares configurations whose values are written as on the command line.
  init(_ configurations: [[String: String]]) {
    rows = Set(configurations.flatMap(\.keys)).sorted().flatMap { key in
      Self.rows(of: key, configurations.map { $0[key] })
    }
  }

  private static func rows(of key: String, _ values: [String?]) -> [Row] {
    let rows =
      settings(of: key, values).map { names, settings in
        names.map { name in Row(name: name, values: settings.map { $0[name] }) }
      } ?? [Row(name: key, values: values)]
    return rows.filter { Set($0.values.map(normalized)).count > 1 }
  }

  /// The same text for `0.01` and `1e-2`.
  private static func normalized(_ value: String?) -> String? {
    value.map { text in Double(text).map { "\($0)" } ?? text }
  }

  /// The names of all settings of the values of an option, and those of each value; nil if the
  /// values are not expressions.
  private static func settings(
    of key: String, _ values: [String?]
  ) -> (names: [String], settings: [[String: String]])? {
    switch key {
    case FitOptions.optimizer.name: flattened(key, values) { try? OptimizerExpression($0) }
    case FitOptions.schedule.name: flattened(key, values) { try? ScheduleExpression($0) }
    case FitOptions.model.name: flattened(key, values) { try? ModelExpression($0) }
    default: nil
    }
  }

  private static func flattened<C>(
    _ key: String, _ values: [String?], _ parse: (String) -> CatalogExpression<C>?
  ) -> (names: [String], settings: [[String: String]])? {
    let expressions = values.map { $0.flatMap(parse) }
    guard zip(values, expressions).allSatisfy({ ($0 == nil) == ($1 == nil) }) else { return nil }
    let all = expressions.map { expression in
      expression.map { Self.settings(of: $0) } ?? []
    }
    // A setting that several entries of an expression have is told apart by their names.
    let isAmbiguous = { (setting: String) in
      all.contains { $0.count { $0.setting == setting } > 1 }
    }
    var names = [key]
    let settings = zip(expressions, all).map { expression, settings in
      var values = [String: String]()
      values[key] = expression?.outline
      for (entry, setting, value) in settings {
        let name = "\(key).\(isAmbiguous(setting) ? "\(entry)." : "")\(setting)"
        values[name] = value
        if !names.contains(name) { names.append(name) }
      }
      return values
    }
    return (names, settings)
  }

  /// The settings of an expression and of those inside, from the outside in, each with the name of
  /// its entry: `adam`, and `adam-2` for the second one of that name.
  private static func settings<C>(
    of expression: CatalogExpression<C>
  ) -> [(entry: String, setting: String, value: String)] {
    var counts = [String: Int]()
    var settings: [(entry: String, setting: String, value: String)] = []
    var expression = expression
    expression.update { part in
      let count = counts[part.name, default: 0] + 1
      counts[part.name] = count
      let entry = count == 1 ? part.name : "\(part.name)-\(count)"
      for setting in part.entry.settings {
        if let value = part.settings[setting.name] {
          settings.append((entry, setting.name, value))
        }
      }
    }
    return settings
  }
}
