/// The manual page of the command, for `man`.
enum ManualPage {
  /// The page in the language of `man`.
  static func text(_ table: CommandLineTable, version: String) -> String {
    var lines = [
      ".TH TRAIN 1 \"\" \"train \(version)\" \"User Commands\"", ".SH NAME",
      "train \\- trains small models from the command line", ".SH SYNOPSIS",
    ]
    for entry in table.entries {
      lines += [".B train \(escaped(entry.name))", escaped(entry.usage), ".br"]
    }
    lines += [
      ".SH DESCRIPTION",
      """
      Without a command it trains on two spirals and shows the result. A run is a folder, by \
      default
      """,
      ".IR runs/TASK\\-N ,",
      "which other commands take.", ".SH TASKS", escaped(table.tasks.joined(separator: ", ") + "."),
      ".SH COMMANDS",
    ]
    for entry in table.entries {
      lines += [".SS train \(escaped("\(entry.name) \(entry.usage)"))", escaped(entry.summary)]
      for group in entry.groups where !group.options.isEmpty {
        for option in group.options {
          let value = option.placeholder.map { " \\fI\(escaped($0))\\fR" } ?? ""
          let standard = option.standardText.map { " (default: \($0))" } ?? ""
          lines += [
            ".TP", "\\fB\\-\\-\(escaped(option.name))\\fR\(value)", escaped(option.help + standard),
          ]
        }
      }
    }
    lines += [
      ".SH EXIT STATUS",
      "0 done, 64 bad usage, 65 bad data, 70 training failed, 74 input or output failed, 128 + N"
        + " ended by signal N, as 130 by Ctrl-C.",
    ]
    return lines.joined(separator: "\n") + "\n"
  }

  /// A text whose characters have no meaning to `man`.
  private static func escaped(_ text: String) -> String {
    let text = text.replacing("\\", with: "\\e").replacing("-", with: "\\-")
    return text.hasPrefix(".") || text.hasPrefix("'") ? "\\&" + text : text
  }
}
