import Training

/// A kind of model that the command trains.
enum ModelChoice: String, Codable, Sendable, CaseIterable {
  /// A multi-layer perceptron.
  case mlp
  /// A small convolutional net.
  case conv
  /// A decoder-only Transformer.
  case gpt
  /// A recurrent net with gates and cells.
  case lstm
  /// A recurrent net with gates.
  case gru
  /// A plain recurrent net.
  case rnn

  /// One line for a user who chooses a model.
  var summary: String {
    switch self {
    case .mlp: "a multi-layer perceptron"
    case .conv: "two convolutions and two linear layers"
    case .gpt: "a decoder-only Transformer"
    case .lstm: "a recurrent net with gates and cells (long short-term memory)"
    case .gru: "a recurrent net with gates (gated recurrent unit)"
    case .rnn: "a plain recurrent net"
    }
  }

  /// The options of the model alone.
  var options: [any AnyOption] {
    switch self {
    case .mlp: [FitOptions.hidden, FitOptions.activation]
    case .conv: [FitOptions.width, FitOptions.activation, FitOptions.dropout]
    case .gpt:
      [
        FitOptions.layers, FitOptions.heads, FitOptions.width, FitOptions.dropout, FitOptions.bias,
      ]
    case .lstm, .gru, .rnn: [FitOptions.layers, FitOptions.width, FitOptions.dropout]
    }
  }
}
