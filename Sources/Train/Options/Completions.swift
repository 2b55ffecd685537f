/// Completions of the command line for a shell, as a script to be sourced.
enum Completions {
  /// The shells that there are completions for.
  enum Shell: String, CaseIterable {
    case bash, zsh, fish
  }

  /// The script for a shell.
  static func script(for shell: Shell, _ table: CommandLineTable) -> String {
    switch shell {
    case .bash: bash(table)
    case .zsh: zsh(table)
    case .fish: fish(table)
    }
  }

  // MARK: - Bash

  private static func bash(_ table: CommandLineTable) -> String {
    let cases = table.entries.map { entry in
      let words = entry.takesTask ? table.tasks.joined(separator: " ") : ""
      let options = entry.options.map { "--\($0.name)" }.joined(separator: " ")
      return "    \(entry.name)) words=\"\(words)\"; options=\"\(options) --help\" ;;"
    }
    return """
      # Completions of train for bash. Load them with:
      #   source <(train completions bash)
      _train() {
        local word="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"
        local command="" words="" options=""
        COMPREPLY=()
        if [ "$COMP_CWORD" -eq 1 ]; then
          COMPREPLY=($(compgen -W "\(table.entries.map(\.name).joined(separator: " ")) help" -- "$word"))
          return
        fi
        command="${COMP_WORDS[1]}"
        if [ "$command" = help ]; then
          COMPREPLY=($(compgen -W "\(table.entries.map(\.name).joined(separator: " "))" -- "$word"))
          return
        fi
        case "$previous" in
      \(bashValues(table).joined(separator: "\n"))
        esac
        case "$command" in
      \(cases.joined(separator: "\n"))
        esac
        if [[ "$word" == -* ]]; then
          COMPREPLY=($(compgen -W "$options" -- "$word"))
        else
          COMPREPLY=($(compgen -W "$words" -- "$word") $(compgen -f -- "$word"))
        fi
      }
      complete -o filenames -F _train train

      """
  }

  private static func bashValues(_ table: CommandLineTable) -> [String] {
    distinct(table).compactMap { option in
      if option.takesPath {
        return "    --\(option.name)) COMPREPLY=($(compgen -f -- \"$word\")); return ;;"
      }
      guard option.placeholder != nil, !option.completions.isEmpty else { return nil }
      let words = option.completions.joined(separator: " ")
      return "    --\(option.name)) COMPREPLY=($(compgen -W \"\(words)\" -- \"$word\")); return ;;"
    }
  }

  /// The options of all commands, each name once.
  private static func distinct(_ table: CommandLineTable) -> [any AnyOption] {
    var names = Set<String>()
    return table.entries.flatMap(\.options).filter { names.insert($0.name).inserted }
  }

  // MARK: - zsh

  private static func zsh(_ table: CommandLineTable) -> String {
    let commands = table.entries.map { "    \(quoted("\($0.name):\($0.summary)"))" }
    let cases = table.entries.map { entry in
      let words = entry.takesTask ? "'1:task:(\(table.tasks.joined(separator: " ")))'" : "'*:file:_files'"
      let options = entry.options.map { "        \(zshOption($0)) \\" }
      return """
            \(entry.name))
              _arguments \\
        \(options.joined(separator: "\n"))
                \(words) ;;
        """
    }
    return """
      #compdef train
      # Completions of train for zsh. Load them with:
      #   source <(train completions zsh)
      _train() {
        local -a commands
        commands=(
      \(commands.joined(separator: "\n"))
        )
        if (( CURRENT == 2 )); then
          _describe command commands
          return
        fi
        local command="${words[2]}"
        shift words
        (( CURRENT-- ))
        case "$command" in
      \(cases.joined(separator: "\n"))
        esac
      }
      compdef _train train

      """
  }

  private static func zshOption(_ option: any AnyOption) -> String {
    let help = option.help.replacing("[", with: "(").replacing("]", with: ")")
    var text = "--\(option.name)[\(help)]"
    if let placeholder = option.placeholder {
      let name = placeholder.replacing(":", with: " ")
      let action =
        option.takesPath
        ? "_files"
        : option.completions.isEmpty ? " " : "(\(option.completions.joined(separator: " ")))"
      text += ":\(name):\(action)"
    }
    return quoted(text)
  }

  // MARK: - fish

  private static func fish(_ table: CommandLineTable) -> String {
    var lines = [
      "# Completions of train for fish. Load them with:", "#   train completions fish | source",
      "complete -c train -f",
    ]
    for entry in table.entries {
      lines.append(
        "complete -c train -n __fish_use_subcommand -a \(entry.name) -d \(quoted(entry.summary))")
      let isGiven = "-n '__fish_seen_subcommand_from \(entry.name)'"
      if entry.takesTask {
        lines.append("complete -c train \(isGiven) -a \(quoted(table.tasks.joined(separator: " ")))")
      } else if !entry.usage.isEmpty {
        lines.append("complete -c train \(isGiven) -F")
      }
      for option in entry.options {
        var line = "complete -c train \(isGiven) -l \(option.name) -d \(quoted(option.help))"
        if option.placeholder != nil {
          line += option.takesPath ? " -r -F" : " -x"
          if !option.completions.isEmpty {
            line += " -a \(quoted(option.completions.joined(separator: " ")))"
          }
        }
        lines.append(line)
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// A text in single quotes.
  private static func quoted(_ text: String) -> String {
    "'" + text.replacing("'", with: "'\\''") + "'"
  }
}
