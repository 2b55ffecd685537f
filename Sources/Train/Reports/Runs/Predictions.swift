import Autograd
import CLibrary
import NN
import Tensor
import Training

/// The outputs of a model for the validation examples, in the terms of the data.
struct Predictions {
  /// An example and what is predicted for it.
  struct Example {
    /// The row of the validation data.
    var row: Int
    /// The classes of the example: one, or one for each position of a sequence.
    var labels: [Int] = []
    /// The predicted classes.
    var predicted: [Int] = []
    /// The number to predict, in the unit of the target.
    var value = 0.0
    /// The predicted number.
    var output = 0.0
    /// The loss, or the distance of a number; only for putting examples in order.
    var loss: Double
    /// What was to be predicted, as text.
    var truth: String
    /// What was predicted, as text, with its probability.
    var prediction: String
    /// Whether all classes are right; false for numbers.
    var isCorrect: Bool
  }

  /// The examples, in the order of the rows.
  let examples: [Example]

  /// Applies a model to the validation examples.
  init(of layer: any Layer, _ data: SupervisedData, _ loss: ClassificationLoss) {
    var examples: [Example] = []
    // Chunks keep the memory independent of the number of examples.
    for start in stride(from: 0, to: data.validation.rows, by: 256) {
      let rows = start..<min(start + 256, data.validation.rows)
      let outputs = layer(data.validation.source.rows(at: rows))
      examples += Self.examples(rows, outputs, data, loss)
    }
    self.examples = examples
  }

  private static func examples(
    _ rows: Range<Int>, _ outputs: Tensor, _ data: SupervisedData, _ loss: ClassificationLoss
  ) -> [Example] {
    switch (data.validation.targets, data.target) {
    case (.values(let values), .number):
      let numbers = outputs.scalars(as: Double.self)
      return rows.map { row in
        let value = data.target.number(ofStandardized: Double(values[row]))
        let output = data.target.number(ofStandardized: numbers[row - rows.lowerBound])
        return Example(
          row: row, value: value, output: output, loss: abs(output - value),
          truth: Format.number(value, digits: 5), prediction: Format.number(output, digits: 5),
          isCorrect: false)
      }
    case (.classes(let labels), .classes(let names)):
      return classified(rows, labels.map(Int.init), length: 1, outputs, names, loss)
    case (.sequences(let labels, let length), .classes(let names)):
      return classified(rows, labels.map(Int.init), length: length, outputs, names, loss)
    default: fail("report: targets that do not fit their encoding")
    }
  }

  private static func classified(
    _ rows: Range<Int>, _ labels: [Int], length: Int, _ outputs: Tensor, _ names: [String],
    _ loss: ClassificationLoss
  ) -> [Example] {
    // One score stands for the second of two classes.
    let logits =
      loss == .hinge
      ? outputs.scalars(as: Double.self).flatMap { [-$0, $0] }
      : logSoftmax(outputs, along: -1).scalars(as: Double.self)
    let count = names.count
    return rows.map { row in
      let own = Array(labels[row * length..<(row + 1) * length])
      var predicted: [Int] = []
      var (total, certainty) = (0.0, 0.0)
      for position in 0..<length {
        let start = ((row - rows.lowerBound) * length + position) * count
        let scores = logits[start..<start + count]
        let best = scores.indices.max { scores[$0] < scores[$1] } ?? start
        predicted.append(best - start)
        total -= scores[start + own[position]]
        certainty += scores[best]
      }
      let text = predicted.map { names[$0] }.joined()
      let probability =
        loss == .hinge ? "" : " (\(Format.percentage(exp(certainty))))"
      return Example(
        row: row, labels: own, predicted: predicted, loss: total,
        truth: own.map { names[$0] }.joined(), prediction: text + probability,
        isCorrect: predicted == own)
    }
  }
}
