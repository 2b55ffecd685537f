import Foundation
import NN
import Tensor

/// A class for each sequence, from the state of a recurrent net at its end: int32 tokens [n, t] →
/// scores [n, classes].
struct RecurrentClassifier: Layer {
  let embedding: Embedding
  let recurrent: Recurrent
  let output: Linear

  /// A classifier of sequences of `length` tokens.
  ///
  /// Gates start such that the state is kept for between one and `length` positions; else it would be
  /// halved at each.  (Tallec and Ollivier, 2018, 1804.11188)
  init(
    _ cell: Recurrent.Kind, tokens: Int, length: Int, width: Int, layers: Int, dropout: Double,
    classes: Int
  ) {
    embedding = Embedding(tokens, width)
    recurrent = Recurrent(cell, width, width, layers: layers, dropout: dropout)
    output = Linear(width, classes)
    for layer in 0..<layers {
      let bias = recurrent.cells[layer].hiddenBias
      var values = bias.value.scalars(as: Float.self)
      let spans = DefaultGenerator.withCurrent { generator in
        (0..<width).map { _ in generator.uniform(in: 1..<Double(max(length, 2))) }
      }
      for (index, span) in spans.enumerated() {
        let open = Float(log(span))
        switch cell {
        case .rnn: break
        // The second gate keeps the state; an LSTM's first one lets the input in.
        case .gru: values[width + index] = open
        case .lstm:
          values[width + index] = open
          values[index] = -open
        }
      }
      bias.value = Tensor(values, shape: bias.shape)
    }
  }

  func callAsFunction(_ input: Tensor) -> Tensor {
    output(recurrent(embedding(input)).state.hidden[-1])
  }
}
