import Tensor

/// Whether a model picks one of several classes or predicts a number.
public enum TaskKind: String, Codable, Sendable, CaseIterable {
  /// One of several classes; trained with the cross-entropy.
  case classification
  /// A number; trained with the mean squared error.
  case regression
}

/// What a model is to predict for each of several rows.
public enum Targets: Sendable, Equatable {
  /// The index of each row's class.
  case classes([Int32])
  /// So many indices of classes for each row, row after row.
  case sequences([Int32], length: Int)
  /// The number of each row, standardised as its ``TargetEncoding`` says.
  case values([Float])
}

/// Rows of inputs, each with its target.
public struct Examples: Sendable {
  /// The inputs `[rows, ...]`: numbers, or the numbers of tokens with dtype int32.
  public let inputs: Tensor
  /// One target a row.
  public let targets: Targets

  /// Examples from inputs that lie along the first axis.
  public init(inputs: Tensor, targets: Targets) {
    self.inputs = inputs
    self.targets = targets
  }

  /// Examples from features laid out row after row.
  public init(features: [Float], columns: Int, targets: Targets) {
    self.init(
      inputs: Tensor(features, shape: [columns == 0 ? 0 : features.count / columns, columns]),
      targets: targets)
  }

  /// The number of rows.
  public var rows: Int { inputs.shape[0] }

  /// The number of inputs in a row.
  public var columns: Int { inputs.shape.dropFirst().reduce(1, *) }

  /// The inputs, row after row.
  public var features: [Float] { inputs.scalars(as: Float.self) }

  /// The inputs, and the classes or values `[rows]` or `[rows, length]`.
  package var tensors: (inputs: Tensor, targets: Tensor) {
    switch targets {
    case .classes(let classes): (inputs, Tensor(classes, shape: [rows]))
    case .sequences(let classes, let length): (inputs, Tensor(classes, shape: [rows, length]))
    case .values(let values): (inputs, Tensor(values, shape: [rows]))
    }
  }

  /// What a row is, as in `4 features`.
  package var rowText: String {
    if inputs.dtype == .int32 { return "sequences of \(columns)" }
    if inputs.rank == 4 { return "\(inputs.shape[3]) x \(inputs.shape[2]) pixels" }
    return Format.counted(columns, "feature")
  }
}

extension Examples: Equatable {
  /// Whether inputs and targets are the same.
  public static func == (a: Examples, b: Examples) -> Bool {
    a.inputs.shape == b.inputs.shape && a.targets == b.targets && a.features == b.features
  }
}

/// How targets become what a model is trained on, and back.
public enum TargetEncoding: Codable, Sendable, Equatable {
  /// Class `i` is the `i`th name.
  case classes([String])
  /// A number `y` is trained on as `(y - mean) / deviation`.
  case number(mean: Double, deviation: Double)

  /// The kind of task that such a target makes.
  public var kind: TaskKind {
    switch self {
    case .classes: .classification
    case .number: .regression
    }
  }

  /// What a number is trained on; the index of a class stays as it is.
  public func standardised(_ value: Double) -> Double {
    switch self {
    case .classes: value
    case .number(let mean, let deviation): (value - mean) / deviation
    }
  }

  /// The number of outputs of a model: one a class, or one.
  public var outputs: Int {
    switch self {
    case .classes(let names): names.count
    case .number: 1
    }
  }
}

/// What one run trains and validates on.
public struct TrainingData: Sendable {
  /// The examples to train on.
  public let training: Examples
  /// The examples to judge the model by; it never trains on them.
  public let validation: Examples
  /// What the targets stand for.
  public let target: TargetEncoding
  /// What the numbers of input tokens stand for; nil for other inputs.
  public let vocabulary: Vocabulary?
  /// How the features were made from the columns of a table; nil for other data.
  public let encoder: FeatureEncoder?
  /// What a user should know about the choices that were made, one sentence each.
  public let notes: [String]

  /// Data from its parts.
  public init(
    training: Examples, validation: Examples, target: TargetEncoding,
    vocabulary: Vocabulary? = nil, encoder: FeatureEncoder? = nil, notes: [String] = []
  ) {
    self.training = training
    self.validation = validation
    self.target = target
    self.vocabulary = vocabulary
    self.encoder = encoder
    self.notes = notes
  }

  /// A number that differs, in all likelihood, between different data.
  ///
  /// A run records it, so that resuming on a file that has changed is noticed.
  package var fingerprint: String {
    var hash = Fingerprint()
    for examples in [training, validation] {
      hash.add(UInt32(truncatingIfNeeded: examples.columns))
      for feature in examples.features { hash.add(feature.bitPattern) }
      switch examples.targets {
      case .classes(let classes), .sequences(let classes, _):
        for value in classes { hash.add(UInt32(bitPattern: value)) }
      case .values(let values): for value in values { hash.add(value.bitPattern) }
      }
    }
    return hash.text
  }
}
