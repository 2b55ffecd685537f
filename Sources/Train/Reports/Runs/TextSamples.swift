import NN
import Tensor
import Training

/// Text that a language model writes.
enum TextSamples {
  private static let length = 240

  /// Two samples, the same for the same weights and seed; nil for a model of another kind.
  static func samples(of experiment: Experiment, _ data: TextData, seed: UInt64) -> String? {
    guard let model = experiment.model as? GPT else { return nil }
    let start = data.vocabulary["\n"] ?? 0
    var generator = RandomStream.noise.generator(seed: seed)
    let parts = [0.5, 0.8].map { temperature in
      let tokens = model.generate(
        from: [start], count: length, options: .init(temperature: temperature), using: &generator)
      return """
        <h3>Temperature \(Format.number(temperature))</h3>
        <pre>\(lines(of: data.vocabulary.text(of: tokens)))</pre>
        """
    }
    return parts.joined(separator: "\n")
  }

  /// A text in XHTML that keeps its line breaks.
  private static func lines(of text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { SVG.escaped(String($0)) }
      .joined(separator: "\n")
  }

  /// A character as it is shown: a space and a line break as signs.
  static func visible(_ character: String) -> String {
    switch character {
    case " ": "␣"
    case "\n": "↵"
    case "\t": "⇥"
    default: SVG.escaped(character).isEmpty ? "�" : character
    }
  }
}
