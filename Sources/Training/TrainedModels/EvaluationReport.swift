import Autograd
import NN
import Tensor

/// How well a trained model does on some examples, in detail.
///
/// It is `Codable`; figures that do not apply are left out of its JSON.
public struct EvaluationReport: Sendable, Equatable, Codable {
  /// How well a class is told from the others.
  public struct ClassFigures: Sendable, Equatable, Codable {
    /// The name of the class.
    public let name: String
    /// The fraction of the examples classified as the class that belong to it; 0 if there are none.
    public let precision: Double
    /// The fraction of the examples of the class that are classified as it; 0 if there are none.
    public let recall: Double
    /// The harmonic mean of precision and recall.
    public let f1: Double
    /// The number of examples, or positions of sequences, of the class.
    public let count: Int
  }

  /// The number of examples: rows, or characters of a text.
  public let count: Int
  /// The mean loss, in the squared unit of the target for a regression.
  public let loss: Double
  /// The fraction of the examples that are classified correctly, or `nil` for other tasks.
  public let accuracy: Double?
  /// The figures of each class, or `nil` for other tasks.
  public let classes: [ClassFigures]?
  /// The number of examples, or positions of sequences, of the class of the row that were
  /// classified as the class of the column, or `nil` for other tasks.
  public let confusion: [[Int]]?
  /// The area under the ROC curve of the second of two classes, or `nil` for other numbers of
  /// classes, or if only one of the two occurs.
  public let rocAUC: Double?
  /// The fraction of the targets' variance that a regression explains, or `nil` for other tasks.
  public let r2: Double?
  /// The mean of |prediction − target| in the unit of the target, or `nil` for other tasks.
  public let meanAbsoluteError: Double?
  /// √(mean of (prediction − target)²) in the unit of the target, or `nil` for other tasks.
  public let rootMeanSquaredError: Double?
  /// e to the power of the loss of a language model, or `nil` for other tasks.
  public let perplexity: Double?

  /// The mean of the F1 of all classes that occur or are predicted, or `nil` for other tasks.
  public var macroF1: Double? {
    guard let classes, let confusion else { return nil }
    let used = classes.indices.filter { label in
      confusion[label].contains { $0 > 0 } || confusion.contains { $0[label] > 0 }
    }
    return used.reduce(0) { $0 + classes[$1].f1 } / Double(used.count)
  }

  /// The report of a language model.
  init(text evaluation: Evaluation, count: Int) {
    self.init(
      evaluation, count: count,
      perplexity: exp(Tensor(evaluation.loss, dtype: .float64)).scalar())
  }

  /// The report of outputs for examples.
  init(
    _ evaluation: Evaluation, outputs: Tensor, of examples: SupervisedData.Examples,
    target: TargetEncoding, isScore: Bool
  ) {
    let count = examples.rows
    switch (examples.targets, target) {
    case (.classes(let labels), .classes(let names)):
      // A single score stands for the second class; that of the first is its negative.
      let column = isScore ? outputs.reshaped(to: [count, 1]) : outputs
      let scores = isScore ? concatenated([-column, column], along: 1) : outputs
      let metrics = Self.metrics(scores, labels, names)
      var area: Double?
      if names.count == 2 {
        var roc = ROCArea()
        roc.add(scores[.all, 1] - scores[.all, 0], Tensor(labels, shape: [count]))
        area = roc.value.isNaN ? nil : roc.value
      }
      self.init(
        evaluation, count: count, classes: Self.figures(metrics, names),
        confusion: metrics.confusion, rocAUC: area)
    case (.sequences(let labels, _), .classes(let names)):
      let metrics = Self.metrics(outputs, labels, names)
      self.init(
        evaluation, count: count, classes: Self.figures(metrics, names),
        confusion: metrics.confusion)
    case (.values(let values), .number(_, let deviation, nil, _)):
      var metrics = RegressionMetrics()
      metrics.add(outputs.reshaped(to: [count]), Tensor(values, shape: [count]))
      self.init(
        evaluation, count: count, meanAbsoluteError: metrics.meanAbsoluteError * deviation,
        rootMeanSquaredError: metrics.meanSquaredError.squareRoot() * deviation)
    case (.values(let values), .number):
      let errors = zip(outputs.scalars(as: Double.self), values).map {
        target.number(ofStandardized: $0) - target.number(ofStandardized: Double($1))
      }
      self.init(
        evaluation, count: count,
        meanAbsoluteError: errors.reduce(0) { $0 + $1.magnitude } / Double(count),
        rootMeanSquaredError: (errors.reduce(0) { $0 + $1 * $1 } / Double(count)).squareRoot())
    default:
      self.init(evaluation, count: count)
    }
  }

