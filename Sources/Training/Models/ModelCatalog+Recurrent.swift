import CLibrary
import NN
import Optim
import Tensor

extension ModelCatalog {
  /// Long short-term memory.
  static let lstm = recurrent(
    "lstm", "a recurrent net with gates and cells (long short-term memory)", .lstm)

  /// Gated recurrent units.
  static let gru = recurrent("gru", "a recurrent net with gates (gated recurrent unit)", .gru)

  /// Elman's recurrent net.
  static let rnn = recurrent("rnn", "a plain recurrent net", .rnn)

  private static func recurrent(
    _ name: String, _ summary: String, _ cell: Recurrent.Kind
  ) -> Entry {
    Entry(
      name, summary, settings: [.layers, .width("32"), .dropout],
      traits: ModelTraits(
        describe: { model, _ in
          "\(name) \(counted(model.count("layers"), "layer")) of \(model.count("width"))"
        },
        weightCount: { model, _ in
          let width = Double(model.count("width"))
          return 8 * Double(model.count("layers")) * width * width
        },
        sizeSetting: "width"),
      conflict: { model in
        model.count("layers") == 1 && model.number("dropout") > 0
          ? "dropout is between layers, so it has no effect with layers=1" : nil
      }
    ) { request in
      let shape = request.context
      return RecurrentClassifier(
        cell, tokens: shape.vocabularySize, length: shape.inputSize,
        width: request.count("width"), layers: request.count("layers"),
        dropout: request.number("dropout"), classes: shape.outputs)
    }
  }
}

/// A classifier of sequences by the final state of a recurrent net: int32 tokens [n, t] → scores
/// [n, classes].
private struct RecurrentClassifier: Layer, RecomputingModel {
  let embedding: Embedding
  var recurrent: Recurrent
  let output: Linear

  /// Creates a classifier of sequences of `length` tokens.
  ///
  /// The biases of the gates start such that the units keep their state for between 1 and `length`
  /// positions. With biases of 0 it would be halved at each. (Tallec and Ollivier, 2018,
  /// 1804.11188)
  init(
    _ cell: Recurrent.Kind, tokens: Int, length: Int, width: Int, layers: Int, dropout: Double,
    classes: Int
  ) {
    embedding = Embedding(tokens, width)
    recurrent = Recurrent(cell, width, width, layers: layers, dropout: dropout)
    output = Linear(width, classes)
    for layer in 0..<layers {
      guard let bias = recurrent.cells[layer].hiddenBias else { continue }
      var values = bias.value.scalars(as: Float.self)
      let spans = DefaultRandomGenerator.withCurrent { generator in
        (0..<width).map { _ in generator.uniform(in: 1..<Double(max(length, 2))) }
      }
      for (index, span) in spans.enumerated() {
        let open = Float(log(span))
        switch cell {
        case .rnn, .reluRNN: break
        // The second gate is the one that keeps the state; the first one of an LSTM is the input
        // gate.
        case .gru: values[width + index] = open
        case .lstm:
          values[width + index] = open
          values[index] = -open
        }
      }
      bias.value = Tensor(values, shape: bias.shape)
    }
  }

  var recomputableBlocks: Int { recurrent.recomputableBlocks }
  var recomputedBlocks: Int? {
    get { recurrent.recomputedBlocks }
    set { recurrent.recomputedBlocks = newValue }
  }

  func callAsFunction(_ input: Tensor) -> Tensor {
    output(recurrent(embedding(input)).state.hidden[-1])
  }
}
