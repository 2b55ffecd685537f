import Autograd
import NN
import Tensor

/// The objective of a language model on a text: the cross-entropy of each next character.
///
/// A training example is a window of the model's context length, which begins anywhere in the
/// training text.
public struct LanguageModelObjective: Objective {
  /// The model to train.
  public let model: GPT

  private let training: Tokens
  private let held: Tokens
  private let test: Tokens?
  private var context: Int { model.configuration.contextLength }

  /// Creates an objective for a model and a text, which must be longer than the model's context.
  public init(_ model: GPT, data: TextData) {
    let context = model.configuration.contextLength
    require(
      data.training.count > context,
      """
      LanguageModelObjective: a training text of \(data.training.count) characters is not longer \
      than the
      """
        + " context of \(context)")
    self.model = model
    training = data.training
    held = data.validation
    test = data.test
  }

  /// Creates an objective that only evaluates a model, on a text of at least 2 characters.
  package init(_ model: GPT, evaluating text: Tokens) {
    require(
      text.count >= 2,
      "LanguageModelObjective: a text of \(counted(text.count, "character")) has nothing to predict"
    )
    self.model = model
    training = []
    held = text
    test = nil
  }

  /// The number of windows.
  public var exampleCount: Int { training.count - context }

  /// Returns the mean loss of the windows that begin at some positions.
  public func loss(ofExamples starts: ArraySlice<Int>) -> Tensor {
    loss(starts, in: training[...], length: context)
  }

  /// Evaluates the model on the whole validation text, in adjacent windows.
  public func validation() -> Evaluation? { evaluation(of: held[...]) }

  /// The most characters that an evaluation while training takes: 131,072.
  package static var sampleSize: Int { 1 << 17 }

  /// Evaluates the model on the validation text, or on some 131,072 characters of a longer one: on
  /// windows at equal distances.
  public func sampledValidation() -> Evaluation? {
    evaluation(of: held[...], windows: max(Self.sampleSize / context, 1))
  }

  /// Evaluates the model on the beginning of the training text, as much as there is validation
  /// text.
  public func trainingEvaluation() -> Evaluation? { evaluation(of: training.prefix(held.count)) }

  /// Evaluates the model on the whole test text, or returns `nil` if there is none.
  public func testEvaluation() -> Evaluation? { test.map { evaluation(of: $0[...]) } }

  /// Evaluates the model on a text in adjacent windows, or on so many of them if there are more.
  package func evaluation(of text: Slice<Tokens>, windows limit: Int = .max) -> Evaluation {
    let length = text.count - 1
    var starts = Array(stride(from: 0, through: length - context, by: context))
    let isSample = starts.count > limit
    if isSample { starts = (0..<limit).map { starts[$0 * starts.count / limit] } }
    let count = isSample ? limit * context : length
    // A few thousand characters at a time keep both memory and overhead small.
    let chunk = max(4096 / context, 1)
    let losses = SharedEvaluation.values(ofParts: (starts.count + chunk - 1) / chunk) { index in
      let part = starts[index * chunk..<min((index + 1) * chunk, starts.count)]
      return [loss(part, in: text, length: context).scalar() * Double(part.count * context)]
    }
    var sum = losses.reduce(0) { $0 + $1[0] }
    // The rest at the end is a shorter window.
    let rest = count % context
    if rest > 0 { sum += loss([count - rest], in: text, length: rest).scalar() * Double(rest) }
    return Evaluation(loss: sum / Double(count))
  }

  private func loss(
    _ starts: ArraySlice<Int>, in text: Slice<Tokens>, length: Int
  ) -> Tensor {
    model.loss(
      windows(starts, in: text, length: length, offset: 0),
      targets: windows(starts, in: text, length: length, offset: 1))
  }

  /// The windows of a text, int32 `[starts, length]`.
  private func windows(
    _ starts: ArraySlice<Int>, in text: Slice<Tokens>, length: Int, offset: Int
  ) -> Tensor {
    var tokens: [Int32] = []
    tokens.reserveCapacity(starts.count * length)
    for start in starts {
      tokens += text.dropFirst(start + offset).prefix(length)
    }
    return Tensor(tokens, shape: [starts.count, length])
  }
}