  /// The metrics of scores `[..., classes]` for the labels of all examples and positions.
  private static func metrics(
    _ scores: Tensor, _ labels: [Int32], _ names: [String]
  ) -> ClassificationMetrics {
    var metrics = ClassificationMetrics(classes: names.count)
    metrics.add(
      scores.reshaped(to: [labels.count, names.count]),
      labels: Tensor(labels, shape: [labels.count]))
    return metrics
  }

  private static func figures(
    _ metrics: ClassificationMetrics, _ names: [String]
  ) -> [ClassFigures] {
    names.indices.map { label in
      ClassFigures(
        name: names[label], precision: metrics.precision(of: label),
        recall: metrics.recall(of: label), f1: metrics.f1(of: label),
        count: metrics.confusion[label].reduce(0, +))
    }
  }

  private init(
    _ evaluation: Evaluation, count: Int, classes: [ClassFigures]? = nil,
    confusion: [[Int]]? = nil, rocAUC: Double? = nil, meanAbsoluteError: Double? = nil,
    rootMeanSquaredError: Double? = nil, perplexity: Double? = nil
  ) {
    self.count = count
    loss = evaluation.loss
    accuracy = evaluation.accuracy
    r2 = evaluation.r2
    self.classes = classes
    self.confusion = confusion
    self.rocAUC = rocAUC
    self.meanAbsoluteError = meanAbsoluteError
    self.rootMeanSquaredError = rootMeanSquaredError
    self.perplexity = perplexity
  }
}

extension TrainedModel {
  /// Evaluates the model on a table with the columns and the target of its training data.
  ///
  /// - Throws: ``TrainingError`` of kind `data` that names file, line and column, for what does not
  ///   fit the training data, and for a model that does not take rows.
  public func evaluate(_ table: CSVTable) throws -> EvaluationReport {
    evaluate(try description.input.examples(of: table))
  }

  /// Evaluates the model on the images of the files `t10k-…` in a folder.
  ///
  /// - Throws: ``TrainingError`` that names a file that is missing or damaged, for images of other
  ///   sizes and labels that are not classes, and for a model that does not take images.
  public func evaluate(_ folder: IDXFolder) throws -> EvaluationReport {
    guard case .image = input, let scale = description.input.pixels else {
      throw wrongInput("images")
    }
    let examples = try folder.validation(scale: scale, classes: classes.count)
    guard Array(examples.source.shape.dropFirst()) == description.input.shape else {
      throw wrongInput("images of shape \(examples.source.shape)")
    }
    return evaluate(examples)
  }

  /// Evaluates the model on examples that are encoded as its training data was.
  package func evaluate(_ examples: SupervisedData.Examples) -> EvaluationReport {
    guard let target = description.input.target else { fail("evaluate: a text has no targets") }
    let loss = (description.loss ?? .crossEntropy).function
    let (evaluation, outputs) = withMode(.inference) {
      evaluated(
        layer, examples.source, examples.targetTensor, loss: loss, lossUnit: target.lossUnit,
        keepingOutputs: true)
    }
    guard let outputs else { fail("evaluate: no outputs") }
    return EvaluationReport(
      evaluation, outputs: outputs, of: examples, target: target,
      isScore: description.loss == .hinge)
  }

  /// Evaluates a language model on a text: the loss of each character after those before it.
  ///
  /// - Throws: ``TrainingError`` of kind `data` for a text of fewer than 2 characters, a character
  ///   that the training text did not have, and a model that is not a language model.
  public func evaluate(text: String) throws -> EvaluationReport {
    guard let vocabulary, languageModel != nil else {
      throw wrongInput("a text to predict character by character")
    }
    return try evaluate(tokens: Tokens(vocabulary.tokens(of: text)))
  }

  /// Evaluates a language model on the tokens of a text.
  package func evaluate(tokens: Tokens) throws -> EvaluationReport {
    guard let languageModel else { throw wrongInput("a text to predict character by character") }
    guard tokens.count >= 2,
      let evaluation = LanguageModelObjective(languageModel, evaluating: tokens).validation()
    else {
      throw TrainingError.data("\(counted(tokens.count, "character")); at least 2 are needed")
    }
    return EvaluationReport(text: evaluation, count: tokens.count)
  }
}
