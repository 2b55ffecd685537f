import Training

/// A task of the command.
enum TaskChoice: String, Sendable, CaseIterable {
  case spirals, moons, xor, sine, glyphs, addition, memory, csv, idx, text

  /// One line for a user who chooses a task.
  var summary: String {
    switch self {
    case .spirals, .moons, .xor, .sine: ToyTask(rawValue: rawValue)?.summary ?? ""
    case .glyphs: "noisy, shifted, turned images of digits and letters, 36 classes"
    case .addition: "sums of two numbers, digit by digit"
    case .memory: "the first symbol of a sequence, asked for at its end, 8 classes"
    case .csv: "a table in a file, classification or regression"
    case .idx: "images and labels in a folder, in the format of MNIST"
    case .text: "a text in a file, character by character"
    }
  }

  /// The models that can be trained on the task; the first is the default.
  var models: [ModelChoice] {
    switch self {
    case .spirals, .moons, .xor, .sine, .csv: [.mlp]
    case .glyphs, .idx: [.conv, .mlp]
    case .addition, .text: [.gpt]
    case .memory: [.lstm, .gru, .rnn]
    }
  }

  /// The options of the task alone.
  var options: [any AnyOption] {
    switch self {
    case .spirals, .moons, .xor: [FitOptions.loss]
    case .sine, .glyphs: []
    case .addition: [FitOptions.digits]
    case .memory: [FitOptions.delay]
    case .csv:
      [FitOptions.data, FitOptions.target, FitOptions.kind, FitOptions.validation, FitOptions.loss]
    case .idx: [FitOptions.data]
    case .text:
      [FitOptions.data, FitOptions.validation, FitOptions.context, FitOptions.evaluateEvery]
    }
  }
}
