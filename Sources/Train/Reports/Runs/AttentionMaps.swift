import Autograd
import NN
import Tensor
import Training

/// The attention of the best weights of a Transformer on one text of the validation data.
struct AttentionMaps {
  /// The characters of the text.
  private let characters: [String]
  /// The weights of each layer, [heads, t, t].
  private let layers: [[Float]]
  private let heads: Int

  private static let lengthLimit = 24
  private static let mapLimit = 32

  /// Computes the attention of a run; nil for another model, or without best weights.
  init?(of run: ReportedRun) {
    guard let (experiment, data) = run.best else { return nil }
    let tokens: [Int32]
    let vocabulary: Vocabulary
    let gpt: GPT
    switch data {
    case .text(let data, let context):
      guard let model = experiment.model as? GPT else { return nil }
      gpt = model
      vocabulary = data.vocabulary
      tokens = Array(data.validation.prefix(min(context, Self.lengthLimit)))
    case .examples(let data):
      guard let known = data.vocabulary, data.validation.rows > 0,
        let model = Self.languageModel(of: run, data)
      else { return nil }
      gpt = model
      vocabulary = known
      let first = data.validation.source.rows(at: [0])
      tokens = Array(first.scalars(as: Int32.self).prefix(Self.lengthLimit))
    }
    characters = tokens.map { TextSamples.visible(vocabulary.text(of: [$0])) }
    heads = gpt.configuration.heads
    layers = Self.weights(of: gpt, on: Tensor(tokens, shape: [1, tokens.count]))
  }

  /// The language model inside a model that completes sequences; the two have the same weights.
  private static func languageModel(of run: ReportedRun, _ data: SupervisedData) -> GPT? {
    guard let known = data.vocabulary else { return nil }
    let model = run.configuration[FitOptions.model].make(
      InputEncoding(known, context: data.training.columns).modelShape(.crossEntropy))
    guard let gpt = model as? GPT, (try? gpt.load(from: run.folder.best)) != nil else {
      return nil
    }
    return gpt
  }

  /// Follows the tokens through the blocks, and applies each attention to the unit vectors in place
  /// of its values: the results are its weights, softmax(QKᵀ/√d).
  private static func weights(of gpt: GPT, on tokens: Tensor) -> [[Float]] {
    let (length, heads) = (tokens.shape[1], gpt.configuration.heads)
    let size = gpt.configuration.width / heads
    /// [1, t, heads · size] → [1, heads, t, size].
    func split(_ x: Tensor) -> Tensor {
      x.reshaped(to: [1, length, heads, size]).transposed(1, 2)
    }
    let units = Tensor.eye(length).broadcast(to: [1, heads, length, length])
    let places = Tensor.arange(from: 0, to: Double(length), dtype: .int32)
    var x = gpt.tokens(tokens) + gpt.positions(places)
    return gpt.blocks.map { block in
      let parts = block.attention.projection(block.norm1(x)).split(into: 3, along: -1)
      x = block(x, isCausal: true)
      return scaledDotProductAttention(split(parts[0]), split(parts[1]), units, isCausal: true)
        .scalars(as: Float.self)
    }
  }

  /// A small map for each layer and head.
  var figures: String? {
    let length = characters.count
    let maps = layers.enumerated().flatMap { layer, weights in
      (0..<heads).map { head in
        let start = head * length * length
        let rows = (0..<length).map { row in
          Array(weights[start + row * length..<start + (row + 1) * length])
        }
        return map("layer \(layer + 1), head \(head + 1)", rows)
      }
    }
    let shown = maps.prefix(Self.mapLimit)
    let rest = maps.count - shown.count
    return Page.grid(Array(shown), class: "small-grid").map { grid in
      "<p>The text: <code>\(SVG.escaped(characters.joined()))</code></p>\n" + grid
        + (rest > 0 ? "<p>\(rest) more are not shown.</p>" : "")
    }
  }

  private func map(_ title: String, _ rows: [[Float]]) -> String {
    HeatMap(
      title: title, rows: characters, columns: characters,
      values: rows.map { row in
        // What would be nearly white is left out.
        row.map { $0 < 0.02 ? nil : Double($0) }
      },
      hints: .row { row in
        let most = rows[row].indices.sorted { rows[row][$0] > rows[row][$1] }.prefix(3)
        let parts = most.map { "\(characters[$0]) \(Format.percentage(Double(rows[row][$0])))" }
        return "\(characters[row]) at \(row + 1) attends to \(parts.joined(separator: ", "))"
      }, cell: (14, 14)
    ).figure()
  }
}
