import NN

/// The best weights of a run, ready to be applied.
package struct FinishedRun {
  private let folder: RunFolder
  private let file: ConfigurationFile
  private let model: MLP

  /// Reads the best weights of a run.
  ///
  /// - Throws: ``TrainingError`` when a file is missing or damaged.
  package init(_ folder: RunFolder) throws {
    self.folder = folder
    file = try ConfigurationFile(contentsOf: folder.configuration)
    model = file.configuration.model(inputs: file.input.features, target: file.input.target)
    let parameters = model.parameters
    let weights = try readWeights(of: parameters, from: folder.best)
    for (element, value) in zip(parameters, weights) { element.parameter.value = value }
  }

  /// The rows that the run did not train on.
  package func validationExamples() throws -> Examples {
    try file.data(of: folder).validation
  }

  /// All rows of another table, which has the columns that the run was trained on, and the target.
  ///
  /// - Throws: ``TrainingError`` when the table does not fit the model.
  package func examples(inFile path: String) throws -> Examples {
    guard let encoder = file.input.encoder, let target = file.configuration.target else {
      throw TrainingError.usage(
        "--data is for runs of the task csv, not \(file.configuration.task)")
    }
    let table = try CSVTable(contentsOf: path)
    let rows = Array(0..<table.rowCount)
    return Examples(
      features: try encoder.features(of: table, rows: rows), columns: encoder.width,
      targets: try file.input.target.targets(of: table, column: target))
  }

  /// How the model does on some examples.
  package func evaluation(of examples: Examples) -> Evaluation {
    let tensors = examples.tensors
    return SupervisedObjective(
      model: model, training: tensors, lossUnit: file.input.target.lossUnit
    ).evaluation(inputs: tensors.inputs, targets: tensors.targets)
  }
}
