import Adjoint

extension Benchmarks {
  /// Training steps of models of sequences, and predictions of recurrent layers.
  static func sequenceModels(_ measurement: Measurement) {
    transformers(measurement)
    recurrentNets(measurement)
    translation(measurement)
  }

  private static func transformers(_ measurement: Measurement) {
    let sizes = [
      ("train/gpt-4x128-t64-b12", layers: 4, heads: 4, width: 128, context: 64, batch: 12, 65),
      ("train/gpt-6x384-t256-b4", layers: 6, heads: 6, width: 384, context: 256, batch: 4, 65),
      (
        "train/gpt-2x256-t128-b8-v50k", layers: 2, heads: 4, width: 256, context: 128, batch: 8,
        50_257
      ),
    ]
    for (name, layers, heads, width, context, batch, vocabulary) in sizes
    where measurement.wants(name) {
      let model = GPT(
        .init(
          vocabularySize: vocabulary, contextLength: context, layers: layers, heads: heads,
          width: width,
          bias: true))
      func tokens() -> Tensor {
        let values = (0..<batch * context).map { _ in Int32.random(in: 0..<Int32(vocabulary)) }
        return Tensor(values, shape: [batch, context])
      }
      let (input, targets) = (tokens(), tokens())
      measurement.step(name, model, examples: batch * context) {
        $0.loss(input, targets: targets)
      }
    }
  }

  /// Sequences of 50 vectors, as wide as the hidden state; training, inference, and training of a
  /// loop over a cell.
  private static func recurrentNets(_ measurement: Measurement) {
    let sizes: [(name: String, kind: Recurrent.Kind, width: Int, layers: Int, batch: Int)] = [
      ("lstm-128", .lstm, 128, 1, 32), ("lstm-128", .lstm, 128, 1, 1),
      ("lstm-128", .lstm, 128, 1, 4), ("lstm-2x256", .lstm, 256, 2, 32),
      ("gru-128", .gru, 128, 1, 32), ("rnn-128", .rnn, 128, 1, 32),
    ]
    for (tag, kind, width, layers, batch) in sizes {
      let (train, predict) = ("train/\(tag)-t50-b\(batch)", "predict/\(tag)-t50-b\(batch)")
      guard measurement.wants(train) || measurement.wants(predict) else { continue }
      let model = Recurrent(kind, width, width, layers: layers)
      let (x, y) = (Tensor.normal([batch, 50, width]), Tensor.normal([batch, 50, width]))
      measurement.step(train, model, examples: batch) { meanSquaredError($0(x).output, y) }
      measurement.row(predict, work: Double(batch), unit: "samples/s") { _ = model(x) }
    }
    let name = "train/lstm-cell-128-t50-b32"
    guard measurement.wants(name) else { return }
    let (x, y) = (Tensor.normal([50, 32, 128]).unstacked(), Tensor.normal([50, 32, 128]))
    measurement.step(name, RecurrentCell(.lstm, 128, 128), examples: 32) { cell in
      var state: Recurrent.State?
      let outputs = x.map { x in
        let next = cell(x, state: state)
        state = next
        return next.hidden
      }
      return meanSquaredError(stacked(outputs), y)
    }
  }

  /// A translation of 32 sentences of 20 words; the decoder reads the true words before.
  private static func translation(_ measurement: Measurement) {
    let name = "train/seq2seq-gru-128-t20-b32"
    guard measurement.wants(name) else { return }
    func words() -> Tensor { (Tensor.uniform([32, 20]) * 1000).converted(to: .int32) }
    let (source, previous, next) = (words(), words(), words())
    measurement.step(name, Translator(vocabulary: 1000, width: 128), examples: 32) {
      crossEntropy(
        $0(source, previous: previous).reshaped(to: [-1, 1000]), labels: next.reshaped(to: [-1]))
    }
  }
}

/// An encoder and a decoder whose state starts as that of the encoder.
private struct Translator: Module {
  let sourceWords: Embedding
  let words: Embedding
  let encoder: Recurrent
  let decoder: Recurrent
  let head: Linear

  init(vocabulary: Int, width: Int) {
    sourceWords = Embedding(vocabulary, width)
    words = Embedding(vocabulary, width)
    encoder = Recurrent(.gru, width, width)
    decoder = Recurrent(.gru, width, width)
    head = Linear(width, vocabulary)
  }

  func callAsFunction(_ source: Tensor, previous: Tensor) -> Tensor {
    let state = encoder(sourceWords(source)).state
    return head(decoder(words(previous), state: state).output)
  }
}
