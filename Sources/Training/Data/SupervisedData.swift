import Tensor

/// Examples to train and validate a model on, with what is known about their features and targets.
public struct SupervisedData: Sendable {
  /// The examples to train on.
  public let training: Examples
  /// The examples to validate on.
  ///
  /// They have no influence on the encoding of features and targets.
  public let validation: Examples
  /// The examples that are kept apart from both, or `nil`.
  ///
  /// They have no influence on the weights: neither on the encoding, nor on training, nor on which
  /// weights are the best.
  public let test: Examples?
  /// The meaning of the targets.
  public let target: TargetEncoding
  /// The characters that input tokens stand for, or `nil` for other inputs.
  public let vocabulary: Vocabulary?
  /// The encoder of the columns of a table, or `nil` for other data.
  public let encoder: FeatureEncoder?
  /// How pixels became inputs, or `nil` for data other than images.
  package let pixels: PixelScale?
  /// Decisions that a user should know about, such as a column that is not used; one sentence each.
  public let notes: [String]
  /// The number of rows of a table that were left out because they have no target.
  public let skippedRows: Int

  /// Creates data from its parts.
  public init(
    training: Examples, validation: Examples, test: Examples? = nil, target: TargetEncoding,
    vocabulary: Vocabulary? = nil, encoder: FeatureEncoder? = nil, notes: [String] = []
  ) {
    self.init(
      training: training, validation: validation, test: test, target: target,
      vocabulary: vocabulary, encoder: encoder, pixels: nil, notes: notes)
  }

  /// Creates data from its parts, which may be images.
  package init(
    training: Examples, validation: Examples, test: Examples? = nil, target: TargetEncoding,
    vocabulary: Vocabulary? = nil, encoder: FeatureEncoder? = nil, pixels: PixelScale?,
    notes: [String] = [], skippedRows: Int = 0
  ) {
    self.pixels = pixels
    self.training = training
    self.validation = validation
    self.test = test
    self.target = target
    self.vocabulary = vocabulary
    self.encoder = encoder
    self.notes = notes
    self.skippedRows = skippedRows
  }

  /// A hash of the data.
  ///
  /// A run records it to notice on resuming that a file has changed.
  package var fingerprint: String {
    var hash = Fingerprint()
    for examples in [training, validation, test].compactMap(\.self) {
      hash.add(UInt32(truncatingIfNeeded: examples.columns))
      examples.source.add(to: &hash)
      switch examples.targets {
      case .classes(let classes), .sequences(let classes, _):
        for value in classes { hash.add(UInt32(bitPattern: value)) }
      case .values(let values): for value in values { hash.add(value.bitPattern) }
      }
    }
    return hash.text
  }
}

extension SupervisedData {
  /// The targets of some rows.
  public enum Targets: Sendable, Equatable {
    /// The index of each row's class.
    case classes([Int32])
    /// The indices of `length` classes for each row, row after row.
    case sequences([Int32], length: Int)
    /// The number of each row, standardized by a ``TargetEncoding``.
    case values([Float])
  }

  /// Rows of inputs with their targets.
  public struct Examples: Sendable {
    /// The inputs, in memory or in a file.
    package let source: ExampleInputs
    /// The targets, one for each row.
    public let targets: Targets

    /// Creates examples from inputs that lie along the first axis.
    public init(inputs: Tensor, targets: Targets) {
      self.init(.tensor(inputs), targets: targets)
    }

    init(_ source: ExampleInputs, targets: Targets) {
      self.source = source
      self.targets = targets
    }

    /// Creates examples from features laid out row after row.
    public init(features: [Float], columns: Int, targets: Targets) {
      self.init(
        inputs: Tensor(features, shape: [columns == 0 ? 0 : features.count / columns, columns]),
        targets: targets)
    }

    /// The inputs `[rows, ...]`: numbers, or tokens of dtype int32.
    ///
    /// - Complexity: O(1), but for images in a file, which are read: O(pixels).
    public var inputs: Tensor { source.tensor }

    /// The number of rows.
    public var rows: Int { source.shape[0] }

    /// The number of inputs in a row.
    public var columns: Int { source.shape.dropFirst().reduce(1, *) }

    /// The inputs, row after row.
    ///
    /// - Complexity: O(n) for n numbers.
    public var features: [Float] { inputs.scalars(as: Float.self) }

    /// The ``inputs``, and the targets `[rows]` or `[rows, length]`: int32 for classes, float32 for
    /// values.
    public var tensors: (inputs: Tensor, targets: Tensor) { (inputs, targetTensor) }

    /// The targets as in ``tensors``.
    package var targetTensor: Tensor {
      switch targets {
      case .classes(let classes): Tensor(classes, shape: [rows])
      case .sequences(let classes, let length): Tensor(classes, shape: [rows, length])
      case .values(let values): Tensor(values, shape: [rows])
      }
    }

    /// The inputs of a row in words, such as `4 features`.
    package var rowText: String {
      let shape = source.shape
      if source.dtype == .int32 { return "sequences of \(columns)" }
      if shape.count == 4 { return "\(shape[3]) x \(shape[2]) pixels" }
      return counted(columns, "feature")
    }
  }
}

extension SupervisedData.Examples: Equatable {
  /// Returns whether inputs and targets are equal.
  public static func == (a: Self, b: Self) -> Bool {
    a.source.shape == b.source.shape && a.targets == b.targets && a.features == b.features
  }
}
