/// The help of a command.
enum Help {
  /// How a command is called, what it does, and its options.
  static func text(usage: String, summary: String, groups: [OptionGroup]) -> String {
    let options = groups.flatMap(\.options)
    let width = options.reduce(0) { max($0, signature(of: $1).count) }
    var lines = ["usage: \(usage)", "", summary]
    for group in groups where !group.options.isEmpty {
      lines += ["", "\(group.heading):"]
      for option in group.options {
        let standard = option.standardText.map { " (default: \($0))" } ?? ""
        lines.append("  \(padded(signature(of: option), to: width))  \(option.help)\(standard)")
      }
    }
    return lines.joined(separator: "\n")
  }

  /// A text with spaces behind it up to a width.
  static func padded(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  private static func signature(of option: any AnyOption) -> String {
    "--\(option.name)" + (option.placeholder.map { " \($0)" } ?? "")
  }
}
