import Tensor

/// How the data of a run is encoded, as needed to apply its model to other data.
package struct InputEncoding: Codable, Sendable, Equatable {
  /// The shape of one example: features, an image `[channels, height, width]`, or a sequence of
  /// tokens.
  package var shape: [Int]
  /// The number of positions at the end of an example that are predicted; nil for all of a text.
  package var predictedLength: Int?
  /// The characters that input tokens stand for; nil for inputs of numbers.
  package var vocabulary: Vocabulary?
  /// How the columns of a table become features; nil for other data.
  package var encoder: FeatureEncoder?
  /// How pixels become inputs; nil for data other than images.
  package var pixels: PixelScale?
  /// The meaning of the outputs; nil for a text.
  package var target: TargetEncoding?
  /// The name of the predicted column; nil if the targets are not those of a column.
  package var targetName: String?

  /// The encoding of examples with targets.
  package init(_ data: SupervisedData, targetName: String? = nil) {
    shape = Array(data.training.source.shape.dropFirst())
    predictedLength =
      if case .sequences(_, let length) = data.training.targets { length } else { 1 }
    vocabulary = data.vocabulary
    encoder = data.encoder
    pixels = data.pixels
    target = data.target
    self.targetName = targetName
  }

  /// The encoding of a text, of which a model sees `context` characters at once.
  package init(_ vocabulary: Vocabulary, context: Int) {
    shape = [context]
    self.vocabulary = vocabulary
  }

  /// The rows of another table, with their targets.
  ///
  /// - Throws: ``TrainingError`` of kind `data` that names file, line and column, for what does not
  ///   fit the training data, and for data other than a table.
  package func examples(of table: CSVTable) throws -> SupervisedData.Examples {
    guard let encoder, let target, let targetName else {
      throw TrainingError.data("\(table.file): the model was not trained on a table")
    }
    return SupervisedData.Examples(
      features: try encoder.features(of: table, rows: Array(0..<table.rowCount)),
      columns: encoder.width, targets: try target.targets(of: table, column: targetName))
  }

  /// The sizes of a model of the data that is trained with a loss.
  package func modelShape(_ loss: ClassificationLoss) -> ModelShape {
    // With the hinge loss one score tells two classes apart.
    let outputs = loss == .hinge ? 1 : target?.outputs ?? vocabulary?.count ?? 0
    return ModelShape(
      input: Shape(shape), vocabularySize: vocabulary?.count ?? 0, outputs: outputs,
      predictedLength: predictedLength)
  }
}
