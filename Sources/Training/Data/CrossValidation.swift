import Tensor

/// The evaluations of the folds of a cross-validation.
public struct CrossValidation: Codable, Sendable, Equatable, CustomStringConvertible {
  /// The evaluation of each fold on its validation rows.
  public let evaluations: [Evaluation]

  /// Creates the result of some folds.
  public init(_ evaluations: [Evaluation]) {
    require(!evaluations.isEmpty, "CrossValidation: there are no evaluations")
    self.evaluations = evaluations
  }

  /// The mean and deviation of the loss over the folds.
  public var loss: MeanAndDeviation {
    guard let loss = MeanAndDeviation(evaluations.map(\.loss)) else { fail("no evaluations") }
    return loss
  }

  /// The mean and deviation of the accuracy, or `nil` for a regression.
  public var accuracy: MeanAndDeviation? { MeanAndDeviation(evaluations.compactMap(\.accuracy)) }

  /// The mean and deviation of R², or `nil` for a classification.
  public var r2: MeanAndDeviation? { MeanAndDeviation(evaluations.compactMap(\.r2)) }

  /// The mean and deviation of each metric by name.
  public var metrics: [String: MeanAndDeviation] {
    let names = Set(evaluations.flatMap { ($0.metrics ?? [:]).keys })
    return names.reduce(into: [:]) { result, name in
      result[name] = MeanAndDeviation(evaluations.compactMap { $0.metrics?[name] })
    }
  }

  /// The figures in a line: `loss 0.31 ± 0.02, accuracy 0.91 ± 0.01 (5 folds)`.
  public var description: String {
    let others = metrics.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    let figures =
      ["loss \(loss)"]
      + [accuracy.map { "accuracy \($0)" }, r2.map { "R² \($0)" }].compactMap(\.self)
    return (figures + others).joined(separator: ", ")
      + " (\(counted(evaluations.count, "fold")))"
  }
}

/// Trains and evaluates once for each fold.
///
/// ```swift
/// let table = try CSVTable(contentsOf: "prices.csv")
/// let result = try crossValidate(Folds(of: table.rowCount, count: 5)) { fold in
///   let data = try SupervisedData(table: table, target: "price", split: fold)
///   let model = withRandomSeed(1) { MLP([data.training.columns, 16, data.target.outputs]) }
///   let (x, y) = data.training.tensors
///   try fit(model, x, y, epochs: 50)
///   return SupervisedObjective(model, data: data).evaluation(of: data.validation)
/// }
/// print(result)
/// ```
/// Training with the validation rows as `validation:` of `fit` selects the best weights by the rows
/// that are then reported, which is optimistic; take them from the training rows.
///
/// - Parameters:
///   - folds: The folds.
///   - body: Makes a fresh model, fits it and what encodes the data to the training rows of a fold,
///     and returns an evaluation on its validation rows.
/// - Returns: The evaluations, with their mean and deviation.
public func crossValidate(
  _ folds: Folds, _ body: (_ fold: DataSplit) throws -> Evaluation
) rethrows -> CrossValidation {
  CrossValidation(try folds.map(body))
}

/// Trains and evaluates once for each fold of the rows of tensors.
///
/// ```swift
/// let result = try crossValidate(x, y, folds: Folds(of: 150, count: 5)) { training, validation in
///   let model = withRandomSeed(1) { MLP([4, 16, 3]) }
///   try fit(model, training.inputs, training.targets, epochs: 50)
///   return evaluate(model, validation.inputs, validation.targets)
/// }
/// ```
/// - Parameters:
///   - x: The inputs, with examples along the first axis.
///   - y: The targets.
///   - folds: The folds.
///   - standardizing: Whether inputs are standardized with the statistics of the training rows of
///     each fold; see ``Standardizer``.
///   - body: Makes a fresh model, fits it to the training examples and evaluates it on the
///     validation examples.
/// - Returns: The evaluations, with their mean and deviation.
public func crossValidate(
  _ x: Tensor, _ y: Tensor, folds: Folds, standardizing: Bool = false,
  _ body: (
    _ training: (inputs: Tensor, targets: Tensor), _ validation: (inputs: Tensor, targets: Tensor)
  ) throws -> Evaluation
) rethrows -> CrossValidation {
  try crossValidate(folds) { fold in
    let inputs = standardizing ? Standardizer(fitting: x, rows: fold.training).transform(x) : x
    let (training, validation) = fold.examples(inputs, y)
    return try body(training, validation)
  }
}
