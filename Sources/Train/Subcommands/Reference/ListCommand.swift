import NN
import Optim
import Training

/// `train list`: what there is to choose from.
enum ListCommand: Command {
  static let name = "list"
  static let usage = ""
  static let summary = "lists tasks, models, optimizers, schedules and functions with their options"
  static let options: [OptionGroup] = []
  static let wordCount = 0

  static func run(_ arguments: Arguments) throws -> Int32 {
    let optimizers = OptimizerCatalog.entries
    let sections: [(heading: String, rows: [(name: String, text: String)])] = [
      ("tasks", Tasks.all.map(row)),
      ("presets", Preset.allCases.map { ($0.rawValue, $0.summary) }),
      ("models, --model NAME(SETTING=VALUE, ...)", ModelCatalog.entries.map(row)),
      ("activations", [(Activation.allCases.map(\.rawValue).joined(separator: ", "), "")]),
      (
        "optimizers, --optimizer NAME(SETTING=VALUE, ...)",
        optimizers.filter { $0.innerCount == 0 }.map(row)
      ),
      (
        "wrappers, --optimizer NAME(OPTIMIZER, SETTING=VALUE, ...)",
        optimizers.filter { $0.innerCount > 0 }.map(row)
      ),
      ("schedules, --schedule NAME(SETTING=VALUE, ...)", ScheduleCatalog.entries.map(row)),
      ("functions, train race NAME", RaceFunction.all.map { ($0.name, $0.formula) }),
    ]
    let width =
      sections.flatMap(\.rows).filter { !$0.text.isEmpty }.map(\.name.count).max() ?? 0
    for (heading, rows) in sections {
      Console.standard.print("\(heading):")
      for (name, text) in rows {
        Console.standard.print(
          text.isEmpty ? "  \(name)" : "  \(Help.padded(name, to: width))  \(text)")
      }
    }
    return 0
  }

  private static func row(_ task: any TrainingTask.Type) -> (name: String, text: String) {
    let options = task.options.map { "--\($0.name)" }.joined(separator: " ")
    let models = task.models.joined(separator: ", ")
    return (task.name, "\(task.summary); \(models)\(options.isEmpty ? "" : ": \(options)")")
  }

  private static func row<C>(_ entry: CatalogEntry<C>) -> (name: String, text: String) {
    let settings = entry.settings.map(\.description).joined(separator: ", ")
    return (entry.name, settings.isEmpty ? entry.summary : "\(entry.summary): \(settings)")
  }
}
