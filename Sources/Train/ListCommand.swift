import NN
import Optim
import Training

/// `train list`: what there is to choose from.
enum ListCommand: Command {
  static let name = "list"
  static let usage = ""
  static let summary = "lists tasks, models, optimizers and schedules with their options"
  static let options: [OptionGroup] = []
  static let wordCount = 0

  static func run(_ arguments: Arguments) throws -> Int32 {
    let sections: [(String, [(String, String)])] = [
      ("tasks", TaskChoice.allCases.map { ($0.rawValue, described($0.summary, $0.options)) }),
      ("models", ModelChoice.allCases.map { ($0.rawValue, described($0.summary, $0.options)) }),
      ("presets", Preset.allCases.map { ($0.rawValue, $0.summary) }),
      ("activations", [(Activation.allCases.map(\.rawValue).joined(separator: ", "), "")]),
      ("optimizers", OptimizerCatalog.entries.filter { $0.innerCount == 0 }.map(row)),
      ("around optimizers", OptimizerCatalog.entries.filter { $0.innerCount > 0 }.map(row)),
      (
        "schedules",
        ScheduleChoice.allCases.map { ($0.rawValue, described($0.summary, $0.options)) }
      ),
    ]
    let width = sections.flatMap(\.1).filter { !$0.1.isEmpty }.map(\.0.count).max() ?? 0
    for (heading, rows) in sections {
      print("\(heading):")
      for (name, text) in rows {
        let padding = String(repeating: " ", count: max(width - name.count, 0))
        print(text.isEmpty ? "  \(name)" : "  \(name)\(padding)  \(text)")
      }
    }
    return 0
  }

  private static func row(_ method: OptimizerCatalog.Entry) -> (String, String) {
    let settings = method.settings.map(\.description).joined(separator: ", ")
    return (method.name, "\(method.summary): \(settings)")
  }

  private static func described(_ summary: String, _ options: [any AnyOption]) -> String {
    options.isEmpty ? summary : "\(summary): \(names(options))"
  }

  private static func names(_ options: [any AnyOption]) -> String {
    options.map { "--\($0.name)" }.joined(separator: " ")
  }
}
