import Training

extension Arguments {
  /// Reads a command line, and the options of the file and the preset that it names.
  ///
  /// Options of the command line override those of a configuration file, and these override those
  /// of a preset.
  ///
  /// - Throws: ``UsageError`` for options that are wrong, ``TrainingError`` for a file that cannot
  ///   be read.
  static func reading(
    _ line: some Sequence<String>, options: [any AnyOption], ignoring ignored: [any AnyOption] = []
  ) throws -> Arguments {
    var arguments = try Arguments(line, options: options, ignoring: ignored)
    if let file = arguments[FitOptions.config] {
      try arguments.take(ConfigurationFile.entries(ofFile: file), of: file)
    }
    if let preset = arguments[FitOptions.preset] {
      try arguments.take(preset.entries, of: "--preset \(preset.rawValue)")
    }
    return arguments
  }

  /// Takes the task and the options of a file or a preset, as far as they have not been given.
  private mutating func take(_ entries: [(key: String, value: String)], of source: String) throws {
    if let task = entries.first(where: { $0.key == ConfigurationFile.taskKey })?.value {
      if words.isEmpty { words = [task] }
      guard words[0] == task else {
        throw UsageError("\(source): is for the task '\(task)', not '\(words[0])'")
      }
    }
    try merge(entries.filter { $0.key != ConfigurationFile.taskKey }, of: source)
  }
}
