import Training

/// The help of a command: how it is called, what it does, and its options.
func helpText(usage: String, summary: String, groups: [OptionGroup]) -> String {
  let options = groups.flatMap(\.options)
  let width = options.reduce(0) { max($0, left($1).count) }
  var lines = ["usage: \(usage)", "", summary]
  for group in groups {
    lines += ["", "\(group.heading):"]
    for option in group.options {
      let start = left(option)
      let standard = option.standard.map { " (default: \($0))" } ?? ""
      let padding = String(repeating: " ", count: width - start.count)
      lines.append("  \(start)\(padding)  \(option.help)\(standard)")
    }
  }
  return lines.joined(separator: "\n")
}

private func left(_ option: any AnyOption) -> String {
  "--\(option.name)" + (option.placeholder.map { " \($0)" } ?? "")
}
