import Autograd
import CLibrary
import NN
import Tensor

extension TrainedModel {
  /// Predicts the target of a row of a table.
  ///
  /// ```swift
  /// let prediction = try model.predict(["width": 3.1, "kind": "oak", "height": nil])
  /// ```
  /// - Parameter row: The value of each column that the model uses, see ``input``; others are
  ///   ignored. A missing value and a category that the training rows did not have are encoded as
  ///   ``FeatureEncoder`` says.
  /// - Returns: The class with the probability of each, or the number.
  /// - Throws: ``TrainingError`` of kind `data` for a column that the row does not have, text in a
  ///   column of numbers, and a model that does not take rows.
  public func predict(_ row: [String: ColumnValue]) throws -> Prediction {
    let encoder = try rowEncoder()
    var features = [Float](repeating: 0, count: encoder.width)
    try encoder.encode(row, into: &features, at: 0)
    return predictions(outputs: outputs(Tensor(features, shape: [1, encoder.width])))[0]
  }

  /// Predicts the targets of several rows of a table at once.
  ///
  /// - Throws: ``TrainingError`` of kind `data`, as for one row.
  public func predict(_ rows: [[String: ColumnValue]]) throws -> [Prediction] {
    let encoder = try rowEncoder()
    var features = [Float](repeating: 0, count: rows.count * encoder.width)
    for (index, row) in rows.enumerated() {
      try encoder.encode(row, into: &features, at: index * encoder.width)
    }
    return predictions(Tensor(features, shape: [rows.count, encoder.width]))
  }

  /// Predicts the target of every row of a table, which needs no column with the target.
  ///
  /// - Throws: ``TrainingError`` of kind `data` that names file, line and column, for a column that
  ///   the table does not have, text in a column of numbers, and a model that does not take rows.
  public func predict(_ table: CSVTable) throws -> [Prediction] {
    predictions(try features(of: table))
  }

  /// Returns the encoded rows of a table, `[rows, features]`.
  func features(of table: CSVTable) throws -> Tensor {
    _ = try rowEncoder()
    guard let encoder = description.input.encoder else { fail("a model of rows has an encoder") }
    return Tensor(
      try encoder.features(of: table, rows: Array(0..<table.rowCount)),
      shape: [table.rowCount, encoder.width])
  }

  private func rowEncoder() throws -> RowEncoder {
    guard let rows else { throw wrongInput("rows of a table") }
    return rows
  }

  /// The error of a model that takes other inputs.
  func wrongInput(_ given: String) -> TrainingError {
    let text =
      switch input {
      case .row: "rows of a table"
      case .image(let channels, let height, let width):
        "images of \(counted(channels, "channel")) and \(width) x \(height) pixels"
      case .text: "texts"
      }
    return .data("a model of the task \(task) takes \(text), not \(given)")
  }

  /// Returns the predictions for encoded inputs `[n, ...]` of a model with one output position.
  func predictions(_ inputs: Tensor) -> [Prediction] {
    guard inputs.shape[0] > 0 else { return [] }
    // Some hundred at a time keep the activations in the cache.
    let part = 512
    if inputs.shape[0] > part {
      return stride(from: 0, to: inputs.shape[0], by: part).flatMap { start in
        predictions(inputs[start..<min(start + part, inputs.shape[0])])
      }
    }
    return predictions(outputs: outputs(inputs))
  }

  /// Returns exp(score) / Σ exp(score), in double precision.
  private static func softmax(_ scores: ArraySlice<Float>) -> [Double] {
    let highest = Double(scores.max() ?? 0)
    var values = scores.map { exp(Double($0) - highest) }
    let sum = values.reduce(0, +)
    for index in values.indices { values[index] /= sum }
    return values
  }

  /// Returns the predictions that outputs `[n, ...]` stand for.
  func predictions(outputs: Tensor) -> [Prediction] {
    if let target = description.input.target, case .number = target {
      return outputs.scalars(as: Double.self).map {
        Prediction(value: target.number(ofStandardized: $0))
      }
    }
    if description.loss == .hinge {
      return outputs.scalars(as: Double.self).map { Prediction(classes: classes, score: $0) }
    }
    let (scores, count) = (outputs.scalars(as: Float.self), classes.count)
    return stride(from: 0, to: scores.count, by: count).map { start in
      Prediction(classes: classes, probabilities: Self.softmax(scores[start..<start + count]))
    }
  }
}
