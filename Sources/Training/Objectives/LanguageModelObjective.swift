import Autograd
import NN
import Tensor

/// The objective of a language model on a text: the cross-entropy of each next character.
///
/// A training example is a window of as many characters as the model sees at once; it begins anywhere in
/// the training text.
package struct TextObjective: Objective {
  private let model: GPT
  private let training: [Int32]
  private let held: [Int32]
  private var context: Int { model.configuration.contextLength }

  /// The objective of a model on a text that is longer than its context.
  package init(model: GPT, data: TextData) {
    self.model = model
    training = data.training
    held = data.validation
  }

  /// The number of windows.
  package var exampleCount: Int { training.count - context }

  /// A natural logarithm, as it is.
  package var lossUnit: Double { 1 }

  /// The mean loss of the windows that begin at some positions.
  package func loss(ofExamples starts: ArraySlice<Int>) -> Tensor {
    loss(starts, in: training[...], length: context)
  }

  /// The mean loss over the whole validation text, in windows side by side.
  package func validation() -> Evaluation? { evaluation(of: held[...]) }

  /// The mean loss over the beginning of the training text, of the length of the validation text.
  package func trainingEvaluation() -> Evaluation? { evaluation(of: training.prefix(held.count)) }

  private func evaluation(of text: ArraySlice<Int32>) -> Evaluation {
    let count = text.count - 1
    let starts = Array(stride(from: 0, through: count - context, by: context))
    // Some thousand characters at a time keep memory and overhead small.
    let chunk = max(4096 / context, 1)
    var sum = 0.0
    for first in stride(from: 0, to: starts.count, by: chunk) {
      let part = starts[first..<min(first + chunk, starts.count)]
      sum += loss(part, in: text, length: context).scalar() * Double(part.count * context)
    }
    // What is left at the end is a shorter window.
    let rest = count % context
    if rest > 0 { sum += loss([count - rest], in: text, length: rest).scalar() * Double(rest) }
    return Evaluation(loss: sum / Double(count))
  }

  private func loss(
    _ starts: ArraySlice<Int>, in text: ArraySlice<Int32>, length: Int
  ) -> Tensor {
    model.loss(
      windows(starts, in: text, length: length, offset: 0),
      targets: windows(starts, in: text, length: length, offset: 1))
  }

  /// Windows of a text, int32 [starts, length].
  private func windows(
    _ starts: ArraySlice<Int>, in text: ArraySlice<Int32>, length: Int, offset: Int
  ) -> Tensor {
    var tokens: [Int32] = []
    tokens.reserveCapacity(starts.count * length)
    for start in starts {
      tokens += text.dropFirst(start + offset).prefix(length)
    }
    return Tensor(tokens, shape: [starts.count, length])
  }
}
