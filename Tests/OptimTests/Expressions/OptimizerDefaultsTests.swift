import Foundation
import TestSupport
import Testing

/// The defaults of the initializers in Swift are the standard values of the settings in
/// expressions.
struct OptimizerDefaultsTests {
  /// The default arguments of an optimizer's initializers, or of the function of a name, as they are
  /// written, by their names in lower case.
  private func defaults(of type: String, function: String) throws -> [String: String] {
    let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Sources/Optim")
    var defaults = [String: String]()
    for folder in ["Rules", "Wrappers"] {
      let files = try FileManager.default.contentsOfDirectory(
        at: sources.appending(path: folder), includingPropertiesForKeys: nil)
      for file in files {
        let text = try String(contentsOf: file, encoding: .utf8)
        let named = text.range(
          of: "public static func \(function)(", options: .caseInsensitive)
        guard let range = named ?? text.range(of: "public final class \(type): ") else { continue }
        let rest = text[range.upperBound...]
        let end =
          rest.range(of: named == nil ? "public final class" : "->")?.lowerBound ?? rest.endIndex
        if named != nil { defaults = [:] }
        for match in rest[..<end].matches(of: /(\w+): [\w.]+\?? = ([^,)\n]+)/) {
          defaults[match.1.lowercased()] = String(match.2)
        }
        if named != nil { return defaults }
      }
    }
    return defaults
  }

  @Test(arguments: OptimizerCatalog.entries.map(\.name))
  func standardValuesAreTheDefaultsInSwift(_ name: String) throws {
    let entry = try #require(OptimizerCatalog.entry(named: name))
    let optimizer = try OptimizerExpression(entry.example).optimizer(of: Parameters())
    let defaults = try defaults(of: "\(type(of: optimizer))", function: name)
    for setting in entry.settings {
      // The row `momentum` is the one of `sgd` with another standard value of the setting of its
      // name.
      if setting.name == name { continue }
      let label = setting.name.replacing("-", with: "")
      guard let written = defaults[label], let standard = setting.standard else {
        // Alternatives that are arguments of an enumeration's case in Swift have no default there.
        let cases = [
          "decay", "step-size", "outer", "at", "patience", "average-decay", "start", "period",
        ]
        #expect(cases.contains(setting.name), "\(name): \(setting.name) has no default in Swift")
        continue
      }
      let others = [".none": "0", "nil": "auto"]
      let value = others[written] ?? written.trimmingPrefix(".").description
      if let number = Double(value) {
        #expect(number == Double(standard), "\(name): \(setting.name)")
      } else {
        #expect(value == standard, "\(name): \(setting.name)")
      }
    }
  }

  /// The name of a rule, which a saved state has, is that of its row.
  @Test func rulesHaveTheNamesOfTheirRows() throws {
    for entry in OptimizerCatalog.entries where entry.innerCount == 0 {
      let optimizer = try OptimizerExpression(entry.name).optimizer(of: Parameters())
      let others = ["momentum": "sgd", "amsgrad": "adam"]
      #expect(optimizer.name == others[entry.name] ?? entry.name)
    }
  }
}
