/// Named sets of options that reproduce a known result.
enum Preset: String, Sendable, CaseIterable {
  /// nanoGPT's configuration for a CPU.
  case nanoGPT = "nano-gpt"
  /// The moons of micrograd's demonstration.
  case micrograd

  /// One line for `train list`.
  var summary: String {
    switch self {
    case .nanoGPT: "text: nanoGPT's setting for a CPU, 4 layers of 128"
    case .micrograd: "moons: micrograd's 2-16-16-1 net with the hinge loss"
    }
  }

  /// The task and the options, as a configuration file would hold them.
  var entries: [(key: String, value: String)] {
    switch self {
    case .nanoGPT:
      [
        ("task", "text"), ("model", "gpt(layers=4, heads=4, width=128, dropout=0, bias=false)"),
        ("context", "64"), ("validation", "0.1"),
        ("optimizer", "adamw(beta1=0.9, beta2=0.99, weight-decay=0.1)"), ("learning-rate", "1e-3"),
        ("clip-norm", "1"), ("schedule", "cosine(final=0.1)"), ("warmup", "100"),
        ("steps", "2000"), ("batch-size", "12"), ("evaluate-every", "250"), ("patience", "0"),
      ]
    case .micrograd:
      [
        ("task", "moons"), ("model", "mlp(hidden=16-16, activation=relu)"), ("loss", "hinge"),
        ("optimizer", "sgd(momentum=0.9, weight-decay=1e-4)"), ("learning-rate", "0.1"),
        ("schedule", "cosine"), ("steps", "2000"), ("batch-size", "100"), ("seed", "1337"),
      ]
    }
  }
}
