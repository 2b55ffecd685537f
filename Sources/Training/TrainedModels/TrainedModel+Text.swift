import Autograd
import CLibrary
import NN
import Tensor

extension TrainedModel {
  /// Predicts what belongs to a text.
  ///
  /// - A classifier of sequences predicts their class.
  /// - A model that completes sequences, as of sums `12+34=`, predicts the rest: the characters
  ///   with the highest scores, one after another.
  /// - A language model predicts the next character, from as many characters before it as the model
  ///   sees at once.
  ///
  /// - Throws: ``TrainingError`` of kind `data` for an empty text, one that is too long, a
  ///   character that the training text did not have, and a model that does not take texts.
  public func predict(text: String) throws -> Prediction {
    guard case .text(let length) = input, let vocabulary else {
      throw wrongInput("a text")
    }
    var tokens = try vocabulary.tokens(of: text)
    guard !tokens.isEmpty else { throw TrainingError.data("an empty text has nothing to predict") }
    if description.input.target == nil {
      tokens = tokens.suffix(length)
    } else {
      let most = completedLength.map { length + 1 - $0 } ?? length
      guard tokens.count <= most else {
        throw TrainingError.data("\(tokens.count) characters; the model takes at most \(most)")
      }
    }
    guard let completedLength else { return nextPredictions([tokens])[0] }
    return completion(of: tokens, length: completedLength, vocabulary)
  }

  /// The number of characters that the model adds to a sequence, nil for one class or character.
  private var completedLength: Int? {
    guard let length = description.input.predictedLength, length > 1 else { return nil }
    return length
  }

  /// The predictions behind sequences of equal length: their classes, or the next characters.
  private func nextPredictions(_ sequences: [[Int32]]) -> [Prediction] {
    let length = sequences[0].count
    var scores = outputs(Tensor(sequences.flatMap(\.self), shape: [sequences.count, length]))
    // Of a language model the last position counts.
    if scores.rank == 3 { scores = scores[.all, -1] }
    return predictions(outputs: scores)
  }

  private func completion(
    of tokens: [Int32], length: Int, _ vocabulary: Vocabulary
  ) -> Prediction {
    var tokens = tokens
    var probability = 1.0
    for _ in 0..<length {
      let next = nextPredictions([tokens])[0]
      guard let token = next.label.unicodeScalars.first.flatMap({ vocabulary[$0] }) else { break }
      probability *= next.probability ?? 1
      tokens.append(token)
    }
    return Prediction(text: vocabulary.text(of: tokens.suffix(length)), probability: probability)
  }
}
